"""How far a run over a fleet is, on a terminal's standard error: observations, rate, time left."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING

from pcapcheck.fleet.fleet_run import Advance

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

# Seconds before anything is shown.
PATIENCE = 2.0
# An observation takes as long as this many bytes however small it is.
PER_OBSERVATION = 4 << 20


class FleetProgress:
    """A bar of bytes, since the largest observations come first; nothing if standard error is no terminal."""

    def __init__(self) -> None:
        self.shown = sys.stderr.isatty()
        self.began = time.monotonic()
        self._bar: Progress | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> FleetProgress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def tell(self, advance: Advance) -> None:
        """Show how far it is."""
        elapsed = time.monotonic() - self.began
        if not self.shown or elapsed < PATIENCE:
            return
        if self._bar is None:
            self._begin(advance)
        if self._bar is not None and self._task is not None:
            done = advance.bytes_done + PER_OBSERVATION * advance.done
            rate = f"{advance.done:,} of {advance.count:,}, {advance.done / elapsed:,.1f}/s"
            self._bar.update(self._task, completed=done, rate=rate)

    def _begin(self, advance: Advance) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        self._bar = Progress(
            TextColumn("judging"),
            BarColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            TextColumn("left"),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self._bar.add_task("judging", total=advance.bytes + PER_OBSERVATION * advance.count, rate="")
        self._bar.start()
