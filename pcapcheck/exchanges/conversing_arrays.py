# cython: language_level=3, annotation_typing=False
"""What the loop that follows conversations works on: one object for all its arrays, as of ``pairing_arrays``.

Compiled by Cython it is a C structure, with the types in ``conversing_arrays.pxd``. While it exists, none of its arrays
can be enlarged.
"""

from __future__ import annotations

from array import array


class ConversingArrays:
    """The arrays of the loop that follows conversations (see ``conversing_layout``).

    ``segments`` are those of one batch (``frame_layout``). ``heads`` are by what conversations are found, ``slots`` the
    hash table over them, ``pool`` the bodies of those that are more than a SYN. What is over is written to ``out`` if
    something got no answer, or else to ``transfers``, or counted in ``classes`` (``transfer_layout``).
    """

    def __init__(
        self, segments: array[int], heads: array[int], pool: array[int], slots: array[int], out: array[int],
        transfers: array[int], classes: array[int], state: array[int]
    ) -> None:  # fmt: skip
        self.segments = segments
        self.heads = heads
        self.pool = pool
        self.slots = slots
        self.mask = len(slots) - 1
        self.out = out
        self.transfers = transfers
        self.classes = classes
        self.state = state
