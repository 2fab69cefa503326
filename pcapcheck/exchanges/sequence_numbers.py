"""Sequence numbers of TCP, which wrap, for loops that run as plain Python. What ``sequence_numbers.pxd`` does in C."""

from __future__ import annotations

from pcapcheck.exchanges import conversing_layout as layout


def ahead(number: int, other: int) -> int:
    """How far a sequence number is ahead of another, around the end of the numbers (RFC 9293, section 3.4)."""
    distance = (number - other) & layout.WORD
    return distance - layout.WRAP if distance >= layout.HALF_WAY else distance
