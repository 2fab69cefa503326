"""Counters per processor: ``conntrack -S``, /proc/net/stat/…, /proc/net/softnet_stat. The sums are kept.

If a processor comes again, another reading begins.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.listing import Listing
from pcapcheck.nodestate.node_facts import Sysctl
from pcapcheck.nodestate.numbers import number
from pcapcheck.nodestate.packet_facts import Counter
from pcapcheck.nodestate.readers.state_reader import StateReader
from pcapcheck.nodestate.source_lines import Line
from pcapcheck.nodestate.state import State

CONNTRACK, BACKLOG, NEIGHBOURS = "conntrack", "backlog", "neighbours"
PROCESSOR = re.compile(r"cpu=(\d{1,5})\s+((?:[a-z_]+=\d{1,19}\s*)+)")
PAIR = re.compile(r"([a-z_]+)=(\d{1,19})")
HEAD = re.compile(r"entries\s+[a-z_ ]+")
# A row of a file below /proc/net: numbers of eight hexadecimal digits or more, at least nine of them.
ROW = re.compile(r"(?:[0-9a-f]{8,16}\s+){8,24}[0-9a-f]{8,16}")
# What loses packets: nf_conntrack_core.c (insert_failed: two first packets of one connection met; drop: no room, or
# no memory; early_drop: another connection had to go); neighbour.c, neigh_alloc and __neigh_event_send.
KEPT = {
    CONNTRACK: ("insert_failed", "drop", "early_drop", "invalid"),
    NEIGHBOURS: ("table_fulls", "unresolved_discards"),
    BACKLOG: ("dropped",),
}
# net/core/net-procfs.c, softnet_seq_show: processed, dropped, time_squeeze, …
BACKLOG_NAMES = ("processed", "dropped", "time_squeeze")
COUNT = re.compile(r"\d{1,10}")
NEIGHBOUR_TABLE = re.compile(r"inet6? (?:arp_cache|ndisc_cache)")
NTABLE = re.compile(r"(thresh3|table_fulls|entries)\s+(\d{1,19})")
Row = tuple[Line, dict[str, int]]


def read_conntrack(lines: Iterable[Line], into: Host, listing: Listing | None = None) -> list[Line]:
    """``conntrack -S`` and ``conntrack -C``."""
    strange: list[Line] = []
    rows: list[Row] = []
    seen: set[str] = set()
    for line in lines:
        text = " ".join(line.text.split())
        match = PROCESSOR.fullmatch(text)
        if match is None:
            if listing is not None and "-C" in listing.words and COUNT.fullmatch(text):
                name = "net.netfilter.nf_conntrack_count"
                into.sysctls[name] = Sysctl(name, text, line, key="nf_conntrack_count")
            elif text:
                strange.append(line)
            continue
        if match[1] in seen:
            _sum(CONNTRACK, rows, None, into)
            rows, seen = [], set()
        seen.add(match[1])
        said = Line(line.file, line.number, text)
        rows.append((said, {name: int(value) for name, value in PAIR.findall(match[2])}))
    _sum(CONNTRACK, rows, None, into)
    return strange


def read_statistics(lines: Iterable[Line], into: Host, listing: Listing | None = None) -> list[Line]:
    """``cat`` of files below /proc/net/stat, whose first line names the columns, and of softnet_stat, without one."""
    strange: list[Line] = []
    for source, family, rows in _tables(lines, " ".join(listing.words) if listing else "", strange):
        _sum(source, rows, family, into)
        if source == NEIGHBOURS and rows:
            # The first column is of the whole table, in each row the same.
            keep_entries(rows[0][1].get("entries"), family, rows[0][0], into)
    return strange


def _tables(lines: Iterable[Line], words: str, strange: list[Line]) -> Iterator[tuple[str, str | None, list[Row]]]:
    source, family, names, rows = BACKLOG, None, list(BACKLOG_NAMES), list[Row]()
    for line in lines:
        text = line.text.strip()
        if HEAD.fullmatch(text):
            yield source, family, rows
            names, rows = text.split(), []
            source = NEIGHBOURS if "table_fulls" in names else CONNTRACK if "insert_failed" in names else ""
            family = ("6" if "ndisc_cache" in words else "4") if source == NEIGHBOURS else None
        elif ROW.fullmatch(text):
            numbers = (int(word, 16) for word in text.split())
            rows.append((line, dict(zip(names, numbers, strict=False))))
        elif text:
            strange.append(line)
    yield source, family, rows


def read_tables(lines: Iterable[Line], into: Host, _: Listing | None = None) -> list[Line]:
    """``ip -s ntable show name arp_cache``: how many entries there may be, and how often there was no room."""
    family = "4"
    for line in lines:
        text = line.text.strip()
        if text.startswith(("inet ", "inet6 ")):
            family = "6" if text.startswith("inet6") else "4"
        for name, value in NTABLE.findall(text):
            if name == "thresh3":
                full = f"net.ipv{family}.neigh.default.gc_thresh3"
                into.sysctls[full] = Sysctl(full, value, line, int(family), "neigh", "default", "gc_thresh3")
            elif name == "entries":
                keep_entries(number(value), family, line, into)
            else:
                into.counters.append(Counter(NEIGHBOURS, name, int(value), line, kind=family))
    return []


def read_devices_tables(lines: Iterable[Line], into: State, _: Listing | None = None) -> list[Line]:
    """Count the tables of single interfaces, in which nothing is judged."""
    for line in lines:
        if line.text.strip().startswith("dev "):
            into.leave_unjudged("neighbour tables of interfaces (ip ntable)", line)
    return []


def keep_entries(count: int | None, family: str | None, line: Line, into: Host) -> None:
    """How many neighbours the kernel holds, of all namespaces: no counter, but it comes with these."""
    if count is not None:
        into.counters.append(Counter(NEIGHBOURS, "entries", count, line, kind=family))


def _sum(source: str, rows: Sequence[Row], family: str | None, into: Host) -> None:
    """Add the processors up; the row with most of it is quoted."""
    for name in KEPT.get(source, ()):
        held = [(values[name], line) for line, values in rows if name in values]
        if held:
            passed = sum(values["processed"] for _, values in rows if "processed" in values) or None
            _, line = max(held, key=lambda pair: pair[0])
            into.counters.append(
                Counter(source, name, sum(count for count, _ in held), line, kind=family, passed=passed)
            )


CONNTRACK_READER = StateReader(
    name="conntrack",
    commands=("conntrack",),
    looks_like=lambda text, _: PROCESSOR.fullmatch(text) is not None,
    read_host=read_conntrack,
)
STATISTICS_READER = StateReader(
    name="statistics",
    looks_like=lambda text, _: bool(HEAD.fullmatch(text) or ROW.fullmatch(text)),
    read_host=read_statistics,
)
NEIGHBOUR_TABLES_READER = StateReader(
    name="tables",
    looks_like=lambda text, _: NEIGHBOUR_TABLE.fullmatch(text) is not None,
    read_host=read_tables,
    read_cluster=read_devices_tables,
)
