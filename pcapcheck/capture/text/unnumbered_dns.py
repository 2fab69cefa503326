"""DNS messages that a text shows without their numbers, as people shorten such lines: they get one here.

Between two ports, answers are taken to come in the order of their questions, and a name that is asked for again
is the same question.
"""

from __future__ import annotations

import zlib
from collections import OrderedDict

from pcapcheck.capture.text.printed_packet import Dns, PrintedPacket, Transport
from pcapcheck.capture.text.recognition import innermost

# The most pairs of ports that are kept, and the most questions of each.
MOST_PAIRS = 256
MOST_OPEN = 64
# Who asks from which port, and who is asked.
Ends = tuple[int | None, int | None, int | None]


class UnnumberedDns:
    """Follows the packets of one text, and numbers the messages that have no number."""

    def __init__(self) -> None:
        self._open: OrderedDict[Ends, list[int]] = OrderedDict()

    def take(self, packet: PrintedPacket) -> None:
        """The next packet, in the order of the text."""
        datagram = innermost(packet)
        upper = datagram.upper if datagram is not None else None
        if datagram is None or not isinstance(upper, Transport) or upper.dns is None or upper.dns.ident is not None:
            return
        if upper.dns.code is None:
            upper.dns.ident = self._ask((datagram.src, upper.src_port, datagram.dst), upper.dns)
        else:
            asked = self._open.get((datagram.dst, upper.dst_port, datagram.src))
            upper.dns.ident = asked.pop(0) if asked else 0

    def _ask(self, ends: Ends, message: Dns) -> int:
        number = zlib.crc32(f"{message.record_type} {message.name}".encode()) & 0xFFFF
        asked = self._open.setdefault(ends, [])
        if number not in asked:
            asked.append(number)
            del asked[:-MOST_OPEN]
        self._open.move_to_end(ends)
        if len(self._open) > MOST_PAIRS:
            self._open.popitem(last=False)
        return number
