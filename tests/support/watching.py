"""Watch captures through pipes, in this process."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from pcapcheck.analysis import Analysis
from pcapcheck.task import Task
from pcapcheck.watch.display import Scene
from pcapcheck.watch.live_stream import LiveStream
from pcapcheck.watch.ring import RING
from pcapcheck.watch.watch_event import WatchEvent
from pcapcheck.watch.watched_observation import NamedStream
from pcapcheck.watch.watching import Until, Watching


class Onlooker:
    """A display that remembers.

    ``seen`` is set at the first event of the name that is waited for, ``looked`` at any.
    """

    def __init__(self, waited_for: str = "so-far") -> None:
        self.events: list[WatchEvent] = []
        self.scene: Scene | None = None
        self.seen = threading.Event()
        self.looked = threading.Event()
        self._waited_for = waited_for

    def tell(self, event: WatchEvent) -> None:
        self.events.append(event)
        self.looked.set()
        if event.event == self._waited_for:
            self.seen.set()

    def show(self, scene: Scene) -> None:
        self.scene = scene

    def close(self) -> None: ...

    def names(self) -> list[str]:
        return [event.event for event in self.events if event.event != "so-far"]


@contextmanager
def pipe_from(pieces: Iterable[bytes]) -> Iterator[LiveStream]:
    """A stream that gets the pieces one after another; each is made when the one before it has been written."""
    reading, writing = os.pipe()

    def write() -> None:
        with os.fdopen(writing, "wb", buffering=0) as pipe:
            for piece in pieces:
                rest = memoryview(piece)
                while rest:
                    rest = rest[pipe.write(rest) or 0 :]

    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    try:
        yield LiveStream(reading)
    finally:
        os.close(reading)
        writer.join(10)


def cut(data: bytes, pieces: int) -> list[bytes]:
    """Data in pieces, cut wherever that is."""
    size = len(data) // pieces + 1
    return [data[start : start + size] for start in range(0, len(data), size)]


def watched(
    streams: dict[Path, Iterable[bytes]],
    onlooker: Onlooker | None = None,
    until: Until | None = None,
    *,
    ring: int = RING,
    keep: Path | None = None,
    is_prompt: bool = False,
) -> Analysis:
    """The analysis at the end of watching these streams."""
    with ExitStack() as stack:
        named = [
            NamedStream(path, stack.enter_context(pipe_from(pieces)), is_prompt=is_prompt)
            for path, pieces in streams.items()
        ]
        task = Task.of(None, None, None, list(streams), read_once=True)
        displays = [onlooker] if onlooker is not None else []
        return Watching(task, named, displays, until, ring=ring, keep=keep).run()
