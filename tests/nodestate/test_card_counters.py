"""``ethtool -S``: what a card's driver counts, as far as it is known."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck.nodestate.read_state import read_state
from tests.support.pastes import judged_state

LISTED = """[ec2-user@w7 ~]$ ethtool -S eth0
NIC statistics:
     total_resets: 0
     bw_out_allowance_exceeded: {bandwidth}
     conntrack_allowance_exceeded: {connections}
     queue_0_tx_cnt: 100
     rx_crc_errors: 4
     rx_out_of_buffer: 9
"""
EXCEEDED = "the cloud held up or dropped "


def test_counters_of_a_card_are_those_of_its_link(tmp_path: Path) -> None:
    path = tmp_path / "state.txt"
    path.write_text(LISTED.format(bandwidth=0, connections=0))
    state = read_state([path])
    (host,) = state.hosts
    found = [(counter.source, counter.name, counter.dev, counter.direction, counter.value) for counter in host.counters]
    assert found[2:] == [("link", "crc", "eth0", "in", 4), ("link", "missed", "eth0", "in", 9)]
    assert [entry.count for entry in state.unjudged.values()] == [3]
    assert state.problems == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (LISTED.format(bandwidth=12, connections=5123), "5123 packets at eth0 of w7 (conntrack_allowance_exceeded)"),
        (LISTED.format(bandwidth=12, connections=0), "12 packets at eth0 of w7 (bw_out_allowance_exceeded)"),
        ("     pps_allowance_exceeded: 18\n", "18 packets at the card of a host (pps_allowance_exceeded)"),
        (LISTED.format(bandwidth=0, connections=0), ""),
    ],
)
def test_what_a_cloud_drops_beyond_its_allowances(text: str, words: str, tmp_path: Path) -> None:
    headline = judged_state(tmp_path, text).headline
    assert (EXCEEDED in headline) is bool(words)
    assert words in headline
