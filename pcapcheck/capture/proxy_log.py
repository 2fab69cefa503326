"""The log of kube-proxy: when it could not write its rules, and whether it could later.

Each family of IP has a proxier of its own, which newer versions name. One whose sync failed says so, then that this
sync is complete, and tries again after half a minute.

Source: kube-proxy (pkg/proxy/iptables, ipvs and nftables, proxier.go), klog.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

LONGEST = 1000
_PROXIER = r'.{0,60}\bproxier\.go:\d{1,5}\] "?'
_UNWRITTEN = re.compile(
    rf"{_PROXIER}(?P<said>Failed to execute iptables-restore|nftables sync failed|Failed to ensure chain|"
    r"ipset restore failed)\b.*"
)
_COMPLETE = re.compile(
    rf'{_PROXIER}syncProxyRules complete\b.*?\belapsed="?(?P<elapsed>[\w.\u00b5\u03bc]{{2,30}})"?.*', re.I
)
_STAMP = re.compile(r"[IWEF](?P<day>\d{4}) (?P<hours>\d\d):(?P<minutes>\d\d):(?P<seconds>\d\d(?:\.\d{1,9})?)")
_FAMILY = re.compile(r'\bipFamily="?(IPv[46])')
# Go: time/format.go, Duration.String.
_PART = re.compile(r"(\d+(?:\.\d+)?)(h|ms|m|s|[\u00b5\u03bcu]s|ns)")
_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "\u00b5s": 1e-6, "\u03bcs": 1e-6, "us": 1e-6, "ns": 1e-9}


def unwritten(line: str) -> str | None:
    """What kube-proxy says if this line of its log says that it could not write its rules."""
    match = _UNWRITTEN.fullmatch(line.strip()[:LONGEST]) if "proxier.go" in line else None
    return None if match is None else match["said"]


def is_complete(line: str) -> bool:
    """Whether this line of its log says that a sync of its rules is complete, be it one that failed."""
    return "proxier.go" in line and _COMPLETE.fullmatch(line.strip()[:LONGEST]) is not None


def written_after(lines: Sequence[str]) -> int | None:
    """Which of the lines of a log says that the rules were written after the last failure; None if none does."""
    last = max((place for place, line in enumerate(lines) if unwritten(line) is not None), default=None)
    if last is None:
        return None
    failed_at, family = _time(lines[last]), _family(lines[last])
    if failed_at is None:
        return None
    for place, line in enumerate(lines[last + 1 :], last + 1):
        match = _COMPLETE.fullmatch(line.strip()[:LONGEST])
        completed_at = _time(line)
        if match is None or completed_at is None or (None not in (family, _family(line)) and family != _family(line)):
            continue
        # A sync that began before was that which failed.
        if completed_at[0] > failed_at[0] or completed_at[1] - _duration(match["elapsed"]) > failed_at[1]:
            return place
    return None


def _time(line: str) -> tuple[int, float] | None:
    """The day of the year, as month and day, and the second of the day."""
    match = _STAMP.search(line[:LONGEST])
    if match is None:
        return None
    return int(match["day"]), int(match["hours"]) * 3600 + int(match["minutes"]) * 60 + float(match["seconds"])


def _family(line: str) -> str | None:
    match = _FAMILY.search(line[:LONGEST])
    return match[1] if match else None


def _duration(text: str) -> float:
    return sum(float(count) * _SECONDS[unit] for count, unit in _PART.findall(text))
