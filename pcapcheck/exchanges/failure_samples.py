"""Failure samples: failed exchanges of one capture, spread over pairs and over time.

A bin of ``pairing`` keeps the first few exchanges that failed alike, whoever was asked; another target, or a later
time, may not be among them.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator

from pcapcheck.exchanges import pairing_layout as row
from pcapcheck.exchanges import sampling
from pcapcheck.exchanges import sampling_layout as layout
from pcapcheck.exchanges.exchange_row import PORT_ROWS

# Of other pairs than the first few exchanges are of, this many each are as good as those.
FIRST_OF_PAIR = 2

# The outcomes of what is kept (``sampling.sample``).
FAILURES = (row.ERRED, row.UNANSWERED)

# Frame group, outcome, kind and class of the error.
BinKey = tuple[int, int, int, int]
Pair = tuple[int, int, int, int, int]


class FailureSamples:
    """The samples of one capture. Feed it rows as ``pairing`` writes them out (``pairing_layout``)."""

    def __init__(self) -> None:
        self._pairs = array("q", bytes(8 * layout.PAIR_FIELDS * layout.PAIRS))
        self._samples = array("q", bytes(8 * row.FIELDS * layout.PER_PAIR * layout.PAIRS))
        self._state = array("q", bytes(8 * layout.STATE_SIZE))
        # The pairs of each bin, once somebody asks for them.
        self._by_bin: dict[BinKey, list[int]] | None = None

    def take(self, rows: array[int], count: int) -> None:
        """Take finished exchanges."""
        self._by_bin = None
        sampling.sample(rows, count, self._pairs, self._samples, self._state)

    def settle(self) -> None:
        """Release unused room."""
        used = self._state[layout.S_PAIRS]
        del self._pairs[layout.PAIR_FIELDS * used :]
        del self._samples[row.FIELDS * layout.PER_PAIR * used :]

    def of(self, key: BinKey) -> array[int]:
        """The rows that failed like those of a bin, of all pairs that are kept."""
        return array("q", (number for rows in self._alike(key) for one in rows for number in one))

    def of_other_pairs(self, key: BinKey, shown: array[int], count: int) -> array[int]:
        """The first of the rows of a bin whose pair is none of those of the ``count`` rows ``shown``."""
        pairs = {_pair(shown, number * row.FIELDS) for number in range(count)}
        others = (rows[:FIRST_OF_PAIR] for rows in self._alike(key) if _pair(rows[0], 0) not in pairs)
        return array("q", (number for rows in others for one in rows for number in one))

    def _alike(self, key: BinKey) -> Iterator[list[array[int]]]:
        """The rows of each pair of a bin, in order; the pair that failed first before the others."""
        if key[1] not in FAILURES:
            return
        found = []
        for pair in self._pairs_of(key):
            first = pair * layout.PER_PAIR
            held = self._pairs[pair * layout.PAIR_FIELDS + layout.W_HELD]
            found.append([self._samples[at * row.FIELDS : (at + 1) * row.FIELDS] for at in range(first, first + held)])
        yield from sorted(found, key=lambda rows: rows[0][row.NUMBER])

    def _pairs_of(self, key: BinKey) -> list[int]:
        if self._by_bin is None:
            self._by_bin = {}
            for pair in range(self._state[layout.S_PAIRS]):
                own = _bin_of(self._samples, pair * layout.PER_PAIR * row.FIELDS)
                self._by_bin.setdefault(own, []).append(pair)
        return self._by_bin.get(key, [])


def _bin_of(rows: array[int], at: int) -> BinKey:
    outcome = rows[at + row.OUTCOME]
    error = rows[at + row.ERROR] >> 16 if outcome == row.ERRED else 0
    return rows[at + row.GROUP], outcome, rows[at + row.KIND], error


def _pair(rows: array[int], at: int) -> Pair:
    port = rows[at + row.IDENT_SEQ] & 0xFFFF if rows[at + row.KIND] in PORT_ROWS else 0
    return rows[at + row.SRC_HIGH], rows[at + row.SRC_LOW], rows[at + row.DST_HIGH], rows[at + row.DST_LOW], port
