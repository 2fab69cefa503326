"""Echoes: one ICMP or ICMPv6 echo request and its replies, or the ICMP error that ended it (RFC 792, RFC 4443).

Attempts at TCP connections are paired by the same loop: a SYN with its repeats asks, a SYN-ACK or an RST answers; and
questions of DNS over UDP: a query with its repeats asks, a response with the same ports and identifier answers.

Paired by addresses, identifier and sequence number at one capture point, by the loop in ``pairing``. Finished echoes
are counted in bins; one by one they are handed out only where somebody wants every one.
"""

from __future__ import annotations

import os
from array import array
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial

from pcapcheck.capture.scan_layout import ABSENT_TIME
from pcapcheck.columns import CONNECTIONS, DNS, ECHO, ERRORS, OUTCOMES
from pcapcheck.decode import frame_layout as decoded
from pcapcheck.decode import icmp_words
from pcapcheck.decode.decoder import EVENTS_KEPT, FrameBatch, absent
from pcapcheck.exchanges import pairing
from pcapcheck.exchanges import pairing_layout as layout
from pcapcheck.exchanges.cells import Cells
from pcapcheck.exchanges.connection_row import ConnectionRow
from pcapcheck.exchanges.cut_errors import MOST_CUT, CutError, cut_error, settle_cut_errors
from pcapcheck.exchanges.dns_row import DnsRow, rcode_of
from pcapcheck.exchanges.echo_bin import EchoBin
from pcapcheck.exchanges.echo_row import EchoRow
from pcapcheck.exchanges.pair_samples import PairSamples
from pcapcheck.exchanges.waiting import hold_back
from pcapcheck.exchanges.worker import Worker
from pcapcheck.kernels import is_compiled
from pcapcheck.values import address_of, is_ipv4

# ICMP types that end an exchange, by family. Redirects (5) and source quench (4) do not.
ENDING = {4: (3, 11, 12), 6: (1, 2, 3, 4)}
EXPIRED = {4: 11, 6: 3}

MOST_OPEN = 1 << 18
MOST_BINS = 1 << 13
MOST_ERRORS = 1000
FIRST_PLACES = 1 << 12
# A question of DNS that is asked again after a pause of so many times the wait is another question.
PATIENCE = 3
# The tables of exchanges that are not echoes.
TABLES = {layout.CONNECTS: CONNECTIONS, layout.QUERIES: DNS}
FIRST_BINS = 1 << 5
# Of more bins, which grew is not looked at each time.
MOST_WEIGHED = 1 << 9
OUT_ROWS = 1 << 10
# Bins that are kept as objects, with five samples each some 3 KB.
MOST_KEPT = 1 << 13

# The source and destination MAC of a frame group.
Macs = Callable[[int], tuple[int | None, int | None]]


def _is_unquoted(batch: FrameBatch, row: int) -> bool:
    """Whether an ICMP error does not show so much as the protocol of what it is about."""
    quoted = batch.rows[decoded.HAS * batch.capacity + row] & decoded.HAS_QUOTED
    return not quoted or batch.rows[decoded.QUOTED_PROTO * batch.capacity + row] == decoded.ABSENT


