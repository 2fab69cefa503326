# cython: language_level=3, annotation_typing=False
"""What the pairing loop works on: one object for all its arrays, so that its steps need not hand on each of them.

Compiled by Cython it is a C structure, with the types in ``pairing_arrays.pxd``. While it exists, none of its arrays
can be enlarged.
"""

from __future__ import annotations

from array import array


class PairingArrays:
    """The arrays of the pairing loop (see ``pairing_layout``).

    ``events`` are those of one batch (``frame_layout``). ``pool`` holds the heads of exchanges, ``rest`` what else is
    known of some, ``slots`` is the hash table over the heads; ``answered``, ``early`` and ``ended`` are rings of places
    in the pool, and so is ``talks``, of answered datagrams; ``recent`` are entries of places (``hash_table``) by the
    question that they ask. ``homes`` are those of coming events.
    ``gateways`` are the lower halves of the IPv4 addresses that no host has.

    ``bins`` count finished exchanges, with their ``samples`` and ``buckets`` of round trip times; ``bin_slots`` is the
    hash table over them. There are ``bin_limit`` at most; where ``bins_final``, bin 0 takes those beyond. Finished
    exchanges are also written to ``out``, which has room for ``out_capacity``; where ``drops``, not those that are
    given up to make room and that nothing followed.
    """

    def __init__(
        self, events: array[int], pool: array[int], rest: array[int], slots: array[int], answered: array[int],
        early: array[int], ended: array[int], talks: array[int], recent: array[int], homes: array[int],
        gateways: array[int], bins: array[int], bin_slots: array[int], bin_limit: int, bins_final: bool,
        samples: array[int], buckets: array[int], out: array[int], out_capacity: int, drops: bool, state: array[int]
    ) -> None:  # fmt: skip
        self.events = events
        self.pool = pool
        self.rest = rest
        self.slots = slots
        self.mask = len(slots) - 1
        self.answered = answered
        self.early = early
        self.ended = ended
        self.talks = talks
        self.recent = recent
        self.homes = homes
        self.gateways = gateways
        self.bins = bins
        self.bin_slots = bin_slots
        self.bin_mask = len(bin_slots) - 1
        self.bin_limit = bin_limit
        self.bins_final = bins_final
        self.samples = samples
        self.buckets = buckets
        self.out = out
        self.out_capacity = out_capacity
        self.drops = drops
        self.state = state
