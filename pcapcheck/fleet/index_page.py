"""The index of a fleet as one HTML page, in the manner of the report of one observation, with a link to each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pcapcheck.fleet.fleet_rows import ERROR
from pcapcheck.fleet.overview import Entry, Overview
from pcapcheck.fleet.overview_text import (
    MARKS,
    heading,
    mark_of,
    place_rows,
    rule_rows,
    sentence,
)
from pcapcheck.report.formats.html import environment
from pcapcheck.ruleset.finding import FAIL, NOT_CHECKED, PASS
from pcapcheck.version import __version__

# Rows of each table; the Parquet tables have all.
MOST_ROWS = 200
# Characters of a headline in a list that is folded: what passed says little that is new.
CLIPPED = 160
# Rules that are named with an observation; its report has all.
MOST_RULES = 5
# The lists of observations: anchor, title, and whether it is folded until somebody wants it.
LISTS = (
    ("failed", "Failed", False),
    ("unjudged", "Could not be judged", False),
    ("warned", "Passed, with warnings", False),
    ("unchecked", "Not checked", True),
    ("passed", "Passed", True),
)


def index_page(overview: Overview) -> str:
    """The page: the observations, the worst first, with a link to each; then what failed by rule and by place."""
    rules, places = rule_rows(overview), place_rows(overview)
    entries = overview.worst
    return (
        environment()
        .get_template("fleet.html")
        .render(
            heading=heading(overview),
            mark=MARKS[FAIL if overview.verdicts[FAIL] else overview.verdict],
            sentence=sentence(overview),
            lists=list(_lists(overview, entries)),
            tables=[
                _table("rules", "By rule", rules),
                _table("places", "By place", places),
            ],
            version=__version__,
        )
    )


def _lists(overview: Overview, entries: list[Entry]) -> Iterable[dict[str, Any]]:
    by_list: dict[str, list[Entry]] = {}
    for entry in entries:
        by_list.setdefault(_list_of(entry), []).append(entry)
    counts = overview.verdicts
    passed = counts[PASS] - overview.warned
    totals = (counts[FAIL], counts[ERROR], overview.warned, counts[NOT_CHECKED], passed)
    for (anchor, title, folded), total in zip(LISTS, totals, strict=True):
        some = by_list.get(anchor, [])
        if total:
            rows = [_row(entry, CLIPPED if folded else None) for entry in some]
            yield {"id": anchor, "title": title, "folded": folded, "total": total, "rows": rows}


def _list_of(entry: Entry) -> str:
    if entry.row.verdict == PASS:
        return "warned" if entry.row.warnings else "passed"
    return {FAIL: "failed", ERROR: "unjudged", NOT_CHECKED: "unchecked"}[entry.row.verdict]


def _row(entry: Entry, most: int | None) -> dict[str, Any]:
    headline = entry.headline
    return {
        "mark": mark_of(entry),
        "name": entry.name,
        "report": entry.row.report,
        "headline": headline if most is None or len(headline) <= most else f"{headline[:most]}…",
        "failed": ", ".join(entry.failed[:MOST_RULES]) + (" …" if len(entry.failed) > MOST_RULES else ""),
    }


def _table(anchor: str, title: str, rows: list[list[str]]) -> dict[str, Any]:
    more = max(0, len(rows) - 1 - MOST_ROWS)
    return {"id": anchor, "title": title, "head": rows[0], "rows": rows[1 : MOST_ROWS + 1], "more": more}
