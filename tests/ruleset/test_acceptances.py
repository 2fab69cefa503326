"""Accepted failures: which rows, until when, and what is said once they pass."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pcapcheck import Analysis, RuleError, analyze
from pcapcheck.cli.main import main
from pcapcheck.ruleset import judge
from pcapcheck.ruleset.finding import Finding
from pcapcheck.ruleset.load import load_ruleset
from tests.support.lab import FIXTURES

LAB = FIXTURES / "lab" / "captures"
HEALTHY = LAB / "healthy" / "cali14e7d81007d.pcap"
DEAF = LAB / "proxy-arp-off" / "cali14e7d81007d.pcap"
# Three of the echoes get no reply, and have different numbers.
LOSSY = LAB / "loss" / "cali14e7d81007d.pcap"
RULE = "gateway-arp-answered"

Accept = Callable[..., Path]


@pytest.fixture
def accept(tmp_path: Path) -> Accept:
    """Writes an expectation file that accepts failures, each given as the inside of a YAML map."""

    def write(*entries: str, more: str = "") -> Path:
        path = tmp_path / "x.pcapcheck.yaml"
        lines = "".join(f"  - {{{entry}}}\n" for entry in entries)
        path.write_text(f"extends: calico\n{more}accept:\n{lines}")
        return path

    return write


def run(rules: Path, capture: Path, *options: str) -> Result:
    return CliRunner().invoke(main, ["analyze", "--rules", str(rules), str(capture), *options])


def applied(analysis: Analysis, rule: str = RULE) -> list[tuple[str, int]]:
    (finding,) = (finding for finding in analysis.findings if finding.rule.id == rule)
    return [(applied.status, applied.rows) for applied in finding.applied]


def test_only_rows_that_match_are_accepted(accept: Accept) -> None:
    mine = run(accept(f"rule: {RULE}, where: {{asker_ip: 10.244.1.10}}, reason: NET-1"), DEAF)
    assert (mine.exit_code, mine.output.startswith("PASS WITH 1 ACCEPTED FAILURE ")) == (0, True)
    other = run(accept(f"rule: {RULE}, where: {{asker_ip: 10.244.1.99}}, reason: NET-1"), DEAF)
    assert (other.exit_code, other.output.startswith("FAIL  ")) == (1, True)
    assert f"nothing here is what the acceptance of {RULE} is about" in other.output


def test_a_row_whose_columns_are_unknown_still_fails(accept: Accept) -> None:
    """Nobody answered, so there is no MAC to compare."""
    path = accept(f"rule: {RULE}, where: {{reply_mac: 'ee:ee:ee:ee:ee:ee'}}, reason: NET-1")
    assert run(path, DEAF).exit_code == 1


def test_late_columns_bound_too(accept: Accept) -> None:
    assert run(accept(f"rule: {RULE}, where: {{interface: cali14e7d81007d}}, reason: NET-1"), DEAF).exit_code == 0
    assert run(accept(f"rule: {RULE}, where: {{interface: cali00000000000}}, reason: NET-1"), DEAF).exit_code == 1


def test_the_other_rows_still_fail(accept: Accept) -> None:
    every = found(analyze(LOSSY, rules=accept_seq(accept, "{ge: 0}")))
    assert every.failed > 1
    lost = every.evidence[0].row["seq"]
    path = accept_seq(accept, str(lost))
    analysis = analyze(LOSSY, rules=path)
    finding = found(analysis)
    assert analysis.verdict == "fail"
    assert (finding.failed, finding.accepted) == (every.failed, 1)
    # What is accepted is no evidence against the rule, nor counted in its sentence.
    assert lost not in [evidence.row["seq"] for evidence in finding.evidence]
    done = run(path, LOSSY)
    assert done.output.startswith("FAIL WITH 1 ACCEPTED FAILURE ")
    assert f"({every.failed - 1} of {finding.checked})" in done.output.splitlines()[0]
    assert f"({every.failed - 1} of {finding.checked} failed, 1 accepted, " in done.output


def accept_seq(accept: Accept, seq: str) -> Path:
    return accept(f"rule: echo-answered, where: {{seq: {seq}}}, reason: NET-1")


def found(analysis: Analysis, rule: str = "echo-answered") -> Finding:
    return next(finding for finding in analysis.findings if finding.rule.id == rule)


def test_its_last_day_is_inclusive(accept: Accept, monkeypatch: pytest.MonkeyPatch) -> None:
    path = accept(f"rule: {RULE}, until: 2027-01-31, reason: NET-1")
    monkeypatch.setattr(judge, "today", lambda: datetime.date(2027, 1, 31))
    done = run(path, DEAF)
    assert done.exit_code == 0
    assert f"accepted until 2027-01-31: NET-1 ({path}:3)" in done.output
    monkeypatch.setattr(judge, "today", lambda: datetime.date(2027, 2, 1))
    done = run(path, DEAF)
    assert done.exit_code == 1
    assert f"; its acceptance expired on 2027-01-31 ({path}:3)" in done.output.splitlines()[0]
    assert "ACCEPTED" not in done.output


def test_no_causes_of_what_is_accepted(accept: Accept) -> None:
    analysis = analyze(DEAF, rules=accept(f"rule: {RULE}, reason: NET-1"))
    assert analysis.diagnoses == []


def test_said_once_it_passes(accept: Accept) -> None:
    path = accept(f"rule: {RULE}, reason: NET-1")
    done = run(path, HEALTHY)
    assert done.exit_code == 0
    assert done.output.startswith(f"WARN  {RULE} passes now, remove its acceptance ({path}:3)")
    assert run(path, HEALTHY, "--strict").exit_code == 1


def test_an_adjustment_likewise(accept: Accept, tmp_path: Path) -> None:
    path = tmp_path / "y.yaml"
    path.write_text(f"extends: calico\nadjust:\n  {RULE}: {{severity: info, reason: NET-1}}\n")
    assert f"{RULE} passes now, remove its adjustment ({path}:3)" in run(path, HEALTHY).output.splitlines()[0]


def test_not_said_of_what_was_not_checked(accept: Accept) -> None:
    analysis = analyze(DEAF, rules=accept("rule: echo-answered, where: {dst: 10.244.1.11}, reason: NET-1"))
    assert applied(analysis, "echo-answered") == [("undecided", 0)]
    assert "passes now" not in run(accept("rule: echo-answered, reason: NET-1"), DEAF).output


def test_rows_accepted_twice_need_both(accept: Accept) -> None:
    first, second = (f"rule: {RULE}, where: {{{where}}}, reason: NET-1" for where in ("attempts: 3", "family: 4"))
    assert applied(analyze(DEAF, rules=accept(first, second))) == [("accepts", 1), ("accepts", 1)]


def test_what_rows_come_to_together_is_accepted_whole(accept: Accept) -> None:
    rule = "rules: [{id: none-lost, select: {table: echo}, expect: {replied: true}, ratio: {ge: 100%}}]\n"
    done = run(accept("rule: none-lost, reason: NET-1", "rule: echo-answered, reason: NET-2", more=rule), LOSSY)
    assert done.exit_code == 0
    assert done.output.startswith("PASS WITH 2 ACCEPTED FAILURES ")
    with pytest.raises(RuleError, match=r"x.pcapcheck.yaml:4:23: 'none-lost' judges its rows together"):
        analyze(LOSSY, rules=accept("rule: none-lost, where: {seq: 1}, reason: NET-1", more=rule))


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (f"rule: {RULE}, until: 2027-02-30, reason: x", r":3:41: until '2027-02-30' is no date; write the last day"),
        (f"rule: {RULE}, until: tomorrow, reason: x", "until 'tomorrow' is no date"),
        (f"rule: {RULE}, until: 20270131, reason: x", "until '20270131' is no date"),
        (f"rule: {RULE}", "needs the key 'reason'"),
        (f"rule: {RULE}, reason: ''", "say why"),
        (f"rule: {RULE}, whre: {{}}, reason: x", "did you mean 'where'"),
        (f"rule: {RULE}, where: {{asker: 10.0.0.1}}, reason: x", "asker"),
        ("rule: gateway-arp-answred, reason: x", "there is no rule 'gateway-arp-answred'; did you mean"),
    ],
)
def test_nonsense(entry: str, said: str, accept: Accept) -> None:
    with pytest.raises(RuleError, match=said):
        load_ruleset([accept(entry)])


def test_twice_the_same(accept: Accept) -> None:
    with pytest.raises(RuleError, match=rf":4:5: every failure of '{RULE}' is accepted already, in .*:3"):
        load_ruleset([accept(f"rule: {RULE}, reason: x", f"rule: {RULE}, reason: y")])
    adjusted = f"adjust: {{{RULE}: {{severity: info, reason: x}}}}\n"
    with pytest.raises(RuleError, match="is adjusted to info already"):
        load_ruleset([accept(f"rule: {RULE}, reason: x", more=adjusted)])
