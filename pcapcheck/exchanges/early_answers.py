# cython: language_level=3, annotation_typing=False, boundscheck=False, wraparound=False, cdivision=True
# cython: initializedcheck=False
"""Early answers: replies and ICMP errors that were recorded before their question.

The loops run as plain Python or compiled by Cython with the C types in ``early_answers.pxd``.
"""

from __future__ import annotations

try:
    import cython
except ImportError:
    from pcapcheck import _cython_stub as cython

if not cython.compiled:
    from pcapcheck.capture import scan_layout
    from pcapcheck.decode import frame_layout
    from pcapcheck.exchanges import pairing_layout as layout
    from pcapcheck.exchanges.answered_exchanges import note_reply, release, settle
    from pcapcheck.exchanges.ended_exchanges import note_error, remember_ended
    from pcapcheck.exchanges.exchange_key import ExchangeKey
    from pcapcheck.exchanges.head_marks import rest_of
    from pcapcheck.exchanges.open_exchanges import add_rest, begin, fill, fill_rest, link_newest
    from pcapcheck.exchanges.pairing_arrays import PairingArrays


def begin_early(arrays: PairingArrays, key: ExchangeKey, event: int) -> None:
    """A reply or an error without a request so far: the recorder may have put it before its request."""
    place = begin(arrays, key)
    row = place * layout.HEAD_FIELDS
    rest = add_rest(arrays, row)
    arrays.pool[row + layout.STATE] = layout.EARLY
    arrays.rest[rest + layout.EARLY_KIND] = arrays.events[event + frame_layout.E_KIND]
    if key.kind == frame_layout.E_REPLY:
        note_reply(arrays, rest, event)
    else:
        arrays.rest[rest + layout.REPLY_TIME] = key.time
        note_error(arrays, rest, event)
    at = arrays.state[layout.S_EARLY_AT]
    arrays.state[layout.S_EARLY_AT] = (at + 1) % layout.REMEMBERED
    if arrays.early[at] >= 0:
        release(arrays, arrays.early[at])
    arrays.early[at] = place
    arrays.pool[row + layout.OLDER] = at


def take_late_request(arrays: PairingArrays, place: int, time: int, event: int) -> bool:
    """A request whose reply or error was recorded before it, if that is so; else what came early is given up."""
    row = place * layout.HEAD_FIELDS
    rest = rest_of(arrays.pool[row + layout.MARKS])
    arrays.early[arrays.pool[row + layout.OLDER]] = -1
    gap = arrays.rest[rest + layout.REPLY_TIME] - time
    in_time = time != scan_layout.ABSENT_TIME and arrays.rest[rest + layout.REPLY_TIME] != scan_layout.ABSENT_TIME
    fits = in_time and -layout.STEP_BACK <= gap <= layout.SAME_PACKET
    # Who asks for datagrams may have begun before the recording.
    is_talk = arrays.rest[rest + layout.OUTCOME] != layout.ERRED and (
        arrays.events[event + frame_layout.E_KIND] & frame_layout.E_DATAGRAM
    )
    if not fits and not is_talk:
        release(arrays, place)
        return False
    fill(arrays, row, event)
    fill_rest(arrays, row, event)
    if arrays.rest[rest + layout.OUTCOME] == layout.ERRED:
        arrays.pool[row + layout.STATE] = layout.OPEN
        link_newest(arrays, place)
        remember_ended(arrays, place)
    else:
        settle(arrays, place)
        if not fits:
            arrays.rest[rest + layout.RTT] = layout.ABSENT
    return True
