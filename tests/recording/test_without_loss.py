"""Nothing is lost at the start or at the stop: packets sent right after the one and right before the other are there.

``PCAPCHECK_REPETITIONS=500 pytest -n0 -m slow tests/recording/test_without_loss.py`` does it five hundred times.
"""

from __future__ import annotations

import os

import pytest

import pcapcheck
from fixtures.lab.node import Node
from fixtures.lab.pod import POD_A, POD_B

pytestmark = [pytest.mark.live, pytest.mark.slow, pytest.mark.xdist_group("lab")]

REPETITIONS = int(os.environ.get("PCAPCHECK_REPETITIONS", "25"))
PINGS = 5


def test_no_packet_is_lost_at_the_start_or_at_the_stop(lab: Node) -> None:
    inside = lab.space(POD_A.role)
    other = lab.space(POD_B.role)
    lost = []
    for number in range(REPETITIONS):
        with pcapcheck.record(f"netns:{inside.name}", f"netns:{other.name}", state=False) as recording:
            # Only what waits for the recorders counts, not what waits for late answers.
            recording.lateness = 0.0
            inside.run("ping", "-q", "-c", str(PINGS), "-i", "0.002", "-W", "1", POD_B.address)
        captures = recording.analysis.captures
        echoes = recording.analysis.echo
        # Each ping on both links; for each link the gateway's ARP by the pod, which was flushed.
        seen = len(echoes), int(echoes["replied"].sum()), int(recording.analysis.arp["answered"].sum() >= 2)
        if seen != (2 * PINGS, 2 * PINGS, 1) or any(each.interfaces[0].until is None for each in captures):
            lost.append((number, seen, [each.frames for each in captures]))
    assert lost == []
