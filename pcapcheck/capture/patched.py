"""Record headers of kernels that were patched: longer than pcap's 16 bytes, under the same magic or that of a relative.

Sources: draft-ietf-opsawg-pcap on the magic a1b2cd34; Wireshark's wiretap/libpcap.h for the layouts. No magic number
distinguishes them, so the first records are tried with each.
"""

from __future__ import annotations

import struct

from pcapcheck.capture.scan_layout import LARGEST_FRAME, LARGEST_LENGTH
from pcapcheck.capture.window import Window

# Sizes of a record header: pcap's own, then Kuznetzov's patch of 1999 and Nokia's; under Kuznetzov's own magic his
# later patches.
STANDARD = (16, 24, 20)
MODIFIED = (24, 28)
TRIED = 3
# No patched kernel recorded before 1990.
EARLIEST = 20 * 365 * 86400


def record_header(window: Window, order: str, sizes: tuple[int, ...], swapped: int) -> int:
    """The size of the record headers that follow; ``swapped`` as in ``scan.scan_pcap``.

    It is the first of ``sizes``, unless that makes the first records wrong and another does not. Files of old versions,
    in which lengths are swapped, are older than the patches.
    """
    if swapped:
        return sizes[0]
    trials = [_try(window, order, size) for size in sizes]
    if not trials[0][1]:
        return sizes[0]
    good = [size for size, (records, wrong) in zip(sizes, trials, strict=True) if not wrong and records > 1]
    return good[0] if good else sizes[0]


def _try(window: Window, order: str, header: int) -> tuple[int, bool]:
    """How many of the first records are right with headers of this size, and whether one is wrong."""
    position = right = 0
    for _ in range(TRIED):
        # The second packet of a quiet link may come hours after the first.
        if not (window.unread >= position + header if window.is_live else window.gather(position + header)):
            break
        start = window.position + position
        seconds, fraction, captured, length = struct.unpack(order + "4I", window.buffer[start : start + 16])
        if captured > LARGEST_FRAME or not captured <= length <= LARGEST_LENGTH or fraction >= 10**9:
            return right, True
        # An empty record looks right wherever zeros stand.
        right += captured > 0 and seconds > EARLIEST
        position += header + captured
    return right, False
