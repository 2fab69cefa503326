"""Lines of the usual shape that begin a packet: known by it at once, without asking what else they could be.

No line of that shape goes on with a packet or holds two, so the rules of ``packet_lines`` would find the same.
"""

from __future__ import annotations

import re

from pcapcheck.capture.text.link_types import COOKED
from pcapcheck.capture.text.names import PrintedAddresses
from pcapcheck.capture.text.packet_lines import PacketLines
from pcapcheck.capture.text.stamps import STAMP
from pcapcheck.capture.text.usual_lines import add_ends, add_option, awaits_ends, read_start

# How people mark what they quote, which may stand before all lines.
_MARKS = re.compile(r"[ \t>|*#]+")
# Times since the packet before (-ttt) stand behind a blank.
_TIME = re.compile(rf" ?({STAMP}) +", re.ASCII)


def begin(number: int, line: str, before: PacketLines | None, addresses: PrintedAddresses) -> PacketLines | None:
    """The packet that begins in a line of the usual shape; else None. ``before`` is the packet that is still open."""
    start = 0
    if before is not None and before.prefix and line.startswith(before.prefix) and _MARKS.fullmatch(before.prefix):
        start = len(before.prefix)
    time = _TIME.match(line, start)
    if time is None and before is not None and not (before.stamp is None and _is_complete(before) and start == 0):
        # It may be what is inside a tunnel, or the addresses that are missing.
        return None
    start = time.end() if time else 0
    packet = read_start(line, start, addresses)
    if packet is None or (time is None and packet.link_type == COOKED):
        # Without a time, the words of old cooked captures begin no packet.
        return None
    stamp, prefix = (time[1], line[: time.start(1)]) if time else (None, "")
    return PacketLines(number, number, stamp, prefix, [line[start:]], [line], packet=packet)


def _is_complete(block: PacketLines) -> bool:
    return block.packet is not None and not awaits_ends(block.packet)


def go_on(block: PacketLines, number: int, line: str, addresses: PrintedAddresses) -> bool:
    """Take a line that -v prints after the header, if the packet has the usual shape with it; whether it was taken."""
    packet = None if block.pieces or block.dumped else block.packet
    if packet is None or not line.startswith((block.prefix + " ", block.prefix + "\t")):
        return False
    rest = line[len(block.prefix) :]
    if not (add_ends(packet, rest, addresses) if awaits_ends(packet) else add_option(packet, rest)):
        return False
    block.lines.append(rest)
    block.raw.append(line)
    block.last = number
    return True
