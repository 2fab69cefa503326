"""The options that say how a verdict is reported, and which format goes where."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar

import click
from msgspec import Struct
from msgspec.structs import replace

from pcapcheck.cli.output import PLAIN
from pcapcheck.cli.rule_completion import complete_rules
from pcapcheck.errors import UsageError
from pcapcheck.report.formats import FORMATS, GITHUB, TEXT
from pcapcheck.report.github_runner import is_read
from pcapcheck.values import clean

F = TypeVar("F", bound=Callable[..., Any])
# Where the context of a command keeps the order of its options.
ORDER = "pcapcheck.order"
# A format, and the file that it goes to; None is standard output.
Report = tuple[str, str | None]
OPTIONS = (
    click.option(
        "--format",
        "forms",
        multiple=True,
        type=click.Choice(list(FORMATS)),
        help="Output format [default: text]. Repeatable; all formats but one need an --output FILE after them.",
    ),
    click.option(
        "--output",
        "outputs",
        multiple=True,
        metavar="FILE",
        type=PLAIN,
        help="Write the --format before it to this file instead of standard output. Repeatable.",
    ),
)
# What must hold, and how much of it a report shows.
JUDGING = (
    click.option(
        "--strict",
        is_flag=True,
        help="Exit 1 also if a rule was not checked, a row is unknown or an input has a problem.",
    ),
    click.option(
        "--require",
        "required",
        multiple=True,
        metavar="ID",
        shell_complete=complete_rules,
        help="Exit 1 unless this rule was checked. Repeatable.",
    ),
    click.option(
        "--ladder", is_flag=True, help="Draw failed exchanges, and one that was answered, packet by packet, in text."
    ),
    click.option("-v", "--verbose", is_flag=True, help="Show all rows, files and remarks in text and markdown."),
    click.option("--exit-zero", is_flag=True, help="Exit 0 instead of 1. If nothing could be judged, still exit 2."),
)


class ReportCommand(click.Command):
    """A command that remembers in which order --format and --output were given."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse as click does, and keep the order of the options, which click forgets."""
        _, _, order = self.make_parser(ctx).parse_args(list(args))
        ctx.meta[ORDER] = [option.name for option in order if option.name in ("forms", "outputs")]
        return super().parse_args(ctx, args)


class ReportRequest(Struct, frozen=True):
    """The reports that the caller wants, in the order in which they are written, and what must be checked."""

    reports: list[Report]
    strict: bool
    required: tuple[str, ...]
    exit_zero: bool
    verbose: bool = False
    ladder: bool = False

    def without_standard_output(self) -> ReportRequest:
        """The same without what goes to standard output, where something else stands."""
        return replace(self, reports=[report for report in self.reports if report[1] is not None])


def report_options(command: F) -> F:
    """The options that say how the verdict is reported."""
    for option in reversed((*OPTIONS, *JUDGING)):
        command = option(command)
    return command


def report_request(
    forms: tuple[str, ...],
    outputs: tuple[str, ...],
    strict: bool,
    required: tuple[str, ...],
    exit_zero: bool,
    verbose: bool,
    ladder: bool = False,
) -> ReportRequest:
    """What the options of ``report_options`` ask for; annotations too if GitHub's runner reads the output.

    Raises UsageError if they do not fit together.
    """
    reports = _pair(forms, outputs, click.get_current_context().meta[ORDER])
    if not forms and is_read():
        reports.append((GITHUB, None))
    return ReportRequest(reports, strict, required, exit_zero, verbose, ladder)


def _pair(forms: tuple[str, ...], outputs: tuple[str, ...], order: list[str]) -> list[Report]:
    """Each format with its file; the one on standard output comes last, so that the files are there when it is read."""
    for output in outputs:
        if output in ("", "-"):
            raise UsageError(
                f"--output {output!r}: no name of a file; without --output a report goes to standard output"
            )
        same = [other for other in outputs if os.path.realpath(other) == os.path.realpath(output)]
        if len(same) > 1:
            raise UsageError(f"--output {clean(output)}: given twice; each format needs a file of its own")
    forms = forms or (TEXT,)
    if len(outputs) > len(forms):
        raise UsageError(f"--output {clean(outputs[len(forms)])}: there is no --format for it")
    if len(outputs) == len(forms):
        return list(zip(forms, outputs, strict=True))
    if len(outputs) < len(forms) - 1:
        raise UsageError(
            f"{len(forms)} formats and {len(outputs)} --output: only one can go to standard output; "
            "give each of the others its own --output"
        )
    return _by_place(forms, outputs, order)


def _by_place(forms: tuple[str, ...], outputs: tuple[str, ...], order: list[str]) -> list[Report]:
    """Pair formats and files by the order of the options: one format has no file."""
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
    return sorted(zip(forms, files, strict=True), key=lambda report: report[1] is None)
