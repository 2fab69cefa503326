"""Packets of texts that show too little to recognise them on another link.

Without -v tcpdump prints neither identification nor TTL. Such texts can be compared with each other. If other captures
show more, or a text shows it for some packets only, nothing that these texts lack proves anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pcapcheck.decode.frame_layout import K_TCP, SIGHTING_FIELDS, V_WHAT
from pcapcheck.decode.sightings import Sightings
from pcapcheck.links.read_capture import Capture

if TYPE_CHECKING:
    from pcapcheck.paths.sighting_columns import Column, Mask


def leave_out_unnumbered(captures: list[Capture], sightings: Sightings) -> None:
    """Drop the TCP segments of hosts whose sequence numbers a text does not show: they cannot be found there.

    That host's address may be the only one that address translation left.
    """
    hosts = {
        ip for capture in captures for interface in capture.interfaces for pair in interface.unnumbered for ip in pair
    }
    if not hosts:
        return
    import numpy as np

    for number in sightings.by_capture:
        named = np.array([not hosts.isdisjoint(pair) for pair in sightings.address_pairs[number]])

        def is_kept(table: Column, named: Mask = named) -> Mask:
            what = table[:, V_WHAT]
            return np.asarray(~(named[what >> 32 & 0x3FFF] & (what >> 8 & 0xF == K_TCP)))

        sightings.leave_out(number, is_kept)


def leave_out_unidentified(captures: list[Capture], sightings: Sightings) -> frozenset[int]:
    """Drop the sightings of captures that cannot be compared with the others; their numbers."""
    bare: set[int] = set()
    with_ttl = False
    for capture in captures:
        batches = sightings.by_capture.get(capture.number, [])
        count = sum(map(len, batches)) // SIGHTING_FIELDS
        if not count:
            continue
        without_ttl = 0
        if any(interface.printed for interface in capture.interfaces):
            without_ttl = sum(not what & 0xFF for rows in batches for what in rows[V_WHAT::SIGHTING_FIELDS])
        if without_ttl:
            bare.add(capture.number)
        with_ttl = with_ttl or without_ttl < count
    if not bare or not with_ttl:
        return frozenset()
    for number in bare:
        sightings.forget(number)
    return frozenset(bare)
