"""Sequence numbers of TCP, which wrap and differ from attempt to attempt, for loops that run as plain Python.

What ``sequence_numbers.pxd`` does in C.
"""

from __future__ import annotations

from pcapcheck.capture import scan_layout
from pcapcheck.exchanges import conversing_layout as layout
from pcapcheck.exchanges import pairing_layout


def ahead(number: int, other: int) -> int:
    """How far a sequence number is ahead of another, around the end of the numbers (RFC 9293, section 3.4)."""
    distance = (number - other) & layout.WORD
    return distance - layout.WRAP if distance >= layout.HALF_WAY else distance


def is_another_attempt(time: int, latest: int, number: int, before: int) -> bool:
    """Whether a SYN or an INIT, sent at ``time``, is no repeat of the one before it, which was sent at ``latest``.

    Whoever connects from one port again and again does so with another ``number`` than ``before``. Texts may lack the
    numbers, or the times.
    """
    if time == scan_layout.ABSENT_TIME or latest == scan_layout.ABSENT_TIME:
        return False
    gap = time - latest
    return gap >= pairing_layout.NEXT_ATTEMPT and (number != before or gap > pairing_layout.SAME_ATTEMPT)
