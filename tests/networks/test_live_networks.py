"""The same networks built afresh, by this machine's kernel and tcpdump."""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures.networks.network_lab import missing_here
from pcapcheck import analyze
from tests.support.lab import record
from tests.support.networks import BROKEN, HEALTHY, failed, files

pytestmark = [pytest.mark.live, pytest.mark.xdist_group("lab")]

CASES = [*HEALTHY, *BROKEN]
RECORDERS = 4
TRIES = 3


@pytest.fixture(scope="session")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The folder that each case was recorded to; each recorder has one of its own, for its index."""
    missing = missing_here()
    if missing:
        pytest.skip(f"building a node needs {', '.join(missing)}")
    folder = tmp_path_factory.mktemp("networks")
    parts = {folder / str(start): CASES[start::RECORDERS] for start in range(RECORDERS)}
    for path in parts:
        path.mkdir()
    running = [record("fixtures.networks", cases, path) for path, cases in parts.items()]
    for process in running:
        output, _ = process.communicate()
        assert process.returncode == 0, output
    return {case: path for path, cases in parts.items() for case in cases}


def is_right(case: str, folder: Path) -> bool:
    """What is healthy is not convicted; what is broken fails by the right rule and by nothing else."""
    found = failed(analyze(*files(case, folder), pack=case.partition("/")[0]), "error")
    if case in HEALTHY:
        return not found
    right = BROKEN[case]
    return bool(found & right.rules) and found <= right.rules | right.besides


@pytest.mark.parametrize("case", CASES)
def test_verdicts(case: str, recordings: dict[str, Path], tmp_path: Path) -> None:
    """A busy machine may lose a packet or be late; a fault of ours shows every time."""
    right = is_right(case, recordings[case])
    for attempt in range(TRIES):
        if right:
            return
        folder = tmp_path / str(attempt)
        folder.mkdir()
        output, _ = (process := record("fixtures.networks", [case], folder)).communicate()
        assert process.returncode == 0, output
        right = is_right(case, folder)
    assert right
