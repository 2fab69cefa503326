# cython: language_level=3, annotation_typing=False, boundscheck=True, wraparound=False, cdivision=True
"""Follow conversations: segments in the order of the capture in, conversations in which a question got no answer out.

A conversation is what two hosts say to each other over two ports. It stands in a pool with a hash table over it. When
the pool is full, the one that was begun first is judged and forgotten. Judged are TCP data sent again and again, a
connection broken off with data under way, datagrams repeated in vain, and INITs of SCTP.

Sources: RFC 9293 (TCP), RFC 6298 (its retransmission), RFC 9260 (SCTP).

The loops run as plain Python or compiled by Cython with the C types in ``conversing.pxd``.
"""

from __future__ import annotations

from array import array

try:
    import cython
except ImportError:
    from pcapcheck import _cython_stub as cython

if not cython.compiled:
    from pcapcheck.capture.scan_layout import ABSENT_TIME
    from pcapcheck.decode.frame_layout import (
        ACK,
        FIN,
        LONG,
        MULTIPLY,
        RST,
        SCTP,
        SEGMENT_FIELDS,
        SYN,
        T_ACK,
        T_DST_HIGH,
        T_DST_LOW,
        T_ERROR,
        T_FRAME,
        T_POINT,
        T_PORTS,
        T_SEQ,
        T_SIZE,
        T_SRC_HIGH,
        T_SRC_LOW,
        T_TIME,
        TCP,
    )
    from pcapcheck.exchanges.conversing_layout import *


def ahead(one: int, other: int) -> int:
    """How far a sequence number is ahead of another, around the end of the numbers (RFC 9293, section 3.4)."""
    distance = (one - other) & WORD
    return distance - WRAP if distance >= HALF_WAY else distance


def end_home(low: int, port: int) -> int:
    """A hash of one end of a conversation."""
    mixed = ((low ^ (port << 40)) * MULTIPLY) & LONG
    return ((mixed ^ (mixed >> 29)) * MULTIPLY) & LONG


def home_of(segments: array[int], at: int) -> int:
    """A hash of a segment's conversation, the same of both directions; 62 bits."""
    ports = segments[at + T_PORTS]
    mixed = end_home(segments[at + T_SRC_LOW], (ports >> 16) & 0xFFFF) + end_home(
        segments[at + T_DST_LOW], ports & 0xFFFF
    )
    mixed = ((mixed ^ segments[at + T_POINT] ^ (ports >> 32)) * MULTIPLY) & LONG
    return mixed >> 2


def side_of(pool: array[int], row: int, segments: array[int], at: int) -> int:
    """Which side of a conversation sent a segment, 0 or 1; -1 where it belongs to another."""
    if pool[row + POINT] != segments[at + T_POINT]:
        return -1
    ports = segments[at + T_PORTS]
    if (
        pool[row + PORTS] == ports
        and pool[row + SRC_LOW] == segments[at + T_SRC_LOW]
        and pool[row + DST_LOW] == segments[at + T_DST_LOW]
        and pool[row + SRC_HIGH] == segments[at + T_SRC_HIGH]
        and pool[row + DST_HIGH] == segments[at + T_DST_HIGH]
    ):
        return 0
    turned = (ports >> 32 << 32) | ((ports & 0xFFFF) << 16) | ((ports >> 16) & 0xFFFF)
    if (
        pool[row + PORTS] == turned
        and pool[row + SRC_LOW] == segments[at + T_DST_LOW]
        and pool[row + DST_LOW] == segments[at + T_SRC_LOW]
        and pool[row + SRC_HIGH] == segments[at + T_DST_HIGH]
        and pool[row + DST_HIGH] == segments[at + T_SRC_HIGH]
    ):
        return 1
    return -1


def find_conversation(pool: array[int], slots: array[int], mask: int, home: int, segments: array[int], at: int) -> int:
    """The place of a segment's conversation, or -1."""
    slot = home & mask
    while True:
        place = slots[slot]
        if place < 0:
            return -1
        if pool[place * FIELDS + HOME] == home and side_of(pool, place * FIELDS, segments, at) >= 0:
            return place
        slot = (slot + 1) & mask


def insert(pool: array[int], slots: array[int], mask: int, place: int) -> None:
    """Enter a place under its home slot."""
    slot = pool[place * FIELDS + HOME] & mask
    while slots[slot] >= 0:
        slot = (slot + 1) & mask
    slots[slot] = place


def remove(pool: array[int], slots: array[int], mask: int, place: int) -> None:
    """Take a place out of the table, moving up what was displaced by it."""
    slot = pool[place * FIELDS + HOME] & mask
    while slots[slot] != place:
        slot = (slot + 1) & mask
    hole = slot
    while True:
        slot = (slot + 1) & mask
        other = slots[slot]
        if other < 0:
            break
        wanted = pool[other * FIELDS + HOME] & mask
        if ((slot - wanted) & mask) >= ((slot - hole) & mask):
            slots[hole] = other
            hole = slot
    slots[hole] = -1


