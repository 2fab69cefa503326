"""Keyed permutations of numbers: one that preserves common prefixes, and one of any range.

Sources: J. Xu, J. Fan, M. Ammar, S. Moon: Prefix-preserving IP address anonymization (ICNP 2002), here with a keyed
BLAKE2b (RFC 7693) in place of AES; J. Black, P. Rogaway: Ciphers with arbitrary finite domains (CT-RSA 2002), for the
Feistel network with cycle walking.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from pcapcheck.redaction.redaction_key import keyed_hash

# A network: its bits, shifted to the right, and how many they are.
Prefix = tuple[int, int]
ROUNDS = 10


class PrefixPermutation:
    """Maps numbers of ``bits`` bits (a multiple of 8) so that those that share k leading bits share k afterwards.

    Numbers in the networks ``kept`` stay as they are; of those in the networks ``led`` the network's bits do, and
    nothing else gets into these. Of the last ``tail`` bits 0 and 1 stay, and what leads to them.
    """

    def __init__(
        self,
        key: bytes,
        purpose: str,
        bits: int,
        kept: Iterable[Prefix] = (),
        led: Iterable[Prefix] = (),
        tail: int = 0,
    ) -> None:
        self.bits = bits
        self._head = bits - tail
        self._key = key
        self._purpose = purpose
        self._kept = [(prefix, size) for prefix, size in kept]
        # What leads to these networks is not flipped: (prefix, number of its bits).
        self._unflipped = {
            (prefix >> (size - depth), depth) for prefix, size in (*self._kept, *led) for depth in range(size)
        }
        self.image = lru_cache(maxsize=1 << 16)(self._image)

    def _image(self, value: int) -> int:
        if any(value >> (self.bits - size) == prefix for prefix, size in self._kept):
            return value
        image = 0
        for start in range(0, self.bits, 8):
            before = value >> (self.bits - start)
            # A tree of 8 levels: its nodes are numbered like a heap's, and each has a bit that says whether to flip.
            size = b"%d:" % start
            flips = int.from_bytes(keyed_hash(self._key, self._purpose, size + before.to_bytes(16, "big")), "big")
            node = 1
            for depth in range(start, start + 8):
                here = value >> (self.bits - depth)
                bit = value >> (self.bits - depth - 1) & 1
                leads_to_first = depth >= self._head and not here & (1 << (depth - self._head)) - 1
                flip = 0 if leads_to_first or (here, depth) in self._unflipped else flips >> node & 1
                image = image << 1 | (bit ^ flip)
                node = node << 1 | bit
        return image


class RangePermutation:
    """Maps the numbers below ``size`` onto each other; those in ``fixed`` onto themselves."""

    def __init__(self, key: bytes, purpose: str, size: int, tweak: str = "", fixed: Iterable[int] = ()) -> None:
        self.size = size
        self.fixed = frozenset(fixed)
        self._half = ((size - 1).bit_length() + 1) // 2 or 1
        self._key = key
        self._purpose = purpose
        self._tweak = f"{size}:{tweak}:".encode()

    def image(self, value: int) -> int:
        """What a number becomes."""
        if self.size < 2 or value in self.fixed:
            return value
        value = self._shuffle(value)
        while value >= self.size or value in self.fixed:
            value = self._shuffle(value)
        return value

    def _shuffle(self, value: int) -> int:
        mask = (1 << self._half) - 1
        left, right = value >> self._half, value & mask
        for turn in range(ROUNDS):
            data = self._tweak + b"%d:%d" % (turn, right)
            mixed = int.from_bytes(keyed_hash(self._key, self._purpose, data, 64), "big")
            left, right = right, left ^ (mixed & mask)
        return left << self._half | right
