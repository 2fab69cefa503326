"""Packets of texts that show too little to recognise them on another link.

Without -v tcpdump prints neither identification nor TTL. Such texts can be compared with each other. If other captures
show more, or a text shows it for some packets only, nothing that these texts lack proves anything.
"""

from __future__ import annotations

from array import array

from pcapcheck.decode.frame_layout import K_TCP, SIGHTING_FIELDS, V_WHAT
from pcapcheck.decode.sightings import Sightings
from pcapcheck.links.read_capture import Capture


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

    for number, rows in sightings.by_capture.items():
        named = np.array([not hosts.isdisjoint(pair) for pair in sightings.address_pairs[number]])
        table = np.frombuffer(rows, np.int64).reshape(-1, SIGHTING_FIELDS)
        what = table[:, V_WHAT]
        kept = array("q")
        kept.frombytes(table[~(named[what >> 32 & 0x3FFF] & (what >> 8 & 0xF == K_TCP))].tobytes())
        sightings.by_capture[number] = kept


def leave_out_unidentified(captures: list[Capture], sightings: Sightings) -> frozenset[int]:
    """Drop the sightings of captures that cannot be compared with the others; their numbers."""
    bare: set[int] = set()
    with_ttl = False
    for capture in captures:
        rows = sightings.by_capture.get(capture.number)
        if not rows:
            continue
        count = len(rows) // SIGHTING_FIELDS
        without_ttl = 0
        if any(interface.printed for interface in capture.interfaces):
            without_ttl = sum(not what & 0xFF for what in rows[V_WHAT::SIGHTING_FIELDS])
        if without_ttl:
            bare.add(capture.number)
        with_ttl = with_ttl or without_ttl < count
    if not bare or not with_ttl:
        return frozenset()
    for number in bare:
        del sightings.by_capture[number]
    return frozenset(bare)
