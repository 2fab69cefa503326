"""Named sets of a firewall: their elements, and those that an address may be in.

A set of thousands is read when the first packet is looked up in it, and searched by the address that its elements
begin with: by a dictionary for each length of network, as the kernel does (net/netfilter/ipset/ip_set_hash_gen.h).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from msgspec import Struct, field

from pcapcheck.nodestate.firewall.chains import Match

# An element: conditions that must all hold.
Element = tuple[Match, ...]
ADDRESS = "address"


class NamedSet(Struct):
    """A set, read when it is needed.

    ``read`` returns the elements, and those that are exceptions (``nomatch``). ``whole``: all of them are listed.
    """

    read: Callable[[], tuple[Sequence[Element], Sequence[Element]]]
    whole: bool = True
    _read: tuple[Sequence[Element], Sequence[Element]] | None = None
    _by_size: dict[int, dict[int, list[Element]]] = field(default_factory=dict)
    _others: list[Element] = field(default_factory=list)

    @property
    def elements(self) -> Sequence[Element]:
        return self._both()[0]

    @property
    def exceptions(self) -> Sequence[Element]:
        return self._both()[1]

    def near(self, address: int | None) -> Iterable[Element]:
        """The elements whose first part an address may be in; all if the address is not known."""
        if address is None:
            return self.elements
        if self.elements and not self._by_size and not self._others:
            self._sort()
        found: list[Element] = []
        for size, held in self._by_size.items():
            found += held.get(address & -size, ())
        return found + self._others

    def _both(self) -> tuple[Sequence[Element], Sequence[Element]]:
        if self._read is None:
            self._read = self.read()
        return self._read

    def _sort(self) -> None:
        for element in self.elements:
            first = element[0]
            low, high = first.spans[0] if first.about == ADDRESS and len(first.spans) == 1 else (0, 0)
            size = high - low + 1
            if first.about == ADDRESS and size & (size - 1) == 0 and low & (size - 1) == 0:
                self._by_size.setdefault(size, {}).setdefault(low, []).append(element)
            else:
                self._others.append(element)


Sets = Mapping[str, NamedSet]
