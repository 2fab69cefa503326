"""Sums over the resolutions of a capture, kept while it is read: tallies, talk of the gateway, questions in vain."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator

from msgspec import Struct

from pcapcheck.brief import Brief
from pcapcheck.capture.record import AddressOf
from pcapcheck.decode.frame_group import absent
from pcapcheck.exchanges import tallying
from pcapcheck.exchanges import tallying_layout as layout
from pcapcheck.exchanges.arp_row import OUTCOMES, ArpRow, arp_row, point_of, time_of
from pcapcheck.exchanges.gateway_talk import GatewayTalk
from pcapcheck.exchanges.resolutions import Resolved
from pcapcheck.exchanges.sums import AskerSums
from pcapcheck.hash_table import empty_slots
from pcapcheck.values import address_of, halves_of

FIRST_PLACES = 1 << 6
# How many addresses that nobody answered for are remembered.
MOST_SILENT = 200


class Silent(Brief, Struct):
    """An address that nobody answered for: the first time that it was asked for in vain, and all its repeats."""

    resolution: ArpRow
    attempts: int
    until: int | None


class ResolutionSums:
    """Sums up finished resolutions. ``gateways`` are the gateway's addresses."""

    def __init__(self, gateways: frozenset[int]) -> None:
        self.address_of: AddressOf = address_of
        self._gateways = array("q", [half for address in sorted(gateways) for half in halves_of(address)])
        self._tallies = array("q")
        self._durations = array("q")
        self._duration_slots = array("q")
        self._remarks = array("q")
        self._remark_slots = array("q")
        self._silent = array("q", bytes(8 * layout.SILENT_FIELDS * MOST_SILENT))
        self._silent_slots = empty_slots(MOST_SILENT)
        self._state = array("q", bytes(8 * layout.STATE_SIZE))

    @property
    def finished(self) -> tuple[int, int]:
        """How many resolutions were summed up: the answered ones, and all."""
        return self._state[layout.S_ANSWERED], self._state[layout.S_FINISHED]

    def forget(self) -> None:
        """Release all sums, now that they were asked for: of a small capture, they would be most of its memory."""
        for spent in (self._tallies, self._durations, self._remarks, self._silent):
            del spent[:]
        for slots in (self._duration_slots, self._remark_slots, self._silent_slots):
            del slots[:]

    def add(self, resolved: Resolved) -> None:
        """Sum up finished resolutions."""
        rows = resolved.resolutions
        self.address_of = rows.address_of
        self._state[layout.S_ROW] = self._state[layout.S_ANSWER] = 0
        while True:
            tallying.tally(
                rows.data,
                rows.count,
                resolved.answers.data,
                self._gateways,
                self._tallies,
                self._durations,
                self._duration_slots,
                self._remarks,
                self._remark_slots,
                self._silent,
                self._silent_slots,
                self._state,
            )
            if self._state[layout.S_STATUS] == layout.DONE:
                return
            self._enlarge()

    def tallies(self) -> Iterator[tuple[int, AskerSums]]:
        """Frame groups of askers, each with what became of their questions, in the order of the first."""
        buckets: dict[int, Counter[int]] = {}
        for start in range(0, self._state[layout.S_DURATIONS] * layout.DURATION_FIELDS, layout.DURATION_FIELDS):
            group, bucket, count = self._durations[start + layout.D_GROUP : start + layout.D_COUNT + 1]
            buckets.setdefault(group, Counter())[bucket] = count
        ranks = self._tallies[layout.N_RANK :: layout.TALLY_FIELDS]
        for group in sorted((group for group, rank in enumerate(ranks) if rank), key=ranks.__getitem__):
            numbers = self._tallies[group * layout.TALLY_FIELDS : (group + 1) * layout.TALLY_FIELDS]
            counts = {word: count for word, count in zip(OUTCOMES, numbers, strict=False) if count}
            sums = AskerSums(Counter(counts), numbers[layout.N_ATTEMPTS])
            least, most = numbers[layout.N_LEAST], numbers[layout.N_MOST]
            sums.durations.add_buckets(absent(least), absent(most), buckets.get(group, Counter()))
            yield group, sums

    def gateway_talk(self) -> dict[tuple[int, int | None], GatewayTalk]:
        """What each capture point heard about the gateway."""
        talks: dict[tuple[int, int | None], GatewayTalk] = {}
        for kind, group, high, low, point, answered in self._all_remarks():
            if kind == layout.ASKS_OTHERS:
                continue
            talk = talks.setdefault(point_of(point), GatewayTalk())
            if kind == layout.ANSWERS_GATEWAY:
                talk.answerers.add(group)
                continue
            talk.askers.setdefault(group, set()).add(self.address_of(high, low))
            if answered:
                talk.answered.add(group)
        return talks

    def asked(self) -> set[tuple[int, int]]:
        """Which frame groups asked for which addresses, other than the gateway's."""
        return {
            (group, self.address_of(high, low))
            for kind, group, high, low, _, _ in self._all_remarks()
            if kind == layout.ASKS_OTHERS
        }

    def silent(self) -> list[Silent]:
        """The addresses that nobody answered for, by asker, in the order in which they were asked for."""
        starts = range(0, self._state[layout.S_SILENT] * layout.SILENT_FIELDS, layout.SILENT_FIELDS)
        return [
            Silent(
                arp_row(self._silent, start, self.address_of),
                self._silent[start + layout.V_ATTEMPTS],
                time_of(self._silent[start + layout.V_UNTIL]),
            )
            for start in sorted(starts, key=lambda start: self._silent[start + layout.V_RANK])
        ]

    def _all_remarks(self) -> Iterator[array[int]]:
        for start in range(0, self._state[layout.S_REMARKS] * layout.REMARK_FIELDS, layout.REMARK_FIELDS):
            yield self._remarks[start + layout.R_KIND : start + layout.REMARK_FIELDS]

    def _enlarge(self) -> None:
        """Double what is full; rebuild the table over it."""
        status = self._state[layout.S_STATUS]
        if status == layout.GROUPS_FULL:
            _double(self._tallies, layout.TALLY_FIELDS)
        elif status == layout.DURATIONS_FULL:
            self._duration_slots = empty_slots(_double(self._durations, layout.DURATION_FIELDS))
            tallying.enter_durations(self._durations, self._duration_slots, self._state[layout.S_DURATIONS])
        else:
            self._remark_slots = empty_slots(_double(self._remarks, layout.REMARK_FIELDS))
            tallying.enter_remarks(self._remarks, self._remark_slots, self._state[layout.S_REMARKS])


def _double(rows: array[int], width: int) -> int:
    """Double the places of rows; how many there are now."""
    before = len(rows) // width
    after = max(FIRST_PLACES, 2 * before)
    rows.frombytes(bytes(8 * width * (after - before)))
    return after
