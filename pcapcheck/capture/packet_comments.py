"""The pod that the comment of a packet in a pcapng names, read only of packets that a report shows.

ptcpdump writes the pod of the process that sent or received a packet there (internal/writer/pcapng.go); which of
both ends that is, it does not say. The layout of blocks and options: draft-ietf-opsawg-pcapng, sections 3.5 and 4.3.
"""

from __future__ import annotations

import struct

from pcapcheck.capture.described_pod import LONGEST_DESCRIPTION, described_pod
from pcapcheck.capture.pcapng_blocks import COMMENT
from pcapcheck.capture.scan_layout import ENHANCED_PACKET, OBSOLETE_PACKET

# Bytes of a block before the packet's own, in blocks that may have options.
HEAD = 28
MOST_OPTIONS = 32


def commented_pod(buffer: bytearray, start: int, captured: int, order: str) -> str | None:
    """NAMESPACE/POD by the comments of the packet whose ``captured`` bytes begin at ``start``; None if they name none.

    ``order`` is the byte order of the section, ``<`` or ``>``.
    """
    block = start - HEAD
    if block < 0:
        return None
    kind, total = struct.unpack_from(f"{order}II", buffer, block)
    if kind not in (ENHANCED_PACKET, OBSOLETE_PACKET):
        return None
    position, end = start + captured + -captured % 4, min(block + total - 4, len(buffer))
    for _ in range(MOST_OPTIONS):
        if position + 4 > end:
            return None
        code, size = struct.unpack_from(f"{order}HH", buffer, position)
        position += 4
        if code == 0 or position + size > end:
            return None
        if code == COMMENT:
            text = bytes(buffer[position : position + min(size, LONGEST_DESCRIPTION)]).rstrip(b"\0")
            pod = described_pod(text.decode("utf-8", "replace"))
            if pod is not None:
                return pod
        position += size + -size % 4
    return None
