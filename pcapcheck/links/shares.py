"""Shares: how many questions of each pod, peer, pair, port or size were asked and failed, as columns.

A ``Share`` is made only for what somebody looks at: a scan asks tens of thousands of hosts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from pcapcheck.capture.record import AddressOf
from pcapcheck.exchanges import spreading_layout
from pcapcheck.links.outages import Rows, asked_of, failed_of
from pcapcheck.links.question_losses import Share, Who
from pcapcheck.values import halves_of

# The decimal numbers of this range are of one length, so that they sort as their texts do. It has all IPv4 addresses.
OF_ONE_LENGTH = 10**14, 10**15


class Shares:
    """The shares of all that were asked something, in the order of their keys.

    ``keys`` has a row each, an address as its two halves; ``sums`` has the columns asked, failed, icmp_errors.
    """

    def __init__(self, keys: Rows, sums: Rows, address_of: AddressOf) -> None:
        self._keys, self._sums, self._address_of = keys, sums, address_of
        self._asked, self._failed, self._icmp_errors = sums.T

    @classmethod
    def of_cells(cls, cells: Rows, columns: Sequence[int], address_of: AddressOf) -> Shares:
        """The sums of the cells that have the same values in these columns."""
        order, begins = _groups(cells[:, columns])
        sums = np.stack([asked_of(cells), failed_of(cells), cells[:, spreading_layout.C_ERRED]], axis=1)
        sums = np.add.reduceat(sums[order], begins, axis=0) if len(begins) else sums
        settled = sums[:, 0] > 0
        return cls(cells[order[begins[settled]]][:, columns], sums[settled], address_of)

    def __len__(self) -> int:
        return len(self._asked)

    def __iter__(self) -> Iterator[Share]:
        return map(self._share, range(len(self)))

    @property
    def asked(self) -> int:
        return int(self._asked.sum())

    @property
    def failed(self) -> int:
        return int(self._failed.sum())

    @property
    def icmp_errors(self) -> int:
        return int(self._icmp_errors.sum())

    @property
    def losing(self) -> int:
        """How many lost something."""
        return int(np.count_nonzero(self._failed))

    @property
    def dead(self) -> Rows:
        """The failures of each that lost everything."""
        return np.asarray(self._failed[self._failed == self._asked])

    @property
    def any_partial(self) -> bool:
        """Whether somebody lost some questions and had others answered."""
        return bool(((self._failed > 0) & (self._failed < self._asked)).any())

    def of(self, who: Who) -> Share | None:
        """The share of one of them."""
        found = np.flatnonzero(self._is(who))
        return self._share(int(found[0])) if len(found) else None

    def failing(self, but: Who | None = None) -> Shares:
        """Those that lost something, but for one."""
        kept = self._failed > 0
        if but is not None:
            kept &= ~self._is(but)
        return Shares(self._keys[kept], self._sums[kept], self._address_of)

    def asked_by(self, src: int) -> int:
        """Of how many this address is the asker."""
        return int(np.count_nonzero((self._keys[:, :2] == halves_of(src)).all(axis=1)))

    def worst(self, count: int) -> list[Share]:
        """Those that lost most; of those that lost as many, the ones who asked least, then in the order of text."""
        return [self._share(place) for place in self._worst_first[:count].tolist()]

    def most_above(self, total: Share) -> Share:
        """The one with the most losses beyond its part of all losses; the first of several."""
        beyond = self._failed - self._asked * total.failed / total.asked
        best = np.flatnonzero(beyond == beyond.max())
        return self._share(int(best[np.argmin(self._asked[best])]))

    @cached_property
    def _worst_first(self) -> Rows:
        return np.asarray(np.lexsort((self._text_order(), self._asked, -self._failed)))

    def _text_order(self) -> Rows:
        """The place of each in the order of the texts of ``who``; the keys are in the order of numbers."""
        if self._keys.shape[1] > 1:
            high, low = self._keys[:, 0:4:2], self._keys[:, 1:4:2]
            if not high.any() and ((low >= OF_ONE_LENGTH[0]) & (low < OF_ONE_LENGTH[1])).all():
                return np.arange(len(self))
        texts = np.array([str(self._who(place)) for place in range(len(self))])
        order = np.empty(len(texts), np.int64)
        order[np.argsort(texts, kind="stable")] = np.arange(len(texts))
        return order

    def _is(self, who: Who) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Which of the rows is of ``who``."""
        if self._keys.shape[1] == 1:
            key: list[int] = [who] if isinstance(who, int) else list(who)
        else:
            src, *rest = (who,) if isinstance(who, int) else who
            key = [*halves_of(src), *(half for dst in rest[:1] for half in halves_of(dst)), *rest[1:]]
        return np.asarray((self._keys == key).all(axis=1))

    def _share(self, place: int) -> Share:
        return Share(self._who(place), *self._sums[place].tolist())

    def _who(self, place: int) -> Who:
        key = self._keys[place].tolist()
        if len(key) == 1:
            return int(key[0])
        who = [self._address_of(*key[at : at + 2]) for at in range(0, min(len(key), 4), 2)] + key[4:]
        return who[0] if len(who) == 1 else tuple(who)


def _groups(keys: Rows) -> tuple[Rows, Rows]:
    """An order in which equal rows stand together, smallest first, and where in it each group of them begins."""
    differing = [column for column in keys.T if len(column) and (column != column[0]).any()]
    order = np.lexsort(differing[::-1]) if differing else np.arange(len(keys))
    changes = np.zeros(len(keys), bool)
    changes[:1] = True
    for column in differing:
        ordered = column[order]
        changes[1:] |= ordered[1:] != ordered[:-1]
    return np.asarray(order), np.flatnonzero(changes)
