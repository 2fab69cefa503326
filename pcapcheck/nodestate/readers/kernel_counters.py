"""/proc/net/snmp, /proc/net/netstat and /proc/net/snmp6: the counters that nstat prints, where it is missing.

The first two have two lines a protocol, the names and the numbers (kernel: net/ipv4/proc.c, snmp_seq_show); the third a
line a counter (net/ipv6/proc.c). nstat joins protocol and name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.listing import Listing
from pcapcheck.nodestate.packet_facts import Counter
from pcapcheck.nodestate.readers.nstat import NSTAT
from pcapcheck.nodestate.readers.state_reader import StateReader
from pcapcheck.nodestate.source_lines import Line

_NAMES = re.compile(r"([A-Z][A-Za-z0-9]+): ([A-Z][A-Za-z0-9]*(?: [A-Z][A-Za-z0-9]*)*)")
_NUMBERS = re.compile(r"([A-Z][A-Za-z0-9]+): (-?\d{1,20}(?: -?\d{1,20})*)")
_SIX = re.compile(r"((?:Ip|Icmp|Udp|UdpLite)6[A-Za-z0-9]+)\s+(\d{1,19})")
# A line of hundreds of counters is quoted by the counter alone.
QUOTED = 80


def read_kernel_counters(lines: Iterable[Line], into: Host, _: Listing | None = None) -> list[Line]:
    """Keep each counter under the name that nstat has for it; returns the other lines."""
    strange = []
    names: dict[str, list[str]] = {}
    for line in lines:
        text = " ".join(line.text.split())
        if six := _SIX.fullmatch(text):
            into.counters.append(Counter(NSTAT, six[1], int(six[2]), line))
        elif head := _NAMES.fullmatch(text):
            names[head[1]] = head[2].split()
        elif found := _NUMBERS.fullmatch(text):
            for name, value in zip(names.pop(found[1], ()), found[2].split(), strict=False):
                if not value.startswith("-"):
                    said = line if len(text) <= QUOTED else Line(line.file, line.number, f"{found[1]}: {name} {value}")
                    into.counters.append(Counter(NSTAT, found[1] + name, int(value), said))
        elif text:
            strange.append(line)
    return strange


KERNEL_COUNTERS_READER = StateReader(
    name="kernel-counters",
    looks_like=lambda text, _: bool(_NAMES.fullmatch(text) or _NUMBERS.fullmatch(text) or _SIX.fullmatch(text)),
    read_host=read_kernel_counters,
)
