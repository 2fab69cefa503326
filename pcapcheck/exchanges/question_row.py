"""What rows of ``echo``, ``connections`` and ``dns`` share: a question, its answers, or the error that ended it."""

from __future__ import annotations

from typing import ClassVar

from msgspec import Struct

from pcapcheck.decode import icmp_words
from pcapcheck.plural import does
from pcapcheck.values import format_address


class QuestionRow(Struct):
    """One question with its outcome. Times in nanoseconds.

    Words for sentences about such questions: ``several`` (plural) or not, ``nothing`` came, it got ``silence``.
    """

    several: ClassVar[bool]
    silence: ClassVar[str]
    nothing: ClassVar[str]
    group: int
    family: int
    src: int
    dst: int
    time: int | None
    ttl: int | None
    eth_src: int | None
    eth_dst: int | None
    frames: list[int]
    outcome: str
    requests: int
    replies: int
    rtt: int | None
    reply_ttl: int | None
    reply_eth_src: int | None
    reply_eth_dst: int | None
    error: str | None
    error_type: int | None
    error_code: int | None
    error_from: int | None
    error_mtu: int | None
    error_ttl: int | None

    @property
    def numbers(self) -> tuple[int | None, ...]:
        """What it is known by between its two hosts, first the number that all of one conversation share."""
        raise NotImplementedError

    @property
    def refusal(self) -> str | None:
        if self.error_type is None or self.error_code is None or self.error_from is None:
            return None
        words = icmp_words.in_words(self.family, self.error_type, self.error_code, self.error_mtu)
        return f"{words}, says {format_address(self.error_from)}"

    @property
    def ending(self) -> str | None:
        """What came instead of an answer: nothing, or an ICMP error and its sender; None if one came or may have."""
        if self.error_type is None or self.error_code is None or self.error_from is None:
            return self.nothing if self.outcome == "unanswered" else None
        return icmp_words.ended_by(self.family, self.error_type, self.error_code, self.error_from, self.error_mtu)

    @property
    def fate(self) -> str:
        """The outcome, as the end of a sentence about it and others like it."""
        if self.fate_by_error:
            return self.fate_by_error
        if self.outcome == "replied":
            return f"{does('are', self.several)} {self.contented}"
        if self.outcome == "error":
            return does("fail", self.several)
        return f"{self.unheard()}{self.often}"

    @property
    def contented(self) -> str:
        """The outcome if an answer came."""
        return "answered"

    @property
    def often(self) -> str:
        """How often it was asked, as the end of a sentence about its silence; empty if a report counts otherwise."""
        return ""

    @classmethod
    def unheard(cls) -> str:
        """That no answer came, as the end of a sentence."""
        return f"{does('get', cls.several)} {cls.silence}"

    @property
    def fate_by_error(self) -> str | None:
        """The same if an ICMP error ended it, else None."""
        return self.by_error(self.several)

    def by_error(self, several: bool) -> str | None:
        """How an ICMP error ended it, in the plural if ``several``; None if none did."""
        if self.error_type is None or self.error_code is None or self.error_from is None:
            return None
        error = (self.family, self.error_type, self.error_code)
        if icmp_words.done(*error):
            return f"{does('are', several)} {icmp_words.ended_by(*error, self.error_from)}"
        says = f"{format_address(self.error_from)} says {icmp_words.in_words(*error, self.error_mtu)}"
        return f"{does('fail', several)}: {says}"