def enter_all(pool: array[int], slots: array[int], mask: int, count: int) -> None:
    """Enter the first places into a new table."""
    for place in range(count):
        insert(pool, slots, mask, place)


def begin(pool: array[int], row: int, segments: array[int], at: int, home: int) -> None:
    """A conversation that this segment begins."""
    for field in range(FIELDS):
        pool[row + field] = 0
    pool[row + PORTS] = segments[at + T_PORTS]
    pool[row + SRC_LOW] = segments[at + T_SRC_LOW]
    pool[row + DST_LOW] = segments[at + T_DST_LOW]
    pool[row + SRC_HIGH] = segments[at + T_SRC_HIGH]
    pool[row + DST_HIGH] = segments[at + T_DST_HIGH]
    pool[row + POINT] = segments[at + T_POINT]
    pool[row + HOME] = home
    pool[row + GROUP] = segments[at + T_FRAME] & 0xFFFF
    pool[row + NUMBER] = segments[at + T_FRAME] >> 16
    pool[row + RESET_BY] = ABSENT
    for side in range(2):
        pool[row + side * SIDE + END] = ABSENT
        pool[row + side * SIDE + ACKED] = ABSENT


def is_stuck(pool: array[int], mine: int) -> bool:
    """Whether a side's data was sent again and again, and not acknowledged in the end."""
    return pool[mine + AGAIN] + 1 >= STUCK_SENT and pool[mine + AGAIN_LAST] - pool[mine + AGAIN_SINCE] >= STUCK_FOR


def is_half_open(pool: array[int], row: int) -> bool:
    """Whether the SYN of the first side was answered again and again, and it never said that it heard (RFC 9293, 3.5).

    Who gets a SYN-ACK acknowledges or resets it: none came to whoever asked, or what came of it was lost.
    """
    answered = row + SIDE
    if pool[row + SYNS] == 0 or pool[answered + SYNS] < REPEATS or pool[answered + ACKED] != ABSENT:
        return False
    if pool[row + BYTES] + pool[answered + BYTES] + pool[row + FINISHED] + pool[row + RESETS] > 0:
        return False
    if pool[answered + FIRST] == ABSENT_TIME or pool[answered + LAST] == ABSENT_TIME:
        return False
    return pool[answered + LAST] - pool[answered + FIRST] >= HALF_OPEN_FOR


def judge(pool: array[int], row: int) -> int:
    """What nobody answered in a conversation, as far as it was recorded."""
    protocol = pool[row + PORTS] >> 32
    if protocol == TCP:
        if is_stuck(pool, row):
            return STALLED
        if is_stuck(pool, row + SIDE):
            return STALLED + 1
        if is_half_open(pool, row):
            return HALF_OPEN
        return RESET if pool[row + RESET_BY] >= 0 else NOTHING
    packets = pool[row + PACKETS]
    if pool[row + SIDE + PACKETS]:
        return NOTHING
    if pool[row + ERRORS]:
        return REFUSED if protocol != SCTP else NOTHING
    if packets < REPEATS:
        return NOTHING
    if pool[row + FIRST] == ABSENT_TIME or pool[row + LAST] == ABSENT_TIME:
        return NOTHING
    if protocol == SCTP:
        return UNACCEPTED if pool[row + ALIKE] >= REPEATS else NOTHING
    lasted = pool[row + LAST] - pool[row + FIRST]
    # Seen on two or three interfaces at most: else they come in bursts.
    alike = pool[row + ALIKE] == packets and packets <= MOST_ALIKE and pool[row + AGAIN] <= 2 * packets
    return SILENT if alike and lasted >= STREAM * (packets - 1) else NOTHING


def finish(pool: array[int], row: int, out: array[int], state: array[int]) -> None:
    """A conversation that goes on no more: write it out if something in it got no answer."""
    kind = judge(pool, row)
    if kind != NOTHING:
        pool[row + KIND] = kind
        target = state[S_OUT] * FIELDS
        state[S_OUT] = state[S_OUT] + 1
        for field in range(FIELDS):
            out[target + field] = pool[row + field]


def is_under_way(pool: array[int], mine: int) -> bool:
    """Whether a side sent data that was not acknowledged so far."""
    if pool[mine + END] == ABSENT:
        return False
    return pool[mine + ACKED] == ABSENT or ahead(pool[mine + END], pool[mine + ACKED]) > 0


