"""Paired exchanges: one question and its answers, or the ICMP error that ended it, of all kinds of ``paired_kinds``.

ICMP and ICMPv6 echo (RFC 792, RFC 4443), attempts at TCP connections (RFC 9293) and SCTP associations (RFC 9260), DNS
(RFC 1035) and other datagrams of UDP. Paired at one capture point by addresses and identifier, sequence number or
ports, by the loop in ``pairing``. What is finished is
counted in bins; each exchange is handed out only if the caller wants every one.
"""

from __future__ import annotations

import os
from array import array
from collections import Counter
from collections.abc import Callable, Iterator

from pcapcheck.asked_question import AskedOf, nothing_asked
from pcapcheck.capture.record import AddressOf
from pcapcheck.decode.decoder import EVENTS_KEPT
from pcapcheck.decode.frame_batch import FrameBatch
from pcapcheck.exchanges import open_exchanges, pairing, pairing_arrays, pairing_end
from pcapcheck.exchanges import pairing_layout as layout
from pcapcheck.exchanges.ending_errors import EndingErrors
from pcapcheck.exchanges.exchange_bins import ExchangeBin, ExchangeBins, SettledBins
from pcapcheck.exchanges.exchange_row import Macs
from pcapcheck.exchanges.finished import finished_rows
from pcapcheck.exchanges.head_marks import rest_of
from pcapcheck.exchanges.loss_cells import Cells
from pcapcheck.exchanges.misaddressed import Misaddressed, misaddressed
from pcapcheck.exchanges.paired_kinds import KINDS, TABLE_OF
from pcapcheck.exchanges.pairing_arrays import PairingArrays
from pcapcheck.exchanges.waiting import hold_back
from pcapcheck.exchanges.worker import Worker
from pcapcheck.hash_table import enough_slots
from pcapcheck.kernels import is_compiled
from pcapcheck.raw_rows import RawRows
from pcapcheck.reserved import GrowingRows, zeros
from pcapcheck.table_names import ECHO
from pcapcheck.values import address_of, halves_of, is_ipv4

MOST_OPEN = 1 << 18
MOST_PLACES = MOST_OPEN + 2 * layout.REMEMBERED + layout.TALKS + 1
FIRST_PLACES = 1 << 12
# A DNS question that is asked again after a pause of this many waits is another question.
PATIENCE = 3
# Finished exchanges are taken out of the loop by as many at a time, at first and at most: each time the second thread
# waits for the interpreter's lock.
FIRST_OUT = 1 << 8
MOST_OUT = 1 << 12
NO_EVENTS = array("q")


