# cython: language_level=3, annotation_typing=False, boundscheck=False, wraparound=False, cdivision=True
# cython: initializedcheck=False
"""TCP progress: what one segment changes in its conversation, of the data sent, acknowledged, sent again or broken off.

Sources: RFC 9293 (TCP), RFC 6298 (its retransmission).

The steps run as plain Python or compiled by Cython with the C types in ``tcp_progress.pxd``.
"""

from __future__ import annotations

from array import array

try:
    import cython
except ImportError:
    from pcapcheck import _cython_stub as cython

if not cython.compiled:
    from pcapcheck import protocols
    from pcapcheck.capture import scan_layout
    from pcapcheck.decode import frame_layout
    from pcapcheck.exchanges import conversing_layout as layout
    from pcapcheck.exchanges.conversing_arrays import ConversingArrays
    from pcapcheck.exchanges.sequence_numbers import ahead
    from pcapcheck.exchanges.tcp_holes import look_at_holes


def is_under_way(pool: array[int], mine: int) -> bool:
    """Whether a side sent data that was not acknowledged so far."""
    if pool[mine + layout.END] == layout.ABSENT:
        return False
    return pool[mine + layout.ACKED] == layout.ABSENT or ahead(pool[mine + layout.END], pool[mine + layout.ACKED]) > 0


def acknowledge(pool: array[int], other: int, ack: int) -> None:
    """The data of the other side arrived up to ``ack``."""
    if pool[other + layout.ACKED] == layout.ABSENT or ahead(ack, pool[other + layout.ACKED]) > 0:
        pool[other + layout.ACKED] = ack
        if pool[other + layout.AGAIN] and ahead(ack, pool[other + layout.AGAIN_SEQ]) > 0:
            pool[other + layout.AGAIN] = 0
        if pool[other + layout.LARGEST] and ahead(ack, pool[other + layout.LARGEST_END]) >= 0:
            pool[other + layout.LARGEST] = 0
    elif pool[other + layout.AGAIN_SEQ] == ((ack - 1) & layout.WORD):
        # The answer to a keep-alive.
        pool[other + layout.AGAIN] = 0
        pool[other + layout.AGAIN_SEQ] = layout.ABSENT


def is_sent_again(pool: array[int], mine: int, other: int, time: int, seq: int, end: int) -> bool:
    """Whether data that was sent before is the first that was not acknowledged, sent once more by a timeout.

    A closed window is probed, and what was acknowledged may be sent again for nothing.
    """
    if (
        pool[other + layout.CLOSED_WINDOW]
        or time == scan_layout.ABSENT_TIME
        or pool[mine + layout.ADVANCED] == scan_layout.ABSENT_TIME
    ):
        return False
    if pool[mine + layout.ACKED] != layout.ABSENT and ahead(end, pool[mine + layout.ACKED]) <= 0:
        return False
    if (
        pool[mine + layout.AGAIN] == 0
        or ahead(seq, pool[mine + layout.AGAIN_SEQ]) < 0
        # Keep-alives were sent before.
        or (
            pool[mine + layout.ACKED] != layout.ABSENT
            and ahead(pool[mine + layout.AGAIN_SEQ], pool[mine + layout.ACKED]) < 0
        )
    ):
        return time - pool[mine + layout.ADVANCED] >= layout.SOONEST
    return seq == pool[mine + layout.AGAIN_SEQ] and time - pool[mine + layout.AGAIN_LAST] >= layout.SOONEST


def note_sent_again(pool: array[int], mine: int, frame: int, time: int, seq: int, size: int) -> None:
    """Note the first unacknowledged data, sent once more."""
    if pool[mine + layout.AGAIN] == 0 or seq != pool[mine + layout.AGAIN_SEQ]:
        pool[mine + layout.AGAIN] = 0
        pool[mine + layout.AGAIN_SEQ] = seq
        pool[mine + layout.AGAIN_SINCE] = pool[mine + layout.ADVANCED]
        pool[mine + layout.AGAIN_FROM] = frame >> 16
    pool[mine + layout.AGAIN] = pool[mine + layout.AGAIN] + 1
    pool[mine + layout.AGAIN_SIZE] = size
    pool[mine + layout.AGAIN_LAST] = time
    pool[mine + layout.AGAIN_NUMBER] = frame >> 16
    pool[mine + layout.AGAIN_GROUP] = frame & 0xFFFF


def is_keep_alive(pool: array[int], row: int, mine: int, other: int, time: int, seq: int) -> bool:
    """Whether a segment with no byte or one asks whether the other side is there (RFC 9293, section 3.8.4).

    Its number is one below the next, and nothing is under way. A closed window is probed likewise.
    """
    return (
        pool[mine + layout.ACKED] != layout.ABSENT
        and seq == ((pool[mine + layout.ACKED] - 1) & layout.WORD)
        and (pool[mine + layout.END] == layout.ABSENT or pool[mine + layout.END] == pool[mine + layout.ACKED])
        and pool[other + layout.CLOSED_WINDOW] == 0
        and pool[row + layout.FINISHED] == 0
        and time != scan_layout.ABSENT_TIME
    )


