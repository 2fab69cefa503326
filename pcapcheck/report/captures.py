"""What was judged, in a few lines: the captures that matter to the verdict, and the others counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from pcapcheck.analysis import Analysis
from pcapcheck.decode.decoder import link_name
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.links.read_capture import Capture
from pcapcheck.links.unjudged import what_it_is
from pcapcheck.ruleset.finding import FAIL, NO_CAPTURE, ordered
from pcapcheck.values import clean, format_address, format_duration, format_mac

SHOWN = 5
INTERFACES = 4
ADDRESSES = 2
KINDS = {"pod-link": "pod link", "host-nic": "host NIC"}


def captures_shown(result: Analysis, every: bool = False) -> list[Capture]:
    """The captures to name, in order: of more than six those that show a failure, then damaged ones, then the first."""
    if every or len(result.captures) <= SHOWN + 1:
        return result.captures
    failing: dict[int, None] = {}
    for finding in ordered(result.findings):
        if finding.status == FAIL:
            failing |= dict.fromkeys(one.capture for one in finding.evidence if one.capture != NO_CAPTURE)
    asked = dict.fromkeys(one.capture for one in result.unanswered)
    damaged = dict.fromkeys(one.number for one in result.captures if one.problems)
    first = dict.fromkeys(one.number for one in result.captures)
    wanted = list(failing | asked | damaged | first)[:SHOWN]
    return [one for one in result.captures if one.number in wanted]


def more_captures(result: Analysis, shown: Iterable[Capture]) -> str:
    """How many captures are not named, and what they hold; nothing where all are."""
    named = {one.number for one in shown}
    rest = [one for one in result.captures if one.number not in named]
    if not rest:
        return ""
    kinds = Counter(KINDS.get(point.kind, point.kind) for one in rest for point in result.points_of(one))
    links = ", ".join(f"{count:,} {kind}{'' if count == 1 else 's'}" for kind, count in kinds.most_common())
    damaged = sum(bool(one.problems) for one in rest)
    problems = f"; {damaged:,} of them with problems" if damaged else ""
    frames = sum(one.frames for one in rest)
    return f"and {len(rest):,} more captures: {frames:,} frames{f', {links}' if links else ''}{problems}"


def capture_line(result: Analysis, capture: Capture) -> str:
    """What one capture holds: frames, length, interfaces."""
    points = result.points_of(capture)
    first = min((point.capture_point.first for point in points if point.capture_point.first is not None), default=None)
    last = max((point.capture_point.last for point in points if point.capture_point.last is not None), default=None)
    parts = [f"{capture.frames} frame{'' if capture.frames == 1 else 's'}"]
    if first is not None and last is not None and last > first:
        parts.append(format_duration(last - first))
    parts += map(_interface, points[:INTERFACES])
    if len(points) > INTERFACES:
        parts.append(f"and {len(points) - INTERFACES} more interfaces")
    return f"{clean(capture.source.name)}: {', '.join(parts)}"


def problem_lines(capture: Capture) -> list[str]:
    """What is wrong with one capture."""
    return [one.message + (f" (at byte {one.byte})" if one.byte is not None else "") for one in capture.problems]


def _interface(point: PointFacts) -> str:
    what = KINDS.get(point.kind, point.kind)
    if point.capture_point.likeness:
        what = what_it_is(point)
    elif point.kind == "unknown":
        what = f"{link_name(point.capture_point.link_type)} interface of unknown kind"
    if point.name != point.capture_point.file:
        what = f"{what} {point.name}"
    pod = ", ".join(format_address(ip) for ip in sorted(point.pod_ips)[:ADDRESSES])
    if len(point.pod_ips) > ADDRESSES:
        return f"{what} ({len(point.pod_ips):,} addresses of pods: {pod}, …)"
    macs = ", ".join(format_mac(mac) for mac in sorted(point.pod_macs)[:ADDRESSES])
    return what + (f" (pod {pod}{f' at {macs}' if macs else ''})" if pod else "")
