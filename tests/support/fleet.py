"""Small fleets: folders with captures of the lab, and an engine that judges in the test's own process."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

from pcapcheck.fleet.engine import Engine
from pcapcheck.fleet.fleet_request import FleetRequest
from pcapcheck.fleet.fleet_run import FleetRun, run_fleet
from pcapcheck.fleet.judging import Judging
from tests.support.lab import CAPTURES

T = TypeVar("T")
LINK = "cali14e7d81007d.pcap"
HEALTHY = CAPTURES / "healthy" / LINK
BROKEN = CAPTURES / "proxy-arp-off" / LINK


class InlineEngine:
    """Does everything at once, and counts it; ``before`` is called with what is about to be judged.

    ``alone`` names what was submitted as such.
    """

    slots = 2

    def __init__(self, before: Callable[[str], None] = lambda name: None) -> None:
        self.judged: list[str] = []
        self.alone: list[str] = []
        self.before = before

    def submit(self, function: Callable[..., T], *arguments: Any, alone: bool = False) -> Future[T]:
        future: Future[T] = Future()
        if alone:
            self.alone.append(arguments[0].name)
        self.before(arguments[0].name)
        self.judged.append(arguments[0].name)
        future.set_result(function(*arguments))
        return future

    def has_died(self, error: BaseException) -> bool:
        return False

    def end_overdue(self) -> list[Future[Any]]:
        return []

    def close(self) -> None:
        pass


class InlineRequest(FleetRequest, frozen=True, kw_only=True):
    """A request that is judged in this process."""

    inline: Any

    def engine(self) -> Any:
        return self.inline


def fleet_of(folder: Path, **captures: Path) -> Path:
    """A folder ``folder/NODE/night.pcap`` per node."""
    for node, capture in captures.items():
        (folder / node).mkdir(parents=True, exist_ok=True)
        shutil.copy(capture, folder / node / "night.pcap")
    return folder


def run_inline(
    *sources: Path | str,
    output: Path,
    form: str = "jsonl",
    engine: Engine | None = None,
    judging: Judging | None = None,
    **how: Any,
) -> tuple[FleetRun, list[str]]:
    """A run in this process, or by another engine, and the names of what this process judged."""
    inline = engine or InlineEngine()
    request = InlineRequest(tuple(map(str, sources)), judging or Judging(), inline=inline, **how)
    return run_fleet(request, output, form), inline.judged if isinstance(inline, InlineEngine) else []
