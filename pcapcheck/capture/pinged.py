"""What ping printed, in one sentence: evidence that packets were lost, but not of where.

Sources: iputils (ping/ping.c, ping/ping_common.c: ``finish``, ``pr_icmph``), busybox (networking/ping.c).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from msgspec import Struct, field

SHOWN = 3
_BEGIN = re.compile(r"PING6? (?P<name>\S+) ?\((?P<target>[^ )]+)\)(?: from (?P<source>[^ :]+))?")
_REPLY = re.compile(
    r"\d+ bytes from (?P<target>\S+?)(?: \([^)]+\))?: (?:icmp_)?seq=\d+.*?(?:time=(?P<time>[\d.]+) ms)?$"
)
_ERROR = re.compile(r"From (?P<source>\S+?)(?: \([^)]+\))?:? icmp_seq=\d+ (?P<what>\S.{0,80})")
_SENT = re.compile(r"(?P<sent>\d+) packets transmitted, (?P<received>\d+)(?: packets)? received")
_STATISTICS = re.compile(r"--- (?P<target>\S+) ping6? statistics ---")


class Pinged(Struct):
    """One run of ping: the target, how many requests were sent (None: not shown) and answered, who sent errors."""

    target: str
    source: str = ""
    sent: int | None = None
    replies: int = 0
    slowest: float | None = None
    errors: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def words(self) -> str:
        """As in ``10.244.1.11 → 10.244.2.20: 3 sent, 0 received; 10.0.0.11 says Destination Host Unreachable (2x)``."""
        path = f"{self.source} → {self.target}" if self.source else self.target
        came = f"{self.replies} received"
        counted = f"{self.sent} sent, {came}" if self.sent is not None else came
        slowest = f", the slowest after {self.slowest:g} ms" if self.slowest is not None else ""
        said = "".join(f"; {who} says {what} ({count}x)" for (who, what), count in self.errors.most_common(SHOWN))
        return f"{path}: {counted}{slowest}{said}"


def summary(lines: Iterable[str]) -> str:
    """What the lines of ping among these say; empty if there are none, or they say nothing."""
    runs = _runs(lines)
    more = f"; and {len(runs) - SHOWN} more runs" if len(runs) > SHOWN else ""
    return "; ".join(run.words for run in runs[:SHOWN]) + more


def unheard(lines: Iterable[str]) -> tuple[tuple[str, int], ...]:
    """The targets whose last run of ping got no answer, and how many requests it sent."""
    last = {run.target: run for run in _runs(lines)}
    return tuple((run.target, run.sent) for run in last.values() if run.sent and not run.replies)


def unreachable(lines: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Who said that a target cannot be reached, and which target: of ping's own host, nobody there answers its ARP."""
    said = [(who, run.target) for run in _runs(lines) for who, what in run.errors if what.endswith("Host Unreachable")]
    return tuple(dict.fromkeys(said))


def _runs(lines: Iterable[str]) -> list[Pinged]:
    runs: list[Pinged] = []
    for line in map(str.strip, lines):
        if match := _BEGIN.match(line):
            runs.append(Pinged(match["target"], match["source"] or ""))
        elif match := _REPLY.match(line):
            run = _current(runs, match["target"])
            run.replies += 1
            if match["time"]:
                run.slowest = max(run.slowest or 0, float(match["time"]))
        elif match := _ERROR.match(line):
            _current(runs, "").errors[match["source"], match["what"].strip()] += 1
        elif match := _STATISTICS.match(line):
            run = _current(runs, match["target"])
            run.target = run.target or match["target"]
        elif (match := _SENT.match(line)) and runs:
            runs[-1].sent, runs[-1].replies = int(match["sent"]), int(match["received"])
    for run in runs:
        run.target = run.target or "an address that it does not show"
    return runs


def _current(runs: list[Pinged], target: str) -> Pinged:
    """The run that a line belongs to; a paste without ping's first line begins a run with this line."""
    if not runs or runs[-1].sent is not None:
        runs.append(Pinged(target))
    return runs[-1]
