"""A second thread that works through batches in order while the first one reads ahead.

It helps only if the work releases the interpreter's lock, as the compiled loops do.
"""

from __future__ import annotations

from collections.abc import Callable
from queue import Queue
from threading import Thread
from typing import Generic, TypeVar

T = TypeVar("T")


class Worker(Generic[T]):
    """Calls ``work`` with each item given, in order, in a thread of its own; at most ``waiting`` items queue up.

    What ``work`` raises is raised by the next ``give`` or by ``join``.
    """

    def __init__(self, work: Callable[[T], None], waiting: int) -> None:
        self._work = work
        self._queue: Queue[T | None] = Queue(waiting)
        self._failure: BaseException | None = None
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()

    def give(self, item: T) -> None:
        self._check()
        self._queue.put(item)

    def join(self) -> None:
        """Wait until everything given was worked through."""
        self._queue.put(None)
        self._thread.join()
        self._check()

    def _run(self) -> None:
        while (item := self._queue.get()) is not None:
            # After a failure the queue is only emptied, so that the thread that fills it does not wait forever.
            if self._failure is None:
                try:
                    self._work(item)
                except BaseException as failure:
                    self._failure = failure

    def _check(self) -> None:
        if self._failure is not None:
            raise self._failure
