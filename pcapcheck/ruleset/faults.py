"""Collect all errors in rules before raising: nobody wants to find them one run at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from pcapcheck.errors import RuleError

Given = TypeVar("Given")
Read = TypeVar("Read")


class Faults:
    """The errors so far. ``check`` raises them as one RuleError."""

    def __init__(self) -> None:
        self.errors: list[str] = []

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Note a RuleError raised within, and continue after the block."""
        try:
            yield
        except RuleError as error:
            self.errors += error.errors

    def each(self, read: Callable[[Given], Read], given: Iterable[Given]) -> list[Read]:
        """The results of what can be read; the errors of the rest are noted."""
        values = []
        for value in given:
            # Not ``noted``: a context for each of ten thousand nodes takes longer than to read them.
            try:
                values.append(read(value))
            except RuleError as error:
                self.errors += error.errors
        return values

    def fields(self, readers: Mapping[str, Callable[[], object]]) -> dict[str, Any]:
        """The result of each reader by name; what cannot be read is left out."""
        values = {}
        for name, reader in readers.items():
            try:
                values[name] = reader()
            except RuleError as error:
                self.errors += error.errors
        return values

    def check(self) -> None:
        """Raise RuleError with all errors, sorted by file and line; do nothing if there are none."""
        if self.errors:
            raise RuleError.of(self.errors)


def each(read: Callable[[Given], Read], given: Iterable[Given]) -> list[Read]:
    """Read each of these. Raises one RuleError for all that cannot be read."""
    values = []
    rest = iter(given)
    faults = None
    try:
        for value in rest:
            values.append(read(value))
    except RuleError as error:
        # Only now: thousands of short lists have no fault.
        faults = Faults()
        faults.errors += error.errors
    if faults is not None:
        faults.each(read, rest)
        faults.check()
    return values
