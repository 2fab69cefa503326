"""ICMP errors about an echo request that the snapshot length cut before its sequence number.

The order shows which request such an error ended: the first earlier request between the quoted addresses, with the
quoted identifier if it is present; if packets expire, the request with the lowest TTL.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable

from msgspec import Struct

from pcapcheck.capture.scan_layout import ABSENT_TIME
from pcapcheck.decode.frame_layout import EXCEEDED
from pcapcheck.exchanges import ending_layout
from pcapcheck.exchanges import pairing_layout as layout
from pcapcheck.exchanges.head_marks import rest_of, ttl_of
from pcapcheck.exchanges.paired_kinds import TABLE_OF
from pcapcheck.exchanges.waiting import Pair, open_requests, pair_of
from pcapcheck.table_names import ECHO

# No error takes longer: traceroute waits five seconds for it.
LONGEST = 5_000_000_000


class CutError(Struct, frozen=True):
    """An error as recorded. ``ident`` is ABSENT if it was cut too; ``error`` is its class, type and code."""

    number: int
    time: int
    point: int
    pair: Pair
    ident: int
    expired: bool
    error: int
    source: tuple[int, int]
    mtu: int
    ttl: int


def cut_error(cut: array[int], at: int) -> CutError:
    """An error as ``ending`` wrote it down (``ending_layout``)."""
    icmp_class = cut[at + ending_layout.CUT_ERROR] >> 16
    return CutError(
        cut[at + ending_layout.CUT_NUMBER],
        cut[at + ending_layout.CUT_TIME],
        cut[at + ending_layout.CUT_POINT],
        (
            cut[at + ending_layout.CUT_SRC_HIGH],
            cut[at + ending_layout.CUT_SRC_LOW],
            cut[at + ending_layout.CUT_DST_HIGH],
            cut[at + ending_layout.CUT_DST_LOW],
        ),
        cut[at + ending_layout.CUT_IDENT],
        icmp_class == EXCEEDED,
        cut[at + ending_layout.CUT_ERROR],
        (cut[at + ending_layout.CUT_FROM_HIGH], cut[at + ending_layout.CUT_FROM_LOW]),
        cut[at + ending_layout.CUT_MTU],
        cut[at + ending_layout.CUT_TTL],
    )


def settle_cut_errors(
    errors: list[CutError], pool: array[int], rest: array[int], state: array[int], add_rest: Callable[[int], None]
) -> None:
    """End those open requests in the pool of ``pairing`` that the errors are about.

    ``rest`` is what the pool names so; ``add_rest`` makes sure that an exchange has one, where there is room for it.
    """
    waiting: dict[tuple[int, Pair], list[int]] = {}
    for row in open_requests(pool, rest, state) if errors else ():
        if TABLE_OF[pool[row + layout.KIND]] == ECHO:
            waiting.setdefault((pool[row + layout.POINT], pair_of(pool, row)), []).append(row)
    for cut in errors:
        rows = waiting.get((cut.point, cut.pair), [])
        fits = [row for row in rows if _may_be(pool, row, cut)]
        if fits:
            row = min(
                fits,
                key=lambda row: (ttl_of(pool[row + layout.MARKS]) if cut.expired else 0, pool[row + layout.NUMBER]),
            )
            rows.remove(row)
            add_rest(row)
            found = rest_of(pool[row + layout.MARKS])
            rest[found + layout.OUTCOME] = layout.ERRED
            rest[found + layout.ERROR] = cut.error
            rest[found + layout.ERROR_HIGH], rest[found + layout.ERROR_LOW] = cut.source
            rest[found + layout.ERROR_MTU] = cut.mtu
            rest[found + layout.ERROR_NUMBER] = cut.number
            rest[found + layout.ERROR_TTL] = cut.ttl


def _may_be(pool: array[int], row: int, cut: CutError) -> bool:
    time = pool[row + layout.TIME]
    in_time = ABSENT_TIME in (time, cut.time) or cut.time - time <= LONGEST
    same = cut.ident in (layout.ABSENT, pool[row + layout.IDENT_SEQ] >> 16)
    return in_time and same and pool[row + layout.NUMBER] < cut.number
