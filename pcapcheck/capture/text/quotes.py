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
from pcapcheck.protocols import SCTP, TCP, TCP_ACK, TCP_RST, TCP_SYN, UDP

# Types of errors that end a request for good, by version of IP.
ERRORS = {
    4: (protocols.ICMP_UNREACHABLE, protocols.ICMP_TIME_EXCEEDED),
    6: (protocols.ICMPV6_UNREACHABLE, protocols.ICMPV6_TOO_BIG, protocols.ICMPV6_TIME_EXCEEDED),
}
MOST_OPEN = 256

Pair = tuple[int, int]
# An echo request; or a DNS query, another UDP datagram, a SYN or an INIT, with their ports.
Question = Icmp | Transport


class Quotes:
    """Follows the packets of one text, and completes errors that do not say which question they are about."""

    def __init__(self) -> None:
        # (who asked, who was asked) -> open questions, the oldest first; the pair that asked last stands last.
        self._open: OrderedDict[Pair, list[Question]] = OrderedDict()

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
        if asked:
            asked[:] = [question for question in asked if not _answers(message, question)]

    def _ask(self, pair: Pair, message: Question) -> None:
        asked = self._open.setdefault(pair, [])
        if isinstance(message, Transport):
            asked[:] = [question for question in asked if not _repeats(message, question)]
        asked.append(message)
        if len(asked) > MOST_OPEN:
            del asked[0]
        self._open.move_to_end(pair)
        if len(self._open) > MOST_OPEN:
            self._open.popitem(last=False)

    def _complete(self, datagram: Datagram, message: Icmp) -> None:
        version, asker = datagram.version, datagram.dst
        expired = message.icmp_type == protocols.TIME_EXCEEDED[version]
        fitting = [
            (pair, question)
            for pair, asked in self._open.items()
            if pair[0] == asker and message.about in (None, pair[1])
            for question in asked
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
        asked = self._open[pair]
        asked[:] = [question for question in asked if question is not about]
        message.inferred = True
        message.quoted = Datagram(
            version,
            *pair,
            protocol=about.protocol if isinstance(about, Transport) else protocols.ICMP_OF[version],
            upper=about
            if isinstance(about, Transport)
            else Icmp(protocols.ECHO_REQUEST[version], 0, about.ident, about.seq),
        )


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


def _repeats(message: Transport, asked: Question) -> bool:
    """Whether it is the same question again; each DNS query counts separately."""
    return (
        isinstance(asked, Transport)
        and message.dns is asked.dns is None
        and (message.protocol, message.src_port, message.dst_port) == (asked.protocol, asked.src_port, asked.dst_port)
    )


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


def _answers(message: Question, asked: Question) -> bool:
    if isinstance(message, Icmp):
        return isinstance(asked, Icmp) and (asked.ident, asked.seq) == (message.ident, message.seq)
    if not isinstance(asked, Transport) or message.protocol != asked.protocol:
        return False
    if asked.dns is not None:
        same = message.dns is not None and message.dns.code is not None and message.dns.ident == asked.dns.ident
        return same and asked.src_port == message.dst_port
    return (asked.src_port, asked.dst_port) == (message.dst_port, message.src_port)


def inferred_expiry(packet: PrintedPacket) -> bool:
    """Whether it is an error about an expired packet that was completed here."""
    body = packet.body
    return (
        isinstance(body, Datagram)
        and isinstance(body.upper, Icmp)
        and body.upper.inferred
        and body.upper.icmp_type == protocols.TIME_EXCEEDED[body.version]
    )
