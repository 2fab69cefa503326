"""Packets of texts that do not tell enough to know them again on another link.

Without -v tcpdump prints neither identification nor TTL. Texts of that kind are like each other and can be compared;
beside captures that tell more, or where one text is of both kinds, nothing that they lack proves anything.
"""

from __future__ import annotations

from pcapcheck.decode.layout import SIGHTING_FIELDS, V_WHAT
from pcapcheck.flows.read import Capture
from pcapcheck.flows.sightings import Sightings


def leave_out_unidentified(captures: list[Capture], sightings: Sightings) -> frozenset[int]:
    """Drop the sightings of captures that cannot be compared with the others; their numbers."""
    bare: set[int] = set()
    telling = False
    for capture in captures:
        rows = sightings.by_capture.get(capture.number)
        if not rows:
            continue
        count = len(rows) // SIGHTING_FIELDS
        untold = 0
        if any(one.printed for one in capture.interfaces):
            untold = sum(not what & 0xFF for what in rows[V_WHAT::SIGHTING_FIELDS])
        if untold:
            bare.add(capture.number)
        telling = telling or untold < count
    if not bare or not telling:
        return frozenset()
    for number in bare:
        del sightings.by_capture[number]
    return frozenset(bare)
