"""The row of the table ``dns``: one question of DNS with its response."""

from __future__ import annotations

from array import array
from typing import ClassVar

from pcapcheck.column_words import PROMPTNESS, RCODES
from pcapcheck.exchanges import pairing_layout as layout
from pcapcheck.exchanges.question_row import QuestionRow
from pcapcheck.table_names import DNS


class DnsRow(QuestionRow):
    """One question of DNS: ``requests`` counts its queries; the first is ``frames[0]``.

    ``ident`` is the message's identifier and ``src_port`` the asker's port, both of the latest attempt; a text
    may not show the port.
    """

    table: ClassVar[str] = DNS
    several: ClassVar[bool] = True
    silence: ClassVar[str] = "no answer"
    nothing: ClassVar[str] = "no response"
    name: str | None
    type: str | None
    transport: str
    ident: int
    src_port: int | None
    rcode: str | None
    promptness: str | None

    @property
    def numbers(self) -> tuple[int | None, ...]:
        return (self.ident,)

    @property
    def contented(self) -> str:
        return f"answered {self.rcode.upper()}" if self.rcode else "answered"

    @property
    def often(self) -> str:
        return f" (asked {'once' if self.requests == 1 else f'{self.requests} times'})"


def rcode_of(row: array[int]) -> str | None:
    """The code of a DNS response; None if it was cut off."""
    code = row[layout.RCODE]
    return None if code == layout.ABSENT else RCODES[min(code, len(RCODES) - 1)]


def promptness_of(row: array[int]) -> str | None:
    """How promptly a DNS response came; None if the text shows no times."""
    promptness = row[layout.PROMPTNESS]
    return None if promptness == layout.ABSENT else PROMPTNESS[promptness]


def is_late(row: QuestionRow) -> bool:
    """Whether it is a DNS query that was answered later than anybody should wait."""
    return isinstance(row, DnsRow) and row.promptness in PROMPTNESS[1:]
