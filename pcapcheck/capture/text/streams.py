"""Streams: the sequence numbers of TCP that a text's lines mean.

Without -S tcpdump prints them whole only where a connection begins: in segments without an acknowledgement, in every
SYN, and in the first segment with an acknowledgement that it sees; further ones count from there (print-tcp.c). A
segment without data, SYN, FIN or RST has its acknowledgement printed alone. tshark counts from the first segment too,
so that within its text the numbers are right as they stand.
"""

from __future__ import annotations

from collections import OrderedDict

from pcapcheck.capture.text.printed_packet import Datagram, PrintedPacket, Transport
from pcapcheck.capture.text.recognition import innermost
from pcapcheck.protocols import TCP, TCP_ACK, TCP_SYN

WRAP = 1 << 32
# The most connections that are followed at a time.
MOST_OPEN = 1 << 14
# Whole numbers begin anywhere; if both are below this, they count from a segment that is not in the text.
COUNTED = 1 << 24

# One end of a connection: an address and a port.
End = tuple[int | None, int | None]
Connection = frozenset[End]


class Streams:
    """Follows the connections of one text and makes relative numbers whole."""

    def __init__(self) -> None:
        # A connection -> what the numbers of either end count from, and whether that is whole.
        self._bases: OrderedDict[Connection, dict[End, tuple[int, bool]]] = OrderedDict()
        # Connections whose numbers are whole in every line (-S).
        self._whole: set[Connection] = set()

    def take(self, packet: PrintedPacket) -> None:
        """The next packet, in the order of the text."""
        datagram = innermost(packet)
        segment = _segment(datagram)
        if datagram is None or segment is None:
            return
        if segment.flags is not None and segment.size is not None:
            self._count(segment, (datagram.src, segment.src_port), (datagram.dst, segment.dst_port))

    def _count(self, segment: Transport, mine: End, other: End) -> None:
        flags = segment.flags or 0
        key = frozenset((mine, other))
        bases = self._bases.get(key)
        if not flags & TCP_ACK:
            if flags & TCP_SYN:
                # Of the bare acknowledgement after it, only the acknowledgement number is printed.
                self._open(key, {mine: (((segment.seq or 0) + 1) % WRAP, True)})
            segment.whole = segment.seq is not None
            return
        if bases is None or mine not in bases or other not in bases or flags & TCP_SYN:
            self._begin(key, bases or {}, segment, mine, other)
            return
        (base, whole), (other_base, other_whole) = bases[mine], bases[other]
        printed = segment.ack if segment.ack is not None else segment.seq
        if key not in self._whole and printed is not None:
            near = other_base if segment.ack is not None else base
            if _apart(printed, near) < _apart(printed, 0):
                self._whole.add(key)
        if key in self._whole:
            base = other_base = 0
        segment.whole = whole and other_whole and segment.seq is not None
        segment.seq = None if segment.seq is None else (segment.seq + base) % WRAP
        segment.ack = None if segment.ack is None else (segment.ack + other_base) % WRAP

    def _begin(
        self,
        key: Connection,
        known: dict[End, tuple[int, bool]],
        segment: Transport,
        mine: End,
        other: End,
    ) -> None:
        """The first segment with an acknowledgement: from here on numbers are counted."""
        counted = not (segment.flags or 0) & TCP_SYN and (segment.seq or 0) < COUNTED and (segment.ack or 0) < COUNTED
        if counted:
            base, whole, other_base = 0, False, 0
        else:
            base, whole = known.get(mine, (0, False)) if segment.seq is None else (segment.seq, True)
            other_base = ((segment.ack or 0) - 1) % WRAP
        self._open(key, {mine: (base, whole), other: (other_base, not counted)})
        segment.whole = whole and segment.seq is not None

    def _open(self, key: Connection, bases: dict[End, tuple[int, bool]]) -> None:
        self._bases[key] = bases
        self._bases.move_to_end(key)
        self._whole.discard(key)
        if len(self._bases) > MOST_OPEN:
            self._whole.discard(self._bases.popitem(last=False)[0])


def _segment(datagram: Datagram | None) -> Transport | None:
    upper = datagram.upper if datagram is not None else None
    return upper if isinstance(upper, Transport) and upper.protocol == TCP else None


def _apart(number: int, other: int) -> int:
    """How far apart two sequence numbers are, modulo 2^32."""
    return min((number - other) % WRAP, (other - number) % WRAP)
