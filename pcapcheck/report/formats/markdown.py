"""Markdown for a job summary or a ticket, in the flavour of GitHub (GFM), which GitLab and others read too.

Whatever comes from a capture or its name stands in code, so that it makes no links, mentions, HTML or table cells.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import IO

from pcapcheck.analysis import Analysis
from pcapcheck.report import wording
from pcapcheck.report.counts import counts, totals
from pcapcheck.report.headline import WARN, headed, heading
from pcapcheck.ruleset.finding import FAIL, NOT_CHECKED, PASS, Finding, ordered
from pcapcheck.version import __version__

# Of a pass in spite of an accepted failure.
ACCEPTED = "☑️"
MARKS = {PASS: "✅", WARN: "⚠️", FAIL: "❌", NOT_CHECKED: "❔"}
# Words and short numbers; anything else may mean something to a renderer.
HARMLESS = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*|\d{1,6}(?:\.\d{1,3})?|[%–—…]")
# What may stand around either.
AROUND = re.compile(r"(\(?)(.*?)((?:'s?)?[).,;:?]*)", re.DOTALL)


def write_markdown(outcome: Analysis, stream: IO[str], verbose: bool = False) -> None:
    """The verdict, a table of the rules, each failure with its evidence and why, and why questions got no answer.

    Long lists are shortened unless ``verbose``.
    """
    for line in _lines(outcome, verbose):
        stream.write(f"{line}\n")


def prose(text: str) -> str:
    """Text whose words stay words, and whose addresses, names and commands are code."""
    # What stands before, inside and after each run of code; words are their own run, with nothing inside.
    runs: list[tuple[str, str, str]] = []
    for word in text.split():
        before, core, after = AROUND.fullmatch(word).groups("")  # type: ignore[union-attr]
        begins_list = not runs and core.isdigit() and after
        if not core or (HARMLESS.fullmatch(core) and not begins_list):
            runs.append((word, "", ""))
        elif runs and runs[-1][1] and not runs[-1][2] and not before:
            runs[-1] = (runs[-1][0], f"{runs[-1][1]} {core}", after)
        else:
            runs.append((before, core, after))
    return " ".join(f"{before}{_code(core) if core else ''}{after}" for before, core, after in runs)


def block(lines: list[str]) -> list[str]:
    """Lines as they are, in a block of code that none of them ends."""
    fence = _fence("\n".join(lines), 3)
    return [f"{fence}text", *lines, fence]


def _lines(outcome: Analysis, verbose: bool) -> Iterator[str]:
    kind = heading(outcome)
    mark = ACCEPTED if kind == PASS and outcome.accepted else MARKS[kind]
    yield f"## {mark} {headed(outcome)}: {prose(wording.verdict(outcome))}"
    yield ""
    if outcome.findings:
        yield f"- {totals(outcome).words}"
    for line in wording.captures(outcome, verbose):
        yield f"- {prose(line)}"
    for line in wording.problems(outcome, verbose):
        yield f"- ⚠️ {prose(line)}"
    for demand in wording.some([one.text for one in outcome.unmet], "more demands that are not met", verbose):
        yield f"- ❌ {prose(demand)}"
    findings = ordered(outcome.findings)
    failed = [one for one in findings if one.status == FAIL]
    yield from _table("Failed", [one for one in failed if one.rule.severity == "error"], folded=False)
    yield from _table("Warnings", [one for one in failed if one.rule.severity == "warning"], folded=False)
    noted = [one for one in failed if one.rule.severity == "info"]
    yield from _table("Accepted", [one for one in noted if one.is_accepted], folded=False)
    yield from _table("For information", [one for one in noted if not one.is_accepted], folded=False)
    for one in failed:
        yield ""
        yield f"### {one.rule.id}: {prose(wording.summary(outcome, one))}"
        yield ""
        yield from block(wording.failure(outcome, one))
    for sentence, why in wording.questions(outcome):
        yield ""
        yield f"### unanswered: {prose(sentence)}"
        yield ""
        yield from block(why)
    yield from _table("Passed", [one for one in findings if one.status == PASS], folded=True)
    yield from _table("Not checked", [one for one in findings if one.status == NOT_CHECKED], folded=True)
    yield ""
    yield f"<sub>pcapcheck {__version__}</sub>"


def _table(title: str, findings: list[Finding], folded: bool) -> Iterator[str]:
    if not findings:
        return
    yield ""
    yield f"<details><summary>{title}: {len(findings)}</summary>" if folded else f"{title}: {len(findings)}"
    yield ""
    yield f"| rule | severity | what must hold | {'why' if findings[0].status == NOT_CHECKED else 'result'} |"
    yield "|---|---|---|---|"
    for one in findings:
        yield f"| {' | '.join(_cells(one))} |"
    if folded:
        yield ""
        yield "</details>"


def _cells(finding: Finding) -> Iterable[str]:
    rule = finding.rule
    result = finding.reason if finding.status == NOT_CHECKED else counts(finding)
    adjusted = f" ({rule.adjusted})" if rule.adjusted and not rule.off else ""
    cells = (rule.id, prose(rule.severity + adjusted), prose(rule.title), prose(result))
    # A bar ends a cell even inside code.
    return [one.replace("|", "\\|") for one in cells]


def _code(text: str) -> str:
    fence = _fence(text, 1)
    inner = f" {text} " if text.startswith("`") or text.endswith("`") else text
    return f"{fence}{inner}{fence}"


def _fence(text: str, least: int) -> str:
    """So many backticks that none in the text end what they enclose."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    return "`" * max(least, longest + 1)
