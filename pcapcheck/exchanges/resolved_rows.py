"""Rows of the tables ``arp`` and ``answers``, made of numbers when somebody looks at them."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from pcapcheck.capture.record import AddressOf
from pcapcheck.exchanges.answer_row import AnswerRow, answer_row
from pcapcheck.exchanges.arp_row import ArpRow, arp_row
from pcapcheck.exchanges.resolutions import Resolved
from pcapcheck.exchanges.resolving_layout import ANSWER_FIELDS, ARP_FIELDS

Row = TypeVar("Row", ArpRow, AnswerRow)


class ResolvedRows(Generic[Row]):
    """Some rows; each is made once, however often they are gone through."""

    def __init__(
        self,
        make: Callable[[array[int], int, AddressOf], Row],
        rows: array[int],
        ends: int,
        width: int,
        names: AddressOf,
    ) -> None:
        self._make: Callable[[], list[Row]] = lambda: [
            make(rows, start, names) for start in range(0, ends * width, width)
        ]
        self._made: list[Row] | None = None

    def __iter__(self) -> Iterator[Row]:
        if self._made is None:
            self._made = self._make()
        return iter(self._made)


def arp_rows(resolved: Resolved) -> ResolvedRows[ArpRow]:
    return ResolvedRows(arp_row, resolved.rows, resolved.count, ARP_FIELDS, resolved.address_of)


def answer_rows(resolved: Resolved) -> ResolvedRows[AnswerRow]:
    return ResolvedRows(answer_row, resolved.answers, resolved.answer_count, ANSWER_FIELDS, resolved.address_of)
