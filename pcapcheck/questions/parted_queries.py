"""Parted queries: two DNS queries that one port sent at once, and that left the node by different interfaces.

Both ask a service's address, so both are translated. Where the two first packets of one socket meet in connection
tracking, one of two entries is dropped (kernel: net/netfilter/nf_conntrack_core.c, nf_ct_resolve_clash): the second
query gets the back end of the first after its route was chosen, and goes where that back end is not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from msgspec import Struct

from pcapcheck.exchanges.dns_row import DnsRow
from pcapcheck.links.facts import Facts
from pcapcheck.links.read_capture import Capture
from pcapcheck.table_names import DNS

# A resolver asks for A and AAAA within microseconds; one that waits for the first answer takes longer than this
# (nanoseconds).
AT_ONCE = 2_000_000


# A query that left, the name of the interface, and whether it was answered there.
Sent = tuple[DnsRow, str, bool]


class PartedQueries(Struct, frozen=True):
    """Who asked whom; to whom both were translated; by which interfaces they left, and the frames that show it."""

    src: int
    dst: int
    back_end: int
    interfaces: tuple[str, str]
    frames: tuple[int, int]
    capture: int


def parted_queries(captures: Sequence[Capture], facts: Facts) -> list[PartedQueries]:
    """Such pairs among the samples of each capture, one per asker and resolver."""
    found = {(pair.src, pair.dst): pair for capture in captures for pair in _parted(capture, facts)}
    return list(found.values())


def _parted(capture: Capture, facts: Facts) -> Iterator[PartedQueries]:
    by_port: dict[tuple[int, int], list[Sent]] = {}
    for some in capture.exchanges.paired.bins_of(DNS):
        point = facts.point(capture.number, some.group)
        for row in some.samples if point is not None else ():
            if isinstance(row, DnsRow) and row.src_port is not None and row.time is not None:
                sent = (row, point.name if point else "", row.outcome == "replied")
                by_port.setdefault((row.src, row.src_port), []).append(sent)
    for rows in by_port.values():
        if len({row.dst for row, _, _ in rows}) > 1:
            yield from _pairs(sorted(rows, key=lambda each: each[0].time or 0), capture.number)


def _pairs(rows: list[Sent], capture: int) -> Iterator[PartedQueries]:
    """Queries of one port in the order of time: as they were asked, and as they left."""
    asked: dict[int, list[Sent]] = {}
    left: dict[int, Sent] = {}
    for row, name, answered in rows:
        before = asked.setdefault(row.ident, [])
        if not before or before[0][0].dst == row.dst:
            before.append((row, name, answered))
        else:
            left.setdefault(row.ident, (row, name, answered))
    firsts = [some[0][0] for some in asked.values()]
    for one, other in pairwise(firsts):
        near = (other.time or 0) - (one.time or 0) < AT_ONCE and one.dst == other.dst
        if not near or one.ident not in left or other.ident not in left:
            continue
        (first, here, heard), (second, there, too) = left[one.ident], left[other.ident]
        # Where both are answered, two interfaces lead there.
        if first.dst == second.dst and here != there and not (heard and too):
            yield PartedQueries(
                one.src, one.dst, first.dst, (here, there), (first.frames[0], second.frames[0]), capture
            )
