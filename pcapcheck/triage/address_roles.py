"""Address roles, by evidence: a pod's, a node's, a service's, a router's address, or one outside the cluster.

In: what was recorded, and the node's state if there is one. Out: a role of ``case_words.ROLES`` per address. A
private address alone makes no pod: who asks for it, claims it, translates it or sends errors for it decides; else the
role is ``unknown``.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from pcapcheck.exchanges.question_row import QuestionRow
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.links.read_capture import Capture
from pcapcheck.links.sides import POD
from pcapcheck.paths.address_locations import homes_of
from pcapcheck.paths.path import Path
from pcapcheck.protocols import FROM_ROUTERS
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.triage.public_names import is_on_the_internet
from pcapcheck.triage.state_roles import StateRoles
from pcapcheck.triage.unanswered_neighbours import is_askers_own
from pcapcheck.values import format_address, is_multicast_address, is_name, is_public

if TYPE_CHECKING:
    from pcapcheck.nodestate.state import State

POD_ROLE, NODE_ROLE, SERVICE, ROUTER, OUTSIDE, UNKNOWN_ROLE = "pod", "node", "service", "router", "outside", "unknown"
PORT_UNREACHABLE = {(4, 3, 3), (6, 1, 4)}
REQUEST = "request"
CARRYING = ("ipip", "vxlan")
# The TTLs with which hosts and routers begin.
INITIAL_TTLS = (64, 128, 255)


class AddressRoles:
    """The roles of the addresses of one observation; worked out when a role is first asked for."""

    def __init__(
        self, judgement: Judgement, state: State | None = None, gateways: frozenset[int] = frozenset()
    ) -> None:
        self._result = judgement
        self._by_state = StateRoles(state, judgement.reading.prefix)
        self._gateways = gateways | judgement.reading.gateways

    def of(self, address: int | None) -> str:
        """By who claims the address, else by what packets to it show, else by what kind of address it is."""
        if address is None:
            return UNKNOWN_ROLE
        if is_name(address):
            return OUTSIDE if is_on_the_internet(format_address(address)) else UNKNOWN_ROLE
        if address in self._gateways:
            return NODE_ROLE
        for role, known in (
            (POD_ROLE, self._on_pod_links),
            (NODE_ROLE, self._nodes),
            (SERVICE, self._by_state.services),
            (POD_ROLE, self._by_state.pods),
            (SERVICE, self._services_seen),
            (POD_ROLE, self._tunnelled),
        ):
            if address in known:
                return role
        return self._by_way(address)

    def _by_way(self, address: int) -> str:
        if self._by_state.in_block(address):
            return POD_ROLE
        if address in self._rejected_by_node:
            return SERVICE
        if address in self._routers:
            return ROUTER
        if is_public(address) or address in self._translated_for:
            return OUTSIDE
        return UNKNOWN_ROLE

    @property
    def node_macs(self) -> frozenset[int]:
        """The MACs of the nodes' own interfaces by their state."""
        return self._by_state.node_macs

    def is_at_home(self, address: int | None, file: str) -> bool:
        """Whether the state shows a pod on its only node, in the same text as packets that were printed there."""
        return address is not None and self._by_state.behind_links.get(address) == file

    def is_own(self, address: int | None, file: str, interface: str) -> bool:
        """Whether the state shows the address on this interface inside a pod, in the text that its packets stand in."""
        return (file, interface, address) in self._by_state.inside

    @property
    def _paths(self) -> list[Path]:
        return self._result.followed.found

    @cached_property
    def _on_pod_links(self) -> frozenset[int]:
        """Addresses that a pod sends from, or that the node asks for or sends to on a pod's link."""
        homes = self._result.followed.topology.homes or homes_of(self._result.captures, self._result.facts, [])
        nodes = {ip for point in self._pod_links for ip in self._result.followed.nodes.addresses(point)}
        return frozenset(homes) - nodes

    @property
    def _pod_links(self) -> list[PointFacts]:
        return [point for point in self._result.points if point.kind == "pod-link"]

    @cached_property
    def _nodes(self) -> frozenset[int]:
        """Addresses that a node speaks ARP with, tunnels from or to, or has by its state."""
        spoken = {ip for point in self._pod_links for ip in self._result.followed.nodes.addresses(point)}
        ends = {
            end
            for path in self._paths
            for step in path.steps
            if step.encap in CARRYING and step.outer is not None
            for end in step.outer
        }
        return frozenset(spoken | ends | self._by_state.nodes | self._sources | self._reporting)

    @cached_property
    def _reporting(self) -> frozenset[int]:
        """Senders of ICMP errors on a pod's link that no router has forwarded: a node does not lower its own."""
        return frozenset(
            asked.error_from
            for capture in self._result.captures
            for asked in _ended_by_error(capture)
            if asked.error_from is not None
            and asked.error_from != asked.dst
            and self._is_own(asked, self._result.facts.point(capture.number, asked.group))
        )

    def _is_own(self, asked: QuestionRow, point: PointFacts | None) -> bool:
        if point is None or point.kind != "pod-link" or asked.error_from is None:
            return False
        if asked.error_ttl is not None:
            return asked.error_ttl in INITIAL_TTLS
        return is_askers_own(self._result, point, asked.error_from)

    @cached_property
    def _sources(self) -> frozenset[int]:
        """The sources that the pods' echo requests have once the node has translated them."""
        return frozenset(
            step.src
            for path in self._paths
            for step in path.steps[1:]
            if _from_pod(path) and path.packet == REQUEST and step.src != path.src
        )

    @cached_property
    def _services_seen(self) -> frozenset[int]:
        """Addresses that pods asked and that were translated to others before the packets left the node.

        The answer is translated too, back to the address that was asked.
        """
        asked = {(some.src, some.dst) for capture in self._result.captures for some in _samples(capture)}
        return frozenset(
            path.dst
            for path in self._paths
            if _from_pod(path) and path.steps[-1].dst != path.dst and (path.src, path.dst) in asked
        )

    @cached_property
    def _rejected_by_node(self) -> frozenset[int]:
        """Addresses of services: a node calls another's port closed only if it rejects what is for a service."""
        return frozenset(
            asked.dst
            for asked in self._ended
            if (asked.family, asked.error_type, asked.error_code) in PORT_UNREACHABLE
            and asked.error_from in self._nodes
            and asked.dst != asked.error_from
        )

    @cached_property
    def _ended(self) -> list[QuestionRow]:
        """Samples of what an ICMP error ended."""
        return [asked for capture in self._result.captures for asked in _ended_by_error(capture)]

    @cached_property
    def _routers(self) -> frozenset[int]:
        """Next hops of default routes, machines by whose MAC packets leave the cluster, and reporters of errors."""
        uplinks = {
            step.spot.group.dst
            for path in self._paths
            for step in path.steps[1:]
            if _from_pod(path) and step.encap == "none" and (is_public(step.dst) or step.src != path.src)
        }
        claimed = {
            claim.ip
            for capture in self._result.captures
            for claim in capture.exchanges.claims.all()
            if claim.mac in uplinks and (capture.number, claim.point) in self._nics
        }
        reporting = {
            asked.error_from
            for asked in self._ended
            if (asked.family, asked.error_type, asked.error_code) in FROM_ROUTERS
            and asked.error_from is not None
            # Without its TTL, as in a text without -v, it may be the node's own.
            and asked.error_ttl is not None
            # The node translates the source of an error about a translated packet back, to the address that was asked.
            and asked.error_from != asked.dst
        }
        return frozenset(self._by_state.default_next_hops | (claimed - self._translated_for) | reporting)

    @cached_property
    def _nics(self) -> frozenset[tuple[int, tuple[int, int | None]]]:
        return frozenset(
            (key[0], (point.capture_point.interface.number, key[2]))
            for key, point in self._result.facts.points.items()
            if point.kind == "host-nic"
        )

    @cached_property
    def _tunnelled(self) -> frozenset[int]:
        """Inside a tunnel of Calico's both ends are pods, except the nodes' own addresses."""
        return frozenset(
            end
            for path in self._paths
            for step in path.steps
            if step.encap in CARRYING or step.spot.point.kind == "tunnel"
            for end in (step.src, step.dst)
            if not is_multicast_address(end)
        )

    @cached_property
    def _translated_for(self) -> frozenset[int]:
        """Receivers for whom the node translated the source: not pods (felix/dataplane/linux/masq_mgr.go)."""
        return frozenset(
            step.dst for path in self._paths for step in path.steps[1:] if _from_pod(path) and step.src != path.src
        )


def _from_pod(path: Path) -> bool:
    """Whether it was first seen as a pod sent it."""
    first = path.steps[0].spot
    return first.point.kind == "pod-link" and first.side == POD


def _samples(capture: Capture) -> Iterator[QuestionRow]:
    """Samples of what was asked there: echo requests, attempts at TCP connections, DNS queries."""
    paired = capture.exchanges.paired
    for exchange_bin in paired.all_bins():
        yield from exchange_bin.samples


def _ended_by_error(capture: Capture) -> list[QuestionRow]:
    """Samples that an ICMP error ended."""
    return [asked for asked in _samples(capture) if asked.error_from is not None]


def called(address: int, role: str) -> str:
    """An address with what it is; a host if nothing more is known."""
    return f"the {'host' if role in (OUTSIDE, UNKNOWN_ROLE) else role} {format_address(address)}"


def at_home(address: int, role: str) -> str:
    """The same as the place to type a command."""
    where = {POD_ROLE: "in", SERVICE: "in a pod behind"}.get(role, "on")
    return f"{where} {called(address, role)}"
