"""Rows of tshark that it marks as retransmissions and that show no port: the data of a protocol above TCP.

Such a row has no sequence numbers either, so no transfer can be made of it. Its words tell which data it is.
"""

from __future__ import annotations

import re

from msgspec import Struct

from pcapcheck.capture.record import RESENT, Problem, Resent
from pcapcheck.capture.text.packet_list import ListedPacket
from pcapcheck.capture.text.printed_packet import Datagram, Transport
from pcapcheck.capture.text.stamps import SECOND

MARK = "Retransmission]"
_WORDS = re.compile(r"\[TCP (?:Fast |Spurious )?Retransmission\]\s*(?P<words>.{0,200})")
# So often, over so long, the same data is no chance loss.
FEWEST, LONGEST = 3, 3 * SECOND
# The most different data that is followed.
MOST = 1024

Key = tuple[int | None, int | None, str]


class Resending(Struct):
    """The rows that show the same data: the first line, how many, how long the packet is, and from when to when."""

    line: int
    count: int
    length: int | None
    first: int | None
    last: int | None


class ResentRows:
    """Follows the rows of one text; ``problems`` says which data was sent most often."""

    def __init__(self) -> None:
        self._found: dict[Key, Resending] = {}

    def take(self, row: ListedPacket, line: int, raw: str) -> None:
        """The next row, as it stands in the text."""
        match = _WORDS.search(raw)
        body = row.packet.body
        if match is None or not isinstance(body, Datagram) or _has_ports(body):
            return
        time = row.stamp.value if row.stamp is not None else None
        key = (body.src, body.dst, match["words"].strip())
        found = self._found.get(key)
        if found is None:
            if len(self._found) < MOST:
                self._found[key] = Resending(line, 1, row.packet.length, time, time)
            return
        found.count += 1
        found.last = time

    def problems(self) -> list[Problem]:
        """What was sent again and again, if anything was."""
        worst = max(self._found.items(), key=lambda each: each[1].count, default=None)
        if worst is None:
            return []
        (src, dst, _), found = worst
        lasted = None if found.first is None or found.last is None else found.last - found.first
        if found.count < FEWEST or src is None or dst is None or (lasted is not None and lasted < LONGEST):
            return []
        message = f"tshark marks {found.count} rows as retransmissions of the same data (first: line {found.line})"
        return [Problem(RESENT, message, resent=Resent(src, dst, found.line, found.count, found.length, lasted))]


def _has_ports(body: Datagram) -> bool:
    return isinstance(body.upper, Transport) and body.upper.src_port is not None
