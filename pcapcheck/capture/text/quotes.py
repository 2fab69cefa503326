"""Quotes: which question an ICMP error is about, where the text shows only its destination.

An error names the address that it is about and goes back to the asker. So it belongs to an open question between the
two: the oldest, since errors come in the order of the questions. In IPv4, an error about an expired packet names no
address; it is about the latest question of its receiver. Without ``-v``, tcpdump prints only the protocol and the port
of the packet that an error quotes, and that for TCP, UDP and a few others (its print-icmp.c).
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TypeGuard

from pcapcheck import protocols
from pcapcheck.capture.text.printed_packet import Datagram, Icmp, PrintedPacket, Transport
from pcapcheck.capture.text.printed_questions import MOST_OPEN, OpenQuestions, Question
from pcapcheck.protocols import SCTP, TCP, TCP_ACK, TCP_RST, TCP_SYN, UDP

# Types of errors that end a request for good, by version of IP.
ERRORS = {
    4: (protocols.ICMP_UNREACHABLE, protocols.ICMP_TIME_EXCEEDED),
    6: (protocols.ICMPV6_UNREACHABLE, protocols.ICMPV6_TOO_BIG, protocols.ICMPV6_TIME_EXCEEDED),
}

Pair = tuple[int, int]


class Quotes:
    """Follows the packets of one text, and completes errors that do not say which question they are about."""

    def __init__(self) -> None:
        # (who asked, who was asked) -> open questions; the pair that asked last stands last.
        self._open: OrderedDict[Pair, OpenQuestions] = OrderedDict()

    def take(self, packet: PrintedPacket) -> None:
        """The next packet, in the order of the text."""
        datagram = packet.body
        if not isinstance(datagram, Datagram) or datagram.src is None or datagram.dst is None or datagram.later:
            return
        message = datagram.upper
        if isinstance(message, Transport):
            self._answered((datagram.dst, datagram.src), message)
            if _asks(message):
                self._ask((datagram.src, datagram.dst), message)
        if not isinstance(message, Icmp) or message.icmp_type is None:
            return
        if message.icmp_type == protocols.ECHO_REQUEST[datagram.version]:
            self._ask((datagram.src, datagram.dst), message)
        elif message.icmp_type == protocols.ECHO_REPLY[datagram.version]:
            self._answered((datagram.dst, datagram.src), message)
        elif message.icmp_type in ERRORS[datagram.version] and message.quoted is None:
            self._complete(datagram, message)

    def _answered(self, pair: Pair, message: Question) -> None:
        asked = self._open.get(pair)
        if asked is not None:
            asked.answer(message)

    def _ask(self, pair: Pair, message: Question) -> None:
        asked = self._open.get(pair)
        if asked is None:
            asked = self._open[pair] = OpenQuestions()
            if len(self._open) > MOST_OPEN:
                self._open.popitem(last=False)
        else:
            self._open.move_to_end(pair)
        asked.ask(message)

    def _complete(self, datagram: Datagram, message: Icmp) -> None:
        version, asker = datagram.version, datagram.dst
        expired = message.icmp_type == protocols.TIME_EXCEEDED[version]
        fitting = [
            (pair, question)
            for pair in self._pairs(asker, message.about)
            for question in self._open[pair]
            if _fits(message, question, version)
        ]
        # An error that names no address could be about any of several, except for expiry, which is reported at once.
        if not fitting or (not expired and any(pair != fitting[0][0] for pair, _ in fitting)):
            return
        pair, about = fitting[0]
        if expired:
            pair, latest = fitting[-1]
            about = next(
                question for other, question in fitting if other == pair and _protocol(question) == _protocol(latest)
            )
        if _is_datagram(about) and any(
            _is_datagram(question) and question.src_port != about.src_port for _, question in fitting
        ):
            # Whether a datagram wants an answer is not known, so the oldest may have ended long ago.
            return
        self._open[pair].end(about)
        message.inferred = True
        message.quoted = Datagram(
            version,
            *pair,
            protocol=about.protocol if isinstance(about, Transport) else protocols.ICMP_OF[version],
            upper=about
            if isinstance(about, Transport)
            else Icmp(protocols.ECHO_REQUEST[version], 0, about.ident, about.seq),
        )

    def _pairs(self, asker: int | None, about: int | None) -> list[Pair]:
        """The pairs of a host that asked; of these the one with the host that an error is about, if it names one."""
        if about is None:
            return [pair for pair in self._open if pair[0] == asker]
        return [(asker, about)] if asker is not None and (asker, about) in self._open else []


def _is_datagram(asked: Question) -> TypeGuard[Transport]:
    """Whether it is a UDP datagram other than a DNS query."""
    return isinstance(asked, Transport) and asked.protocol == UDP and asked.dns is None


def _protocol(asked: Question) -> int | None:
    return asked.protocol if isinstance(asked, Transport) else None


def _asks(message: Transport) -> bool:
    if message.protocol == TCP:
        return message.flags is not None and message.flags & (TCP_SYN | TCP_RST | TCP_ACK) == TCP_SYN
    if message.protocol == SCTP:
        return message.flags == protocols.SCTP_INIT
    return message.protocol == UDP and (message.dns is None or message.dns.code is None)


def _fits(message: Icmp, asked: Question, version: int) -> bool:
    """Whether an error may be about a question, by the protocol and the port that it names."""
    protocol = asked.protocol if isinstance(asked, Transport) else protocols.ICMP_OF[version]
    if message.about_protocol not in (None, protocol):
        return False
    if isinstance(asked, Icmp):
        return True
    if (version, message.icmp_type, message.code) == protocols.PACKET_TOO_BIG[version] and protocol != UDP:
        # What begins a connection is small.
        return False
    return message.about_port in (None, asked.dst_port)


def inferred_expiry(packet: PrintedPacket) -> bool:
    """Whether it is an error about an expired packet that was completed here."""
    body = packet.body
    return (
        isinstance(body, Datagram)
        and isinstance(body.upper, Icmp)
        and body.upper.inferred
        and body.upper.icmp_type == protocols.TIME_EXCEEDED[body.version]
    )
