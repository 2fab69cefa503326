# cython: language_level=3, annotation_typing=False, boundscheck=False, wraparound=False, cdivision=True
"""Gather claims: which MACs claimed an address for themselves, message by message.

The loops run as plain Python or compiled by Cython with the C types in ``claiming.pxd``.
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
    from pcapcheck.exchanges import claiming_layout as layout
    from pcapcheck.hash_table import entry_of, insert_all, place_at, seek_key, stir


def enter_claims(claims: array[int], slots: array[int], count: int) -> None:
    """Enter the first claims into a new table."""
    insert_all(claims, layout.CLAIM_FIELDS, layout.C_HOME, slots, 0, count)


def claim_home(point: int, low: int, mac: int) -> int:
    """A hash of a claim; of the address, the lower half does."""
    mixed = stir(stir(stir(0, point), low), mac)
    return (mixed ^ (mixed >> 29)) >> 2


def find_slot(
    claims: array[int], slots: array[int], home: int, point: int, high: int, low: int, mac: int
) -> int:  # fmt: skip
    """The slot of a claim, or the empty one where it belongs."""
    mask = len(slots) - 1
    return seek_key(claims, layout.CLAIM_FIELDS, slots, mask, home, layout.C_POINT, 4, point, high, low, mac, 0)


def begin_claim(claims: array[int], place: int, home: int, messages: array[int], at: int) -> None:
    """A claim that nobody made before."""
    row = place * layout.CLAIM_FIELDS
    claims[row + layout.C_HOME] = home
    claims[row + layout.C_POINT] = messages[at + frame_layout.M_POINT]
    claims[row + layout.C_HIGH] = messages[at + frame_layout.M_SENDER_HIGH]
    claims[row + layout.C_LOW] = messages[at + frame_layout.M_SENDER_LOW]
    claims[row + layout.C_MAC] = messages[at + frame_layout.M_SENDER_MAC]
    claims[row + layout.C_FIRST] = scan_layout.ABSENT_TIME
    claims[row + layout.C_LAST] = scan_layout.ABSENT_TIME
    claims[row + layout.C_OWN] = 0
    claims[row + layout.C_COUNT] = 0


def count_claim(claims: array[int], place: int, messages: array[int], at: int) -> None:
    """What a message adds to its claim."""
    row = place * layout.CLAIM_FIELDS
    time = messages[at + frame_layout.M_TIME]
    count = claims[row + layout.C_COUNT]
    if count < layout.CLAIM_FRAMES:
        claims[row + layout.C_FRAME + count] = messages[at + frame_layout.M_NUMBER]
    claims[row + layout.C_COUNT] = count + 1
    if not messages[at + frame_layout.M_KIND] & frame_layout.M_REPLY:
        claims[row + layout.C_OWN] = 1
    if time != scan_layout.ABSENT_TIME:
        if claims[row + layout.C_FIRST] == scan_layout.ABSENT_TIME or time < claims[row + layout.C_FIRST]:
            claims[row + layout.C_FIRST] = time
        if time > claims[row + layout.C_LAST]:
            claims[row + layout.C_LAST] = time


def claim(
    messages: array[int], count: int, claims: array[int], slots: array[int], final: int, state: array[int]
) -> None:
    """Take the messages from ``state[S_MESSAGE]`` on, until all are taken or the claims are full (``state[S_STATUS]``).

    ``final``: there will be no more claims; what finds no room is only counted. Without a MAC, only a text claims.
    """
    with cython.nogil:
        room = len(claims) // layout.CLAIM_FIELDS
        number = state[layout.S_MESSAGE]
        state[layout.S_STATUS] = layout.DONE
        while number < count:
            at = number * frame_layout.MESSAGE_FIELDS
            mac = messages[at + frame_layout.M_SENDER_MAC]
            if mac == frame_layout.ABSENT and not messages[at + frame_layout.M_KIND] & frame_layout.M_PRINTED:
                number = number + 1
                continue
            point = messages[at + frame_layout.M_POINT]
            low = messages[at + frame_layout.M_SENDER_LOW]
            home = claim_home(point, low, mac)
            slot = find_slot(claims, slots, home, point, messages[at + frame_layout.M_SENDER_HIGH], low, mac)
            if slots[slot] < 0 and state[layout.S_CLAIMS] >= room:
                if not final:
                    state[layout.S_STATUS] = layout.FULL
                    break
                if mac != frame_layout.ABSENT:
                    state[layout.S_MISSED] = state[layout.S_MISSED] + 1
            else:
                if slots[slot] < 0:
                    slots[slot] = entry_of(home, state[layout.S_CLAIMS])
                    state[layout.S_CLAIMS] = state[layout.S_CLAIMS] + 1
                    begin_claim(claims, place_at(slots, slot), home, messages, at)
                count_claim(claims, place_at(slots, slot), messages, at)
            number = number + 1
        state[layout.S_MESSAGE] = number
