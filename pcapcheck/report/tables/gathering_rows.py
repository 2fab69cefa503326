"""Small batches of raw rows, gathered into large ones: what is done once per batch and column is done less often."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator

import numpy as np
from msgspec.structs import replace

from pcapcheck.raw_rows import RawRows
from pcapcheck.report.tables.cells import Integers


def gathered(batches: Iterable[RawRows], most: int) -> Iterator[RawRows]:
    """The same rows, ``most`` at a time and then the rest, each batch valid until the next is asked for.

    As before, either the numbers of a row or those of a column stand together.
    """
    held: RawRows | None = None
    for rows in batches:
        held = replace(_room(rows, most) if held is None else held, groups=rows.groups)
        taken = 0
        while taken < rows.count:
            end = min(rows.count, taken + most - held.count)
            count = held.count + end - taken
            _by_row(held)[held.count : count] = _by_row(rows)[taken:end]
            held, taken = replace(held, count=count), end
            if count == most:
                yield held
                held = replace(held, count=0)
    if held is not None and held.count:
        yield held


def _room(rows: RawRows, most: int) -> RawRows:
    """Room for rows like these, without any."""
    data = array("q", bytes(8 * rows.size * most))
    return replace(rows, data=data, count=0, field_step=1 if rows.field_step == 1 else most)


def _by_row(rows: RawRows) -> Integers:
    """All numbers, by row and position; there may be more rows than count."""
    numbers = np.frombuffer(rows.data, np.int64)
    return numbers.reshape(-1, rows.row_step) if rows.field_step == 1 else numbers.reshape(-1, rows.field_step).T
