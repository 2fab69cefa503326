"""The row of the table ``echo``: one echo request with its replies, or the ICMP error that ended it."""

from __future__ import annotations

from typing import ClassVar

from pcapcheck.exchanges.question_row import QuestionRow


class EchoRow(QuestionRow):
    """One echo request, with identifier and sequence number; ``unicast``: to one host."""

    several: ClassVar[bool] = True
    silence: ClassVar[str] = "no reply"
    nothing: ClassVar[str] = "no reply"
    ident: int | None
    seq: int
    unicast: bool

    @property
    def numbers(self) -> tuple[int | None, ...]:
        return self.ident, self.seq

    @property
    def contented(self) -> str:
        return "replied to"
