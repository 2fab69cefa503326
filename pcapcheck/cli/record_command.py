"""pcapcheck record."""

from __future__ import annotations

import shlex
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from pcapcheck.cli.options import one_line_errors, parse_assignments
from pcapcheck.cli.output import complain, writing
from pcapcheck.cli.record_options import record_options
from pcapcheck.cli.report_options import ReportRequest
from pcapcheck.cli.reporting import judge_and_report
from pcapcheck.cli.watch_displays import displays_of
from pcapcheck.errors import UsageError

if TYPE_CHECKING:
    from pcapcheck.recording.live_recording import LiveRecording
    from pcapcheck.watch.display import Display


@click.command()
@click.argument("ends", metavar="FROM [TO]", nargs=-1, required=True)
@record_options
@one_line_errors
def record(
    ends: tuple[str, ...],
    probe: str | None,
    duration: str | None,
    output: Path | None,
    dry_run: bool,
    rule_paths: tuple[Path, ...],
    assignments: tuple[str, ...],
    no_flush: bool,
    no_state: bool,
    watch: bool,
    until: str | None,
    jsonl: bool,
    metrics: str | None,
    **how: Any,
) -> None:
    """Record a ping between two pods where it passes, and judge it.

    FROM and TO are NAMESPACE/POD, netns:NAME (a network namespace of this machine that is a pod's) or an interface of
    this machine. Without TO, the pod pings its node. tcpdump records on the pods' interfaces on their nodes and,
    between two nodes, on tunnel and NIC; the neighbour entries are flushed, the ping is sent, the nodes' states are
    collected. Ctrl-C stops and judges; a second one abandons. Nothing stays on the nodes.

    Exit codes are those of analyze.

    \b
    Examples:
      pcapcheck record default/pod-a default/pod-b
      pcapcheck record default/pod-a --probe dns=kubernetes.default.svc.cluster.local
      pcapcheck record netns:pod-a netns:pod-b --output case-17.tar.gz
      pcapcheck record cali14e7d81007d --for 60s
      pcapcheck record default/pod-a --probe none --watch --until fail
    """
    from pcapcheck.recording.record_traffic import record as recording_of

    request = _request(how)
    if not watch and (until or jsonl or metrics is not None):
        raise UsageError("--until, --jsonl and --metrics are about what --watch shows; give --watch too")
    if jsonl:
        request = request.without_standard_output()
    if len(ends) > 2:
        raise UsageError(f"{len(ends)} ends: name the one that asks and, if it asks another, that one")
    seconds = _seconds(duration)
    probe = probe or ("none" if "/" not in ends[0] and not ends[0].startswith("netns:") else "ping")
    named = output or Path(f"recorded-{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
    with _ended_by_signals():
        recording = recording_of(
            *ends,
            probe=probe,
            output=named,
            rules=rule_paths or None,
            variables=parse_assignments(assignments),
            flush=not no_flush,
            state=not no_state,
            seconds=seconds,
            dry_run=dry_run,
            tell=complain,
            **how,
        )
        # Two may begin in one second.
        recording.is_numbered = output is None
        if dry_run:
            with writing(None) as stream:
                stream.writelines(f"{line}\n" for line in recording.plan.lines())
            return
        try:
            if watch:
                _record_and_show(recording, probe, seconds, until, jsonl, metrics)
            else:
                with recording:
                    _record(recording, probe, seconds)
        finally:
            # Also if it is a Ctrl-C that ends the judging of it.
            if recording.is_kept:
                complain(f"kept in {shlex.quote(str(recording.output))}")
    judge_and_report(lambda: recording.analysis, request, [recording.output or named])


def _request(how: dict[str, Any]) -> ReportRequest:
    """Take out of the options what they say of the report."""
    judging = {name: how.pop(name) for name in ("strict", "required", "exit_zero", "verbose", "ladder")}
    return ReportRequest([(how.pop("form"), None)], **judging)


def _record(recording: LiveRecording, probe: str, seconds: float | None) -> None:
    """Ask and wait; a Ctrl-C ends that, and what was recorded until then is judged."""
    try:
        if probe == "none" and seconds is None:
            complain("Ctrl-C stops the recording and judges it")
            recording.go_on(None)
        else:
            recording.run(seconds or 0)
        recording.wait_for_answers()
    except KeyboardInterrupt:
        complain("stopping, to judge what was recorded; Ctrl-C again abandons it")


def _record_and_show(
    recording: LiveRecording, probe: str, seconds: float | None, until: str | None, jsonl: bool, metrics: str | None
) -> None:
    """The same, and show the verdict as it forms; the last word is that of the whole recording."""
    from pcapcheck.watch.watched_recording import WatchedRecording

    with ExitStack() as stack:
        displays: list[Display] = []
        with recording, WatchedRecording(recording, displays, until, complain) as watched:
            displays += displays_of(watched.watching, jsonl, metrics, stack)
            watched.begin()
            _record(recording, probe, seconds)
        watched.watching.end_with(recording.analysis)


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
