"""The screen never draws more than the terminal shows."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.cells import cell_len
from rich.console import Group

from pcapcheck.watch.display import Scene
from pcapcheck.watch.screen import Screen
from pcapcheck.watch.snapshot import Snapshot, Tally, WatchedFailure, WatchedPod
from pcapcheck.watch.watch_event import WatchEvent

LONG = "10.244.1.10's echo requests to 10.244.1.11 get no reply, and that is said at length"


def crowded() -> Scene:
    """Hundreds of pods, dozens of failures and events, all of them with much to say."""
    tally = Tally(asked=10, answered=3, lost=7, rtt=(1, 2, 3, 4))
    pods = tuple(WatchedPod(f"10.244.{n >> 8}.{n & 255}", "cali0", {"echo": tally, "arp": tally}) for n in range(500))
    failures = tuple(
        WatchedFailure(f"rule-{n}", "cali0", "error", "echo", LONG, 7, 10, cause=LONG, time=0) for n in range(60)
    )
    events = tuple(WatchEvent("failure", n, LONG) for n in range(50))
    shown = Snapshot(1, 10**6, 5, "fail", "fail", LONG, 1, "9 of 26 rules checked", 1, pods, 0, failures, (), {})
    return Scene(10**6, 3600.0, shown, {failure.key: failure for failure in failures[:30]}, events)


@pytest.mark.parametrize(("columns", "rows"), [(200, 60), (80, 24), (40, 16), (20, 5)])
def test_all_of_it_fits(columns: int, rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("LINES", str(rows))
    screen = Screen(StringIO())
    console = screen._console
    with console.capture() as capture:
        console.print(Group(*screen.lines(crowded())))
    screen.close()
    lines = capture.get().splitlines()
    assert len(lines) <= rows - 1
    assert max(map(cell_len, lines)) <= columns
    # The verdict comes first; where there is room, pods, failures and events too.
    assert lines[0].startswith("FAIL so far")
    if rows > 20:
        assert "10.244.0.0" in capture.get()
        assert "more pods" in capture.get()
        assert "more failures" in capture.get()
