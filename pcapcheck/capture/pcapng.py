"""The pcapng container: sections of blocks (draft-ietf-opsawg-pcapng; libpcap sf-pcapng.c).

Packet blocks are found by the scanning loop; everything else (section headers, interface descriptions,
statistics) is read here. Blocks of other types are skipped. Behind damage, reading goes on only where interface
numbers are beyond doubt: within the section once packets were read and no interface description is damaged, else in
the next section.
"""

from __future__ import annotations

import struct
from array import array
from collections import Counter
from collections.abc import Iterator

from pcapcheck.capture import salvage, scan, scan_layout
from pcapcheck.capture.described_pod import LONGEST_DESCRIPTION, described_pod
from pcapcheck.capture.gaps import Gaps
from pcapcheck.capture.host_names import HostNames
from pcapcheck.capture.name_records import NAME_RESOLUTION, read_names
from pcapcheck.capture.pcapng_blocks import COMMENT, INTERFACE_ABOUT
from pcapcheck.capture.record import Interface, Problem, RecordBatch, empty_matrix, largest_frame
from pcapcheck.capture.scan_layout import (
    ENHANCED_PACKET,
    INTERFACE_DESCRIPTION,
    INTERFACE_STATISTICS,
    LARGEST_BLOCK,
    LARGEST_SALVAGED_BLOCK,
    OBSOLETE_PACKET,
    SECTION_HEADER,
    SIMPLE_PACKET,
)
from pcapcheck.capture.window import Window
from pcapcheck.errors import CaptureError

MAGIC = struct.pack(">I", SECTION_HEADER)
BYTE_ORDERS = {b"\x1a\x2b\x3c\x4d": ">", b"\x4d\x3c\x2b\x1a": "<"}
PACKETS = (ENHANCED_PACKET, SIMPLE_PACKET, OBSOLETE_PACKET)
# Bounds what is kept of interfaces over all sections, however large the file.
MOST_INTERFACES = 1 << 13
LARGEST_DESCRIPTIONS = 1 << 26
# The longest options of one packet that are believed.
LARGEST_OPTIONS = 1 << 16

# Why the loop stopped at a packet block -> the kind of problem, and what is wrong.
WRONG = {
    scan_layout.MALFORMED: ("damaged-block", "the lengths of a packet block contradict each other"),
    scan_layout.NO_INTERFACE: ("no-interface", "a packet names an interface that was never described"),
    scan_layout.TOO_LARGE: ("record-too-large", "a packet claims more bytes than any frame has"),
}


class Damage(Exception):
    """A block that contradicts itself."""


class _LimitReached(Damage):
    """More than can be kept: reading ends here."""


