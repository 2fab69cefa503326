"""pcapcheck record."""

from __future__ import annotations

import shlex
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import click

from pcapcheck.cli.options import SET, one_line_errors, parse_assignments, rules_option
from pcapcheck.cli.output import complain, writing
from pcapcheck.cli.report_options import ReportRequest
from pcapcheck.cli.reporting import judge_and_report
from pcapcheck.errors import UsageError
from pcapcheck.report.formats import FORMATS, TEXT

if TYPE_CHECKING:
    from pcapcheck.recording.live_recording import LiveRecording


@click.command()
@click.argument("ends", metavar="FROM [TO]", nargs=-1, required=True)
@click.option(
    "--probe",
    metavar="PROBE",
    help="What FROM asks: ping (TO, or its node), dns=NAME, tcp=HOST:PORT or none [default: ping; of an interface none].",
)
@click.option("--count", default=10, show_default=True, metavar="N", help="Ping so often; three large pings follow.")
@click.option(
    "--for",
    "duration",
    metavar="TIME",
    help="Record for at least this long, as in 60s or 5m. Without a probe and this, until Ctrl-C.",
)
@click.option("--filter", "capture_filter", default="", metavar="TEXT", help="A capture filter for tcpdump, for all points.")
@click.option("--no-flush", is_flag=True, help="Leave the neighbour entries as they are; ARP may not be seen then.")
@click.option("--no-state", is_flag=True, help="Do not collect the nodes' state.")
@click.option(
    "--output",
    metavar="BUNDLE",
    type=click.Path(path_type=Path),
    help="Keep what was recorded in this new folder or archive (.tar.gz) [default: a folder named after the time].",
)
@click.option("--via", type=click.Choice(["kubectl", "ssh"]), default="kubectl", show_default=True, help="How to reach nodes.")
@click.option("--context", metavar="NAME", help="The kubectl context to use.")
@click.option(
    "--image",
    default="nicolaka/netshoot",
    show_default=True,
    metavar="IMAGE",
    help="An image with tcpdump, ip, ping and nsenter, for --via kubectl.",
)
@click.option("--dry-run", is_flag=True, help="Print the commands, and record nothing.")
@rules_option("Use this rule file, folder or pack instead of the Calico pack. Repeatable.")
@SET
@click.option("--format", "form", type=click.Choice(list(FORMATS)), default=TEXT, show_default=True, help="Output format.")
@click.option("--strict", is_flag=True, help="Exit 1 also if a rule was not checked, a row is unknown or an input has a problem.")
@click.option("--require", "required", multiple=True, metavar="ID", help="Exit 1 unless this rule was checked. Repeatable.")
@click.option("--ladder", is_flag=True, help="Draw failed exchanges, and one that was answered, packet by packet, in text.")
@click.option("-v", "--verbose", is_flag=True, help="Show all rows, files and remarks in text and markdown.")
@click.option("--exit-zero", is_flag=True, help="Exit 0 instead of 1. If nothing could be judged, still exit 2.")
@one_line_errors
def record(
    ends: tuple[str, ...],
    probe: str | None,
    count: int,
    duration: str | None,
    capture_filter: str,
    no_flush: bool,
    no_state: bool,
    output: Path | None,
    via: str,
    context: str | None,
    image: str,
    dry_run: bool,
    rule_paths: tuple[Path, ...],
    assignments: tuple[str, ...],
    form: str,
    strict: bool,
    required: tuple[str, ...],
    ladder: bool,
    verbose: bool,
    exit_zero: bool,
) -> None:
    """Record a ping between two pods where it passes, and judge it.

    FROM and TO are NAMESPACE/POD, netns:NAME (a network namespace of this machine that is a pod's) or an interface of
    this machine. Without TO, the pod pings its node. tcpdump records on the pods' interfaces on their nodes and, between
    two nodes, on tunnel and NIC; the neighbour entries are flushed, the ping is sent, the nodes' states are collected.
    Ctrl-C stops and judges; a second one abandons. Nothing stays on the nodes.

    Exit codes are those of analyze.

    \b
    Examples:
      pcapcheck record default/pod-a default/pod-b
      pcapcheck record default/pod-a --probe dns=kubernetes.default.svc.cluster.local
      pcapcheck record netns:pod-a netns:pod-b --output case-17.tar.gz
      pcapcheck record cali14e7d81007d --for 60s
    """
    from pcapcheck.recording.record_traffic import record as recording_of

    if len(ends) > 2:
        raise UsageError(f"{len(ends)} ends: name the one that asks and, if it asks another, that one")
    first, second = ends[0], ends[1] if len(ends) > 1 else None
    seconds = _seconds(duration)
    probe = probe or ("none" if "/" not in first and not first.startswith("netns:") else "ping")
    if output is None:
        output = Path(f"recorded-{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
    with _ended_by_signals():
        recording = recording_of(
            first,
            second,
            probe=probe,
            count=count,
            output=output,
            rules=rule_paths or None,
            variables=parse_assignments(assignments),
            capture_filter=capture_filter,
            flush=not no_flush,
            state=not no_state,
            seconds=seconds,
            via=via,
            context=context,
            image=image,
            dry_run=dry_run,
            tell=complain,
        )
        if dry_run:
            with writing(None) as stream:
                stream.writelines(f"{line}\n" for line in recording.plan.lines())
            return
        with recording:
            _record(recording, probe, seconds)
        complain(f"kept in {shlex.quote(str(output))}")
    request = ReportRequest([(form, None)], strict, required, exit_zero, verbose, ladder)
    judge_and_report(lambda: recording.analysis, request, [output])


def _record(recording: LiveRecording, probe: str, seconds: float | None) -> None:
    """Ask and wait; a Ctrl-C ends that, and what was recorded until then is judged."""
    try:
        if probe == "none" and seconds is None:
            complain("Ctrl-C stops the recording and judges it")
            recording.go_on(None)
        else:
            recording.run(seconds or 0)
    except KeyboardInterrupt:
        complain("stopping, to judge what was recorded; Ctrl-C again abandons it")


def _seconds(text: str | None) -> float | None:
    from pcapcheck.values import parse_duration

    try:
        return None if text is None else parse_duration(text) / 1e9
    except ValueError as error:
        raise UsageError(f"--for {text}: {error}") from None


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Let a signal that asks to end do what an exception does: everything that was begun is taken away."""

    def end(number: int, _frame: FrameType | None) -> None:
        sys.exit(128 + number)

    signals = (signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, end) for number in signals]
    try:
        yield
    finally:
        for number, handler in zip(signals, before, strict=True):
            signal.signal(number, handler)
