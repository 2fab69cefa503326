"""What shows a watch to somebody: a screen, lines, JSON, metrics."""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct

from pcapcheck.watch.certainty import Key
from pcapcheck.watch.snapshot import Snapshot, WatchedFailure
from pcapcheck.watch.watch_event import WatchEvent


class Scene(Struct, frozen=True):
    """The watch at this moment: ``frames`` read in ``elapsed`` seconds; ``snapshot`` is the latest, if there is one.

    ``certain`` are the failures that are final, ``events`` the latest ones, the newest last.
    """

    frames: int
    elapsed: float
    snapshot: Snapshot | None
    certain: dict[Key, WatchedFailure]
    events: tuple[WatchEvent, ...]


class Display(Protocol):
    """Shows events as they come, and the scene a few times a second."""

    def tell(self, event: WatchEvent) -> None: ...

    def show(self, scene: Scene) -> None: ...

    def close(self) -> None: ...
