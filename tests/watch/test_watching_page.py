"""docs/watching.md lists the events, their keys and the metrics that there are."""

from __future__ import annotations

import re

import pytest

from pcapcheck.watch.display import Scene
from pcapcheck.watch.watch_event import KINDS, WatchEvent
from tests.support.pages import DOCS

PAGE = (DOCS / "watching.md").read_text()


def rows(header: str) -> list[list[str]]:
    """The rows of the table whose first column is called so."""
    table = PAGE.split(f"\n| {header} |", 1)[1].split("\n\n", 1)[0]
    return [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in table.splitlines()[2:]]


def test_events() -> None:
    assert [name.strip("`") for name, *_ in rows("`event`")] == list(KINDS)


def test_keys_of_events() -> None:
    named = set(re.findall(r"`(\w+)`", " ".join(cells[-1] for cells in rows("`event`"))))
    assert named - {"failure"} == set(WatchEvent.__struct_fields__) - {"event", "clock", "text"}


def test_metrics() -> None:
    pytest.importorskip("prometheus_client", reason="prometheus_client is not installed")
    from tests.watch.test_metrics import scraped, serving, snapshot

    with serving() as metrics:
        metrics.show(Scene(1, 1.0, snapshot(1), {}, ()))
        names = {re.sub(r"_(bucket|count|sum|created)$", "", name) for name, _ in scraped(metrics.address)}
    documented = {name.strip("`") for name, *_ in rows("metric")}
    # Nothing failed and nothing happened.
    assert documented - names == {"pcapcheck_failures", "pcapcheck_events_total"}
    assert names <= documented
