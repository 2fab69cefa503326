# cython: language_level=3, annotation_typing=False, boundscheck=False, wraparound=False, cdivision=True
# cython: initializedcheck=False
"""Follow conversations: segments in the order of the capture in; TCP transfers and unanswered questions out.

A conversation is what two hosts say to each other over two ports. It stands in a pool with a hash table over it. When
the pool is full, the one that was begun first is judged and forgotten (``ended_conversations``).

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
    from pcapcheck.decode import frame_layout
    from pcapcheck.exchanges import conversing_layout as layout
    from pcapcheck.exchanges import transfer_layout
    from pcapcheck.exchanges.conversing_arrays import ConversingArrays
    from pcapcheck.exchanges.ended_conversations import finish
    from pcapcheck.exchanges.sequence_numbers import is_another_attempt
    from pcapcheck.exchanges.tcp_holes import wait_on
    from pcapcheck.exchanges.tcp_progress import note_tcp
    from pcapcheck.hash_table import fetch_row, fetch_slot, insert, insert_all, place_at, remove, seek, stir


def end_home(low: int, port: int) -> int:
    """A hash of one end of a conversation."""
    return stir(stir(0, low ^ (port << 40)), 0)


def home_of(arrays: ConversingArrays, at: int) -> int:
    """A hash of a segment's conversation, the same of both directions; 62 bits."""
    ports = arrays.segments[at + frame_layout.T_PORTS]
    mixed = end_home(arrays.segments[at + frame_layout.T_SRC_LOW], (ports >> 16) & 0xFFFF) + end_home(
        arrays.segments[at + frame_layout.T_DST_LOW], ports & 0xFFFF
    )
    return stir(mixed & frame_layout.LONG, arrays.segments[at + frame_layout.T_POINT] ^ (ports >> 32)) >> 2


def side_of(arrays: ConversingArrays, head: int, at: int) -> int:
    """Which side of a conversation sent a segment, 0 or 1; -1 where it belongs to another."""
    if arrays.heads[head + layout.POINT] != arrays.segments[at + frame_layout.T_POINT]:
        return -1
    ports = arrays.segments[at + frame_layout.T_PORTS]
    if (
        arrays.heads[head + layout.PORTS] == ports
        and arrays.heads[head + layout.SRC_LOW] == arrays.segments[at + frame_layout.T_SRC_LOW]
        and arrays.heads[head + layout.DST_LOW] == arrays.segments[at + frame_layout.T_DST_LOW]
        and arrays.heads[head + layout.SRC_HIGH] == arrays.segments[at + frame_layout.T_SRC_HIGH]
        and arrays.heads[head + layout.DST_HIGH] == arrays.segments[at + frame_layout.T_DST_HIGH]
    ):
        return 0
    turned = (ports >> 32 << 32) | ((ports & 0xFFFF) << 16) | ((ports >> 16) & 0xFFFF)
    if (
        arrays.heads[head + layout.PORTS] == turned
        and arrays.heads[head + layout.SRC_LOW] == arrays.segments[at + frame_layout.T_DST_LOW]
        and arrays.heads[head + layout.DST_LOW] == arrays.segments[at + frame_layout.T_SRC_LOW]
        and arrays.heads[head + layout.SRC_HIGH] == arrays.segments[at + frame_layout.T_DST_HIGH]
        and arrays.heads[head + layout.DST_HIGH] == arrays.segments[at + frame_layout.T_SRC_HIGH]
    ):
        return 1
    return -1


def find_conversation(arrays: ConversingArrays, home: int, at: int) -> int:
    """The place of a segment's conversation, or -1."""
    slot = seek(arrays.slots, arrays.mask, home, home & arrays.mask)
    while arrays.slots[slot] >= 0 and side_of(arrays, place_at(arrays.slots, slot) * layout.HEAD_FIELDS, at) < 0:
        slot = seek(arrays.slots, arrays.mask, home, (slot + 1) & arrays.mask)
    return place_at(arrays.slots, slot)


