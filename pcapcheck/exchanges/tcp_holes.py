# cython: language_level=3, annotation_typing=False, boundscheck=False, wraparound=False, cdivision=True
# cython: initializedcheck=False
"""TCP holes: data that is missing at the receiver and was not recorded, while data behind it was.

A hole is open from the first segment of the sender that stands ahead of all that was recorded of it. It closes with
what was recorded late, out of order, and with what the receiver acknowledges: then only the recorder missed it. As long
as the receiver acknowledges no more than what comes before the hole, it has not got the data (RFC 9293, section
3.10.7.4; RFC 5681, section 3.2).

Only the first hole of each side is followed. The steps run as plain Python or compiled by Cython with the C types in
``tcp_holes.pxd``.
"""

from __future__ import annotations

from array import array

try:
    import cython
except ImportError:
    from pcapcheck import _cython_stub as cython

if not cython.compiled:
    from pcapcheck import protocols
    from pcapcheck.capture import printed_layout, scan_layout
    from pcapcheck.decode import frame_layout
    from pcapcheck.exchanges import conversing_layout as layout
    from pcapcheck.exchanges.conversing_arrays import ConversingArrays
    from pcapcheck.exchanges.sequence_numbers import ahead


def recorded_until(pool: array[int], mine: int) -> int:
    """The number behind the data of a side that was recorded or acknowledged, and behind its FIN; ABSENT: none was."""
    end = pool[mine + layout.END]
    if end != layout.ABSENT and pool[mine + layout.FINS]:
        end = (end + 1) & layout.WORD
    acked = pool[mine + layout.ACKED]
    if end == layout.ABSENT or (acked != layout.ABSENT and ahead(acked, end) > 0):
        return acked
    return end


def open_hole(pool: array[int], row: int, side: int, frame: int, time: int, seq: int, size: int) -> None:
    """Open a hole if a segment stands ahead of what was recorded, by no more than what may be under way at once.

    What stands further ahead belongs to another connection, which two hosts may have at once where proxies take over
    the address of whoever asks.
    """
    mine = row + side * layout.SIDE
    start = recorded_until(pool, mine)
    distance = 0 if start == layout.ABSENT else ahead(seq, start)
    is_printed = size > 0 or seq != printed_layout.UNPRINTED_SEQ
    if is_printed and 0 < distance <= layout.MOST_UNDER_WAY:
        pool[row + layout.HOLES] = pool[row + layout.HOLES] | (1 << side)
        pool[mine + layout.HOLE_START] = start
        pool[mine + layout.HOLE_END] = seq
        pool[mine + layout.HOLE_FRAME] = frame
        begin_wait(pool, mine, time)


def begin_wait(pool: array[int], mine: int, time: int) -> None:
    """From now on whoever receives the data may say that it has none of what is missing."""
    pool[mine + layout.HOLE_SINCE] = time
    pool[mine + layout.HOLE_LAST] = time
    pool[mine + layout.HOLE_LAST_NUMBER] = 0
    pool[mine + layout.HOLE_ENDED] = 0
    pool[mine + layout.HOLE_SACKED] = 0


def move_start(pool: array[int], row: int, side: int, start: int, time: int) -> None:
    """What comes before ``start`` is not missing."""
    mine = row + side * layout.SIDE
    if ahead(start, pool[mine + layout.HOLE_END]) >= 0:
        pool[row + layout.HOLES] = pool[row + layout.HOLES] & ~(1 << side)
    else:
        pool[mine + layout.HOLE_START] = start
        begin_wait(pool, mine, time)


def fill_hole(pool: array[int], row: int, side: int, time: int, seq: int, size: int) -> None:
    """Data that may be what was missing, at the start or the end of it."""
    mine = row + side * layout.SIDE
    start = pool[mine + layout.HOLE_START]
    if ahead(seq, start) <= 0:
        end = (seq + size) & layout.WORD
        if ahead(end, start) > 0:
            move_start(pool, row, side, end, time)
    elif ahead(seq, pool[mine + layout.HOLE_END]) < 0:
        pool[mine + layout.HOLE_END] = seq


def hear_receiver(pool: array[int], row: int, side: int, frame: int, time: int, ack: int, flags: int) -> None:
    """What the receiver of a side's data says that it has; one without room for more asks for nothing."""
    mine = row + side * layout.SIDE
    beyond = ahead(ack & layout.WORD, pool[mine + layout.HOLE_START])
    if beyond > 0:
        move_start(pool, row, side, ack & layout.WORD, time)
    elif beyond == 0 and (ack >> 32) & 1 == 0:
        pool[mine + layout.HOLE_LAST] = time
        pool[mine + layout.HOLE_LAST_NUMBER] = frame >> 16
        if ack & frame_layout.SACKED:
            pool[mine + layout.HOLE_SACKED] = 1
        if flags & protocols.TCP_FIN:
            pool[mine + layout.HOLE_ENDED] = 1


def look_at_holes(
    arrays: ConversingArrays, row: int, side: int, frame: int, time: int, seq: int, ack: int, content: int
) -> None:
    """What a segment of one side changes where data of either is missing, or may be missing because of it.

    ``frame``, ``ack`` and ``content`` are T_FRAME, T_ACK and T_SIZE of ``frame_layout``.
    """
    flags = content & 0xFFFF
    if arrays.pool[row + layout.HOLES] & (1 << side) and content >> 16 and flags & protocols.TCP_RST == 0:
        fill_hole(arrays.pool, row, side, time, seq, content >> 16)
    if arrays.pool[row + layout.HOLES] & (2 >> side) and flags & protocols.TCP_ACK:
        hear_receiver(arrays.pool, row, 1 - side, frame, time, ack, flags)
    if flags & protocols.TCP_RST:
        for each in range(2):
            arrays.pool[row + each * layout.SIDE + layout.HOLE_ENDED] = 1
    elif flags & protocols.TCP_SYN == 0 and arrays.pool[row + layout.HOLES] & (1 << side) == 0:
        open_hole(arrays.pool, row, side, frame, time, seq, content >> 16)


def wait_on(pool: array[int], row: int, until: int) -> None:
    """What the receiver said to be missing still is when the recording ends, at ``until``, if nobody said any more.

    Who sent it would have sent it again within a second or so (RFC 6298).
    """
    for side in range(2):
        mine = row + side * layout.SIDE
        latest = pool[row + layout.LAST]
        if pool[row + layout.SIDE + layout.LAST] > latest:
            latest = pool[row + layout.SIDE + layout.LAST]
        if (
            pool[mine + layout.HOLE_SACKED]
            and pool[row + layout.RESETS] == 0
            and latest != scan_layout.ABSENT_TIME
            and until - latest >= layout.STUCK_FOR
        ):
            pool[mine + layout.HOLE_LAST] = until


def is_missing(pool: array[int], row: int, side: int) -> bool:
    """Whether data of a side is missing for good: for three seconds, or when the connection ended, after one second.

    A timeout sends it again after 0.2 seconds to one (RFC 6298). A single number may be that of a FIN.
    """
    if pool[row + layout.HOLES] & (1 << side) == 0:
        return False
    mine = row + side * layout.SIDE
    if ahead(pool[mine + layout.HOLE_END], pool[mine + layout.HOLE_START]) <= 1:
        return False
    if pool[mine + layout.HOLE_SINCE] == scan_layout.ABSENT_TIME:
        return False
    waited = pool[mine + layout.HOLE_LAST] - pool[mine + layout.HOLE_SINCE]
    return waited >= layout.STUCK_FOR or (pool[mine + layout.HOLE_ENDED] != 0 and waited >= layout.GIVEN_UP)
