"""Quotes: which echo request an ICMP error is about, where the text shows no more of it than its destination.

An error names whom it is about and goes back to who asked: so it belongs to a request between the two that is still
open, the oldest, since errors come in the order of the requests. Without ``-v`` tcpdump prints nothing of the packet
that an error quotes.
"""

from __future__ import annotations

from collections import OrderedDict

from pcapcheck.capture.transcript.packet import Datagram, Icmp, Packet

# (request, reply) of each family, and the errors that end a request for good. A time exceeded is left out: which hop it
# came from tells nothing of which request it was.
ECHOES = {4: (8, 0), 6: (128, 129)}
ERRORS = {4: (3,), 6: (1, 2)}
ICMP_PROTOCOL = {4: 1, 6: 58}
MOST_OPEN = 256

Pair = tuple[int, int]


class Quotes:
    """Follows the packets of one text, and completes errors that do not say which request they are about."""

    def __init__(self) -> None:
        # (who asked, who was asked) -> open requests, the oldest first.
        self._open: OrderedDict[Pair, list[Icmp]] = OrderedDict()

    def take(self, packet: Packet) -> None:
        """The next packet, in the order of the text."""
        datagram = packet.body
        if not isinstance(datagram, Datagram) or datagram.src is None or datagram.dst is None:
            return
        message = datagram.upper
        if not isinstance(message, Icmp) or message.kind is None:
            return
        request, reply = ECHOES[datagram.version]
        if message.kind == request:
            self._ask((datagram.src, datagram.dst), message)
        elif message.kind == reply:
            asked = self._open.get((datagram.dst, datagram.src), [])
            asked[:] = [one for one in asked if (one.ident, one.seq) != (message.ident, message.seq)]
        elif message.kind in ERRORS[datagram.version] and message.quoted is None:
            self._complete(datagram, message)

    def _ask(self, pair: Pair, message: Icmp) -> None:
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
        about = self._open[pairs[0]].pop(0)
        message.inferred = True
        message.quoted = Datagram(
            datagram.version,
            *pairs[0],
            protocol=ICMP_PROTOCOL[datagram.version],
            upper=Icmp(ECHOES[datagram.version][0], 0, about.ident, about.seq),
        )
