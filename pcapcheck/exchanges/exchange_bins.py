"""Bins: exchanges that are alike, counted by the pairing loop, with a few samples of each kind."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from pcapcheck.brief import Brief
from pcapcheck.capture.record import AddressOf
from pcapcheck.decode.decoder import absent
from pcapcheck.exchanges import binning
from pcapcheck.exchanges import pairing_layout as layout
from pcapcheck.exchanges.echo_row import EchoRow
from pcapcheck.exchanges.exchange_row import Macs, exchange_row
from pcapcheck.exchanges.pair_samples import PairSamples
from pcapcheck.exchanges.paired_kinds import TABLE_OF
from pcapcheck.table_names import ECHO

MOST_BINS = 1 << 13
FIRST_BINS = 1 << 5
# With more bins than this, not every call looks for bins that grew.
MOST_WEIGHED = 1 << 9
# Bins that are kept as objects: some 3 KB each, with five samples.
MOST_KEPT = 1 << 13


@dataclass(frozen=True, repr=False)
class ExchangeBin(Brief):
    """Exchanges alike in the request's frame group, outcome, error and whether one host was asked; some samples."""

    group: int
    outcome: str
    error: str | None
    count: int
    requests: int
    duplicates: int
    least: int | None
    most: int | None
    buckets: Counter[int]
    samples: list[EchoRow]


class ExchangeBins:
    """The bins of one capture. ``state`` is the pairing loop's, which knows how many bins are in use."""

    def __init__(self, state: array[int]) -> None:
        self.counts = array("q")
        self._slots = array("i")
        self._samples = array("q")
        self._buckets = array("q")
        self._state = state
        # Bin 0 takes the exchanges that find no bin when there are too many bins.
        state[layout.S_BINS] = 1
        self._pair_samples = PairSamples()
        self._hidden = 0
        # Sums by table, kept once nothing more is added: the search for causes asks for them many times.
        self._settled: dict[str, list[ExchangeBin]] | None = None
        self.enlarge()

    def counters(self) -> tuple[array[int], array[int], int, bool, array[int], array[int]]:
        """The loops' counters of finished exchanges."""
        limit = len(self.counts) // layout.BIN_FIELDS
        return self.counts, self._slots, limit, limit >= MOST_BINS, self._samples, self._buckets

    def enlarge(self) -> None:
        """Double the bins; rebuild the table over them with room to spare."""
        before = len(self.counts) // layout.BIN_FIELDS
        after = max(FIRST_BINS, 2 * before)
        blank = array("q", bytes(8 * layout.BIN_FIELDS))
        blank[layout.B_LEAST] = blank[layout.B_MOST] = layout.ABSENT
        blank[layout.B_GROUP] = layout.ABSENT
        self.counts += blank * (after - before)
        self._samples.frombytes(bytes(8 * layout.SAMPLES * layout.FIELDS * (after - before)))
        self._buckets.frombytes(bytes(8 * layout.BUCKETS * (after - before)))
        self._slots = array("i", [-1]) * (4 * after)
        binning.enter_bins(self.counts, self._slots, self._state[layout.S_BINS])

    def take(self, finished: array[int], count: int) -> None:
        """Look for samples of further pairs among finished exchanges that the loop has counted already."""
        if self._hides_some():
            self._pair_samples.take(finished, count)

    def settle(self) -> None:
        """Release unused room: for hundreds of small captures, it is nearly all of their memory."""
        self._settled = {}
        del self._slots[:]
        used = self._state[layout.S_BINS]
        sizes = (layout.BIN_FIELDS, layout.SAMPLES * layout.FIELDS, layout.BUCKETS)
        for held, size in zip((self.counts, self._samples, self._buckets), sizes, strict=True):
            del held[used * size :]

    def echoes_by_outcome(self) -> Counter[int]:
        """The number of echoes per outcome, while a second thread may still be counting."""
        counted = zip(
            self.counts[layout.B_COUNT :: layout.BIN_FIELDS],
            self.counts[layout.B_OUTCOME :: layout.BIN_FIELDS],
            self.counts[layout.B_KIND :: layout.BIN_FIELDS],
            strict=False,
        )
        done: Counter[int] = Counter()
        for count, outcome, kind in counted:
            if TABLE_OF[kind] == ECHO:
                done[outcome] += count
        return done

    def summed_up(self, table: str, macs: Macs, address_of: AddressOf) -> Iterator[ExchangeBin]:
        """The bins of one table."""
        if self._settled is None or self._state[layout.S_BINS] > MOST_KEPT:
            return self._sum_up(table, macs, address_of)
        if table not in self._settled:
            self._settled[table] = list(self._sum_up(table, macs, address_of))
        return iter(self._settled[table])

    def _sum_up(self, table: str, macs: Macs, address_of: AddressOf) -> Iterator[ExchangeBin]:
        for number in range(self._state[layout.S_BINS]):
            row = self.counts[number * layout.BIN_FIELDS : (number + 1) * layout.BIN_FIELDS]
            count = row[layout.B_COUNT]
            if not count or TABLE_OF[row[layout.B_KIND]] != table:
                continue
            replied = row[layout.B_MOST] != layout.ABSENT
            buckets = self._buckets[number * layout.BUCKETS : (number + 1) * layout.BUCKETS]
            samples = [
                exchange_row(self._samples, number * layout.SAMPLES + sample, macs, address_of)
                for sample in range(min(count, layout.SAMPLES))
            ]
            samples += self._of_other_pairs(number, row, macs, address_of)
            yield ExchangeBin(
                row[layout.B_GROUP],
                samples[0].outcome,
                samples[0].error,
                count,
                row[layout.B_REQUESTS],
                row[layout.B_DUPLICATES],
                absent(row[layout.B_LEAST]),
                absent(row[layout.B_MOST]),
                # Most bins have no round trip times at all.
                Counter({bucket: held for bucket, held in enumerate(buckets) if held} if replied else {}),
                samples,
            )

    def _hides_some(self) -> bool:
        """Whether, since the last call, more exchanges failed alike than their bin keeps."""
        if self._state[layout.S_BINS] > MOST_WEIGHED:
            return True
        used, width = self._state[layout.S_BINS] * layout.BIN_FIELDS, layout.BIN_FIELDS
        counts, outcomes = self.counts[layout.B_COUNT : used : width], self.counts[layout.B_OUTCOME : used : width]
        failed = (layout.ERRED, layout.UNANSWERED)
        more = sum(
            count
            for count, outcome in zip(counts, outcomes, strict=True)
            if outcome in failed and count > layout.SAMPLES
        )
        before, self._hidden = self._hidden, more
        return more > before

    def _of_other_pairs(self, number: int, row: array[int], macs: Macs, address_of: AddressOf) -> list[EchoRow]:
        """Samples of pairs that failed like those of a bin but are not among its first samples."""
        if row[layout.B_COUNT] <= layout.SAMPLES or not number:
            return []
        alike = row[layout.B_GROUP], row[layout.B_OUTCOME], row[layout.B_KIND], row[layout.B_ERROR]
        size = layout.SAMPLES * layout.FIELDS
        more = self._pair_samples.of(alike, self._samples[number * size : (number + 1) * size], layout.SAMPLES)
        return [exchange_row(more, sample, macs, address_of) for sample in range(len(more) // layout.FIELDS)]
