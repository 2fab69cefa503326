"""Demands: what an expectation file or a caller wants beyond rules that hold. A demand that is not met fails a pass.

In: a judgement. Out: a sentence per demand that is not met.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from pcapcheck.capture.record import BAD_CHECKSUM
from pcapcheck.errors import RuleError
from pcapcheck.ruleset.files import pack
from pcapcheck.ruleset.finding import NOT_CHECKED, Finding, passes_now
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.ruleset.variables import suggest
from pcapcheck.table_names import STATE
from pcapcheck.values import clean


class Unmet(Struct, frozen=True):
    """A demand that is not met (``--strict``, ``--require``), and the rule it is about, if it is about a rule."""

    text: str
    rule: str | None = None


def unmet_demands(judgement: Judgement, strict: bool, required: Iterable[str]) -> list[Unmet]:
    """The unmet demands: ``required`` rules that were not checked, and inputs that cannot be used.

    ``strict`` demands that everything can be used and checked. Raises RuleError if ``required`` names an unknown rule.
    """
    return [
        *_missing(judgement.findings, required),
        *_skipped(judgement, strict),
        *(_incomplete(judgement) if strict else ()),
    ]


def _missing(findings: Iterable[Finding], required: Iterable[str]) -> Iterator[Unmet]:
    by_id = {finding.rule.id: finding for finding in findings}
    for name in dict.fromkeys(required):
        if name not in by_id and name in _about_states():
            yield Unmet(
                f"{name} is required, and was not checked: it is about a node's state, and none was given", name
            )
        elif name not in by_id:
            raise RuleError(f"--require {name}: there is no such rule{suggest(name, by_id)}")
        elif by_id[name].status == NOT_CHECKED:
            yield Unmet(f"{name} is required, and was not checked: {by_id[name].reason}", name)


def _about_states() -> frozenset[str]:
    """The rules that are loaded only if there is a state."""
    from pcapcheck.ruleset.load import load_ruleset

    return frozenset(rule.id for rule in load_ruleset([pack(STATE)]).rules)


def _skipped(judgement: Judgement, strict: bool) -> Iterator[Unmet]:
    """Inputs that have to be used but cannot be."""
    for skipped in judgement.skipped:
        if skipped.demanded:
            yield Unmet(skipped.message)
        elif strict and skipped.counts:
            yield Unmet(f"strict: {skipped.message}")


def _incomplete(judgement: Judgement) -> Iterator[Unmet]:
    """What ``strict`` does not let pass: unneeded acceptances, rules not checked, problems of the inputs."""
    for finding in judgement.findings:
        yield from _undetermined(finding)
    for capture in judgement.captures:
        for problem in capture.problems:
            if problem.kind != BAD_CHECKSUM:
                yield Unmet(f"strict: {clean(capture.source.name)}: {problem.message}")
    for line in judgement.not_understood:
        yield Unmet(f"strict: {line}")


def _undetermined(finding: Finding) -> Iterator[Unmet]:
    rule = finding.rule
    if finding.passing:
        yield Unmet(f"strict: {'; '.join(passes_now(finding))}", rule.id)
    needless = rule.severity != "error" or rule.occasional
    if rule.off or (finding.status == NOT_CHECKED and needless and not finding.unknown):
        # A warning without anything to check is no gap: even a failure would not count.
        # Nor is an occasional rule without anything to check, such as DNS in a recording of a ping.
        return
    if finding.status == NOT_CHECKED:
        yield Unmet(f"strict: {rule.id} was not checked: {finding.reason}", rule.id)
    elif finding.unknown:
        rows = f"{finding.unknown} row{'' if finding.unknown == 1 else 's'}"
        yield Unmet(f"strict: {rows} of {rule.id} undetermined: {finding.reason}", rule.id)
