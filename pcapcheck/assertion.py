"""Assert on captures from Python tests: the failure shows the line of the test, and what the capture shows."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from glob import has_magic, iglob
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pcapcheck.errors import PcapcheckError
from pcapcheck.given import Input, Inputs, Names, each, paths

if TYPE_CHECKING:
    import pytest

    from pcapcheck.analysis import Analysis
    from pcapcheck.recording.live_recording import LiveRecording


class AssertCapture:
    """Judges captures and raises AssertionError unless the rules hold.

    ``folder``: where to look for files that are not found from the working directory.
    ``evidence``: the folder that gets a small pcapng per failed rule; the second call writes to ``2`` in it, and so on.
    """

    def __init__(self, folder: Path | None = None, evidence: Path | None = None) -> None:
        self.folder = folder
        self.evidence = evidence
        self._judged = 0

    def __call__(
        self,
        *captures: Input,
        rules: Names | None = None,
        require: str | Iterable[str] = (),
        strict: bool = False,
        variables: Mapping[str, str] | None = None,
        interfaces: Mapping[str, str] | None = None,
        node_state: Inputs | None = None,
        pods: Inputs | None = None,
        pack: str | None = None,
    ) -> Analysis:
        """Judge ``captures`` as one observation and return the analysis.

        ``require``: rules that must have been checked; ``strict``: everything must have been. ``interfaces`` say on
        which interface a capture was recorded (FILE or FILE#IFINDEX: name). The rest is as for ``analyze``.

        Raises AssertionError if a rule of severity error failed, a demand is not met, an input that was named cannot
        be used, or nothing could be checked; PcapcheckError if nothing can be judged at all.
        """
        __tracebackhide__ = _is_ours
        from pcapcheck.links.scope import Scope, parse_interface_names
        from pcapcheck.pipeline import analyze
        from pcapcheck.report.exit import exit_code

        try:
            names = parse_interface_names(tuple(f"{file}={name}" for file, name in (interfaces or {}).items()))
            analysis = analyze(
                *map(self._find, captures),
                rules=self._names(rules),
                variables=variables,
                scope=Scope(names),
                node_state=self._files(node_state),
                pods=self._files(pods),
                pack=pack,
            )
            # A test is about exactly these files: it must not pass without one of them.
            analysis = analysis.demand(strict, [require] if isinstance(require, str) else require, every_input=True)
            self._judged += 1
            if self.evidence is not None:
                analysis.write_evidence(self.evidence / (str(self._judged) if self._judged > 1 else ""))
        except PcapcheckError as error:
            # Raised again from here, so that the test's line is the last one shown.
            again = type(error)(str(error))
            again.__dict__.update(error.__dict__)
            raise again from None
        if exit_code(analysis) != 0:
            raise AssertionError("\n".join(_lines(analysis)))
        return analysis

    def _names(self, given: Names | None) -> list[Path] | None:
        return None if given is None else [self._path(path) for path in paths(given)]

    def _files(self, given: Inputs | None) -> list[Input] | None:
        return None if given is None else [self._find(file) for file in each(given)]

    def _find(self, file: Input) -> Input:
        return self._path(Path(file)) if isinstance(file, (str, os.PathLike)) else file

    def _path(self, path: Path) -> Path:
        if self.folder is None or _is_there(path):
            return path
        return self.folder / path if _is_there(self.folder / path) else path


class RecordTraffic:
    """Records what a test does, and raises AssertionError behind that unless the rules hold.

    ``folder`` gets what was recorded, and a small pcapng per failed rule; the second recording goes to ``2`` in it.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder
        self._recorded = 0

    @contextmanager
    def __call__(
        self,
        first: str,
        second: str | None = None,
        *,
        require: str | Iterable[str] = (),
        strict: bool = False,
        **how: Any,
    ) -> Iterator[LiveRecording]:
        """Record between two ends as ``pcapcheck.record`` does; ``require`` and ``strict`` are as for captures."""
        __tracebackhide__ = _is_ours
        from pcapcheck.recording.record_traffic import record
        from pcapcheck.report.exit import exit_code

        self._recorded += 1
        folder = self.folder and self.folder / (str(self._recorded) if self._recorded > 1 else "")
        if folder is not None and "output" not in how:
            how["output"] = _new_folder(folder)
        with record(first, second, **how) as recording:
            yield recording
        analysis = recording.analysis.demand(strict, [require] if isinstance(require, str) else require)
        if folder is not None:
            analysis.write_evidence(folder)
        if exit_code(analysis) != 0:
            raise AssertionError("\n".join([*recording.notices, *_lines(analysis)]))


def _new_folder(folder: Path) -> Path:
    """A folder for a recording that is not there yet: earlier runs stay."""
    numbers = itertools.count(1)
    return next(path for number in numbers if not (path := folder / f"recorded-{number}").exists())


def _is_ours(raised: pytest.ExceptionInfo[BaseException]) -> bool:
    """Whether pytest shows the test's line alone; any other exception keeps its traceback."""
    return raised.errisinstance((AssertionError, PcapcheckError))


def _is_there(path: Path) -> bool:
    """Whether a file or folder exists, or something matches the pattern."""
    return os.path.exists(path) or (has_magic(str(path)) and next(iglob(str(path), recursive=True), None) is not None)


def _lines(analysis: Analysis) -> Iterator[str]:
    """The verdict, the demands that are not met, and each failure that counts, line by line."""
    from pcapcheck.report.headline import headed
    from pcapcheck.report.wording import failure, headline_line
    from pcapcheck.ruleset.finding import ordered

    yield f"{headed(analysis)}: {headline_line(analysis)}" if analysis.accepted else headline_line(analysis)
    for demand in analysis.unmet:
        yield demand.text
    for finding in ordered(analysis.failures):
        yield ""
        yield from failure(analysis, finding)


assert_capture = AssertCapture()