def note_keep_alive(pool: array[int], mine: int, frame: int, time: int, seq: int, size: int) -> None:
    """Note a keep-alive, which is sent again if nobody answers."""
    is_first = pool[mine + layout.AGAIN_SEQ] != seq
    if is_first:
        pool[mine + layout.AGAIN] = 0
        pool[mine + layout.AGAIN_SEQ] = seq
        pool[mine + layout.AGAIN_SINCE] = time
        pool[mine + layout.AGAIN_FROM] = frame >> 16
    elif time - pool[mine + layout.AGAIN_LAST] >= layout.SOONEST:
        pool[mine + layout.AGAIN] = pool[mine + layout.AGAIN] + 1
    if is_first or time - pool[mine + layout.AGAIN_LAST] >= layout.SOONEST:
        pool[mine + layout.AGAIN_SIZE] = size
        pool[mine + layout.AGAIN_LAST] = time
        pool[mine + layout.AGAIN_NUMBER] = frame >> 16
        pool[mine + layout.AGAIN_GROUP] = frame & 0xFFFF


def is_older(pool: array[int], mine: int, time: int, end: int) -> bool:
    """Whether data up to ``end`` was sent so long ago that this is not the same frame, recorded twice."""
    if time - pool[mine + layout.ADVANCED] >= layout.SAME_FRAME:
        return True
    if pool[mine + layout.SETTLED] != layout.ABSENT and ahead(end, pool[mine + layout.SETTLED]) <= 0:
        return True
    return (
        pool[mine + layout.MARK] != layout.ABSENT
        and time - pool[mine + layout.MARK_TIME] >= layout.SAME_FRAME
        and ahead(end, pool[mine + layout.MARK]) <= 0
    )


def is_resent(pool: array[int], mine: int, other: int, time: int, seq: int, size: int, end: int) -> bool:
    """Whether data was sent before, acknowledged or not; no probe of the other side, and not the same frame."""
    if (
        time == scan_layout.ABSENT_TIME
        or pool[mine + layout.ADVANCED] == scan_layout.ABSENT_TIME
        or pool[other + layout.CLOSED_WINDOW]
    ):
        return False
    if size == 1 and pool[mine + layout.ACKED] != layout.ABSENT and ahead(end, pool[mine + layout.ACKED]) <= 0:
        # A keep-alive (RFC 9293, section 3.8.4).
        return False
    if seq == pool[mine + layout.RESENT_SEQ] and time - pool[mine + layout.RESENT_TIME] < layout.SAME_FRAME:
        return False
    return is_older(pool, mine, time, end)


def count_resent(pool: array[int], mine: int, time: int, seq: int, size: int) -> None:
    """Count data that was sent before."""
    pool[mine + layout.RESENT] = pool[mine + layout.RESENT] + 1
    pool[mine + layout.RESENT_BYTES] = pool[mine + layout.RESENT_BYTES] + size
    pool[mine + layout.RESENT_SEQ] = seq
    pool[mine + layout.RESENT_TIME] = time


def send_new(pool: array[int], mine: int, time: int, end: int) -> None:
    """Data up to ``end`` that was not sent before."""
    if time != scan_layout.ABSENT_TIME and time - pool[mine + layout.MARK_TIME] >= layout.SAME_FRAME:
        pool[mine + layout.SETTLED] = pool[mine + layout.MARK]
        pool[mine + layout.MARK] = pool[mine + layout.END]
        pool[mine + layout.MARK_TIME] = time
    pool[mine + layout.END] = end
    pool[mine + layout.ADVANCED] = time


def send(pool: array[int], mine: int, other: int, frame: int, time: int, seq: int, size: int, syn: int) -> None:
    """Data of one side, or its SYN, which takes a number too: new, or sent again."""
    end = (seq + size + syn) & layout.WORD
    if pool[mine + layout.END] == layout.ABSENT or ahead(end, pool[mine + layout.END]) > 0:
        send_new(pool, mine, time, end)
    elif syn == 0:
        if is_resent(pool, mine, other, time, seq, size, end):
            count_resent(pool, mine, time, seq, size)
        if is_sent_again(pool, mine, other, time, seq, end):
            note_sent_again(pool, mine, frame, time, seq, size)
    if size > pool[mine + layout.LARGEST] and (
        pool[mine + layout.ACKED] == layout.ABSENT or ahead(end, pool[mine + layout.ACKED]) > 0
    ):
        pool[mine + layout.LARGEST] = size
        pool[mine + layout.LARGEST_END] = end


def is_broken_off(pool: array[int], row: int, side: int) -> bool:
    """Whether an RST of one side takes data away: from under way, or what somebody asked who got nothing back since.

    Whoever asked may reset the connection once it has what it wanted, as health checks do.
    """
    mine = row + side * layout.SIDE
    other = row + layout.SIDE - side * layout.SIDE
    if pool[other + layout.BYTES] > 0:
        if is_under_way(pool, other):
            return True
        if pool[row + layout.ASKER] == 1 - side and (
            pool[mine + layout.BYTES] == 0 or pool[mine + layout.ADVANCED] < pool[other + layout.ADVANCED]
        ):
            return True
    if pool[mine + layout.PACKETS] <= 1 or pool[other + layout.PACKETS] == 0:
        return False
    return pool[mine + layout.BYTES] + pool[other + layout.BYTES] > 0 and (
        is_under_way(pool, mine) or is_under_way(pool, other)
    )


