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
    from pcapcheck.assertion import AssertCapture
    from pcapcheck.ruleset.rule import Rule

SUFFIXES = (".pcapcheck.yaml", ".pcapcheck.yml")
# What an expectation file with ``strict: true`` demands of its recording, as a test beside those of the rules.
RECORDING = "recording"
# So many questions that nobody answered are warned of per file.
QUESTIONS_TOLD = 5


class RuleWarning(UserWarning):
    """A rule of severity warning failed."""


class UnansweredWarning(UserWarning):
    """A question that nobody answered, and that no rule is about."""


class RuleFailed(Exception):
    """A rule, or something else that was demanded, failed; the text says how, ``headline`` in one line."""

    def __init__(self, text: str, headline: str = "") -> None:
        super().__init__(text)
        self.headline = headline or text.partition("\n")[0]


@pytest.fixture(name="pcapcheck")
def pcapcheck_fixture(request: pytest.FixtureRequest) -> AssertCapture:
    """``pcapcheck("ping.pcap", rules=…, require=…)`` fails the test unless the capture holds what the rules say.

    Names that are not found from the working directory are looked for beside the test.
    """
    from pcapcheck.assertion import AssertCapture

    return AssertCapture(request.path.parent, _evidence_folder(request.config, request.node.nodeid))


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
    """What was skipped is told with its place in the expectation file, not with ours.

    What was accepted and passes now is an unexpected pass, as where pytest's own mark says xfail.
    """
    report = yield
    if isinstance(item, ExpectationTest) and report.skipped and isinstance(report.longrepr, tuple):
        path, line, _ = item.reportinfo()
        report.longrepr = (str(path), line + 1, report.longrepr[2])
    if isinstance(item, RuleTest) and report.passed and report.when == "call" and item.passes_now:
        report.wasxfail = item.passes_now
    return report


def _evidence_folder(config: pytest.Config, nodeid: str) -> Path | None:
    """The folder for the evidence of one file or test, where evidence is to be kept."""
    given = config.getoption("--pcapcheck-evidence")
    base = Path(given).absolute() if given else None
    if base is None and (said := config.getini("pcapcheck_evidence")):
        base = config.rootpath / said
    return base and base / re.sub(r"[^\w.-]+", "-", nodeid).strip("-.")


class ExpectationFile(pytest.File):
    """An expectation file; its recording is judged once, when the first of its tests runs."""

    _has_captures = True
    _outcome: Analysis | Exception | None = None
    _has_warned = False
    _lost_told = False

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
    def outcome(self) -> Analysis:
        """What the recording came to.

        That nothing could be judged, and why, is raised for the first test that asks; the others are skipped.
        """
        from pcapcheck.ruleset.finding import NOT_CHECKED

        if self._outcome is None:
            try:
                self._outcome = self._judge()
                if self._outcome.verdict == NOT_CHECKED:
                    reasons = dict.fromkeys(one.reason for one in self._outcome.findings)
                    raise RuleFailed("\n".join([f"nothing of {self.path.name} could be checked:", *reasons]))
            except (RuleFailed, PcapcheckError) as error:
                self._outcome = error
                raise
        if isinstance(self._outcome, Exception):
            pytest.skip("nothing could be judged, as the first test of this file says")
        return self._outcome

    def warn_once(self, test: RuleTest) -> None:
        """Let the first test that asks tell of the questions that nobody answered."""
        asked_in_vain = () if self._has_warned else self.outcome.asked_in_vain
        self._has_warned = True
        for one in asked_in_vain[:QUESTIONS_TOLD]:
            test.warn(UnansweredWarning(f"{one.sentence} ({one.often})"))

    def lost(self) -> list[str]:
        """What of the recording could not be used, for the first test that asks.

        With ``strict: true`` there is a test of its own for it.
        """
        if self._lost_told or self.outcome.strict:
            return []
        self._lost_told = True
        return [one.message for one in self.outcome.skipped if one.demanded]

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
        """Where it stands; lines count from 0."""
        return self.path, 0, self.name

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if not isinstance(excinfo.value, (RuleFailed, PcapcheckError)):
            return super().repr_failure(excinfo, style)
        # In pytest's own form: its summary quotes the message, and pytest-xdist hands it on.
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
        # That an acceptance accepts nothing any more, once that is known.
        self.passes_now = ""
        if rule.off:
            self.add_marker(pytest.mark.skip(reason=f"switched off: {rule.adjusted}"))

    def reportinfo(self) -> tuple[Path, int, str]:
        """Of a rule of the file's own its line."""
        own = Path(self.rule.file).resolve() == self.path.resolve()
        return self.path, self.rule.line - 1 if own else 0, self.name

    def runtest(self) -> None:
        from pcapcheck.report.accepted import accepted
        from pcapcheck.report.wording import failure, summary
        from pcapcheck.ruleset.finding import FAIL, NOT_CHECKED, passes_now

        outcome = self.parent.outcome
        self.parent.warn_once(self)
        finding = next(one for one in outcome.findings if one.rule.id == self.rule.id)
        missing = [one.text for one in outcome.unmet if one.rule == self.rule.id]
        lost = self.parent.lost()
        said = summary(outcome, finding)
        if finding.status == FAIL and finding.rule.severity == "error":
            raise RuleFailed("\n".join([*lost, *failure(outcome, finding)]), said)
        if lost or missing:
            raise RuleFailed("\n".join([*lost, *missing]))
        if finding.is_accepted:
            self.add_report_section("call", "accepted", "\n".join(failure(outcome, finding)))
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
    """That everything of the recording could be read."""

    def runtest(self) -> None:
        of_none = [one.text for one in self.parent.outcome.unmet if one.rule is None]
        if of_none:
            raise RuleFailed("\n".join(of_none))
