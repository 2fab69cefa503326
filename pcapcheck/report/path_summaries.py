"""Paths in words: hop by hop, summed up over all packets that took the same path."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from msgspec import Struct

from pcapcheck.analysis import Analysis
from pcapcheck.column_words import OPAQUE
from pcapcheck.paths.fates import TUNNELS
from pcapcheck.paths.path import Latency, Path, PathStep
from pcapcheck.paths.paths import Paths
from pcapcheck.values import clean, format_address, format_duration, format_durations, format_mac

NOUNS = {
    "request": "echo request",
    "reply": "echo reply",
    "error": "ICMP error",
    "tcp": "TCP segment",
    "udp": "UDP datagram",
    "fragment": "later fragment",
    "other": "packet",
}
# The packets that people ask about come first.
ORDER = tuple(NOUNS)


class PathSummary(Struct):
    """Packets of one type and address pair that passed the same capture points; ``lost`` of them went no further."""

    path: Path
    count: int = 0
    lost: int = 0
    shortest: int = 1 << 16
    longest: int = 0


def path_summaries(analysis: Analysis) -> list[PathSummary]:
    """The paths of an observation: first those with losses, then by type of packet, the busiest first."""
    found: dict[int, PathSummary] = {}
    paths = analysis.followed
    for path in paths.found:
        summary = found.setdefault(path.signature, PathSummary(path))
        summary.count += path.count
        summary.shortest = min(summary.shortest, path.shortest)
        summary.longest = max(summary.longest, path.longest)
        if is_lost(paths, path):
            summary.lost += path.count
    return sorted(
        found.values(), key=lambda summary: (not summary.lost, ORDER.index(summary.path.packet), -summary.count)
    )


def is_lost(paths: Paths, path: Path) -> bool:
    """Whether packets of this path should have been seen further on, but were not."""
    return not path.repeated and paths.is_delivered(path) is False


def path_title(summary: PathSummary) -> str:
    """What went between which hosts: ``3 echo requests 10.244.1.10 → 10.244.1.11``."""
    path = summary.path
    last = path.steps[-1]
    to = f"{format_address(path.src)} → {format_address(path.dst)}"
    if path.rewritten:
        to += f", rewritten to {format_address(last.src)} → {format_address(last.dst)}"
    lengths = f", {summary.shortest} to {summary.longest} bytes" if summary.longest > summary.shortest else ""
    return f"{summary.count} {noun_of(path.packet, summary.count)} {to}{lengths}"


class PointNames:
    """The names of capture points; if two share a name, each with its capture."""

    def __init__(self, analysis: Analysis) -> None:
        self._result = analysis
        self._counts = Counter(point.name for point in analysis.points)

    def of(self, step: PathStep) -> str:
        capture_point = step.spot.point.capture_point
        tunnel = ""
        if step.encap != "none":
            outer = step.outer if step.encap != OPAQUE else None
            between = f" {format_address(outer[0])} → {format_address(outer[1])}" if outer else ""
            tunnel = f" [{TUNNELS[step.encap]}{between}]"
        from_capture = f" ({capture_point.file})" if self._counts[capture_point.name] > 1 else ""
        return f"{capture_point.name}{from_capture}{tunnel}"


def hops(path: Path, names: PointNames, paths: Paths) -> Iterator[str]:
    """One line per hop; for packets seen at one point only, that point."""
    steps = path.steps
    if len(steps) == 1:
        yield f"{_arriving(steps[0], names)}, {_ttl(steps[0])}, {paths.why_alone(path)}"
    for step, other, latency in zip(steps, steps[1:], path.latencies, strict=False):
        ttls = f"{_ttl(step)} → {_shown(other.ttl)}"
        yield f"{_arriving(step, names)} | {ttls} | {_leaving(other, names)}  {_after(latency)}"


def _ttl(step: PathStep) -> str:
    return f"ttl {_shown(step.ttl)}"


def _shown(ttl: int | None) -> str:
    return "?" if ttl is None else str(ttl)


def notes(analysis: Analysis) -> Iterator[str]:
    """Notes on how packets were followed."""
    paths = analysis.followed
    for clock in paths.clocks.values():
        if clock.offset:
            name, reference = (
                clean(analysis.captures[number].source.short_name) for number in (clock.capture, clock.reference)
            )
            ahead = "ahead of" if clock.offset > 0 else "behind"
            how = "" if clock.both_ways else ", at least: packets were compared in one direction only"
            yield (
                f"the clock of {name} is {format_duration(abs(clock.offset))} {ahead} that of {reference} "
                f"(from {clock.packets} packets that both saw{how})"
            )
    for limit in paths.size_limits:
        arrive = f"; up to {limit.arrived} bytes arrive" if limit.arrived else ""
        why = "lost without an ICMP error: an MTU on the path may be too small, and the error filtered"
        if limit.icmp_errors:
            mtus = " and ".join(f"MTU {mtu}, says {format_address(source)}" for mtu, source in limit.icmp_errors)
            why = f"too big ({mtus})"
        pair = f"{format_address(limit.src)} → {format_address(limit.dst)}"
        if limit.back:
            yield (
                f"echo requests {pair} of {limit.lost} bytes or more arrive and get no reply; up to {limit.arrived} "
                "bytes get one: an MTU on the return path, or of one end of the receiver's link, may be too small"
            )
        else:
            yield f"datagrams {pair} of {limit.lost} bytes or more are {why}{arrive}"
    if paths.share > 1:
        yield f"one packet in {paths.share} was followed, the same ones on every link, to keep memory bounded"
    if paths.groups and paths.groups.beyond:
        yield f"not judged: {paths.groups.beyond} packets, which took too many different paths"
    if paths.lost:
        yield f"not followed: {paths.lost} packets without a time, or of too many different MACs or addresses"
    for number in sorted(paths.unfollowed):
        yield (
            f"{clean(analysis.captures[number].source.short_name)} is not followed with the others: "
            "its text shows too little of each packet; print it with -v (tcpdump -nn -e -v)"
        )
    if paths.opaque:
        yield f"{paths.opaque} packets in WireGuard tunnels were not followed: they are encrypted"


def noun_of(packet: str, count: int) -> str:
    """What packets of a type are called, as many as there are."""
    noun = NOUNS[packet]
    if count == 1:
        return noun
    return f"{noun.removesuffix('y')}ies" if noun.endswith("y") else f"{noun}s"


def _arriving(step: PathStep, names: PointNames) -> str:
    """A step as a packet arrives: source MAC, place, destination MAC."""
    group = step.spot.group
    source = f"{format_mac(group.src)} → " if group.src is not None else ""
    return f"{source}{names.of(step)}" + (f" {format_mac(group.dst)}" if group.dst is not None else "")


def _leaving(step: PathStep, names: PointNames) -> str:
    """The next step, as the packet leaves for it."""
    group = step.spot.group
    source = f"{format_mac(group.src)} " if group.src is not None else ""
    return f"{source}{names.of(step)}" + (f" → {format_mac(group.dst)}" if group.dst is not None else "")


def _after(latency: Latency) -> str:
    return f"after {format_durations([latency.median, latency.p99])} (median/p99)"
