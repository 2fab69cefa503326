"""The mark that rules put on a packet: its known bits."""

from __future__ import annotations

# The bits that are known, and their value.
Mark = tuple[int, int]


def changed_mark(mark: Mark, change: tuple[int, int | None], sure: bool) -> Mark:
    """The mark after a rule sets some of its bits to a value, or to an unknown one (None)."""
    known, value = mark
    bits, wanted = change
    if sure and wanted is not None:
        return known | bits, (value & ~bits) | (wanted & bits)
    if wanted is not None:
        # Known bits with the same value stay known.
        same = bits & known & ~(value ^ wanted)
        return known & ~(bits & ~same), value & ~(bits & ~same)
    return known & ~bits, value & ~bits


def joined_marks(mark: Mark, other: Mark) -> Mark:
    """What is known of the mark if the packet took one path or the other."""
    known = mark[0] & other[0] & ~(mark[1] ^ other[1])
    return known, mark[1] & known
