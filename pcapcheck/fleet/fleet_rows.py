"""The two tables of a fleet: a row per observation, and a row per observation and rule.

Times are nanoseconds since 1970 (UTC), durations seconds, shares between 0 and 1. ``COLUMNS`` says what each column
holds; the docs show it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import Struct
from msgspec.structs import fields

from pcapcheck.fleet.fleet_observation import Columns

OBSERVATIONS, FINDINGS = "observations", "findings"
TEXT, NUMBER, SHARE, TIME, SECONDS, NUMBERS, TEXTS = "text", "number", "share", "time", "seconds", "numbers", "texts"
# What stands before the columns of a row itself; the names of --group-by follow these.
COMMON = {
    "observation": (TEXT, "path or address of the observation"),
    "run": (NUMBER, "the run that judged it, from 1"),
    "latest": (NUMBER, "1: no later run judged this observation again; else 0"),
}
ERROR = "error"


class ObservationRow(Struct, array_like=True):
    """What an observation came to. ``verdict`` is ``error`` if it could not be judged; ``error`` says why."""

    verdict: str
    exit_code: int
    headline: str
    error: str | None = None
    problem: str | None = None
    files: int = 0
    bytes: int = 0
    captures: int = 0
    frames: int = 0
    first: int | None = None
    last: int | None = None
    hosts: list[str] = []
    rules_checked: int = 0
    rules_failed: int = 0
    warnings: int = 0
    unanswered: int = 0
    skipped: int = 0
    arp_resolutions: int = 0
    arp_unanswered: int = 0
    echo_requests: int = 0
    echo_settled: int = 0
    echo_lost: int = 0
    loss: float | None = None
    rtt_median: float | None = None
    rtt_p99: float | None = None
    dns_queries: int = 0
    dns_lost: int = 0
    report: str | None = None
    unmet: list[str] = []


class FleetFinding(Struct, array_like=True):
    """What a rule came to in an observation, with the first row of its evidence."""

    rule: str
    severity: str
    status: str
    checked: int
    failed: int
    unknown: int
    accepted: int
    reason: str | None
    time: int | None = None
    capture: str | None = None
    interface: str | None = None
    frames: list[int] = []
    expected: str | None = None
    observed: str | None = None
    causes: list[str] = []


class JudgedRows(Struct, array_like=True):
    """The rows of one observation."""

    observation: ObservationRow
    findings: list[FleetFinding] = []


class FleetResult(Struct, frozen=True):
    """An observation as a run judged it; ``latest``: no later run judged it again.

    ``gone``: the latest run that looked where it came from did not find it there.
    """

    name: str
    columns: Columns
    run: int
    latest: bool
    rows: JudgedRows
    gone: bool = False


_HELP = {
    OBSERVATIONS: {
        "verdict": (TEXT, "pass, fail or not-checked, as of analyze; error: it could not be judged"),
        "exit_code": (NUMBER, "the exit code that analyze would have"),
        "headline": (TEXT, "the sentence that heads its report"),
        "error": (TEXT, "why it could not be judged"),
        "problem": (TEXT, "the same in a word: missing, unreadable, damaged, not-a-capture, died, memory …"),
        "files": (NUMBER, "files that belong to it"),
        "bytes": (NUMBER, "their size"),
        "captures": (NUMBER, "captures that were judged"),
        "frames": (NUMBER, "frames in them"),
        "first": (TIME, "time of the first frame"),
        "last": (TIME, "time of the last frame"),
        "hosts": (TEXTS, "machines that a bundle names as those of the captures"),
        "rules_checked": (NUMBER, "rules that had something to check"),
        "rules_failed": (NUMBER, "rules of severity error that failed"),
        "warnings": (NUMBER, "rules of severity warning that failed"),
        "unanswered": (NUMBER, "questions that nobody answered and no rule is about"),
        "skipped": (NUMBER, "inputs that could not be used"),
        "arp_resolutions": (NUMBER, "addresses that pods asked for"),
        "arp_unanswered": (NUMBER, "of these without an answer"),
        "echo_requests": (NUMBER, "echo requests of pods"),
        "echo_settled": (NUMBER, "of these whose end is known, without those of traceroute"),
        "echo_lost": (NUMBER, "of the settled ones without a reply"),
        "loss": (SHARE, "echo_lost by echo_settled"),
        "rtt_median": (SECONDS, "median of the round trip times"),
        "rtt_p99": (SECONDS, "99th percentile of the round trip times, at most 1 % off"),
        "dns_queries": (NUMBER, "DNS questions of pods"),
        "dns_lost": (NUMBER, "of these without an answer"),
        "report": (TEXT, "its page below the output folder, with --html"),
        "unmet": (TEXTS, "demands that were not met: --strict, --require, an expectation file"),
    },
    FINDINGS: {
        "rule": (TEXT, "id of the rule"),
        "severity": (TEXT, "error, warning or info"),
        "status": (TEXT, "pass, fail or not-checked"),
        "checked": (NUMBER, "rows that were checked"),
        "failed": (NUMBER, "of these that failed"),
        "unknown": (NUMBER, "rows that could not be judged"),
        "accepted": (NUMBER, "failed rows that an expectation file accepts"),
        "reason": (TEXT, "why it was not checked, or rows are unknown"),
        "time": (TIME, "time of the first evidence; where there is none, of the observation's first frame"),
        "capture": (TEXT, "capture of the first evidence"),
        "interface": (TEXT, "its interface"),
        "frames": (NUMBERS, "its frames"),
        "expected": (TEXT, "what was expected there"),
        "observed": (TEXT, "what was there"),
        "causes": (TEXTS, "ids of the confirmed causes"),
    },
}
ROWS: dict[str, type[Struct]] = {OBSERVATIONS: ObservationRow, FINDINGS: FleetFinding}
# By table: name -> type and help of each column, in order, without the names of --group-by.
COLUMNS = {
    table: COMMON | {field.name: _HELP[table][field.name] for field in fields(row)} for table, row in ROWS.items()
}
# What no name of --group-by may be.
TAKEN = frozenset(COLUMNS[OBSERVATIONS]) | frozenset(COLUMNS[FINDINGS])


def columns_of(table: str, names: tuple[str, ...]) -> dict[str, str]:
    """Name and type of each column of a table whose observations have these names."""
    types = {name: type_ for name, (type_, _) in COLUMNS[table].items()}
    common = {name: types.pop(name) for name in COMMON}
    return {**common, **dict.fromkeys(names, TEXT), **types}


def rows_in(table: str, result: FleetResult, names: tuple[str, ...]) -> Iterator[list[Any]]:
    """The rows of a result in a table, with the values of these names of the pattern; None where it has none."""
    values = dict(result.columns)
    common = [result.name, result.run, int(result.latest), *(values.get(name) or None for name in names)]
    for row in [result.rows.observation] if table == OBSERVATIONS else result.rows.findings:
        yield [*common, *values_of(row)]


def values_of(row: Struct) -> list[Any]:
    """The cells of a row's own columns, in order."""
    return [getattr(row, name) for name in row.__struct_fields__]


def unjudged_rows(message: str, problem: str, files: int = 0, size: int = 0) -> JudgedRows:
    """The rows of an observation that could not be judged."""
    return JudgedRows(ObservationRow(ERROR, 2, message, message, problem, files, size))
