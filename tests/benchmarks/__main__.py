"""Run pcapcheck and its peers over the same captures, in turn, and print tables of ratios.

    python -m tests.benchmarks [COMPARISON ...] [--frames N ...] [--fleets COUNTxFRAMES ...] [--traffic NAME ...]
        [--runs N] [--folder DIR]

Every figure is a median over runs in which the programs take turns, so that a machine whose speed drifts drifts for
all of them; ratios below 1 mean that pcapcheck takes less.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import tempfile
from pathlib import Path

from tests.benchmarks.comparisons import COMPARISONS, Bench, Comparison
from tests.benchmarks.fleets import Fleet
from tests.benchmarks.programs import PYTHON


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description="pcapcheck beside its peers")
    parser.add_argument("comparisons", nargs="*", metavar="COMPARISON", help=f"{', '.join(COMPARISONS)} (default: all)")
    parser.add_argument("--frames", type=int, nargs="+", default=[400_000], help="sizes of the captures")
    parser.add_argument(
        "--fleets", nargs="+", default=["2000x100", "20x1000000"], metavar="COUNTxFRAMES", help="sizes of fleets"
    )
    parser.add_argument("--traffic", nargs="+", metavar="NAME", help="what is in them (default: every kind)")
    parser.add_argument("--runs", type=int, default=3, help="counted runs of each program")
    parser.add_argument("--folder", type=Path, help="where the captures are kept (default: a temporary folder)")
    options = parser.parse_args()
    if unknown := set(options.comparisons) - set(COMPARISONS):
        parser.error(f"no comparison is called {', '.join(unknown)}")
    traffic = options.traffic or all_traffic()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        bench = Bench(traffic, options.frames, list(map(Fleet.parse, options.fleets)), options.runs, folder)
        for name in options.comparisons or COMPARISONS:
            show(COMPARISONS[name](bench))
    print(f"{os.cpu_count()} processors, {platform.system()} {platform.release()}, {options.runs} runs each")


def all_traffic() -> list[str]:
    """The names of all kinds, asked for in a process of its own, as captures are."""
    command = [PYTHON, "-m", "tests.benchmarks.captures"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()


def show(compared: list[Comparison]) -> None:
    """The tables, and what they were made with."""
    versions: dict[str, str] = {}
    for comparison in compared:
        print(f"\n{comparison.title}")
        lines = [comparison.headings, *comparison.rows]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        for first, *others in lines:
            numbers = (f"{cell:>{width}}" for cell, width in zip(others, widths[1:], strict=True))
            print("  ".join([f"{first:<{widths[0]}}", *numbers]))
        for program in comparison.programs:
            versions.setdefault(program.command[0], program.told_version())
    print("\n" + "\n".join(versions.values()), flush=True)


if __name__ == "__main__":
    main()
