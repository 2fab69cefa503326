"""The kernel's counters: ``nstat``, and the files that it reads (/proc/net/snmp, /proc/net/netstat)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from msgspec.structs import replace

from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.listing import Listing
from pcapcheck.nodestate.node_facts import Counter
from pcapcheck.nodestate.readers.state_reader import StateReader
from pcapcheck.nodestate.source_lines import Line

# Two lines of a file: names, and below them their values (net/ipv4/proc.c).
PROC = re.compile(r"(Ip|Icmp|IcmpMsg|Tcp|Udp|UdpLite|TcpExt|IpExt|MPTcpExt):((?: [\w-]+)+)")
VALUES = re.compile(r"(?: -?\d{1,20})+")
SAID = 120
COUNTER = re.compile(r"([A-Z][A-Za-z0-9]+)\s+(\d{1,19})\s+\d+\.\d+")


def read_counters(lines: Iterable[Line], into: Host, _: Listing | None = None) -> list[Line]:
    """Read counters, each by the name that nstat gives it."""
    named: re.Match[str] | None = None
    for line in lines:
        text = line.text.strip()
        if pair := PROC.fullmatch(text):
            if not VALUES.fullmatch(pair[2]):
                named = pair
            elif named is not None and named[1] == pair[1]:
                for name, value in zip(named[2].split(), pair[2].split(), strict=False):
                    if value.isdecimal() and value != "0":
                        said = replace(line, text=f"{pair[1]}: {name} {value}"[:SAID])
                        into.counters.append(Counter("nstat", pair[1] + name, int(value), said))
        elif match := COUNTER.fullmatch(text):
            into.counters.append(Counter("nstat", match[1], int(match[2]), line))
    return []


NSTAT_READER = StateReader(
    name="nstat",
    commands=("nstat",),
    looks_like=lambda text, _: COUNTER.fullmatch(text) is not None or PROC.fullmatch(text) is not None,
    read_host=read_counters,
)
