"""Where observations are judged: what processes of this machine and a Dask cluster have in common."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


class Engine(Protocol):
    """``slots`` tasks may be submitted before one of them is collected."""

    slots: int

    def submit(self, function: Callable[..., T], *arguments: Any, alone: bool = False) -> Future[T]:
        """Have it done. ``alone``: nothing else is, so it may use all memory that there is."""

    def has_died(self, error: BaseException) -> bool:
        """Whether an error of a task says that its worker died."""

    def end_overdue(self) -> list[Future[Any]]:
        """End the tasks that take longer than is allowed, and return them; nothing more is heard of them."""

    def close(self) -> None:
        """Give up what is not done."""
