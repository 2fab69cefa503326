"""Decide which side of a pod link each party is on.

The evidence, strongest first: the recorded direction together with the end at which it was recorded; who asks for
the gateway and who answers; TTLs as hosts set them against decremented ones, and who says that hosts cannot be reached;
last, the proxy MAC. What speaks against itself is left undecided: a pod that routes (a VPN, containers in a container)
sends decremented TTLs too.
"""

from __future__ import annotations

from pcapcheck.capture.printed_layout import NO_MAC
from pcapcheck.links.capture_points import CapturePoint
from pcapcheck.links.party_signs import signs_of_parties
from pcapcheck.links.sides import Party, Sides
from pcapcheck.links.sides_by_address import decide_by_address
from pcapcheck.links.sides_by_machine import decide_by_machine
from pcapcheck.links.sides_by_state import decide_by_state


def find_sides(
    capture_point: CapturePoint, end: str | None, proxy_mac: int, at_home: frozenset[int] = frozenset()
) -> Sides:
    """Decide the sides of one pod link from the evidence of the whole capture.

    ``at_home`` are the addresses that a state gives to the pod of the link.
    """
    sides = Sides(by_direction=capture_point.by_direction)
    every = signs_of_parties(capture_point, sides, proxy_mac)
    machines = {party: signs for party, signs in every.items() if not _is_address(party)}
    addresses = {party: signs for party, signs in every.items() if _is_address(party)}
    decide_by_machine(capture_point, end, sides, machines)
    if addresses:
        decide_by_address(capture_point, sides, addresses)
    if at_home and not (sides.parties or sides.by_direction or sides.folded or sides.crowded):
        decide_by_state(capture_point, sides, at_home)
    return sides


def _is_address(party: Party) -> bool:
    return isinstance(party, int) and party >= NO_MAC