class PairedExchanges:
    """Pairs questions with answers and errors over one capture, in the order of its frames.

    ``wait`` is how long (nanoseconds) after a request a capture must go on for its silence to mean anything,
    ``dns_wait`` the same of a DNS query. With ``every``, ``feed`` and ``finish`` hand out what is finished; bins
    count it in any case. No host has the addresses of ``gateways``. ``in_turn``: without a second thread.
    """

    def __init__(
        self,
        wait: int,
        dns_wait: int,
        every: bool,
        macs: Macs,
        gateways: frozenset[int] = frozenset(),
        in_turn: bool = False,
    ) -> None:
        self.wait = wait
        self.dns_wait = dns_wait
        self.macs = macs
        self.gateways = gateways
        self.address_of: AddressOf = address_of
        self._asked_of: AskedOf = nothing_asked
        self._groups = array("q")
        self.ending_errors = EndingErrors()
        # What was answered from another address than was asked; known at the end.
        self.misaddressed: list[Misaddressed] = []
        # What is open, answered or early, and a free place for the next; and the rest of those that have one.
        self._held = GrowingRows(layout.HEAD_FIELDS, FIRST_PLACES, MOST_PLACES)
        self._rests = GrowingRows(layout.HEAD_FIELDS, FIRST_PLACES, MOST_PLACES + 1)
        self._rests.enlarge()
        self._slots = array("q")
        self._answered = array("q", [-1]) * layout.REMEMBERED
        self._early = array("q", [-1]) * layout.REMEMBERED
        self._ended = array("q", [-1]) * (2 * layout.ENDED)
        self._talks = array("q", [-1]) * layout.TALKS
        self._recent = array("q", [-1]) * layout.RECENT
        self._homes = array("q", bytes(8 * layout.HOMES))
        self._gateways = array("q", [halves_of(gateway)[1] for gateway in sorted(gateways) if is_ipv4(gateway)])
        self.every = every
        # Finished exchanges by asker, size and moment.
        self.cells = Cells()
        self._out = zeros(layout.FIELDS * FIRST_OUT)
        self._state = array("q", bytes(8 * layout.STATE_SIZE))
        for field in (layout.S_FREE, layout.S_OLDEST, layout.S_NEWEST):
            self._state[field] = -1
        self._bins = ExchangeBins(self._state)
        self._enlarge_pool()
        self._ahead: Worker[tuple[array[int], int]] | None = None
        if not (every or in_turn) and is_compiled() and (os.cpu_count() or 1) > 1:
            # One batch is being paired and another decoded; those in between wait.
            self._ahead = Worker(self._pair_unseen, EVENTS_KEPT - 2)

    @property
    def _pool(self) -> array[int]:
        return self._held.rows

    @property
    def evicted(self) -> int:
        """Open exchanges dropped to keep memory bounded."""
        return self._state[layout.S_EVICTED]

    def feed(self, batch: FrameBatch) -> Iterator[RawRows]:
        """Take the events of a batch; yields what is finished if every exchange is wanted.

        Otherwise they may be paired while the caller goes on: ``batch.events`` must not change for a while.
        """
        self.address_of, self._asked_of, self._groups = batch.address_of, batch.asked_of, batch.groups
        self.ending_errors.feed(batch)
        if self._ahead is not None:
            self._ahead.give((batch.events, batch.event_count))
        else:
            yield from self._pair(batch.events, batch.event_count)

    def _pair(self, events: array[int], count: int) -> Iterator[RawRows]:
        self._state[layout.S_EVENT] = 0
        yield from self._until_done(
            lambda: pairing.pair(self._arrays(events), count, PATIENCE * self.dns_wait, MOST_OPEN)
        )

    def _until_done(self, loop: Callable[[], None]) -> Iterator[RawRows]:
        """Call a loop again until all its buffers are large enough."""
        while True:
            loop()
            yield from self._take_out()
            if self._state[layout.S_STATUS] == layout.DONE:
                return
            self._enlarge()

    def _arrays(self, events: array[int]) -> PairingArrays:
        """The loops' arrays; none of them can be enlarged while this is kept."""
        return pairing_arrays.PairingArrays(
            events,
            self._pool,
            self._rests.rows,
            self._slots,
            self._answered,
            self._early,
            self._ended,
            self._talks,
            self._recent,
            self._homes,
            self._gateways,
            *self._bins.counters(),
            self._out,
            len(self._out) // layout.FIELDS,
            # Of what is given up only the pair is of use, as long as there is room for pairs.
            not self.every and self.cells.is_full,
            self._state,
        )

    def _pair_unseen(self, given: tuple[array[int], int]) -> None:
        for _ in self._pair(*given):
            raise AssertionError("exchanges are handed out although the caller does not want them")

    def finish(self, last_seen: array[int], last_number: int) -> Iterator[RawRows]:
        """The exchanges left at the end.

        ``last_seen`` holds, by frame group, when its capture point was heard last; ``last_number`` is the number of the
        capture's last frame.
        """
        self.close()
        if self.ending_errors.cut_count:
            self._make_room_for_rests(self.ending_errors.cut_count)
        pool, rest = self._pool, self._rests.rows
        self.ending_errors.settle(pool, rest, self._state, self._add_rest, self.address_of)
        self.misaddressed = misaddressed(pool, rest, self._early, self._state, self.address_of)
        hold_back(
            pool, rest, self._answered, self._bins.counts, self._state, last_seen, self.wait, last_number, self.gateways
        )
        yield from self._until_done(
            lambda: pairing_end.finish_all(self._arrays(NO_EVENTS), last_seen, self.wait, self.dns_wait)
        )
        self._bins.settle()

    def forget(self, macs: Macs) -> None:
        """Keep only what the bins need, now that all is finished; ``macs`` does not need the decoder."""
        self.macs = macs
        self._held.cut(0)
        self._rests.cut(0)
        self._slots = array("q")
        for spent in (self._answered, self._early, self._ended, self._talks, self._recent, self._out):
            del spent[:]
        self.cells.close()

    def close(self) -> None:
        """Let the second thread finish its work."""
        if self._ahead is not None:
            ahead, self._ahead = self._ahead, None
            ahead.join()

    def so_far(self) -> tuple[int, int]:
        """How many echo requests were replied to, and how many there are, while a second thread may count on.

        Those that were replied to last are still in the pool, since a second reply may come.
        """
        fields = layout.HEAD_FIELDS
        pool = self._pool[: self._state[layout.S_FRESH] * fields]
        states = zip(pool[layout.STATE :: fields], pool[layout.KIND :: fields], strict=False)
        held = Counter(state for state, kind in states if TABLE_OF[kind] == ECHO)
        done = self._bins.echoes_by_outcome()
        replied = held[layout.ANSWERED] + done[layout.REPLIED]
        return replied, held[layout.ANSWERED] + held[layout.OPEN] + done.total()

    def bins_of(self, table: str) -> Iterator[ExchangeBin]:
        """Finished exchanges of one table so far, summed up."""
        return self._bins.summed_up(table, self.macs, self.address_of, self._asked_of)

    def all_bins(self) -> Iterator[ExchangeBin]:
        """Those of all tables, echoes first."""
        for kind in KINDS:
            yield from self.bins_of(kind.table)

    def settled(self, table: str) -> SettledBins:
        """The bins of one table, to look them up, once all is finished."""
        return self._bins.settled(table, self.macs, self.address_of, self._asked_of)

    def _take_out(self) -> Iterator[RawRows]:
        count, self._state[layout.S_OUT] = self._state[layout.S_OUT], 0
        if count:
            self.cells.take(self._out, count)
            self._bins.take(self._out, count)
        if self.every:
            yield from finished_rows(self._out, count, self._groups, self.address_of, self._asked_of)

    def _enlarge(self) -> None:
        if self._state[layout.S_STATUS] == layout.POOL_FULL:
            self._enlarge_pool()
        elif self._state[layout.S_STATUS] == layout.BINS_FULL:
            self._bins.enlarge()
        elif self._state[layout.S_STATUS] == layout.REST_FULL:
            self._rests.enlarge()
        elif len(self._out) < layout.FIELDS * MOST_OUT:
            self._out = zeros(4 * len(self._out))

    def _make_room_for_rests(self, more: int) -> None:
        while self._state[layout.S_REST] + more >= self._rests.places and not self._rests.is_final:
            self._rests.enlarge()

    def _add_rest(self, row: int) -> None:
        """Make sure that the exchange in a row of the pool has a rest; there is room for it."""
        if rest_of(self._pool[row + layout.MARKS]) < 0:
            open_exchanges.add_rest(self._arrays(NO_EVENTS), row)

    def _enlarge_pool(self) -> None:
        """Make room for more exchanges; rebuild the table over them if it has too few slots."""
        before = self._held.places
        self._held.enlarge()
        slots = enough_slots(self._slots, self._held.places, MOST_PLACES)
        if slots is not self._slots:
            self._slots = slots
            open_exchanges.enter_all(self._pool, self._slots, before)
