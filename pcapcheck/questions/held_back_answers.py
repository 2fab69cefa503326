"""Answers that wait for a MAC: whoever was asked asks itself, by ARP, for the next hop of its answer, and gets none."""

from __future__ import annotations

from pcapcheck.links.read_capture import Capture
from pcapcheck.values import format_address

# Nanoseconds: within this time a packet that waits for a MAC is given up (Linux: retrans_time 1 s, mcast_solicit 3).
GIVEN_UP = 4_000_000_000
OPEN = ("unanswered", "in-flight")


def held_back(capture: Capture, group: int, asker: int, target: int, first: int | None) -> str:
    """What follows for whoever asked the ``asker`` of ARP shortly before, on the same link, as far as times are known.

    ``group`` is the frame group of the ARP request, ``first`` its time. Empty if nobody did.
    """
    point = capture.groups[group].point
    for some in capture.exchanges.paired.all_bins():
        if some.outcome not in OPEN or capture.groups[some.group].point != point:
            continue
        for row in some.samples:
            if row.dst == asker and (first is None or row.time is None or 0 <= first - row.time <= GIVEN_UP):
                host, other, hop = format_address(asker), format_address(row.src), format_address(target)
                if target == row.src:
                    return f"so {host} cannot answer it"
                return (
                    f"so {host} cannot answer {other}: its answer waits for the MAC of {hop}, its next hop on the way "
                    f"back (ip route get {other}; ip neigh, on {host})"
                )
    return ""
