"""Read one capture from bytes to exchanges, in one pass, and remember what the judgement at its end needs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Container, Iterable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

from msgspec import Struct, field

from pcapcheck.brief import Brief
from pcapcheck.capture.record import AddressOf, Interface, Problem, Reader, RecordBatch, fitting_frames
from pcapcheck.capture.rotated_set import Captured
from pcapcheck.capture.source import NOTHING_SEEN, Source
from pcapcheck.decode import frame_layout
from pcapcheck.decode.decoded_links import COOKED2, LINKS, link_name
from pcapcheck.decode.decoder import Decoder
from pcapcheck.decode.frame_fields import raw_frames
from pcapcheck.decode.frame_group import FrameGroup
from pcapcheck.decode.frame_row import FrameRow
from pcapcheck.decode.sightings import Sightings
from pcapcheck.exchanges.capture_exchanges import Exchanges, Finished, SoFar
from pcapcheck.exchanges.resolution_sums import Silent
from pcapcheck.exchanges.sums import AskerSums
from pcapcheck.links.link_networks import LinkNetworks
from pcapcheck.links.scope import Scope
from pcapcheck.raw_rows import TableRow
from pcapcheck.table_names import ARP, FRAMES, PAIRED, TRANSFERS
from pcapcheck.values import clean

# Called after every batch: the capture, the bytes of its files and the frames read so far, and how to count what was
# answered by then.
Progress = Callable[[Path, int, int, Callable[[], SoFar]], None]


class Reading(Brief, Struct, frozen=True):
    """How to read: bounds and waits (nanoseconds), what Calico calls things, most frames per batch.

    ``networks`` are those that the rules are about.
    """

    scope: Scope
    gateways: frozenset[int]
    proxy_mac: int
    prefix: str
    arp_wait: int
    echo_wait: int
    dns_wait: int
    batch_frames: int
    networks: LinkNetworks = field(default_factory=LinkNetworks)

    def open(self, source: Captured, few: Collection[int] = ()) -> AbstractContextManager[Reader]:
        """A reader as of ``Source.open``, with batches no larger than the capture can fill. Raises CaptureError."""
        return source.open(fitting_frames(self.batch_frames, source.size), few)


class GroupRow(Struct, frozen=True):
    """A frame group as a row of the table ``frames``: its frames are alike in every column that the rules use.

    The addresses that are shown with it are the first frame's.
    """

    group: int
    frames: list[int]
    time: int | None
    ip_src: int | None
    ip_dst: int | None
    outcome: str = ""


# Takes rows of a table, as objects or as raw rows: (name of the table, rows, frames behind each row).
RowSink = Callable[[str, Iterable[TableRow], int], None]


class Capture(Struct):
    """One capture of the observation, once it was read."""

    number: int
    source: Captured
    exchanges: Exchanges
    format: str = ""
    frames: int = 0
    interfaces: list[Interface] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    groups: list[FrameGroup] = field(default_factory=list)
    tallies: dict[tuple[str, int], AskerSums] = field(default_factory=dict)
    silent: list[Silent] = field(default_factory=list)

    def __repr__(self) -> str:
        return f"<Capture {str(self.path)!r}: {self.frames} frames, {len(self.interfaces)} interfaces>"

    @property
    def path(self) -> Path:
        """The file that it was read from, of a rotated set the first."""
        return self.source.path

    @property
    def address_of(self) -> AddressOf:
        """Makes an address of its two halves, with its name if the capture is a text with names."""
        return self.exchanges.paired.address_of

    @property
    def open_count(self) -> int:
        """How many questions were open at its end: nobody knows whether an answer came."""
        return sum(tally.outcomes["in-flight"] for tally in self.tallies.values())


class OpenCapture:
    """A capture that is being read: batches of records in, rows of all tables out to ``sink``.

    ``every`` names the tables whose every row ``sink`` wants. Otherwise it gets a few rows of the frame and echo tables
    that stand for many. ``sightings`` takes what is needed to follow packets if there are several places to see them.
    ``with_sums``: frame rows have their checksums. ``in_turn``: no second thread helps, so that after each batch all of
    it is in here.
    """

    def __init__(
        self,
        number: int,
        source: Captured,
        reading: Reading,
        sink: RowSink,
        every: frozenset[str] = frozenset(),
        sightings: Sightings | None = None,
        with_sums: bool = False,
        in_turn: bool = False,
    ) -> None:
        self._sink = sink
        self._every = every
        self._sightings = sightings
        self._scope = reading.scope
        self._decoder = Decoder(FRAMES in every, reading.scope.since, reading.scope.until, with_sums=with_sums)
        self.exchanges = Exchanges(
            reading.gateways,
            reading.arp_wait,
            reading.echo_wait,
            reading.dns_wait,
            bool(every.intersection(PAIRED)),
            self._decoder.macs,
            TRANSFERS in every,
            in_turn,
        )
        self.capture = Capture(number, source, self.exchanges)

    def take(self, records: RecordBatch, alone: bool) -> None:
        """Take the next batch; ``alone``: the observation holds no other capture."""
        decoder, sightings = self._decoder, self._sightings
        if sightings is not None:
            decoder.follow = not alone or len(records.interfaces) > 1 or _may_be_several(records.interfaces)
            decoder.sample = sightings.sample
        frames = decoder.decode(records)
        self._settle(self.exchanges.feed(frames))
        if sightings is not None and frames.sighting_count:
            sightings.add(self.capture.number, frames)
        if FRAMES in self._every:
            self._sink(FRAMES, raw_frames(frames), 1)

    def close(self) -> None:
        """Let second threads finish their work."""
        self.exchanges.close()

    def finish(self, reader: Reader, heard_until: int | None = None) -> Capture:
        """The capture, now that it is at its end.

        ``heard_until``: it went on until then (nanoseconds since 1970), on all interfaces, also after its last frame.
        """
        capture, decoder, exchanges = self.capture, self._decoder, self.exchanges
        decoder.close()
        if isinstance(capture.source, Source) and capture.source.note is not None:
            capture.source.note.hold_against(reader)
        capture.groups = decoder.groups()
        if self._sightings is not None:
            self._sightings.address_pairs[capture.number] = decoder.address_pairs()
        if heard_until is not None:
            for interface in reader.interfaces:
                interface.until = max(interface.until or heard_until, heard_until)
        _end_with_scope(reader.interfaces, self._scope)
        until = [interface.until for interface in reader.interfaces]
        self._settle(exchanges.finish(capture.groups, reader.frames, until))
        exchanges.paired.forget(partial(_macs, capture.groups))
        capture.silent = exchanges.resolution_sums.silent()
        capture.tallies = {(ARP, group): sums for group, sums in exchanges.resolution_sums.tallies()}
        exchanges.resolution_sums.forget()
        for table in PAIRED:
            for bin_ in exchanges.paired.bins_of(table):
                capture.tallies.setdefault((table, bin_.group), AskerSums()).add_echoes(bin_)
        if FRAMES not in self._every:
            for group_number, group in enumerate(capture.groups):
                if group.count:
                    row = GroupRow(group_number, group.frames, group.first, group.ip_src, group.ip_dst)
                    self._sink(FRAMES, [row], group.count)
        capture.format, capture.frames, capture.interfaces = reader.format, reader.frames, reader.interfaces
        capture.problems = [*reader.problems, *_own_problems(decoder, reader.interfaces, exchanges)]
        return capture

    def _settle(self, finished: Iterator[Finished]) -> None:
        for table, rows, weight in finished:
            self._sink(table, rows, weight)


def read_capture(
    number: int,
    source: Captured,
    reading: Reading,
    sink: RowSink,
    every: frozenset[str] = frozenset(),
    progress: Progress | None = None,
    sightings: Sightings | None = None,
    alone: bool = True,
    with_sums: bool = False,
) -> Capture:
    """Read a capture once, as ``OpenCapture`` says. ``alone``: it is the only one of the observation.

    Raises CaptureError if the capture cannot be read at all; damage further in is noted in ``problems``.
    """
    # Opened first: of many files of a bundle nearly none is a capture, and what follows takes room and threads.
    with reading.open(source) as reader:
        opened = OpenCapture(number, source, reading, sink, every, sightings, with_sums)
        try:
            for records in reader.batches():
                opened.take(records, alone)
                if progress:
                    progress(source.path, source.consumed, reader.frames, opened.exchanges.so_far)
        finally:
            opened.close()
    return opened.finish(reader)


def _end_with_scope(interfaces: list[Interface], scope: Scope) -> None:
    """An answer that came after the time that counts is not missing: what was recorded ends there too."""
    for interface in interfaces:
        if interface.until is not None and scope.until is not None:
            interface.until = min(interface.until, scope.until)


def _macs(groups: list[FrameGroup], number: int) -> tuple[int | None, int | None]:
    return groups[number].src, groups[number].dst


def _may_be_several(interfaces: list[Interface]) -> bool:
    """Whether there may be more interfaces than are known so far.

    In what was recorded with ``-i any`` each frame has their number; in a text they come one by one.
    """
    return any(interface.link_type == COOKED2 or interface.printed for interface in interfaces)


def read_frames(source: Captured, reading: Reading, groups: Container[int]) -> Iterator[FrameRow]:
    """Every frame of some frame groups of a capture, one at a time; each is valid until the next is asked for."""
    decoder = Decoder(True, reading.scope.since, reading.scope.until)
    with reading.open(source) as reader:
        for records in reader.batches():
            batch = decoder.decode(records)
            rows = raw_frames(batch)
            for row, group in enumerate(batch.field(frame_layout.GROUP)):
                if group in groups:
                    yield FrameRow(rows, row)


def _own_problems(decoder: Decoder, interfaces: list[Interface], exchanges: Exchanges) -> Iterator[Problem]:
    """What was read but not understood: link types that are not decoded, and state dropped to bound memory."""
    if not any(interface.frames for interface in interfaces):
        is_sure = any(interface.until is not None for interface in interfaces)
        nothing = "no packet was seen while this was recorded" if is_sure else f"no packet in it: {NOTHING_SEEN}"
        yield Problem("empty", nothing)
    undecoded: Counter[str] = Counter()
    for interface in interfaces:
        if interface.frames and not interface.printed and interface.link_type not in LINKS:
            undecoded[link_name(interface.link_type).removeprefix("link type ")] += interface.frames
    for name, frames in undecoded.items():
        yield Problem("not-decoded", f"{frames} frames of link type {name} are counted but not decoded")
    for interface in interfaces:
        if interface.drops:
            name = clean(interface.name) if interface.name else f"interface {interface.number}"
            yield Problem("drops", f"{name} lost {interface.drops} packets while recording")
    if decoder.overflowed:
        yield Problem("too-many-senders", f"{decoder.overflowed} frames are of too many different MACs to tell apart")
    if decoder.passed_over:
        segments = "a segment" if decoder.passed_over == 1 else f"{decoder.passed_over} segments"
        yield Problem("evicted", f"more DNS messages were in {segments} of TCP than were looked at")
    evicted = exchanges.resolutions.evicted + exchanges.paired.evicted
    if evicted:
        yield Problem("evicted", f"{evicted} open exchanges were dropped, oldest first, to keep memory bounded")
    forgotten = exchanges.conversations.forgotten
    if forgotten:
        yield Problem("evicted", f"{forgotten} conversations were judged before their end, to keep memory bounded")
    if exchanges.claims.missed:
        yield Problem("evicted", f"{exchanges.claims.missed} claims of addresses were passed over: too many")
