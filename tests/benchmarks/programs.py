"""Commands that read a capture, timed in turn: processor time, elapsed time and peak memory of each run."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

# Nothing heavy is imported here: what a program started from here needs is counted from what this one needs.
PYTHON = sys.executable
OURS = [PYTHON, "-m", "pcapcheck"]
# As installed: with its bytecode kept from run to run.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
FILTER = "arp or icmp or icmp6 or tcp or udp or sctp"


@dataclass
class Program:
    """A command that reads a capture; its capture's path goes where ``{}`` stands."""

    name: str
    command: list[str]
    version: list[str]
    seconds: list[float] = field(default_factory=list)
    processor_seconds: list[float] = field(default_factory=list)
    mebibytes: float = 0

    def run(self, capture: Path) -> None:
        """One run: elapsed and processor time, and the peak of its resident memory."""
        command = [word.replace("{}", str(capture)) for word in self.command]
        began = time.monotonic()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=ENVIRONMENT)
        _, _, usage = os.wait4(process.pid, 0)
        self.seconds.append(time.monotonic() - began)
        self.processor_seconds.append(usage.ru_utime + usage.ru_stime)
        self.mebibytes = max(self.mebibytes, usage.ru_maxrss / 1024)

    def forget(self) -> None:
        """Forget the runs so far: they only warmed the cache."""
        self.seconds.clear()
        self.processor_seconds.clear()

    def told_version(self) -> str:
        told = subprocess.run(self.version, capture_output=True, text=True, check=False)
        return (told.stdout + told.stderr).splitlines()[0].strip()

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    @property
    def processor(self) -> float:
        """Median of the processor time, user and system."""
        return statistics.median(self.processor_seconds)


def take_turns(programs: list[Program], capture: Path, runs: int) -> None:
    """Run all programs in turn, so that a machine whose speed drifts drifts for all of them."""
    for number in range(runs + 1):
        for program in programs:
            program.run(capture)
            if number == 0:
                program.forget()


def pcapcheck(*words: str, name: str = "pcapcheck") -> Program:
    """pcapcheck with the words of its command line."""
    return Program(name, [*OURS, *words], [*OURS, "--version"])


def verdict(path: str = "{}") -> Program:
    """The whole verdict with all rules, as JSON; of another capture than the one that is compared, if given."""
    return pcapcheck("analyze", "--format", "json", path)


def tcpdump_filter() -> Program:
    """tcpdump's own pass over the capture: every frame goes through a filter that accepts it."""
    return Program("tcpdump's filter", ["tcpdump", "-r", "{}", "-w", "/dev/null", FILTER], ["tcpdump", "--version"])


def tshark(*words: str, name: str = "tshark") -> Program:
    """tshark on the capture, without name resolution."""
    return Program(name, ["tshark", "-n", "-r", "{}", *words], ["tshark", "--version"])
