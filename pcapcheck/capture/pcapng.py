"""The pcapng container: sections of blocks (draft-ietf-opsawg-pcapng; libpcap sf-pcapng.c).

Packet blocks are found by the scanning loop; everything else (section headers, interface descriptions,
statistics) is read here. Blocks of other kinds are passed over.
"""

from __future__ import annotations

import struct
from array import array
from collections import Counter
from collections.abc import Iterator

from pcapcheck.capture import layout, scan
from pcapcheck.capture.record import Interface, Problem, RecordBatch, empty_matrix
from pcapcheck.capture.window import Window
from pcapcheck.errors import CaptureError

SECTION_HEADER = 0x0A0D0D0A
MAGIC = struct.pack(">I", SECTION_HEADER)
INTERFACE_DESCRIPTION = 1
INTERFACE_STATISTICS = 5

BYTE_ORDERS = {b"\x1a\x2b\x3c\x4d": ">", b"\x4d\x3c\x2b\x1a": "<"}
LARGEST_CONTROL_BLOCK = 1 << 24
# What is kept of interfaces over all sections is bounded, however large the file.
MOST_INTERFACES = 1 << 16
LARGEST_DESCRIPTIONS = 1 << 26


class Damage(Exception):
    """A block that contradicts itself: reading stops there."""


class PcapngReader:
    """Reads one pcapng stream. Raises CaptureError where not even the first section header can be read."""

    format = "pcapng"

    def __init__(self, window: Window, name: str, batch_frames: int) -> None:
        self.window = window
        self.batch_frames = batch_frames
        self.problems: list[Problem] = []
        self.interfaces: list[Interface] = []
        self.frames = 0
        self._order = "<"
        self._section: list[Interface] = []
        self._rows = array("q")
        self._described = 0
        try:
            if not self._control_block():
                raise Damage("the file is cut inside its first section header")
        except Damage as damage:
            raise CaptureError(f"{name}: not a readable pcapng file: {damage}") from None

    def batches(self) -> Iterator[RecordBatch]:
        window = self.window
        matrix = empty_matrix(self.batch_frames)
        state = array("q", bytes(8 * layout.STATE_SIZE))
        while True:
            state[layout.POSITION] = window.position
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
            window.position = state[layout.POSITION]
            if state[layout.COUNT]:
                yield self._batch(matrix, state[layout.COUNT])
            status = state[layout.STATUS]
            try:
                if status == layout.BLOCK and not self._control_block():
                    self._note("cut", "the capture is cut inside a block that is no packet")
                    return
            except Damage as damage:
                self._note("damaged-block", f"{damage}: stopped here")
                return
            if status == layout.MALFORMED:
                self._note("damaged-block", "a packet block's lengths contradict each other: stopped here")
                return
            if status == layout.NO_INTERFACE:
                self._note("no-interface", "a packet names an interface that was never described: stopped here")
                return
            if status == layout.TOO_LARGE:
                self._note("record-too-large", "a packet claims more bytes than any frame has: stopped here")
                return
            if status == layout.MORE and not window.more():
                if window.unread:
                    self._note("cut", f"the capture is cut inside frame {self.frames + 1}")
                return

    def _batch(self, matrix: array[int], count: int) -> RecordBatch:
        first = self.frames + 1
        self.frames += count
        interfaces = matrix[layout.INTERFACE : count * layout.FIELDS : layout.FIELDS]
        counts = {0: count} if len(self.interfaces) == 1 else Counter(interfaces)
        # Only the interfaces of this batch: there may be many, and a batch for each.
        before = len(self.interfaces) - len(self._section)
        for number, frames in counts.items():
            interface = self.interfaces[number]
            interface.frames += frames
            dropped = (number - before) * layout.INTERFACE_FIELDS + layout.DROPS
            interface.drops += self._rows[dropped]
            self._rows[dropped] = 0
        window = self.window
        return RecordBatch(window.buffer, window.base, first, count, matrix, self.batch_frames, self.interfaces)

    def _control_block(self) -> bool:
        """Read the block at the window's position, which is no packet; False where the stream is cut inside it."""
        window = self.window
        head = window.peek(12)
        if len(head) < 12:
            return False
        if head[:4] == MAGIC:
            order = BYTE_ORDERS.get(head[8:12])
            if order is None:
                raise Damage("a section header without its byte-order magic")
            self._order = order
        kind, total = struct.unpack(self._order + "II", head[:8])
        if total < 12 or (kind == SECTION_HEADER and total < 28):
            raise Damage(f"a block of type {kind:#x} claims to be {total} bytes long")
        total += -total % 4
        if kind not in (SECTION_HEADER, INTERFACE_DESCRIPTION, INTERFACE_STATISTICS):
            return self._pass_over(total)
        if total > LARGEST_CONTROL_BLOCK:
            raise Damage(f"a block of type {kind:#x} claims to be {total} bytes long")
        if not window.ensure(total):
            return False
        block = window.take(total)
        if block[-4:] != block[4:8]:
            raise Damage(f"a block of type {kind:#x} whose two lengths differ")
        if kind == SECTION_HEADER:
            self._begin_section(block)
        elif kind == INTERFACE_DESCRIPTION:
            self._describe_interface(block)
        else:
            self._statistics(block)
        return True

    def _pass_over(self, total: int) -> bool:
        window = self.window
        length = window.peek(8)[4:]
        if not window.skip(total - 4):
            return False
        trailer = window.take(4)
        if len(trailer) == 4 and trailer != length:
            raise Damage("a block whose two lengths differ")
        return len(trailer) == 4

    def _begin_section(self, block: bytes) -> None:
        major, minor = struct.unpack(self._order + "HH", block[12:16])
        if major != 1 or minor not in (0, 2):
            raise Damage(f"pcapng version {major}.{minor} is not known (1.0 is)")
        self._section = []
        self._rows = array("q")

    def _describe_interface(self, block: bytes) -> None:
        if len(block) < 20:
            raise Damage("an interface description without its link type")
        self._described += len(block)
        if len(self.interfaces) >= MOST_INTERFACES or self._described > LARGEST_DESCRIPTIONS:
            raise Damage(f"more interface descriptions than can be kept ({len(self.interfaces)} so far)")
        link_type, _reserved, snaplen = struct.unpack(self._order + "HHI", block[8:16])
        interface = Interface(len(self.interfaces), link_type, snaplen=snaplen)
        units, shift, offset = 10**6, -1, 0
        for code, value in self._options(block, 16):
            if code == 2:
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
        # Beyond what nanoseconds in 64 bits can tell, every packet's time is absent; the bound keeps sums inside.
        offset = max(-4 * layout.LARGEST_SECONDS, min(offset, 4 * layout.LARGEST_SECONDS))
        self._rows.extend([units, shift, offset, min(snaplen, 1 << 31), 0, interface.number])
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
