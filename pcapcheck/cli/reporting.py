"""How the command line reports: which formats go where, and the exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pcapcheck.cli.output import PLAIN, appends, complain, spare, writing
from pcapcheck.errors import CaptureError, PcapcheckError, RuleError, UsageError
from pcapcheck.report.github_runner import harmless, is_read
from pcapcheck.skipped import EVIDENCE, OUTPUT, Skipped
from pcapcheck.values import clean

if TYPE_CHECKING:
    from pcapcheck.analysis import Analysis

TEXT, GITHUB, MARKDOWN = "text", "github", "markdown"
# Each is written by write_FORMAT of the module pcapcheck.report.FORMAT.
FORMATS = (TEXT, "json", "jsonl", "junit", "sarif", GITHUB, MARKDOWN)
ORDER = "pcapcheck.order"


class ReportCommand(click.Command):
    """A command that remembers in which order --format and --output were given."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click does, which forgets the order between options."""
        _, _, order = self.make_parser(ctx).parse_args(list(args))
        ctx.meta[ORDER] = [one.name for one in order if one.name in ("forms", "outputs")]
        return super().parse_args(ctx, args)


@dataclass(frozen=True)
class Demands:
    """What the caller wants: formats with the files they go to (None: standard output), and what must be checked."""

    reports: list[tuple[str, str | None]]
    strict: bool
    required: tuple[str, ...]
    exit_zero: bool
    verbose: bool = False


