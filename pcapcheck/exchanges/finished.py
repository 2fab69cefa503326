"""Exchanges that the pairing loop has finished, as raw rows of their tables."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from itertools import groupby

from pcapcheck.asked_question import AskedOf
from pcapcheck.capture.record import AddressOf
from pcapcheck.decode.frame_layout import GROUP_FIELDS
from pcapcheck.exchanges import pairing_layout as layout
from pcapcheck.exchanges.paired_kinds import TABLE_OF
from pcapcheck.exchanges.raw_tables import RAW_TABLES
from pcapcheck.raw_rows import RawRows


def finished_rows(
    out: array[int], count: int, groups: array[int], address_of: AddressOf, asked_of: AskedOf
) -> Iterator[RawRows]:
    """The first ``count`` exchanges of ``out``, a batch for each table that has some, in the order of the exchanges."""
    step = layout.FIELDS
    tables = [TABLE_OF[kind] for kind in out[layout.KIND : count * step : step]]
    if len(set(tables)) == 1:
        yield _rows(tables[0], out, count, groups, address_of, asked_of)
        return
    rows: dict[str, array[int]] = {}
    at = 0
    for table, run in groupby(tables):
        after = at + len(list(run))
        rows.setdefault(table, array("q")).extend(out[at * step : after * step])
        at = after
    for table, some in rows.items():
        yield _rows(table, some, len(some) // step, groups, address_of, asked_of)


def _rows(
    table: str, out: array[int], count: int, groups: array[int], address_of: AddressOf, asked_of: AskedOf
) -> RawRows:
    return RawRows(RAW_TABLES[table], out, count, layout.FIELDS, 1, groups, GROUP_FIELDS, address_of, asked_of=asked_of)
