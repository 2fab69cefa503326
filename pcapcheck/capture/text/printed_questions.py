"""The questions of one host to another that nothing in the text has answered yet: echo requests, queries, SYNs."""

from __future__ import annotations

from collections.abc import Iterator

from pcapcheck.capture.text.printed_packet import Icmp, Transport

# The most that are kept between two hosts, and the most pairs of hosts.
MOST_OPEN = 256

# An echo request; or a DNS query, another UDP datagram, a SYN or an INIT, with their ports.
Question = Icmp | Transport
# What an answer has in common with its question.
Key = tuple[int | None, ...]


class OpenQuestions:
    """The open questions of one host to another, the oldest first."""

    def __init__(self) -> None:
        self._questions: dict[int, Question] = {}
        self._places: dict[Key, list[int]] = {}
        self._asked = 0

    def __iter__(self) -> Iterator[Question]:
        return iter(self._questions.values())

    def ask(self, question: Question) -> None:
        """Add a question; a datagram, SYN or INIT that repeats one takes its place, while DNS queries count each."""
        key = _key(question)
        if isinstance(question, Transport) and question.dns is None:
            self._end(key)
        self._asked += 1
        self._questions[self._asked] = question
        self._places.setdefault(key, []).append(self._asked)
        if len(self._questions) > MOST_OPEN:
            self.end(next(iter(self)))

    def end(self, question: Question) -> None:
        """Take out a question that is among them, but none that is like it."""
        key = _key(question)
        places = self._places[key]
        place = next(place for place in places if self._questions[place] is question)
        del self._questions[place]
        places.remove(place)
        if not places:
            del self._places[key]

    def answer(self, message: Question) -> None:
        """Take out all questions that a message answers."""
        if isinstance(message, Icmp):
            self._end((message.ident, message.seq))
            return
        self._end((message.protocol, message.dst_port, message.src_port))
        if message.dns is not None and message.dns.code is not None:
            self._end((message.protocol, message.dst_port, message.dns.ident, message.dns.ident))

    def _end(self, key: Key) -> None:
        for place in self._places.pop(key, ()):
            del self._questions[place]


def _key(question: Question) -> Key:
    """The numbers that an answer repeats, as many of them as tell kinds apart: 2 of an echo, 3 of ports, 4 of DNS."""
    if isinstance(question, Icmp):
        return question.ident, question.seq
    if question.dns is not None:
        return question.protocol, question.src_port, question.dns.ident, question.dns.ident
    return question.protocol, question.src_port, question.dst_port