def look_ahead(arrays: ConversingArrays, number: int, count: int) -> None:
    """Have what a coming segment needs loaded by then: its slot, later the head there, then the body of that.

    Where many hosts talk, none of them is in the processor's cache: waiting for them would take longer than all else
    that is done with a segment.
    """
    if number < count:
        home = home_of(arrays, number * frame_layout.SEGMENT_FIELDS)
        arrays.state[layout.S_HOMES + (number & (layout.HOMES - 1))] = home
        fetch_slot(arrays.slots, home & arrays.mask)
    number = number - layout.AHEAD // 2
    if 0 <= number < count:
        place = place_at(arrays.slots, arrays.state[layout.S_HOMES + (number & (layout.HOMES - 1))] & arrays.mask)
        if place >= 0:
            fetch_row(arrays.heads, place * layout.HEAD_FIELDS, layout.HEAD_FIELDS)
    number = number - layout.AHEAD // 4
    if 0 <= number < count:
        place = place_at(arrays.slots, arrays.state[layout.S_HOMES + (number & (layout.HOMES - 1))] & arrays.mask)
        if place >= 0 and arrays.heads[place * layout.HEAD_FIELDS + layout.BODY] >= 0:
            fetch_row(arrays.pool, arrays.heads[place * layout.HEAD_FIELDS + layout.BODY] * layout.FIELDS, layout.OFTEN)


def wrapped(place: int, places: int) -> int:
    """A place after the last is the first again. (Dividing takes longer than all else that this is for.)"""
    return place - places if place >= places else place


