"""What the user says about the captures: names of interfaces, the time and the pod to judge, the filter used."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from msgspec import Struct, field
from msgspec.structs import replace

from pcapcheck.calico import cali_name, parse_pod
from pcapcheck.capture.host_names import bare_name
from pcapcheck.errors import UsageError
from pcapcheck.links.capture_points import CapturePoint, PointKey
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.values import NamedAddress, format_address, parse_address, parse_time


class Scope(Struct):
    """``since`` and ``until`` are nanoseconds; ``pods`` addresses or ``NAMESPACE/NAME``."""

    names: dict[str, dict[int | None, str]] = field(default_factory=dict)
    since: int | None = None
    until: int | None = None
    pods: tuple[str, ...] = ()
    filter_used: str | None = None

    def names_for(self, path: Path) -> dict[int | None, str]:
        """The interface names given for one capture, by ifindex or, under None, for the whole file."""
        return self.names.get(str(path), {}) or self.names.get(path.name, {})

    def without(self, files: Iterable[str]) -> Scope:
        """The same without names for these files, which could not be used or hold no frames."""
        gone = {name for file in files for name in (file, Path(file).name)}
        names = {file: given for file, given in self.names.items() if file not in gone}
        return self if len(names) == len(self.names) else replace(self, names=names)

    def check_names(self, capture_points: Iterable[CapturePoint]) -> None:
        """See that every name given belongs to something. Raises UsageError where one does not."""
        known = list(capture_points)
        for file, given in self.names.items():
            here = [
                capture_point for capture_point in known if file in (str(capture_point.path), capture_point.path.name)
            ]
            if not here:
                raise UsageError(f"--interface {file}=…: no capture of this call has that name, or it holds no frames")
            there = sorted({capture_point.number for capture_point in here})
            for number, name in given.items():
                if number is None and len(here) > 1:
                    raise UsageError(
                        f"--interface {file}={name}: it holds several interfaces; name one of "
                        + ", ".join(f"{file}#{number}" for number in there)
                    )
                if number is not None and number not in there:
                    raise UsageError(
                        f"--interface {file}#{number}={name}: no such interface; there are "
                        + ", ".join(f"#{number}" for number in there)
                    )

    def select(self, points: list[PointFacts], prefix: str) -> set[PointKey]:
        """The points to judge: all, or those of the wanted pods. Raises UsageError where a wanted pod is nowhere."""
        if not self.pods:
            return {point.key for point in points}
        wanted: set[PointKey] = set()
        for pod in self.pods:
            found = {point.key for point in points if _is_pod(point, pod, prefix)}
            if not found:
                pods = [format_address(ip) for point in points for ip in sorted(point.pod_ips)]
                there = dict.fromkeys(pods + [point.name for point in points if point.kind == "pod-link"])
                raise UsageError(f"--pod {pod}: no such pod in the capture; known there: {', '.join(there) or 'none'}")
            wanted |= found
        return wanted


def _is_pod(point: PointFacts, pod: str, prefix: str) -> bool:
    try:
        return parse_address(pod) in point.pod_ips
    except ValueError:
        pass
    if any(isinstance(ip, NamedAddress) and bare_name(ip.name) == bare_name(pod) for ip in point.pod_ips):
        return True
    try:
        return point.name == cali_name(*parse_pod(pod), prefix)
    except ValueError:
        raise UsageError(f"--pod {pod}: give the pod's address or NAMESPACE/POD") from None


def parse_interface_names(specifications: tuple[str, ...]) -> dict[str, dict[int | None, str]]:
    """``FILE[#ifindex]=NAME`` options. Raises UsageError where one is not of that form."""
    names: dict[str, dict[int | None, str]] = {}
    for text in specifications:
        match = re.fullmatch(r"(.+?)(?:#(\d+))?=([^=]+)", text)
        if not match:
            raise UsageError(f"--interface {text}: write FILE=NAME or FILE#IFINDEX=NAME, like any.pcap#12=cali…")
        names.setdefault(match[1], {})[int(match[2]) if match[2] else None] = match[3]
    return names


def parse_moment(option: str, text: str | None) -> int | None:
    """The time that an option gives, in nanoseconds. Raises UsageError where it is none."""
    try:
        return None if text is None else parse_time(text)
    except ValueError as error:
        raise UsageError(f"{option} {text}: {error}") from None
