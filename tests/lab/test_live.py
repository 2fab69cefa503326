"""The same faults on a node freshly built from this machine's kernel, recorded by its tcpdump."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck import analyze
from pcapcheck.pipeline import analyze_state
from tests.support import states
from tests.support.lab import EXPECTED, captures, record, statuses
from tests.support.nodes import require_nodes

pytestmark = [pytest.mark.live, pytest.mark.xdist_group("lab")]

RECORDERS = 4
TRIES = 3


@pytest.fixture(scope="session")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    require_nodes()
    folder = tmp_path_factory.mktemp("node")
    names = sorted(EXPECTED)
    running = [record("fixtures.lab", names[start::RECORDERS], folder) for start in range(RECORDERS)]
    for process in running:
        output, _ = process.communicate()
        assert process.returncode == 0, output
    return folder


@pytest.mark.parametrize("scenario", sorted(EXPECTED))
def test_verdicts(scenario: str, recordings: Path, tmp_path: Path) -> None:
    """A busy machine may lose a packet or be late; a fault of ours shows every time."""
    expected = EXPECTED[scenario]
    seen = statuses(analyze(*captures(scenario, recordings)))
    for attempt in range(TRIES):
        if seen == expected:
            return
        folder = tmp_path / str(attempt)
        output, _ = (process := record("fixtures.lab", [scenario], folder)).communicate()
        assert process.returncode == 0, output
        seen = statuses(analyze(*captures(scenario, folder)))
    assert seen == expected


@pytest.mark.parametrize("scenario", sorted(EXPECTED))
def test_states(scenario: str, recordings: Path) -> None:
    """What the node's state comes to where no packet is looked at."""
    analysis = analyze_state(recordings / scenario / "state.txt")
    assert states.statuses(analysis) == states.EXPECTED.get(scenario, states.HEALTHY)
