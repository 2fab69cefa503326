"""What the user says about the captures: names of interfaces, the time and the pod to judge, the filter used."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from pcapcheck.errors import CaptureError
from pcapcheck.flows.links import Link
from pcapcheck.values import parse_address, parse_time
from pcapcheck.workload import cali_name


@dataclass
class Scope:
    """``since`` and ``until`` are nanoseconds; ``pods`` addresses or ``NAMESPACE/NAME``."""

    names: dict[str, dict[int | None, str]] = field(default_factory=dict)
    since: int | None = None
    until: int | None = None
    pods: tuple[str, ...] = ()
    filter_used: str | None = None

    def names_for(self, path: Path) -> dict[int | None, str]:
        """The interface names given for one capture, by ifindex or, under None, for the whole file."""
        return self.names.get(str(path), {}) or self.names.get(path.name, {})

    def select(self, links: list[Link], prefix: str) -> None:
        """Judge only the links of the wanted pods. Raises CaptureError where a wanted pod is nowhere."""
        if not self.pods:
            return
        for link in links:
            link.judged = False
        for pod in self.pods:
            found = [link for link in links if _is_pod(link, pod, prefix)]
            if not found:
                there = sorted({link.point.name for link in links if link.point.kind == "pod-link"})
                raise CaptureError(
                    f"--pod {pod}: no such pod in the capture; pod links here: {', '.join(there) or 'none'}"
                )
            for link in found:
                link.judged = True


def _is_pod(link: Link, pod: str, prefix: str) -> bool:
    if "/" in pod:
        namespace, _, name = pod.partition("/")
        return link.point.name == cali_name(namespace, name, prefix)
    try:
        return parse_address(pod) in link.pod_ips
    except ValueError:
        raise CaptureError(f"--pod {pod}: give the pod's address or NAMESPACE/POD") from None


def parse_interface_names(specifications: tuple[str, ...]) -> dict[str, dict[int | None, str]]:
    """``FILE[#ifindex]=NAME`` options. Raises CaptureError where one is not of that form."""
    names: dict[str, dict[int | None, str]] = {}
    for text in specifications:
        match = re.fullmatch(r"(.+?)(?:#(\d+))?=([^=]+)", text)
        if not match:
            raise CaptureError(f"--interface {text}: write FILE=NAME or FILE#IFINDEX=NAME, like any.pcap#12=cali…")
        names.setdefault(match[1], {})[int(match[2]) if match[2] else None] = match[3]
    return names


def parse_moment(option: str, text: str | None) -> int | None:
    """The time that an option gives, in nanoseconds. Raises CaptureError where it is none."""
    try:
        return None if text is None else parse_time(text)
    except ValueError as error:
        raise CaptureError(f"{option} {text}: {error}") from None
