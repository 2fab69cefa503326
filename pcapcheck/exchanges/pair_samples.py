"""Pair samples: failed exchanges of the first pairs of one capture, so that no pair hides behind an earlier one.

A bin of ``pairing`` keeps the first few exchanges that failed alike, whoever was asked; a second target that is asked
later may not be among them.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

from pcapcheck.exchanges.pairing_layout import (
    DST_HIGH,
    DST_LOW,
    ERRED,
    ERROR,
    FIELDS,
    GROUP,
    IDENT_SEQ,
    KIND,
    KIND_CONNECTION,
    KIND_ECHO_TO_MANY,
    OUTCOME,
    SRC_HIGH,
    SRC_LOW,
    UNANSWERED,
)

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

# At most this many pairs are kept, each with this many exchanges that failed: 16 KB.
MOST_PAIRS = 32
SAMPLES_PER_PAIR = 2
# After PATIENCE looks that found nothing new (65,000 exchanges), one in EACH is enough: a flood must not cost more.
PATIENCE, EACH = 64, 8
# Who asked whom for what, and how it failed: exchanges alike in these are of the same pair. An odd factor for each
# combines them into a number; the port and the class of an error are added to it.
COLUMNS = (GROUP, OUTCOME, KIND, SRC_HIGH, SRC_LOW, DST_HIGH, DST_LOW)
FACTOR = 0x1E3779B97F4A7C15

# Frame group, outcome, kind and class of the error.
BinKey = tuple[int, int, int, int]
Pair = tuple[int, int, int, int, int]


class PairSamples:
    """The samples of one capture. Feed it rows as ``pairing`` writes them out (``pairing_layout``)."""

    def __init__(self) -> None:
        # The rows kept, by pair (a hash).
        self._kept: dict[int, list[array[int]]] = {}
        self._full: list[int] = []
        # Batches without anything new since the last that had something.
        self._quiet = 0

    def take(self, rows: array[int], count: int) -> None:
        """Keep what is wanted of finished exchanges that include failed ones."""
        self._quiet += 1
        if len(self._kept) >= MOST_PAIRS or (self._quiet > PATIENCE and self._quiet % EACH):
            return
        # A capture without a failure need not load it.
        import numpy as np

        table = np.frombuffer(rows, dtype=np.int64, count=count * FIELDS).reshape(-1, FIELDS)
        outcomes = table[:, OUTCOME]
        places = np.flatnonzero(
            ((outcomes == ERRED) | (outcomes == UNANSWERED)) & (table[:, KIND] != KIND_ECHO_TO_MANY)
        )
        key = _keys(table, places)
        for full in self._full:
            # Drop pairs that have their samples: mostly all of them.
            wanted = key != full
            if not wanted.all():
                key, places = key[wanted], places[wanted]
            if not len(places):
                return
        for _ in range(SAMPLES_PER_PAIR):
            _, firsts = np.unique(key, return_index=True)
            for at in np.sort(firsts)[: 2 * MOST_PAIRS].tolist():
                self._keep(int(key[at]), rows, int(places[at]))
            rest = np.setdiff1d(np.arange(len(places)), firsts)
            if not len(rest):
                break
            key, places = key[rest], places[rest]

    def _keep(self, key: int, rows: array[int], place: int) -> None:
        if key not in self._kept and len(self._kept) >= MOST_PAIRS:
            return
        kept = self._kept.setdefault(key, [])
        if len(kept) < SAMPLES_PER_PAIR:
            self._quiet = 0
            kept.append(rows[place * FIELDS : (place + 1) * FIELDS])
            if len(kept) == SAMPLES_PER_PAIR:
                self._full.append(key)

    def of(self, key: BinKey, shown: array[int], count: int) -> array[int]:
        """The rows of one bin whose pair is none of those of the ``count`` rows that are ``shown`` already."""
        pairs = {_pair(shown, number * FIELDS) for number in range(count)}
        found = array("q")
        for kept in self._kept.values():
            for row in kept:
                error = row[ERROR] >> 16 if row[OUTCOME] == ERRED else 0
                if (row[GROUP], row[OUTCOME], row[KIND], error) == key and _pair(row, 0) not in pairs:
                    found += row
        return found


def _keys(table: npt.NDArray[np.int64], places: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """A number per row that identifies its pair."""
    import numpy as np

    key = np.zeros(len(places), np.int64)
    # Products are cut to 64 bits.
    for power, column in enumerate(COLUMNS, 1):
        key += table[places, column] * np.int64(pow(FACTOR, power, 1 << 62) | 1)
    erred = table[places, OUTCOME] == ERRED
    if erred.any():
        key += (table[places, ERROR] >> 16) * erred * np.int64(FACTOR >> 3 | 1)
    connects = table[places, KIND] == KIND_CONNECTION
    if connects.any():
        key += (table[places, IDENT_SEQ] & 0xFFFF) * connects * np.int64(FACTOR >> 5 | 1)
    return key


def _pair(rows: array[int], at: int) -> Pair:
    port = rows[at + IDENT_SEQ] & 0xFFFF if rows[at + KIND] == KIND_CONNECTION else 0
    return rows[at + SRC_HIGH], rows[at + SRC_LOW], rows[at + DST_HIGH], rows[at + DST_LOW], port
