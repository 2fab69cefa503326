"""The history of a fleet as text and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from msgspec.structs import asdict
from rich.text import Text

from pcapcheck.fleet.history import FailingSince, History, TrendDay
from pcapcheck.fleet.overview_text import NONE, SHOWN, seconds, share
from pcapcheck.report.console import Page
from pcapcheck.report.pod_table import aligned
from pcapcheck.values import format_time

# What two runs differ in, so that a change need not be one of the captures.
OTHERWISE = "by other rules, options or version"
# Days of the trend that are shown of each place.
DAYS = 14


def write_history(history: History, page: Page) -> None:
    """Three tables: what fails since when, what changed, and the trend of each place."""
    page.line(f"runs: {len(history.runs)}")
    for before, run in list(pairwise([None, *history.runs]))[-SHOWN:]:
        assert run is not None
        done = "" if run.done else ", interrupted"
        other = "" if before is None or before.settings == run.settings else f", {OTHERWISE} than run {before.number}"
        page.line(f"{run.number}  {run.began}  pcapcheck {run.version}{other}{done}", 2)
    _failures(page, "failing now", history.failing)
    if history.failed_when_there:
        _failures(
            page, "failing when last there (all that show it are gone from their source)", history.failed_when_there
        )
    if history.compared:
        rows = [[one.place, one.rule, one.before, one.after] for one in history.flips]
        first, second = history.compared
        title = f"changed from run {first} to run {second}"
        settings = {run.settings for run in history.runs if run.number in history.compared}
        if len(settings) > 1:
            title += f" ({OTHERWISE})"
        _table(page, title, ["place", "rule", "before", "after"], rows)
    rows = [
        [
            *(one.place, one.day, f"{one.observations:,}", f"{one.failed:,}"),
            *(share(one.echo_lost, one.echo_settled), seconds(one.p99)),
        ]
        for one in _recent(history.trend)
    ]
    _table(
        page, "by day", ["place", "day (UTC)", "observations", "failed", "echo loss", "highest p99"], rows, whole=True
    )
    if history.undated:
        page.line()
        page.line(
            f"{history.undated:,} observation{'' if history.undated == 1 else 's'} not in these lists: no frame, or "
            "times before 2000 or in the future (set the clock of the machine that records)"
        )


def _failures(page: Page, title: str, failing: Sequence[FailingSince]) -> None:
    head = ["place", "rule", "since", "observations", "no longer there", "last", "passed last"]
    rows = [
        [
            *(one.place, one.rule, _minute(one.since), f"{one.observations:,}", f"{one.gone:,}"),
            *(_minute(one.last), _minute(one.passed)),
        ]
        for one in failing
    ]
    if not any(one.gone for one in failing):
        number = head.index("no longer there")
        head.pop(number)
        for row in rows:
            row.pop(number)
    _table(page, title, head, rows)


def _recent(trend: Sequence[TrendDay]) -> list[TrendDay]:
    """The last days of each place."""
    recent: list[TrendDay] = []
    for number, one in enumerate(trend):
        later = trend[number + DAYS : number + DAYS + 1]
        if not later or later[0].place != one.place:
            recent.append(one)
    return recent


def _minute(time: int | None) -> str:
    return NONE if time is None else f"{format_time(time)[:16].replace('T', ' ')}"


def _table(page: Page, title: str, head: list[str], rows: list[list[str]], whole: bool = False) -> None:
    page.line()
    page.line(f"{title}:" if rows else f"{title}: nothing")
    if not rows:
        return
    shown = rows if whole or page.verbose else rows[:SHOWN]
    for number, line in enumerate(aligned([head, *shown])):
        page.command(Text(line, "" if number else "dim"), 2)
    if len(rows) > len(shown):
        page.line(Text(f"and {len(rows) - len(shown):,} more (--verbose shows all)", "dim"), 2)


def history_document(history: History) -> dict[str, Any]:
    """The same as JSON-ready values: times as RFC 3339, durations in seconds."""

    def timed(values: dict[str, Any], *names: str) -> dict[str, Any]:
        return values | {name: None if values[name] is None else format_time(values[name]) for name in names}

    return {
        "runs": [asdict(run) for run in history.runs],
        "failing": [timed(asdict(one), "since", "last", "passed") for one in history.failing],
        "failed_when_there": [timed(asdict(one), "since", "last", "passed") for one in history.failed_when_there],
        "compared": list(history.compared) if history.compared else None,
        "flips": [asdict(one) for one in history.flips],
        "trend": [asdict(one) | {"loss": one.loss} for one in history.trend],
        "undated": history.undated,
    }
