"""Many captures: ``pcapcheck fleet`` on one and two processes, a loop in Python, and loops of a shell.

A fleet is one capture under many names (hard links), so each program finds it in the page cache. The loops of a shell
start a program for each capture, which takes as long each time: they are given the first captures only.
"""

from __future__ import annotations

import ctypes
import os
import resource
import shutil
import sys
from pathlib import Path
from typing import NamedTuple

from tests.benchmarks.programs import OURS, PYTHON, Program

LOOP = """
import os, sys
from pcapcheck import analyze
for name in sorted(os.listdir(sys.argv[1])):
    analyze(os.path.join(sys.argv[1], name))
"""
FLEET = (
    'rm -rf "{out}"; "{python}" -m pcapcheck fleet "{}" --output "{out}" --format jsonl --workers {workers} --exit-zero'
)
# Linux: whoever loses its parent becomes a child of this process (prctl(2)).
ADOPT = 36
# How many captures a loop of a shell is given: by their frames, and at least.
LOOPED_FRAMES, LEAST_LOOPED = 10_000, 4


class Fleet(NamedTuple):
    """``captures`` of ``frames`` frames each."""

    captures: int
    frames: int

    @classmethod
    def parse(cls, text: str) -> Fleet:
        """As in ``2000x100``."""
        count, _, frames = text.partition("x")
        return cls(int(count), int(frames))

    @property
    def looped(self) -> Fleet:
        """The part of it that is enough for a loop of a shell."""
        return Fleet(min(self.captures, max(LEAST_LOOPED, LOOPED_FRAMES // self.frames)), self.frames)

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
    """A row per program: captures, elapsed time, captures per second, and of a capture its processor time and ratio.

    The ratio is the processor time of the first program by its own.
    """
    programs = fleet_programs(folder)
    given = [fleet.looped if "shell" in program.name else fleet for program in programs]
    for _ in range(runs):
        for program, part in zip(programs, given, strict=True):
            _run_with_orphans(program, part.write(capture, folder))
    each = [program.processor / part.captures for program, part in zip(programs, given, strict=True)]
    rows = [
        [
            program.name,
            f"{part.captures:,}",
            f"{program.median:.2f} s",
            f"{part.captures / program.median:,.1f}",
            f"{one * 1000:,.1f} ms",
            f"{each[0] / one:.3f} x that",
        ]
        for program, part, one in zip(programs, given, each, strict=True)
    ]
    return rows, programs


def _run_with_orphans(program: Program, captures: Path) -> None:
    """One run. Its processor time holds that of workers which nobody waits for: they are waited for here."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(ADOPT, 1, 0, 0, 0)
    before = _processor_time()
    program.run(captures)
    while True:
        try:
            os.wait()
        except ChildProcessError:
            break
    program.processor_seconds[-1] = _processor_time() - before


def _processor_time() -> float:
    """Of all children that were waited for, and theirs; seconds."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
