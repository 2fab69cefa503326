"""ICMP errors that end exchanges: counted by what they say, and which frame groups sent them."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterator

from pcapcheck.capture.record import AddressOf
from pcapcheck.decode.frame_batch import FrameBatch
from pcapcheck.decode.frame_group import absent
from pcapcheck.exchanges import ending
from pcapcheck.exchanges import ending_layout as layout
from pcapcheck.exchanges.cut_errors import cut_error, settle_cut_errors
from pcapcheck.protocols import FROM_ROUTERS

MOST_ERRORS = 1000
# Room at first, and at most, for errors that differ or whose quote was cut.
FIRST_ROOM, MOST_ROOM = 1 << 5, 1 << 12


class EndingErrors:
    """The ICMP errors of one capture that end an exchange; what they say is known once it is at its end."""

    def __init__(self) -> None:
        # By family, type, code, sender and MTU.
        self.counts: Counter[tuple[int, int, int, int, int | None]] = Counter()
        # The frame of the first of each.
        self.first: dict[tuple[int, int, int, int, int | None], int] = {}
        # Frame groups that sent errors as routers do: a packet goes no further.
        self.groups: set[int] = set()
        # By capture point, the errors about expired packets that do not show which packet.
        self.unquoted: Counter[tuple[int, int | None]] = Counter()
        self._counts = array("q")
        self._slots = array("q")
        self._cut = array("q")
        self._state = array("q", bytes(8 * layout.N_STATE))
        self._enlarge()

    def feed(self, batch: FrameBatch) -> None:
        """Count the errors of a batch."""
        state = self._state
        state[layout.N_ROW] = 0
        state[layout.N_STATUS] = layout.NO_ROOM
        while state[layout.N_STATUS] != layout.ALL_COUNTED:
            ending.count_errors(
                batch.errors, batch.error_count, self._counts, self._slots, self._is_final, self._cut, state
            )
            if state[layout.N_STATUS] == layout.NO_ROOM:
                self._enlarge()

    @property
    def cut_count(self) -> int:
        """How many errors were cut before the sequence number."""
        return self._state[layout.N_CUT]

    def settle(
        self,
        pool: array[int],
        rest: array[int],
        state: array[int],
        add_rest: Callable[[int], None],
        address_of: AddressOf,
    ) -> None:
        """At the capture's end: sum up, and assign errors that were cut before the sequence number to open requests.

        ``pool``, ``rest`` and ``state`` are those of ``pairing``; ``add_rest`` is as ``settle_cut_errors`` has it.
        """
        size = layout.CUT_FIELDS
        errors = [cut_error(self._cut, number * size) for number in range(self._state[layout.N_CUT])]
        settle_cut_errors(errors, pool, rest, state, add_rest)
        for row in self._rows():
            version, icmp_type, code = row[layout.N_VERSION], row[layout.N_TYPE], row[layout.N_CODE]
            if (version, icmp_type, code) in FROM_ROUTERS:
                self.groups.add(row[layout.N_GROUP])
            if row[layout.N_UNQUOTED]:
                point = row[layout.N_POINT]
                self.unquoted[point >> 32, absent((point & 0xFFFFFFFF) - 1)] += row[layout.N_UNQUOTED]
            source = address_of(row[layout.N_FROM_HIGH], row[layout.N_FROM_LOW])
            error = (version, icmp_type, code, source, absent(row[layout.N_MTU]) or None)
            if error in self.counts or len(self.counts) < MOST_ERRORS:
                self.counts[error] += row[layout.N_COUNT]
                self.first[error] = min(self.first.get(error, row[layout.N_NUMBER]), row[layout.N_NUMBER])
        for spent in (self._counts, self._slots, self._cut):
            del spent[:]

    def _rows(self) -> Iterator[array[int]]:
        for start in range(0, self._state[layout.N_COUNTS] * layout.COUNT_FIELDS, layout.COUNT_FIELDS):
            yield self._counts[start : start + layout.COUNT_FIELDS]

    @property
    def _is_final(self) -> bool:
        return len(self._counts) >= MOST_ROOM * layout.COUNT_FIELDS

    def _enlarge(self) -> None:
        room = max(FIRST_ROOM, 2 * len(self._counts) // layout.COUNT_FIELDS)
        self._counts.frombytes(bytes(8 * layout.COUNT_FIELDS * room - 8 * len(self._counts)))
        self._cut.frombytes(bytes(8 * layout.CUT_FIELDS * room - 8 * len(self._cut)))
        self._slots = array("q", [-1]) * (2 * room)
        ending.enter_counts(self._counts, self._slots, self._state[layout.N_COUNTS])
