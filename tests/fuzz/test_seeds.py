"""The fuzz target finds nothing in its own seeds, and finds what is planted."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from fixtures.made.containers import NAME, Packet, enhanced, interface, option, section
from fixtures.made.frames import traffic
from tests.fuzz import target
from tests.support.captures import ROOT

SEEDS = target.seeds()
NAMED = section() + interface(options=option("<", NAME, b"\x1b[31m")) + enhanced(Packet(traffic()[0]))


@pytest.mark.slow
def test_seeds() -> None:
    assert len(SEEDS) > 100
    for number, data in enumerate(SEEDS):
        target.examine(data, judge=number % 10 == 0)


def test_control_characters_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    target.examine(NAMED, judge=True)
    monkeypatch.setattr("pcapcheck.links.point_name.clean", str)
    with pytest.raises(AssertionError):
        target.examine(NAMED, judge=True)


@pytest.mark.skipif(find_spec("atheris") is None, reason="atheris is not installed (pip install 'pcapcheck[fuzz]')")
def test_the_fuzzer_runs(tmp_path: Path) -> None:
    """Its limit of memory is lifted: it would count what these tests took before it was started."""
    command = [sys.executable, "-m", "tests.fuzz", "-runs=1", "-rss_limit_mb=0", f"-artifact_prefix={tmp_path}/"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert "Done" in done.stderr, done.stderr[-2000:]
    assert done.returncode == 0
