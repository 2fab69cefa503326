"""NIC MACs: the MACs that machines use on their NICs, and frames that are addressed to none of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from pcapcheck.exchanges.claims import Claim
from pcapcheck.links.capture_points import PointKey
from pcapcheck.links.facts import Facts
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.links.read_capture import Capture
from pcapcheck.paths.hosts import Hosts
from pcapcheck.paths.path import Path, PathStep
from pcapcheck.values import is_multicast_mac

NIC, POD_LINK = "host-nic", "pod-link"
# Address -> the MACs under which it spoke.
Heard = dict[int, set[int]]


class Cards:
    """What is known of the machines behind the network cards of an observation.

    ``addresses`` are those with which a node speaks on a pod's link.
    """

    def __init__(
        self,
        facts: Facts,
        captures: list[Capture],
        found: list[Path],
        hosts: Hosts,
        addresses: Callable[[PointFacts], set[int]],
    ) -> None:
        self._links = list(facts.points.values())
        self._captures, self._found, self._hosts, self._addresses = captures, found, hosts, addresses

    def is_flooded(self, step: PathStep) -> bool:
        """Whether a packet was seen on a card that it is not for: neither from nor to any MAC of its machine.

        A switch that does not know where a MAC is sends the frame everywhere.
        """
        group = step.spot.group
        if step.spot.point.kind != NIC or group.direction is not None or group.dst is None:
            return False
        own = self._sending.get(step.spot.point.key, set()) | set().union(*self.owners(step).values())
        return bool(own) and not {group.src, group.dst} & own and not is_multicast_mac(group.dst)

    def owners(self, step: PathStep) -> Heard:
        """The addresses of the machine of this card, with the MACs under which they spoke on it."""
        key = step.spot.point.key
        own = set().union(
            *(
                self._addresses(point)
                for point in self._links
                if point.kind == POD_LINK and self._hosts.same(key, point.key)
            )
        )
        heard = self._heard_on.get(key, {})
        return {ip: heard[ip] for ip in own if ip in heard}

    @cached_property
    def claims(self) -> list[tuple[PointKey, Claim]]:
        """Who spoke ARP, or neighbour discovery, with which MAC, and on which card."""
        capture_points = (point.capture_point for point in self._links if point.kind == NIC)
        cards = {
            (capture_point.key[0], capture_point.interface.number, capture_point.key[2]): capture_point.key
            for capture_point in capture_points
        }
        return [
            (key, claim)
            for capture in (self._captures if cards else ())
            for claim in capture.exchanges.claims.all()
            if (key := cards.get((capture.number, *claim.point))) is not None
        ]

    @cached_property
    def heard(self) -> Heard:
        """The MACs under which addresses spoke for themselves on any card."""
        heard: Heard = {}
        for _, claim in self.claims:
            if claim.own:
                heard.setdefault(claim.ip, set()).add(claim.mac)
        return heard

    @cached_property
    def _heard_on(self) -> dict[PointKey, Heard]:
        """The same by card."""
        heard: dict[PointKey, Heard] = {}
        for key, claim in self.claims:
            if claim.own:
                heard.setdefault(key, {}).setdefault(claim.ip, set()).add(claim.mac)
        return heard

    @cached_property
    def _sending(self) -> dict[PointKey, set[int]]:
        """By card, the MACs under which its machine passes on what came to it from one of its pods."""
        sending: dict[PointKey, set[int]] = {}
        for path in self._found:
            for before, step in zip(path.steps, path.steps[1:], strict=False):
                here, mac = step.spot.point.capture_point, step.spot.group.src
                inner = before.spot.point.capture_point
                if here.kind == NIC and inner.kind == POD_LINK and mac and self._hosts.same(inner.key, here.key):
                    sending.setdefault(here.key, set()).add(mac)
        return sending