def break_off(pool: array[int], row: int, side: int, frame: int, ttl: int) -> None:
    """An RST: in mid-stream it breaks off what was under way."""
    if (
        pool[row + layout.RESET_BY] == layout.ABSENT
        and pool[row + layout.FINISHED] == 0
        and is_broken_off(pool, row, side)
    ):
        pool[row + layout.RESET_BY] = side
        pool[row + layout.RESET_NUMBER] = frame >> 16
        pool[row + layout.RESET_GROUP] = frame & 0xFFFF
        pool[row + layout.RESET_TTL] = ttl


def open_up(pool: array[int], row: int, side: int, flags: int, frame: int, mss: int) -> None:
    """A SYN or a SYN-ACK."""
    mine = row + side * layout.SIDE
    answers = (flags & protocols.TCP_ACK) != 0
    pool[row + layout.ASKER] = 1 - side if answers else side
    pool[mine + layout.MSS] = mss
    if side == 0 or answers:
        pool[mine + layout.SYNS] = pool[mine + layout.SYNS] + 1
        pool[mine + layout.AGAIN_NUMBER] = frame >> 16


def note_ttl(pool: array[int], mine: int, ttl: int) -> None:
    """Note the TTL of a segment that is no RST: one from elsewhere may tell another."""
    if pool[mine + layout.TTL] != ttl:
        pool[mine + layout.OTHER_TTL] = pool[mine + layout.TTL]
        pool[mine + layout.TTL] = ttl


def note_window(pool: array[int], mine: int, is_closed: int) -> None:
    """Note whether a side has room for more data."""
    if is_closed and pool[mine + layout.CLOSED_WINDOW] == 0:
        pool[mine + layout.ZERO_WINDOWS] = pool[mine + layout.ZERO_WINDOWS] + 1
    pool[mine + layout.CLOSED_WINDOW] = is_closed


def begin_numbers(pool: array[int], row: int, side: int, size: int, end: int) -> None:
    """A SYN, or SYN-ACK, with other numbers than the one before it: this attempt has nothing to do with that."""
    mine = row + side * layout.SIDE
    if (
        pool[mine + layout.END] != layout.ABSENT
        and pool[mine + layout.END] != end
        and pool[mine + layout.BYTES] == size
    ):
        pool[mine + layout.END] = layout.ABSENT
        pool[mine + layout.ACKED] = layout.ABSENT
        pool[row + layout.HOLES] = pool[row + layout.HOLES] & ~(1 << side)


def note_tcp(
    arrays: ConversingArrays, row: int, side: int, frame: int, time: int, numbers: int, ack: int, content: int
) -> None:
    """What a segment of TCP adds to its connection, beyond being counted.

    ``frame``, ``numbers``, ``ack`` and ``content`` are T_FRAME, T_SEQ, T_ACK and T_SIZE of ``frame_layout``.
    """
    mine = row + side * layout.SIDE
    other = row + layout.SIDE - side * layout.SIDE
    size = content >> 16
    flags = content & 0xFFFF
    seq = numbers & layout.WORD
    # Mostly what comes next stands right behind what came before.
    if (seq != arrays.pool[mine + layout.END] and flags & protocols.TCP_SYN == 0) or arrays.pool[row + layout.HOLES]:
        look_at_holes(arrays, row, side, frame, time, seq, ack, content)
    if flags & protocols.TCP_ACK:
        acknowledge(arrays.pool, other, ack & layout.WORD)
    if flags & protocols.TCP_RST:
        arrays.pool[row + layout.RESETS] = arrays.pool[row + layout.RESETS] + 1
        break_off(arrays.pool, row, side, frame, numbers >> 32)
    else:
        note_ttl(arrays.pool, mine, numbers >> 32)
        if flags & protocols.TCP_ACK:
            note_window(arrays.pool, mine, (ack >> 32) & 1)
        if flags & protocols.TCP_FIN:
            arrays.pool[row + layout.FINISHED] = 1
            arrays.pool[mine + layout.FINS] = 1
        if flags & protocols.TCP_SYN:
            open_up(arrays.pool, row, side, flags, frame, ack >> frame_layout.MSS_SHIFT)
            begin_numbers(arrays.pool, row, side, size, (seq + size + 1) & layout.WORD)
            send(arrays.pool, mine, other, frame, time, seq, size, 1)
        else:
            if size:
                send(arrays.pool, mine, other, frame, time, seq, size, 0)
            if size <= 1 and is_keep_alive(arrays.pool, row, mine, other, time, seq):
                note_keep_alive(arrays.pool, mine, frame, time, seq, size)
