"""Counters of interfaces: the tables below the links of ``ip -s link``, ``ifconfig``'s lines, /proc/net/dev."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.listing import Listing
from pcapcheck.nodestate.numbers import number
from pcapcheck.nodestate.packet_facts import Counter
from pcapcheck.nodestate.readers.state_reader import StateReader
from pcapcheck.nodestate.source_lines import Line

IN, OUT = "in", "out"
DIRECTIONS = {"RX": IN, "TX": OUT}
LINK = "link"
# Names in ip's tables, in ifconfig's lines and in JSON (ip/ipaddress.c, print_stats64) -> what it is called here.
NAMES = {
    **{name: name for name in ("errors", "dropped", "missed", "overrun", "carrier", "fifo", "crc", "length", "frame")},
    **{"overruns": "overrun", "overrsn": "overrun", "carriers": "carrier", "aborted": "aborted"},
    **{"over_errors": "overrun", "missed_errors": "missed", "carrier_errors": "carrier", "fifo_errors": "fifo"},
    **{"crc_errors": "crc", "length_errors": "length", "frame_errors": "frame", "aborted_errors": "aborted"},
}
HEAD = re.compile(r"(RX|TX)(?: errors)?:\s+([a-z].*)")
IFCONFIG = re.compile(r"(RX|TX) (?:packets|errors)[ :]?\d.*")
PAIR = re.compile(r"([a-z]+)[: ](\d{1,19})")
# /proc/net/dev: bytes packets errs drop fifo frame …, then bytes packets errs drop fifo colls carrier … (net/core/
# net-procfs.c, dev_seq_printf_stats: what was missed is among drop, what overran among fifo).
DEVICE = re.compile(r"([^\s:|]+):\s*((?:\d{1,19}\s+){15}\d{1,19})")
COLUMNS = {IN: {"errors": 2, "dropped": 3, "fifo": 4}, OUT: {"errors": 10, "dropped": 11, "fifo": 12, "carrier": 14}}
PASSED = {IN: 1, OUT: 9}


class LinkCounters:
    """The table that is being read: ip prints the names in one line and the numbers in the next."""

    def __init__(self) -> None:
        self._direction = ""
        self._names: list[str] = []
        self._passed: dict[tuple[str, str], int] = {}

    def take(self, text: str, line: Line, dev: str, into: Host) -> bool:
        """Take a line below a link's header; False if it is not of a table of counters."""
        if match := HEAD.fullmatch(text):
            self._direction, self._names = DIRECTIONS[match[1]], match[2].split()
            return True
        if IFCONFIG.fullmatch(text):
            self._plain(text, line, dev, into)
            return True
        numbers = [number(word) for word in text.split()]
        if not self._names or None in numbers:
            self._names = []
            return False
        # A number without a name is of a column that this ip leaves nameless; missing numbers were cut off.
        values = {name: held for name, held in zip(self._names, numbers, strict=False) if held is not None}
        self._names = []
        self._keep(values, self._direction, line, dev, into)
        return True

    def _plain(self, text: str, line: Line, dev: str, into: Host) -> None:
        """``RX errors 0  dropped 3  overruns 0  frame 0``, and the older ``RX packets:5 errors:0 dropped:3 …``."""
        values = {name: held for name, value in PAIR.findall(text) if (held := number(value)) is not None}
        self._keep(values, DIRECTIONS[text[:2]], line, dev, into)

    def _keep(self, values: Mapping[str, int], direction: str, line: Line, dev: str, into: Host) -> None:
        if "packets" in values:
            self._passed[dev, direction] = values["packets"]
        keep_counters(values, direction, self._passed.get((dev, direction)), line, dev, into)


def keep_counters(
    values: Mapping[str, object], direction: str, passed: int | None, line: Line, dev: str, into: Host
) -> None:
    """Keep an interface's counters of one direction, by a program's names for them; others are left out."""
    for name, value in values.items():
        held = number(value)
        if name in NAMES and held is not None:
            into.counters.append(Counter(LINK, NAMES[name], held, line, dev, direction, None, passed))


def read_devices(lines: Iterable[Line], into: Host, _: Listing | None = None) -> list[Line]:
    """``cat /proc/net/dev``."""
    for line in lines:
        match = DEVICE.fullmatch(line.text.strip())
        words = match[2].split() if match else []
        for direction, columns in COLUMNS.items() if match else ():
            values = {name: words[at] for name, at in columns.items()}
            keep_counters(values, direction, number(words[PASSED[direction]]), line, match[1] if match else "", into)
    return []


DEVICES_READER = StateReader(
    name="devices", looks_like=lambda text, _: DEVICE.fullmatch(text) is not None, read_host=read_devices
)
