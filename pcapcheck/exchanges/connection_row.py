"""The row of the table ``connections``: one attempt at a TCP connection."""

from __future__ import annotations

from typing import ClassVar

from pcapcheck.exchanges.question_row import QuestionRow


class ConnectionRow(QuestionRow):
    """One attempt at a TCP connection: ``requests`` counts its SYNs; the first is ``frames[0]``.

    A text may show a port by a name that is not known here.
    """

    several: ClassVar[bool] = False
    silence: ClassVar[str] = "no answer"
    nothing: ClassVar[str] = "no answer"
    src_port: int | None
    dst_port: int | None

    @property
    def numbers(self) -> tuple[int | None, ...]:
        return self.src_port, self.dst_port