def acknowledge(pool: array[int], other: int, ack: int) -> None:
    """The data of the other side arrived up to ``ack``."""
    if pool[other + ACKED] == ABSENT or ahead(ack, pool[other + ACKED]) > 0:
        pool[other + ACKED] = ack
        if pool[other + AGAIN] and ahead(ack, pool[other + AGAIN_SEQ]) > 0:
            pool[other + AGAIN] = 0


def is_sent_again(pool: array[int], mine: int, other: int, time: int, seq: int, end: int) -> bool:
    """Whether data that was sent before is the first that was not acknowledged, sent once more by a timeout.

    A closed window is probed, and what was acknowledged may be sent again for nothing.
    """
    if pool[other + CLOSED_WINDOW] or time == ABSENT_TIME or pool[mine + ADVANCED] == ABSENT_TIME:
        return False
    if pool[mine + ACKED] != ABSENT and ahead(end, pool[mine + ACKED]) <= 0:
        return False
    if pool[mine + AGAIN] == 0 or ahead(seq, pool[mine + AGAIN_SEQ]) < 0:
        return time - pool[mine + ADVANCED] >= SOONEST
    return seq == pool[mine + AGAIN_SEQ] and time - pool[mine + AGAIN_LAST] >= SOONEST


def send(pool: array[int], mine: int, other: int, number: int, time: int, seq: int, size: int, syn: int) -> None:
    """Data of one side, or its SYN, which takes a number too: new, or sent again."""
    end = (seq + size + syn) & WORD
    if pool[mine + END] == ABSENT or ahead(end, pool[mine + END]) > 0:
        pool[mine + END] = end
        pool[mine + ADVANCED] = time
    elif syn == 0 and is_sent_again(pool, mine, other, time, seq, end):
        if pool[mine + AGAIN] == 0 or seq != pool[mine + AGAIN_SEQ]:
            pool[mine + AGAIN] = 0
            pool[mine + AGAIN_SEQ] = seq
            pool[mine + AGAIN_SINCE] = pool[mine + ADVANCED]
            pool[mine + AGAIN_FROM] = number
        pool[mine + AGAIN] = pool[mine + AGAIN] + 1
        pool[mine + AGAIN_SIZE] = size
        pool[mine + AGAIN_LAST] = time
        pool[mine + AGAIN_NUMBER] = number


def break_off(pool: array[int], row: int, side: int, number: int, time: int) -> None:
    """An RST: in mid-stream it breaks off what was under way."""
    mine = row + side * SIDE
    other = row + SIDE - side * SIDE
    broken = is_under_way(pool, mine) or is_under_way(pool, other)
    talked = pool[mine + PACKETS] > 1 and pool[other + PACKETS] > 0 and pool[mine + BYTES] + pool[other + BYTES] > 0
    if pool[row + RESET_BY] == ABSENT and pool[row + FINISHED] == 0 and talked and broken:
        pool[row + RESET_BY] = side
        pool[row + RESET_NUMBER] = number
        pool[row + RESET_TIME] = time


def note_tcp(pool: array[int], row: int, side: int, segments: array[int], at: int) -> None:
    """What a segment of TCP adds to its connection, beyond being counted."""
    mine = row + side * SIDE
    other = row + SIDE - side * SIDE
    time = segments[at + T_TIME]
    number = segments[at + T_FRAME] >> 16
    size = segments[at + T_SIZE] >> 16
    flags = segments[at + T_SIZE] & 0xFFFF
    if flags & ACK:
        acknowledge(pool, other, segments[at + T_ACK] & WORD)
        pool[mine + CLOSED_WINDOW] = segments[at + T_ACK] >> 32
    if flags & RST:
        pool[row + RESETS] = pool[row + RESETS] + 1
        break_off(pool, row, side, number, time)
    else:
        if flags & FIN:
            pool[row + FINISHED] = 1
        if flags & SYN and (side == 0 or flags & ACK):
            pool[mine + SYNS] = pool[mine + SYNS] + 1
            pool[mine + AGAIN_NUMBER] = number
        if size or flags & SYN:
            send(pool, mine, other, number, time, segments[at + T_SEQ], size, 1 if flags & SYN else 0)


def count_in(pool: array[int], mine: int, segments: array[int], at: int) -> None:
    """Count a packet of one side."""
    if pool[mine + PACKETS] == 0:
        pool[mine + FIRST] = segments[at + T_TIME]
    pool[mine + PACKETS] = pool[mine + PACKETS] + 1
    pool[mine + BYTES] = pool[mine + BYTES] + (segments[at + T_SIZE] >> 16)
    pool[mine + LAST] = segments[at + T_TIME]


