"""Shares: how many questions of each pod, peer, pair, port or size were asked and failed.

A ``Share`` is made only for what somebody looks at: a scan asks tens of thousands of hosts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from heapq import nsmallest
from operator import itemgetter
from typing import Any

from pcapcheck.capture.record import AddressOf
from pcapcheck.exchanges import spreading_layout
from pcapcheck.exchanges.loss_cells import Row
from pcapcheck.links.question_losses import Share, Who
from pcapcheck.values import halves_of

# The decimal numbers of this range are of one length, so that they sort as their texts do. It has all IPv4 addresses.
OF_ONE_LENGTH = 10**14, 10**15

# An address as its two halves, two of them, and a port; or a port or size alone.
Key = tuple[int, ...]
# Asked, failed, ended by an ICMP error.
Sums = tuple[int, int, int]
_outcomes = itemgetter(spreading_layout.C_REPLIED, spreading_layout.C_SILENT, spreading_layout.C_ERRED)


def asked_of(cell: Row) -> int:
    """How many questions of a cell were settled: answered, ended by an ICMP error, or unanswered."""
    return cell[spreading_layout.C_REPLIED] + cell[spreading_layout.C_SILENT] + cell[spreading_layout.C_ERRED]


def failed_of(cell: Row) -> int:
    """How many of them were ended by an ICMP error, or unanswered."""
    return cell[spreading_layout.C_SILENT] + cell[spreading_layout.C_ERRED]


class Shares:
    """The shares of all that were asked something."""

    def __init__(self, sums: dict[Key, Sums], address_of: AddressOf) -> None:
        self._sums, self._address_of = sums, address_of

    @classmethod
    def of_cells(cls, cells: Sequence[Row], columns: Sequence[int], address_of: AddressOf) -> Shares:
        """The sums of the cells that have the same values in these columns."""
        sums: dict[Key, Sums] = {}
        for key, (replied, silent, erred) in zip(map(_picker(columns), cells), map(_outcomes, cells), strict=True):
            failed = silent + erred
            if asked := replied + failed:
                if before := sums.get(key):
                    sums[key] = asked + before[0], failed + before[1], erred + before[2]
                else:
                    sums[key] = asked, failed, erred
        return cls(sums, address_of)

    def __len__(self) -> int:
        return len(self._sums)

    def __iter__(self) -> Iterator[Share]:
        """All of them, in the order of their numbers."""
        return map(self._share, sorted(self._sums))

    @property
    def asked(self) -> int:
        return sum(asked for asked, _, _ in self._sums.values())

    @property
    def failed(self) -> int:
        return sum(failed for _, failed, _ in self._sums.values())

    @property
    def icmp_errors(self) -> int:
        return sum(erred for _, _, erred in self._sums.values())

    @property
    def losing(self) -> int:
        """How many lost something."""
        return sum(failed > 0 for _, failed, _ in self._sums.values())

    @property
    def dead(self) -> list[int]:
        """The failures of each that lost everything."""
        return [failed for asked, failed, _ in self._sums.values() if failed == asked]

    @property
    def any_partial(self) -> bool:
        """Whether somebody lost some questions and had others answered."""
        return any(0 < failed < asked for asked, failed, _ in self._sums.values())

    def of(self, who: Who) -> Share | None:
        """The share of one of them."""
        key = self._key(who)
        return self._share(key) if key in self._sums else None

    def failing(self, but: Who | None = None) -> Shares:
        """Those that lost something, but for one."""
        left_out = None if but is None else self._key(but)
        kept = {key: sums for key, sums in self._sums.items() if sums[1] and key != left_out}
        return Shares(kept, self._address_of)

    def asked_by(self, src: int) -> int:
        """Of how many this address is the asker."""
        halves = halves_of(src)
        return sum(key[:2] == halves for key in self._sums)

    def worst(self, count: int) -> list[Share]:
        """Those that lost most; of those that lost as many, the ones who asked least, then in the order of text."""
        ranks = [(-failed, asked) for asked, failed, _ in self._sums.values()]
        last = nsmallest(count, ranks)[-1:]
        # Texts are made only of those that may be among them.
        likely = [(rank, key) for rank, key in zip(ranks, self._sums, strict=True) if [rank] <= last]
        texts = self._texts([key for _, key in likely])
        first = nsmallest(count, ((rank, text, key) for (rank, key), text in zip(likely, texts, strict=True)))
        return [self._share(key) for _, _, key in first]

    def most_above(self, total: Share) -> Share:
        """The one with the most losses beyond its part of all losses; of several the one who asked least."""

        def rank(item: tuple[Key, Sums]) -> tuple[float, int, Key]:
            key, (asked, failed, _) = item
            return asked * total.failed / total.asked - failed, asked, key

        return self._share(min(self._sums.items(), key=rank)[0])

    def _texts(self, keys: list[Key]) -> list[Any]:
        """What sorts these keys as the texts of ``who`` do: where numbers are of one length, the keys themselves."""
        begin, end = OF_ONE_LENGTH
        halves = list(zip(*keys, strict=True))[:4]
        of_ipv4 = len(halves) > 1 and not any(map(any, halves[::2]))
        if of_ipv4 and all(begin <= min(low) and max(low) < end for low in halves[1::2]):
            return keys
        return [str(self._who(key)) for key in keys]

    def _key(self, who: Who) -> Key:
        """The key of ``who``: a number alone may be an address, or a port or size."""
        src, *rest = (who,) if isinstance(who, int) else who
        if not rest and (src,) in self._sums:
            return (src,)
        return *halves_of(src), *(half for dst in rest[:1] for half in halves_of(dst)), *rest[1:]

    def _share(self, key: Key) -> Share:
        return Share(self._who(key), *self._sums[key])

    def _who(self, key: Key) -> Who:
        if len(key) == 1:
            return key[0]
        who = (*(self._address_of(*key[at : at + 2]) for at in range(0, min(len(key), 4), 2)), *key[4:])
        return who[0] if len(who) == 1 else who


def _picker(columns: Sequence[int]) -> Callable[[Row], Key]:
    if len(columns) > 1:
        return itemgetter(*columns)
    (column,) = columns
    return lambda cell: (cell[column],)
