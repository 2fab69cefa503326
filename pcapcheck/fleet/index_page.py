"""The index of a fleet as one HTML page, in the manner of the report of one observation, with a link to each."""

from __future__ import annotations

from pcapcheck.fleet.overview import Overview
from pcapcheck.fleet.overview_text import (
    MARKS,
    WORDS,
    heading,
    mark_of,
    place_rows,
    rule_rows,
    sentence,
)
from pcapcheck.report.formats.html import environment
from pcapcheck.ruleset.finding import FAIL
from pcapcheck.version import __version__

# Rows of each table; the Parquet tables have all.
MOST_ROWS = 200


def index_page(overview: Overview) -> str:
    """The page: what failed where, then the observations, the worst first."""
    rules, places, entries = rule_rows(overview), place_rows(overview), overview.worst
    return (
        environment()
        .get_template("fleet.html")
        .render(
            heading=heading(overview),
            mark=MARKS[FAIL if overview.verdicts[FAIL] else overview.verdict],
            sentence=sentence(overview),
            tables=[
                {"title": "By rule", "head": rules[0], "rows": rules[1 : MOST_ROWS + 1], "more": _more(rules)},
                {"title": "By place", "head": places[0], "rows": places[1 : MOST_ROWS + 1], "more": _more(places)},
            ],
            entries=[
                {
                    "mark": mark_of(entry),
                    "word": WORDS[entry.row.verdict],
                    "name": entry.name,
                    "report": entry.row.report,
                    "headline": entry.headline,
                    "failed": ", ".join(entry.failed),
                }
                for entry in entries
            ],
            more=overview.count - len(entries),
            version=__version__,
        )
    )


def _more(rows: list[list[str]]) -> int:
    return max(0, len(rows) - 1 - MOST_ROWS)
