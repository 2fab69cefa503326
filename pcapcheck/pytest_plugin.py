"""The pytest plugin: a fixture that judges captures, and ``*.pcapcheck.yaml`` files collected as tests, one per rule.

pytest loads it in every run where pcapcheck is installed, so nothing heavy is imported before a test needs it.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from _pytest._code.code import ExceptionChainRepr, ReprEntryNative, ReprFileLocation, ReprTraceback

from pcapcheck.errors import PcapcheckError

if TYPE_CHECKING:
    from pcapcheck.analysis import Analysis
    from pcapcheck.assertion import AssertCapture, RecordTraffic
    from pcapcheck.ruleset.rule import Rule

SUFFIXES = (".pcapcheck.yaml", ".pcapcheck.yml")
# What an expectation file with ``strict: true`` demands of its recording, as a test next to those of the rules.
RECORDING = "recording"
# Most warnings per file about questions that nobody answered.
MOST_QUESTIONS = 5


class RuleWarning(UserWarning):
    """A rule of severity warning failed."""


class UnansweredWarning(UserWarning):
    """Nobody answered a question that no rule is about."""


class RuleFailed(Exception):
    """A rule or a demand failed; the text says how, ``headline`` in one line."""

    def __init__(self, text: str, headline: str = "") -> None:
        super().__init__(text)
        self.headline = headline or text.partition("\n")[0]


@pytest.fixture(name="pcapcheck")
def pcapcheck_fixture(request: pytest.FixtureRequest) -> AssertCapture:
    """``pcapcheck("ping.pcap", rules=…, require=…)`` fails the test unless the capture holds what the rules say.

    Names that are not found from the working directory are looked for next to the test.
    """
    from pcapcheck.assertion import AssertCapture

    return AssertCapture(request.path.parent, _evidence_folder(request.config, request.node.nodeid))


@pytest.fixture(name="pcapcheck_record")
def pcapcheck_record_fixture(request: pytest.FixtureRequest) -> RecordTraffic:
    """``with pcapcheck_record("netns:pod-a", "netns:pod-b") as recording: …`` fails the test unless the rules hold.

    Its words are those of ``pcapcheck.record``, and ``require`` and ``strict``. With ``--pcapcheck-evidence`` what was
    recorded is kept next to the evidence.
    """
    from pcapcheck.assertion import RecordTraffic

    return RecordTraffic(_evidence_folder(request.config, request.node.nodeid))


def pytest_addoption(parser: pytest.Parser) -> None:
    help_ = "folder for what shows failures of pcapcheck's rules: a small pcapng per rule, in a folder per file or test"
    parser.getgroup("pcapcheck").addoption("--pcapcheck-evidence", metavar="DIR", help=help_)
    parser.addini("pcapcheck_evidence", f"{help_}; relative to the root", type="string", default="")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "pcapcheck: a rule of a *.pcapcheck.yaml file")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> ExpectationFile | None:
    if file_path.name.endswith(SUFFIXES):
        return ExpectationFile.from_parent(parent, path=file_path)
    return None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Report a skipped rule with its place in the expectation file, not with a line of this module.

    A rule that was accepted and passes now is an unexpected pass, as with pytest's own xfail mark.
    """
    report = yield
    if isinstance(item, ExpectationTest) and report.skipped and isinstance(report.longrepr, tuple):
        path, line, _ = item.reportinfo()
        report.longrepr = (str(path), line + 1, report.longrepr[2])
    if isinstance(item, RuleTest) and report.passed and report.when == "call" and item.passes_now:
        report.wasxfail = item.passes_now
    return report


def _evidence_folder(config: pytest.Config, nodeid: str) -> Path | None:
    """The folder for the evidence of a file or test, if evidence is to be kept."""
    given = config.getoption("--pcapcheck-evidence")
    base = Path(given).absolute() if given else None
    if base is None and (said := config.getini("pcapcheck_evidence")):
        base = config.rootpath / said
    return base and base / re.sub(r"[^\w.-]+", "-", nodeid).strip("-.")


