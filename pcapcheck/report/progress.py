"""Progress on a terminal's standard error, for anything that takes longer than two seconds."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.progress import Progress, TaskID

    from pcapcheck.exchanges.capture_exchanges import SoFar

PATIENCE = 2.0
# Seconds between counts of answered requests: a count looks at everything that is open.
EVERY = 0.5


class ProgressLine:
    """A bar with frames and bytes per second; nothing if standard error is no terminal.

    For live input it shows the verdict as it forms: how many requests were answered so far.
    """

    def __init__(self, paths: tuple[Path, ...]) -> None:
        # The size of a pipe, a folder or a list of files is not known beforehand.
        known = bool(paths) and all(map(os.path.isfile, paths))
        self.total = sum(map(_size, paths)) if known else None
        self.shown = sys.stderr.isatty()
        self.began = time.monotonic()
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        self._done: dict[Path, tuple[int, int]] = {}
        self._counted = 0.0
        self._answers: dict[Path, str] = {}

    def __enter__(self) -> ProgressLine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def tell(self, path: Path, read: int, frames: int, so_far: Callable[[], SoFar]) -> None:
        """Show how many bytes and frames of this capture have been read; ``so_far`` counts what was answered."""
        if not self.shown:
            return
        self._done[path] = (read, frames)
        elapsed = time.monotonic() - self.began
        if elapsed < PATIENCE:
            return
        done = sum(read for read, _ in self._done.values())
        frames = sum(frames for _, frames in self._done.values())
        rate = f"{frames / elapsed:,.0f} frames/s"
        if self.total is None:
            if self._counted == 0 or elapsed - self._counted >= EVERY:
                self._counted = elapsed
                self._answers[path] = _words(so_far())
            rate = f"{frames:,} frames{self._answers.get(path, '')}"
        if self._bar is None:
            self._begin()
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=done, rate=rate)

    def _begin(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, Progress, SpinnerColumn, TextColumn, TransferSpeedColumn

        bar = (BarColumn(), DownloadColumn(), TransferSpeedColumn()) if self.total is not None else (SpinnerColumn(),)
        self._bar = Progress(
            TextColumn("reading"),
            *bar,
            TextColumn("{task.fields[rate]}"),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self._bar.add_task("reading", total=self.total, rate="")
        self._bar.start()


def _words(so_far: SoFar) -> str:
    """As in `` · ARP 4/4 answered · echo 20/22 · 2 without answer so far``."""
    parts = []
    if so_far.resolutions:
        parts.append(f"ARP {so_far.resolved}/{so_far.resolutions} answered")
    if so_far.echoes:
        parts.append(f"echo {so_far.replied}/{so_far.echoes}")
    missing = so_far.resolutions - so_far.resolved + so_far.echoes - so_far.replied
    if missing > 0:
        parts.append(f"{missing} without answer so far")
    return "".join(f" · {part}" for part in parts)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        # The file has gone since.
        return 0
