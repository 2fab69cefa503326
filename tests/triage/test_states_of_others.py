"""The state of another fault with the packets of one: what it shows is confirmed only if it could have lost them."""

from __future__ import annotations

import random

import pytest

from pcapcheck import analyze
from pcapcheck.analysis import Analysis
from tests.support.lab import CAPTURES, captures
from tests.support.triage import CAUSES

CHOICE = random.Random(20)
# With eBPF in the state silence proves nothing.
STATES = sorted(scenario for scenario in CAUSES if not scenario.startswith("ebpf"))
SWAPPED = [(one, other) for one in sorted(CAUSES) for other in CHOICE.sample(STATES, 3)]
# Packets, and a state whose fault cannot have lost them: what it shows is on another part of their path, or would have
# lost the small ones too.
INNOCENT = [
    ("vxlan-blocked-one-way", "dns-server-refuses"),
    ("vxlan-blocked", "loss-between-nodes"),
    ("vtep-entry-missing", "tunnel-mtu"),
    ("rule-diverts-to-nic", "dns-vxlan-slow"),
    ("frag-needed-filtered", "second-node-drops"),
]


def with_state_of(packets: str, state: str) -> Analysis:
    return analyze(*captures(packets), node_state=CAPTURES / state / "state.txt")


@pytest.mark.parametrize(("packets", "state"), INNOCENT)
def test_what_cannot_have_lost_these_packets_is_not_confirmed(packets: str, state: str) -> None:
    analysis = with_state_of(packets, state)
    about = [diagnosis for diagnosis in analysis.diagnoses if diagnosis.case.lead.dst is not None]
    assert about
    assert not [each.cause.id for diagnosis in about for each in diagnosis.confirmed]


@pytest.mark.parametrize("state", ["route-to-wrong-pod", "stale-neighbour-pod"])
def test_a_reset_next_to_what_a_state_shows_of_the_same_pods(state: str) -> None:
    confirmed = {each.cause.id for one in with_state_of("reset-midway", state).diagnoses for each in one.confirmed}
    assert "reset-in-its-name" in confirmed


@pytest.mark.slow
@pytest.mark.parametrize(("packets", "state"), SWAPPED)
def test_any_state_costs_no_report(packets: str, state: str) -> None:
    """What the packets alone make fail goes on to fail."""
    alone, given = analyze(*captures(packets)), with_state_of(packets, state)
    failed = [{finding.rule.id for finding in one.findings if finding.status == "fail"} for one in (alone, given)]
    assert failed[0] <= failed[1]
