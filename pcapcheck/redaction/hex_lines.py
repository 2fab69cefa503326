"""Bytes that a text shows in hexadecimal, redacted as the bytes of a capture are, with their ASCII column.

tcpdump -x and -X print a packet from its IP header on, -xx and -XX the whole frame; tshark -x the frame.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pcapcheck import protocols
from pcapcheck.redaction.frame_redaction import redact_frame
from pcapcheck.redaction.mapping import Mapping

# Offset, bytes, and the same as characters.
_LINE = re.compile(
    r"(?P<offset>\s*(?:0x)?[0-9a-fA-F]{4,8}:?\s+)(?P<bytes>[0-9a-fA-F]{2,4}(?: {1,2}[0-9a-fA-F]{2,4})*)"
    r"(?P<blank>\s*)(?:(?<=\s)(?P<text>.*))?"
)
_ETHERNET, _RAW, _COOKED = 1, 101, 113
_ARP_HEADER = bytes.fromhex("0001080006")
_CARRIED = (protocols.ETHERTYPE_IPV4, protocols.ETHERTYPE_IPV6, protocols.ETHERTYPE_ARP, *protocols.VLAN_TAGS)
_UNKNOWN = -1


def is_hex_line(line: str) -> bool:
    """Whether a line shows bytes behind their offset."""
    match = _LINE.fullmatch(line)
    return match is not None and ("0x" in match["offset"] or len(match["bytes"]) > 4)


def redact_hex(lines: Sequence[str], mapping: Mapping) -> list[str]:
    """The lines of one packet, with other bytes; zeros if it is not known what they are."""
    matches = [match for line in lines if (match := _LINE.fullmatch(line))]
    digits = "".join(re.sub(r"\s", "", match["bytes"]) for match in matches)
    if len(digits) % 2:
        return ["" for _ in lines]
    data = bytes.fromhex(digits)
    if data.startswith(_ARP_HEADER):
        # Without a link header in front of it: that of Ethernet, for as long as it takes.
        head = bytes(12) + protocols.ETHERTYPE_ARP.to_bytes(2, "big")
        new = redact_frame(head + data, _ETHERNET, len(head) + len(data), 0, mapping)[len(head) :]
    else:
        new = redact_frame(data, _link_of(data), len(data), 0, mapping)
    return _written(matches, new)


def _link_of(data: bytes) -> int:
    """The LINKTYPE_ that bytes seem to begin with; -1 if with none that is known."""
    version = data[0] >> 4 if data else 0
    if version == 4 and data[0] & 15 >= 5 and len(data) >= 20 and int.from_bytes(data[2:4], "big") >= 20:
        is_ip = int.from_bytes(data[12:14], "big") not in _CARRIED or data[6] & 0x1F == 0
        if is_ip:
            return _RAW
    if version == 6 and len(data) >= 40 and int.from_bytes(data[12:14], "big") not in _CARRIED:
        return _RAW
    if int.from_bytes(data[12:14], "big") in _CARRIED:
        return _ETHERNET
    if int.from_bytes(data[14:16], "big") in _CARRIED and int.from_bytes(data[:2], "big") <= 4:
        return _COOKED
    return _UNKNOWN


def _written(matches: Sequence[re.Match[str]], new: bytes) -> list[str]:
    said = iter(new.hex())
    at = 0
    lines = []
    for match in matches:
        shown = re.sub(r"[0-9a-fA-F]", lambda _: next(said), match["bytes"])
        count = len(re.sub(r"\s", "", match["bytes"])) // 2
        text = "".join(chr(byte) if 32 < byte < 127 else "." for byte in new[at : at + count])
        at += count
        lines.append(f"{match['offset']}{shown}{match['blank']}{text if match['text'] else ''}")
    return lines
