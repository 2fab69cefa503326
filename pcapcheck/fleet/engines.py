"""Where observations are judged: in processes of this machine, or by the workers of a Dask cluster.

Both take a task as the executors of ``concurrent.futures`` do, and say with ``WorkerDied`` that whoever had it is gone.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import resource
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.connection import wait as wait_for
from types import ModuleType
from typing import Any, Protocol, TypeVar

from msgspec import Struct

from pcapcheck.errors import UsageError
from pcapcheck.fleet.stored_file import is_address
from pcapcheck.values import clean
from pcapcheck.version import __version__

T = TypeVar("T")
# A worker is replaced after this many tasks: what it did not give back of its memory is given back then.
TASKS_PER_WORKER = 1000
# Bytes that a worker may use at least, however many there are.
LEAST_MEMORY = 1 << 30
# What each process loads before it is given anything.
LOADED = ["pcapcheck.fleet.judge_observation"]


class Engine(Protocol):
    """``slots`` tasks may be submitted before one of them is collected."""

    slots: int

    def submit(self, function: Callable[..., T], *arguments: Any) -> Future[T]: ...

    def has_died(self, error: BaseException) -> bool:
        """Whether an error of a task says that its worker died."""

    def close(self) -> None:
        """Give up what is not done."""


class ProcessEngine:
    """Processes of this machine: one pool per process, so that a process that dies takes one task with it."""

    def __init__(self, workers: int | None = None) -> None:
        self.slots = workers or available_processors()
        methods = multiprocessing.get_all_start_methods()
        self._context = multiprocessing.get_context("forkserver" if "forkserver" in methods else "spawn")
        if "forkserver" in methods:
            self._context.set_forkserver_preload(LOADED)
        self._memory = max(LEAST_MEMORY, _memory() // self.slots)
        self._idle: list[OneProcess] = []
        self._busy: dict[Future[Any], OneProcess] = {}

    def submit(self, function: Callable[..., T], *arguments: Any) -> Future[T]:
        """Have an idle process do it, or a new one."""
        self._sort()
        while True:
            process = self._idle.pop() if self._idle else self._new()
            process.tasks += 1
            try:
                with _without_main():
                    future = process.pool.submit(function, *arguments)
            except BrokenProcessPool:
                # It died while it had nothing to do.
                process.pool.shutdown(wait=False)
                continue
            self._busy[future] = process
            return future

    def has_died(self, error: BaseException) -> bool:
        return isinstance(error, BrokenProcessPool)

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

    def _new(self) -> OneProcess:
        return OneProcess(ProcessPoolExecutor(1, self._context, _begin, (self._memory, gc.get_threshold()[0])))


class OneProcess(Struct, eq=False):
    """A pool of one process, and how many tasks it was given."""

    pool: ProcessPoolExecutor
    tasks: int = 0

    def terminate(self) -> None:
        """End the process, whatever it is doing."""
        for process in list((getattr(self.pool, "_processes", None) or {}).values()):
            process.terminate()
        self.pool.shutdown(wait=True, cancel_futures=True)


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


class DaskEngine:
    """The workers of a Dask cluster; its scheduler gives a task to another worker if one dies."""

    def __init__(self, address: str) -> None:
        try:
            import distributed
        except ImportError:
            raise UsageError("--scheduler needs Dask; install it with: pip install 'pcapcheck[fleet]'") from None
        if not is_address(address):
            raise UsageError(f"--scheduler {clean(address)}: no address; give one as in tcp://HOST:8786")
        self._lost = distributed.scheduler.KilledWorker
        try:
            self._client = distributed.Client(address, timeout="10s", set_as_default=False)
            versions = self._client.run(worker_version)
            threads = sum(self._client.nthreads().values())
        except (OSError, ValueError) as error:
            said = clean(str(error)).splitlines()[0] if str(error) else type(error).__name__
            raise UsageError(f"--scheduler {clean(address)}: {said}; give the address of a running scheduler") from None
        except ImportError as error:
            self._client.close()
            raise UsageError(
                f"--scheduler {clean(address)}: its workers lack pcapcheck {__version__} ({error})"
            ) from None
        if set(versions.values()) - {__version__} or not threads:
            self._client.close()
            have = ", ".join(sorted(set(versions.values()))) or "no workers"
            raise UsageError(
                f"--scheduler {clean(address)}: its workers have {have}; they need pcapcheck {__version__}"
            )
        # One more than is worked on, so that nobody waits for the network.
        self.slots = 2 * threads
        self._executor = self._client.get_executor(pure=False)

    def submit(self, function: Callable[..., T], *arguments: Any) -> Future[T]:
        future: Future[T] = self._executor.submit(function, *arguments)
        return future

    def has_died(self, error: BaseException) -> bool:
        return isinstance(error, self._lost)

    def close(self) -> None:
        self._executor.shutdown(wait=False)
        self._client.close()


def worker_version() -> str:
    """The version that a worker has."""
    return __version__


def available_processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _memory() -> int:
    """Bytes of memory that this machine has."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
