# cython: language_level=3, annotation_typing=False, boundscheck=False, wraparound=False, cdivision=True
# cython: initializedcheck=False
"""Transfer rows: what became of a TCP connection after its handshake, as numbers (``transfer_layout``).

Sources: RFC 9293 (TCP), RFC 6298 (its retransmission).

The steps run as plain Python or compiled by Cython with the C types in ``transfer_rows.pxd``.
"""

from __future__ import annotations

from array import array

try:
    import cython
except ImportError:
    from pcapcheck import _cython_stub as cython

if not cython.compiled:
    from pcapcheck.capture import scan_layout
    from pcapcheck.decode import frame_layout
    from pcapcheck.exchanges import conversing_layout as layout
    from pcapcheck.exchanges import transfer_layout as written
    from pcapcheck.exchanges.sequence_numbers import ahead
    from pcapcheck.exchanges.tcp_holes import is_missing
    from pcapcheck.exchanges.tcp_progress import is_under_way


def is_stuck(pool: array[int], mine: int) -> bool:
    """Whether a side's data was sent again and again, and not acknowledged in the end."""
    return (
        pool[mine + layout.AGAIN] + 1 >= layout.STUCK_SENT
        and pool[mine + layout.AGAIN_LAST] - pool[mine + layout.AGAIN_SINCE] >= layout.STUCK_FOR
    )


def is_transfer(pool: array[int], row: int) -> bool:
    """Whether more was recorded of a connection than its handshake, or a refusal of it."""
    beyond = pool[row + layout.PACKETS] + pool[row + layout.SIDE + layout.PACKETS] - pool[row + layout.RESETS]
    return beyond > pool[row + layout.SYNS] + pool[row + layout.SIDE + layout.SYNS]


def asker_of(pool: array[int], row: int) -> int:
    """The side that opened the connection; if that was not recorded, the one with the higher port."""
    if pool[row + layout.ASKER] != layout.ABSENT:
        return pool[row + layout.ASKER]
    ports = pool[row + layout.PORTS]
    return 0 if ((ports >> 16) & 0xFFFF) >= (ports & 0xFFFF) else 1


def unacknowledged(pool: array[int], row: int, side: int) -> int:
    """How many bytes of a side were never acknowledged; ABSENT if nothing of the other side was recorded."""
    mine = row + side * layout.SIDE
    if pool[row + layout.SIDE - side * layout.SIDE + layout.PACKETS] == 0:
        return layout.ABSENT
    if pool[row + layout.HOLES] & (1 << side):
        until = pool[mine + layout.HOLE_END]
        if pool[mine + layout.END] != layout.ABSENT and ahead(pool[mine + layout.END], until) > 0:
            until = pool[mine + layout.END]
        return ahead(until, pool[mine + layout.HOLE_START])
    if not is_under_way(pool, mine):
        return 0
    if pool[mine + layout.ACKED] == layout.ABSENT:
        return pool[mine + layout.BYTES]
    return ahead(pool[mine + layout.END], pool[mine + layout.ACKED])


def outcome_of(pool: array[int], row: int) -> int:
    """What became of a connection, as far as it was recorded."""
    if pool[row + layout.HOLES] and (is_missing(pool, row, 0) or is_missing(pool, row, 1)):
        return written.MISSING
    if is_stuck(pool, row) or is_stuck(pool, row + layout.SIDE):
        return written.STALLED
    if pool[row + layout.RESET_BY] >= 0:
        return written.RESET
    if pool[row + layout.PACKETS] == 0 or pool[row + layout.SIDE + layout.PACKETS] == 0:
        return written.ONE_SIDED
    if pool[row + layout.RESETS] > 0:
        # Whoever resets a connection at its end wants no more data.
        return written.CLOSED
    if unacknowledged(pool, row, 0) > 0 or unacknowledged(pool, row, 1) > 0:
        return written.IN_FLIGHT
    return written.CLOSED if pool[row + layout.FINISHED] else written.OPEN


def telling_side(pool: array[int], row: int, outcome: int) -> int:
    """The side that the outcome is about: whose data got stuck, in whose name an RST came."""
    if outcome == written.MISSING:
        return 0 if is_missing(pool, row, 0) else 1
    if outcome == written.STALLED:
        return 0 if is_stuck(pool, row) else 1
    return pool[row + layout.RESET_BY]


