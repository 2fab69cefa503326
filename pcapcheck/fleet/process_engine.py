"""Judging in processes of this machine: each has its bound of memory, and is ended if it takes too long."""

from __future__ import annotations

import gc
import multiprocessing
import os
import resource
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.connection import wait as wait_for
from types import ModuleType
from typing import Any, TypeVar

from msgspec import Struct

from pcapcheck.fleet.machine import available_memory, available_processors

T = TypeVar("T")
# A worker is replaced after this many tasks: what it did not give back of its memory is given back then.
TASKS_PER_WORKER = 1000
# Bytes that a worker may use at least, however many there are.
LEAST_MEMORY = 1 << 30
# A process that cannot be started is started again, this often in all.
STARTS = 5
# What each process loads before it is given anything.
LOADED = ["pcapcheck.fleet.judge_observation"]


class ProcessEngine:
    """Processes of this machine: one pool per process, so that a process that dies takes one task with it.

    ``workers`` is their number (None: one per processor), ``time_limit`` what a task may take (seconds).
    """

    def __init__(self, workers: int | None = None, time_limit: float | None = None) -> None:
        self.slots = workers or available_processors()
        self._time_limit = time_limit
        methods = multiprocessing.get_all_start_methods()
        self._context = multiprocessing.get_context("forkserver" if "forkserver" in methods else "spawn")
        if "forkserver" in methods:
            self._context.set_forkserver_preload(LOADED)
        self._memory = max(LEAST_MEMORY, available_memory() // self.slots)
        self._idle: list[OneProcess] = []
        self._busy: dict[Future[Any], OneProcess] = {}

    def submit(self, function: Callable[..., T], *arguments: Any, alone: bool = False) -> Future[T]:
        """Have an idle process do it, or a new one; ``alone``: one that may use all memory and is used only once."""
        self._sort()
        failures = 0
        while True:
            process = self._idle.pop() if self._idle and not alone else self._new(alone)
            process.tasks += 1
            process.began = time.monotonic()
            try:
                with _without_main():
                    future = process.pool.submit(function, *arguments)
            except BrokenProcessPool:
                # It died while it had nothing to do.
                process.pool.shutdown(wait=False)
                continue
            except (EOFError, OSError):
                # The process that all others are copies of was killed; the next one begins another.
                process.pool.shutdown(wait=False)
                failures += 1
                if failures == STARTS:
                    raise
                continue
            self._busy[future] = process
            return future

    def has_died(self, error: BaseException) -> bool:
        return isinstance(error, BrokenProcessPool)

    def end_overdue(self) -> list[Future[Any]]:
        """Kill the processes whose task takes too long: what they wait for may never come."""
        if self._time_limit is None:
            return []
        begun_before = time.monotonic() - self._time_limit
        late = [future for future, one in self._busy.items() if one.began < begun_before and not future.done()]
        for future in late:
            self._busy.pop(future).kill()
        return late

    def close(self) -> None:
        """End all processes, whatever they are doing."""
        for process in [*self._idle, *self._busy.values()]:
            process.terminate()
        self._idle.clear()
        self._busy.clear()

    def _sort(self) -> None:
        """Take back the processes whose task is done; one that is broken or has done enough is of no more use."""
        for future in [future for future in self._busy if future.done()]:
            process = self._busy.pop(future)
            if isinstance(future.exception(), BrokenProcessPool) or process.tasks >= TASKS_PER_WORKER:
                process.pool.shutdown(wait=False)
            else:
                self._idle.append(process)

    def _new(self, alone: bool) -> OneProcess:
        memory = available_memory() if alone else self._memory
        pool = ProcessPoolExecutor(1, self._context, _begin, (memory, gc.get_threshold()[0]))
        return OneProcess(pool, TASKS_PER_WORKER if alone else 0)


class OneProcess(Struct, eq=False):
    """A pool of one process, how many tasks it was given, and when it began the last (seconds of a clock)."""

    pool: ProcessPoolExecutor
    tasks: int = 0
    began: float = 0

    def terminate(self) -> None:
        """End the process, whatever it is doing."""
        for process in self._processes():
            process.terminate()
        self.pool.shutdown(wait=True, cancel_futures=True)

    def kill(self) -> None:
        """End the process, without waiting for its end: it may hang in the operating system."""
        for process in self._processes():
            process.kill()
        self.pool.shutdown(wait=False, cancel_futures=True)

    def _processes(self) -> list[Any]:
        return list((getattr(self.pool, "_processes", None) or {}).values())


@contextmanager
def _without_main() -> Iterator[None]:
    """Processes that begin meanwhile do not import the caller's script.

    They need nothing of it; it may have come from a pipe, or begin to judge as soon as it is imported.
    """
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def _begin(memory: int, garbage_threshold: int) -> None:
    """What a new process does first: leave Ctrl-C to its parent, keep within its memory, and end with its parent."""
    gc.set_threshold(garbage_threshold)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    limit = getattr(resource, "RLIMIT_DATA", None)
    if limit is not None:
        _, hard = resource.getrlimit(limit)
        resource.setrlimit(limit, (memory if hard == resource.RLIM_INFINITY else min(memory, hard), hard))
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    """End this process when its parent has: a killed parent tells nobody."""
    wait_for([sentinel])
    os._exit(1)
