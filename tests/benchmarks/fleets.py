"""Many captures: ``pcapcheck fleet`` on one and two processes, a loop in Python, and loops of a shell.

A fleet is one capture under many names (hard links), so each program finds it in the page cache.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import NamedTuple

from tests.benchmarks.programs import OURS, PYTHON, Program, take_turns

LOOP = """
import os, sys
from pcapcheck import analyze
for name in sorted(os.listdir(sys.argv[1])):
    analyze(os.path.join(sys.argv[1], name))
"""
FLEET = (
    'rm -rf "{out}"; "{python}" -m pcapcheck fleet "{}" --output "{out}" --format jsonl --workers {workers} --exit-zero'
)


class Fleet(NamedTuple):
    """``captures`` of ``frames`` frames each."""

    captures: int
    frames: int

    @classmethod
    def parse(cls, text: str) -> Fleet:
        """As in ``2000x100``."""
        count, _, frames = text.partition("x")
        return cls(int(count), int(frames))

    def write(self, capture: Path, folder: Path) -> Path:
        """The folder with its captures, made once."""
        place = folder / f"fleet-{self.captures}x{self.frames}"
        if not place.exists():
            place.mkdir()
            for number in range(self.captures):
                os.link(capture, place / f"node-{number:06}.pcap")
        return place


def fleet_programs(folder: Path) -> list[Program]:
    """What judges all captures of a folder, each by itself; the last reads round trip times only."""
    ours = [*OURS, "--version"]

    def shell(loop: str) -> list[str]:
        return ["sh", "-c", f'for capture in "{{}}"/*.pcap; do {loop} >/dev/null; done']

    def fleet(workers: int) -> Program:
        line = FLEET.replace("{out}", str(folder / "out")).replace("{python}", PYTHON)
        command = ["sh", "-c", line.replace("{workers}", str(workers))]
        return Program(f"fleet --workers {workers}", command, ours)

    programs = [
        fleet(1),
        fleet(2),
        Program("analyze() in a loop", [PYTHON, "-c", LOOP, "{}"], ours),
        Program("pcapcheck analyze in a shell loop", shell(f'"{PYTHON}" -m pcapcheck analyze "$capture"'), ours),
    ]
    if shutil.which("tshark"):
        command = shell('tshark -n -q -z icmp,srt -r "$capture" 2>/dev/null')
        programs.append(Program("tshark -q -z icmp,srt in a shell loop", command, ["tshark", "--version"]))
    return programs


def fleet_rows(fleet: Fleet, capture: Path, folder: Path, runs: int) -> tuple[list[list[str]], list[Program]]:
    """A row per program: elapsed time, captures per second, and the time of the first by its own."""
    programs = fleet_programs(folder)
    take_turns(programs, fleet.write(capture, folder), runs)
    first = programs[0].median
    rows = [
        [one.name, f"{one.median:.2f} s", f"{fleet.captures / one.median:,.1f}", f"{first / one.median:.2f} x that"]
        for one in programs
    ]
    return rows, programs
