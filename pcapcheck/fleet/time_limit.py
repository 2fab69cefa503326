"""A limit of time in a thread that nobody can end, such as that of a Dask worker: it is interrupted from within."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


class OutOfTime(BaseException):
    """The time is over. No ``except Exception`` on the way takes it for an error of a file."""


def within(seconds: float | None, function: Callable[..., T], *arguments: Any) -> T:
    """Call a function, in which OutOfTime is raised after ``seconds``; None: no limit.

    What waits in the operating system is interrupted as soon as it comes back from there: drivers of networks look up
    every few seconds.
    """
    if seconds is None:
        return function(*arguments)
    over = _Over(threading.get_ident())
    timer = threading.Timer(seconds, over.interrupt)
    timer.daemon = True
    timer.start()
    try:
        return function(*arguments)
    finally:
        timer.cancel()
        over.end()


class _Over:
    """Interrupts a thread, but not after ``end``: by then it does something else."""

    def __init__(self, thread: int) -> None:
        self._thread = thread
        self._lock = threading.Lock()
        self._ended = False

    def interrupt(self) -> None:
        with self._lock:
            if not self._ended:
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self._thread), ctypes.py_object(OutOfTime))

    def end(self) -> None:
        with self._lock:
            self._ended = True
