"""Resolutions: who asked for an address by ARP (RFC 826) or neighbour discovery (RFC 4861), and who answered.

A resolution is an asker's first request for a target on its link, its repeats until an answer or a long pause,
and the answers. An announcement (sender IP = target IP) and a probe (no sender IP, RFC 5227) are neither requests
nor answers. They are paired by the loop in ``resolving``.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator

from msgspec import Struct

from pcapcheck.capture.record import AddressOf
from pcapcheck.decode.frame_batch import FrameBatch
from pcapcheck.decode.frame_group import FrameGroup
from pcapcheck.decode.frame_layout import GROUP_FIELDS
from pcapcheck.exchanges import pending, printed_askers, resolving
from pcapcheck.exchanges import resolving_layout as layout
from pcapcheck.exchanges.answer_fields import ANSWER_TABLE
from pcapcheck.exchanges.arp_fields import ARP_TABLE
from pcapcheck.exchanges.waiting import with_margin
from pcapcheck.hash_table import empty_slots
from pcapcheck.raw_rows import RawRows, TableFields
from pcapcheck.values import address_of

MOST_OPEN = 1 << 17
FIRST_PLACES = 1 << 6
# Finished resolutions that are handed out at once: of a small capture few; of a long one many, since each time costs.
FIRST_OUT = 1 << 7
MOST_OUT = 1 << 12


class Resolved(Struct, frozen=True):
    """Finished resolutions, and the rows of their answers in the same order."""

    resolutions: RawRows
    answers: RawRows


class Resolutions:
    """Pairs requests with answers over one capture, in the order of its frames.

    ``wait`` is the longest time (nanoseconds) that an answer may take. Closed resolutions are handed out by
    ``feed``; what is still open when the capture ends, by ``finish``.
    """

    def __init__(self, wait: int) -> None:
        self.wait = wait
        self._address_of: AddressOf = address_of
        self._groups = array("q")
        self._pending = pending.Pending()
        self._pending.early = empty_slots(layout.MOST_EARLY + 1)
        self._out = self._out_answers = array("q")
        self._state = array("q", bytes(8 * layout.STATE_SIZE))
        for field in NONE_AT_FIRST:
            self._state[field] = -1
        self._pending.state = self._state

    @property
    def evicted(self) -> int:
        """Open resolutions dropped to keep memory bounded."""
        return self._state[layout.S_EVICTED]

    @property
    def open(self) -> tuple[int, int]:
        """How many resolutions are not handed out yet: the answered ones, and all."""
        return self._state[layout.S_OPEN_ANSWERED], self._state[layout.S_OPEN]

    def feed(self, batch: FrameBatch) -> Iterator[Resolved]:
        """Take the messages of a batch; yields the resolutions that they close."""
        self._address_of, self._groups = batch.address_of, batch.groups
        self._state[layout.S_MESSAGE] = 0
        if batch.message_count:
            self._pending.messages = batch.messages
            yield from self._until_done(
                lambda: resolving.resolve(self._pending, batch.message_count, self.wait, MOST_OPEN)
            )

    def finish(self, groups: list[FrameGroup], last_seen: array[int]) -> Iterator[Resolved]:
        """The resolutions open at the end.

        A request is in flight if it is closer to the last frame of its capture point (``last_seen``, by frame group)
        than answers took there. Without times, its repeats show that the asker waited.
        """
        slowest: dict[tuple[int, int | None], int] = {}
        for group, took in zip(groups, self._pending.slowest, strict=False):
            slowest[group.point] = max(took, slowest.get(group.point, 0))
        waits = array("q", [max(self.wait, with_margin(slowest.get(group.point, 0))) for group in groups])
        yield from self._until_done(lambda: resolving.finish(self._pending, last_seen, waits))
        # Nothing is read any more: only the state is asked for later.
        del self._pending
        self._out = self._out_answers = array("q")

    def _until_done(self, loop: Callable[[], None]) -> Iterator[Resolved]:
        """Call a loop again until all that it fills is large enough."""
        while True:
            loop()
            if self._state[layout.S_OUT]:
                yield Resolved(
                    self._take(ARP_TABLE, self._out, layout.S_OUT, layout.ARP_FIELDS),
                    self._take(ANSWER_TABLE, self._out_answers, layout.S_OUT_ANSWERS, layout.ANSWER_FIELDS),
                )
            if self._state[layout.S_STATUS] == layout.DONE:
                return
            self._enlarge(self._state[layout.S_STATUS])

    def _take(self, table: TableFields, rows: array[int], counted: int, width: int) -> RawRows:
        """The rows that were written out, valid until the loop goes on."""
        count, self._state[counted] = self._state[counted], 0
        return RawRows(table, rows, count, width, 1, self._groups, GROUP_FIELDS, self._address_of)

    def _enlarge(self, status: int) -> None:
        if status == layout.POOL_FULL:
            self._enlarge_pool()
        elif status == layout.KEPT_FULL:
            self._enlarge_kept()
        elif status == layout.TARGETS_FULL:
            self._enlarge_targets()
        elif status == layout.GROUPS_FULL:
            self._pending.slowest = _enlarged(self._pending.slowest, max(FIRST_PLACES, 2 * len(self._pending.slowest)))

        elif status == layout.OUT_FULL:
            self._enlarge_out()

    def _enlarge_out(self) -> None:
        """Make room for twice as many rows, if not for the most; those that were in it are handed out."""
        rows = len(self._out) // layout.ARP_FIELDS
        if rows < MOST_OUT:
            rows = max(FIRST_OUT, 2 * rows)
            self._out = array("q", bytes(8 * layout.ARP_FIELDS * rows))
            self._out_answers = array("q", bytes(8 * layout.ANSWER_FIELDS * (rows + layout.KEPT)))
            self._pending.out, self._pending.out_answers = self._out, self._out_answers

    def _enlarge_pool(self) -> None:
        """Double the places; one more than may be open, so that a place is free where the oldest must go."""
        before = len(self._pending.pool) // layout.POOL_FIELDS
        after = min(max(FIRST_PLACES, 2 * before), MOST_OPEN + 1)
        self._pending.pool = _with_places(self._pending.pool, layout.POOL_FIELDS, layout.NEWER, after)
        self._state[layout.S_FREE] = before
        self._pending.slots = empty_slots(after)
        pending.enter_open(self._pending, before)

    def _enlarge_kept(self) -> None:
        before = len(self._pending.kept) // layout.KEPT_FIELDS
        after = max(FIRST_PLACES, 2 * before)
        self._pending.kept = _with_places(self._pending.kept, layout.KEPT_FIELDS, layout.K_NEXT, after)
        self._state[layout.S_KEPT_FREE] = before

    def _enlarge_targets(self) -> None:
        before = len(self._pending.targets) // layout.TARGET_FIELDS
        after = max(FIRST_PLACES, 2 * before)
        targets = _with_places(self._pending.targets, layout.TARGET_FIELDS, layout.T_NEXT, after)
        targets[(after - 1) * layout.TARGET_FIELDS + layout.T_NEXT] = self._state[layout.S_TARGET_FREE]
        self._state[layout.S_TARGET_FREE] = before
        self._pending.targets = targets
        self._pending.target_slots = empty_slots(after)
        printed_askers.enter_targets(self._pending, before)


# Fields of the state that are places; at first there are none.
NONE_AT_FIRST = (
    layout.S_FREE,
    layout.S_OLDEST,
    layout.S_NEWEST,
    layout.S_KEPT_FREE,
    layout.S_EARLY_OLDEST,
    layout.S_EARLY_NEWEST,
    layout.S_TARGET_FREE,
    layout.S_LATEST,
)


def _with_places(rows: array[int], width: int, chained: int, after: int) -> array[int]:
    """Rows enlarged to ``after`` places; the new ones are free, chained by a field."""
    before = len(rows) // width
    larger = _enlarged(rows, width * after)
    larger[before * width + chained :: width] = array("q", [*range(before + 1, after), -1])
    return larger


def _enlarged(rows: array[int], size: int) -> array[int]:
    """A copy with zeros behind it: what a loop holds cannot grow."""
    larger = array("q", bytes(8 * size))
    memoryview(larger)[: len(rows)] = memoryview(rows)
    return larger
