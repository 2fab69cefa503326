"""A place in the headers of a packet whose fields tshark prints: which header comes next, and fields of the last."""

from __future__ import annotations

from collections import Counter

from pcapcheck.capture.text.dissected_fields import Fields, number_in
from pcapcheck.capture.text.names import PrintedAddresses, mac_of


class LayerCursor:
    """Goes through the headers of one packet, from the outermost to the innermost."""

    def __init__(self, fields: Fields, addresses: PrintedAddresses, chain: list[str]) -> None:
        self.fields = fields
        self.addresses = addresses
        self._chain = chain
        self._totals = Counter(chain)
        self.seen: Counter[str] = Counter()
        self._place = 0

    def layer(self) -> str | None:
        """The protocol of the next header; None behind the last."""
        return self._chain[self._place] if self._place < len(self._chain) else None

    def enter(self, layer: str) -> None:
        """Go into the next header, which is of this protocol."""
        self.seen[layer] += 1
        self._place += 1

    def value(self, name: str) -> str | None:
        """A field of the header that was entered last of its protocol."""
        layer = name.partition(".")[0]
        values = self.fields.get(name)
        if values is None or len(values) != self._totals[layer]:
            return None
        return values[self.seen[layer] - 1]

    def number(self, name: str) -> int | None:
        """The same as a number."""
        return number_in(self.value(name))

    def mac(self, name: str) -> int | None:
        """The same as a MAC."""
        text = self.value(name)
        return None if text is None else mac_of(text)

    def address(self, name: str, version: int) -> int | None:
        """The same as an address of IPv4 or IPv6."""
        text = self.value(name)
        return None if text is None else self.addresses.of(text, version)

    def skip(self) -> None:
        """Pass over the next header."""
        self._place += 1
