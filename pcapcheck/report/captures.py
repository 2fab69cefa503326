"""The captures in a few lines: those that matter to the verdict; the others are only counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from pcapcheck.analysis import Analysis
from pcapcheck.decode.decoded_links import link_name
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.links.read_capture import Capture
from pcapcheck.links.unjudged import what_it_is
from pcapcheck.report.model import CaptureEntry
from pcapcheck.ruleset.finding import FAIL, NO_CAPTURE, ordered
from pcapcheck.values import clean, format_address, format_duration, format_mac

SHOWN = 5
INTERFACES = 4
ADDRESSES = 2
KINDS = {"pod-link": "pod link", "host-nic": "host NIC"}


def capture_entries(analysis: Analysis) -> tuple[CaptureEntry, ...]:
    """All captures in order, with their content and their problems."""
    shown = _shown(analysis)
    points: dict[int, list[PointFacts]] = {}
    for point in analysis.points:
        points.setdefault(point.key[0], []).append(point)
    return tuple(
        CaptureEntry(
            capture=capture,
            points=tuple(own := points.get(capture.number, [])),
            line=_line(capture, own),
            problems=tuple(_problems(capture)),
            shown=capture.number in shown,
        )
        for capture in analysis.captures
    )


def more_captures(entries: Sequence[CaptureEntry]) -> str:
    """How many captures are not shown, and their content; empty if all are shown."""
    rest = [entry for entry in entries if not entry.shown]
    if not rest:
        return ""
    kinds = Counter(KINDS.get(point.kind, point.kind) for entry in rest for point in entry.points)
    links = ", ".join(f"{count:,} {kind}{'' if count == 1 else 's'}" for kind, count in kinds.most_common())
    damaged = sum(bool(entry.problems) for entry in rest)
    problems = f"; {damaged:,} of them with problems" if damaged else ""
    frames = sum(entry.capture.frames for entry in rest)
    return f"and {len(rest):,} more captures: {frames:,} frames{f', {links}' if links else ''}{problems}"


def _shown(analysis: Analysis) -> set[int]:
    """The captures to name: if there are more than six, those with a failure, then damaged ones, then the first."""
    every = [capture.number for capture in analysis.captures]
    if len(every) <= SHOWN + 1:
        return set(every)
    failing: dict[int, None] = {}
    for finding in ordered(analysis.findings):
        if finding.status == FAIL:
            failing |= dict.fromkeys(row.capture for row in finding.evidence if row.capture != NO_CAPTURE)
    asked = dict.fromkeys(question.capture for question in analysis.unanswered)
    damaged = dict.fromkeys(capture.number for capture in analysis.captures if capture.problems)
    return set(list(failing | asked | damaged | dict.fromkeys(every))[:SHOWN])


def _line(capture: Capture, points: list[PointFacts]) -> str:
    """The content of one capture: frames, length, interfaces."""
    first = min((point.capture_point.first for point in points if point.capture_point.first is not None), default=None)
    last = max((point.capture_point.last for point in points if point.capture_point.last is not None), default=None)
    parts = [f"{capture.frames} frame{'' if capture.frames == 1 else 's'}"]
    if first is not None and last is not None and last > first:
        parts.append(format_duration(last - first))
    parts += map(_interface, points[:INTERFACES])
    if len(points) > INTERFACES:
        parts.append(f"and {len(points) - INTERFACES} more interfaces")
    return f"{clean(capture.source.name)}: {', '.join(parts)}"


def _problems(capture: Capture) -> list[str]:
    """The problems of one capture."""
    return [
        problem.message + (f" (at byte {problem.byte})" if problem.byte is not None else "")
        for problem in capture.problems
    ]


def _interface(point: PointFacts) -> str:
    what = KINDS.get(point.kind, point.kind)
    if point.capture_point.likeness:
        what = what_it_is(point)
    elif point.kind == "unknown":
        what = f"{link_name(point.capture_point.link_type)} interface of unknown kind"
    if point.name != point.capture_point.file:
        what = f"{what} {point.name}"
    if point.capture_point.interface.pod and point.kind != "pod-link":
        what = f"{what} of {point.capture_point.interface.pod}"
    pod = ", ".join(format_address(ip) for ip in sorted(point.pod_ips)[:ADDRESSES])
    if len(point.pod_ips) > ADDRESSES:
        return f"{what} ({len(point.pod_ips):,} addresses of pods: {pod}, …)"
    macs = ", ".join(format_mac(mac) for mac in sorted(point.pod_macs)[:ADDRESSES])
    return what + (f" (pod {pod}{f' at {macs}' if macs else ''})" if pod else "")
