"""The states that the lab's scenarios left, judged rule by rule, and compared with the captures next to them."""

from __future__ import annotations

import json

import pytest

from pcapcheck.nodestate.read_state import read_state
from pcapcheck.pipeline import analyze_state
from pcapcheck.values import format_address, format_mac
from tests.support.lab import CAPTURES
from tests.support.lab import EXPECTED as CAPTURED
from tests.support.states import EXPECTED, HEALTHY, SCENARIOS, statuses

INDEX = json.loads((CAPTURES / "INDEX.json").read_text())
# A hub stands between pod A and its cali.
HUBS = ("duplicate-ip-one-link", "two-answers")


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_verdicts(scenario: str) -> None:
    analysis = analyze_state(CAPTURES / scenario / "state.txt")
    assert statuses(analysis) == EXPECTED.get(scenario, HEALTHY)
    assert analysis.not_understood == []


def test_every_scenario_has_a_state() -> None:
    assert set(SCENARIOS) == set(CAPTURED)
    assert EXPECTED.keys() <= CAPTURED.keys()


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_state_is_of_the_pods_that_were_recorded(scenario: str) -> None:
    """Addresses, MACs and interfaces are those of the index next to the captures."""
    state = read_state([CAPTURES / scenario / "state.txt"])
    pods = {pod["cali"]: pod for pod in INDEX[scenario]["pods"]}
    assert {link.cali_name for link in state.links} == set(pods)
    for link in state.links:
        pod = pods[str(link.cali_name)]
        assert link.cali is not None
        assert link.cali.mac is not None
        assert format_mac(link.cali.mac) == pod["cali_mac"]
        assert link.pod is not None
        assert pod["pod"].startswith(f"default/{link.pod.label}-")
        assert link.mac is not None
        assert format_mac(link.mac) == pod["mac"]
        assert pod["address"] in map(format_address, link.ips) or scenario == "bridged"
        between = scenario in HUBS and link.pod.label == "pod-a"
        assert link.joined_by in (("mac", "route") if between else ("netns",))
