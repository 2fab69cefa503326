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
    from pcapcheck.exchanges.ended_conversations import finish
    from pcapcheck.exchanges.sequence_numbers import is_another_attempt
    from pcapcheck.exchanges.tcp_holes import wait_on
    from pcapcheck.exchanges.tcp_progress import note_tcp
    from pcapcheck.hash_table import fetch_row, fetch_slot, insert, insert_all, place_at, remove, seek, stir


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


def side_of(heads: array[int], head: int, segments: array[int], at: int) -> int:
    """Which side of a conversation sent a segment, 0 or 1; -1 where it belongs to another."""
    if heads[head + layout.POINT] != segments[at + frame_layout.T_POINT]:
        return -1
    ports = segments[at + frame_layout.T_PORTS]
    if (
        heads[head + layout.PORTS] == ports
        and heads[head + layout.SRC_LOW] == segments[at + frame_layout.T_SRC_LOW]
        and heads[head + layout.DST_LOW] == segments[at + frame_layout.T_DST_LOW]
        and heads[head + layout.SRC_HIGH] == segments[at + frame_layout.T_SRC_HIGH]
        and heads[head + layout.DST_HIGH] == segments[at + frame_layout.T_DST_HIGH]
    ):
        return 0
    turned = (ports >> 32 << 32) | ((ports & 0xFFFF) << 16) | ((ports >> 16) & 0xFFFF)
    if (
        heads[head + layout.PORTS] == turned
        and heads[head + layout.SRC_LOW] == segments[at + frame_layout.T_DST_LOW]
        and heads[head + layout.DST_LOW] == segments[at + frame_layout.T_SRC_LOW]
        and heads[head + layout.SRC_HIGH] == segments[at + frame_layout.T_DST_HIGH]
        and heads[head + layout.DST_HIGH] == segments[at + frame_layout.T_SRC_HIGH]
    ):
        return 1
    return -1


def find_conversation(heads: array[int], slots: array[int], mask: int, home: int, segments: array[int], at: int) -> int:
    """The place of a segment's conversation, or -1."""
    slot = seek(slots, mask, home, home & mask)
    while slots[slot] >= 0 and side_of(heads, place_at(slots, slot) * layout.HEAD_FIELDS, segments, at) < 0:
        slot = seek(slots, mask, home, (slot + 1) & mask)
    return place_at(slots, slot)


def look_ahead(
    heads: array[int],
    pool: array[int],
    slots: array[int],
    mask: int,
    segments: array[int],
    number: int,
    count: int,
    state: array[int],
) -> None:
    """Have what a coming segment needs loaded by then: its slot, later the head there, then the body of that.

    Where many hosts talk, none of them is in the processor's cache: waiting for them would take longer than all else
    that is done with a segment.
    """
    if number < count:
        home = home_of(segments, number * frame_layout.SEGMENT_FIELDS)
        state[layout.S_HOMES + (number & (layout.HOMES - 1))] = home
        fetch_slot(slots, home & mask)
    number = number - layout.AHEAD // 2
    if 0 <= number < count:
        place = place_at(slots, state[layout.S_HOMES + (number & (layout.HOMES - 1))] & mask)
        if place >= 0:
            fetch_row(heads, place * layout.HEAD_FIELDS, layout.HEAD_FIELDS)
    number = number - layout.AHEAD // 4
    if 0 <= number < count:
        place = place_at(slots, state[layout.S_HOMES + (number & (layout.HOMES - 1))] & mask)
        if place >= 0 and heads[place * layout.HEAD_FIELDS + layout.BODY] >= 0:
            fetch_row(pool, heads[place * layout.HEAD_FIELDS + layout.BODY] * layout.FIELDS, layout.OFTEN)


def wrapped(place: int, places: int) -> int:
    """A place after the last is the first again. (Dividing takes longer than all else that this is for.)"""
    return place - places if place >= places else place


