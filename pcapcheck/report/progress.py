"""Progress on a terminal's standard error, for anything that takes longer than two seconds."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

PATIENCE = 2.0


class ProgressLine:
    """A bar with frames and bytes per second; nothing where standard error is no terminal."""

    def __init__(self, paths: tuple[Path, ...]) -> None:
        # How much comes through a pipe, lies in a folder or is named in a file, nobody knows beforehand.
        known = bool(paths) and all(map(os.path.isfile, paths))
        self.total = sum(map(_size, paths)) if known else None
        self.shown = sys.stderr.isatty()
        self.began = time.monotonic()
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        self._done: dict[Path, tuple[int, int]] = {}

    def __enter__(self) -> ProgressLine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def tell(self, path: Path, read: int, frames: int) -> None:
        """So many bytes and frames of this capture were read."""
        if not self.shown:
            return
        self._done[path] = (read, frames)
        elapsed = time.monotonic() - self.began
        if elapsed < PATIENCE:
            return
        done = sum(read for read, _ in self._done.values())
        rate = sum(frames for _, frames in self._done.values()) / elapsed
        if self._bar is None:
            self._begin()
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=done, rate=f"{rate:,.0f} frames/s")

    def _begin(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

        self._bar = Progress(
            TextColumn("reading"),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TextColumn("{task.fields[rate]}"),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self._bar.add_task("reading", total=self.total, rate="")
        self._bar.start()


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        # Gone since.
        return 0
