"""Packets of Windows' Packet Monitor as ``pktmon etl2txt`` prints them: a line about where, then tcpdump's words.

    [00]0000.0000::2026-03-26 08:20:19.144000000 [Microsoft-Windows-PktMon] PktGroupId 1970324836974594, PktNumber 1,
    Appearance 1, Direction Tx , Type Ethernet , Component 38, Edge 1, Filter 1, OriginalSize 98, LoggedSize 98
        00-15-5D-01-6B-05 > 00-15-5D-01-6B-06, ethertype IPv4 (0x0800), length 98: 10.0.0.5 > 10.0.0.6: ICMP echo …

(The first two lines are one.) Each component of the network stack that saw a packet prints it again, and one that
dropped it says why.
"""

from __future__ import annotations

import re
from collections import Counter

from msgspec import Struct, field

from pcapcheck.capture.record import Problem
from pcapcheck.capture.text.stamps import STAMP
from pcapcheck.values import clean

MARK = "PktGroupId "
PROVIDER = "[Microsoft-Windows-PktMon] "
MOST_CHARACTERS = 2000
# How many reasons are kept, and shown.
MOST_REASONS = 100
MOST_SHOWN = 5
_SIGHTING = re.compile(
    rf"(?:.{{0,60}}::|\s*)({STAMP})\s.{{0,60}}?(Drop: )?{MARK}(\d+), PktNumber (\d+), (.*)", re.ASCII
)
# Titles are in the language of Windows, values are where they always are: appearance, direction, type, component.
_COMPONENT = re.compile(r"[^,]*,[^,]*,[^,]*,[^,\d]*(\d{1,6})")
_REASON = re.compile(r"DropReason ([^,]{1,80}?)\s*(?:,|$)")
_MACS = re.compile(r"\s+((?:[0-9A-F]{2}-){5}[0-9A-F]{2}) > ((?:[0-9A-F]{2}-){5}[0-9A-F]{2})(?=,)")
_ADDRESS = re.compile(r"\s+(?=[0-9a-f.:]+\S* > )")


class MonitoredPlace(Struct, frozen=True):
    """Where a packet was seen: what stands before its words, and the component."""

    stamp: str
    component: str


class PacketMonitor(Struct):
    """Reads the lines about sightings; the words that follow are made those of tcpdump."""

    sighting: MonitoredPlace | None = None
    _dropped: Counter[tuple[str, str]] = field(default_factory=Counter)
    _first: int = 0

    def is_sighting(self, number: int, line: str) -> bool:
        """Whether a line says where the packet that follows was seen."""
        match = _SIGHTING.match(line[:MOST_CHARACTERS])
        if match is None:
            return False
        component = _COMPONENT.match(match[5])
        name = f"component {component[1]}" if component else "unknown component"
        self.sighting = MonitoredPlace(match[1], name)
        if match[2]:
            reason = _REASON.search(match[5])
            key = name, clean(reason[1]) if reason else "no reason given"
            if key in self._dropped or len(self._dropped) < MOST_REASONS:
                self._dropped[key] += 1
            self._first = self._first or number
        return True

    def words_of(self, line: str) -> str:
        """The line that follows, with its time and MACs as tcpdump prints them; other lines as they are."""
        sighting = self.sighting
        if sighting is None or not line[:1].isspace():
            return line
        if match := _MACS.match(line):
            macs = " > ".join(mac.replace("-", ":").lower() for mac in match.groups())
            return f"{sighting.stamp} {macs}{line[match.end() :]}"
        if match := _ADDRESS.match(line):
            return f"{sighting.stamp} IP {line[match.end() :]}"
        return f"{sighting.stamp} {line.lstrip()}"

    def finish(self) -> list[Problem]:
        """What components dropped, the most frequent first."""
        if not self._dropped:
            return []
        said = [f"{name} {count} ({reason})" for (name, reason), count in self._dropped.most_common(MOST_SHOWN)]
        more = f" and {len(self._dropped) - MOST_SHOWN} more" if len(self._dropped) > MOST_SHOWN else ""
        return [
            Problem(
                "dropped-there",
                f"pktmon says which components dropped packets: {', '.join(said)}{more}, first: line {self._first}; "
                "pktmon list names components",
            )
        ]
