"""Columns that grow beyond the room set aside for them."""

from __future__ import annotations

from array import array

from pcapcheck.decode.long_column import LongColumn


def test_a_column_that_outgrows_its_room_keeps_its_numbers() -> None:
    column = LongColumn(4)
    for begin in range(0, 90, 3):
        column.append(memoryview(array("q", range(begin, begin + 3))))
    assert column.held.tolist() == list(range(90))
    column.cut(10)
    column.append(memoryview(array("q", [-1])))
    assert column.held.tolist() == [*range(10), -1]
