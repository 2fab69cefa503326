"""Name resolution blocks of a pcapng: names for addresses (draft-ietf-opsawg-pcapng, section 4.5)."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from pcapcheck.values import MAPPED

NAME_RESOLUTION = 4
IPV4, IPV6 = 1, 2
LONGEST_NAME = 253


def read_names(block: bytes, order: str) -> Iterator[tuple[int, str]]:
    """Each address with its first name; what does not fit into the block ends it."""
    position, end = 8, len(block) - 4
    while position + 4 <= end:
        kind, size = struct.unpack(f"{order}HH", block[position : position + 4])
        position += 4
        if kind == 0 or position + size > end:
            return
        value = block[position : position + size]
        position += size + -size % 4
        width = {IPV4: 4, IPV6: 16}.get(kind, 0)
        name = value[width:].split(b"\0", 1)[0][:LONGEST_NAME].decode("utf-8", "replace")
        if width and len(value) > width and name:
            yield int.from_bytes(value[:width], "big") | (MAPPED if kind == IPV4 else 0), name
