"""What pcapcheck is compared in: verdicts per frame, small captures, exports, printed text, own rules, other readers.

Each comparison gives a table: its title, its headings and its rows. Ratios are the first program's time by the others'.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from tests.benchmarks.fleets import Fleet, fleet_rows
from tests.benchmarks.programs import (
    OURS,
    PYTHON,
    Program,
    pcapcheck,
    take_turns,
    tcpdump_filter,
    tshark,
    verdict,
)

DPKT = """
import sys, dpkt
with open(sys.argv[1], "rb") as stream:
    for _, data in dpkt.pcap.Reader(stream):
        dpkt.ethernet.Ethernet(data)
"""
SCAPY = """
import sys
from scapy.all import PcapReader
for packet in PcapReader(sys.argv[1]):
    packet.time
"""
# Peers that take minutes per million frames are only asked for fewer.
SLOW = {"dpkt": 1_000_000, "scapy": 100_000, "tshark": 1_000_000}
# The marginal cost is what the frames beyond a quarter of a capture take.
QUARTER = 4
# Columns of the tables frames and echo that tshark has too, by its names.
FRAME_FIELDS = """
    frame.number frame.time_epoch frame.len frame.cap_len sll.ifindex eth.src eth.dst eth.type vlan.id arp.opcode
    arp.src.hw_mac arp.src.proto_ipv4 arp.dst.hw_mac arp.dst.proto_ipv4 ip.version ip.src ip.dst ip.ttl ip.id
    ip.proto ip.len ip.frag_offset ip.flags.df ip.flags.mf icmp.type icmp.code icmp.ident icmp.seq icmp.mtu
    vxlan.vni tcp.srcport tcp.dstport tcp.flags udp.srcport udp.dstport
"""
ECHO_FIELDS = """
    frame.time_epoch ip.src ip.dst icmp.ident icmp.seq icmp.resptime ip.ttl eth.src eth.dst icmp.type icmp.code
    icmp.mtu
"""
ARP_FIELDS = """
    frame.time_epoch arp.opcode arp.src.hw_mac arp.src.proto_ipv4 arp.dst.hw_mac arp.dst.proto_ipv4 eth.src eth.dst
"""
# What is exported: traffic, table, and the columns that tshark has of it.
EXPORTS = (
    ("pings", "frames", FRAME_FIELDS),
    ("pings", "echo", ECHO_FIELDS),
    ("arp-answered", "frames", FRAME_FIELDS),
    ("arp-answered", "arp", ARP_FIELDS),
    ("node-lossy", "paths", FRAME_FIELDS),
    ("node-lossy", "hops", FRAME_FIELDS),
)
# Rules of one's own on columns of single rows, as people write them, by traffic.
OWN_RULES = {
    "pings": """
id: own-rule
title: Replies come from the pods' network within a second
why: a rule of one's own, on columns of single rows
severity: error
select: {table: echo, src: {cidr: 10.0.0.0/8}, seq: {ge: 1}}
expect: {rtt: {le: 1s}, reply_ttl: {ge: 2}}
expected: a prompt reply
observed: "{outcome}"
headline: "{src}'s pings of {dst} are not answered promptly"
absent: nobody pinged
limits: none
references: [RFC 792]
""",
    "node-pings": """
