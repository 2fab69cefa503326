# cython: language_level=3, annotation_typing=False, boundscheck=False, wraparound=False, cdivision=True
# cython: initializedcheck=False
"""Exchanges that an ICMP error ended: an answer that comes all the same is worth more.

The loops run as plain Python or compiled by Cython with the C types in ``ended_exchanges.pxd``.
"""

from __future__ import annotations

try:
    import cython
except ImportError:
    from pcapcheck import _cython_stub as cython

if not cython.compiled:
    from pcapcheck.decode import frame_layout
    from pcapcheck.exchanges import pairing_layout as layout
    from pcapcheck.exchanges.answered_exchanges import release
    from pcapcheck.exchanges.binning import finish
    from pcapcheck.exchanges.head_marks import rest_of
    from pcapcheck.exchanges.open_exchanges import unlink
    from pcapcheck.exchanges.pairing_arrays import PairingArrays


def note_error(arrays: PairingArrays, rest: int, event: int) -> None:
    """An ICMP error ended it, as far as nothing better comes."""
    arrays.rest[rest + layout.OUTCOME] = layout.ERRED
    arrays.rest[rest + layout.ERROR] = arrays.events[event + frame_layout.E_ERROR]
    arrays.rest[rest + layout.ERROR_HIGH] = arrays.events[event + frame_layout.E_FROM_HIGH]
    arrays.rest[rest + layout.ERROR_LOW] = arrays.events[event + frame_layout.E_FROM_LOW]
    arrays.rest[rest + layout.ERROR_MTU] = arrays.events[event + frame_layout.E_MTU]
    arrays.rest[rest + layout.ERROR_NUMBER] = arrays.events[event + frame_layout.E_NUMBER]
    arrays.rest[rest + layout.ERROR_TTL] = arrays.events[event + frame_layout.E_TTL]


def is_to_gateway(arrays: PairingArrays, row: int) -> bool:
    """Whether an exchange is an echo of a gateway."""
    if arrays.pool[row + layout.KIND] == layout.KIND_ECHO and arrays.pool[row + layout.DST_HIGH] == 0:
        for number in range(len(arrays.gateways)):
            if arrays.pool[row + layout.DST_LOW] == arrays.gateways[number]:
                return True
    return False


def is_still_ended(arrays: PairingArrays, row: int, number: int) -> bool:
    """Whether nothing came after the error in this frame, and the place was not taken by another exchange.

    An echo to a gateway does not count: whether any host has that address is known only at the capture's end.
    """
    rest = rest_of(arrays.pool[row + layout.MARKS])
    return (
        arrays.pool[row + layout.STATE] == layout.OPEN
        and rest >= 0
        and arrays.rest[rest + layout.OUTCOME] == layout.ERRED
        and arrays.rest[rest + layout.ERROR_NUMBER] == number
        and not is_to_gateway(arrays, row)
    )


def remember_ended(arrays: PairingArrays, place: int) -> None:
    """An error ended an exchange: keep it while others end so; then what an error ended longest ago is finished."""
    at = arrays.state[layout.S_ENDED_AT]
    arrays.state[layout.S_ENDED_AT] = (at + 2) % (2 * layout.ENDED)
    oldest = arrays.ended[at]
    number = arrays.ended[at + 1]
    arrays.ended[at] = place
    arrays.ended[at + 1] = arrays.rest[
        rest_of(arrays.pool[place * layout.HEAD_FIELDS + layout.MARKS]) + layout.ERROR_NUMBER
    ]
    if oldest >= 0 and is_still_ended(arrays, oldest * layout.HEAD_FIELDS, number):
        unlink(arrays, oldest)
        finish(arrays, oldest, layout.UNANSWERED)
        release(arrays, oldest)


def take_error(arrays: PairingArrays, place: int, event: int) -> None:
    """The request stays open for a while: a reply that comes all the same is worth more than the error."""
    row = place * layout.HEAD_FIELDS
    rest = rest_of(arrays.pool[row + layout.MARKS])
    is_probe = (
        arrays.pool[row + layout.KIND] == layout.KIND_DATAGRAM
        and 0 <= arrays.rest[rest + layout.TTL] <= layout.MOST_HOPS
        and arrays.events[event + frame_layout.E_ERROR] >> 16 == frame_layout.EXCEEDED
    )
    if (
        arrays.pool[row + layout.STATE] == layout.OPEN
        and arrays.rest[rest + layout.OUTCOME] != layout.ERRED
        and not is_probe
    ):
        note_error(arrays, rest, event)
        remember_ended(arrays, place)