class ExpectationFile(pytest.File):
    """An expectation file; its recording is judged once, when the first of its tests runs."""

    _has_captures = True
    _analysis: Analysis | Exception | None = None
    _has_warned = False
    _has_listed_lost = False

    def collect(self) -> Iterator[RuleTest | RecordingTest]:
        from pcapcheck.ruleset.load import load_ruleset

        try:
            ruleset = load_ruleset([self.path])
        except PcapcheckError as error:
            raise self.CollectError(str(error)) from None
        if not ruleset.recording.captures and not ruleset.recording.node_state:
            raise self.CollectError(f"{self.path}: names no recording; write captures: FILE")
        self._has_captures = bool(ruleset.recording.captures)
        self.add_marker("pcapcheck")
        if ruleset.strict:
            yield RecordingTest.from_parent(self, name=RECORDING)
        for rule in ruleset.rules:
            yield RuleTest.from_parent(self, name=rule.id, rule=rule)

    @property
    def analysis(self) -> Analysis:
        """The analysis of the recording.

        If nothing could be judged, the first test that asks raises the reason; the others are skipped.
        """
        from pcapcheck.ruleset.finding import NOT_CHECKED

        if self._analysis is None:
            try:
                self._analysis = self._judge()
                if self._analysis.verdict == NOT_CHECKED:
                    reasons = dict.fromkeys(finding.reason for finding in self._analysis.findings)
                    raise RuleFailed("\n".join([f"nothing of {self.path.name} could be checked:", *reasons]))
            except (RuleFailed, PcapcheckError) as error:
                self._analysis = error
                raise
        if isinstance(self._analysis, Exception):
            pytest.skip("nothing could be judged, as the first test of this file says")
        return self._analysis

    def warn_once(self, test: RuleTest) -> None:
        """Let the first test that asks warn about questions that nobody answered."""
        asked_in_vain = () if self._has_warned else self.analysis.asked_in_vain
        self._has_warned = True
        for question in asked_in_vain[:MOST_QUESTIONS]:
            test.warn(UnansweredWarning(f"{question.sentence} ({question.often})"))

    def lost(self) -> list[str]:
        """The inputs of the recording that cannot be used, for the first test that asks.

        With ``strict: true`` a test of its own says so.
        """
        if self._has_listed_lost or self.analysis.strict:
            return []
        self._has_listed_lost = True
        return [skipped.message for skipped in self.analysis.skipped if skipped.demanded]

    def _judge(self) -> Analysis:
        from pcapcheck.pipeline import analyze, analyze_state

        analysis = (analyze if self._has_captures else analyze_state)(rules=self.path)
        folder = _evidence_folder(self.config, self.nodeid)
        if folder is not None:
            analysis.write_evidence(folder)
        return analysis


class ExpectationTest(pytest.Item):
    """One test of an expectation file."""

    parent: ExpectationFile

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where the test is; lines count from 0."""
        return self.path, 0, self.name

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if not isinstance(excinfo.value, (RuleFailed, PcapcheckError)):
            return super().repr_failure(excinfo, style)
        # In the form of pytest: its summary quotes the message, and pytest-xdist passes it on.
        text = str(excinfo.value)
        headline = excinfo.value.headline if isinstance(excinfo.value, RuleFailed) else text.partition("\n")[0]
        path, line, _ = self.reportinfo()
        traceback = ReprTraceback([ReprEntryNative([f"{text}\n"])], None, "native")
        return ExceptionChainRepr([(traceback, ReprFileLocation(str(path), line + 1, headline), None)])


class RuleTest(ExpectationTest):
    """One rule on the recording of its file."""

    def __init__(self, *, rule: Rule, **more: Any) -> None:
        super().__init__(**more)
        self.rule = rule
        # Says that an acceptance accepts nothing any more, if so.
        self.passes_now = ""
        if rule.off:
            self.add_marker(pytest.mark.skip(reason=f"switched off: {rule.adjusted}"))

    def reportinfo(self) -> tuple[Path, int, str]:
        """The line of the rule, if the expectation file itself defines it."""
        own = Path(self.rule.file).resolve() == self.path.resolve()
        return self.path, self.rule.line - 1 if own else 0, self.name

    def runtest(self) -> None:
        from pcapcheck.report.accepted import accepted
        from pcapcheck.report.wording import failure, summary
        from pcapcheck.ruleset.finding import FAIL, NOT_CHECKED, passes_now

        analysis = self.parent.analysis
        self.parent.warn_once(self)
        finding = next(finding for finding in analysis.findings if finding.rule.id == self.rule.id)
        missing = [demand.text for demand in analysis.unmet if demand.rule == self.rule.id]
        lost = self.parent.lost()
        said = summary(analysis, finding)
        if finding.status == FAIL and finding.rule.severity == "error":
            raise RuleFailed("\n".join([*lost, *failure(analysis, finding)]), said)
        if lost or missing:
            raise RuleFailed("\n".join([*lost, *missing]))
        if finding.is_accepted:
            self.add_report_section("call", "accepted", "\n".join(failure(analysis, finding)))
            pytest.xfail(f"{said}; {'; '.join(accepted(finding))}")
        if finding.status == FAIL:
            if finding.rule.severity == "warning":
                self.warn(RuleWarning(f"{self.rule.id}: {said}"))
            self.add_report_section("call", finding.rule.severity, f"{self.rule.id}: {said}")
        if finding.status == NOT_CHECKED:
            pytest.skip(finding.reason)
        self.passes_now = "; ".join(passes_now(finding))
        if self.passes_now and self.config.getini("xfail_strict"):
            raise RuleFailed(f"[XPASS(strict)] {self.passes_now}")


class RecordingTest(ExpectationTest):
    """Checks that everything of the recording could be read."""

    def runtest(self) -> None:
        of_none = [demand.text for demand in self.parent.analysis.unmet if demand.rule is None]
        if of_none:
            raise RuleFailed("\n".join(of_none))
