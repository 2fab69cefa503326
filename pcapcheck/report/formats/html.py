"""HTML: one file without scripts and outside references, with pictures of what happened.

It reads well under a policy that forbids scripts and styles inside the page (Jenkins: sandbox; default-src 'none';
style-src 'self'). Whatever comes from a capture is escaped by Jinja2.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import chain
from typing import IO, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from msgspec import Struct

from pcapcheck.analysis import Analysis
from pcapcheck.report import wording
from pcapcheck.report.build_report import Detail, build_report
from pcapcheck.report.counts import counts
from pcapcheck.report.headline import WARN
from pcapcheck.report.marks import ACCEPTED, FAILED, PASSED, UNCHECKED, WARNED
from pcapcheck.report.model import Explanation, Failure, Report
from pcapcheck.report.pictures.drawn_ladder import DrawnLadder
from pcapcheck.report.pictures.drawn_way import DrawnWay
from pcapcheck.report.pictures.ladder import ladder_of
from pcapcheck.report.pictures.over_time import over_time
from pcapcheck.report.pictures.pictured_exchange import pictured_exchanges
from pcapcheck.report.pictures.way import way
from pcapcheck.report.pod_rows import EVERY, NONE, pod_rows
from pcapcheck.ruleset.finding import FAIL, NOT_CHECKED, PASS
from pcapcheck.values import clean, format_duration, format_time
from pcapcheck.version import __version__

MARKS = {PASS: PASSED, WARN: WARNED, FAIL: FAILED, NOT_CHECKED: UNCHECKED}
# Bytes; a page of more than this is made again with less detail.
MOST_BYTES = 300_000
# Characters of one text; names and comments in captures may be of any length.
CLIPPED, SHORT = 600, 40


class Bounds(Struct, frozen=True):
    """How much a page shows: failures and causes, the lines of each, pods, remarks, files."""

    items: int
    lines: int
    rows: int


FULL, BRIEF, BRIEFEST = Bounds(20, 60, 40), Bounds(8, 30, 20), Bounds(3, 12, 5)
DETAIL = Detail(paths=6)
BARE = Detail(rows=0)


def write_html(analysis: Analysis, stream: IO[str], verbose: bool = False) -> None:
    """The whole report. It stays under 300 kB whatever the capture: long lists end with a count of what is left out."""
    stream.write(page(analysis))


def page(analysis: Analysis) -> str:
    """The report as a page."""
    report = build_report(analysis, DETAIL)
    values = _pictures(analysis, report) | {"digests": list(_digests(report))}
    for bounds in (FULL, BRIEF):
        text = _render("report.html", report, values, bounds)
        if len(text.encode()) <= MOST_BYTES:
            return text
    return _render("report.html", report, values, BRIEFEST)


def cell(analysis: Analysis) -> str:
    """What a notebook shows: verdict, cause, the way of the packet and its ladders."""
    report = build_report(analysis, BARE)
    return _render("cell.html", report, _of_exchanges(analysis), BRIEFEST)


def _render(template: str, report: Report, values: dict[str, Any], bounds: Bounds) -> str:
    return _environment().get_template(template).render(_words(report, bounds), **values)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("pcapcheck.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=False,
        auto_reload=False,
    )
    environment.filters |= {"clip": _clip, "short": _short, "thousands": "{:,}".format, "lasting": format_duration}
    environment.globals["counts"] = counts
    return environment


def _clip(text: str, most: int = CLIPPED) -> str:
    return text if len(text) <= most else f"{text[:most]}…"


def _short(text: str, most: int = SHORT) -> str:
    """A label: cut in the middle, since what tells names apart stands at their ends."""
    half = (most - 1) // 2
    return text if len(text) <= most else f"{text[:half]}…{text[-half:]}"


def _pictures(analysis: Analysis, report: Report) -> dict[str, Any]:
    over = over_time(analysis, list(report.pod_exchanges))
    lasting = format_duration(over.last - over.first) if over else ""
    return _of_exchanges(analysis) | {"over_time": over, "duration": lasting}


def _of_exchanges(analysis: Analysis) -> dict[str, Any]:
    exchanges = pictured_exchanges(analysis)
    gone = way(analysis, exchanges)
    return {
        "way": DrawnWay(gone) if gone else None,
        "ladders": [DrawnLadder(ladder_of(exchange)) for exchange in exchanges],
    }


def _words(report: Report, bounds: Bounds) -> dict[str, Any]:
    every = [explanation for explanation in report.explanations if explanation.rules]
    asked = [{"title": f"unanswered: {sentence}", "lines": lines} for sentence, lines in wording.questions(report)]
    causes = asked + [{"title": f"Why {one.about}", "lines": wording.diagnosis_lines(report, one)} for one in every]
    return {
        "report": report,
        "version": __version__,
        "mark": MARKS[report.heading],
        "title": _clip(report.named(report.headline)),
        "about": list(_about(report)),
        "first": list(_first(report)),
        "demands": wording.few([demand.text for demand in report.demands], "more", bounds.rows, "text has them"),
        "problems": wording.few([*report.notes.skipped, *_problems(report)], "more", bounds.rows // 4, "text has them"),
        "failures": [
            {
                "mark": _mark(failure),
                "id": failure.rule.id,
                "title": f"{failure.rule.title} ({failure.counts})",
                "lines": _few([*wording.failed_rows(report, failure), *_follows(report, failure)], bounds),
            }
            for failure in report.failures[: bounds.items]
        ],
        "more_failures": max(0, len(report.failures) - bounds.items),
        "causes": [one | {"lines": _few(one["lines"], bounds)} for one in causes[: bounds.items]],
        "more_causes": max(0, len(causes) - bounds.items),
        "remarks": wording.few([clean(remark.text) for remark in report.remarks], "more remarks", bounds.items, "text"),
        "paths": report.paths[: bounds.items],
        "pods": _pods(report, bounds.rows),
        "inputs": wording.few(wording.captures(report), "more", bounds.rows, "text has them"),
    }


def _pods(report: Report, most: int) -> dict[str, Any]:
    """The table of pods, without columns in which nothing stands."""
    rows = pod_rows(list(report.pod_exchanges), most)
    named = zip(rows.names, rows.pods, strict=True)
    cells = [[report.named(name), *(show(pod) for _, show in EVERY)] for name, pod in named]
    heads = ["pod", *(title for title, _ in EVERY)]
    kept = [number for number in range(len(heads)) if not number or any(row[number] != NONE for row in cells)]
    return {
        "heads": [heads[number] for number in kept],
        "rows": [[row[number] for number in kept] for row in cells],
        "note": rows.note,
    }


def _few(lines: Sequence[str], bounds: Bounds) -> list[str]:
    return [_clip(line) for line in wording.few(lines, "more lines", bounds.lines, "the text report has them")]


def _mark(failure: Failure) -> str:
    if failure.finding.is_accepted:
        return ACCEPTED
    return FAILED if failure.rule.severity == "error" else WARNED


def _follows(report: Report, failure: Failure) -> Iterator[str]:
    for explanation in report.explanations:
        first, *others = explanation.rules or [""]
        if failure.rule.id in others:
            yield f"it follows from {first}; the cause is given there"


def _about(report: Report) -> Iterator[str]:
    """What stands next to the verdict: rules, when, how long, how many captures."""
    if report.totals.words:
        yield report.totals.words
    if report.first is not None and report.last is not None:
        yield format_time(report.first).partition(".")[0].replace("T", " ").rstrip("Z") + " UTC"
        yield format_duration(report.last - report.first)
    captures = len(report.captures)
    if captures:
        yield f"{captures:,} capture{'' if captures == 1 else 's'}"


def _first(report: Report) -> Iterator[dict[str, Any]]:
    """The cause of the first failure in a sentence, confirmed or suspected, with what to do."""
    for explanation in report.explanations[:1]:
        yield from (_cause(explanation, confirmed=True) if explanation.confirmed else _cause(explanation, False))


def _cause(explanation: Explanation, confirmed: bool) -> Iterator[dict[str, Any]]:
    for suspect in (explanation.confirmed if confirmed else explanation.likeliest)[:1]:
        yield {
            "word": "Confirmed:" if confirmed else "First suspect:",
            "title": suspect.title,
            "because": next(iter(suspect.because), ""),
            "then": "Fix:" if confirmed else "Settle it with",
            "commands": (suspect.fix if confirmed else suspect.confirm)[:2],
        }


def _problems(report: Report) -> Iterator[str]:
    return (f"{clean(one.capture.source.name)}: {line}" for one in report.captures for line in one.problems)


def _digests(report: Report) -> Iterator[tuple[str, str]]:
    """The SHA-256 of each file that a short report names."""
    for file in chain.from_iterable(entry.capture.source.files for entry in report.captures if entry.shown):
        try:
            with file.open("rb") as stream:
                yield clean(str(file)), hashlib.file_digest(stream, "sha256").hexdigest()
        except OSError:
            continue
