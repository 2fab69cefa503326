"""Turns: of several threads one works at a time, and all of them can be held still for a moment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition


class Turns:
    """``with turns:`` is a turn of work. ``with turns.held():`` begins between two turns, and none begins meanwhile."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._taken = False
        self._held = False

    def __enter__(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: not (self._taken or self._held))
            self._taken = True

    def __exit__(self, *_error: object) -> None:
        with self._changed:
            self._taken = False
            self._changed.notify_all()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Wait for the end of the turn that is under way; it does not have to queue with those that want the next."""
        with self._changed:
            self._held = True
            self._changed.wait_for(lambda: not self._taken)
        try:
            yield
        finally:
            with self._changed:
                self._held = False
                self._changed.notify_all()