class Echoes:
    """Pairs echo requests with replies and errors over one capture, in the order of its frames.

    ``wait`` is how long (nanoseconds) after a request a capture must go on for its silence to mean anything,
    ``dns_wait`` the same of a DNS query. With
    ``every``, finished echoes are handed out by ``feed`` and ``finish``; ``bins`` counts them in any case.
    """

    def __init__(self, wait: int, dns_wait: int, every: bool, macs: Macs) -> None:
        self.wait = wait
        self.dns_wait = dns_wait
        self.macs = macs
        # Frame groups that told others that a packet goes no further.
        self.refusers: set[int] = set()
        # By family, type, code, sender and the MTU that it told.
        self.errors: Counter[tuple[int, int, int, int, int | None]] = Counter()
        # Of each capture point the errors about expired packets that do not show which.
        self.unquoted: Counter[tuple[int, int | None]] = Counter()
        self._cut: list[CutError] = []
        self._pool = array("q")
        self._slots = array("i")
        self._answered = array("q", [-1]) * layout.REMEMBERED
        self._early = array("q", [-1]) * layout.REMEMBERED
        self._recent = array("q", [-1]) * layout.RECENT
        self._bins = array("q")
        self._bin_slots = array("q")
        self._samples = array("q")
        self._buckets = array("q")
        self.every = every
        # By whom, when and how large what was finished so far had been asked.
        self.cells = Cells()
        self._pair_samples = PairSamples()
        self._hidden = 0
        self._out = array("q", bytes(8 * layout.FIELDS * OUT_ROWS))
        self._state = array("q", bytes(8 * layout.STATE_SIZE))
        for field in (layout.S_FREE, layout.S_OLDEST, layout.S_NEWEST):
            self._state[field] = -1
        # Bin 0 is nobody's: it takes what finds no bin when there are too many different ones.
        self._state[layout.S_BINS] = 1
        self._enlarge_pool()
        self._enlarge_bins()
        # Once nothing is added any more, what is summed up, by table: the search for causes asks for it many times.
        self._settled: dict[str, list[EchoBin]] | None = None
        self._ahead: Worker[tuple[array[int], int]] | None = None
        if not every and is_compiled() and (os.cpu_count() or 1) > 1:
            # One batch is being paired and one decoded; those between wait.
            self._ahead = Worker(self._pair_unseen, EVENTS_KEPT - 2)

    @property
    def evicted(self) -> int:
        """Open echoes dropped to keep memory bounded."""
        return self._state[layout.S_EVICTED]

    def feed(self, batch: FrameBatch) -> Iterator[EchoRow]:
        """Take the events of a batch; yields finished echoes where every one is wanted.

        Where none is, they may be paired while the caller goes on: ``batch.events`` must stay as they are for a while.
        """
        self._count_errors(batch)
        if self._ahead is not None:
            self._ahead.give((batch.events, batch.event_count))
        else:
            yield from self._pair(batch.events, batch.event_count)

    def _pair(self, events: array[int], count: int) -> Iterator[EchoRow]:
        self._state[layout.S_EVENT] = 0
        yield from self._until_done(
            lambda: pairing.pair(
                events,
                count,
                self._pool,
                self._slots,
                self._answered,
                self._early,
                self._recent,
                PATIENCE * self.dns_wait,
                MOST_OPEN,
                *self._counters(),
            )
        )

    def _until_done(self, loop: Callable[[], None]) -> Iterator[EchoRow]:
        """Call a loop again for as long as something of ours was too small for it."""
        while True:
            loop()
            yield from self._take_out()
            if self._state[layout.S_STATUS] == layout.DONE:
                return
            self._enlarge()

    def _counters(
        self,
    ) -> tuple[array[int], array[int], int, bool, array[int], array[int], array[int], int, array[int]]:
        """Where the loops put what is finished, and their state."""
        limit = len(self._bins) // layout.BIN_FIELDS
        counted = (self._bins, self._bin_slots, limit, limit >= MOST_BINS, self._samples, self._buckets)
        return (*counted, self._out, OUT_ROWS, self._state)

    def _pair_unseen(self, given: tuple[array[int], int]) -> None:
        for _ in self._pair(*given):
            raise AssertionError("echoes are handed out although nobody wants them")

    def finish(
        self, last_seen: array[int], last_number: int, gateways: frozenset[int] = frozenset()
    ) -> Iterator[EchoRow]:
        """What is left at the end.

        ``last_seen`` holds, by frame group, when its capture point was heard last; ``last_number`` is the number of the
        capture's last frame. Nobody has the addresses of ``gateways``.
        """
        self.close()
        settle_cut_errors(self._cut, self._pool, self._state)
        hold_back(self._pool, self._answered, self._bins, self._state, last_seen, self.wait, last_number, gateways)
        yield from self._until_done(
            lambda: pairing.finish_all(
                self._pool, self._answered, *self._counters(), last_seen, self.wait, self.dns_wait
            )
        )

    def forget(self, macs: Macs) -> None:
        """Keep what ``bins`` needs and nothing else, now that all is finished; ``macs`` holds without the decoder."""
        self.macs = macs
        self._settled = {}
        for spent in (self._pool, self._slots, self._answered, self._early, self._recent, self._out, self._bin_slots):
            del spent[:]
        # Of hundreds of small captures, the room for more bins is nearly all that they hold.
        used = self._state[layout.S_BINS]
        sizes = (layout.BIN_FIELDS, layout.SAMPLES * layout.FIELDS, layout.BUCKETS)
        for held, size in zip((self._bins, self._samples, self._buckets), sizes, strict=True):
            del held[used * size :]
        self.cells.close()

    def close(self) -> None:
        """Let the second thread finish what it was given."""
        if self._ahead is not None:
            ahead, self._ahead = self._ahead, None
            ahead.join()

    def so_far(self) -> tuple[int, int]:
        """How many echo requests were replied to, and how many there are, while a second thread may count further.

        Those that were replied to last are still in the pool, since a second reply may come.
        """
        pool, fields = self._pool, layout.FIELDS
        states = zip(pool[layout.STATE :: fields], pool[layout.UNICAST :: fields], strict=False)
        held = Counter(state for state, kind in states if kind not in TABLES)
        bins, width = self._bins, layout.BIN_FIELDS
        counted = zip(
            bins[layout.B_COUNT :: width],
            bins[layout.B_OUTCOME :: width],
            bins[layout.B_UNICAST :: width],
            strict=False,
        )
        done: Counter[int] = Counter()
        for count, outcome, kind in counted:
            if kind not in TABLES:
                done[outcome] += count
        replied = held[layout.ANSWERED] + done[layout.REPLIED]
        return replied, held[layout.ANSWERED] + held[layout.OPEN] + done.total()

    def bins(self) -> Iterator[EchoBin]:
        """What was finished so far of echoes, summed up."""
        return self._summed_up(ECHO)

    def attempts(self) -> Iterator[EchoBin]:
        """The same of attempts at TCP connections."""
        return self._summed_up(CONNECTIONS)

    def queries(self) -> Iterator[EchoBin]:
        """The same of questions of DNS."""
        return self._summed_up(DNS)

    def _summed_up(self, table: str) -> Iterator[EchoBin]:
        if self._settled is None or self._state[layout.S_BINS] > MOST_KEPT:
            return self._sum_up(table)
        if table not in self._settled:
            self._settled[table] = list(self._sum_up(table))
        return iter(self._settled[table])

    def _sum_up(self, table: str) -> Iterator[EchoBin]:
        for number in range(self._state[layout.S_BINS]):
            row = self._bins[number * layout.BIN_FIELDS : (number + 1) * layout.BIN_FIELDS]
            count = row[layout.B_COUNT]
            if not count or TABLES.get(row[layout.B_UNICAST], ECHO) != table:
                continue
            replied = row[layout.B_MOST] != layout.ABSENT
            buckets = self._buckets[number * layout.BUCKETS : (number + 1) * layout.BUCKETS]
            samples = [
                self._echo(self._samples, number * layout.SAMPLES + sample)
                for sample in range(min(count, layout.SAMPLES))
            ]
            samples += self._of_other_pairs(number, row)
            yield EchoBin(
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
        """Whether more failed alike, since this was asked last, than their bin keeps."""
        if self._state[layout.S_BINS] > MOST_WEIGHED:
            return True
        bins, used, width = self._bins, self._state[layout.S_BINS] * layout.BIN_FIELDS, layout.BIN_FIELDS
        counts, outcomes = bins[layout.B_COUNT : used : width], bins[layout.B_OUTCOME : used : width]
        failed = (layout.ERRED, layout.UNANSWERED)
        more = sum(
            count
            for count, outcome in zip(counts, outcomes, strict=True)
            if outcome in failed and count > layout.SAMPLES
        )
        before, self._hidden = self._hidden, more
        return more > before

    def _of_other_pairs(self, number: int, row: array[int]) -> list[EchoRow]:
        """Samples of pairs that failed like those of a bin, none of which is among its first ones."""
        if row[layout.B_COUNT] <= layout.SAMPLES or not number:
            return []
        kind = row[layout.B_GROUP], row[layout.B_OUTCOME], row[layout.B_UNICAST], row[layout.B_ERROR]
        size = layout.SAMPLES * layout.FIELDS
        more = self._pair_samples.of(kind, self._samples[number * size : (number + 1) * size], layout.SAMPLES)
        return [self._echo(more, sample) for sample in range(len(more) // layout.FIELDS)]

    def _take_out(self) -> Iterator[EchoRow]:
        count, self._state[layout.S_OUT] = self._state[layout.S_OUT], 0
        if count:
            self.cells.take(self._out, count)
            if self._hides_some():
                self._pair_samples.take(self._out, count)
        if self.every:
            for row in range(count):
                yield self._echo(self._out, row)

    def _echo(self, rows: array[int], number: int) -> EchoRow:
        """An echo from its row in the pool, in ``samples`` or in ``out``."""
        row = rows[number * layout.FIELDS : (number + 1) * layout.FIELDS]
        src = address_of(row[layout.SRC_HIGH], row[layout.SRC_LOW])
        replied = row[layout.REPLIES] > 0
        failed = row[layout.OUTCOME] == layout.ERRED
        eth_src, eth_dst = self.macs(row[layout.GROUP])
        reply_src, reply_dst = self.macs(row[layout.REPLY_GROUP]) if replied else (None, None)
        frames = [row[layout.NUMBER]]
        if replied or failed:
            frames.append(row[layout.REPLY_NUMBER if replied else layout.ERROR_NUMBER])
        number = row[layout.IDENT_SEQ]
        ident, seq = None if number & decoded.UNTOLD_IDENT else number >> 16, number & 0xFFFF
        made: Callable[..., EchoRow] = EchoRow
        if row[layout.UNICAST] == layout.CONNECTS:
            made = ConnectionRow
        elif row[layout.UNICAST] == layout.QUERIES:
            made = partial(DnsRow, src_port=number >> 16 & 0xFFFF or None, rcode=rcode_of(row) if replied else None)
            ident, seq = number & 0xFFFF, 0
            if row[layout.REQUESTS] > 1 and not replied:
                frames.insert(1, row[layout.REPLY_NUMBER])
        return made(
            group=row[layout.GROUP],
            family=4 if is_ipv4(src) else 6,
            src=src,
            dst=address_of(row[layout.DST_HIGH], row[layout.DST_LOW]),
            ident=ident,
            seq=seq,
            unicast=bool(row[layout.UNICAST]),
            time=None if row[layout.TIME] == ABSENT_TIME else row[layout.TIME],
            ttl=absent(row[layout.TTL]),
            eth_src=eth_src,
            eth_dst=eth_dst,
            frames=frames,
            outcome=OUTCOMES[row[layout.OUTCOME]],
            requests=row[layout.REQUESTS],
            replies=row[layout.REPLIES],
            rtt=absent(row[layout.RTT]),
            reply_ttl=absent(row[layout.REPLY_TTL]) if replied else None,
            reply_eth_src=reply_src,
            reply_eth_dst=reply_dst,
            error=ERRORS[row[layout.ERROR] >> 16] if failed else ERRORS[0] if replied else None,
            error_type=row[layout.ERROR] >> 8 & 0xFF if failed else None,
            error_code=row[layout.ERROR] & 0xFF if failed else None,
            error_from=address_of(row[layout.ERROR_HIGH], row[layout.ERROR_LOW]) if failed else None,
            error_mtu=absent(row[layout.ERROR_MTU]) if failed else None,
            # 0 where a text does not tell it.
            error_ttl=(absent(row[layout.ERROR_TTL]) or None) if failed else None,
        )

    def _count_errors(self, batch: FrameBatch) -> None:
        versions = batch.field(decoded.IP_VERSION)
        codes = batch.field(decoded.ICMP_CODE)
        for row, kind in enumerate(batch.field(decoded.ICMP_TYPE)):
            if kind >= 0 and kind in ENDING[versions[row]]:
                source = address_of(
                    batch.rows[decoded.IP_SRC_HIGH * batch.capacity + row],
                    batch.rows[decoded.IP_SRC_LOW * batch.capacity + row],
                )
                mtu = absent(batch.rows[decoded.ICMP_MTU * batch.capacity + row]) or None
                tally = (versions[row], kind, codes[row], source, mtu)
                cut = cut_error(batch, row, versions[row])
                if cut is not None and len(self._cut) < MOST_CUT:
                    self._cut.append(cut)
                elif EXPIRED[versions[row]] == kind and (cut is not None or _is_unquoted(batch, row)):
                    point = batch.rows[decoded.INTERFACE * batch.capacity + row]
                    self.unquoted[point, absent(batch.rows[decoded.IFINDEX * batch.capacity + row])] += 1
                if tally[:3] in icmp_words.FROM_ROUTERS:
                    self.refusers.add(batch.rows[decoded.GROUP * batch.capacity + row])
                if tally in self.errors or len(self.errors) < MOST_ERRORS:
                    self.errors[tally] += 1

    def _enlarge(self) -> None:
        if self._state[layout.S_STATUS] == layout.POOL_FULL:
            self._enlarge_pool()
        elif self._state[layout.S_STATUS] == layout.BINS_FULL:
            self._enlarge_bins()

    def _enlarge_pool(self) -> None:
        """Double the places; the table over them is made anew with room to spare."""
        before = len(self._pool) // layout.FIELDS
        after = max(FIRST_PLACES, 2 * before)
        self._pool.frombytes(bytes(8 * layout.FIELDS * (after - before)))
        for place in range(before, after):
            self._pool[place * layout.FIELDS + layout.NEWER] = place + 1 if place + 1 < after else -1
        self._state[layout.S_FREE] = before
        self._slots = array("i", [-1]) * (2 * after)
        pairing.enter_all(self._pool, self._slots, len(self._slots) - 1, before)

    def _enlarge_bins(self) -> None:
        before = len(self._bins) // layout.BIN_FIELDS
        after = max(FIRST_BINS, 2 * before)
        blank = array("q", bytes(8 * layout.BIN_FIELDS))
        blank[layout.B_LEAST] = blank[layout.B_MOST] = layout.ABSENT
        blank[layout.B_GROUP] = layout.ABSENT
        self._bins += blank * (after - before)
        self._samples.frombytes(bytes(8 * layout.SAMPLES * layout.FIELDS * (after - before)))
        self._buckets.frombytes(bytes(8 * layout.BUCKETS * (after - before)))
        self._bin_slots = array("q", [-1]) * (4 * after)
        pairing.enter_bins(self._bins, self._bin_slots, self._state[layout.S_BINS])
