"""ICMP errors about an echo request that the snapshot length cut before its sequence number.

The order shows which request such an error ended: the first earlier request between the quoted addresses, with the
quoted identifier if it is present; if packets expire, the request with the lowest TTL.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass

from pcapcheck.capture.scan_layout import ABSENT_TIME
from pcapcheck.decode import frame_layout as decoded
from pcapcheck.decode.decoder import FrameBatch
from pcapcheck.exchanges import pairing_layout as layout
from pcapcheck.exchanges.paired_kinds import TABLE_OF
from pcapcheck.exchanges.waiting import Pair, open_requests, pair_of
from pcapcheck.protocols import ECHO_REQUEST, ICMP_OF, TIME_EXCEEDED
from pcapcheck.table_names import ECHO

MOST_CUT = 1 << 12
# No error takes longer: traceroute waits five seconds for it.
LONGEST = 5_000_000_000


@dataclass(frozen=True)
class CutError:
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


def cut_error(batch: FrameBatch, row: int, family: int) -> CutError | None:
    """The error in a row, if it is about an echo request and its quote ends too early."""

    def get(number: int) -> int:
        return batch.rows[number * batch.capacity + row]

    asks = get(decoded.QUOTED_TYPE) in (ECHO_REQUEST[family], decoded.ABSENT)
    if get(decoded.QUOTED_PROTO) != ICMP_OF[family] or not asks or get(decoded.QUOTED_SEQ) != decoded.ABSENT:
        return None
    kind, code = get(decoded.ICMP_TYPE), max(0, get(decoded.ICMP_CODE))
    halves = (decoded.QUOTED_SRC_HIGH, decoded.QUOTED_SRC_LOW, decoded.QUOTED_DST_HIGH, decoded.QUOTED_DST_LOW)
    src_high, src_low, dst_high, dst_low = map(get, halves)
    return CutError(
        get(decoded.NUMBER),
        get(decoded.TIME),
        (get(decoded.INTERFACE) << 32) | (get(decoded.IFINDEX) + 1),
        (src_high, src_low, dst_high, dst_low),
        get(decoded.QUOTED_IDENT),
        kind == TIME_EXCEEDED[family],
        (_meaning(family, kind, code) << 16) | (kind << 8) | code,
        (get(decoded.IP_SRC_HIGH), get(decoded.IP_SRC_LOW)),
        get(decoded.ICMP_MTU),
        get(decoded.IP_TTL),
    )


def settle_cut_errors(errors: list[CutError], pool: array[int], state: array[int]) -> None:
    """End those open requests in the pool of ``pairing`` that the errors are about."""
    waiting: dict[tuple[int, Pair], list[int]] = {}
    for row in open_requests(pool, state) if errors else ():
        if TABLE_OF[pool[row + layout.KIND]] == ECHO:
            waiting.setdefault((pool[row + layout.POINT], pair_of(pool, row)), []).append(row)
    for cut in errors:
        rows = waiting.get((cut.point, cut.pair), [])
        fits = [row for row in rows if _may_be(pool, row, cut)]
        if fits:
            row = min(fits, key=lambda row: (pool[row + layout.TTL] if cut.expired else 0, pool[row + layout.NUMBER]))
            rows.remove(row)
            pool[row + layout.OUTCOME] = layout.ERRED
            pool[row + layout.ERROR] = cut.error
            pool[row + layout.ERROR_HIGH], pool[row + layout.ERROR_LOW] = cut.source
            pool[row + layout.ERROR_MTU] = cut.mtu
            pool[row + layout.ERROR_NUMBER] = cut.number
            pool[row + layout.ERROR_TTL] = cut.ttl


def _may_be(pool: array[int], row: int, cut: CutError) -> bool:
    time = pool[row + layout.TIME]
    in_time = ABSENT_TIME in (time, cut.time) or cut.time - time <= LONGEST
    same = cut.ident in (layout.ABSENT, pool[row + layout.IDENT_SEQ] >> 16)
    return in_time and same and pool[row + layout.NUMBER] < cut.number


def _meaning(family: int, kind: int, code: int) -> int:
    """The number of an error's class, as ``decode.icmp_arp`` counts them."""
    if kind == TIME_EXCEEDED[family]:
        return decoded.EXCEEDED
    if (family, kind, code) == (4, 3, 4) or (family, kind) == (6, 2):
        return decoded.TOO_BIG
    return decoded.UNREACHABLE if (family, kind) in ((4, 3), (6, 1)) else decoded.OTHER_ERROR
