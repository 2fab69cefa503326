"""Questions that got no answer: what no PASS may stand over, whatever the protocol and whether or not a rule is about it.

A producer looks at what one capture came to once it was read, and yields what nobody answered there. It goes by
exchanges that were counted anyway (resolutions, bins of echoes and of connections), never by frames. What a rule judges
is left out: ``judged`` tells, so a question that the report fails or accepts is not said twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from pcapcheck.flows.facts import Facts
from pcapcheck.flows.read import Capture, Row
from pcapcheck.values import format_address

# So many are kept; a report shows fewer.
MOST_KEPT = 100


@dataclass(frozen=True)
class Unanswered:
    """One question, with its repeats and with others alike, that got no answer where it was recorded.

    ``protocol`` is ARP, ND, ICMP, TCP, DNS, UDP or SCTP. ``asked`` is None where everybody was asked. ``about`` goes on
    after "ASKER's": ``DNS query to 10.96.0.10 for A api.example.org``, ``connection to 10.0.0.9 port 80``.
    ``attempts`` is how often the packet was sent, over ``lasted`` nanoseconds (None: the capture has no times), ``alike``
    how many such questions stand behind it. ``frames`` are the first few of ``capture`` (its number), which recorded them
    on ``interface``. ``meaning`` is what follows from it or may be behind it, where that is known. ``doubt`` says why
    the silence proves nothing: an answer would not have been recorded there.
    """

    protocol: str
    asker: int
    asked: int | None
    about: str
    attempts: int
    lasted: int | None
    capture: int
    interface: str
    frames: tuple[int, ...]
    alike: int = 1
    meaning: str = ""
    doubt: str = ""

    @property
    def sentence(self) -> str:
        """What a headline says of it."""
        return f"{format_address(self.asker)}'s {self.about} gets no answer"


# Whether a rule judges whether a row (of a table, in a capture by its number) was answered.
Judged = Callable[[str, int, Row], bool]
Producer = Callable[[Capture, Facts, Judged], Iterator[Unanswered]]


def unanswered(
    captures: Iterable[Capture], facts: Facts, judged: Judged, producers: Iterable[Producer]
) -> list[Unanswered]:
    """What nobody answered, worst first: what could have been heard, then what was asked most often."""
    some = tuple(producers)
    found = [one for capture in captures for producer in some for one in producer(capture, facts, judged)]
    found.sort(key=lambda one: (bool(one.doubt), -one.attempts * one.alike, one.capture, one.frames[:1]))
    return found[:MOST_KEPT]
