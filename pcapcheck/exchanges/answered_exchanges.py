# cython: language_level=3, annotation_typing=False, boundscheck=False, wraparound=False, cdivision=True
# cython: initializedcheck=False
"""Answered exchanges: kept for a while, in a ring, as another answer may come; the oldest is finished.

The loops run as plain Python or compiled by Cython with the C types in ``answered_exchanges.pxd``.
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
    from pcapcheck.exchanges import pairing_layout as layout
    from pcapcheck.exchanges.binning import finish
    from pcapcheck.exchanges.head_marks import rest_of
    from pcapcheck.exchanges.open_exchanges import unlink
    from pcapcheck.exchanges.pairing_arrays import PairingArrays
    from pcapcheck.hash_table import fetch_row, fetch_slot, remove


def note_reply(arrays: PairingArrays, rest: int, event: int) -> None:
    """What the first reply says of itself."""
    arrays.rest[rest + layout.REPLIES] = 1
    arrays.rest[rest + layout.REPLY_TIME] = arrays.events[event + frame_layout.E_TIME]
    arrays.rest[rest + layout.REPLY_TTL] = arrays.events[event + frame_layout.E_TTL]
    arrays.rest[rest + layout.REPLY_GROUP] = arrays.events[event + frame_layout.E_GROUP]
    arrays.rest[rest + layout.REPLY_NUMBER] = arrays.events[event + frame_layout.E_NUMBER]
    if arrays.events[event + frame_layout.E_KIND] & frame_layout.E_QUERY:
        arrays.rest[rest + layout.RCODE] = arrays.events[event + frame_layout.E_RCODE]


def release(arrays: PairingArrays, place: int) -> None:
    """Give a place back."""
    row = place * layout.HEAD_FIELDS
    remove(arrays.slots, arrays.mask, arrays.pool[row + layout.HOME], place)
    arrays.pool[row + layout.STATE] = layout.FREE
    arrays.pool[row + layout.NEWER] = arrays.state[layout.S_FREE]
    arrays.state[layout.S_FREE] = place
    rest = arrays.pool[row + layout.MARKS] >> layout.REST_AT
    if rest:
        arrays.rest[rest * layout.HEAD_FIELDS] = arrays.state[layout.S_REST_FREE]
        arrays.state[layout.S_REST_FREE] = rest
    arrays.pool[row + layout.MARKS] = 0


def fetch_oldest(arrays: PairingArrays, at: int) -> None:
    """Have those loaded that will soon be what was answered longest ago, and the slots that they leave."""
    place = arrays.answered[(at + layout.AHEAD) % layout.REMEMBERED]
    if place >= 0:
        fetch_row(arrays.pool, place * layout.HEAD_FIELDS, layout.HEAD_FIELDS)
    place = arrays.answered[(at + layout.AHEAD // 2) % layout.REMEMBERED]
    if place >= 0:
        fetch_slot(arrays.slots, arrays.pool[place * layout.HEAD_FIELDS + layout.HOME] & arrays.mask)


def remember(arrays: PairingArrays, place: int, ring: array[int], size: int, next_at: int) -> int:
    """Put what was answered into a ring, which goes on where the state says; what is remembered longest goes."""
    at = arrays.state[next_at]
    arrays.state[next_at] = (at + 1) % size
    oldest = ring[at]
    if oldest >= 0:
        finish(arrays, oldest, layout.UNANSWERED)
        release(arrays, oldest)
    ring[at] = place
    arrays.pool[place * layout.HEAD_FIELDS + layout.OLDER] = at
    return at


def settle(arrays: PairingArrays, place: int) -> None:
    """An exchange has its reply: remember it for a while, in case another comes; what is remembered longest goes."""
    row = place * layout.HEAD_FIELDS
    rest = rest_of(arrays.pool[row + layout.MARKS])
    arrays.pool[row + layout.STATE] = layout.ANSWERED
    if arrays.rest[rest + layout.OUTCOME] == layout.ERRED:
        # Where the error's MTU was.
        arrays.rest[rest + layout.SEEN_AGAIN] = 0
    arrays.rest[rest + layout.OUTCOME] = layout.REPLIED
    asked = arrays.pool[row + layout.TIME]
    replied = arrays.rest[rest + layout.REPLY_TIME]
    if asked != scan_layout.ABSENT_TIME and replied != scan_layout.ABSENT_TIME:
        arrays.rest[rest + layout.RTT] = replied - asked if replied > asked else 0
    if arrays.pool[row + layout.KIND] == layout.KIND_DATAGRAM:
        # Whatever its two ports say from now on belongs to it, while others are answered.
        remember(arrays, place, arrays.talks, layout.TALKS, layout.S_TALKS_AT)
    else:
        fetch_oldest(arrays, remember(arrays, place, arrays.answered, layout.REMEMBERED, layout.S_ANSWERED_AT))


def take_reply(arrays: PairingArrays, place: int, event: int) -> None:
    """A reply to what is known: the answer, another one, or what came before its request once more."""
    row = place * layout.HEAD_FIELDS
    rest = rest_of(arrays.pool[row + layout.MARKS])
    if arrays.pool[row + layout.STATE] == layout.OPEN:
        unlink(arrays, place)
        note_reply(arrays, rest, event)
        settle(arrays, place)
    elif arrays.pool[row + layout.STATE] == layout.ANSWERED:
        arrays.rest[rest + layout.REPLIES] = arrays.rest[rest + layout.REPLIES] + 1
    elif arrays.rest[rest + layout.REPLIES] == 0:
        arrays.rest[rest + layout.OUTCOME] = layout.UNANSWERED
        arrays.rest[rest + layout.SEEN_AGAIN] = 0
        note_reply(arrays, rest, event)
