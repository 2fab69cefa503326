"""All exchanges of one capture, streamed: frame batches in, finished rows of each table out."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from msgspec import Struct

from pcapcheck.capture.scan_layout import ABSENT_TIME
from pcapcheck.decode.frame_batch import FrameBatch
from pcapcheck.decode.frame_group import FrameGroup
from pcapcheck.exchanges.claims import Claims
from pcapcheck.exchanges.conversations import Conversations
from pcapcheck.exchanges.exchange_row import Macs
from pcapcheck.exchanges.gateway_talk import GatewayTalk
from pcapcheck.exchanges.pair_counts import PairCounts, PairOutcomes
from pcapcheck.exchanges.paired_exchanges import PairedExchanges
from pcapcheck.exchanges.resolution_sums import ResolutionSums
from pcapcheck.exchanges.resolutions import Resolutions, Resolved
from pcapcheck.raw_rows import TableRow
from pcapcheck.table_names import TRANSFERS

Point = tuple[int, int | None]
# Table, rows, and the number of exchanges that each row stands for: they are alike in all that rules ask.
Finished = tuple[str, Iterable[TableRow], int]


class SoFar(Struct, frozen=True):
    """Questions asked and answered so far, while a capture is read: ARP or neighbour discovery, and echoes."""

    resolved: int
    resolutions: int
    replied: int
    echoes: int


class Exchanges:
    """Pairs questions with answers, and notes who asks for the gateway and who answers.

    ``gateways`` are the gateway's addresses; waits are nanoseconds. Without ``every_echo``, echoes are counted, and a
    few samples stand for all; so are transfers without ``every_transfer``, if nothing is wrong with them. ``in_turn``:
    no second thread helps, so that after each batch the state is whole.
    """

    def __init__(
        self,
        gateways: frozenset[int],
        arp_wait: int,
        echo_wait: int,
        dns_wait: int,
        every_echo: bool,
        macs: Macs,
        every_transfer: bool = False,
        in_turn: bool = False,
    ) -> None:
        self.gateways = gateways
        self.every_echo = every_echo
        self.claims = Claims()
        self.resolutions = Resolutions(arp_wait)
        self.resolution_sums = ResolutionSums(gateways)
        self.paired = PairedExchanges(echo_wait, dns_wait, every_echo, macs, gateways, in_turn)
        self.conversations = Conversations(every_transfer, in_turn)
        self.gateway_talk: dict[Point, GatewayTalk] = {}
        # Which frame groups asked for which addresses.
        self.asked: set[tuple[int, int]] = set()

    def feed(self, batch: FrameBatch) -> Iterator[Finished]:
        """The exchanges that this batch finishes."""
        self.claims.feed(batch)
        yield from self._resolved(self.resolutions.feed(batch))
        for rows in self.conversations.feed(batch):
            yield rows.table, rows, 1
        for rows in self.paired.feed(batch):
            yield rows.table, rows, 1

    def finish(self, groups: list[FrameGroup], frames: int, until: Sequence[int | None] = ()) -> Iterator[Finished]:
        """The exchanges still open at the end of a capture with this many frames, and echoes that were only counted.

        ``until`` says for each interface until when it was surely recorded (nanoseconds), None where only frames show
        it.
        """
        last_seen: dict[Point, int] = {}
        for group in groups:
            if group.count and group.last is not None:
                recorded = until[group.interface] if until else None
                last_seen[group.point] = max(last_seen.get(group.point, group.last), group.last, recorded or 0)
        # A group of no frame, as mostly the one for those that find no other is, has asked nothing.
        heard = (last_seen.get(group.point, ABSENT_TIME) if group.count else 0 for group in groups)
        by_group = array("q", heard)
        for rows in self.conversations.finish(by_group):
            yield rows.table, rows, 1
        for transfer, count in self.conversations.counted():
            yield TRANSFERS, [transfer], count
        yield from self._resolved(self.resolutions.finish(groups, by_group))
        self.gateway_talk = self.resolution_sums.gateway_talk()
        self.asked = self.resolution_sums.asked()
        for rows in self.paired.finish(by_group, frames):
            yield rows.table, rows, 1
        if not self.every_echo:
            for bin_ in self.paired.all_bins():
                first, *others = bin_.telling
                yield first.table, [first], bin_.count - len(others)
                for sample in others:
                    yield sample.table, [sample], 1

    @cached_property
    def askers_for(self) -> dict[int, set[int]]:
        """The frame groups that asked for each address; asked for when all is read."""
        found: dict[int, set[int]] = {}
        for group, target in self.asked:
            found.setdefault(target, set()).add(group)
        return found

    @cached_property
    def pair_outcomes(self) -> dict[int, PairOutcomes]:
        """What became of the questions of each pair, by frame group; asked for when all is read."""
        return PairCounts(self.paired.cells).outcomes()

    def so_far(self) -> SoFar:
        """What has been answered by now."""
        resolved, resolutions = self.resolution_sums.finished
        answered, pending = self.resolutions.open
        return SoFar(resolved + answered, resolutions + pending, *self.paired.so_far())

    def close(self) -> None:
        """Let the second threads finish their work."""
        self.paired.close()
        self.conversations.close()

    def _resolved(self, finished: Iterable[Resolved]) -> Iterator[Finished]:
        for resolved in finished:
            self.resolution_sums.add(resolved)
            for rows in (resolved.resolutions, resolved.answers):
                yield rows.table, rows, 1
