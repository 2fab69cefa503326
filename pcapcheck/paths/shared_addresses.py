"""Shared addresses: pods on two links, of one node or of two, that have the same address at the same time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from pcapcheck.column_words import IP_UNICAST
from pcapcheck.decode.decoded_links import COOKED
from pcapcheck.decode.frame_layout import TTL_ORIGINAL
from pcapcheck.links.address_row import AddressRow
from pcapcheck.links.capture_points import PointKey
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.links.sides import POD
from pcapcheck.paths.paths import Paths
from pcapcheck.values import LINK_LOCAL6

# Whether two links are on one node; None if nothing shows it.
OnOneNode = Callable[[PointFacts, PointFacts], bool | None]


class Holder(Struct, frozen=True):
    """A pod that has an address: on which link, with which MAC, from when to when (nanoseconds, by one clock).

    ``unanswered``: it asked for its gateway and never got an answer, as if the node's route for it leads elsewhere.
    """

    link: PointFacts
    mac: int
    first: int
    last: int

    @property
    def unanswered(self) -> bool:
        talk = self.link.capture_point.gateway
        asking = {number for number in talk.askers if self.link.groups[number].src == self.mac}
        return bool(asking) and not asking & talk.answered

    def apart_from(self, other: Holder) -> int:
        """The time between the last frame of one and the first of the other; 0 if both were heard at the same time."""
        return max(0, self.first - other.last, other.first - self.last)


def judge_addresses(
    rows: Iterable[AddressRow],
    points: dict[PointKey, PointFacts],
    gateways: frozenset[int],
    followed: Paths,
    pause: int,
) -> Iterator[AddressRow]:
    """The rows; those of an address that a pod on another link has too get that pod's MAC.

    If nothing shows which end of the other link has it, the number of claimants is unknown.
    A pod that was recreated under another name or on another node has its address after the first is gone, and the node
    answers it. On one node, a pod that gets no answer within ``pause`` (nanoseconds) of the other's last frame has it
    while the other still has it. ``followed`` shows which links are on one node, and by how much clocks differ.
    """
    rows = list(rows)
    ahead = {number: clock.offset for number, clock in followed.clocks.items() if clock.both_ways}
    holders: dict[int, list[Holder]] = {}
    for row in rows:
        held = _claimed(row, points[row.point], gateways, ahead)
        if held is not None:
            holders.setdefault(row.ip, []).append(held)
    for point in points.values() if holders else ():
        for ip, held in _spoken(point, ahead):
            if ip in holders:
                holders[ip].append(held)
    unsure = {id(row) for row in rows if _is_unsure(row, points[row.point], gateways)}
    alike: dict[int, list[AddressRow]] = {row.ip: [] for row in rows if id(row) in unsure}
    for row in rows:
        if row.ip in alike:
            alike[row.ip].append(row)
    for row in rows:
        point = points[row.point]
        mine = _claimed(row, point, gateways, ahead)
        others: list[Holder] = []
        far: list[Holder] = []
        for holder in holders.get(row.ip, ()) if mine is not None else ():
            near = _may_be_one_node(point, holder.link, followed.nodes.on_one_node)
            # On two nodes it says nothing who gets no answer.
            if mine is not None and _is_another(holder, mine, pause if near else 0):
                (others if near else far).append(holder)
        if not others and not far:
            doubted = any(
                unsure & {id(other), id(row)}
                and _may_be_another(other, row, pause)
                and _may_be_one_node(point, points[other.point], followed.nodes.on_one_node)
                for other in alike.get(row.ip, ())
            )
            yield replace(row, claimants=None) if doubted and row.claimants == 1 else row
            continue
        macs = (row.other_claimants or frozenset()) | {holder.mac for holder in (*others, *far)}
        names = dict.fromkeys(holder.link.name for holder in others)
        places = dict.fromkeys(_place(holder.link, followed) for holder in far)
        yield replace(
            row,
            claimants=len(macs) + 1,
            other_claimants=macs,
            other_interfaces=", ".join(names) or None,
            other_nodes=", ".join(places) or None,
        )


def _place(point: PointFacts, followed: Paths) -> str:
    node, name = followed.hosts.name(point.key), point.name
    return f"{node}'s {name}" if node else name


def _claimed(row: AddressRow, point: PointFacts, gateways: frozenset[int], ahead: Mapping[int, int]) -> Holder | None:
    """Who a claim is by, if that is surely a pod with its own address."""
    if row.kind != "pod-link" or row.proxied or row.side != POD or row.mac not in point.pod_macs or _is_mixed(point):
        return None
    if row.ip in gateways or row.ip >> 118 == LINK_LOCAL6 or row.first_time is None or row.until is None:
        return None
    offset = ahead.get(point.key[0], 0)
    return Holder(point, row.mac, row.first_time - offset, row.until - offset)


def _is_unsure(row: AddressRow, point: PointFacts, gateways: frozenset[int]) -> bool:
    """Whether a claim on a pod's link may be by its pod or by the node."""
    if row.kind != "pod-link" or row.proxied or row.side is not None or _is_mixed(point):
        return False
    return row.ip not in gateways and row.ip >> 118 != LINK_LOCAL6


def _may_be_another(other: AddressRow, row: AddressRow, pause: int) -> bool:
    """Whether two claims are of two machines on two pod links, at one time unless the times are known to differ."""
    if (
        {other.kind, row.kind} != {"pod-link"}
        or other.point == row.point
        or other.mac == row.mac
        or other.proxied
        or row.proxied
    ):
        return False
    if other.first_time is None or other.until is None or row.first_time is None or row.until is None:
        return True
    return other.first_time <= row.until + pause and row.first_time <= other.until + pause


def _spoken(point: PointFacts, ahead: Mapping[int, int]) -> Iterator[tuple[int, Holder]]:
    """The addresses that a pod sends from, with a TTL as hosts set it: what it forwards for others is not its own."""
    if point.kind != "pod-link" or _is_mixed(point):
        return
    for group in point.groups.values():
        if group.source is None or group.src is None or group.first is None or group.last is None:
            continue
        own = group.carries == IP_UNICAST and group.ttl == TTL_ORIGINAL and point.sides.of(group)[0] == POD
        if own and group.source >> 118 != LINK_LOCAL6:
            offset = ahead.get(point.key[0], 0)
            yield group.source, Holder(point, group.src, group.first - offset, group.last - offset)


def _is_mixed(point: PointFacts) -> bool:
    """Whether several links are in one recording, so that a claim may be of any of them."""
    return point.sides.folded or point.sides.crowded or point.capture_point.link_type == COOKED


def _is_another(holder: Holder, mine: Holder, pause: int) -> bool:
    """Whether it is another pod, on another link, at the same time. One link may be recorded at both ends."""
    if holder.link is mine.link or holder.mac == mine.mac or holder.link.pod_macs & mine.link.pod_macs:
        return False
    between = holder.apart_from(mine)
    return between == 0 or (between <= pause and holder.unanswered != mine.unanswered)


def _may_be_one_node(point: PointFacts, other: PointFacts, on_one_node: OnOneNode) -> bool:
    """Captures of one call count as one node's unless packets or file names say otherwise."""
    known = on_one_node(point, other)
    return known if known is not None else _host_of(point) == _host_of(other)


def _host_of(point: PointFacts) -> tuple[str, str]:
    """What a file's folder and name say about the host, in ``node1/eth0.pcap`` or ``node1-cali….pcap``."""
    path, name = point.capture_point.path, point.name
    before, found, _ = path.name.partition(name)
    return str(path.parent), before.strip("-_.") if found else ""
