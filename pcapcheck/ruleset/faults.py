"""Gather all that is wrong with rules before saying so: nobody wants to learn of it one run at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from pcapcheck.errors import RuleError

Given = TypeVar("Given")
Read = TypeVar("Read")


class Faults:
    """What is wrong so far. ``check`` raises all of it as one RuleError."""

    def __init__(self) -> None:
        self.errors: list[str] = []

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Note a RuleError raised within, and go on behind it."""
        try:
            yield
        except RuleError as error:
            self.errors += error.errors

    def each(self, read: Callable[[Given], Read], given: Iterable[Given]) -> list[Read]:
        """What can be read of these; why the others cannot is noted."""
        values = []
        for one in given:
            with self.noted():
                values.append(read(one))
        return values

    def fields(self, readers: Mapping[str, Callable[[], object]]) -> dict[str, Any]:
        """By name what each reader comes to; those that cannot be read are left out."""
        return {name: value for name, read in readers.items() for value in self.each(lambda one: one(), [read])}

    def check(self) -> None:
        """Raise RuleError with all that was noted, in the order of files and lines; do nothing where it is none."""
        if self.errors:
            raise RuleError.of(self.errors)


def each(read: Callable[[Given], Read], given: Iterable[Given]) -> list[Read]:
    """Each of these as it is read. Raises RuleError for all that cannot be."""
    faults = Faults()
    values = faults.each(read, given)
    faults.check()
    return values
