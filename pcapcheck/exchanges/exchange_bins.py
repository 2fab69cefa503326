"""Bins: exchanges that are alike, counted by the pairing loop, with a few samples of each kind."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import cast

from msgspec import Struct

from pcapcheck.asked_question import AskedOf
from pcapcheck.brief import Brief
from pcapcheck.capture.record import AddressOf
from pcapcheck.decode.frame_group import absent
from pcapcheck.exchanges import binning
from pcapcheck.exchanges import pairing_layout as layout
from pcapcheck.exchanges.exchange_row import Macs, exchange_row
from pcapcheck.exchanges.failure_samples import FailureSamples
from pcapcheck.exchanges.paired_kinds import TABLE_OF
from pcapcheck.exchanges.port_row import PortRow
from pcapcheck.exchanges.question_row import QuestionRow
from pcapcheck.fair_choice import Candidate, choose
from pcapcheck.reserved import ReservedNumbers, zeros
from pcapcheck.table_names import ECHO

# Once settled they are kept as objects: some 3 KB each, with five samples.
MOST_BINS = 1 << 13
FIRST_BINS = 1 << 5
# Samples of a bin that rules are shown.
MOST_TELLING = 20


class ExchangeBin(Brief, Struct, frozen=True, dict=True):
    """Exchanges alike in the request's frame group, outcome, error and whether one host was asked; some samples.

    ``samples`` are the first ones; of failures, also the first of other pairs. ``spread`` are more failures, of all
    pairs and times.
    """

    group: int
    outcome: str
    error: str | None
    count: int
    requests: int
    duplicates: int
    least: int | None
    most: int | None
    buckets: Counter[int]
    samples: list[QuestionRow]
    spread: list[QuestionRow]

    @cached_property
    def telling(self) -> list[QuestionRow]:
        """A few samples that show best what is in the bin, the first one first."""
        known = {row.frames[0] for row in self.samples}
        rows = [*self.samples, *(row for row in self.spread if row.frames[0] not in known)]
        return [rows[number] for number in choose([_candidate(row) for row in rows], MOST_TELLING)]


class SettledBins(Struct, dict=True):
    """The bins of one table, once nothing more is added, by what is asked of them again and again."""

    bins: list[ExchangeBin]

    def of_groups(self, groups: Iterable[int]) -> list[ExchangeBin]:
        """The bins of some frame groups, in order."""
        numbers = (number for group in groups for number in self._by_group.get(group, ()))
        return [self.bins[number] for number in sorted(numbers)]

    def asked(self, src: int | None, dst: int | None) -> list[tuple[int, QuestionRow]]:
        """The samples of what one address asked of another, in order, each with the frame group of its bin."""
        return self._by_ends.get((src, dst), [])

    @cached_property
    def _by_group(self) -> dict[int, list[int]]:
        found: dict[int, list[int]] = {}
        for number, some in enumerate(self.bins):
            found.setdefault(some.group, []).append(number)
        return found

    @cached_property
    def _by_ends(self) -> dict[tuple[int | None, int | None], list[tuple[int, QuestionRow]]]:
        found: dict[tuple[int | None, int | None], list[tuple[int, QuestionRow]]] = {}
        for some in self.bins:
            for row in some.samples:
                found.setdefault((row.src, row.dst), []).append((some.group, row))
        return found


class ExchangeBins:
    """The bins of one capture. ``state`` is the pairing loop's, which knows how many bins are in use."""

    def __init__(self, state: array[int]) -> None:
        self.counts = array("q")
        self._slots = array("q")
        self._samples = array("q")
        # Of the buckets of a bin few are ever counted in: many bins only take memory for those.
        self._buckets = array("q")
        self._more_buckets: ReservedNumbers | None = None
        self._state = state
        # Bin 0 takes the exchanges that find no bin when there are too many bins.
        state[layout.S_BINS] = 1
        self._failures = FailureSamples()
        # Sums by table, kept once nothing more is added: rules, links and the search for causes all ask for them.
        self._settled: dict[str, SettledBins] | None = None
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
        if not before:
            self._buckets = zeros(layout.BUCKETS * after)
        elif self._more_buckets is None:
            self._more_buckets = ReservedNumbers(layout.BUCKETS * MOST_BINS)
            self._more_buckets.view[: len(self._buckets)] = memoryview(self._buckets)
        if self._more_buckets is not None:
            # Read and written as an array is.
            self._buckets = cast("array[int]", self._more_buckets.view[: layout.BUCKETS * after])
        self._slots = array("q", [-1]) * (4 * after)
        binning.enter_bins(self.counts, self._slots, self._state[layout.S_BINS])

    def take(self, finished: array[int], count: int) -> None:
        """Sample finished exchanges that the loop has counted already."""
        self._failures.take(finished, count)

    def settle(self) -> None:
        """Release unused room: for hundreds of small captures, it is nearly all of their memory."""
        self._settled = {}
        self._failures.settle()
        del self._slots[:]
        used = self._state[layout.S_BINS]
        del self.counts[used * layout.BIN_FIELDS :]
        del self._samples[used * layout.SAMPLES * layout.FIELDS :]
        if self._more_buckets is None:
            del self._buckets[used * layout.BUCKETS :]

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

    def summed_up(self, table: str, macs: Macs, address_of: AddressOf, asked_of: AskedOf) -> Iterator[ExchangeBin]:
        """The bins of one table."""
        if self._settled is None:
            return self._sum_up(table, macs, address_of, asked_of)
        return iter(self.settled(table, macs, address_of, asked_of).bins)

    def settled(self, table: str, macs: Macs, address_of: AddressOf, asked_of: AskedOf) -> SettledBins:
        """The same to look them up, once nothing more is added."""
        assert self._settled is not None
        if table not in self._settled:
            self._settled[table] = SettledBins(list(self._sum_up(table, macs, address_of, asked_of)))
        return self._settled[table]

    def _sum_up(self, table: str, macs: Macs, address_of: AddressOf, asked_of: AskedOf) -> Iterator[ExchangeBin]:
        for number in range(self._state[layout.S_BINS]):
            row = self.counts[number * layout.BIN_FIELDS : (number + 1) * layout.BIN_FIELDS]
            count = row[layout.B_COUNT]
            if not count or TABLE_OF[row[layout.B_KIND]] != table:
                continue
            buckets = self._buckets[number * layout.BUCKETS : (number + 1) * layout.BUCKETS]
            samples = [
                exchange_row(self._samples, number * layout.SAMPLES + sample, macs, address_of, asked_of)
                for sample in range(min(count, layout.SAMPLES))
            ]
            more, spread = self._further(number, row)
            samples += [exchange_row(more, at, macs, address_of, asked_of) for at in range(len(more) // layout.FIELDS)]
            yield ExchangeBin(
                row[layout.B_GROUP],
                samples[0].outcome,
                samples[0].error,
                count,
                row[layout.B_REQUESTS],
                row[layout.B_DUPLICATES],
                absent(row[layout.B_LEAST]),
                absent(row[layout.B_MOST]),
                _counted(row, buckets),
                samples,
                [exchange_row(spread, at, macs, address_of, asked_of) for at in range(len(spread) // layout.FIELDS)],
            )

    def _further(self, number: int, row: array[int]) -> tuple[array[int], array[int]]:
        """What failed like the first samples of a bin: the first of other pairs, and more of all pairs and times."""
        if row[layout.B_COUNT] <= layout.SAMPLES or not number:
            return array("q"), array("q")
        alike = row[layout.B_GROUP], row[layout.B_OUTCOME], row[layout.B_KIND], row[layout.B_ERROR]
        size = layout.SAMPLES * layout.FIELDS
        first = self._samples[number * size : (number + 1) * size]
        return self._failures.of_other_pairs(alike, first, layout.SAMPLES), self._failures.of(alike)


def _counted(row: array[int], buckets: array[int]) -> Counter[int]:
    """The round trip times of a bin, by bucket; most bins have none at all."""
    least, most = row[layout.B_LEAST], row[layout.B_MOST]
    if most == layout.ABSENT:
        return Counter()
    between = range(binning.bucket_of(least), binning.bucket_of(most) + 1)
    return Counter({bucket: buckets[bucket] for bucket in between if buckets[bucket]})


def _candidate(row: QuestionRow) -> Candidate:
    port = row.dst_port if isinstance(row, PortRow) else None
    when = row.frames[0] if row.time is None else row.time
    return Candidate(row.src, row.dst, (row.src, row.dst, port), when)