def report_options(command: Callable[..., None]) -> Callable[..., None]:
    """The options that say how the verdict is reported."""
    options = [
        click.option(
            "--format",
            "forms",
            multiple=True,
            type=click.Choice(FORMATS),
            help="Output format [default: text]; repeat it for several, each but one followed by an --output FILE.",
        ),
        click.option(
            "--output",
            "outputs",
            multiple=True,
            metavar="FILE",
            type=PLAIN,
            help="File for the --format before it, instead of standard output. Repeatable.",
        ),
        click.option(
            "--strict", is_flag=True, help="Exit 1 also for rules not checked, unknown rows and problems of the input."
        ),
        click.option("--require", "required", multiple=True, metavar="ID", help="Exit 1 unless this rule was checked."),
        click.option("-v", "--verbose", is_flag=True, help="Show all rows, files and remarks in text and markdown."),
        click.option("--exit-zero", is_flag=True, help="Exit 0 instead of 1. What could not be judged is still a 2."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def demands(
    forms: tuple[str, ...],
    outputs: tuple[str, ...],
    strict: bool,
    required: tuple[str, ...],
    exit_zero: bool,
    verbose: bool,
) -> Demands:
    """What the options of ``report_options`` ask for; annotations too where GitHub's runner reads the output.

    Raises UsageError where they do not fit together.
    """
    reports = _pair(forms, outputs, click.get_current_context().meta[ORDER])
    if not forms and is_read():
        reports.append((GITHUB, None))
    return Demands(reports, strict, required, exit_zero, verbose)


def judge_and_report(
    judge: Callable[[], Analysis], asked: Demands, inputs: Iterable[Path], evidence: str | None = None
) -> None:
    """Judge, keep the evidence where that is asked for, write the reports, and exit as the verdict says.

    Evidence that cannot be kept does not cost the reports, nor does one report the others. What cannot be judged at all
    is reported too, but for text on standard output: there the error says enough.
    ``inputs`` are the files and folders that were named; none of them is written over.
    """
    from pcapcheck.report.exit import exit_code
    from pcapcheck.report.left_out import skipped_lines

    given = list(inputs)
    for _, output in asked.reports:
        spare(output, given)
    try:
        analysis = judge()
        read = [file for capture in analysis.captures for file in capture.source.files]
        analysis = analysis.demand(asked.strict, asked.required, asked.exit_zero)
    except PcapcheckError as error:
        _report_error(error, asked, given)
        raise
    for _, output in asked.reports:
        spare(output, read)
    analysis, failed = _keep(analysis, evidence)
    if all(one != (TEXT, None) for one in asked.reports):
        for line in skipped_lines(analysis, demanded=False):
            complain(line)
    failed += _write(analysis, asked.reports, asked.verbose)
    for one in failed:
        complain(f"error: {one}")
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


def _pair(forms: tuple[str, ...], outputs: tuple[str, ...], order: list[str]) -> list[tuple[str, str | None]]:
    """Each format with its file; the one on standard output comes last, so that files are there when it is read."""
    for output in outputs:
        if output in ("", "-"):
            raise UsageError(
                f"--output {output!r}: no name of a file; without --output a report goes to standard output"
            )
        if outputs.count(output) > 1 or sum(os.path.realpath(one) == os.path.realpath(output) for one in outputs) > 1:
            raise UsageError(f"--output {clean(output)}: given twice; each format needs a file of its own")
    forms = forms or (TEXT,)
    if len(outputs) > len(forms):
        raise UsageError(f"--output {clean(outputs[len(forms)])}: there is no --format for it")
    if len(outputs) == len(forms):
        return list(zip(forms, outputs, strict=True))
    if len(outputs) < len(forms) - 1:
        raise UsageError(
            f"{len(forms)} formats and {len(outputs)} --output: only one can go to standard output; "
            "give the others an --output each"
        )
    return _by_place(forms, outputs, order)


def _by_place(forms: tuple[str, ...], outputs: tuple[str, ...], order: list[str]) -> list[tuple[str, str | None]]:
    """One format has no file: which one, its place among the options says."""
    files: list[str | None] = [None] * len(forms)
    form = -1
    rest = iter(outputs)
    for number, option in enumerate(order):
        if option == "forms":
            form += 1
            continue
        output = next(rest)
        if number and order[number - 1] != "forms":
            raise UsageError(f"--output {clean(output)}: for which --format? Put it right behind that")
        files[max(form, 0)] = output
    return sorted(zip(forms, files, strict=True), key=lambda one: one[1] is None)


def _report_error(error: PcapcheckError, asked: Demands, given: list[Path]) -> None:
    from pcapcheck.pipeline import unjudged
    from pcapcheck.report.left_out import skipped_lines

    said = "; ".join(error.lines) if isinstance(error, RuleError) else str(error)
    analysis = unjudged(*given, error=clean(said), skipped=getattr(error, "skipped", ()))
    if sum(one.named for one in analysis.skipped) > 1:
        for line in skipped_lines(analysis):
            complain(line)
    for failed in _write(analysis, [one for one in asked.reports if one != (TEXT, None) and not _is_capture(one[1])]):
        complain(f"error: {failed}")


def _is_capture(output: str | None) -> bool:
    """Whether a file to be written may be one of those that could not be read: which those were is not known."""
    from pcapcheck.capture.inputs import is_capture
    from pcapcheck.capture.source import Source

    return output is not None and not appends(output) and os.path.isfile(output) and is_capture(Source(Path(output)))


def _write(analysis: Analysis, reports: list[tuple[str, str | None]], verbose: bool = False) -> list[CaptureError]:
    """Write each report, the one on standard output last: it tells of those that could not be written."""
    failed = []
    for form, output in reports:
        try:
            _write_one(analysis, form, output, verbose)
        except CaptureError as error:
            analysis = _noted(analysis, output, error, OUTPUT)
            failed.append(error)
        except (OSError, KeyboardInterrupt):
            raise
        except Exception as error:
            # A fault of ours in one format is not to cost the others.
            fault = CaptureError(
                f"--format {form}: {type(error).__name__}: {error}; please report this fault of pcapcheck"
            )
            analysis = _noted(analysis, output or form, fault, OUTPUT)
            failed.append(fault)
    return failed


def _write_one(analysis: Analysis, form: str, output: str | None, verbose: bool) -> None:
    write = getattr(import_module(f"pcapcheck.report.formats.{form}"), f"write_{form}")
    if verbose and form in (TEXT, MARKDOWN):
        write = partial(write, verbose=True)
    with writing(output) as stream:
        if output is None and form != GITHUB and is_read():
            page = StringIO()
            write(analysis, page)
            stream.write(harmless(page.getvalue(), form))
        else:
            write(analysis, stream)
