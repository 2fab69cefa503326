"""Conversations over TCP, UDP and SCTP in which a question got no answer, by the loop in ``conversing``."""

from __future__ import annotations

import os
from array import array

from msgspec import Struct

from pcapcheck.capture.record import AddressOf
from pcapcheck.capture.scan_layout import ABSENT_TIME
from pcapcheck.decode.decoder import EVENTS_KEPT, FrameBatch
from pcapcheck.exchanges import conversing
from pcapcheck.exchanges import conversing_layout as layout
from pcapcheck.exchanges.worker import Worker
from pcapcheck.kernels import is_compiled
from pcapcheck.values import address_of

FIRST_PLACES = 1 << 8
OUT_ROWS = 1 << 6
# Further conversations are only counted.
MOST_KEPT = 1 << 10
STALLED, RESET, SILENT, UNACCEPTED, REFUSED = "stalled", "reset", "silent", "unaccepted", "refused"
HALF_OPEN = "half-open"
KINDS = {
    layout.STALLED: STALLED,
    layout.STALLED + 1: STALLED,
    layout.RESET: RESET,
    layout.SILENT: SILENT,
    layout.UNACCEPTED: UNACCEPTED,
    layout.REFUSED: REFUSED,
    layout.HALF_OPEN: HALF_OPEN,
}


class Conversation(Struct, frozen=True):
    """A conversation, and what got no answer in it.

    ``kind`` is stalled (TCP data that was never acknowledged), reset (a connection broken off with data under way),
    silent (datagrams repeated in vain), refused (datagrams for which an ICMP error came, the last of ``frames``),
    unaccepted (INITs of SCTP) or half-open (SYNs whose SYN-ACKs got no ACK; the latest SYN-ACK is the last of
    ``frames``). ``asker`` sent what got no answer, or broke the connection off; ``attempts`` counts how often it
    was sent, over ``lasted`` nanoseconds; ``size`` is its payload in bytes. ``heard_back``: whether the other
    side was heard at all.
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
    """Follows the conversations of one capture, in the order of its frames."""

    def __init__(self) -> None:
        self.found: list[Conversation] = []
        # Found, but not kept.
        self.more = 0
        self._pool = array("q")
        self._slots = array("i")
        self._out = array("q", bytes(8 * layout.FIELDS * OUT_ROWS))
        self._state = array("q", bytes(8 * layout.STATE_SIZE))
        self._state[layout.S_LATEST] = layout.ABSENT
        self._ahead: Worker[tuple[array[int], int]] | None = None
        self._address_of: AddressOf = address_of

    @property
    def forgotten(self) -> int:
        """Conversations that were judged before the capture ended, to keep memory bounded."""
        return self._state[layout.S_FORGOTTEN]

    def feed(self, batch: FrameBatch) -> None:
        """Take the segments of a batch, which must not change for a while: they may be read later."""
        self._address_of = batch.address_of
        if not self._pool:
            if not batch.segment_count:
                return
            self._enlarge()
            if is_compiled() and (os.cpu_count() or 1) > 1:
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

    def finish(self) -> None:
        """Judge what is left at the end."""
        self.close()
        self._state[layout.S_STATUS] = layout.OUT_FULL
        while self._state[layout.S_STATUS] != layout.DONE:
            conversing.finish_all(self._pool, self._out, self._state)
            self._keep()
        for spent in (self._pool, self._slots, self._out):
            del spent[:]

    def _take(self, given: tuple[array[int], int]) -> None:
        state = self._state
        state[layout.S_SEGMENT] = 0
        while True:
            conversing.converse(*given, self._pool, self._slots, self._out, state)
            self._keep()
            if state[layout.S_STATUS] == layout.DONE:
                return
            if state[layout.S_STATUS] == layout.POOL_FULL:
                self._enlarge()

    def _enlarge(self) -> None:
        """Quadruple the places; rebuild the table over them with room to spare."""
        places = max(FIRST_PLACES, 4 * len(self._pool) // layout.FIELDS)
        self._pool.frombytes(bytes(8 * (layout.FIELDS * places - len(self._pool))))
        self._slots = array("i", [-1]) * (4 * places)
        conversing.enter_all(self._pool, self._slots, self._state[layout.S_USED])

    def _keep(self) -> None:
        size = layout.FIELDS
        for number in range(self._state[layout.S_OUT]):
            if len(self.found) < MOST_KEPT:
                self.found.append(_conversation(self._out[number * size : (number + 1) * size], self._address_of))
            else:
                self.more += 1
        self._state[layout.S_OUT] = 0


def _conversation(row: array[int], address_of: AddressOf) -> Conversation:
    kind = row[layout.KIND]
    side = 1 if kind == layout.STALLED + 1 else row[layout.RESET_BY] if kind == layout.RESET else 0
    ends = [
        (address_of(row[layout.SRC_HIGH], row[layout.SRC_LOW]), row[layout.PORTS] >> 16 & 0xFFFF),
        (address_of(row[layout.DST_HIGH], row[layout.DST_LOW]), row[layout.PORTS] & 0xFFFF),
    ]
    mine = side * layout.SIDE
    if KINDS[kind] == STALLED:
        attempts, size = row[mine + layout.AGAIN] + 1, row[mine + layout.AGAIN_SIZE]
        since, last = row[mine + layout.AGAIN_SINCE], row[mine + layout.AGAIN_LAST]
        frames: tuple[int, ...] = (row[mine + layout.AGAIN_FROM], row[mine + layout.AGAIN_NUMBER])
    elif KINDS[kind] == RESET:
        attempts, size, since, last = 1, 0, ABSENT_TIME, ABSENT_TIME
        frames = (row[layout.RESET_NUMBER],)
    elif KINDS[kind] == HALF_OPEN:
        attempts, size = row[layout.SYNS], 0
        since, last = row[layout.FIRST], row[layout.LAST]
        frames = (row[layout.NUMBER], row[layout.SIDE + layout.AGAIN_NUMBER])
    else:
        attempts, size = row[layout.PACKETS], row[layout.SIZE]
        since, last = row[layout.FIRST], row[layout.LAST]
        frames = (row[layout.NUMBER], row[layout.AGAIN_NUMBER])
        if KINDS[kind] == REFUSED:
            frames = (*frames, row[layout.RESET_NUMBER])
    return Conversation(
        KINDS[kind],
        row[layout.GROUP],
        ends[side][0],
        ends[1 - side][0],
        ends[side][1],
        ends[1 - side][1],
        attempts,
        None if ABSENT_TIME in (since, last) else last - since,
        size,
        frames,
        row[layout.SIDE - mine + layout.PACKETS] > 0,
    )
