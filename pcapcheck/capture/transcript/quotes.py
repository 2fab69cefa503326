"""Quotes: which echo request or DNS query an ICMP error is about, where the text shows only its destination.

An error names whom it is about and goes back to who asked: so it belongs to a request between the two that is still
open, the oldest, since errors come in the order of the requests. Without ``-v`` tcpdump prints nothing of the packet
that an error quotes.
"""

from __future__ import annotations

from collections import OrderedDict

from pcapcheck.capture.transcript.packet import Datagram, Icmp, Packet, Transport

# (request, reply) of each family, and the errors that end a request for good. A time exceeded is left out: which hop it
# came from tells nothing of which request it was.
ECHOES = {4: (8, 0), 6: (128, 129)}
ERRORS = {4: (3,), 6: (1, 2)}
ICMP_PROTOCOL = {4: 1, 6: 58}
UDP = 17
# Port unreachable, which is said of datagrams first of all.
NO_PORT = {4: (3, 3), 6: (1, 4)}
MOST_OPEN = 256

Pair = tuple[int, int]
# An echo request, or a DNS query with its ports.
Question = Icmp | Transport


class Quotes:
    """Follows the packets of one text, and completes errors that do not say which request they are about."""

    def __init__(self) -> None:
        # (who asked, who was asked) -> open requests, the oldest first.
        self._open: OrderedDict[Pair, list[Question]] = OrderedDict()

    def take(self, packet: Packet) -> None:
        """The next packet, in the order of the text."""
        datagram = packet.body
        if not isinstance(datagram, Datagram) or datagram.src is None or datagram.dst is None:
            return
        message = datagram.upper
        if isinstance(message, Transport) and message.dns is not None:
            if message.dns.code is None:
                self._ask((datagram.src, datagram.dst), message)
            else:
                self._answered((datagram.dst, datagram.src), message)
        if not isinstance(message, Icmp) or message.kind is None:
            return
        request, reply = ECHOES[datagram.version]
        if message.kind == request:
            self._ask((datagram.src, datagram.dst), message)
        elif message.kind == reply:
            self._answered((datagram.dst, datagram.src), message)
        elif message.kind in ERRORS[datagram.version] and message.quoted is None:
            self._complete(datagram, message)

    def _answered(self, pair: Pair, message: Question) -> None:
        asked = self._open.get(pair, [])
        asked[:] = [one for one in asked if not _answers(message, one)]

    def _ask(self, pair: Pair, message: Question) -> None:
        asked = self._open.setdefault(pair, [])
        asked.append(message)
        if len(asked) > MOST_OPEN:
            del asked[0]
        self._open.move_to_end(pair)
        if len(self._open) > MOST_OPEN:
            self._open.popitem(last=False)

    def _complete(self, datagram: Datagram, message: Icmp) -> None:
        asker = datagram.dst
        pairs = [
            pair
            for pair, asked in self._open.items()
            if asked and pair[0] == asker and message.about in (None, pair[1])
        ]
        # One that names nobody could be about any of several.
        if len(pairs) != 1:
            return
        open_ = self._open[pairs[0]]
        about = open_[0]
        if (message.kind, message.code) == NO_PORT[datagram.version]:
            about = next((one for one in open_ if isinstance(one, Transport)), about)
        open_.remove(about)
        message.inferred = True
        message.quoted = Datagram(
            datagram.version,
            *pairs[0],
            protocol=UDP if isinstance(about, Transport) else ICMP_PROTOCOL[datagram.version],
            upper=about
            if isinstance(about, Transport)
            else Icmp(ECHOES[datagram.version][0], 0, about.ident, about.seq),
        )


def _answers(message: Question, asked: Question) -> bool:
    if isinstance(message, Icmp):
        return isinstance(asked, Icmp) and (asked.ident, asked.seq) == (message.ident, message.seq)
    if not isinstance(asked, Transport) or asked.dns is None or message.dns is None:
        return False
    return (asked.src_port, asked.dns.ident) == (message.dst_port, message.dns.ident)
