"""A column of a table, and the types of its values: how rules write them and reports print them.

A *late* column is known only after the whole capture has been read: the kind of a capture point, the end that a
frame came from, whether a missing answer proves anything.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from pcapcheck import values
from pcapcheck.values import Value


class Type(Struct, frozen=True):
    """How rules write the values of a column and reports print them; ``written`` explains it to people."""

    name: str
    parse: Callable[[str], Value]
    show: Callable[[Value], str]
    written: str
    ordered: bool = False


def _text(value: Value) -> str:
    return values.clean(str(value))


def _yes_no(value: Value) -> str:
    return "yes" if value else "no"


NUMBER = Type("number", values.parse_number, str, "a whole number: 64, 0x40", ordered=True)
MAC = Type("MAC", values.parse_mac, values.format_mac, "six pairs of hex digits: ee:ee:ee:ee:ee:ee")  # type: ignore[arg-type]
ADDRESS = Type("address", values.parse_address, values.format_address, "IPv4 or IPv6: 10.244.1.10, fd00::10")  # type: ignore[arg-type]
DURATION = Type(
    "duration",
    values.parse_duration,
    values.format_duration,  # type: ignore[arg-type]
    "a number with ns, us (or µs), ms, s, m or h: 100ms, 1.5s; at most a year",
    ordered=True,
)
TIME = Type(
    "time",
    values.parse_time,
    values.format_time,  # type: ignore[arg-type]
    "RFC 3339, UTC unless an offset is given, or seconds since 1970: 2026-01-31T16:22:59.584Z",
    ordered=True,
)
BOOL = Type("boolean", values.parse_bool, _yes_no, "true or false")
TEXT = Type("text", str, _text, "any text")
ENUM = Type("word", str, str, "a word that the column lists")


# What texts show for a column that a row lacks.
ABSENT = "(none)"


class Column(Struct, frozen=True):
    """A column: its type, the words of an enumeration, one line of help.

    ``key``: all frames of a group share its value. ``shared``: all rows that are counted together share its value.
    ``why_absent`` says why a row may lack it, where "was not captured" would mislead.
    """

    table: str
    name: str
    type: Type
    help: str
    attribute: str = ""
    words: tuple[str, ...] = ()
    late: bool = False
    key: bool = False
    shared: bool = False
    why_absent: str = ""

    @property
    def deferred(self) -> bool:
        """Whether conditions on it are judged at the end: it is late, or a frame group shares it."""
        return self.late or self.key

    @property
    def absence(self) -> str:
        """Why a row lacks it."""
        return self.why_absent or f"{self.name} was not captured"

    def parse(self, text: str) -> Value:
        """The value that ``text`` stands for in this column. Raises ValueError, which says what was expected."""
        if self.words and text not in self.words:
            raise ValueError(f"{text!r} is not one of: {', '.join(self.words)}")
        return self.type.parse(text)

    def show(self, value: Value | None) -> str:
        if value is None:
            return ABSENT
        if isinstance(value, (tuple, frozenset)):
            return ", ".join(self.type.show(part) for part in sorted(value)) or "none"
        return self.type.show(value)


class Columns(dict[str, Column]):
    """The columns of one table by name, in the order in which they are shown."""

    def __init__(self, table: str) -> None:
        super().__init__()
        self.table = table


def columns_of(tables: str, name: str, type_: Type, help_: str, attribute: str = "", **more: object) -> list[Column]:
    """The same column in several tables; ``tables`` are their names, with blanks between."""
    attribute = attribute or name.replace(".", "_")
    return [Column(table, name, type_, help_, attribute, **more) for table in tables.split()]  # type: ignore[arg-type]
