"""The rows of the table ``addresses``, made of the claims that one capture point recorded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import pairwise

from msgspec.structs import replace

from pcapcheck.decode.decoded_links import COOKED
from pcapcheck.exchanges.claims import Claim
from pcapcheck.links.address_row import AddressRow
from pcapcheck.links.capture_points import PointKey
from pcapcheck.links.facts import Facts
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.links.read_capture import Capture, Reading
from pcapcheck.values import LINK_LOCAL6, is_ipv4, is_name


def address_rows(
    claims: list[Claim],
    point: PointFacts,
    gateways: frozenset[int],
    proxy_mac: int,
    contested: frozenset[int] = frozenset(),
) -> list[AddressRow]:
    """The ``addresses`` rows of one capture point; ``contested`` are addresses that unknown MACs claim as well.

    A claim lasts from its first frame until its MAC falls silent on the link: a pod recreated under its old name
    claims its address with a new MAC, but only after the old one fell silent.
    """
    gone = _last_seen(point)
    sides = {group.src: point.sides.of(group)[0] for group in point.groups.values()}
    by_ip: dict[int, list[Claim]] = {}
    for claim in claims:
        by_ip.setdefault(claim.ip, []).append(claim)
    rows = []
    addresses = _addresses_by_mac(claims)
    for ip, same in by_ip.items():
        own = ip not in gateways and (ip in point.pod_ips or any(claim.mac in point.pod_macs for claim in same))
        # Proxy ARP makes the node answer for everything, the pod's own address included (it then only replies). That is
        # not so for the gateway's address.
        proxied = {
            claim.mac
            for claim in same
            if own and not claim.own and (sides.get(claim.mac) == "node" or claim.mac == proxy_mac)
        }
        for claim in same:
            others = frozenset(
                other.mac
                for other in same
                if other.mac != claim.mac and other.mac not in proxied and _overlap(claim, other, gone)
            )
            rows.append(
                AddressRow(
                    point.key,
                    min(point.groups),
                    "",
                    point.name,
                    point.node_interface,
                    point.kind,
                    point.capture_point.calico,
                    ip,
                    claim.mac,
                    sides.get(claim.mac),
                    claim.first_time,
                    claim.last_time,
                    claim.mac in proxied,
                    None if (ip in contested or (proxied and is_name(ip))) and not others else len(others) + 1,
                    others or None,
                    claim.frames,
                    # Who has several addresses may have given one of them away (VRRP) and speak on.
                    gone.get(claim.mac) if addresses[claim.mac, is_ipv4(ip)] == 1 else claim.last_time,
                )
            )
    several = point.sides.folded or point.capture_point.link_type == COOKED
    if any(
        _across_links(row, point) and (several or (row.ip not in gateways and _is_nodes(row, point, proxy_mac)))
        for row in rows
    ):
        return [replace(row, claimants=None) for row in rows]
    return rows


def _is_nodes(row: AddressRow, point: PointFacts, proxy_mac: int) -> bool:
    """Whether the node claims an address on a pod's link, where more than two machines speak: on its NIC it may too.

    Not so the gateway's, which only pods ask for.
    """
    return point.sides.crowded and proxy_mac in {row.mac, *(row.other_claimants or ())}


def _addresses_by_mac(claims: list[Claim]) -> Counter[tuple[int, bool]]:
    """How many addresses of each family a MAC claims, those of the link itself apart."""
    return Counter((claim.mac, is_ipv4(claim.ip)) for claim in claims if claim.ip >> 118 != LINK_LOCAL6)


def taken_over(rows: Iterable[AddressRow], proxy_mac: int) -> Iterator[tuple[AddressRow, AddressRow]]:
    """Pairs of claims of an address on a pod link: the first ended before another MAC's began.

    Every node has the proxy MAC, so it does not show who has an address.
    """
    claims: dict[tuple[PointKey, int], list[AddressRow]] = {}
    for row in rows:
        if row.kind != "pod-link" or row.proxied or row.mac == proxy_mac:
            continue
        if row.claimants is not None and row.first_time is not None:
            claims.setdefault((row.point, row.ip), []).append(row)
    for same in claims.values():
        for before, after in pairwise(sorted(same, key=lambda row: row.first_time or 0)):
            if after.mac not in (before.other_claimants or ()):
                yield before, after


def _across_links(row: AddressRow, point: PointFacts) -> bool:
    """Whether a contested claim may stem from another link of the same recording: a node is on all of them."""
    return bool(row.other_claimants) and not {row.mac, *(row.other_claimants or ())} <= point.pod_macs


def _last_seen(point: PointFacts) -> dict[int, int]:
    seen: dict[int, int] = {}
    for group in point.groups.values():
        if group.src is not None and group.last is not None:
            seen[group.src] = max(seen.get(group.src, group.last), group.last)
    return seen


def _overlap(claim: Claim, other: Claim, gone: dict[int, int]) -> bool:
    """Whether two claims held at the same time; True where the capture has no times."""
    if claim.first_time is None or claim.last_time is None or other.first_time is None or other.last_time is None:
        return True
    one_end = max(claim.last_time, gone.get(claim.mac, claim.last_time))
    other_end = max(other.last_time, gone.get(other.mac, other.last_time))
    return claim.first_time <= other_end and other.first_time <= one_end


def claimed_addresses(capture: Capture, facts: Facts, reading: Reading) -> Iterator[AddressRow]:
    """The rows of the table ``addresses`` of one capture."""
    by_point: dict[PointKey, list[Claim]] = {}
    for claim in capture.exchanges.claims.all():
        by_point.setdefault((capture.number, *claim.point), []).append(claim)
    for key, point in facts.points.items():
        if key in by_point:
            # A text that shows no MACs of those who ask tells nothing about how many claim an address, whichever it is.
            unseen = any((capture.number, *there) == key for there, _ in capture.exchanges.claims.without_mac)
            contested = frozenset(claim.ip for claim in by_point[key] if unseen)
            yield from address_rows(by_point[key], point, reading.gateways, reading.proxy_mac, contested)
