"""Asked in vain: neighbours that machines asked for on network cards and that nobody answered for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pcapcheck.links.capture_points import PointKey
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.protocols import FROM_ROUTERS
from pcapcheck.ruleset.judgement import Judgement


@dataclass(frozen=True)
class Vain:
    """A question on a card that nobody answered: from when until when, in nanoseconds."""

    point: PointKey
    asker: int
    target: int
    first: int
    until: int


def asked_in_vain(result: Judgement) -> Iterator[Vain]:
    """All of them."""
    for capture in result.captures:
        for kept in capture.silent.values():
            one = kept.resolution
            point = result.facts.point(capture.number, one.group)
            if point is None or point.kind != "host-nic" or one.first_time is None:
                continue
            yield Vain(point.key, one.asker_ip, one.target, one.first_time, kept.until or one.first_time)


def is_askers_own(result: Judgement, point: PointFacts, source: int) -> bool:
    """Whether ICMP errors from an address on a pod's link are its node's own, where their TTL does not tell.

    The node's card shows that address ask for a neighbour in vain, which is why it says host unreachable, and none of
    the errors (kernel: net/ipv4/arp.c, arp_error_report).
    """
    hosts = result.followed.hosts
    points = {
        one.point
        for one in asked_in_vain(result)
        if one.asker == source and one.point[0] != point.key[0] and hosts.same(point.key, one.point)
    }
    shown = (error for point in points for error in result.captures[point[0]].exchanges.echoes.ending_errors.counts)
    return bool(points) and not any(error[3] == source and error[:3] in FROM_ROUTERS for error in shown)
