# cython: language_level=3, annotation_typing=False, boundscheck=True, wraparound=False, cdivision=True
"""Follow conversations: segments in the order of the capture in, conversations in which a question got no answer out.

A conversation is what two hosts say to each other over two ports. It stands in a pool with a hash table over it. When
the pool is full, the one that was begun first is judged and forgotten. Judged are TCP data sent again and again, a
connection broken off with data under way, and SYN-ACKs that are never acknowledged.

Sources: RFC 9293 (TCP), RFC 6298 (its retransmission).

The loops run as plain Python or compiled by Cython with the C types in ``conversing.pxd``.
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
    from pcapcheck.copying import copy_numbers
    from pcapcheck.decode import frame_layout
    from pcapcheck.exchanges import conversing_layout as layout
    from pcapcheck.hash_table import fetch_row, fetch_slot, insert, insert_all, remove, seek, stir


def ahead(number: int, other: int) -> int:
    """How far a sequence number is ahead of another, around the end of the numbers (RFC 9293, section 3.4)."""
    distance = (number - other) & layout.WORD
    return distance - layout.WRAP if distance >= layout.HALF_WAY else distance


def end_home(low: int, port: int) -> int:
    """A hash of one end of a conversation."""
    return stir(stir(0, low ^ (port << 40)), 0)


def home_of(segments: array[int], at: int) -> int:
    """A hash of a segment's conversation, the same of both directions; 62 bits."""
    ports = segments[at + frame_layout.T_PORTS]
    mixed = end_home(segments[at + frame_layout.T_SRC_LOW], (ports >> 16) & 0xFFFF) + end_home(
        segments[at + frame_layout.T_DST_LOW], ports & 0xFFFF
    )
    return stir(mixed & frame_layout.LONG, segments[at + frame_layout.T_POINT] ^ (ports >> 32)) >> 2


def side_of(pool: array[int], row: int, segments: array[int], at: int) -> int:
    """Which side of a conversation sent a segment, 0 or 1; -1 where it belongs to another."""
    if pool[row + layout.POINT] != segments[at + frame_layout.T_POINT]:
        return -1
    ports = segments[at + frame_layout.T_PORTS]
    if (
        pool[row + layout.PORTS] == ports
        and pool[row + layout.SRC_LOW] == segments[at + frame_layout.T_SRC_LOW]
        and pool[row + layout.DST_LOW] == segments[at + frame_layout.T_DST_LOW]
        and pool[row + layout.SRC_HIGH] == segments[at + frame_layout.T_SRC_HIGH]
        and pool[row + layout.DST_HIGH] == segments[at + frame_layout.T_DST_HIGH]
    ):
        return 0
    turned = (ports >> 32 << 32) | ((ports & 0xFFFF) << 16) | ((ports >> 16) & 0xFFFF)
    if (
        pool[row + layout.PORTS] == turned
        and pool[row + layout.SRC_LOW] == segments[at + frame_layout.T_DST_LOW]
        and pool[row + layout.DST_LOW] == segments[at + frame_layout.T_SRC_LOW]
        and pool[row + layout.SRC_HIGH] == segments[at + frame_layout.T_DST_HIGH]
        and pool[row + layout.DST_HIGH] == segments[at + frame_layout.T_SRC_HIGH]
    ):
        return 1
    return -1


def find_conversation(pool: array[int], slots: array[int], mask: int, home: int, segments: array[int], at: int) -> int:
    """The place of a segment's conversation, or -1."""
    slot = seek(pool, layout.FIELDS, layout.HOME, slots, mask, home, home & mask)
    while slots[slot] >= 0 and side_of(pool, slots[slot] * layout.FIELDS, segments, at) < 0:
        slot = seek(pool, layout.FIELDS, layout.HOME, slots, mask, home, (slot + 1) & mask)
    return slots[slot]


def look_ahead(pool: array[int], slots: array[int], mask: int, segments: array[int], number: int, count: int) -> None:
    """Have what a coming segment needs loaded by then: its slot, later the conversation there.

    Where many hosts talk, neither is in the processor's cache: waiting for them would take longer than all else that
    is done with a segment.
    """
    if number < count:
        fetch_slot(slots, home_of(segments, number * frame_layout.SEGMENT_FIELDS) & mask)
    number = number - layout.AHEAD // 2
    if 0 <= number < count:
        place = slots[home_of(segments, number * frame_layout.SEGMENT_FIELDS) & mask]
        if place >= 0:
            fetch_row(pool, place * layout.FIELDS, layout.FIELDS)


