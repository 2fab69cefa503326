# cython: language_level=3, annotation_typing=False, boundscheck=False, wraparound=False, cdivision=True
# cython: initializedcheck=False
"""Pair questions with replies and errors: events in the order of the capture in, pairs out.

An event is what the decoder wrote down of a question (an echo request, a SYN, a DNS query, another datagram, an INIT of
SCTP), a reply, or an ICMP error about a question. What is open
stands in a pool with a hash table over it; what is finished is counted in a bin and forgotten, so the pool stays as
small as what is open. Only what is asked for is also written out exchange by exchange.

The loops run as plain Python or compiled by Cython with the C types in ``pairing.pxd``.
"""

from __future__ import annotations

from array import array

try:
    import cython
except ImportError:
    from pcapcheck import _cython_stub as cython

if not cython.compiled:
    from pcapcheck.decode import frame_layout
    from pcapcheck.exchanges import pairing_layout as layout
    from pcapcheck.exchanges.answered_exchanges import release, take_reply
    from pcapcheck.exchanges.binning import drop, finish, what_is_full
    from pcapcheck.exchanges.early_answers import begin_early, take_late_request
    from pcapcheck.exchanges.ended_exchanges import take_error
    from pcapcheck.exchanges.exchange_key import ExchangeKey
    from pcapcheck.exchanges.head_marks import rest_of
    from pcapcheck.exchanges.open_exchanges import add_rest, begin_open, unlink
    from pcapcheck.exchanges.pairing_arrays import PairingArrays
    from pcapcheck.exchanges.repeated_questions import asked_before, take_request
    from pcapcheck.hash_table import fetch_row, fetch_slot, home_of_four, place_at, seek


def home_of_event(arrays: PairingArrays, event: int) -> int:
    """The same of the exchange that an event belongs to."""
    src_low = arrays.events[event + frame_layout.E_SRC_LOW]
    dst_low = arrays.events[event + frame_layout.E_DST_LOW]
    if arrays.events[event + frame_layout.E_KIND] & 3 == frame_layout.E_REPLY:
        src_low = arrays.events[event + frame_layout.E_DST_LOW]
        dst_low = arrays.events[event + frame_layout.E_SRC_LOW]
    return home_of_four(
        arrays.events[event + frame_layout.E_POINT], arrays.events[event + frame_layout.E_IDENT_SEQ], src_low, dst_low
    )


def look_ahead(arrays: PairingArrays, number: int, count: int) -> None:
    """Find the home of a coming event, and have what it needs loaded by then: its slot, later the exchange there.

    Where many exchanges are open, neither is in the processor's cache: waiting for them would take longer than all
    else that is done with an event.
    """
    if number < count:
        home = home_of_event(arrays, number * frame_layout.EVENT_FIELDS)
        arrays.homes[number & (layout.HOMES - 1)] = home
        fetch_slot(arrays.slots, home & arrays.mask)
    number = number - layout.AHEAD // 2
    if 0 <= number < count:
        place = place_at(arrays.slots, arrays.homes[number & (layout.HOMES - 1)] & arrays.mask)
        if place >= 0:
            fetch_row(arrays.pool, place * layout.HEAD_FIELDS, layout.HEAD_FIELDS)


def read_key(arrays: PairingArrays, event: int, key: ExchangeKey) -> None:
    """Let ``key`` be that of an event."""
    key.kind = arrays.events[event + frame_layout.E_KIND] & 3
    key.time = arrays.events[event + frame_layout.E_TIME]
    key.point = arrays.events[event + frame_layout.E_POINT]
    key.ident_seq = arrays.events[event + frame_layout.E_IDENT_SEQ]
    if key.kind == frame_layout.E_REPLY:
        key.src_high = arrays.events[event + frame_layout.E_DST_HIGH]
        key.src_low = arrays.events[event + frame_layout.E_DST_LOW]
        key.dst_high = arrays.events[event + frame_layout.E_SRC_HIGH]
        key.dst_low = arrays.events[event + frame_layout.E_SRC_LOW]
    else:
        key.src_high = arrays.events[event + frame_layout.E_SRC_HIGH]
        key.src_low = arrays.events[event + frame_layout.E_SRC_LOW]
        key.dst_high = arrays.events[event + frame_layout.E_DST_HIGH]
        key.dst_low = arrays.events[event + frame_layout.E_DST_LOW]


def has_key(pool: array[int], row: int, key: ExchangeKey) -> bool:
    """Whether an exchange is the one of this key."""
    return (
        pool[row + layout.IDENT_SEQ] == key.ident_seq
        and pool[row + layout.SRC_LOW] == key.src_low
        and pool[row + layout.DST_LOW] == key.dst_low
        and pool[row + layout.SRC_HIGH] == key.src_high
        and pool[row + layout.DST_HIGH] == key.dst_high
        and pool[row + layout.POINT] == key.point
    )


def find_place(arrays: PairingArrays, key: ExchangeKey) -> int:
    """The place of the exchange with this key, or -1."""
    mask = arrays.mask
    slot = seek(arrays.slots, mask, key.home, key.home & mask)
    while arrays.slots[slot] >= 0 and not has_key(arrays.pool, place_at(arrays.slots, slot) * layout.HEAD_FIELDS, key):
        slot = seek(arrays.slots, mask, key.home, (slot + 1) & mask)
    return place_at(arrays.slots, slot)


