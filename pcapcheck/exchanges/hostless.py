# cython: language_level=3, annotation_typing=False, boundscheck=False, wraparound=False, cdivision=True
"""Count pings of IPv4 addresses that no host has, or many have, as pings of nobody in particular.

An address that ends in 255 is mostly a subnet's broadcast address, which no host has to answer (RFC 1122, section
3.2.2.6). On a healthy node no interface has the gateway's address: a ping of it fails, by an error or in silence.

The loops run as plain Python or compiled by Cython with the C types in ``hostless.pxd``.
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
    from pcapcheck.exchanges.head_marks import rest_of


def is_among(addresses: array[int], low: int) -> bool:
    """Whether an address is one of a few."""
    place = 0
    while place < len(addresses) and addresses[place] != low:
        place = place + 1
    return place < len(addresses)


def is_silent(pool: memoryview, row: int, rest: memoryview) -> bool:
    """Whether nothing came of an open exchange so far."""
    found = rest_of(pool[row + layout.MARKS])
    return found < 0 or rest[found + layout.OUTCOME] == layout.UNANSWERED


def expect_no_host(pool: memoryview, rest: memoryview, gateways: array[int], hosts: array[int]) -> None:
    """Let open pings of ``gateways`` and of broadcast addresses, unless ``hosts`` have them, be of KIND_ECHO_TO_MANY.

    ``pool`` are those heads of ``pairing`` that were used so far, ``rest`` is what ``pairing`` names so; addresses are
    the lower halves of IPv4 addresses.
    A ping of a broadcast address that an ICMP error ended stays what it is: somebody knows that no host has it.
    """
    with cython.nogil:
        row = 0
        while row < len(pool):
            low = pool[row + layout.DST_LOW]
            if (
                pool[row + layout.STATE] == layout.OPEN
                and pool[row + layout.DST_HIGH] == 0
                and low >> 32 == frame_layout.MAPPED >> 32
                and pool[row + layout.KIND] == layout.KIND_ECHO
                and (is_among(gateways, low) or (low & 0xFF == 0xFF and is_silent(pool, row, rest)))
                and not is_among(hosts, low)
            ):
                pool[row + layout.KIND] = layout.KIND_ECHO_TO_MANY
            row = row + layout.HEAD_FIELDS