def enter_all(pool: array[int], slots: array[int], count: int) -> None:
    """Enter the first places into a new table."""
    insert_all(pool, layout.FIELDS, layout.HOME, slots, 0, count)


def begin(pool: array[int], row: int, segments: array[int], at: int, home: int) -> None:
    """A conversation that this segment begins."""
    for field in range(layout.FIELDS):
        pool[row + field] = 0
    pool[row + layout.PORTS] = segments[at + frame_layout.T_PORTS]
    pool[row + layout.SRC_LOW] = segments[at + frame_layout.T_SRC_LOW]
    pool[row + layout.DST_LOW] = segments[at + frame_layout.T_DST_LOW]
    pool[row + layout.SRC_HIGH] = segments[at + frame_layout.T_SRC_HIGH]
    pool[row + layout.DST_HIGH] = segments[at + frame_layout.T_DST_HIGH]
    pool[row + layout.POINT] = segments[at + frame_layout.T_POINT]
    pool[row + layout.HOME] = home
    pool[row + layout.GROUP] = segments[at + frame_layout.T_FRAME] & 0xFFFF
    pool[row + layout.NUMBER] = segments[at + frame_layout.T_FRAME] >> 16
    pool[row + layout.RESET_BY] = layout.ABSENT
    for side in range(2):
        pool[row + side * layout.SIDE + layout.END] = layout.ABSENT
        pool[row + side * layout.SIDE + layout.ACKED] = layout.ABSENT


def is_stuck(pool: array[int], mine: int) -> bool:
    """Whether a side's data was sent again and again, and not acknowledged in the end."""
    return (
        pool[mine + layout.AGAIN] + 1 >= layout.STUCK_SENT
        and pool[mine + layout.AGAIN_LAST] - pool[mine + layout.AGAIN_SINCE] >= layout.STUCK_FOR
    )


def is_half_open(pool: array[int], row: int) -> bool:
    """Whether the SYN of the first side was answered again and again, and it never said that it heard (RFC 9293, 3.5).

    Who gets a SYN-ACK acknowledges or resets it: none came to whoever asked, or what came of it was lost.
    """
    answered = row + layout.SIDE
    if (
        pool[row + layout.SYNS] == 0
        or pool[answered + layout.SYNS] < layout.REPEATS
        or pool[answered + layout.ACKED] != layout.ABSENT
    ):
        return False
    if (
        pool[row + layout.BYTES]
        + pool[answered + layout.BYTES]
        + pool[row + layout.FINISHED]
        + pool[row + layout.RESETS]
        > 0
    ):
        return False
    if (
        pool[answered + layout.FIRST] == scan_layout.ABSENT_TIME
        or pool[answered + layout.LAST] == scan_layout.ABSENT_TIME
    ):
        return False
    return pool[answered + layout.LAST] - pool[answered + layout.FIRST] >= layout.HALF_OPEN_FOR


def judge(pool: array[int], row: int) -> int:
    """What got no answer in a conversation, as far as it was recorded."""
    if is_stuck(pool, row):
        return layout.STALLED
    if is_stuck(pool, row + layout.SIDE):
        return layout.STALLED + 1
    if is_half_open(pool, row):
        return layout.HALF_OPEN
    return layout.RESET if pool[row + layout.RESET_BY] >= 0 else layout.NOTHING


def finish(pool: array[int], row: int, out: array[int], state: array[int]) -> None:
    """A conversation that goes on no more: write it out if something in it got no answer."""
    kind = judge(pool, row)
    if kind != layout.NOTHING:
        pool[row + layout.KIND] = kind
        target = state[layout.S_OUT] * layout.FIELDS
        state[layout.S_OUT] = state[layout.S_OUT] + 1
        copy_numbers(pool, row, out, target, layout.FIELDS)


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
    if pool[mine + layout.AGAIN] == 0 or ahead(seq, pool[mine + layout.AGAIN_SEQ]) < 0:
        return time - pool[mine + layout.ADVANCED] >= layout.SOONEST
    return seq == pool[mine + layout.AGAIN_SEQ] and time - pool[mine + layout.AGAIN_LAST] >= layout.SOONEST


