# cython: language_level=3, annotation_typing=False, boundscheck=False, wraparound=False, cdivision=True
# cython: initializedcheck=False
"""Open exchanges: a place in the pool for each question, in a list by age.

The loops run as plain Python or compiled by Cython with the C types in ``open_exchanges.pxd``.
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
    from pcapcheck.exchanges.exchange_key import ExchangeKey
    from pcapcheck.exchanges.head_marks import rest_of, ttl_of
    from pcapcheck.exchanges.pairing_arrays import PairingArrays
    from pcapcheck.hash_table import entry_of, home_of_four, insert, insert_all
    from pcapcheck.linked_list import append, take_out


def enter_all(pool: array[int], slots: array[int], count: int) -> None:
    """Enter the first places, all in use, into a new table."""
    insert_all(pool, layout.HEAD_FIELDS, layout.HOME, slots, 0, count)


def begin(arrays: PairingArrays, key: ExchangeKey) -> int:
    """Take a free place for a new exchange, the one that was given back last; returns it."""
    place = arrays.state[layout.S_FREE]
    if place >= 0:
        arrays.state[layout.S_FREE] = arrays.pool[place * layout.HEAD_FIELDS + layout.NEWER]
    else:
        place = arrays.state[layout.S_FRESH]
        arrays.state[layout.S_FRESH] = place + 1
    row = place * layout.HEAD_FIELDS
    arrays.pool[row + layout.SRC_HIGH] = key.src_high
    arrays.pool[row + layout.SRC_LOW] = key.src_low
    arrays.pool[row + layout.DST_HIGH] = key.dst_high
    arrays.pool[row + layout.DST_LOW] = key.dst_low
    arrays.pool[row + layout.IDENT_SEQ] = key.ident_seq
    arrays.pool[row + layout.POINT] = key.point
    arrays.pool[row + layout.HOME] = key.home
    arrays.pool[row + layout.MARKS] = 0
    insert(arrays.slots, arrays.mask, key.home, place)
    return place


def link_newest(arrays: PairingArrays, place: int) -> None:
    """Put an exchange at the young end of the list of open ones."""
    append(
        arrays.pool, layout.HEAD_FIELDS, layout.OLDER, layout.NEWER, arrays.state, layout.S_OLDEST, layout.S_NEWEST,
        place
    )  # fmt: skip
    arrays.state[layout.S_OPEN] = arrays.state[layout.S_OPEN] + 1


def unlink(arrays: PairingArrays, place: int) -> None:
    """Take an exchange out of the list of open ones."""
    take_out(
        arrays.pool, layout.HEAD_FIELDS, layout.OLDER, layout.NEWER, arrays.state, layout.S_OLDEST, layout.S_NEWEST,
        place
    )  # fmt: skip
    arrays.state[layout.S_OPEN] = arrays.state[layout.S_OPEN] - 1


def add_rest(arrays: PairingArrays, row: int) -> int:
    """Give an exchange a rest, for which there is room: nothing came of it so far. Returns ``rest_of`` it."""
    place = arrays.state[layout.S_REST_FREE]
    if place:
        arrays.state[layout.S_REST_FREE] = arrays.rest[place * layout.HEAD_FIELDS]
    else:
        place = arrays.state[layout.S_REST] + 1
        arrays.state[layout.S_REST] = place
    marks = arrays.pool[row + layout.MARKS] | (place << layout.REST_AT)
    arrays.pool[row + layout.MARKS] = marks
    rest = rest_of(marks)
    arrays.rest[rest + layout.OUTCOME] = layout.UNANSWERED
    arrays.rest[rest + layout.REQUESTS] = 1
    arrays.rest[rest + layout.REPLIES] = 0
    arrays.rest[rest + layout.RTT] = layout.ABSENT
    arrays.rest[rest + layout.ERROR] = layout.ABSENT
    arrays.rest[rest + layout.SEEN_AGAIN] = 0
    arrays.rest[rest + layout.TTL] = ttl_of(marks)
    arrays.rest[rest + layout.LATEST] = arrays.pool[row + layout.TIME]
    return rest


def note_attempt(arrays: PairingArrays, row: int, event: int) -> None:
    """Keep, above its size, what the attempt at a connection or association chose that a request is part of."""
    attempt = arrays.events[event + frame_layout.E_ATTEMPT]
    arrays.pool[row + layout.SIZE] = arrays.pool[row + layout.SIZE] | (attempt << layout.SIZE_BITS)


def fill(arrays: PairingArrays, row: int, event: int) -> None:
    """What a request says of itself, beyond what identifies it: the head."""
    arrays.pool[row + layout.NUMBER] = arrays.events[event + frame_layout.E_NUMBER]
    arrays.pool[row + layout.TIME] = arrays.events[event + frame_layout.E_TIME]
    arrays.pool[row + layout.GROUP] = arrays.events[event + frame_layout.E_GROUP]
    arrays.pool[row + layout.SIZE] = arrays.events[event + frame_layout.E_SIZE]
    arrays.pool[row + layout.MARKS] = (
        (arrays.pool[row + layout.MARKS] >> layout.REST_AT << layout.REST_AT)
        | ((arrays.events[event + frame_layout.E_IP_ID] + 1) << layout.TTL_BITS)
        | (arrays.events[event + frame_layout.E_TTL] + 1)
    )
    if arrays.events[event + frame_layout.E_KIND] & frame_layout.E_CONNECT:
        arrays.pool[row + layout.KIND] = layout.KIND_CONNECTION
        note_attempt(arrays, row, event)
    elif arrays.events[event + frame_layout.E_KIND] & frame_layout.E_QUERY:
        arrays.pool[row + layout.KIND] = layout.KIND_DNS
        arrays.pool[row + layout.QUESTION] = arrays.events[event + frame_layout.E_QUESTION]
    elif arrays.events[event + frame_layout.E_KIND] & frame_layout.E_DATAGRAM:
        arrays.pool[row + layout.KIND] = layout.KIND_DATAGRAM
    elif arrays.events[event + frame_layout.E_KIND] & frame_layout.E_ASSOCIATE:
        arrays.pool[row + layout.KIND] = layout.KIND_ASSOCIATION
        note_attempt(arrays, row, event)
    elif arrays.events[event + frame_layout.E_KIND] & frame_layout.E_TO_MANY:
        arrays.pool[row + layout.KIND] = layout.KIND_ECHO_TO_MANY
    else:
        arrays.pool[row + layout.KIND] = layout.KIND_ECHO


def fill_rest(arrays: PairingArrays, row: int, event: int) -> None:
    """What a request says of itself: the rest."""
    rest = rest_of(arrays.pool[row + layout.MARKS])
    arrays.rest[rest + layout.TTL] = ttl_of(arrays.pool[row + layout.MARKS])
    arrays.rest[rest + layout.LATEST] = arrays.pool[row + layout.TIME]
    arrays.rest[rest + layout.REQUESTS] = 1
    if arrays.pool[row + layout.KIND] == layout.KIND_DATAGRAM and arrays.rest[rest + layout.REPLIES] == 0:
        arrays.rest[rest + layout.DATA] = arrays.events[event + frame_layout.E_DATA]
        arrays.rest[rest + layout.ALIKE] = 1
        arrays.rest[rest + layout.COPIES] = 0


def begin_open(arrays: PairingArrays, key: ExchangeKey, event: int) -> None:
    """A request begins an exchange."""
    place = begin(arrays, key)
    row = place * layout.HEAD_FIELDS
    arrays.pool[row + layout.STATE] = layout.OPEN
    fill(arrays, row, event)
    if arrays.pool[row + layout.KIND] == layout.KIND_DATAGRAM:
        add_rest(arrays, row)
        fill_rest(arrays, row, event)
    link_newest(arrays, place)
    if key.ident_seq & frame_layout.QUERY:
        asked = home_of_four(key.point, arrays.pool[row + layout.QUESTION], key.src_low, key.dst_low)
        arrays.recent[asked & (layout.RECENT - 1)] = entry_of(asked, place)
