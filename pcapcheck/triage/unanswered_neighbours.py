"""Asked in vain: neighbours that machines asked for on network cards and that nobody answered for."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from pcapcheck.links.capture_points import PointKey
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.protocols import FROM_ROUTERS
from pcapcheck.ruleset.judgement import Judgement


class Vain(Struct, frozen=True):
    """A question on a card that nobody answered: from when until when, in nanoseconds.

    ``on_card``: that it is a card is known. Of an interface that nothing names it may be a pod's link as well.
    """

    point: PointKey
    on_card: bool
    asker: int
    target: int
    first: int
    until: int


def asked_in_vain(judgement: Judgement) -> Iterator[Vain]:
    """All of them."""
    for capture in judgement.captures:
        for kept in capture.silent:
            resolution = kept.resolution
            point = judgement.facts.point(capture.number, resolution.group)
            if point is None or point.kind not in ("host-nic", "unknown") or resolution.first_time is None:
                continue
            yield Vain(
                point.key,
                point.kind == "host-nic",
                resolution.asker_ip,
                resolution.target,
                resolution.first_time,
                kept.until or resolution.first_time,
            )


def is_askers_own(judgement: Judgement, point: PointFacts, source: int) -> bool:
    """Whether ICMP errors from an address on a pod's link are its node's own, where their TTL does not tell.

    The node's card shows that address ask for a neighbour in vain, which is why it says host unreachable, and none of
    the errors (kernel: net/ipv4/arp.c, arp_error_report).
    """
    hosts = judgement.followed.hosts
    points = {
        vain.point
        for vain in asked_in_vain(judgement)
        if vain.on_card and vain.asker == source and vain.point[0] != point.key[0] and hosts.same(point.key, vain.point)
    }
    shown = (error for point in points for error in judgement.captures[point[0]].exchanges.paired.ending_errors.counts)
    return bool(points) and not any(error[3] == source and error[:3] in FROM_ROUTERS for error in shown)