def send(pool: array[int], mine: int, other: int, number: int, time: int, seq: int, size: int, syn: int) -> None:
    """Data of one side, or its SYN, which takes a number too: new, or sent again."""
    end = (seq + size + syn) & layout.WORD
    if pool[mine + layout.END] == layout.ABSENT or ahead(end, pool[mine + layout.END]) > 0:
        pool[mine + layout.END] = end
        pool[mine + layout.ADVANCED] = time
    elif syn == 0 and is_sent_again(pool, mine, other, time, seq, end):
        if pool[mine + layout.AGAIN] == 0 or seq != pool[mine + layout.AGAIN_SEQ]:
            pool[mine + layout.AGAIN] = 0
            pool[mine + layout.AGAIN_SEQ] = seq
            pool[mine + layout.AGAIN_SINCE] = pool[mine + layout.ADVANCED]
            pool[mine + layout.AGAIN_FROM] = number
        pool[mine + layout.AGAIN] = pool[mine + layout.AGAIN] + 1
        pool[mine + layout.AGAIN_SIZE] = size
        pool[mine + layout.AGAIN_LAST] = time
        pool[mine + layout.AGAIN_NUMBER] = number


def break_off(pool: array[int], row: int, side: int, number: int, time: int) -> None:
    """An RST: in mid-stream it breaks off what was under way."""
    mine = row + side * layout.SIDE
    other = row + layout.SIDE - side * layout.SIDE
    broken = is_under_way(pool, mine) or is_under_way(pool, other)
    talked = (
        pool[mine + layout.PACKETS] > 1
        and pool[other + layout.PACKETS] > 0
        and pool[mine + layout.BYTES] + pool[other + layout.BYTES] > 0
    )
    if pool[row + layout.RESET_BY] == layout.ABSENT and pool[row + layout.FINISHED] == 0 and talked and broken:
        pool[row + layout.RESET_BY] = side
        pool[row + layout.RESET_NUMBER] = number
        pool[row + layout.RESET_TIME] = time


def note_tcp(pool: array[int], row: int, side: int, segments: array[int], at: int) -> None:
    """What a segment of TCP adds to its connection, beyond being counted."""
    mine = row + side * layout.SIDE
    other = row + layout.SIDE - side * layout.SIDE
    time = segments[at + frame_layout.T_TIME]
    number = segments[at + frame_layout.T_FRAME] >> 16
    size = segments[at + frame_layout.T_SIZE] >> 16
    flags = segments[at + frame_layout.T_SIZE] & 0xFFFF
    if flags & protocols.TCP_ACK:
        acknowledge(pool, other, segments[at + frame_layout.T_ACK] & layout.WORD)
        pool[mine + layout.CLOSED_WINDOW] = segments[at + frame_layout.T_ACK] >> 32
    if flags & protocols.TCP_RST:
        pool[row + layout.RESETS] = pool[row + layout.RESETS] + 1
        break_off(pool, row, side, number, time)
    else:
        if flags & protocols.TCP_FIN:
            pool[row + layout.FINISHED] = 1
        if flags & protocols.TCP_SYN and (side == 0 or flags & protocols.TCP_ACK):
            pool[mine + layout.SYNS] = pool[mine + layout.SYNS] + 1
            pool[mine + layout.AGAIN_NUMBER] = number
        if size or flags & protocols.TCP_SYN:
            send(
                pool,
                mine,
                other,
                number,
                time,
                segments[at + frame_layout.T_SEQ],
                size,
                1 if flags & protocols.TCP_SYN else 0,
            )


def count_in(pool: array[int], mine: int, segments: array[int], at: int) -> None:
    """Count a packet of one side."""
    if pool[mine + layout.PACKETS] == 0:
        pool[mine + layout.FIRST] = segments[at + frame_layout.T_TIME]
    pool[mine + layout.PACKETS] = pool[mine + layout.PACKETS] + 1
    pool[mine + layout.BYTES] = pool[mine + layout.BYTES] + (segments[at + frame_layout.T_SIZE] >> 16)
    pool[mine + layout.LAST] = segments[at + frame_layout.T_TIME]


