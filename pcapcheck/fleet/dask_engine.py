"""Judging by the workers of a Dask cluster."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from pcapcheck.errors import UsageError
from pcapcheck.fleet.stored_file import is_address
from pcapcheck.fleet.time_limit import within
from pcapcheck.values import clean
from pcapcheck.version import __version__

T = TypeVar("T")


class DaskEngine:
    """The workers of a Dask cluster; its scheduler gives a task to another worker if one dies.

    ``time_limit`` is what a task may take (seconds); its worker sees to it.
    """

    def __init__(self, address: str, time_limit: float | None = None) -> None:
        self._time_limit = time_limit
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

    def submit(self, function: Callable[..., T], *arguments: Any, alone: bool = False) -> Future[T]:
        """Have a worker do it; each has its own bound of memory, also of what is done ``alone``."""
        future: Future[T] = self._executor.submit(within, self._time_limit, function, *arguments)
        return future

    def has_died(self, error: BaseException) -> bool:
        return isinstance(error, self._lost)

    def end_overdue(self) -> list[Future[Any]]:
        """Nothing: workers raise OutOfTime."""
        return []

    def close(self) -> None:
        self._executor.shutdown(wait=False)
        self._client.close()


def worker_version() -> str:
    """The version that a worker has."""
    return __version__