def evict(arrays: PairingArrays) -> None:
    """Give up the oldest open exchange."""
    oldest = arrays.state[layout.S_OLDEST]
    unlink(arrays, oldest)
    rest = rest_of(arrays.pool[oldest * layout.HEAD_FIELDS + layout.MARKS])
    if rest < 0 or arrays.rest[rest + layout.OUTCOME] == layout.UNANSWERED:
        arrays.state[layout.S_EVICTED] = arrays.state[layout.S_EVICTED] + 1
    if rest >= 0 or not arrays.drops or not drop(arrays, oldest):
        finish(arrays, oldest, layout.EVICTED)
    release(arrays, oldest)
    fetch_coming(arrays)


def fetch_coming(arrays: PairingArrays) -> None:
    """Have loaded what will soon be given up, in steps: an exchange, later its slot."""
    place = arrays.state[layout.S_OLDEST]
    for step in range(layout.STEPS_AHEAD):
        if place < 0:
            break
        row = place * layout.HEAD_FIELDS
        if step == layout.STEPS_AHEAD // 2:
            fetch_slot(arrays.slots, arrays.pool[row + layout.HOME] & arrays.mask)
        place = arrays.pool[row + layout.NEWER]
    if place >= 0:
        fetch_row(arrays.pool, place * layout.HEAD_FIELDS, layout.HEAD_FIELDS)


def is_between_equals(key: ExchangeKey) -> bool:
    """Whether it is a datagram between equal ports, which does not show who asks."""
    return (
        key.ident_seq & frame_layout.DATAGRAM != 0
        and key.kind == frame_layout.E_REQUEST
        and (key.ident_seq >> 16) & 0xFFFF == key.ident_seq & 0xFFFF
    )


def find_other_side(arrays: PairingArrays, key: ExchangeKey) -> int:
    """The place of the exchange that a datagram between equal ports answers, or -1; then the key is that exchange's."""
    src_high, src_low = key.src_high, key.src_low
    key.src_high, key.src_low = key.dst_high, key.dst_low
    key.dst_high, key.dst_low = src_high, src_low
    home = key.home
    key.home = home_of_four(key.point, key.ident_seq, key.src_low, key.dst_low)
    place = find_place(arrays, key)
    if place >= 0 and arrays.pool[place * layout.HEAD_FIELDS + layout.STATE] != layout.EARLY:
        key.kind = frame_layout.E_REPLY
        return place
    key.dst_high, key.dst_low = key.src_high, key.src_low
    key.src_high, key.src_low = src_high, src_low
    key.home = home
    return -1


def pair(arrays: PairingArrays, count: int, patience: int, most_open: int) -> None:
    """Take the events from ``state[S_EVENT]`` on, until all are taken or something is full (``state[S_STATUS]``).

    A DNS question may be asked again within ``patience`` (nanoseconds). Of ``most_open`` open exchanges the oldest
    makes room for the next.
    """
    key = ExchangeKey()
    with cython.nogil:
        places = len(arrays.pool) // layout.HEAD_FIELDS
        rests = len(arrays.rest) // layout.HEAD_FIELDS
        number = arrays.state[layout.S_EVENT]
        for coming in range(number, number + layout.AHEAD):
            look_ahead(arrays, coming, count)
        status = layout.DONE
        while number < count:
            # An event finishes at most two exchanges and takes at most one place: see to that before it is touched.
            status = layout.POOL_FULL
            if arrays.state[layout.S_FREE] >= 0 or arrays.state[layout.S_FRESH] < places:
                status = what_is_full(arrays, 2)
                if arrays.state[layout.S_REST_FREE] == 0 and arrays.state[layout.S_REST] + 1 >= rests:
                    status = layout.REST_FULL
            if status != layout.DONE:
                break
            look_ahead(arrays, number + layout.AHEAD, count)
            event = number * frame_layout.EVENT_FIELDS
            read_key(arrays, event, key)
            key.home = arrays.homes[number & (layout.HOMES - 1)]
            number = number + 1
            place = find_place(arrays, key)
            if place < 0 and key.ident_seq & frame_layout.QUERY and key.kind != frame_layout.E_ICMP_ERROR:
                place = asked_before(arrays, event, key, patience)
            if place < 0 and is_between_equals(key):
                place = find_other_side(arrays, key)
            if place >= 0 and rest_of(arrays.pool[place * layout.HEAD_FIELDS + layout.MARKS]) < 0:
                add_rest(arrays, place * layout.HEAD_FIELDS)
            if key.kind == frame_layout.E_REQUEST:
                known = False
                if place < 0:
                    if arrays.state[layout.S_OPEN] >= most_open:
                        evict(arrays)
                elif arrays.pool[place * layout.HEAD_FIELDS + layout.STATE] == layout.EARLY:
                    known = take_late_request(arrays, place, key.time, event)
                else:
                    known = take_request(arrays, place, key, event)
                if not known:
                    begin_open(arrays, key, event)
            elif place < 0:
                begin_early(arrays, key, event)
            elif key.kind == frame_layout.E_REPLY:
                take_reply(arrays, place, event)
            else:
                take_error(arrays, place, event)
        arrays.state[layout.S_EVENT] = number
        arrays.state[layout.S_STATUS] = status
