"""Differences from another program that are meant: each has its reason, and is struck off when it no longer shows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

D = TypeVar("D", bound="Difference")


@dataclass(frozen=True)
class Difference:
    """A value that we and another program read differently. Frame 0 stands for the whole capture."""

    frame: int
    field: str
    ours: object
    theirs: object

    @property
    def more(self) -> int:
        """By how much our number is larger; 0 where one of the two is none."""
        return self.ours - self.theirs if isinstance(self.ours, int) and isinstance(self.theirs, int) else 0

    def __str__(self) -> str:
        return f"frame {self.frame}: {self.field} is {self.ours}, theirs is {self.theirs}"


@dataclass(frozen=True)
class Rule(Generic[D]):
    """Differences of any capture that are meant where ``holds``; ``why`` is the reason."""

    why: str
    field: str
    holds: Callable[[D], bool]


class Allowed(Generic[D]):
    """A list of what may differ, by rule or, by name and field, in one capture."""

    def __init__(self, rules: Iterable[Rule[D]], captures: Mapping[str, Mapping[str, str]]) -> None:
        self.rules = list(rules)
        self.captures = captures

    def entry_for(self, capture: str, difference: D) -> str:
        """What allows a difference: the rule's reason or "capture: field"; empty where nothing does."""
        for rule in self.rules:
            if rule.field == difference.field and rule.holds(difference):
                return rule.why
        return f"{capture}: {difference.field}" if difference.field in self.captures.get(capture, {}) else ""

    def entries(self) -> set[str]:
        """Every entry, as ``entry_for`` names it."""
        named = {f"{capture}: {field}" for capture, fields in self.captures.items() for field in fields}
        return named | {rule.why for rule in self.rules}

    def sort(self, found: Mapping[str, Iterable[D]]) -> tuple[dict[str, list[str]], set[str]]:
        """Of the differences of each capture: those that nothing allows, and the entries that allow the others."""
        left: dict[str, list[str]] = {}
        used = set()
        for capture, differences in found.items():
            for difference in differences:
                entry = self.entry_for(capture, difference)
                if entry:
                    used.add(entry)
                else:
                    left.setdefault(capture, []).append(str(difference))
        return {capture: some[:5] for capture, some in left.items()}, used