def note(pool: array[int], row: int, side: int, segments: array[int], at: int) -> None:
    """What a segment adds to its conversation."""
    mine = row + side * layout.SIDE
    if segments[at + frame_layout.T_SIZE] & 0xFFFF == frame_layout.T_ERROR:
        pool[row + layout.ERRORS] = pool[row + layout.ERRORS] + 1
    else:
        count_in(pool, mine, segments, at)
        note_tcp(pool, row, side, segments, at)


def begins_again(pool: array[int], row: int, segments: array[int], at: int) -> bool:
    """Whether a segment opens another connection between the same ports."""
    if segments[at + frame_layout.T_SIZE] & (protocols.TCP_SYN | protocols.TCP_ACK) != protocols.TCP_SYN:
        return False
    return (
        pool[row + layout.BYTES] + pool[row + layout.SIDE + layout.BYTES] + pool[row + layout.FINISHED] > 0
        or pool[row + layout.RESET_BY] >= 0
    )


def converse(
    segments: array[int], count: int, pool: array[int], slots: array[int], out: array[int], state: array[int]
) -> None:
    """Take the segments from ``state[S_SEGMENT]`` on, until all are taken or something is full (``state[S_STATUS]``).

    The pool is enlarged up to MOST places; then those begun first are used again.
    """
    with cython.nogil:
        mask = len(slots) - 1
        places = len(pool) // layout.FIELDS
        room = len(out) // layout.FIELDS
        number = state[layout.S_SEGMENT]
        latest = state[layout.S_LATEST]
        status = layout.DONE
        while number < count:
            if state[layout.S_USED] >= places and places < layout.MOST:
                status = layout.POOL_FULL
                break
            if state[layout.S_OUT] + 1 > room:
                status = layout.OUT_FULL
                break
            if state[layout.S_USED] > layout.MANY:
                look_ahead(pool, slots, mask, segments, number + layout.AHEAD, count)
            at = number * frame_layout.SEGMENT_FIELDS
            number = number + 1
            side = -1
            if latest >= 0:
                side = side_of(pool, latest * layout.FIELDS, segments, at)
            if side < 0:
                home = home_of(segments, at)
                latest = find_conversation(pool, slots, mask, home, segments, at)
                if latest >= 0:
                    side = side_of(pool, latest * layout.FIELDS, segments, at)
                elif segments[at + frame_layout.T_SIZE] & 0xFFFF == frame_layout.T_ERROR:
                    continue
                else:
                    side = 0
                    if state[layout.S_USED] < places:
                        latest = state[layout.S_USED]
                        state[layout.S_USED] = latest + 1
                    else:
                        latest = state[layout.S_NEXT]
                        state[layout.S_NEXT] = (latest + 1) % places
                        state[layout.S_FORGOTTEN] = state[layout.S_FORGOTTEN] + 1
                        finish(pool, latest * layout.FIELDS, out, state)
                        remove(pool, layout.FIELDS, layout.HOME, slots, mask, latest)
                    begin(pool, latest * layout.FIELDS, segments, at, home)
                    insert(pool, layout.FIELDS, layout.HOME, slots, mask, latest)
            if begins_again(pool, latest * layout.FIELDS, segments, at):
                finish(pool, latest * layout.FIELDS, out, state)
                begin(pool, latest * layout.FIELDS, segments, at, pool[latest * layout.FIELDS + layout.HOME])
                side = 0
            note(pool, latest * layout.FIELDS, side, segments, at)
        state[layout.S_SEGMENT] = number
        state[layout.S_LATEST] = latest
        state[layout.S_STATUS] = status


def finish_all(pool: array[int], out: array[int], state: array[int]) -> None:
    """At the end of the capture: judge what is left, oldest first. Stops where ``out`` is full, to be called again."""
    room = len(out) // layout.FIELDS
    used = state[layout.S_USED]
    state[layout.S_STATUS] = layout.DONE
    while state[layout.S_PLACE] < used:
        if state[layout.S_OUT] + 1 > room:
            state[layout.S_STATUS] = layout.OUT_FULL
            return
        finish(pool, (state[layout.S_NEXT] + state[layout.S_PLACE]) % used * layout.FIELDS, out, state)
        state[layout.S_PLACE] = state[layout.S_PLACE] + 1