id: own-hops
title: Packets go from link to link within a millisecond
why: a rule of one's own, on columns that differ from packet to packet
severity: error
select: {table: hops, src: {cidr: 10.0.0.0/8}}
expect: {latency: {le: 1ms}, ttl_lost: 1}
expected: a quick hop
observed: "{latency}"
headline: "packets from {src} to {dst} are late"
""",
}


class Comparison(NamedTuple):
    """A table to print, and the programs whose versions belong below it."""

    title: str
    headings: list[str]
    rows: list[list[str]]
    programs: list[Program]


class Bench(NamedTuple):
    """What all comparisons have in common: traffic, sizes of captures and fleets, counted runs, and a folder."""

    traffic: list[str]
    frames: list[int]
    fleets: list[Fleet]
    runs: int
    folder: Path

    def capture(self, traffic: str, frames: int) -> Path:
        """The capture of that traffic, written once."""
        path = self.folder / f"{traffic}-{frames}.pcap"
        if not path.exists():
            # In a process of its own: numpy in this one would count as memory of the programs that it starts.
            part = path.with_suffix(".part")
            command = [PYTHON, "-m", "tests.benchmarks.captures", traffic, str(frames), str(part)]
            subprocess.run(command, check=True)
            part.rename(path)
        return path


def per_frame(bench: Bench) -> list[Comparison]:
    """Marginal processor time per frame, with that of tcpdump's filter, for each kind of traffic."""
    headings = ["traffic", "µs a frame", "tcpdump", "ratio", "x healthy", "peak memory"]
    compared = []
    for frames in bench.frames:
        costs: dict[str, float] = {}
        rows = []
        for traffic in bench.traffic:
            fewer, more = (
                _timed([verdict(), tcpdump_filter()], bench, traffic, size) for size in (frames // QUARTER, frames)
            )
            ours, theirs = (
                _marginal(few, many, frames - frames // QUARTER) for few, many in zip(fewer, more, strict=True)
            )
            costs[traffic] = ours
            healthy = costs.get(_healthy(traffic) or "")
            times = "" if healthy is None else f"{ours / healthy:.1f}"
            peak = f"{more[0].mebibytes:.0f} MiB"
            rows.append([traffic, f"{ours:.3f}", f"{theirs:.3f}", f"{ours / theirs:.1f}", times, peak])
        title = f"verdict per frame: from {frames // QUARTER:,} to {frames:,} frames, processor time"
        compared.append(Comparison(title, headings, rows, [verdict(), tcpdump_filter()]))
    return compared


def failing(bench: Bench) -> list[Comparison]:
    """Processor time of whole verdicts on failing traffic, with that on the healthy traffic of the same kind."""
    headings = ["traffic", "failing s", "healthy", "healthy s", "ratio"]
    compared = []
    for frames in bench.frames:
        rows = []
        for traffic in bench.traffic:
            if (healthy := _healthy(traffic)) is None:
                continue
            programs = [verdict(str(bench.capture(name, frames))) for name in (traffic, healthy)]
            take_turns(programs, bench.capture(traffic, frames), bench.runs)
            ours, theirs = (program.processor for program in programs)
            rows.append([traffic, f"{ours:.3f}", healthy, f"{theirs:.3f}", f"{ours / theirs:.2f}"])
        compared.append(Comparison(f"failing and healthy verdicts, {frames:,} frames", headings, rows, [verdict()]))
    return compared


def small(bench: Bench) -> list[Comparison]:
    """A capture of a hundred frames, where starting is most of it."""
    programs = [
        verdict(),
        pcapcheck("analyze", "{}", name="pcapcheck, text"),
        tshark(*SRT, name="tshark -q -z icmp,srt"),
    ]
    return [_elapsed(programs, bench, traffic, 100) for traffic in bench.traffic[:1]]


def exports(bench: Bench) -> list[Comparison]:
    """Tables, with the same columns from tshark's dissection."""
    compared = []
    for frames in bench.frames:
        for traffic, table, fields in EXPORTS:
            picked = [word for name in fields.split() for word in ("-e", name)]
            programs = [tshark("-T", "fields", "-E", "separator=,", *picked, name="tshark -T fields")]
            for form in ("csv", "jsonl", "parquet") if find_spec("pyarrow") else ("csv", "jsonl"):
                # Text goes where tshark's goes, to nowhere.
                to = ("--output", str(bench.folder / "table.parquet")) if form == "parquet" else ()
                words = ("export", "--table", table, "--format", form, *to, "{}")
                programs.append(pcapcheck(*words, name=f"export --table {table}, {form}"))
            compared.append(_elapsed(programs, bench, traffic, frames))
    return compared


def texts(bench: Bench) -> list[Comparison]:
    """The text that tcpdump printed, judged, and tcpdump printing it."""
    compared = []
    for frames in bench.frames:
        capture = bench.capture("pings", frames)
        text = capture.with_suffix(".txt")
        with text.open("wb") as stream:
            subprocess.run(["tcpdump", "-n", "-e", "-r", str(capture)], stdout=stream, check=True, stderr=-3)
        judged = pcapcheck("analyze", "--format", "json", str(text), name="pcapcheck, printed text")
        printed = Program("tcpdump -n -e", ["tcpdump", "-n", "-e", "-r", "{}"], ["tcpdump", "--version"])
        compared.append(_elapsed([judged, printed], bench, "pings", frames))
        text.unlink()
    return compared


def own_rule(bench: Bench) -> list[Comparison]:
    """A rule on columns of single rows, and all rules that ship."""
    compared = []
    for traffic, text in OWN_RULES.items():
        path = bench.folder / f"{traffic}.yml"
        path.write_text(text)
        # A rule that cannot be read would be judged in no time.
        subprocess.run([*OURS, "rules", "check", str(path)], check=True, stdout=subprocess.DEVNULL)
        words = ("analyze", "--format", "json", "--rules", str(path), "{}")
        programs = [pcapcheck(*words, name="own rule"), verdict()]
        compared += [_elapsed(programs, bench, traffic, frames) for frames in bench.frames]
    return compared


def peers(bench: Bench) -> list[Comparison]:
    """Whole runs of pcapcheck and of every reader of captures that is installed and can be waited for."""
    return [_elapsed(_peers(frames), bench, traffic, frames) for traffic in bench.traffic for frames in bench.frames]


def fleets(bench: Bench) -> list[Comparison]:
    """Many captures, each judged by itself."""
    headings = ["program", "captures", "elapsed", "a second", "processor each", "the first takes"]
    compared = []
    for fleet in bench.fleets:
        rows, programs = fleet_rows(fleet, bench.capture("pings", fleet.frames), bench.folder, bench.runs)
        title = f"{fleet.captures:,} captures of {fleet.frames:,} frames (pings)"
        compared.append(Comparison(title, headings, rows, programs))
    return compared


COMPARISONS: dict[str, Callable[[Bench], list[Comparison]]] = {
    "per-frame": per_frame,
    "failing": failing,
    "small": small,
    "exports": exports,
    "texts": texts,
    "own-rule": own_rule,
    "peers": peers,
    "fleet": fleets,
}
SRT = ("-q", "-z", "icmp,srt")


def _peers(frames: int) -> list[Program]:
    compared = [verdict(), tcpdump_filter(), Program("capinfos", ["capinfos", "{}"], ["capinfos", "--version"])]
    if frames <= SLOW["tshark"]:
        compared.append(tshark(*SRT, name="tshark -z icmp,srt"))
    for name, loop in (("dpkt", DPKT), ("scapy", SCAPY)):
        if find_spec(name) and frames <= SLOW[name]:
            version = f"import {name}; print('{name}', {name}.__version__)"
            compared.append(Program(f"{name} loop", [PYTHON, "-c", loop, "{}"], [PYTHON, "-c", version]))
    return compared


def _timed(programs: list[Program], bench: Bench, traffic: str, frames: int) -> list[Program]:
    """Those of the programs that are installed, after their runs."""
    installed = [program for program in programs if shutil.which(program.command[0])]
    take_turns(installed, bench.capture(traffic, frames), bench.runs)
    return installed


def _elapsed(programs: list[Program], bench: Bench, traffic: str, frames: int) -> Comparison:
    """Whole runs: elapsed time, processor time and memory, each compared with the first program's."""
    compared = _timed(programs, bench, traffic, frames)
    first, rows = compared[0], []
    for program in compared:
        ratio = "" if program is first else f"{first.processor / program.processor:.2f} x that"
        figures = [f"{program.median:.3f} s", f"{program.processor:.3f} s", ratio, f"{program.mebibytes:.0f} MiB"]
        rows.append([program.name, *figures])
    size = bench.capture(traffic, frames).stat().st_size / 1e6
    title = f"{traffic}, {frames:,} frames, {size:,.1f} MB"
    return Comparison(title, ["program", "elapsed", "processor", "the first takes", "peak memory"], rows, compared)


def _marginal(fewer: Program, more: Program, frames: int) -> float:
    """Microseconds of processor time that each of the further frames takes."""
    return max(more.processor - fewer.processor, 1e-9) / frames * 1e6


def _healthy(traffic: str) -> str | None:
    """The healthy kind that a failing one is held against, in the same place."""
    kind = traffic.removeprefix("node-")
    place = traffic.removesuffix(kind)
    return place + HEALTHY[kind] if kind in HEALTHY else None


# The healthy kind that each failing kind is held against; where segments are large, one whose segments are, too.
HEALTHY = {
    "lossy": "pings",
    "peers-lost": "pings",
    "flows": "pings",
    "errors": "pings",
    "error-routers": "pings",
    "arp-silent": "arp-answered",
    "arp-targets": "arp-answered",
    "pod-silent": "pod-answers",
    "nd-silent": "nd-answered",
    "dns-lossy": "dns",
    "dns-refused": "dns",
    "names-lost": "dns",
    "udp-lost": "udp",
    "syn-lost": "connections",
    "ports-lost": "connections",
    "reset": "connections",
    "stalled": "tcp",
    "stalled-download": "tcp",
}
