"""Conversations over TCP, by the loop in ``conversing``: transfers, and connections that are not made."""

from __future__ import annotations

import os
from array import array
from collections import deque
from collections.abc import Iterator

from msgspec import Struct

from pcapcheck.capture.record import AddressOf
from pcapcheck.capture.scan_layout import ABSENT_TIME
from pcapcheck.decode.decoder import EVENTS_KEPT
from pcapcheck.decode.frame_batch import FrameBatch
from pcapcheck.decode.frame_layout import GROUP_FIELDS
from pcapcheck.exchanges import conversing, conversing_arrays, transfer_layout
from pcapcheck.exchanges import conversing_layout as layout
from pcapcheck.exchanges.conversing_arrays import ConversingArrays
from pcapcheck.exchanges.transfer_fields import TRANSFER_FIELDS
from pcapcheck.exchanges.transfer_row import TransferRow
from pcapcheck.exchanges.worker import Worker
from pcapcheck.hash_table import enough_slots
from pcapcheck.kernels import is_compiled
from pcapcheck.raw_rows import RawRows
from pcapcheck.reserved import GrowingRows
from pcapcheck.values import address_of

FIRST_PLACES = 1 << 8
OUT_ROWS = 1 << 6
TRANSFER_ROWS = 1 << 9
# Further conversations are only counted.
MOST_KEPT = 1 << 10
NO_SEGMENTS = array("q")
HALF_OPEN, UNHEARD = "half-open", "unheard"
KINDS = {
    layout.HALF_OPEN: HALF_OPEN,
    layout.UNHEARD: UNHEARD,
}


class Conversation(Struct, frozen=True):
    """A conversation, and what got no answer in it.

    ``kind`` is half-open: SYNs whose SYN-ACKs got no ACK; the latest SYN-ACK is the last of ``frames``. It is unheard
    if there was an ACK, and SYN-ACKs came after it all the same. ``asker`` sent what got no answer; ``attempts`` counts
    how often it was sent, over ``lasted`` nanoseconds; ``size`` is its payload in bytes. ``heard_back``: whether the
    other side was heard at all.
    """

    kind: str
    group: int
    asker: int
    asked: int
    asker_port: int
    asked_port: int
    attempts: int
    lasted: int | None
    size: int
    frames: tuple[int, ...]
    heard_back: bool


