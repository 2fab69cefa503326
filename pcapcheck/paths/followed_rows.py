"""Raw rows of the tables ``paths`` and ``hops``: a row per packet, for rules that name what differs among packets."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Hashable, Iterable, Iterator, Sequence
from typing import cast

import numpy as np
from msgspec.structs import replace

from pcapcheck.capture.host_names import stand_ins
from pcapcheck.capture.scan_layout import ABSENT_TIME
from pcapcheck.column import ADDRESS, BOOL, ENUM, TEXT, Column
from pcapcheck.columns import COLUMNS
from pcapcheck.paths.followed_table import FollowedChunk, FollowedTable
from pcapcheck.paths.path_row import FollowedRow
from pcapcheck.paths.path_tables import VARYING, FollowedPackets, said
from pcapcheck.paths.paths import Paths
from pcapcheck.raw_rows import Field, RawRows, Requirement, TableFields, Wording
from pcapcheck.values import address_of, halves_of

# Packets whose rows are made at a time.
CHUNK = 1 << 13
# The numbers of a row: which of what is described it is, the packet, what varies; then what its path says.
OF, PACKET, TIME, LENGTH, DURATION, LATENCY, FRAME, GROUP = range(8)
# No column has this number.
ABSENT = ABSENT_TIME
_NUMBERS = {"time": TIME, "length": LENGTH, "duration": DURATION, "latency": LATENCY}


class LastFrame(Wording, frozen=True):
    """The last sighting in words, which name its frame."""

    described: tuple[FollowedPackets, ...]

    def value(self, rows: RawRows, row: int) -> str:
        return said(self.described[rows.number(row, OF)].last_frame(), rows.number(row, FRAME))


class FollowedFields:
    """Where the columns that rules name lie in the rows of a followed table.

    ``shared`` are the numbers that a row has from GROUP on, by what is described; ``spots`` are the captures and frame
    groups behind those at GROUP.
    """

    def __init__(self, table: FollowedTable, columns: Iterable[Column]) -> None:
        self._described = tuple(table.described)
        spots = [(packets.capture, packets.group) for packets in self._described]
        self.spots = list(dict.fromkeys(spots))
        self._shared: list[Sequence[int]] = [_numbered(spots, self.spots)]
        self.columns = {column.name: self._field(column) for column in columns}
        self.shared = np.array(self._shared, np.int64).T

    def _field(self, column: Column) -> Field | Wording:
        """The field of a column, with the numbers that it needs."""
        attribute = column.attribute
        if attribute in _NUMBERS:
            return Field(_NUMBERS[attribute], least=ABSENT + 1)
        if attribute in VARYING:
            return LastFrame(attribute, (Field(OF), Field(FRAME)), self._described)
        values = [getattr(packets, attribute) for packets in self._described]
        if column.type is ADDRESS:
            return self._address_field(values)
        if column.type in (TEXT, ENUM, BOOL):
            words = tuple(word for word in dict.fromkeys(values) if word is not None)
            return Field(self._add(_numbered(values, words)), words=words)
        return Field(self._add([ABSENT if value is None else int(value) for value in values]), least=ABSENT + 1)

    def _address_field(self, values: Sequence[int | None]) -> Field:
        there = self._add([value is not None for value in values])
        high, low = (self._add(half) for half in zip(*(halves_of(value or 0) for value in values), strict=True))
        return Field(low, high=high, when=(Requirement(there, 1),))

    def _add(self, numbers: Sequence[int]) -> int:
        """Where a row has one more number, given by what is described."""
        self._shared.append(numbers)
        return GROUP + len(self._shared) - 1


def followed_rows(paths: Paths, name: str, columns: Collection[str]) -> Iterator[RawRows]:
    """The rows of a table, with these columns, in the order in which the packets were seen first.

    Each batch is valid until the next is asked for.
    """
    groups = paths.groups
    table = None if groups is None else FollowedTable(paths, groups, name)
    if groups is None or table is None or not table.described:
        return

    def make(rows: RawRows, row: int) -> FollowedRow:
        return table.described[rows.number(row, OF)].row(groups.sample(rows.number(row, PACKET)))

    known = FollowedFields(table, [COLUMNS[name][column] for column in columns])
    fields = TableFields(name, known.columns, Field(GROUP), None, make)
    naming = (capture.address_of for capture in paths.captures if stand_ins(capture.address_of))
    width = GROUP + known.shared.shape[1]
    rows = RawRows(fields, array("q"), 0, width, 1, array("q"), 0, next(naming, address_of), known.spots)
    for chunk in table.chunks(CHUNK):
        yield replace(rows, data=_numbers(chunk, known), count=len(chunk.of))


def _numbers(chunk: FollowedChunk, fields: FollowedFields) -> array[int]:
    numbers = np.empty((len(chunk.of), GROUP + fields.shared.shape[1]), np.int64)
    numbers[:, GROUP:] = fields.shared[chunk.of]
    varying = {
        OF: chunk.of,
        PACKET: chunk.packets,
        TIME: chunk.times,
        LENGTH: chunk.lengths,
        DURATION: chunk.durations,
        LATENCY: chunk.latencies,
        FRAME: chunk.last_frames,
    }
    for position, column in varying.items():
        numbers[:, position] = column
    # The loops take either.
    return cast("array[int]", numbers.reshape(-1).data)


def _numbered(values: Sequence[Hashable], known: Sequence[Hashable]) -> list[int]:
    """Which of the known values each is, -1 for any other."""
    numbers = {value: number for number, value in enumerate(known)}
    return [numbers.get(value, -1) for value in values]
