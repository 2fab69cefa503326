"""A frame that is being redacted: its bytes as recorded, and as they will be written."""

from __future__ import annotations

from collections.abc import Callable

from pcapcheck.redaction.mapping import Mapping


class FrameDraft:
    """``old`` is what was recorded, ``new`` what is written; both have the same length. Positions count from 0.

    ``inside`` redacts what a tunnel or an error wraps: of an ethertype, between two positions, so deep.
    """

    def __init__(self, old: bytes, mapping: Mapping, inside: Callable[[FrameDraft, int, int, int, int], None]) -> None:
        self.old = old
        self.new = bytearray(old)
        self.mapping = mapping
        self.inside = inside

    def u16(self, at: int) -> int:
        """Two bytes as they were recorded."""
        return self.old[at] << 8 | self.old[at + 1]

    def wipe(self, start: int, end: int) -> None:
        """Zeros in place of some bytes."""
        if start < end:
            self.new[start:end] = bytes(end - start)

    def cover(self, start: int, end: int) -> None:
        """A fingerprint and zeros in place of a payload."""
        if start < end:
            self.new[start:end] = self.mapping.fingerprint(self.old[start:end])

    def map_mac(self, at: int, end: int) -> None:
        """Map a MAC; what is left of one that was cut says too much."""
        if at + 6 > end:
            self.wipe(at, end)
        else:
            image = self.mapping.mac(int.from_bytes(self.old[at : at + 6], "big"))
            self.new[at : at + 6] = image.to_bytes(6, "big")

    def map_ipv4(self, at: int, end: int) -> None:
        """Map an IPv4 address, likewise."""
        if at + 4 > end:
            self.wipe(at, end)
        else:
            image = self.mapping.ipv4(int.from_bytes(self.old[at : at + 4], "big"))
            self.new[at : at + 4] = image.to_bytes(4, "big")

    def map_ipv6(self, at: int, end: int) -> None:
        """Map an IPv6 address, likewise."""
        if at + 16 > end:
            self.wipe(at, end)
        else:
            image = self.mapping.ipv6(int.from_bytes(self.old[at : at + 16], "big"))
            self.new[at : at + 16] = image.to_bytes(16, "big")

    def map_network6(self, at: int, end: int, size: int) -> None:
        """Map the address of a network of IPv6 with ``size`` bits."""
        if at + 16 > end or size > 128:
            self.wipe(at, end)
        else:
            image = self.mapping.network6(int.from_bytes(self.old[at : at + 16], "big"), size)
            self.new[at : at + 16] = image.to_bytes(16, "big")
