"""The row of the table ``arp``: one asker's question for one address, with its answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pcapcheck.brief import Brief
from pcapcheck.exchanges.arp_message import ArpMessage

if TYPE_CHECKING:
    from pcapcheck.exchanges.answer_row import AnswerRow

# If two requests are closer than this, an answer may belong to either: proxy_delay may hold an answer back
# for up to 0.8 s (kernel: net/ipv4/arp.c, pneigh_enqueue; the delay is 80 jiffies of 10 ms by default).
AMBIGUOUS = 800_000_000
# The name of the question, by family.
PROTOCOLS = {4: "ARP", 6: "neighbour solicitation"}


@dataclass(slots=True, repr=False)
class ArpRow(Brief):
    """One asker's question for one target. Times in nanoseconds; ``frames`` are the first few frame numbers."""

    group: int
    point: tuple[int, int | None]
    family: int
    asker_ip: int
    asker_mac: int | None
    target: int
    first_time: int | None
    latest_time: int | None
    unicast: bool | None
    previous_time: int | None = None
    attempts: int = 1
    outcome: str = "unanswered"
    answers: list[AnswerRow] = field(default_factory=list)
    answer_count: int = 0
    frames: list[int] = field(default_factory=list)
    # A further answer with another MAC may be an announcement: text without -e does not show its receiver.
    uncertain: bool = False

    def take_back_answer(self) -> ArpMessage:
        """Remove the latest answer, which belongs to another resolution."""
        answer = self.answers.pop()
        self.answer_count -= 1
        self.frames.remove(answer.number)
        return answer.message

    @property
    def protocol(self) -> str:
        return PROTOCOLS[self.family]

    @property
    def cast(self) -> str | None:
        """How the latest request was sent; a cooked capture does not say it of outgoing frames."""
        return None if self.unicast is None else "unicast" if self.unicast else "broadcast"

    @property
    def time(self) -> int | None:
        return self.first_time

    @property
    def latency_first(self) -> int | None:
        return between(self.first_time, self.answers[0].time) if self.answers else None

    @property
    def latency(self) -> int | None:
        gap = between(self.previous_time, self.latest_time)
        if not self.answers or (gap is not None and gap < AMBIGUOUS):
            return None
        return self.answers[0].latency

    @property
    def reply_mac(self) -> frozenset[int] | None:
        if self.uncertain:
            return None
        return frozenset(a.reply_mac for a in self.answers if a.reply_mac is not None) or None

    @property
    def reply_eth_src(self) -> frozenset[int] | None:
        return frozenset(a.reply_eth_src for a in self.answers if a.reply_eth_src is not None) or None

    @property
    def answering_macs(self) -> int | None:
        return len(self.reply_mac) if self.reply_mac else None


def between(start: int | None, end: int | None) -> int | None:
    """A duration, or None if either time is absent; 0 if the clock stepped back."""
    return None if start is None or end is None else max(0, end - start)