def fetch_oldest(arrays: ConversingArrays, oldest: int, places: int) -> None:
    """Have loaded what will soon make room for others, after ``oldest``: head, then body and slot."""
    fetch_row(arrays.heads, wrapped(oldest + layout.AHEAD, places) * layout.HEAD_FIELDS, layout.HEAD_FIELDS)
    head = wrapped(oldest + layout.AHEAD // 2, places) * layout.HEAD_FIELDS
    if arrays.heads[head + layout.BODY] >= 0:
        fetch_row(arrays.pool, arrays.heads[head + layout.BODY] * layout.FIELDS, layout.FIELDS)
    fetch_slot(arrays.slots, arrays.heads[head + layout.HOME] & arrays.mask)


def enter_all(heads: array[int], slots: array[int], count: int) -> None:
    """Enter the first heads into a new table."""
    insert_all(heads, layout.HEAD_FIELDS, layout.HOME, slots, 0, count)


def begin_head(arrays: ConversingArrays, head: int, at: int, home: int) -> None:
    """A conversation that this segment begins, without a body so far."""
    arrays.heads[head + layout.PORTS] = arrays.segments[at + frame_layout.T_PORTS]
    arrays.heads[head + layout.SRC_LOW] = arrays.segments[at + frame_layout.T_SRC_LOW]
    arrays.heads[head + layout.DST_LOW] = arrays.segments[at + frame_layout.T_DST_LOW]
    arrays.heads[head + layout.SRC_HIGH] = arrays.segments[at + frame_layout.T_SRC_HIGH]
    arrays.heads[head + layout.DST_HIGH] = arrays.segments[at + frame_layout.T_DST_HIGH]
    arrays.heads[head + layout.POINT] = arrays.segments[at + frame_layout.T_POINT]
    arrays.heads[head + layout.HOME] = home
    arrays.heads[head + layout.BODY] = layout.ABSENT
    arrays.heads[head + layout.BEGUN_FRAME] = arrays.segments[at + frame_layout.T_FRAME]
    arrays.heads[head + layout.BEGUN_TIME] = arrays.segments[at + frame_layout.T_TIME]
    arrays.heads[head + layout.BEGUN_SEQ] = arrays.segments[at + frame_layout.T_SEQ]
    arrays.heads[head + layout.BEGUN_ACK] = arrays.segments[at + frame_layout.T_ACK]
    arrays.heads[head + layout.BEGUN_SIZE] = arrays.segments[at + frame_layout.T_SIZE]
    arrays.heads[head + layout.REPEATED] = 0


def begin_body(arrays: ConversingArrays, head: int, row: int) -> None:
    """The body of a conversation, without any segment so far."""
    for field in range(layout.FIELDS):
        arrays.pool[row + field] = 0
    for field in range(layout.HOME + 1):
        arrays.pool[row + field] = arrays.heads[head + field]
    arrays.pool[row + layout.GROUP] = arrays.heads[head + layout.BEGUN_FRAME] & 0xFFFF
    arrays.pool[row + layout.NUMBER] = arrays.heads[head + layout.BEGUN_FRAME] >> 16
    arrays.pool[row + layout.RESET_BY] = layout.ABSENT
    arrays.pool[row + layout.ASKER] = layout.ABSENT
    for side in range(2):
        mine = row + side * layout.SIDE
        arrays.pool[mine + layout.END] = layout.ABSENT
        arrays.pool[mine + layout.ACKED] = layout.ABSENT
        arrays.pool[mine + layout.MARK] = layout.ABSENT
        arrays.pool[mine + layout.SETTLED] = layout.ABSENT
        arrays.pool[mine + layout.RESENT_SEQ] = layout.ABSENT
        arrays.pool[mine + layout.AGAIN_SEQ] = layout.ABSENT


def take_body(arrays: ConversingArrays, head: int) -> None:
    """Give a conversation a body; there is one left."""
    body = arrays.state[layout.S_BODY]
    if body >= 0:
        arrays.state[layout.S_BODY] = arrays.pool[body * layout.FIELDS + layout.PORTS]
    else:
        body = arrays.state[layout.S_BODIES]
        arrays.state[layout.S_BODIES] = body + 1
    arrays.heads[head + layout.BODY] = body
    begin_body(arrays, head, body * layout.FIELDS)


def is_lone(size: int) -> bool:
    """Whether the first segment, with this T_SIZE, is a SYN, which mostly only itself follows if nobody answers.

    One with data (RFC 7413) counts as begun: another SYN opens another connection.
    """
    flags = protocols.TCP_SYN | protocols.TCP_ACK | protocols.TCP_RST | protocols.TCP_FIN
    return size >> 16 == 0 and size & flags == protocols.TCP_SYN


def repeats_begun(arrays: ConversingArrays, head: int, side: int, at: int) -> bool:
    """Whether a SYN is the one that began its conversation, sent again, and was noted as that."""
    if (
        side != 0
        or arrays.segments[at + frame_layout.T_SEQ] != arrays.heads[head + layout.BEGUN_SEQ]
        or arrays.segments[at + frame_layout.T_ACK] != arrays.heads[head + layout.BEGUN_ACK]
        or arrays.segments[at + frame_layout.T_SIZE] != arrays.heads[head + layout.BEGUN_SIZE]
        or not is_lone(arrays.heads[head + layout.BEGUN_SIZE])
    ):
        return False
    arrays.heads[head + layout.REPEATED] = arrays.heads[head + layout.REPEATED] + 1
    arrays.heads[head + layout.REPEATED_FRAME] = arrays.segments[at + frame_layout.T_FRAME]
    arrays.heads[head + layout.REPEATED_TIME] = arrays.segments[at + frame_layout.T_TIME]
    return True


def note(
    arrays: ConversingArrays, row: int, side: int, frame: int, time: int, numbers: int, ack: int, content: int
) -> None:
    """What a segment adds to its conversation.

    ``frame``, ``time``, ``numbers``, ``ack`` and ``content`` are T_FRAME, T_TIME, T_SEQ, T_ACK and T_SIZE.
    """
    mine = row + side * layout.SIDE
    if content & 0xFFFF == frame_layout.T_ERROR:
        arrays.pool[row + layout.ERRORS] = arrays.pool[row + layout.ERRORS] + 1
    else:
        if arrays.pool[mine + layout.PACKETS] == 0:
            arrays.pool[mine + layout.FIRST] = time
            arrays.pool[mine + layout.SIDE_GROUP] = frame & 0xFFFF
        arrays.pool[mine + layout.PACKETS] = arrays.pool[mine + layout.PACKETS] + 1
        arrays.pool[mine + layout.BYTES] = arrays.pool[mine + layout.BYTES] + (content >> 16)
        arrays.pool[mine + layout.LAST] = time
        note_tcp(arrays, row, side, frame, time, numbers, ack, content)


def note_segment(arrays: ConversingArrays, row: int, side: int, at: int) -> None:
    """What a segment that is read now adds to its conversation."""
    note(
        arrays,
        row,
        side,
        arrays.segments[at + frame_layout.T_FRAME],
        arrays.segments[at + frame_layout.T_TIME],
        arrays.segments[at + frame_layout.T_SEQ],
        arrays.segments[at + frame_layout.T_ACK],
        arrays.segments[at + frame_layout.T_SIZE],
    )


def note_begun(arrays: ConversingArrays, head: int) -> None:
    """What the first segment and its repeats add to their conversation, which has a body now."""
    row = arrays.heads[head + layout.BODY] * layout.FIELDS
    note(
        arrays,
        row,
        0,
        arrays.heads[head + layout.BEGUN_FRAME],
        arrays.heads[head + layout.BEGUN_TIME],
        arrays.heads[head + layout.BEGUN_SEQ],
        arrays.heads[head + layout.BEGUN_ACK],
        arrays.heads[head + layout.BEGUN_SIZE],
    )
    if arrays.heads[head + layout.REPEATED]:
        arrays.pool[row + layout.PACKETS] = arrays.pool[row + layout.PACKETS] + arrays.heads[head + layout.REPEATED]
        arrays.pool[row + layout.SYNS] = arrays.pool[row + layout.SYNS] + arrays.heads[head + layout.REPEATED]
        arrays.pool[row + layout.LAST] = arrays.heads[head + layout.REPEATED_TIME]
        arrays.pool[row + layout.AGAIN_NUMBER] = arrays.heads[head + layout.REPEATED_FRAME] >> 16


def is_syn(arrays: ConversingArrays, at: int) -> bool:
    """Whether a segment opens a connection."""
    return arrays.segments[at + frame_layout.T_SIZE] & (protocols.TCP_SYN | protocols.TCP_ACK) == protocols.TCP_SYN


def is_next_attempt(arrays: ConversingArrays, head: int, side: int, at: int) -> bool:
    """Whether a conversation was nothing but a SYN so far, maybe repeated, and this is the SYN of another attempt."""
    if side != 0:
        return False
    latest = (
        arrays.heads[head + layout.REPEATED_TIME]
        if arrays.heads[head + layout.REPEATED]
        else arrays.heads[head + layout.BEGUN_TIME]
    )
    seq = arrays.segments[at + frame_layout.T_SEQ] & layout.WORD
    return is_another_attempt(
        arrays.segments[at + frame_layout.T_TIME], latest, seq, arrays.heads[head + layout.BEGUN_SEQ] & layout.WORD
    )


def begins_again(arrays: ConversingArrays, row: int, side: int, at: int) -> bool:
    """Whether a SYN opens another connection between the same ports."""
    mine = row + side * layout.SIDE
    if arrays.pool[mine + layout.SYNS] > 0 and arrays.pool[mine + layout.BYTES] == 0:
        seq = arrays.segments[at + frame_layout.T_SEQ] & layout.WORD
        before = (arrays.pool[mine + layout.END] - 1) & layout.WORD
        if is_another_attempt(arrays.segments[at + frame_layout.T_TIME], arrays.pool[mine + layout.LAST], seq, before):
            return True
    return (
        arrays.pool[row + layout.BYTES]
        + arrays.pool[row + layout.SIDE + layout.BYTES]
        + arrays.pool[row + layout.FINISHED]
        > 0
        or arrays.pool[row + layout.RESET_BY] >= 0
    )


def is_full(arrays: ConversingArrays) -> bool:
    """Whether there is no room to write out one more conversation, whatever it comes to."""
    return (
        arrays.state[layout.S_OUT] >= len(arrays.out) // layout.FIELDS
        or arrays.state[layout.S_TRANSFERS] >= len(arrays.transfers) // transfer_layout.FIELDS
    )


def what_is_full(arrays: ConversingArrays) -> int:
    """What has no room for what one more segment may need (S_STATUS); DONE where all have."""
    places = len(arrays.heads) // layout.HEAD_FIELDS
    bodies = len(arrays.pool) // layout.FIELDS
    if arrays.state[layout.S_USED] >= places and places < layout.MOST:
        return layout.POOL_FULL
    # Of as many bodies as there may be heads one is always left.
    if arrays.state[layout.S_BODY] < 0 and arrays.state[layout.S_BODIES] >= bodies and bodies < layout.MOST:
        return layout.BODIES_FULL
    return layout.OUT_FULL if is_full(arrays) else layout.DONE


def place_for_next(arrays: ConversingArrays) -> int:
    """The place of the next conversation: one that was not used so far, or that of the one that was begun first."""
    places = len(arrays.heads) // layout.HEAD_FIELDS
    if arrays.state[layout.S_USED] < places:
        place = arrays.state[layout.S_USED]
        arrays.state[layout.S_USED] = place + 1
    else:
        place = arrays.state[layout.S_NEXT]
        arrays.state[layout.S_NEXT] = wrapped(place + 1, places)
        arrays.state[layout.S_FORGOTTEN] = arrays.state[layout.S_FORGOTTEN] + 1
        if arrays.heads[place * layout.HEAD_FIELDS + layout.BODY] >= 0:
            finish(arrays, place * layout.HEAD_FIELDS)
        remove(arrays.slots, arrays.mask, arrays.heads[place * layout.HEAD_FIELDS + layout.HOME], place)
        fetch_oldest(arrays, place, places)
    return place


def converse(arrays: ConversingArrays, count: int) -> None:
    """Take the segments from ``state[S_SEGMENT]`` on, until all are taken or something is full (``state[S_STATUS]``).

    Heads and the ``pool`` of bodies are enlarged up to MOST places; then those begun first are used again.
    """
    with cython.nogil:
        number = arrays.state[layout.S_SEGMENT]
        latest = arrays.state[layout.S_LATEST]
        status = layout.DONE
        # How many segments in a row were looked ahead for: after AHEAD of them, homes are known.
        ahead = 0
        while number < count:
            status = what_is_full(arrays)
            if status != layout.DONE:
                break
            at = number * frame_layout.SEGMENT_FIELDS
            side = -1
            begun = False
            if latest >= 0:
                side = side_of(arrays, latest * layout.HEAD_FIELDS, at)
            if side < 0:
                home = arrays.state[layout.S_HOMES + (number & (layout.HOMES - 1))]
                if ahead < layout.AHEAD:
                    home = home_of(arrays, at)
            if arrays.state[layout.S_USED] > layout.MANY:
                look_ahead(arrays, number + layout.AHEAD, count)
                ahead = ahead + 1
            number = number + 1
            if side < 0:
                latest = find_conversation(arrays, home, at)
                if latest >= 0:
                    side = side_of(arrays, latest * layout.HEAD_FIELDS, at)
                elif arrays.segments[at + frame_layout.T_SIZE] & 0xFFFF == frame_layout.T_ERROR:
                    continue
                else:
                    side = 0
                    latest = place_for_next(arrays)
                    begin_head(arrays, latest * layout.HEAD_FIELDS, at, home)
                    insert(arrays.slots, arrays.mask, home, latest)
                    begun = True
            head = latest * layout.HEAD_FIELDS
            if (
                is_syn(arrays, at)
                and not begun
                and (
                    is_next_attempt(arrays, head, side, at)
                    if arrays.heads[head + layout.BODY] < 0
                    else begins_again(arrays, arrays.heads[head + layout.BODY] * layout.FIELDS, side, at)
                )
            ):
                if arrays.heads[head + layout.BODY] >= 0:
                    finish(arrays, head)
                begin_head(arrays, head, at, arrays.heads[head + layout.HOME])
                side = 0
                begun = True
            if begun and is_lone(arrays.segments[at + frame_layout.T_SIZE]):
                continue
            if arrays.heads[head + layout.BODY] < 0:
                if not begun and repeats_begun(arrays, head, side, at):
                    continue
                take_body(arrays, head)
                if not begun:
                    note_begun(arrays, head)
            note_segment(arrays, arrays.heads[head + layout.BODY] * layout.FIELDS, side, at)
        arrays.state[layout.S_SEGMENT] = number
        arrays.state[layout.S_LATEST] = latest
        arrays.state[layout.S_STATUS] = status


def finish_all(arrays: ConversingArrays, heard: array[int]) -> None:
    """At the end of the capture: judge what is left, oldest first. Stops where there is no room, to be called again.

    ``heard`` says by frame group until when its capture point was recorded (nanoseconds).
    """
    used = arrays.state[layout.S_USED]
    arrays.state[layout.S_STATUS] = layout.DONE
    while arrays.state[layout.S_PLACE] < used:
        if is_full(arrays):
            arrays.state[layout.S_STATUS] = layout.OUT_FULL
            return
        oldest = wrapped(arrays.state[layout.S_NEXT] + arrays.state[layout.S_PLACE], used)
        if arrays.heads[oldest * layout.HEAD_FIELDS + layout.BODY] >= 0:
            row = arrays.heads[oldest * layout.HEAD_FIELDS + layout.BODY] * layout.FIELDS
            if arrays.pool[row + layout.HOLES]:
                wait_on(
                    arrays.pool, row, heard[arrays.heads[oldest * layout.HEAD_FIELDS + layout.BEGUN_FRAME] & 0xFFFF]
                )
            finish(arrays, oldest * layout.HEAD_FIELDS)
        arrays.state[layout.S_PLACE] = arrays.state[layout.S_PLACE] + 1
