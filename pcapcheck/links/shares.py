"""Shares: how many questions of each pod, peer, pair, port or size were asked and failed.

A ``Share`` is made only for what somebody looks at: a scan asks tens of thousands of hosts.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from heapq import nsmallest
from typing import NamedTuple

from pcapcheck.capture.record import AddressOf
from pcapcheck.hash_table import empty_slots, enough_slots
from pcapcheck.links import share_layout as layout
from pcapcheck.links import share_sums
from pcapcheck.links.question_losses import Share, Who
from pcapcheck.reserved import GrowingRows
from pcapcheck.values import halves_of

# The decimal numbers of this range are of one length, so that they sort as their texts do. It has all IPv4 addresses.
OF_ONE_LENGTH = 10**14, 10**15 - 1
FIRST_SHARES = 1 << 6

# An address as its two halves, two of them, and a port; or a port or size alone.
Key = tuple[int, ...]


class CountedCells(NamedTuple):
    """Cells of one capture that count (``loss_cells``): those of one kind, in frame groups that are ``good``."""

    cells: array[int]
    cell_count: int
    kind: int
    good: array[int]


class Shares:
    """The shares of all that were asked something: rows of ``share_layout``, whose keys have ``width`` numbers."""

    def __init__(self, rows: array[int], count: int, width: int, address_of: AddressOf) -> None:
        self._rows, self._width, self._address_of = rows, width, address_of
        self._state = array("q", bytes(8 * layout.T_STATE))
        self._state[layout.T_SHARES] = count
        self._slots = array("q")
        share_sums.total_up(rows, self._state)

    @classmethod
    def of_cells(
        cls,
        counted: Iterable[CountedCells],
        respects: int | Sequence[int],
        columns: Sequence[int],
        address_of: AddressOf,
        of_ports: bool = False,
    ) -> Shares:
        """The sums of the cells that have the same values in these columns; ``of_ports``: of those with a port."""
        several = (respects,) if isinstance(respects, int) else respects
        parts = [(some, respect) for some in counted for respect in several]
        held = GrowingRows(layout.SHARE_FIELDS, FIRST_SHARES, sum(some.cell_count for some, _ in parts))
        slots = array("q")
        state = array("q", bytes(8 * layout.T_STATE))
        key, picked = _room(1), array("q", columns)
        for some, respect in parts:
            state[layout.T_CELL] = 0
            while state[layout.T_CELL] < some.cell_count:
                if state[layout.T_SHARES] >= held.places:
                    held.enlarge()
                    enough = enough_slots(slots, held.places, held.most)
                    if enough is not slots:
                        slots = enough
                        share_sums.enter_shares(held.rows, slots, state[layout.T_SHARES])
                share_sums.sum_cells(*some, respect, of_ports, picked, key, held.rows, slots, state)
        return cls(held.rows, state[layout.T_SHARES], len(columns), address_of)

    def __len__(self) -> int:
        return self._state[layout.T_SHARES]

    def __iter__(self) -> Iterator[Share]:
        """All of them, in the order of their numbers."""
        return map(self._share, sorted(range(len(self)), key=self._key_at))

    @property
    def asked(self) -> int:
        return self._state[layout.T_ASKED]

    @property
    def failed(self) -> int:
        return self._state[layout.T_FAILED]

    @property
    def icmp_errors(self) -> int:
        return self._state[layout.T_ERRED]

    @property
    def losing(self) -> int:
        """How many lost something."""
        return self._state[layout.T_LOSING]

    @property
    def dead(self) -> tuple[int, int]:
        """The failures of those that lost everything, and of that one of them that lost most."""
        return self._state[layout.T_DEAD], self._state[layout.T_MOST_DEAD]

    @property
    def any_partial(self) -> bool:
        """Whether somebody lost some questions and had others answered."""
        return self._state[layout.T_PARTIAL] > 0

    def of(self, who: Who) -> Share | None:
        """The share of one of them."""
        place = self._place(who)
        return None if place < 0 else self._share(place)

    def failing(self, but: Who | None = None) -> Shares:
        """Those that lost something, but for one."""
        kept = _room(len(self))
        count = share_sums.keep_failing(self._rows, len(self), -1 if but is None else self._place(but), kept)
        return Shares(kept, count, self._width, self._address_of)

    def asked_by(self, src: int) -> int:
        """Of how many this address is the asker."""
        return share_sums.count_asked_by(self._rows, len(self), *halves_of(src))

    def worst(self, count: int) -> list[Share]:
        """Those that lost most; of those that lost as many, the ones who asked least, then in the order of text."""
        by_key = self._sorts_as_text()
        places = array("q", bytes(8 * count))
        found = share_sums.find_worst(self._rows, len(self), by_key, places)
        if by_key or not found:
            return [self._share(place) for place in places[:found]]
        # Texts are made only of those that may be among them.
        likely = array("q", bytes(8 * len(self)))
        among = share_sums.find_alike(self._rows, len(self), places[found - 1], likely)
        shares = map(self._share, likely[:among])
        return nsmallest(count, shares, key=lambda share: (-share.failed, share.asked, str(share.who)))

    def most_above(self, total: Share) -> Share:
        """The one with the most losses beyond its part of all losses; of several the one who asked least."""
        return self._share(share_sums.find_most_above(self._rows, len(self), total.asked, total.failed))

    def _sorts_as_text(self) -> bool:
        """Whether keys sort as the texts of ``who`` do: they are addresses, and their numbers of one length."""
        addresses = min(self._width, 4) // 2
        return addresses > 0 and share_sums.are_between(self._rows, len(self), addresses, *OF_ONE_LENGTH)

    def _place(self, who: Who) -> int:
        """The place of ``who``, or -1; a number alone may be an address, or a port or size."""
        if not self._slots:
            self._slots = empty_slots(len(self))
            share_sums.enter_shares(self._rows, self._slots, len(self))
        src, *rest = (who,) if isinstance(who, int) else who
        address = *halves_of(src), *(half for dst in rest[:1] for half in halves_of(dst)), *rest[1:]
        numbers = (src,) if self._width == 1 else address
        if len(numbers) != self._width:
            return -1
        key = _room(1)
        key[layout.H_KEYS : layout.H_KEYS + self._width] = array("q", numbers)
        return share_sums.find_share(self._rows, self._slots, key)

    def _key_at(self, place: int) -> Key:
        begin = place * layout.SHARE_FIELDS + layout.H_KEYS
        return tuple(self._rows[begin : begin + self._width])

    def _share(self, place: int) -> Share:
        row = place * layout.SHARE_FIELDS
        return Share(self._who(self._key_at(place)), *self._rows[row + layout.H_ASKED : row + layout.SHARE_FIELDS])

    def _who(self, key: Key) -> Who:
        if len(key) == 1:
            return key[0]
        who = (*(self._address_of(*key[at : at + 2]) for at in range(0, min(len(key), 4), 2)), *key[4:])
        return who[0] if len(who) == 1 else who


def _room(shares: int) -> array[int]:
    return array("q", bytes(8 * layout.SHARE_FIELDS * shares))
