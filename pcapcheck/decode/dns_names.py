# cython: language_level=3, annotation_typing=False, boundscheck=False, wraparound=False, cdivision=True
# cython: initializedcheck=False
"""DNS names: the different questions of a capture, once each, as they stand in the first query that asks them.

A question is its name, type and class (RFC 1035, section 4.1.2); rows know it by its hash (``dns_messages``).

The steps run as plain Python or compiled by Cython with the C types in ``dns_names.pxd``.
"""

from __future__ import annotations

try:
    import cython
except ImportError:
    from pcapcheck import _cython_stub as cython

if not cython.compiled:
    from pcapcheck.capture.octets import octet
    from pcapcheck.decode import dns_names_layout as layout
    from pcapcheck.decode.frame import Frame


def note_question(frame: Frame, buffer: bytearray, position: int, end: int, question: int) -> bool:
    """Keep the question that begins at ``position``, whose hash this is, if there is room; False if it was known.

    Number ``n`` has its hash at ``frame.asked_hashes[n]``, its bytes in ``frame.asked_names`` from ``n * RECORD`` on,
    behind their count, and ``n + 1`` in a slot of ``frame.asked_slots``.
    """
    slot = (question >> 1) & (layout.SLOTS - 1)
    while frame.asked_slots[slot]:
        if frame.asked_hashes[frame.asked_slots[slot] - 1] == question:
            return False
        slot = (slot + 1) & (layout.SLOTS - 1)
    number = frame.asked_count
    if number >= layout.MOST_NAMES:
        return True
    size = end - position if end - position < layout.RECORD - 2 else layout.RECORD - 2
    at = number * layout.RECORD
    frame.asked_names[at] = size >> 8
    frame.asked_names[at + 1] = size & 0xFF
    for step in range(size):
        frame.asked_names[at + 2 + step] = octet(buffer, position + step)
    frame.asked_hashes[number] = question
    frame.asked_slots[slot] = number + 1
    frame.asked_count = number + 1
    return True