def note_datagram(pool: array[int], row: int, mine: int, segments: array[int], at: int) -> None:
    """What a datagram, or a packet of SCTP, adds to its conversation: whether it is like the first."""
    size = segments[at + T_SIZE] >> 16
    time = segments[at + T_TIME]
    timed = time != ABSENT_TIME and pool[mine + LAST] != ABSENT_TIME and pool[mine + PACKETS] > 0
    if timed and size == pool[mine + SIZE] and time - pool[mine + LAST] < SAME_DATAGRAM:
        pool[mine + AGAIN] = pool[mine + AGAIN] + 1
    else:
        count_in(pool, mine, segments, at)
        pool[mine + AGAIN_NUMBER] = segments[at + T_FRAME] >> 16
        if pool[mine + PACKETS] == 1:
            pool[mine + SIZE] = size
        if pool[row + PORTS] >> 32 == SCTP:
            alike = segments[at + T_SIZE] & 0xFFFF == INIT
        else:
            alike = size == pool[mine + SIZE]
        if alike:
            pool[mine + ALIKE] = pool[mine + ALIKE] + 1


def note(pool: array[int], row: int, side: int, segments: array[int], at: int) -> None:
    """What a segment adds to its conversation."""
    mine = row + side * SIDE
    if segments[at + T_SIZE] & 0xFFFF == T_ERROR:
        pool[row + ERRORS] = pool[row + ERRORS] + 1
        if pool[row + PORTS] >> 32 != TCP:
            pool[row + RESET_NUMBER] = segments[at + T_FRAME] >> 16
    elif pool[row + PORTS] >> 32 == TCP:
        count_in(pool, mine, segments, at)
        note_tcp(pool, row, side, segments, at)
    else:
        note_datagram(pool, row, mine, segments, at)


def begins_anew(pool: array[int], row: int, segments: array[int], at: int) -> bool:
    """Whether a segment opens another connection between the same ports."""
    if segments[at + T_SIZE] & (SYN | ACK) != SYN or segments[at + T_PORTS] >> 32 != TCP:
        return False
    return pool[row + BYTES] + pool[row + SIDE + BYTES] + pool[row + FINISHED] > 0 or pool[row + RESET_BY] >= 0


def converse(
    segments: array[int], count: int, pool: array[int], slots: array[int], out: array[int], state: array[int]
) -> None:
    """Take the segments from ``state[S_SEGMENT]`` on, until all are taken or something is full (``state[S_STATUS]``).

    The pool is enlarged up to MOST places; then those begun first are used again.
    """
    with cython.nogil:
        mask = len(slots) - 1
        places = len(pool) // FIELDS
        room = len(out) // FIELDS
        number = state[S_SEGMENT]
        latest = state[S_LATEST]
        status = DONE
        while number < count:
            if state[S_USED] >= places and places < MOST:
                status = POOL_FULL
                break
            if state[S_OUT] + 1 > room:
                status = OUT_FULL
                break
            at = number * SEGMENT_FIELDS
            number = number + 1
            side = -1
            if latest >= 0:
                side = side_of(pool, latest * FIELDS, segments, at)
            if side < 0:
                home = home_of(segments, at)
                latest = find_conversation(pool, slots, mask, home, segments, at)
                if latest >= 0:
                    side = side_of(pool, latest * FIELDS, segments, at)
                elif segments[at + T_SIZE] & 0xFFFF == T_ERROR:
                    continue
                else:
                    side = 0
                    if state[S_USED] < places:
                        latest = state[S_USED]
                        state[S_USED] = latest + 1
                    else:
                        latest = state[S_NEXT]
                        state[S_NEXT] = (latest + 1) % places
                        state[S_FORGOTTEN] = state[S_FORGOTTEN] + 1
                        finish(pool, latest * FIELDS, out, state)
                        remove(pool, slots, mask, latest)
                    begin(pool, latest * FIELDS, segments, at, home)
                    insert(pool, slots, mask, latest)
            if begins_anew(pool, latest * FIELDS, segments, at):
                finish(pool, latest * FIELDS, out, state)
                begin(pool, latest * FIELDS, segments, at, pool[latest * FIELDS + HOME])
                side = 0
            note(pool, latest * FIELDS, side, segments, at)
        state[S_SEGMENT] = number
        state[S_LATEST] = latest
        state[S_STATUS] = status


def finish_all(pool: array[int], out: array[int], state: array[int]) -> None:
    """At the end of the capture: judge what is left, oldest first. Stops where ``out`` is full, to be called again."""
    room = len(out) // FIELDS
    used = state[S_USED]
    state[S_STATUS] = DONE
    while state[S_PLACE] < used:
        if state[S_OUT] + 1 > room:
            state[S_STATUS] = OUT_FULL
            return
        finish(pool, (state[S_NEXT] + state[S_PLACE]) % used * FIELDS, out, state)
        state[S_PLACE] = state[S_PLACE] + 1
