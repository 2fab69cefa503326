"""Translations: whether a node changed the addresses of packets as NAT must, as the paths of packets show it.

A service's answer must come back from the address that was asked (kernel: net/netfilter/nf_nat_core.c). What a pod
asks outside the cluster must leave with an address of the node, if that happens to other packets of the pod.
"""

from __future__ import annotations

import ipaddress
from collections import defaultdict
from functools import cached_property

from msgspec import Struct

from pcapcheck.brief import Brief
from pcapcheck.exchanges.pair_counts import PairCounts
from pcapcheck.links.capture_points import PointKey
from pcapcheck.links.facts import Facts
from pcapcheck.links.read_capture import Capture
from pcapcheck.links.sides import NODE, POD
from pcapcheck.paths.losses import REPLY, REQUEST
from pcapcheck.paths.path import Path, PathStep
from pcapcheck.table_names import CONNECTIONS
from pcapcheck.values import is_ipv4, is_multicast_address, is_name

TCP, UDP = "tcp", "udp"
# What answers packets of a type.
ANSWERS = {REQUEST: REPLY, TCP: TCP, UDP: UDP}
# Networks that pools of pods are chosen from: no address in them is outside the cluster by itself (RFC 1918, RFC 6598,
# RFC 4193).
POOLS = tuple(map(ipaddress.ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")))
# Prefix lengths, by IP version: of a pool that holds a pod at least, and of a network of hosts.
POOL_PREFIX, NETWORK_PREFIX = {4: 16, 6: 48}, {4: 24, 6: 64}


class ServiceQuestion(Brief, Struct, frozen=True):
    """Packets to ``asked``, which a node translated to ``back_end``; ``path`` is theirs."""

    path: Path
    asked: int
    back_end: int


class Translations:
    """What the paths of an observation show about translated addresses; worked out when first asked for."""

    def __init__(self, captures: list[Capture], paths: list[Path], facts: Facts) -> None:
        self._captures = captures
        self._paths = paths
        self._facts = facts
        self._pods = facts.pod_ips

    def asked(self, answer: Path) -> int | None:
        """The service's address that packets answer, once they came back to who asked; None for all others.

        None also where they may answer something else: the back end was asked by its own address too, or asked itself.
        """
        last = answer.steps[-1]
        questions = self._questions.get((answer.packet, last.dst), ())
        for question in questions:
            if _comes_back(question.path.steps[0], last) and last.src == question.asked != question.back_end:
                return question.asked
        for question in questions:
            if _comes_back(question.path.steps[0], last) and last.src == question.back_end != question.asked:
                return question.asked if self._has_no_other_reason(question, answer) else None
        return None

    def is_source_translated(self, path: Path) -> bool | None:
        """Whether what a pod asked left by a NIC with another source address.

        None unless it left its node outside of tunnels. False only if nothing came back, and a pool of the state says
        that it has to be, or the receiver is outside the cluster and the sources of other packets of this pod are.
        """
        if not self._leaves(path):
            return None
        if any(step.src != path.src for step in path.steps[1:]):
            return True
        unheard = (ANSWERS[path.packet], path.dst, path.src) not in self._seen
        return False if unheard and self._has_to_be_translated(path.src, path.dst) else None

    def _has_to_be_translated(self, src: int, dst: int) -> bool:
        by_pool = self._facts.known.leaves_translated
        if by_pool is not None and not is_name(dst) and not is_multicast_address(dst) and by_pool(src, dst):
            return True
        return src in self._translated and self._is_outside(dst)

    @cached_property
    def _questions(self) -> dict[tuple[str, int], list[ServiceQuestion]]:
        """What nodes translated to a back end, by the type of the answer and who is to get it; the earliest first."""
        found: dict[tuple[str, int], list[ServiceQuestion]] = defaultdict(list)
        for path in self._paths:
            back_end = next((step.dst for step in path.steps[1:] if step.dst != path.dst), None)
            if back_end is not None and self._asks(path):
                found[ANSWERS[path.packet], path.src].append(ServiceQuestion(path, path.dst, back_end))
        # The same question may take several paths, and only what came before an answer can be what it answers.
        return {
            asker: sorted(questions, key=lambda question: question.path.first) for asker, questions in found.items()
        }

    def _has_no_other_reason(self, question: ServiceQuestion, answer: Path) -> bool:
        """Whether untranslated packets of a back end can only answer what its service was asked."""
        path, asker, back_end = question.path, question.path.src, question.back_end
        if answer.first < path.first or (answer.packet, question.asked, asker) in self._seen:
            return False
        if path.packet == TCP:
            # Resets of the answers go to the back end too: only SYNs show that it is asked itself.
            here = path.steps[0].spot.point.key
            return (back_end, asker) not in self._connecting and (here, asker, back_end) not in self._connected
        return (path.packet, asker, back_end) not in self._sent

    def _asks(self, path: Path) -> bool:
        """Whether packets ask, rather than answer: TCP by its SYNs, UDP by who sent first."""
        if path.packet not in ANSWERS:
            return False
        if path.packet == TCP:
            return (path.steps[0].spot.point.key, path.src, path.dst) in self._connected
        return path.packet == REQUEST or path.first < self._first_back.get((path.dst, path.src), path.first + 1)

    def _leaves(self, path: Path) -> bool:
        first = path.steps[0].spot
        if first.kind != "pod-link" or first.side != POD or path.src not in self._pods or not self._asks(path):
            return False
        return any(step.encap == "none" and step.spot.kind == "host-nic" for step in path.steps[1:])

    @cached_property
    def _connected(self) -> frozenset[tuple[PointKey, int, int]]:
        """Where SYNs were seen, from whom and to whom."""
        return frozenset(
            (point.key, src, dst)
            for capture in self._captures
            for group, src, dst in PairCounts(capture.exchanges.paired.cells).asked(CONNECTIONS)
            if (point := self._facts.point(capture.number, group)) is not None
        )

    @cached_property
    def _connecting(self) -> frozenset[tuple[int, int]]:
        """Who sent SYNs to whom, wherever it was seen."""
        return frozenset((src, dst) for _, src, dst in self._connected)

    @cached_property
    def _sent(self) -> frozenset[tuple[str, int, int]]:
        """The type of packets, their source and destination where they were seen first."""
        return frozenset((path.packet, path.src, path.dst) for path in self._paths)

    @cached_property
    def _seen(self) -> frozenset[tuple[str, int, int]]:
        """What was seen anywhere: the type of packets, their source and destination."""
        return frozenset((path.packet, step.src, step.dst) for path in self._paths for step in path.steps)

    @cached_property
    def _first_back(self) -> dict[tuple[int, int], int]:
        """When UDP was seen first, by the source and destination that it ended with."""
        found: dict[tuple[int, int], int] = {}
        for path in self._paths:
            if path.packet == UDP:
                ends = path.steps[-1].src, path.steps[-1].dst
                found[ends] = min(path.first, found.get(ends, path.first))
        return found

    @cached_property
    def _translated(self) -> dict[int, set[int]]:
        """Pods whose questions left with another source, and whom they asked."""
        found: dict[int, set[int]] = defaultdict(set)
        for path in self._paths:
            if self._leaves(path) and any(step.src != path.src for step in path.steps[1:]):
                found[path.src].add(path.dst)
        return dict(found)

    def _is_outside(self, address: int) -> bool:
        """Whether an address is none of a pod: not in a private network, or in one for which others are translated."""
        if is_name(address) or is_multicast_address(address) or _network(address, POOL_PREFIX) in self._pod_networks:
            return False
        ip = _ip(address)
        if not ip.is_link_local and not any(ip in pool for pool in POOLS):
            return True
        return _network(address, NETWORK_PREFIX) in self._outside_networks

    @cached_property
    def _pod_networks(self) -> set[tuple[int, int]]:
        return {_network(pod, POOL_PREFIX) for pod in self._pods if not is_name(pod)}

    @cached_property
    def _outside_networks(self) -> set[tuple[int, int]]:
        """The networks of those for whom packets of pods are translated."""
        asked = (address for addresses in self._translated.values() for address in addresses)
        return {_network(address, NETWORK_PREFIX) for address in asked if not is_name(address)}


def _comes_back(asking: PathStep, step: PathStep) -> bool:
    """Whether a step is where a question came from, on the way to who asked."""
    point = step.spot.point
    return point.key == asking.spot.point.key or (point.kind == "pod-link" and step.spot.side == NODE)


def _ip(address: int) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    return ipaddress.IPv4Address(address & 0xFFFFFFFF) if is_ipv4(address) else ipaddress.IPv6Address(address)


def _network(address: int, prefix: dict[int, int]) -> tuple[int, int]:
    ip = _ip(address)
    return ip.version, int(ip) >> (ip.max_prefixlen - prefix[ip.version])
