"""Captures as a snapshot length would have left them."""

from __future__ import annotations

import struct
from pathlib import Path

# Block types of pcapng (draft-ietf-opsawg-pcapng, section 4.3).
_ENHANCED = 6


def cut(source: Path, target: Path, length: int) -> Path:
    """The same capture as ``tcpdump -s`` would have written it: pcap or pcapng in this machine's order of bytes."""
    data = source.read_bytes()
    target.write_bytes(_cut_pcapng(data, length) if source.suffix == ".pcapng" else _cut_pcap(data, length))
    return target


def _cut_pcap(data: bytes, length: int) -> bytes:
    kept, position = data[:24], 24
    while position < len(data):
        seconds, rest, captured, whole = struct.unpack_from("<IIII", data, position)
        body = data[position + 16 : position + 16 + captured][:length]
        kept += struct.pack("<IIII", seconds, rest, len(body), whole) + body
        position += 16 + captured
    return kept


def _cut_pcapng(data: bytes, length: int) -> bytes:
    kept, position = b"", 0
    while position < len(data):
        kind, size = struct.unpack_from("<II", data, position)
        block = data[position : position + size]
        position += size
        if kind == _ENHANCED:
            captured, whole = struct.unpack_from("<II", block, 20)
            body = block[28 : 28 + captured][:length]
            options = block[28 + (captured + 3) // 4 * 4 : -4]
            rest = struct.pack("<II", len(body), whole) + body + bytes(-len(body) % 4) + options
            size = 8 + 12 + len(rest) + 4
            block = struct.pack("<II", kind, size) + block[8:20] + rest + struct.pack("<I", size)
        kept += block
    return kept