def is_forged(pool: array[int], row: int) -> int:
    """Whether the RST had a TTL that no other segment from its address had; ABSENT: not known."""
    mine = row + pool[row + layout.RESET_BY] * layout.SIDE
    ttl = pool[row + layout.RESET_TTL]
    if ttl == 0 or pool[mine + layout.TTL] == 0:
        return layout.ABSENT
    return 0 if ttl == pool[mine + layout.TTL] or ttl == pool[mine + layout.OTHER_TTL] else 1


def write_ends(pool: array[int], row: int, asker: int, out: array[int], at: int) -> None:
    """Write who talked to whom, the asker first."""
    ports = pool[row + layout.PORTS] & layout.WORD
    if asker == 0:
        out[at + written.SRC_LOW] = pool[row + layout.SRC_LOW]
        out[at + written.SRC_HIGH] = pool[row + layout.SRC_HIGH]
        out[at + written.DST_LOW] = pool[row + layout.DST_LOW]
        out[at + written.DST_HIGH] = pool[row + layout.DST_HIGH]
        out[at + written.PORTS] = ports
    else:
        out[at + written.SRC_LOW] = pool[row + layout.DST_LOW]
        out[at + written.SRC_HIGH] = pool[row + layout.DST_HIGH]
        out[at + written.DST_LOW] = pool[row + layout.SRC_LOW]
        out[at + written.DST_HIGH] = pool[row + layout.SRC_HIGH]
        out[at + written.PORTS] = ((ports & 0xFFFF) << 16) | (ports >> 16)


def write_side(pool: array[int], row: int, side: int, out: array[int], at: int) -> None:
    """Write what one side sent."""
    mine = row + side * layout.SIDE
    unacked = unacknowledged(pool, row, side)
    out[at + written.SEGMENTS] = pool[mine + layout.PACKETS]
    out[at + written.BYTES] = pool[mine + layout.BYTES]
    out[at + written.RESENT] = pool[mine + layout.RESENT]
    out[at + written.RESENT_BYTES] = pool[mine + layout.RESENT_BYTES]
    out[at + written.UNACKED] = unacked
    out[at + written.LARGEST_UNACKED] = pool[mine + layout.LARGEST] if unacked > 0 else 0
    out[at + written.ZERO_WINDOWS] = pool[mine + layout.ZERO_WINDOWS]
    out[at + written.MSS] = pool[mine + layout.MSS]
    out[at + written.TTL] = pool[mine + layout.TTL] - 1
    out[at + written.FINISHED] = pool[mine + layout.FINS]


def write_times(pool: array[int], row: int, out: array[int], at: int) -> None:
    """Write when it began, and how long it went on; the side that was heard first began it."""
    second = row + layout.SIDE
    first, last = pool[row + layout.FIRST], pool[row + layout.LAST]
    if pool[row + layout.PACKETS] == 0:
        first, last = pool[second + layout.FIRST], pool[second + layout.LAST]
    elif pool[second + layout.PACKETS] and pool[second + layout.LAST] > last:
        last = pool[second + layout.LAST]
    out[at + written.TIME] = first
    out[at + written.DURATION] = layout.ABSENT
    if first != scan_layout.ABSENT_TIME and last >= first:
        out[at + written.DURATION] = last - first


