"""Run pcapcheck and its peers over the same captures, in turn, and print a table of ratios.

    python -m tests.benchmarks [--frames N ...] [--traffic NAME ...] [--runs N] [--folder DIR]

Every figure is a median over runs in which the programs take turns, so that a machine whose speed drifts drifts for
all of them; ratios below 1 mean that pcapcheck takes less.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

# Nothing heavy is imported here: what a program started from here needs is counted from what this one needs.
PYTHON = sys.executable
TRAFFIC = ("pings", "pods", "flows", "tcp")
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
WIDTH = 78
SLOW = {"dpkt": 1_000_000, "scapy": 100_000, "tshark": 1_000_000}


@dataclass
class Program:
    """A command that reads a capture; its capture's path goes where ``{}`` stands."""

    name: str
    command: list[str]
    version: list[str]
    seconds: list[float] = field(default_factory=list)
    mebibytes: float = 0

    def run(self, capture: Path) -> None:
        """One run: wall time, and the peak of its resident memory."""
        command = [word.replace("{}", str(capture)) for word in self.command]
        began = time.monotonic()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, _, usage = os.wait4(process.pid, 0)
        self.seconds.append(time.monotonic() - began)
        self.mebibytes = max(self.mebibytes, usage.ru_maxrss / 1024)

    def told_version(self) -> str:
        told = subprocess.run(self.version, capture_output=True, text=True, check=False)
        return (told.stdout + told.stderr).splitlines()[0].strip()

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)


def programs(frames: int) -> Iterator[Program]:
    """pcapcheck first, then those peers that are installed and can be waited for."""
    yield Program(
        "pcapcheck",
        [PYTHON, "-m", "pcapcheck", "analyze", "--format", "json", "{}"],
        [PYTHON, "-m", "pcapcheck", "--version"],
    )
    if shutil.which("tcpdump"):
        command = ["tcpdump", "-r", "{}", "-w", "/dev/null", "arp or icmp"]
        yield Program("tcpdump's filter", command, ["tcpdump", "--version"])
    if shutil.which("capinfos"):
        yield Program("capinfos", ["capinfos", "{}"], ["capinfos", "--version"])
    if shutil.which("tshark") and frames <= SLOW["tshark"]:
        yield Program("tshark -z icmp,srt", ["tshark", "-q", "-r", "{}", "-z", "icmp,srt"], ["tshark", "--version"])
    for name, loop in (("dpkt", DPKT), ("scapy", SCAPY)):
        if find_spec(name) and frames <= SLOW[name]:
            version = f"import {name}; print('{name}', {name}.__version__)"
            yield Program(f"{name} loop", [PYTHON, "-c", loop, "{}"], [PYTHON, "-c", version])


def compare(traffic: str, frames: int, runs: int, folder: Path) -> tuple[str, list[Program]]:
    """All programs in turn over one capture, and what that capture is."""
    capture = folder / f"{traffic}-{frames}.pcap"
    subprocess.run([PYTHON, "-m", "tests.benchmarks.captures", traffic, str(frames), str(capture)], check=True)
    compared = list(programs(frames))
    for number in range(runs + 1):
        for program in compared:
            program.run(capture)
            if number == 0:
                # The first run only warms the cache.
                program.seconds.clear()
    size = capture.stat().st_size / 1e6
    capture.unlink()
    return f"{traffic}, {frames:,} frames, {size:,.1f} MB", compared


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description="pcapcheck beside its peers")
    parser.add_argument("--frames", type=int, nargs="+", default=[100, 1_000_000], help="sizes of the captures")
    parser.add_argument("--traffic", nargs="+", choices=TRAFFIC, default=["pings"], help="what is in them")
    parser.add_argument("--runs", type=int, default=5, help="counted runs of each program")
    parser.add_argument("--folder", type=Path, help="where the captures are written (default: a temporary folder)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        results = [
            compare(traffic, frames, options.runs, Path(folder))
            for traffic in options.traffic
            for frames in options.frames
        ]
    show(results, options.runs)


def show(results: list[tuple[str, list[Program]]], runs: int) -> None:
    """The table, and what it was made with."""
    from rich.console import Console
    from rich.table import Table

    console = Console(width=WIDTH)
    versions: dict[str, str] = {}
    for capture, compared in results:
        table = Table("program", "median", "pcapcheck takes", "peak memory", title=capture, width=WIDTH)
        ours = compared[0].median
        for program in compared:
            versions.setdefault(program.name, program.told_version())
            ratio = "" if program is compared[0] else f"{ours / program.median:.2f} x that"
            table.add_row(program.name, f"{program.median:.3f} s", ratio, f"{program.mebibytes:.0f} MiB")
        console.print(table)
    for name, version in versions.items():
        console.print(f"{name}: {version}", highlight=False, overflow="ignore", crop=False)
    console.print(f"{os.cpu_count()} processors, {platform.system()} {platform.release()}, {runs} runs each")


if __name__ == "__main__":
    main()
