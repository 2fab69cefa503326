"""What a program has in its hands: an analysis that is shown in a line, and can be sent to another process."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct

from pcapcheck import CaptureError, analyze
from pcapcheck.analysis import Analysis
from pcapcheck.pipeline import analyze_state
from tests.support.lab import CAPTURES

BROKEN = CAPTURES / "proxy-arp-off"


def inputs(name: str) -> list[Path]:
    return sorted((CAPTURES / name).glob("*.pcap*"))


def states(name: str) -> list[Path]:
    return sorted((CAPTURES / name).glob("state*.txt"))


KINDS = ("proxy-arp-off", "walkthrough", "stale-neighbour-node", "any-proxy-arp-off", "healthy")


def again(analysis: Analysis) -> Analysis:
    back = pickle.loads(pickle.dumps(analysis))
    assert isinstance(back, Analysis)
    return back


@pytest.mark.parametrize("name", KINDS)
def test_a_pickle_says_the_same(name: str) -> None:
    analysis = analyze(*inputs(name), node_state=states(name) or None)
    assert len(analysis.echo) >= 0  # tables that were made stay behind
    back = again(analysis)
    assert back.to_dict() == analysis.to_dict()
    assert back.summary() == analysis.summary()
    assert back.echo.equals(analysis.echo)


def test_a_pickle_of_a_state() -> None:
    analysis = analyze_state(BROKEN / "state.txt")
    assert again(analysis).to_dict() == analysis.to_dict()


def test_a_pickle_holds_bytes_but_no_stream(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (capture, *_) = inputs("walkthrough")
    assert len(again(analyze(capture.read_bytes())).frames) == 6
    with capture.open("rb") as stream:
        assert len(again(analyze(stream)).frames) == 6
    monkeypatch.setattr("pcapcheck.capture.held.IN_MEMORY", 10)
    with capture.open("rb") as stream:
        analysis = analyze(stream)
    assert len(analysis.frames) == 6
    back = again(analysis)
    assert back.to_dict() == analysis.to_dict()
    with pytest.raises(CaptureError, match="save it to a file first"):
        back.frames  # noqa: B018


def test_a_line_says_what_it_is() -> None:
    analysis = analyze(*inputs("proxy-arp-off"))
    count = f"{len(analysis.captures)} captures, {len(analysis.findings)} rules"
    assert repr(analysis) == f"<Analysis fail: {analysis.headline}, {count}>"
    assert analysis.headline == analysis.to_dict()["headline"]


@pytest.mark.parametrize("name", KINDS)
def test_everything_within_is_shown_in_a_line(name: str) -> None:
    seen: set[int] = set()

    def look(value: Any) -> None:
        if id(value) in seen or isinstance(value, (str, bytes, int)):
            return
        seen.add(id(value))
        if isinstance(value, Struct):
            assert len(repr(value)) < 1000, type(value)
            assert "\n" not in repr(value)
        inside = [*value.keys(), *value.values()] if isinstance(value, dict) else ()
        if isinstance(value, (list, tuple, set, frozenset)):
            inside = value  # type: ignore[assignment]
        fields = getattr(value, "__struct_fields__", ()) if isinstance(value, Struct) else ()
        for part in inside or [getattr(value, name) for name in fields] or getattr(value, "__dict__", {}).values():
            look(part)

    look(analyze(*inputs(name), node_state=states(name) or None))


def test_the_first_lines() -> None:
    first, *rest = analyze(*inputs("proxy-arp-off"), node_state=states("proxy-arp-off")).summary().splitlines()
    assert first.startswith("FAIL  ")
    assert "confirmed: proxy ARP is off" in "".join(rest)
    passing = analyze(*inputs("walkthrough")).summary()
    assert "\n" not in passing
