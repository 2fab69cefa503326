"""Judge, write the reports, and exit as the verdict says."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

from pcapcheck.cli.output import appends, complain, spare, writing
from pcapcheck.cli.report_options import Report, ReportRequest
from pcapcheck.errors import CaptureError, InputError, PcapcheckError, RuleError
from pcapcheck.report.formats import FORMATS, GITHUB, TEXT, Writer, text_with_ladder
from pcapcheck.report.github_runner import harmless, is_read
from pcapcheck.skipped import EVIDENCE, OUTPUT, Skipped
from pcapcheck.values import clean

if TYPE_CHECKING:
    from pcapcheck.analysis import Analysis

ON_SCREEN: Report = (TEXT, None)


def judge_and_report(
    judge: Callable[[], Analysis],
    request: ReportRequest,
    inputs: Iterable[Path],
    evidence: str | None = None,
    shown: Iterable[Path] | None = None,
) -> None:
    """Judge, keep the evidence if that is asked for, write the reports, and exit as the verdict says.

    Evidence that cannot be written does not cost the reports, nor does one report cost the others. If nothing can be
    judged at all, reports say so too, except for text on standard output: there the error says enough. ``inputs`` are
    the files and folders that were named; none of them is written over. ``shown`` is what reports call them, if that is
    something else.
    """
    from pcapcheck.report.exit import exit_code
    from pcapcheck.report.left_out import skipped_lines

    given = list(inputs)
    for _, output in request.reports:
        spare(output, given)
    try:
        analysis = judge()
        read = [file for capture in analysis.captures for file in capture.source.files]
        analysis = analysis.demand(request.strict, request.required, request.exit_zero)
    except PcapcheckError as error:
        _report_error(error, request, given if shown is None else list(shown))
        raise
    for _, output in request.reports:
        spare(output, read)
    analysis, failed = _keep(analysis, evidence)
    if ON_SCREEN not in request.reports:
        for line in skipped_lines(analysis, demanded=False):
            complain(line)
    failed += _write(analysis, request.reports, request.verbose, request.ladder)
    for failure in failed:
        complain(f"error: {failure}")
    if failed:
        sys.exit(2)
    if analysis.unmet:
        more = f" (and {len(analysis.unmet) - 1} more)" if analysis.unmet[1:] else ""
        complain(f"{analysis.unmet[0].text}{more}")
    sys.exit(exit_code(analysis))


def _keep(analysis: Analysis, evidence: str | None) -> tuple[Analysis, list[CaptureError]]:
    """Write the evidence; an error is a line of the reports, and returned for the end of the run."""
    try:
        if evidence is not None:
            analysis.write_evidence(evidence)
    except CaptureError as error:
        return _noted(analysis, evidence, error, EVIDENCE), [error]
    return analysis, []


def _noted(analysis: Analysis, path: object, error: CaptureError, role: str) -> Analysis:
    return analysis.without(Skipped(clean(str(path)), error.kind, clean(str(error)), role))


def _report_error(error: PcapcheckError, request: ReportRequest, given: list[Path]) -> None:
    from pcapcheck.pipeline import unjudged
    from pcapcheck.report.left_out import skipped_lines

    said = "; ".join(error.lines) if isinstance(error, RuleError) else str(error)
    skipped = error.skipped if isinstance(error, InputError) else []
    analysis = unjudged(*given, error=clean(said), skipped=skipped)
    if sum(skipped.named for skipped in analysis.skipped) > 1:
        for line in skipped_lines(analysis):
            complain(line)
    reports = [report for report in request.reports if report != ON_SCREEN and not _is_capture(report[1])]
    for failed in _write(analysis, reports):
        complain(f"error: {failed}")


def _is_capture(output: str | None) -> bool:
    """Whether a file to be written may be an input that could not be read: those files are not known."""
    from pcapcheck.capture.inputs import is_capture
    from pcapcheck.capture.source import Source

    return output is not None and not appends(output) and os.path.isfile(output) and is_capture(Source(Path(output)))


def _write(
    analysis: Analysis, reports: list[Report], verbose: bool = False, ladder: bool = False
) -> list[CaptureError]:
    """Write each report, the one on standard output last: it says which could not be written."""
    failed = []
    for form, output in reports:
        try:
            write = text_with_ladder if ladder and form == TEXT else FORMATS[form]
            _write_report(analysis, form, write, output, verbose)
        except CaptureError as error:
            analysis = _noted(analysis, output, error, OUTPUT)
            failed.append(error)
        except (OSError, KeyboardInterrupt):
            raise
        except Exception as error:
            # A fault of ours in one format must not cost the others.
            fault = CaptureError(
                f"--format {form}: {type(error).__name__}: {error}; please report this fault of pcapcheck"
            )
            analysis = _noted(analysis, output or form, fault, OUTPUT)
            failed.append(fault)
    return failed


def _write_report(analysis: Analysis, form: str, write: Writer, output: str | None, verbose: bool) -> None:
    with writing(output) as stream:
        if output is None and form != GITHUB and is_read():
            page = StringIO()
            write(analysis, page, verbose)
            stream.write(harmless(page.getvalue(), form))
        else:
            write(analysis, stream, verbose)
