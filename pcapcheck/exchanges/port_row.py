"""What rows of questions to a port share: ``connections``, ``associations`` and ``datagrams``."""

from __future__ import annotations

from typing import ClassVar

from pcapcheck.exchanges.question_row import QuestionRow


class PortRow(QuestionRow):
    """A question from one port to another. A text may show a port by a name that is not known here.

    ``latest`` is when it was asked last, in nanoseconds, if it was repeated.
    """

    silence: ClassVar[str] = "no answer"
    nothing: ClassVar[str] = "no answer"
    src_port: int | None
    dst_port: int | None
    latest: int | None = None

    @property
    def numbers(self) -> tuple[int | None, ...]:
        return self.src_port, self.dst_port