def write_outcome(pool: array[int], row: int, asker: int, out: array[int], at: int) -> None:
    """Write what became of it, and which packets show that."""
    outcome = outcome_of(pool, row)
    side = telling_side(pool, row, outcome)
    out[at + written.OUTCOME] = outcome
    out[at + written.GROUP] = pool[row + layout.GROUP]
    out[at + written.NUMBER] = pool[row + layout.NUMBER]
    if pool[row + asker * layout.SIDE + layout.PACKETS]:
        out[at + written.GROUP] = pool[row + asker * layout.SIDE + layout.SIDE_GROUP]
    out[at + written.ASKER_GROUP] = out[at + written.GROUP]
    for field in range(written.SENDER, written.RESET_FORGED + 1):
        out[at + field] = layout.ABSENT
    out[at + written.RESETS] = pool[row + layout.RESETS]
    if outcome == written.MISSING:
        mine = row + side * layout.SIDE
        out[at + written.SENDER] = side ^ asker
        out[at + written.GROUP] = pool[mine + layout.HOLE_FRAME] & 0xFFFF
        out[at + written.LASTED] = pool[mine + layout.HOLE_LAST] - pool[mine + layout.HOLE_SINCE]
        out[at + written.SIZE] = ahead(pool[mine + layout.HOLE_END], pool[mine + layout.HOLE_START])
        out[at + written.FROM] = pool[mine + layout.HOLE_FRAME] >> 16
        out[at + written.TO] = pool[mine + layout.HOLE_LAST_NUMBER]
    elif outcome == written.STALLED:
        mine = row + side * layout.SIDE
        out[at + written.SENDER] = side ^ asker
        out[at + written.GROUP] = pool[mine + layout.AGAIN_GROUP]
        out[at + written.ATTEMPTS] = pool[mine + layout.AGAIN] + 1
        out[at + written.LASTED] = pool[mine + layout.AGAIN_LAST] - pool[mine + layout.AGAIN_SINCE]
        out[at + written.SIZE] = pool[mine + layout.AGAIN_SIZE]
        out[at + written.FROM] = pool[mine + layout.AGAIN_FROM]
        out[at + written.TO] = pool[mine + layout.AGAIN_NUMBER]
    elif outcome == written.RESET:
        out[at + written.SENDER] = side ^ asker
        out[at + written.GROUP] = pool[row + layout.RESET_GROUP]
        out[at + written.FROM] = pool[row + layout.RESET_NUMBER]
        out[at + written.TO] = pool[row + layout.RESET_NUMBER]
        out[at + written.RESET_TTL] = pool[row + layout.RESET_TTL] - 1
        out[at + written.RESET_FORGED] = is_forged(pool, row)


def has_data(pool: array[int], row: int) -> bool:
    """Whether data was sent, in either direction, recorded or not."""
    if pool[row + layout.BYTES] + pool[row + layout.SIDE + layout.BYTES] > 0:
        return True
    return pool[row + layout.HOLES] != 0 and (is_missing(pool, row, 0) or is_missing(pool, row, 1))


def class_of(pool: array[int], row: int, asker: int, outcome: int) -> int:
    """What a transfer with which nothing is wrong has in common with others (see CLASS_KEY), as a number above 0."""
    group = pool[row + layout.GROUP]
    if pool[row + asker * layout.SIDE + layout.PACKETS]:
        group = pool[row + asker * layout.SIDE + layout.SIDE_GROUP]
    common = (group << 3) | outcome
    common = (common << 1) | (1 if has_data(pool, row) else 0)
    common = (common << 1) | (1 if pool[row + layout.ASKER] != layout.ABSENT else 0)
    is_v4 = pool[row + layout.SRC_HIGH] == 0 and pool[row + layout.SRC_LOW] >> 32 == frame_layout.MAPPED >> 32
    return (common << 2) | (3 if is_v4 else 1)


def count_transfer(pool: array[int], row: int, classes: array[int]) -> bool:
    """Count a transfer with others alike; False if it has to be a row of its own."""
    outcome = outcome_of(pool, row)
    if outcome >= written.STALLED:
        return False
    common = class_of(pool, row, asker_of(pool, row), outcome)
    at = ((common * 61) >> 4) % written.CLASSES * written.CLASS_FIELDS
    if classes[at + written.CLASS_COUNT] == 0:
        classes[at + written.CLASS_KEY] = common
        write_transfer_at(pool, row, classes, at + written.CLASS_ROW)
    elif classes[at + written.CLASS_KEY] != common:
        return False
    classes[at + written.CLASS_COUNT] = classes[at + written.CLASS_COUNT] + 1
    return True


def write_transfer(pool: array[int], row: int, out: array[int], number: int) -> None:
    """Write a connection as row ``number`` of the table ``transfers``."""
    write_transfer_at(pool, row, out, number * written.FIELDS)


def write_transfer_at(pool: array[int], row: int, out: array[int], at: int) -> None:
    """Write a connection as a row of the table ``transfers`` that begins at ``at``."""
    asker = asker_of(pool, row)
    write_ends(pool, row, asker, out, at)
    write_times(pool, row, out, at)
    write_outcome(pool, row, asker, out, at)
    out[at + written.HAS_DATA] = 1 if has_data(pool, row) else 0
    out[at + written.BEGUN] = 1 if pool[row + layout.ASKER] != layout.ABSENT else 0
    write_side(pool, row, asker, out, at)
    write_side(pool, row, 1 - asker, out, at + written.SIDE)