class Conversations:
    """Follows the conversations of one capture, in the order of its frames.

    Transfers with which nothing is wrong are counted with others alike, unless ``every`` one is wanted as a row;
    ``in_turn``: without a second thread.
    ``found`` are those with a question without an answer, ``broken`` transfers that stalled or were reset.
    ``one_sided`` are the frame groups of connections that were made although only one side of them was recorded.
    """

    def __init__(self, every: bool = False, in_turn: bool = False) -> None:
        self.in_turn = in_turn
        self.found: list[Conversation] = []
        self.broken: list[TransferRow] = []
        self.one_sided: set[int] = set()
        # Found, but not kept.
        self.more = 0
        # By which conversations are found, and the rest of those that are more than a SYN.
        self._heads = GrowingRows(layout.HEAD_FIELDS, FIRST_PLACES, layout.MOST)
        self._bodies = GrowingRows(layout.FIELDS, FIRST_PLACES, layout.MOST)
        self._slots = array("q")
        self._out = array("q")
        self._transfers = array("q")
        # Rows that were written and not handed out so far; the second thread appends to them.
        self._written: deque[array[int]] = deque()
        self._classes = array("q")
        self._groups = array("q")
        self._state = array("q", bytes(8 * layout.STATE_SIZE))
        self._state[layout.S_LATEST] = self._state[layout.S_BODY] = layout.ABSENT
        self._state[layout.S_EVERY] = every
        self._ahead: Worker[tuple[array[int], int]] | None = None
        self._address_of: AddressOf = address_of

    @property
    def forgotten(self) -> int:
        """Conversations that were judged before the capture ended, to keep memory bounded."""
        return self._state[layout.S_FORGOTTEN]

    def feed(self, batch: FrameBatch) -> Iterator[RawRows]:
        """Take the segments of a batch, which must not change for a while: they may be read later.

        Yields the transfers that are known to be over.
        """
        self._give(batch)
        yield from self._handed_out()

    def _give(self, batch: FrameBatch) -> None:
        self._address_of, self._groups = batch.address_of, batch.groups
        if not self._slots:
            if not batch.segment_count:
                return
            self._enlarge()
            self._bodies.enlarge()
            self._out.frombytes(bytes(8 * layout.FIELDS * OUT_ROWS))
            self._transfers.frombytes(bytes(8 * transfer_layout.FIELDS * TRANSFER_ROWS))
            self._classes.frombytes(bytes(8 * transfer_layout.CLASS_FIELDS * transfer_layout.CLASSES))
            if not self.in_turn and is_compiled() and (os.cpu_count() or 1) > 1:
                self._ahead = Worker(self._take, EVENTS_KEPT - 2)
        if self._ahead is not None:
            # Also for empty batches: the first thread must not run ahead of the second.
            self._ahead.give((batch.segments, batch.segment_count))
        else:
            self._take((batch.segments, batch.segment_count))

    def close(self) -> None:
        """Let the second thread finish its work."""
        if self._ahead is not None:
            ahead, self._ahead = self._ahead, None
            ahead.join()

    def finish(self, heard: array[int]) -> Iterator[RawRows]:
        """Judge what is left at the end; yields the transfers that were not yielded before.

        ``heard`` says by frame group until when its capture point was recorded (nanoseconds).
        """
        self.close()
        self._state[layout.S_STATUS] = layout.OUT_FULL
        while self._state[layout.S_STATUS] != layout.DONE:
            conversing.finish_all(self._arrays(NO_SEGMENTS), heard)
            self._keep()
            yield from self._handed_out()
        self._heads.cut(0)
        self._bodies.cut(0)
        self._slots = array("q")
        for spent in (self._out, self._transfers):
            del spent[:]

    def _handed_out(self) -> Iterator[RawRows]:
        """The rows written so far, in one batch."""
        if not self._written:
            return
        data = self._written.popleft()
        while self._written:
            data += self._written.popleft()
        rows = self._rows(data)
        self._keep_telling(rows)
        yield rows

    def counted(self) -> Iterator[tuple[TransferRow, int]]:
        """Transfers that were counted and are no rows of their own: the first of each class, and how many there are."""
        for start in range(0, len(self._classes), transfer_layout.CLASS_FIELDS):
            _, count, *_ = some = self._classes[start : start + transfer_layout.CLASS_FIELDS]
            if count:
                rows = self._rows(some[transfer_layout.CLASS_ROW :])
                self._keep_telling(rows)
                yield TransferRow(rows, 0), count
        del self._classes[:]

    def _rows(self, data: array[int]) -> RawRows:
        size = transfer_layout.FIELDS
        return RawRows(TRANSFER_FIELDS, data, len(data) // size, size, 1, self._groups, GROUP_FIELDS, self._address_of)

    def _keep_telling(self, rows: RawRows) -> None:
        """Keep the transfers that are broken, and which groups tell that packets go past the recorder."""
        size = transfer_layout.FIELDS
        for number, outcome in enumerate(rows.data[transfer_layout.OUTCOME :: size]):
            if outcome == transfer_layout.ONE_SIDED and rows.data[number * size + transfer_layout.BEGUN] == 1:
                self.one_sided.add(rows.data[number * size + transfer_layout.GROUP])
            elif outcome >= transfer_layout.STALLED and len(self.broken) < MOST_KEPT:
                alone = rows.alone(rows.data[number * size : (number + 1) * size])
                self.broken.append(TransferRow(alone, 0))

    def _arrays(self, segments: array[int]) -> ConversingArrays:
        """The loops' arrays; none of them can be enlarged while this is kept."""
        return conversing_arrays.ConversingArrays(
            segments,
            self._heads.rows,
            self._bodies.rows,
            self._slots,
            self._out,
            self._transfers,
            self._classes,
            self._state,
        )

    def _take(self, given: tuple[array[int], int]) -> None:
        segments, count = given
        state = self._state
        state[layout.S_SEGMENT] = 0
        while True:
            conversing.converse(self._arrays(segments), count)
            self._keep()
            if state[layout.S_STATUS] == layout.DONE:
                return
            if state[layout.S_STATUS] == layout.POOL_FULL:
                self._enlarge()
            elif state[layout.S_STATUS] == layout.BODIES_FULL:
                self._bodies.enlarge()

    def _enlarge(self) -> None:
        """Make room for more; rebuild the table over them if it has too few slots."""
        self._heads.enlarge()
        slots = enough_slots(self._slots, self._heads.places, layout.MOST)
        if slots is not self._slots:
            self._slots = slots
            conversing.enter_all(self._heads.rows, self._slots, self._state[layout.S_USED])

    def _keep(self) -> None:
        size = layout.FIELDS
        for number in range(self._state[layout.S_OUT]):
            if len(self.found) < MOST_KEPT:
                self.found.append(_conversation(self._out[number * size : (number + 1) * size], self._address_of))
            else:
                self.more += 1
        self._state[layout.S_OUT] = 0
        if self._state[layout.S_TRANSFERS]:
            self._written.append(self._transfers[: self._state[layout.S_TRANSFERS] * transfer_layout.FIELDS])
            self._state[layout.S_TRANSFERS] = 0


def _conversation(row: array[int], address_of: AddressOf) -> Conversation:
    kind = row[layout.KIND]
    ends = [
        (address_of(row[layout.SRC_HIGH], row[layout.SRC_LOW]), row[layout.PORTS] >> 16 & 0xFFFF),
        (address_of(row[layout.DST_HIGH], row[layout.DST_LOW]), row[layout.PORTS] & 0xFFFF),
    ]
    attempts, size = row[layout.SYNS], 0
    since, last = row[layout.FIRST], row[layout.LAST]
    frames = (row[layout.NUMBER], row[layout.SIDE + layout.AGAIN_NUMBER])
    return Conversation(
        KINDS[kind],
        row[layout.GROUP],
        ends[0][0],
        ends[1][0],
        ends[0][1],
        ends[1][1],
        attempts,
        None if ABSENT_TIME in (since, last) else last - since,
        size,
        frames,
        row[layout.SIDE + layout.PACKETS] > 0,
    )
