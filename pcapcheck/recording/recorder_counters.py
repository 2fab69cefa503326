"""What tcpdump and dumpcap print of themselves: that they listen, what they counted, why they ended.

tcpdump.c prints "listening on" once the kernel's ring is set up, the interface bound and the filter in place, right
before its loop; dumpcap.c prints "File:" then. tcpdump answers SIGUSR1 with its counters in one line, and ends with
one in each.
"""

from __future__ import annotations

import re

from msgspec import Struct

_LISTENING = re.compile(r"listening on |File: ")
_COUNTS = re.compile(r"(\d+) packets? (captured|received by filter|dropped by kernel|dropped by interface)")
_DUMPCAP = re.compile(r"Packets received/dropped on interface .*?: (\d+)/(\d+) ")
_AT = re.compile(r"pcapcheck: at (\d+)(?:\.(\d{9}))?")
# What is no reason for an end.
_USUAL = re.compile(
    r"listening on|File:|Capturing on|Packets captured|Packets received|packets? (captured|received|dropped)"
    r"|dropped privs|pcapcheck: at|verbose output|data link type|^Terminated|^Killed"
)


class RecorderCounters(Struct, frozen=True):
    """``captured`` packets were written, ``received`` passed the filter (with those lost), ``dropped`` were lost."""

    captured: int
    received: int
    dropped: int

    @property
    def unread(self) -> int:
        """Packets that passed the filter and are not written yet, with those that libpcap itself leaves out."""
        return max(0, self.received - self.dropped - self.captured)


def is_listening(line: str) -> bool:
    """Whether this is what a recorder prints when it has begun."""
    return _LISTENING.search(line) is not None


def read_counters(lines: list[str]) -> RecorderCounters | None:
    """The latest counters among these lines; None if they are not all there."""
    counts: dict[str, int] = {}
    for line in lines:
        if match := _DUMPCAP.search(line):
            received, dropped = int(match[1]), int(match[2])
            counts |= {"captured": received, "received by filter": received + dropped, "dropped by kernel": dropped}
        counts |= {name: int(count) for count, name in _COUNTS.findall(line)}
    if not {"captured", "received by filter", "dropped by kernel"} <= counts.keys():
        return None
    dropped = counts["dropped by kernel"] + counts.get("dropped by interface", 0)
    return RecorderCounters(counts["captured"], counts["received by filter"], dropped)


def moment(line: str) -> int | None:
    """The time there, in nanoseconds, that a line gives; whole seconds where its date knows no fractions."""
    match = _AT.search(line)
    return int(match[1]) * 10**9 + int(match[2] or 0) if match else None


def complaint(lines: list[str]) -> str:
    """Why a recorder ended, in its own words; empty if it did not say."""
    said = [line.strip() for line in lines if line.strip() and not _USUAL.search(line)]
    return " / ".join(said[-2:])