def fetch_oldest(heads: array[int], pool: array[int], slots: array[int], mask: int, oldest: int, places: int) -> None:
    """Have loaded what will soon make room for others, after ``oldest``: head, then body and slot."""
    fetch_row(heads, wrapped(oldest + layout.AHEAD, places) * layout.HEAD_FIELDS, layout.HEAD_FIELDS)
    head = wrapped(oldest + layout.AHEAD // 2, places) * layout.HEAD_FIELDS
    if heads[head + layout.BODY] >= 0:
        fetch_row(pool, heads[head + layout.BODY] * layout.FIELDS, layout.FIELDS)
    fetch_slot(slots, heads[head + layout.HOME] & mask)


def enter_all(heads: array[int], slots: array[int], count: int) -> None:
    """Enter the first heads into a new table."""
    insert_all(heads, layout.HEAD_FIELDS, layout.HOME, slots, 0, count)


def begin_head(heads: array[int], head: int, segments: array[int], at: int, home: int) -> None:
    """A conversation that this segment begins, without a body so far."""
    heads[head + layout.PORTS] = segments[at + frame_layout.T_PORTS]
    heads[head + layout.SRC_LOW] = segments[at + frame_layout.T_SRC_LOW]
    heads[head + layout.DST_LOW] = segments[at + frame_layout.T_DST_LOW]
    heads[head + layout.SRC_HIGH] = segments[at + frame_layout.T_SRC_HIGH]
    heads[head + layout.DST_HIGH] = segments[at + frame_layout.T_DST_HIGH]
    heads[head + layout.POINT] = segments[at + frame_layout.T_POINT]
    heads[head + layout.HOME] = home
    heads[head + layout.BODY] = layout.ABSENT
    heads[head + layout.BEGUN_FRAME] = segments[at + frame_layout.T_FRAME]
    heads[head + layout.BEGUN_TIME] = segments[at + frame_layout.T_TIME]
    heads[head + layout.BEGUN_SEQ] = segments[at + frame_layout.T_SEQ]
    heads[head + layout.BEGUN_ACK] = segments[at + frame_layout.T_ACK]
    heads[head + layout.BEGUN_SIZE] = segments[at + frame_layout.T_SIZE]
    heads[head + layout.REPEATED] = 0


def begin_body(heads: array[int], head: int, pool: array[int], row: int) -> None:
    """The body of a conversation, without any segment so far."""
    for field in range(layout.FIELDS):
        pool[row + field] = 0
    for field in range(layout.HOME + 1):
        pool[row + field] = heads[head + field]
    pool[row + layout.GROUP] = heads[head + layout.BEGUN_FRAME] & 0xFFFF
    pool[row + layout.NUMBER] = heads[head + layout.BEGUN_FRAME] >> 16
    pool[row + layout.RESET_BY] = layout.ABSENT
    pool[row + layout.ASKER] = layout.ABSENT
    for side in range(2):
        mine = row + side * layout.SIDE
        pool[mine + layout.END] = layout.ABSENT
        pool[mine + layout.ACKED] = layout.ABSENT
        pool[mine + layout.MARK] = layout.ABSENT
        pool[mine + layout.SETTLED] = layout.ABSENT
        pool[mine + layout.RESENT_SEQ] = layout.ABSENT
        pool[mine + layout.AGAIN_SEQ] = layout.ABSENT


def take_body(heads: array[int], head: int, pool: array[int], state: array[int]) -> None:
    """Give a conversation a body; there is one left."""
    body = state[layout.S_BODY]
    if body >= 0:
        state[layout.S_BODY] = pool[body * layout.FIELDS + layout.PORTS]
    else:
        body = state[layout.S_BODIES]
        state[layout.S_BODIES] = body + 1
    heads[head + layout.BODY] = body
    begin_body(heads, head, pool, body * layout.FIELDS)


def is_lone(size: int) -> bool:
    """Whether the first segment, with this T_SIZE, is a SYN, which mostly only itself follows if nobody answers.

    One with data (RFC 7413) counts as begun: another SYN opens another connection.
    """
    flags = protocols.TCP_SYN | protocols.TCP_ACK | protocols.TCP_RST | protocols.TCP_FIN
    return size >> 16 == 0 and size & flags == protocols.TCP_SYN


def repeats_begun(heads: array[int], head: int, side: int, segments: array[int], at: int) -> bool:
    """Whether a SYN is the one that began its conversation, sent again, and was noted as that."""
    if (
        side != 0
        or segments[at + frame_layout.T_SEQ] != heads[head + layout.BEGUN_SEQ]
        or segments[at + frame_layout.T_ACK] != heads[head + layout.BEGUN_ACK]
        or segments[at + frame_layout.T_SIZE] != heads[head + layout.BEGUN_SIZE]
        or not is_lone(heads[head + layout.BEGUN_SIZE])
    ):
        return False
    heads[head + layout.REPEATED] = heads[head + layout.REPEATED] + 1
    heads[head + layout.REPEATED_FRAME] = segments[at + frame_layout.T_FRAME]
    heads[head + layout.REPEATED_TIME] = segments[at + frame_layout.T_TIME]
    return True


def note(pool: array[int], row: int, side: int, frame: int, time: int, numbers: int, ack: int, content: int) -> None:
    """What a segment adds to its conversation.

    ``frame``, ``time``, ``numbers``, ``ack`` and ``content`` are T_FRAME, T_TIME, T_SEQ, T_ACK and T_SIZE.
    """
    mine = row + side * layout.SIDE
    if content & 0xFFFF == frame_layout.T_ERROR:
        pool[row + layout.ERRORS] = pool[row + layout.ERRORS] + 1
    else:
        if pool[mine + layout.PACKETS] == 0:
            pool[mine + layout.FIRST] = time
            pool[mine + layout.SIDE_GROUP] = frame & 0xFFFF
        pool[mine + layout.PACKETS] = pool[mine + layout.PACKETS] + 1
        pool[mine + layout.BYTES] = pool[mine + layout.BYTES] + (content >> 16)
        pool[mine + layout.LAST] = time
        note_tcp(pool, row, side, frame, time, numbers, ack, content)


def note_segment(pool: array[int], row: int, side: int, segments: array[int], at: int) -> None:
    """What a segment that is read now adds to its conversation."""
    note(
        pool,
        row,
        side,
        segments[at + frame_layout.T_FRAME],
        segments[at + frame_layout.T_TIME],
        segments[at + frame_layout.T_SEQ],
        segments[at + frame_layout.T_ACK],
        segments[at + frame_layout.T_SIZE],
    )


def note_begun(heads: array[int], head: int, pool: array[int]) -> None:
    """What the first segment and its repeats add to their conversation, which has a body now."""
    row = heads[head + layout.BODY] * layout.FIELDS
    note(
        pool,
        row,
        0,
        heads[head + layout.BEGUN_FRAME],
        heads[head + layout.BEGUN_TIME],
        heads[head + layout.BEGUN_SEQ],
        heads[head + layout.BEGUN_ACK],
        heads[head + layout.BEGUN_SIZE],
    )
    if heads[head + layout.REPEATED]:
        pool[row + layout.PACKETS] = pool[row + layout.PACKETS] + heads[head + layout.REPEATED]
        pool[row + layout.SYNS] = pool[row + layout.SYNS] + heads[head + layout.REPEATED]
        pool[row + layout.LAST] = heads[head + layout.REPEATED_TIME]
        pool[row + layout.AGAIN_NUMBER] = heads[head + layout.REPEATED_FRAME] >> 16


def is_syn(segments: array[int], at: int) -> bool:
    """Whether a segment opens a connection."""
    return segments[at + frame_layout.T_SIZE] & (protocols.TCP_SYN | protocols.TCP_ACK) == protocols.TCP_SYN


def is_next_attempt(heads: array[int], head: int, side: int, segments: array[int], at: int) -> bool:
    """Whether a conversation was nothing but a SYN so far, maybe repeated, and this is the SYN of another attempt."""
    if side != 0:
        return False
    latest = heads[head + layout.REPEATED_TIME] if heads[head + layout.REPEATED] else heads[head + layout.BEGUN_TIME]
    seq = segments[at + frame_layout.T_SEQ] & layout.WORD
    return is_another_attempt(
        segments[at + frame_layout.T_TIME], latest, seq, heads[head + layout.BEGUN_SEQ] & layout.WORD
    )


def begins_again(pool: array[int], row: int, side: int, segments: array[int], at: int) -> bool:
    """Whether a SYN opens another connection between the same ports."""
    mine = row + side * layout.SIDE
    if pool[mine + layout.SYNS] > 0 and pool[mine + layout.BYTES] == 0:
        seq = segments[at + frame_layout.T_SEQ] & layout.WORD
        before = (pool[mine + layout.END] - 1) & layout.WORD
        if is_another_attempt(segments[at + frame_layout.T_TIME], pool[mine + layout.LAST], seq, before):
            return True
    return (
        pool[row + layout.BYTES] + pool[row + layout.SIDE + layout.BYTES] + pool[row + layout.FINISHED] > 0
        or pool[row + layout.RESET_BY] >= 0
    )


def is_full(out: array[int], transfers: array[int], state: array[int]) -> bool:
    """Whether there is no room to write out one more conversation, whatever it comes to."""
    return (
        state[layout.S_OUT] >= len(out) // layout.FIELDS
        or state[layout.S_TRANSFERS] >= len(transfers) // transfer_layout.FIELDS
    )


def what_is_full(heads: array[int], pool: array[int], out: array[int], transfers: array[int], state: array[int]) -> int:
    """What has no room for what one more segment may need (S_STATUS); DONE where all have."""
    places = len(heads) // layout.HEAD_FIELDS
    bodies = len(pool) // layout.FIELDS
    if state[layout.S_USED] >= places and places < layout.MOST:
        return layout.POOL_FULL
    # Of as many bodies as there may be heads one is always left.
    if state[layout.S_BODY] < 0 and state[layout.S_BODIES] >= bodies and bodies < layout.MOST:
        return layout.BODIES_FULL
    return layout.OUT_FULL if is_full(out, transfers, state) else layout.DONE


def place_for_next(
    heads: array[int],
    pool: array[int],
    slots: array[int],
    out: array[int],
    transfers: array[int],
    classes: array[int],
    state: array[int],
) -> int:
    """The place of the next conversation: one that was not used so far, or that of the one that was begun first."""
    places = len(heads) // layout.HEAD_FIELDS
    if state[layout.S_USED] < places:
        place = state[layout.S_USED]
        state[layout.S_USED] = place + 1
    else:
        place = state[layout.S_NEXT]
        state[layout.S_NEXT] = wrapped(place + 1, places)
        state[layout.S_FORGOTTEN] = state[layout.S_FORGOTTEN] + 1
        if heads[place * layout.HEAD_FIELDS + layout.BODY] >= 0:
            finish(heads, place * layout.HEAD_FIELDS, pool, out, transfers, classes, state)
        remove(slots, len(slots) - 1, heads[place * layout.HEAD_FIELDS + layout.HOME], place)
        fetch_oldest(heads, pool, slots, len(slots) - 1, place, places)
    return place


def converse(
    segments: array[int],
    count: int,
    heads: array[int],
    pool: array[int],
    slots: array[int],
    out: array[int],
    transfers: array[int],
    classes: array[int],
    state: array[int],
) -> None:
    """Take the segments from ``state[S_SEGMENT]`` on, until all are taken or something is full (``state[S_STATUS]``).

    Heads and the ``pool`` of bodies are enlarged up to MOST places; then those begun first are used again.
    """
    with cython.nogil:
        mask = len(slots) - 1
        number = state[layout.S_SEGMENT]
        latest = state[layout.S_LATEST]
        status = layout.DONE
        # How many segments in a row were looked ahead for: after AHEAD of them, homes are known.
        ahead = 0
        while number < count:
            status = what_is_full(heads, pool, out, transfers, state)
            if status != layout.DONE:
                break
            at = number * frame_layout.SEGMENT_FIELDS
            side = -1
            begun = False
            if latest >= 0:
                side = side_of(heads, latest * layout.HEAD_FIELDS, segments, at)
            if side < 0:
                home = state[layout.S_HOMES + (number & (layout.HOMES - 1))]
                if ahead < layout.AHEAD:
                    home = home_of(segments, at)
            if state[layout.S_USED] > layout.MANY:
                look_ahead(heads, pool, slots, mask, segments, number + layout.AHEAD, count, state)
                ahead = ahead + 1
            number = number + 1
            if side < 0:
                latest = find_conversation(heads, slots, mask, home, segments, at)
                if latest >= 0:
                    side = side_of(heads, latest * layout.HEAD_FIELDS, segments, at)
                elif segments[at + frame_layout.T_SIZE] & 0xFFFF == frame_layout.T_ERROR:
                    continue
                else:
                    side = 0
                    latest = place_for_next(heads, pool, slots, out, transfers, classes, state)
                    begin_head(heads, latest * layout.HEAD_FIELDS, segments, at, home)
                    insert(slots, mask, home, latest)
                    begun = True
            head = latest * layout.HEAD_FIELDS
            if (
                is_syn(segments, at)
                and not begun
                and (
                    is_next_attempt(heads, head, side, segments, at)
                    if heads[head + layout.BODY] < 0
                    else begins_again(pool, heads[head + layout.BODY] * layout.FIELDS, side, segments, at)
                )
            ):
                if heads[head + layout.BODY] >= 0:
                    finish(heads, head, pool, out, transfers, classes, state)
                begin_head(heads, head, segments, at, heads[head + layout.HOME])
                side = 0
                begun = True
            if begun and is_lone(segments[at + frame_layout.T_SIZE]):
                continue
            if heads[head + layout.BODY] < 0:
                if not begun and repeats_begun(heads, head, side, segments, at):
                    continue
                take_body(heads, head, pool, state)
                if not begun:
                    note_begun(heads, head, pool)
            note_segment(pool, heads[head + layout.BODY] * layout.FIELDS, side, segments, at)
        state[layout.S_SEGMENT] = number
        state[layout.S_LATEST] = latest
        state[layout.S_STATUS] = status


def finish_all(
    heads: array[int],
    pool: array[int],
    out: array[int],
    transfers: array[int],
    classes: array[int],
    state: array[int],
    heard: array[int],
) -> None:
    """At the end of the capture: judge what is left, oldest first. Stops where there is no room, to be called again.

    ``heard`` says by frame group until when its capture point was recorded (nanoseconds).
    """
    used = state[layout.S_USED]
    state[layout.S_STATUS] = layout.DONE
    while state[layout.S_PLACE] < used:
        if is_full(out, transfers, state):
            state[layout.S_STATUS] = layout.OUT_FULL
            return
        oldest = wrapped(state[layout.S_NEXT] + state[layout.S_PLACE], used)
        if heads[oldest * layout.HEAD_FIELDS + layout.BODY] >= 0:
            row = heads[oldest * layout.HEAD_FIELDS + layout.BODY] * layout.FIELDS
            if pool[row + layout.HOLES]:
                wait_on(pool, row, heard[heads[oldest * layout.HEAD_FIELDS + layout.BEGUN_FRAME] & 0xFFFF])
            finish(heads, oldest * layout.HEAD_FIELDS, pool, out, transfers, classes, state)
        state[layout.S_PLACE] = state[layout.S_PLACE] + 1
