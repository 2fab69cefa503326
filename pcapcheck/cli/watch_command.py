"""pcapcheck watch."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, TypeVar

import click

from pcapcheck.cli.options import FILTER_USED, PACK, PODS, SET, one_line_errors, parse_assignments, rules_option
from pcapcheck.cli.output import FILE, complain, spare
from pcapcheck.cli.report_options import ReportCommand, report_options, report_request
from pcapcheck.cli.watch_displays import DISPLAYS, UNTIL, displays_of
from pcapcheck.errors import UsageError

if TYPE_CHECKING:
    from pcapcheck.analysis import Analysis
    from pcapcheck.watch.display import Display
    from pcapcheck.watch.watching import Watching

F = TypeVar("F", bound=Callable[..., Any])
OWN = (
    UNTIL,
    click.option("--for", "duration", metavar="TIME", help="End after this time, as in 60s."),
    click.option("--ring", default="100M", show_default=True, metavar="SIZE", help="Keep this much of the packets."),
    click.option(
        "--keep", metavar="FILE", type=FILE, help="Write what is kept to this file, at each failure and at the end."
    ),
    *DISPLAYS,
)


def watch_options(command: F) -> F:
    """The options that say when a watch ends, what it keeps, and to whom it is shown."""
    for option in reversed(OWN):
        command = option(command)
    return command


@click.command(cls=ReportCommand)
@click.argument("sources", metavar="SOURCE...", nargs=-1, required=True)
@rules_option("Use this rule file, expectation file, folder or pack instead of the Calico pack. Repeatable.")
@click.option(
    "--interface", "interfaces", multiple=True, metavar="FILE=NAME", help="Name the interface of a stream. Repeatable."
)
@click.option("--pod", "pods", multiple=True, metavar="POD", help="Judge only this pod, as analyze does. Repeatable.")
@FILTER_USED
@PACK
@SET
@click.option(
    "--node-state", "node_state", multiple=True, metavar="FILE", type=FILE, help="State of the node. Repeatable."
)
@PODS
@watch_options
@report_options
@one_line_errors
def watch(
    sources: tuple[str, ...],
    rule_paths: tuple[Path, ...],
    interfaces: tuple[str, ...],
    pods: tuple[str, ...],
    filter_used: str | None,
    pack: str | None,
    assignments: tuple[str, ...],
    node_state: tuple[Path, ...],
    pods_files: tuple[Path, ...],
    until: str | None,
    duration: str | None,
    ring: str,
    keep: Path | None,
    jsonl: bool,
    metrics: str | None,
    **report: Any,
) -> None:
    """Show the verdict as it forms, and each failure with its cause once it is certain.

    A SOURCE is an interface of this machine (tcpdump is started on it), - for the packets of standard input, or a file
    that is still written. Several are judged together. The verdict is preliminary until the end: Ctrl-C, the end of the
    stream, --until or --for. Then the report of analyze follows, with its exit code.

    \b
    Examples:
      pcapcheck watch cali14e7d81007d
      tcpdump -i cali14e7d81007d -U -w - | pcapcheck watch -
      pcapcheck watch cali14e7d81007d --until fail --keep failure.pcap
    """
    from pcapcheck.cli.reporting import judge_and_report
    from pcapcheck.links.scope import Scope, parse_interface_names
    from pcapcheck.task import Task
    from pcapcheck.watch.open_streams import open_streams
    from pcapcheck.watch.watching import Until, Watching

    request = report_request(**report)
    if jsonl:
        request = request.without_standard_output()
    seconds, limit = _duration(duration), _size(ring)
    given = [*rule_paths, *node_state, *pods_files, *(Path(source) for source in sources if os.path.isfile(source))]
    if keep is not None:
        _try_file(keep, given)
    scope = Scope(parse_interface_names(interfaces), None, None, pods, filter_used)
    with ExitStack() as stack:
        streams, recorders = open_streams(sources, stack)
        task = Task.of(
            rule_paths or None,
            parse_assignments(assignments),
            scope,
            [stream.path for stream in streams],
            node_state or None,
            pods_files or None,
            pack,
            read_once=True,
        )
        displays: list[Display] = []
        watching = Watching(
            task,
            streams,
            displays,
            Until(until, seconds),
            recorders=recorders,
            ring=limit,
            keep=keep,
            complain=complain,
        )
        displays += displays_of(watching, jsonl, metrics, stack)

        def judge() -> Analysis:
            with stack, _ended_by_signals(watching):
                return watching.run()

        try:
            judge_and_report(judge, request, given)
        finally:
            if watching.not_kept is not None:
                complain(f"error: {watching.not_kept}")
                sys.exit(2)


def _try_file(keep: Path, given: list[Path]) -> None:
    """Raise UsageError for a file that cannot be written: before an hour of listening, not after it."""
    spare(str(keep), given, "--keep")
    if os.path.isdir(keep) or not os.access(keep.parent, os.W_OK):
        raise UsageError(f"--keep {keep}: name a file in a folder that exists and can be written")


@contextmanager
def _ended_by_signals(watching: Watching) -> Iterator[None]:
    """Meanwhile Ctrl-C and SIGTERM end the watch with its report; a second one ends the program at once."""
    asked = False

    def interrupted(number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True
        watching.interrupt()

    numbers = [signal.SIGTERM]
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        numbers.append(signal.SIGINT)
    before = {number: signal.signal(number, interrupted) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _duration(text: str | None) -> float | None:
    from pcapcheck.values import parse_duration

    try:
        return None if text is None else parse_duration(text) / 10**9
    except ValueError as error:
        raise UsageError(f"--for {text}: {error}") from None


def _size(text: str) -> int:
    from pcapcheck.values import parse_size

    try:
        return parse_size(text)
    except ValueError as error:
        raise UsageError(f"--ring {text}: {error}") from None
