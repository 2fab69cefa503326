"""Blocks of a pcapng file as bytes to write: little endian, times in nanoseconds (draft-ietf-opsawg-pcapng, section 4).

dpkt writes these blocks too, but gives every frame its captured length as the length on the wire.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable

from pcapcheck.capture.name_records import IPV4, IPV6
from pcapcheck.capture.scan_layout import (
    BYTE_ORDER_MAGIC,
    ENHANCED_PACKET,
    INTERFACE_DESCRIPTION,
    INTERFACE_STATISTICS,
    NAME_RESOLUTION,
    SECTION_HEADER,
    SIMPLE_PACKET,
)
from pcapcheck.values import is_ipv4

# Options (sections 3.5, 4.1 to 4.3 and 4.6); the numbers mean something else in each type of block.
COMMENT = 1
SECTION_APPLICATION = 4
INTERFACE_NAME, INTERFACE_ABOUT, RESOLUTION, FILTER, CHECK_SEQUENCE, OFFSET = 2, 3, 9, 11, 13, 14
PACKET_FLAGS = 2
INTERFACE_DROPS = 5

LONGEST_OPTION = 0xFFFF
SECOND = 10**9
_WORD = 0xFFFFFFFF


def section(application: str, comment: str) -> bytes:
    """A section header; its first option names what wrote it."""
    body = struct.pack("<IHHq", BYTE_ORDER_MAGIC, 1, 0, -1)
    return _block(SECTION_HEADER, body, [(SECTION_APPLICATION, _text(application)), (COMMENT, _text(comment))])


def interface(
    link_type: int,
    snaplen: int,
    name: str | None,
    about: str,
    capture_filter: str | None = None,
    fcs_bytes: int = 0,
    offset: int = 0,
) -> bytes:
    """An interface description. The times of its packets count from ``offset`` seconds after 1970."""
    options = [(INTERFACE_NAME, _text(name))] if name else []
    options += [(INTERFACE_ABOUT, _text(about))] if about else []
    options.append((RESOLUTION, b"\x09"))
    if capture_filter:
        options.append((FILTER, b"\0" + _text(capture_filter, LONGEST_OPTION - 1)))
    if fcs_bytes:
        options.append((CHECK_SEQUENCE, bytes([8 * fcs_bytes])))
    if offset:
        options.append((OFFSET, struct.pack("<q", offset)))
    return _block(INTERFACE_DESCRIPTION, struct.pack("<HHI", link_type, 0, snaplen), options)


def packet(number: int, ticks: int, data: bytes, length: int, direction: int, comment: str = "") -> bytes:
    """A packet of interface ``number``, ``ticks`` nanoseconds after its offset; ``direction`` as in a record."""
    head = struct.pack("<5I", number, ticks >> 32, ticks & _WORD, len(data), length)
    options = [(COMMENT, _text(comment))] if comment else []
    if direction >= 0:
        options.append((PACKET_FLAGS, struct.pack("<I", direction + 1)))
    return _block(ENHANCED_PACKET, head + _padded(data), options)


def simple_packet(data: bytes, length: int) -> bytes:
    """A packet of the first interface without a time."""
    return _block(SIMPLE_PACKET, struct.pack("<I", length) + _padded(data))


def name_record(address: int, name: str) -> bytes:
    """A block with the name of an address, IPv4 as IPv4-mapped."""
    is_four = is_ipv4(address)
    value = (address & _WORD if is_four else address).to_bytes(4 if is_four else 16, "big") + _text(name) + b"\0"
    record = struct.pack("<HH", IPV4 if is_four else IPV6, len(value)) + _padded(value)
    return _block(NAME_RESOLUTION, record + struct.pack("<HH", 0, 0))


def statistics(number: int, ticks: int, drops: int) -> bytes:
    """How many packets an interface lost, up to a time."""
    head = struct.pack("<3I", number, ticks >> 32, ticks & _WORD)
    return _block(INTERFACE_STATISTICS, head, [(INTERFACE_DROPS, struct.pack("<Q", drops))])


def _block(block_type: int, body: bytes, options: Iterable[tuple[int, bytes]] | None = None) -> bytes:
    if options is not None:
        every = (*options, (0, b""))
        body += b"".join(struct.pack("<HH", code, len(value)) + _padded(value) for code, value in every)
    size = len(body) + 12
    return struct.pack("<II", block_type, size) + body + struct.pack("<I", size)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)


def _text(text: str, most: int = LONGEST_OPTION) -> bytes:
    """As UTF-8, cut between two characters where it is too long for an option."""
    return text.encode("utf-8", "replace")[:most].decode("utf-8", "ignore").encode()
