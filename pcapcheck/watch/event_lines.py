"""Events as lines: in words for people without a terminal, as JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import IO

from pcapcheck.report.github_runner import harmless, is_read, on_github
from pcapcheck.report.marks import FAILED, NOTE, PASSED, PLAIN_MARKS, can_show
from pcapcheck.values import format_time
from pcapcheck.watch.display import Scene
from pcapcheck.watch.watch_event import WatchEvent

MARKS = {
    "failure": FAILED,
    "cause": FAILED,
    "lost": FAILED,
    "answered": PASSED,
    "withdrawn": PASSED,
    "drops": NOTE,
    "problem": NOTE,
}


def in_words(event: WatchEvent, marked: bool = True) -> str:
    """``12:00:03 ✗ 3 echo requests of 10.244.1.10 got no answer``: the time is UTC; without marks where it must be."""
    # Of the date only the time: whoever looks on knows the day.
    at = "--:--:--" if event.clock is None else format_time(event.clock)[11:19]
    mark = MARKS.get(event.event, "")
    mark = mark if marked else PLAIN_MARKS.get(mark, mark)
    return f"{at} {mark} {event.text}" if mark else f"{at} {event.text}"


class PlainLines:
    """A line per event; ``broken`` is called where nobody reads any more."""

    def __init__(self, stream: IO[str], broken: Callable[[], None]) -> None:
        self._stream = stream
        self._broken = broken
        self._marked = can_show(stream)
        self._is_open = True

    def tell(self, event: WatchEvent) -> None:
        """Write a line, and at once: somebody waits for it."""
        if event.event not in ("so-far", "end"):
            line = in_words(event, self._marked)
            self.write(harmless(line) if on_github() else line)

    def write(self, line: str) -> None:
        """Write one line."""
        if not self._is_open:
            return
        try:
            self._stream.write(line + "\n")
            self._stream.flush()
        except (OSError, ValueError):
            self._is_open = False
            self._broken()

    def show(self, scene: Scene) -> None:
        """Lines are about events only."""

    def close(self) -> None:
        """Nothing is held back."""


class JsonEvents(PlainLines):
    """A JSON object per line and event."""

    def tell(self, event: WatchEvent) -> None:
        """Write the event with its fields."""
        line = json.dumps(event.fields(), ensure_ascii=True)
        self.write(harmless(line, "jsonl") if is_read() else line)