class PcapngReader:
    """Reads one pcapng stream. Raises CaptureError where not even the first section header can be read."""

    format = "pcapng"

    def __init__(self, window: Window, name: str, batch_frames: int, names: HostNames | None = None) -> None:
        self.window = window
        self.names = HostNames() if names is None else names
        self.batch_frames = batch_frames
        self.problems: list[Problem] = []
        self.interfaces: list[Interface] = []
        self.frames = 0
        self._order = "<"
        self._section: list[Interface] = []
        self._rows = array("q")
        self._described = 0
        self._packets = 0
        self._gaps = Gaps(window)
        try:
            if not self._control_block():
                raise Damage("the file is cut inside its first section header")
        except Damage as damage:
            raise CaptureError(f"{name}: not a readable pcapng file: {damage}") from None

    def batches(self) -> Iterator[RecordBatch]:
        yield from self._read()
        self._gaps.report_to(self.problems)

    def _read(self) -> Iterator[RecordBatch]:
        window = self.window
        matrix = empty_matrix(self.batch_frames)
        state = array("q", bytes(8 * scan_layout.STATE_SIZE))
        while True:
            state[scan_layout.POSITION] = window.position
            scan.scan_pcapng(
                window.buffer,
                window.end,
                self._order == ">",
                self._rows,
                len(self._section),
                matrix,
                self.batch_frames,
                state,
            )
            window.position = state[scan_layout.POSITION]
            if state[scan_layout.COUNT]:
                yield self._batch(matrix, state[scan_layout.COUNT])
            status = state[scan_layout.STATUS]
            if status == scan_layout.BLOCK:
                here = window.offset
                try:
                    whole = self._control_block()
                except _LimitReached as limit:
                    self._note("damaged-block", f"{limit}: stopped here")
                    return
                except Damage as damage:
                    window.position -= window.offset - here
                    if not self._resume("damaged-block", str(damage)):
                        return
                    continue
                if not whole and not self._is_damage("a block that is no packet"):
                    return
            elif status in WRONG:
                if not self._resume(*WRONG[status]):
                    return
            elif status == scan_layout.MORE:
                needed = state[scan_layout.NEEDED]
                if not window.ensure(needed) and not self._is_damage(f"frame {self.frames + 1}"):
                    return

    def _is_damage(self, where: str) -> bool:
        """Distinguish the end of the file, or a cut inside ``where``, from a block that only claims to go on."""
        window = self.window
        if not window.unread:
            return False
        here, order = window.offset, self._order
        head = window.peek(28)
        if len(head) == 28:
            block_type, total, _number, _high, _low, captured, _length = struct.unpack(order + "7I", head)
            sound = block_type in (ENHANCED_PACKET, OBSOLETE_PACKET) and 0 <= total - 32 - captured <= LARGEST_OPTIONS
            if not sound and self._search(here + 1, self._may_go_on(block_type), LARGEST_BLOCK):
                self._add("damaged-block", f"a block claims {total} bytes, more than there are", here)
                return True
            window.position -= window.offset - here
        self._note("cut", f"the capture is cut inside {where}")
        return False

    def _resume(self, kind: str, what: str) -> bool:
        """Find where blocks go on after the damaged block at the window's position; False where they do not."""
        window = self.window
        here, order = window.offset, self._order
        head = window.peek(8)
        block_type, total = struct.unpack(order + "II", head)
        total += -total % 4
        start, goes_on = here + 1, self._may_go_on(block_type)
        if 12 <= total <= LARGEST_BLOCK and window.ensure(total):
            trailer = window.position + total - 4
            if window.buffer[trailer : trailer + 4] == head[4:]:
                # Only its content is damaged.
                start = here + total
                if block_type in PACKETS:
                    window.position += total
                    self._add(kind, what, here)
                    return True
        found = self._search(start, goes_on)
        self._add(kind, what, here, found)
        return found

    def _may_go_on(self, block_type: int) -> bool:
        """Whether interface numbers are beyond doubt after a damaged block: all were described before the packets."""
        return self._packets > 0 and block_type not in (SECTION_HEADER, INTERFACE_DESCRIPTION)

    def _search(self, start: int, goes_on: bool, most: int | None = None) -> bool:
        """Move the window to where blocks begin again; only in a new section unless this one ``goes_on``."""
        big, count = self._order == ">", len(self._section) if goes_on else 0

        def find(buffer: bytearray, position: int, until: int, end: int, whole: bool) -> int:
            return salvage.find_block(buffer, position, until, end, whole, big, count)

        return self._gaps.search(find, 2 * LARGEST_SALVAGED_BLOCK, start, most)

    def _add(self, kind: str, what: str, byte: int, went_on: bool = True) -> None:
        self._gaps.add(kind, what, self.frames, byte, self._section, went_on)

    def _batch(self, matrix: array[int], count: int) -> RecordBatch:
        first = self.frames + 1
        self.frames += count
        self._packets += count
        interfaces = matrix[scan_layout.INTERFACE : count * scan_layout.FIELDS : scan_layout.FIELDS]
        counts = {0: count} if len(self.interfaces) == 1 else Counter(interfaces)
        # Only the interfaces of this batch, since there may be many, each with a batch of its own.
        before = len(self.interfaces) - len(self._section)
        for number, frames in counts.items():
            interface = self.interfaces[number]
            interface.frames += frames
            dropped = (number - before) * scan_layout.INTERFACE_FIELDS + scan_layout.DROPS
            interface.drops += self._rows[dropped]
            self._rows[dropped] = 0
        window = self.window
        return RecordBatch(
            window.buffer, window.base, first, count, matrix, self.batch_frames, self.interfaces, order=self._order
        )

    def _control_block(self) -> bool:
        """Read the block at the window's position, which is no packet; False if the stream is cut inside it."""
        window = self.window
        head = window.peek(12)
        if len(head) < 12:
            return False
        if head[:4] == MAGIC:
            order = BYTE_ORDERS.get(head[8:12])
            if order is None:
                raise Damage("a section header without its byte-order magic")
            self._order = order
        block_type, total = struct.unpack(self._order + "II", head[:8])
        if total < 12 or (block_type == SECTION_HEADER and total < 28):
            raise Damage(f"a block of type {block_type:#x} claims to be {total} bytes long")
        total += -total % 4
        if total > LARGEST_BLOCK:
            raise Damage(f"a block of type {block_type:#x} claims to be {total} bytes long")
        if not window.ensure(total):
            return False
        end = window.position + total
        if window.buffer[end - 4 : end] != head[4:8]:
            raise Damage(f"the two lengths of a block of type {block_type:#x} differ")
        if block_type not in (SECTION_HEADER, INTERFACE_DESCRIPTION, INTERFACE_STATISTICS, NAME_RESOLUTION):
            window.position = end
            return True
        block = window.take(total)
        if block_type == SECTION_HEADER:
            self._begin_section(block)
        elif block_type == INTERFACE_DESCRIPTION:
            self._describe_interface(block)
        elif block_type == NAME_RESOLUTION:
            for address, name in read_names(block, self._order):
                self.names.resolve(address, name)
        else:
            self._statistics(block)
        return True

    def _begin_section(self, block: bytes) -> None:
        major, minor = struct.unpack(self._order + "HH", block[12:16])
        if major != 1 or minor not in (0, 2):
            raise Damage(f"pcapng version {major}.{minor} is not known (1.0 is)")
        self._section = []
        self._rows = array("q")
        self._packets = 0

    def _describe_interface(self, block: bytes) -> None:
        if len(block) < 20:
            raise Damage("an interface description without its link type")
        self._described += len(block)
        if len(self.interfaces) >= MOST_INTERFACES or self._described > LARGEST_DESCRIPTIONS:
            raise _LimitReached(f"more interface descriptions than can be kept ({len(self.interfaces)} so far)")
        link_type, _reserved, snaplen = struct.unpack(self._order + "HHI", block[8:16])
        interface = Interface(len(self.interfaces), link_type, snaplen=snaplen)
        units, shift, offset = 10**6, -1, 0
        for code, value in self._options(block, 16):
            if code in (COMMENT, INTERFACE_ABOUT) and (text := _text(value)):
                interface.pod = interface.pod or described_pod(text)
                # Of both the description is about the interface; comments say which tool wrote it.
                interface.description = text if code == INTERFACE_ABOUT else interface.description or text
            elif code == 2:
                interface.name = value.rstrip(b"\0").decode("utf-8", "replace")
            elif code == 9 and value:
                units, shift = self._resolution(value[0])
            elif code == 11 and value[:1] == b"\0":
                interface.filter = value[1:].rstrip(b"\0").decode("utf-8", "replace")
            elif code == 13 and value:
                # In bits; no check sequence is shorter than 8, so a smaller number was meant in bytes.
                interface.fcs_bytes = value[0] // 8 if value[0] >= 8 else value[0]
            elif code == 14 and len(value) == 8:
                (offset,) = struct.unpack(self._order + "q", value)
        # Beyond what nanoseconds in 64 bits can hold, every packet's time is absent; the bound keeps sums inside.
        offset = max(-4 * scan_layout.LARGEST_SECONDS, min(offset, 4 * scan_layout.LARGEST_SECONDS))
        largest = largest_frame(link_type)
        self._rows.extend([units, shift, offset, min(snaplen, 1 << 31), 0, interface.number, largest])
        self._section.append(interface)
        self.interfaces.append(interface)

    @staticmethod
    def _resolution(value: int) -> tuple[int, int]:
        """if_tsresol: ticks per second as a power of ten, or its logarithm to base two."""
        exponent = value & 0x7F
        if value & 0x80:
            if exponent > 63:
                raise Damage(f"an interface with a time resolution of 2^-{exponent} s")
            return 0, exponent
        if exponent > 18:
            raise Damage(f"an interface with a time resolution of 10^-{exponent} s")
        return int(10**exponent), -1

    def _statistics(self, block: bytes) -> None:
        if len(block) < 24:
            return
        (number,) = struct.unpack(self._order + "I", block[8:12])
        if number >= len(self._section):
            return
        dropped = [
            struct.unpack(self._order + "Q", value)[0]
            for code, value in self._options(block, 20)
            if code in (5, 7) and len(value) == 8
        ]
        # Statistics count since the start of the capture, so the latest block holds the sum.
        self._section[number].drops = max([self._section[number].drops, sum(dropped)])

    def _options(self, block: bytes, position: int) -> Iterator[tuple[int, bytes]]:
        """Code and value of each option, as far as they stay inside the block."""
        end = len(block) - 4
        while position + 4 <= end:
            code, size = struct.unpack(self._order + "HH", block[position : position + 4])
            position += 4
            if code == 0:
                return
            if position + size > end:
                if not any(problem.kind == "damaged-option" for problem in self.problems):
                    self._note("damaged-option", f"option {code} runs past the end of its block")
                return
            yield code, block[position : position + size]
            position += size + -size % 4

    def _note(self, kind: str, message: str) -> None:
        self.problems.append(Problem(kind, message, frame=self.frames or None, byte=self.window.offset))


def _text(value: bytes) -> str:
    return value[:LONGEST_DESCRIPTION].rstrip(b"\0").decode("utf-8", "replace")
