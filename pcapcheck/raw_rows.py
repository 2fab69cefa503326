"""Rows of a table as the kernels write them: integers in one array, and where in them each column lies.

Rules, exports and DataFrames are made from these. Objects with the columns as attributes are made only of rows that a
person looks at.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import ClassVar, Protocol

from msgspec import Struct
from msgspec.structs import replace

from pcapcheck.asked_question import AskedOf, nothing_asked
from pcapcheck.brief import Brief
from pcapcheck.values import Value

# The largest number that a field can hold.
MOST = (1 << 63) - 1
# All bits of a number.
ALL = -1
# Position of the upper half of an address whose lower half alone is kept.
ZERO = -1


class TableRow(Protocol):
    """A row as an object; its early columns are its attributes."""

    @property
    def group(self) -> int: ...
    @property
    def outcome(self) -> str: ...
    @property
    def frames(self) -> list[int]: ...
    @property
    def time(self) -> int | None: ...


class Requirement(Struct, frozen=True):
    """Holds if the bits in ``mask`` of the number at ``position`` are ``number`` (or, unless ``equal``, are not)."""

    position: int
    number: int
    mask: int = ALL
    equal: bool = True

    def holds(self, rows: RawRows, row: int) -> bool:
        return (rows.number(row, self.position) & self.mask == self.number) is self.equal


class Field(Struct, frozen=True):
    """Where the value of a column lies in a raw row.

    The row has a value if all of ``when`` hold and the number, shifted right by ``shift`` bits and cut to ``mask``, is
    between ``least`` and ``most``; else what ``otherwise`` says, if anything. ``constant`` replaces the number.

    ``high`` is the position of the upper half of an address whose lower half is at ``position`` (ZERO: it is 0); its
    128 bits leave no room for a mark of absence. ``via`` is the position of a frame group's number: the number is then
    field ``position`` of that group (``frame_layout``). ``count`` is the position of how many numbers there are from
    ``position`` on: the value is the set of them, absent if there are none. ``words`` are the values that the numbers
    from 0 on stand for; larger numbers stand for the last.
    """

    position: int = 0
    shift: int = 0
    mask: int = ALL
    least: int = 0
    most: int = MOST
    high: int | None = None
    via: int | None = None
    count: int | None = None
    constant: int | None = None
    words: tuple[str | bool, ...] = ()
    when: tuple[Requirement, ...] = ()
    otherwise: Field | None = None

    def value(self, rows: RawRows, row: int) -> Value | None:
        """The value of one row; None if it is absent."""
        if all(test.holds(rows, row) for test in self.when):
            if self.high is not None:
                high = 0 if self.high == ZERO else rows.number(row, self.high)
                return rows.address_of(high, rows.number(row, self.position))
            if self.count is not None:
                several = range(self.position, self.position + rows.number(row, self.count))
                return frozenset(rows.number(row, position) for position in several) or None
            number = self._number(rows, row)
            if self.least <= number <= self.most:
                return self.words[min(number, len(self.words) - 1)] if self.words else number
        return None if self.otherwise is None else self.otherwise.value(rows, row)

    def _number(self, rows: RawRows, row: int) -> int:
        if self.constant is not None:
            return self.constant
        if self.via is not None:
            number = rows.groups[rows.number(row, self.via) * rows.group_step + self.position]
        else:
            number = rows.number(row, self.position)
        return number >> self.shift & self.mask


class Wording(Struct, frozen=True):
    """A column in words, as the row's object gives it; rows alike in the fields ``of`` have the same text."""

    attribute: str
    of: tuple[Field, ...]

    def value(self, rows: RawRows, row: int) -> Value | None:
        """The text of one row; None if it is absent."""
        value: Value | None = getattr(rows.object(row), self.attribute)
        return value


class TableFields(Brief, Struct, frozen=True):
    """How the rows of a table lie in numbers: its early columns by name.

    ``group`` is where the number of the frame group is, ``outcome`` says how the row's exchange ended (frames have
    none); ``make`` gives a row as an object.
    """

    table: str
    columns: Mapping[str, Field | Wording]
    group: Field
    outcome: Field | None
    make: Callable[[RawRows, int], TableRow]


class RawRows(Brief, Struct, frozen=True):
    """A batch of ``count`` rows of a table, valid until the next batch is made.

    The number at ``position`` of row ``r`` is ``data[r * row_step + position * field_step]``: so both rows that stand
    one after the other and columns that do are described. ``groups`` are the decoder's frame groups, of
    ``group_step`` numbers each; ``address_of`` makes an address of its two halves. ``spots``: the rows are of several
    captures, and what stands for their frame groups are numbers of these: capture and frame group.
    """

    fields: TableFields
    data: array[int]
    count: int
    row_step: int
    field_step: int
    groups: array[int]
    group_step: int
    address_of: Callable[[int, int], int]
    spots: Sequence[tuple[int, int]] = ()
    asked_of: AskedOf = nothing_asked

    @property
    def table(self) -> str:
        return self.fields.table

    @property
    def size(self) -> int:
        """How many numbers a row has."""
        return self.row_step if self.row_step > 1 else len(self.data) // self.field_step

    def alone(self, numbers: array[int]) -> RawRows:
        """A row of such a batch by itself."""
        return replace(self, data=numbers, count=1, row_step=len(numbers), field_step=1)

    def number(self, row: int, position: int) -> int:
        return self.data[row * self.row_step + position * self.field_step]

    def value(self, row: int, column: str) -> Value | None:
        """The value of an early column; None if it is absent."""
        return self.fields.columns[column].value(self, row)

    def object(self, row: int) -> TableRow:
        """The row as an object, for what a person looks at."""
        return self.fields.make(self, row)

    def __iter__(self) -> Iterator[TableRow]:
        """All rows as objects."""
        return (self.object(row) for row in range(self.count))


class RowView(Struct, frozen=True):
    """A row of a batch that copies nothing: its early columns are its attributes, absent ones None.

    ``by_attribute`` are the names of its table's early columns by attribute.
    """

    by_attribute: ClassVar[Mapping[str, str]] = {}
    rows: RawRows
    row: int

    def __getattr__(self, name: str) -> Value | None:
        if name in self.by_attribute:
            return self.rows.value(self.row, self.by_attribute[name])
        raise AttributeError(name)

    def field(self, number: int) -> int:
        """A number of the row, by its position."""
        return self.rows.number(self.row, number)
