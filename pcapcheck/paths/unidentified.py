"""Packets of texts that show too little to recognise them on another link.

Without -v tcpdump prints neither identification nor TTL. Such texts can be compared with each other. If other captures
show more, or a text shows it for some packets only, nothing that these texts lack proves anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pcapcheck.capture.record import Interface
from pcapcheck.decode.frame_layout import K_ERROR, K_FRAGMENT, K_OTHER, K_TCP, K_UDP, V_WHAT
from pcapcheck.decode.sightings import Sightings
from pcapcheck.links.read_capture import Capture
from pcapcheck.protocols import FRAGMENT_HEADER, ICMP, ICMPV6, TCP, UDP

if TYPE_CHECKING:
    from pcapcheck.paths.sighting_columns import Column, Mask

_TYPES = {TCP: K_TCP, UDP: K_UDP, ICMP: K_ERROR, ICMPV6: K_ERROR, FRAGMENT_HEADER: K_FRAGMENT}


def leave_out_unidentified(captures: list[Capture], sightings: Sightings) -> None:
    """Drop packets of hosts whose like a text shows without what identifies them.

    These cannot be found there. That host's address may be the only one that address translation left.
    """
    hosts: dict[int, set[int]] = {}
    for capture in captures:
        for interface in capture.interfaces:
            for protocol, pair in interface.unidentified:
                hosts.setdefault(_TYPES.get(protocol, K_OTHER), set()).update(pair)
    if sightings.count:
        for packet_type, some in hosts.items():
            _leave_out(packet_type, some, sightings)


def _leave_out(packet_type: int, hosts: set[int], sightings: Sightings) -> None:
    """Drop the sightings of a type of packet of some hosts."""
    import numpy as np

    named = {
        number: np.array([not hosts.isdisjoint(pair) for pair in pairs])
        for number, pairs in sightings.address_pairs.items()
    }

    def is_kept(number: int, fields: list[Column]) -> Mask:
        what = fields[V_WHAT]
        return np.asarray(~(named[number][what >> 32 & 0x3FFF] & (what >> 8 & 0xF == packet_type)))

    sightings.keep(is_kept)


def is_shown_elsewhere(captures: list[Capture], here: Interface, protocols: tuple[int, ...], hosts: set[int]) -> bool:
    """Whether another interface has packets of a host, in a text that does not identify them: these may be among them.

    ``here`` is the interface that recorded them.
    """
    return any(
        protocol in protocols and not hosts.isdisjoint(pair)
        for capture in captures
        for interface in capture.interfaces
        if interface is not here
        for protocol, pair in interface.unidentified
    )


def leave_out_bare(captures: list[Capture], sightings: Sightings) -> frozenset[int]:
    """Drop the sightings of captures that cannot be compared with the others; their numbers."""
    bare: set[int] = set()
    with_ttl = False
    for capture in captures:
        count = sightings.counts.get(capture.number, 0)
        without_ttl = _without_ttl(capture, sightings) if count else 0
        if without_ttl:
            bare.add(capture.number)
        with_ttl = with_ttl or without_ttl < count
    if not bare or not with_ttl:
        return frozenset()
    import numpy as np

    sightings.keep(lambda number, fields: np.full(len(fields[V_WHAT]), number not in bare))
    return frozenset(bare)


def _without_ttl(capture: Capture, sightings: Sightings) -> int:
    """How many sightings of a capture have no TTL: none unless it is a text."""
    if not any(interface.printed for interface in capture.interfaces):
        return 0
    return sum(not what & 0xFF for what in sightings.of(capture.number, V_WHAT))
