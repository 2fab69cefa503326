"""Read a transcript of tcpdump or tshark: find its packets and hand them on as printed frames."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from itertools import chain

from msgspec import Struct

from pcapcheck.capture import scan_layout
from pcapcheck.capture.host_names import HostNames
from pcapcheck.capture.record import SMALLEST_RECORD, Interface, RecordBatch, Text, empty_matrix
from pcapcheck.capture.text import tshark
from pcapcheck.capture.text.banner import Described, Dropped, heading_line, known_line
from pcapcheck.capture.text.dissected_text import DissectedText
from pcapcheck.capture.text.dns import is_dns_in_pieces
from pcapcheck.capture.text.encoder import encode
from pcapcheck.capture.text.lines import plain, read_lines, without_heads
from pcapcheck.capture.text.link import parse
from pcapcheck.capture.text.link_types import ETHERNET
from pcapcheck.capture.text.names import PrintedAddresses
from pcapcheck.capture.text.packet_lines import PacketLines, begun_within, only_goes_on, starts, without_prefix
from pcapcheck.capture.text.packet_list import ListedPacket, row_of
from pcapcheck.capture.text.pktmon import MARK, PROVIDER, PacketMonitor
from pcapcheck.capture.text.printed_packet import (
    Datagram,
    Icmp,
    PrintedPacket,
    Transport,
    is_cut,
    is_cut_icmp,
    is_cut_in_tunnel,
    is_later_fragment,
    is_quiet,
)
from pcapcheck.capture.text.printed_sums import checksums_of, is_carrier_doubtful, is_wrong
from pcapcheck.capture.text.quotes import Quotes, inferred_expiry
from pcapcheck.capture.text.recognition import unidentified
from pcapcheck.capture.text.resent_rows import MARK as RESENT_MARK
from pcapcheck.capture.text.resent_rows import ResentRows
from pcapcheck.capture.text.stamps import Stamp, Timeline, parse_stamp
from pcapcheck.capture.text.streams import Streams
from pcapcheck.capture.text.transcript_notes import TranscriptNotes
from pcapcheck.capture.text.unnumbered_dns import UnnumberedDns
from pcapcheck.capture.text.usual_lines import awaits_ends
from pcapcheck.capture.text.usual_starts import begin, go_on
from pcapcheck.capture.window import Window
from pcapcheck.errors import EMPTY, NotACapture

SAMPLE = "16:22:59.584235 IP 10.0.0.1 > 10.0.0.2: ICMP echo request, id 15, seq 0, length 64"
# What a field of a batch holds at most.
MOST_IN_FIELD = (1 << 63) - 1
MOST_INTERFACES = 1 << 12
MOST_UNIDENTIFIED = 1 << 12
# One packet among this many must be understood for the text to count as a capture.
MOST_AHEAD = 1 << 12
FENCES = ("```", "~~~")
# A record in a batch: its fields in the order of ``scan_layout``.
_ROW = struct.Struct(f"={scan_layout.FIELDS}q")
# What was sent from the machine that recorded.
SENT = 1


class Record(Struct):
    """A packet on its way into a batch. ``understood`` is whether its line was."""

    packet: PrintedPacket
    interface: int
    text: Text
    time: int | None = None
    understood: bool = True


class TranscriptReader:
    """Reads the text that tcpdump or tshark printed, with whatever stands around it.

    Raises NotACapture if no line of theirs is understood.
    """

    format = "tcpdump text"

    def __init__(self, window: Window, name: str, batch_frames: int, names: HostNames) -> None:
        self.window = window
        self.batch_frames = batch_frames
        self.notes = TranscriptNotes()
        self.problems = self.notes.problems
        self.interfaces: list[Interface] = []
        self.frames = 0
        self._addresses = PrintedAddresses(names)
        self._described = Described()
        self._numbers: dict[tuple[str | None, int | None], int] = {}
        self._timeline = Timeline()
        self._held: list[Record] = []
        # Packets whose times are known, still to be handed on.
        self._done: list[Record] = []
        # Whether other text stands between the last packet and what follows.
        self._apart = False
        self._open: PacketLines | None = None
        self._quotes = Quotes()
        self._unnumbered = UnnumberedDns()
        self._resent = ResentRows()
        self._streams = Streams()
        self._dissected = DissectedText(self._addresses)
        self._monitor = PacketMonitor()
        # The number of tshark's latest row.
        self._row: int | None = None
        self._records = self._read()
        # The packets up to the first that is understood.
        self._ahead: list[Record] = []
        for record in self._records:
            self._ahead.append(record)
            if record.understood:
                return
            if len(self._ahead) >= MOST_AHEAD:
                break
        if self._described != Described() and not self._described.in_prose:
            raise self._nothing_understood(name)
        raise NotACapture(
            f"{name}: neither pcap nor pcapng, and no line is a packet as tcpdump or tshark prints it, like "
            f"{SAMPLE!r}; record with tcpdump -w",
            vague=True,
        )

    def _nothing_understood(self, name: str) -> NotACapture:
        """The error for a text in which tcpdump ran: nothing follows, or nothing that is understood."""
        ran = f"{name}: tcpdump ran" + (f" on {self._described.name}" if self._described.name else "")
        first = self._ahead[0].text.first if self._ahead else self.notes.other_after
        if first is None:
            return NotACapture(f"{ran} and no packet follows; nothing was seen there", EMPTY)
        return NotACapture(f"{ran}, but no line from {first} on is understood as a packet; one looks like {SAMPLE!r}")

    def batches(self) -> Iterator[RecordBatch]:
        batch = self._new_batch()
        for record in chain(self._take_ahead(), self._records):
            self._add(batch, record)
            if batch.count == self.batch_frames:
                yield self._finished(batch)
                batch = self._new_batch()
        if batch.count:
            yield self._finished(batch)
        self.problems += self._monitor.finish()
        self.problems += self._resent.problems()
        self.notes.finish()

    def _take_ahead(self) -> list[Record]:
        ahead, self._ahead = self._ahead, []
        return ahead

    def _new_batch(self) -> RecordBatch:
        matrix = empty_matrix(self.batch_frames)
        return RecordBatch(bytearray(), 0, self.frames + 1, 0, matrix, self.batch_frames, self.interfaces)

    def _finished(self, batch: RecordBatch) -> RecordBatch:
        batch.base = self.window.offset
        if self._addresses.names:
            batch.address_of = self._addresses.names.address_of
        return batch

    def _add(self, batch: RecordBatch, record: Record) -> None:
        """Add a printed frame to a batch, and count it at its interface."""
        packet, interface = record.packet, self.interfaces[record.interface]
        data = encode(packet)
        # Less was printed than was there: what is printed must not count as the whole frame.
        length = max(min(packet.length or 0, MOST_IN_FIELD), len(data) + 1)
        time = scan_layout.ABSENT_TIME if record.time is None else record.time
        direction = -1 if packet.direction is None else packet.direction
        place = batch.count * _ROW.size
        _ROW.pack_into(batch.matrix, place, len(batch.buffer), len(data), length, time, record.interface, direction)
        batch.buffer += data
        batch.texts.append(record.text)
        batch.count += 1
        self.frames += 1
        interface.frames += 1
        if isinstance(packet.body, Datagram):
            self._note_unidentified(interface, packet)
            if not isinstance(packet.body.upper, Icmp):
                if is_dns_in_pieces(packet.body.upper, record.text.words):
                    self.notes.dns_in_pieces(record.text.first)
                if isinstance(packet.body.upper, Transport) and is_quiet(packet.body.upper):
                    self.notes.without_flags(record.text.first)
            elif packet.body.upper.seq is None:
                interface.cut_icmp += is_cut_icmp(packet)
                interface.expiries += inferred_expiry(packet)
        if not record.understood:
            # It may have been the answer that seems to be missing.
            interface.unread += SMALLEST_RECORD
            self.notes.not_understood(record.text, self.frames)
        if packet.direction != SENT and (is_wrong(packet.checksums) or is_carrier_doubtful(packet)):
            self.notes.bad_sum(record.text)
        if is_cut_in_tunnel(packet):
            self.notes.tunnel_in_fragments(record.text)
        elif is_cut(packet):
            self.notes.cut(record.text)
        elif isinstance(packet.body, Datagram):
            later = is_later_fragment(packet.body, record.text.words)
            if later is not None:
                self.notes.fragment((packet.body.src, packet.body.dst), later, record.text)

    def _read(self) -> Iterator[Record]:
        """All packets, in the order of the text."""
        for number, raw in without_heads(read_lines(self.window)):
            self._line(number, raw)
            if self._done:
                yield from self._take_done()
        self._close()
        for packet in self._dissected.close():
            self._take_row(packet, 0, "")
        self._end_capture()
        yield from self._take_done()

    def _take_done(self) -> list[Record]:
        done, self._done = self._done, []
        return done

    def _line(self, number: int, raw: str) -> None:
        if MARK in raw and self._monitor.is_sighting(number, raw):
            self._close()
            return
        if PROVIDER in raw:
            # What it says of its components and counters.
            self._close()
            return
        if self._monitor.sighting is None:
            self._printed_line(number, raw)
            return
        sighting, words = self._monitor.sighting, self._monitor.words_of(raw)
        self._monitor.sighting = None
        self._printed_line(number, words)
        if self._open is not None and words is not raw:
            self._open.device = sighting.component

    def _printed_line(self, number: int, raw: str) -> None:
        block = self._open
        if block and go_on(block, number, raw, self._addresses):
            return
        usual = begin(number, raw, block, self._addresses)
        if usual is not None:
            self._close()
            self._open = usual
            return
        listed = self._dissected.take(number, raw)
        if listed is not None:
            self._close()
            for packet in listed:
                self._take_row(packet, number, raw)
            return
        line = plain(raw)
        if not line or line.isspace():
            return
        rest = without_prefix(line, block.prefix) if block else line
        if block and only_goes_on(line, rest):
            self._go_on(number, line, rest)
            return
        row = row_of(line, self._addresses)
        if row is not None:
            self._close()
            self._take_row(row, number, raw)
            return
        found = starts(line)
        if block and found and found[0].stamp is None and block.goes_on(rest):
            found = []
        if found:
            for begun in found:
                self._close()
                begun.first = begun.last = number
                self._open = begun
            return
        said = known_line(rest, self._described)
        if said is None:
            said = tshark.known_line(rest, self._described) or heading_line(rest, self._described)
        if isinstance(said, Described):
            self._close()
            self._end_capture()
            self._described = said
            self._timeline = Timeline(said.stamps)
            self._numbers = {}
            self._dissected.begin(said)
            self.notes.other_after = None
        elif said is True:
            # Anything may stand between two fences.
            self._apart = self._apart or line.lstrip().startswith(FENCES)
        elif isinstance(said, Dropped):
            self._close()
            if self._numbers:
                self.interfaces[max(self._numbers.values())].drops += said.count
        elif not self._takes_filled(number, rest):
            self._go_on(number, line, rest)

    def _go_on(self, number: int, line: str, rest: str) -> None:
        """Take a line that goes on with the packet that was begun, or is none of a packet."""
        if not (self._open and self._open.take(number, line, rest)):
            self._close()
            self._note_other(number, line)

    def _takes_filled(self, number: int, rest: str) -> bool:
        """Take a line that ends the packet that was begun, and in which another begins; whether it is such."""
        begun = begun_within(rest) if self._open is not None and not self._open.is_whole else 0
        if not begun or self._open is None or not self._open.take(number, rest[:begun], rest[:begun]):
            return False
        self._printed_line(number, rest[begun:])
        return True

    def _close(self) -> None:
        """Finish the packet that was begun."""
        block, self._open = self._open, None
        if block is None:
            return
        for number, line in block.close():
            self._note_other(number, line)
        packet = block.packet
        if packet is None or awaits_ends(packet):
            packet = parse(block.lines, self._addresses)
        if packet is not None:
            self._unnumbered.take(packet)
            self._quotes.take(packet)
            self._streams.take(packet)
        if packet is not None and block.device is not None:
            packet.device = block.device
        if packet is None and block.stamp is None:
            self._note_other(block.first, "\n".join(block.raw))
            return
        stamp = parse_stamp(block.stamp) if block.stamp else None
        new_capture = self._timeline.begins_capture(stamp, self._apart)
        self._hand_on(packet, stamp, Text(block.first, block.last, "\n".join(block.raw)), new_capture)

    def _take_row(self, row: ListedPacket, number: int, raw: str) -> None:
        """Take the packet of a row of tshark."""
        self.format = "tshark text"
        self._quotes.take(row.packet)
        if RESENT_MARK in raw:
            self._resent.take(row, number, raw)
        again = row.number is not None and self._row is not None and row.number <= self._row
        new_capture = again or self._timeline.begins_capture(row.stamp, self._apart)
        before = None if new_capture else self._row
        text = row.text or Text(number, number, plain(raw).rstrip())
        self._hand_on(row.packet, row.stamp, text, new_capture)
        if row.number is not None and before is not None and row.number > before + 1:
            missing = row.number - before - 1
            self.notes.left_out += missing
            # The answer that seems to be missing may be among them.
            self.interfaces[self._interface(row.packet)].unread += missing * SMALLEST_RECORD
        self._row = row.number

    def _hand_on(self, packet: PrintedPacket | None, stamp: Stamp | None, text: Text, new_capture: bool) -> None:
        """Hand on a packet, None if it was not understood. ``new_capture``: another capture begins with it."""
        if new_capture:
            self._end_capture()
            self._numbers = {}
            if self._apart:
                self._described = Described()
        self._apart = False
        understood = packet is not None and packet.understood
        if packet is not None:
            packet.checksums = checksums_of(packet, self._described.snaplen, self._described.verified)
        record = Record(packet or PrintedPacket(), 0, text, understood=understood)
        record.interface = self._interface(record.packet)
        self._held.append(record)
        self._timed(self._timeline.take(stamp))

    def _end_capture(self) -> None:
        """What comes next was recorded by another call of tcpdump."""
        self._timed(self._timeline.finish())
        self._timeline = Timeline(self._described.stamps)
        self._row = None

    def _timed(self, times: list[int | None]) -> None:
        """Hand on the packets held back whose times are known now."""
        for record, time in zip(self._held, times, strict=False):
            record.time = time
            self._done.append(record)
        del self._held[: len(times)]

    def _interface(self, packet: PrintedPacket) -> int:
        """The number of the interface that a packet was recorded on, made if it is new."""
        described = self._described
        key = (packet.device, packet.ifindex if packet.device else None)
        number = self._numbers.get(key)
        if number is None:
            if len(self.interfaces) >= MOST_INTERFACES:
                return len(self.interfaces) - 1
            name = packet.device if packet.device and described.sure_of_names and packet.device != "?" else None
            link_type = described.link_type if described.link_type is not None else packet.link_type
            number = self._numbers[key] = len(self.interfaces)
            self.interfaces.append(
                Interface(
                    number,
                    ETHERNET if link_type is None else link_type,
                    name=name or (None if packet.device else described.name),
                    snaplen=described.snaplen,
                    filter=described.filter,
                    printed=True,
                    doubtful=bool(name) and packet.ifindex is not None and not described.live,
                )
            )
        return number

    def _note_other(self, number: int, line: str) -> None:
        self._apart = True
        self.notes.other(number, line)

    def _note_unidentified(self, interface: Interface, packet: PrintedPacket) -> None:
        pair = unidentified(packet)
        if pair is not None and len(interface.unidentified) < MOST_UNIDENTIFIED:
            interface.unidentified.add(pair)
