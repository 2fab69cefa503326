# cython: language_level=3, annotation_typing=False, boundscheck=False, wraparound=False, cdivision=True
# cython: initializedcheck=False
"""Questions that are asked again: the same packet, another attempt, or another query for the same name.

The loops run as plain Python or compiled by Cython with the C types in ``repeated_questions.pxd``.
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
    from pcapcheck.exchanges.answered_exchanges import release
    from pcapcheck.exchanges.binning import finish
    from pcapcheck.exchanges.exchange_key import ExchangeKey
    from pcapcheck.exchanges.head_marks import ip_id_of, rest_of
    from pcapcheck.exchanges.open_exchanges import unlink
    from pcapcheck.exchanges.pairing_arrays import PairingArrays
    from pcapcheck.exchanges.sequence_numbers import is_another_attempt
    from pcapcheck.hash_table import home_of_four, insert, place_with, remove


def ask_again(arrays: PairingArrays, rest: int, event: int) -> None:
    """A SYN or a DNS query sent once more, a second later or more, asks for the same."""
    arrays.rest[rest + layout.REQUESTS] = arrays.rest[rest + layout.REQUESTS] + 1
    arrays.rest[rest + layout.LATEST] = arrays.events[event + frame_layout.E_TIME]
    # Until something better is known: the repeat that came last.
    arrays.rest[rest + layout.REPLY_NUMBER] = arrays.events[event + frame_layout.E_NUMBER]


def send_again(arrays: PairingArrays, row: int, event: int) -> None:
    """A datagram between two ports that are known: nothing new once they have an answer."""
    rest = rest_of(arrays.pool[row + layout.MARKS])
    if arrays.pool[row + layout.STATE] == layout.OPEN:
        time = arrays.events[event + frame_layout.E_TIME]
        is_alike = arrays.events[event + frame_layout.E_DATA] == arrays.rest[rest + layout.DATA]
        timed = time != scan_layout.ABSENT_TIME and arrays.rest[rest + layout.LATEST] != scan_layout.ABSENT_TIME
        if timed and is_alike and time - arrays.rest[rest + layout.LATEST] < layout.SAME_DATAGRAM:
            arrays.rest[rest + layout.COPIES] = arrays.rest[rest + layout.COPIES] + 1
        else:
            ask_again(arrays, rest, event)
            if is_alike:
                arrays.rest[rest + layout.ALIKE] = arrays.rest[rest + layout.ALIKE] + 1


def is_next_attempt(arrays: PairingArrays, row: int, rest: int, event: int) -> bool:
    """Whether a SYN or an INIT between the ports of one that got no answer belongs to another attempt."""
    return is_another_attempt(
        arrays.events[event + frame_layout.E_TIME],
        arrays.rest[rest + layout.LATEST],
        arrays.events[event + frame_layout.E_ATTEMPT],
        arrays.pool[row + layout.SIZE] >> layout.SIZE_BITS,
    )


def is_asked_by(pool: array[int], place: int, key: ExchangeKey, question: int) -> bool:
    """Whether a place holds this question of DNS, open, between the two of a key."""
    if place < 0:
        return False
    row = place * layout.HEAD_FIELDS
    return (
        pool[row + layout.QUESTION] == question
        and pool[row + layout.STATE] == layout.OPEN
        and pool[row + layout.KIND] == layout.KIND_DNS
        and pool[row + layout.SRC_LOW] == key.src_low
        and pool[row + layout.DST_LOW] == key.dst_low
        and pool[row + layout.SRC_HIGH] == key.src_high
        and pool[row + layout.DST_HIGH] == key.dst_high
        and pool[row + layout.POINT] == key.point
    )


def asked_before(arrays: PairingArrays, event: int, key: ExchangeKey, patience: int) -> int:
    """The place of a DNS question that was asked before under another port or identifier, or -1.

    A query asks it once more where whoever asks has given up waiting for the first, not longer than ``patience`` ago;
    then the place is known by the new port and identifier. A response to an earlier one answers it too.
    """
    question = arrays.events[event + frame_layout.E_QUESTION]
    if question == 0:
        return -1
    asked = home_of_four(key.point, question, key.src_low, key.dst_low)
    place = place_with(arrays.recent, asked & (layout.RECENT - 1), asked)
    if not is_asked_by(arrays.pool, place, key, question):
        return -1
    row = place * layout.HEAD_FIELDS
    rest = rest_of(arrays.pool[row + layout.MARKS])
    if key.kind == frame_layout.E_REPLY:
        return place if rest >= 0 and arrays.rest[rest + layout.REQUESTS] > 1 else -1
    latest = arrays.rest[rest + layout.LATEST] if rest >= 0 else arrays.pool[row + layout.TIME]
    if key.time != scan_layout.ABSENT_TIME and latest != scan_layout.ABSENT_TIME:
        gap = key.time - latest
        if gap < layout.AGAIN or gap > patience:
            return -1
    remove(arrays.slots, arrays.mask, arrays.pool[row + layout.HOME], place)
    arrays.pool[row + layout.IDENT_SEQ] = key.ident_seq
    arrays.pool[row + layout.HOME] = key.home
    insert(arrays.slots, arrays.mask, key.home, place)
    return place


def take_request(arrays: PairingArrays, place: int, key: ExchangeKey, event: int) -> bool:
    """A request like one that is known: the same packet or question again; else the known one is finished (False)."""
    row = place * layout.HEAD_FIELDS
    rest = rest_of(arrays.pool[row + layout.MARKS])
    if key.ident_seq & frame_layout.DATAGRAM:
        send_again(arrays, row, event)
        return True
    opened = arrays.pool[row + layout.STATE] == layout.OPEN
    is_query = (key.ident_seq & frame_layout.QUERY) != 0
    untimed = key.time == scan_layout.ABSENT_TIME
    gap = 0
    if not untimed and arrays.pool[row + layout.TIME] != scan_layout.ABSENT_TIME:
        gap = key.time - arrays.pool[row + layout.TIME]
    if (
        ip_id_of(arrays.pool[row + layout.MARKS]) == arrays.events[event + frame_layout.E_IP_ID]
        and gap < layout.SAME_PACKET
    ):
        # How often DNS was asked counts: without times it may have been asked once more.
        if is_query and untimed and opened:
            ask_again(arrays, rest, event)
        elif not is_query or untimed:
            arrays.rest[rest + layout.REQUESTS] = arrays.rest[rest + layout.REQUESTS] + 1
        if arrays.rest[rest + layout.OUTCOME] != layout.ERRED:
            arrays.rest[rest + layout.SEEN_AGAIN] = arrays.rest[rest + layout.SEEN_AGAIN] + 1
        return True
    if opened:
        if key.ident_seq & frame_layout.OVER_TCP:
            # What TCP sends again is no question of whoever asks.
            return True
        if is_query or (
            (key.ident_seq & (frame_layout.CONNECTION | frame_layout.ASSOCIATION)) != 0
            and not is_next_attempt(arrays, row, rest, event)
        ):
            ask_again(arrays, rest, event)
            return True
        unlink(arrays, place)
    else:
        arrays.answered[arrays.pool[row + layout.OLDER]] = -1
    finish(arrays, place, layout.UNANSWERED)
    release(arrays, place)
    return False
