"""The classic pcap container: a 24-byte file header, then records (draft-ietf-opsawg-pcap; libpcap sf-pcap.c)."""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterator

from pcapcheck.capture import salvage, scan, scan_layout
from pcapcheck.capture.gaps import Gaps
from pcapcheck.capture.patched import MODIFIED, STANDARD, record_header
from pcapcheck.capture.record import Interface, Problem, RecordBatch, empty_matrix, largest_frame
from pcapcheck.capture.waymarks import STRIDE, PassedOver
from pcapcheck.capture.window import Window
from pcapcheck.errors import CaptureError

# First four bytes of the file -> (byte order, nanoseconds, sizes that a record header may have).
MAGICS: dict[bytes, tuple[str, bool, tuple[int, ...]]] = {
    struct.pack(order + "I", magic): (order, nanoseconds, sizes)
    for order in ("<", ">")
    for magic, nanoseconds, sizes in (
        (0xA1B2C3D4, False, STANDARD),
        (0xA1B23C4D, True, STANDARD[:1]),
        (0xA1B2CD34, False, MODIFIED),
    )
}

# A run of zeros this long holds no records, although each 16 bytes of it could be an empty one.
BLANK_BYTES = 4096


class PcapReader:
    """Reads one classic pcap stream whose magic was recognised.

    Raises CaptureError where the file header is cut or of an unknown version.
    """

    format = "pcap"

    def __init__(self, window: Window, name: str, batch_frames: int) -> None:
        self.window = window
        self.problems: list[Problem] = []
        self.frames = 0
        self.batch_frames = batch_frames
        # Where records begin, one in STRIDE; what may be passed over, if only a few are wanted.
        self.offsets = array("q")
        self.passed_over: PassedOver | None = None
        self._gaps = Gaps(window)
        self._state = array("q", bytes(8 * scan_layout.STATE_SIZE))
        self._state[scan_layout.LATEST] = -1
        # How many odd headers were taken for records, and where the bytes of the last record begin.
        self._odd = 0
        header = window.take(24)
        self._latest = window.offset
        if len(header) < 24:
            raise CaptureError(
                f"{name}: cut inside the pcap file header ({len(header)} of 24 bytes); capture again or copy it again"
            )
        order, self.nanoseconds, sizes = MAGICS[header[:4]]
        self.big = order == ">"
        major, minor, _zone, _figures, snaplen, link = struct.unpack(order + "HHiIII", header[4:])
        self.swapped = self._swapped(major, minor, name)
        self.record_header = record_header(window, order, sizes, self.swapped)
        # The link type is the low half of the word. Bit 26 says whether bits 28-31 hold the length of the frame
        # check sequence, in units of 16 bits.
        fcs_bytes = 2 * (link >> 28) if link & (1 << 26) else 0
        self.interfaces = [Interface(0, link & 0xFFFF, snaplen=snaplen, fcs_bytes=fcs_bytes)]
        self.largest = largest_frame(link & 0xFFFF)
        if link & 0x0BFF0000:
            self.problems.append(
                Problem("reserved-bits", f"reserved bits of the link type word are set ({link:#010x})", byte=20)
            )

    @staticmethod
    def _swapped(major: int, minor: int, name: str) -> int:
        """Whether captured and wire length are exchanged: in files of 2.2 and older and 543.0; in 2.3 sometimes."""
        if (major, minor) == (543, 0) or (major == 2 and minor <= 2):
            return 1
        if (major, minor) == (2, 3):
            return 2
        if (major, minor) == (2, 4):
            return 0
        raise CaptureError(
            f"{name}: pcap version {major}.{minor} is not known (2.0 to 2.4 are); rewrite it with a current tcpdump"
        )

    @property
    def is_whole(self) -> bool:
        """Whether records were read to the end, none passed over, and nothing was odd about them."""
        read = bool(self.offsets) and self.window.at_eof and not self.window.unread
        return read and not (self.problems or self._odd or self.passed_over)

    def batches(self) -> Iterator[RecordBatch]:
        yield from self._read()
        self._gaps.report_to(self.problems)

    def _read(self) -> Iterator[RecordBatch]:
        window = self.window
        interface = self.interfaces[0]
        matrix = empty_matrix(self.batch_frames)
        state = self._state
        oversized = 0
        while True:
            self._jump()
            state[scan_layout.POSITION] = window.position
            scan.scan_pcap(
                window.buffer,
                window.end,
                self.big,
                self.record_header,
                self.swapped,
                self.nanoseconds,
                self.largest,
                matrix,
                self.batch_frames,
                state,
            )
            window.position = state[scan_layout.POSITION]
            count, status = state[scan_layout.COUNT], state[scan_layout.STATUS]
            if count:
                first = self.frames + 1
                self._note_offsets(matrix, count)
                self.frames += count
                interface.frames += count
                self._latest = window.base + matrix[(count - 1) * scan_layout.FIELDS + scan_layout.OFFSET]
                if not oversized and 0 < interface.snaplen < scan_layout.LARGEST_FRAME:
                    oversized = self._oversized(matrix, count, first, interface.snaplen)
                yield RecordBatch(window.buffer, window.base, first, count, matrix, self.batch_frames, self.interfaces)
            if status == scan_layout.TOO_LARGE:
                claimed = self._lengths()[0]
                if not self._resume("record-too-large", f"a record claims {claimed} bytes, more than any frame has"):
                    return
            elif status == scan_layout.ZEROS:
                if not self._pass_zeros():
                    return
            elif status == scan_layout.SUSPECT:
                self._question()
            elif status == scan_layout.MORE and not (
                self._jump() or self._more(state[scan_layout.NEEDED]) or self._is_damage()
            ):
                return

    def _note_offsets(self, matrix: array[int], count: int) -> None:
        """Note where one record in STRIDE begins, of those that are about to be counted."""
        first, step = -self.frames % STRIDE, scan_layout.FIELDS
        header = self.window.base - self.record_header
        starts = matrix[first * step + scan_layout.OFFSET : count * step : STRIDE * step]
        self.offsets.extend([header + start for start in starts])

    def _jump(self) -> bool:
        """Pass over what nobody wants, as far as it is known where to go on; whether there was such."""
        found = self.passed_over and self.passed_over.jump(self.frames)
        if not found:
            return False
        self.frames, offset = found
        self.window.jump(offset)
        self._latest = offset
        self._state[scan_layout.LATEST] = -1
        return True

    def _more(self, needed: int) -> bool:
        """Read on until ``needed`` bytes are there, and keep the last record: its length may turn out to be wrong."""
        window = self.window
        passed = window.offset - self._latest
        if passed > scan_layout.LARGEST_FRAME:
            passed = 0
            self._latest = window.offset
        window.position -= passed
        more = window.ensure(passed + needed)
        window.position += passed
        return more

    def _is_damage(self) -> bool:
        """Distinguish the end of the file, or a cut, from a first record that only claims to go on.

        A damaged header of a later record would be odd.
        """
        window = self.window
        if not window.unread:
            return False
        here = window.offset
        if not self.frames and window.unread > self.record_header and self._search(here + 1, 0, window.unread):
            self._add("damaged-record", "the header of the first record contradicts those that follow", here)
            return True
        window.position -= window.offset - here
        self._note("cut", f"the capture is cut inside frame {self.frames + 1}")
        return False

    def _oversized(self, matrix: array[int], count: int, first: int, snaplen: int) -> int:
        """Note the first record longer than the snapshot length; its bytes are kept, as Wireshark does."""
        captured = matrix[scan_layout.CAPTURED : count * scan_layout.FIELDS : scan_layout.FIELDS]
        if max(captured) <= snaplen:
            return 0
        row = next(row for row, size in enumerate(captured) if size > snaplen)
        self.problems.append(
            Problem(
                "longer-than-snaplen",
                f"frame {first + row} holds {captured[row]} bytes although the snapshot length is {snaplen}",
                frame=first + row,
            )
        )
        return 1

    def _pass_zeros(self) -> bool:
        """Accept a record of zeros, or pass over zeros that are no record; False if nothing follows them."""
        window = self.window
        ahead = window.peek(BLANK_BYTES)
        zeros = len(ahead) - len(ahead.lstrip(b"\0"))
        if zeros == BLANK_BYTES:
            return self._resume("zeros", "zeros stand where records should")
        here = window.offset
        # Nor are those before a record of today, nor those that do not reach to the next record exactly.
        found = zeros < len(ahead) and self._search(here + 1, here, zeros + self.record_header)
        if found and ((window.offset - here) % self.record_header or self._words(0, 1)[0] > scan_layout.DAY):
            self._add("zeros", "zeros stand where records should", here)
            return True
        window.position -= window.offset - here
        self._state[scan_layout.ZEROS_ALLOWED] = max(1, zeros // self.record_header)
        return True

    def _question(self) -> None:
        """Accept a record with an odd header, unless others begin inside it or inside the record before.

        Captures may be odd throughout, so each that is taken buys twice as many their passage.
        """
        window = self.window
        here = window.offset
        captured, _length = self._lengths()
        end = here + self.record_header + captured
        # If there is a single record before this one, its time may be the damage.
        if self._search(self._latest, end, end - self._latest, self.frames > 1):
            self._add("damaged-record", "the header of a record contradicts those that follow", here)
            return
        window.position -= window.offset - here
        self._odd = min(self._odd + 1, 40)
        self._state[scan_layout.TRUSTED] = 1 << self._odd

    def _resume(self, kind: str, what: str) -> bool:
        """Find where records go on after the damage at the window's position; False where they do not."""
        window = self.window
        here = window.offset
        start = here + 1
        if kind != "zeros":
            start = self._latest
            # One of the two lengths may be sound.
            _captured, length = self._lengths()
            following = here + self.record_header + length
            if length <= scan_layout.LARGEST_FRAME and self._search(following, 0, 1):
                self._add(kind, what, here)
                return True
            window.position -= window.offset - here
        found = self._search(start, here)
        self._add(kind, what, here, found)
        return found

    def _lengths(self) -> tuple[int, int]:
        """Captured and wire length of the record whose header begins at the window's position."""
        captured, length = self._words(2, 4)
        swapped = self.swapped == 1 or (self.swapped == 2 and captured > length)
        return (length, captured) if swapped else (captured, length)

    def _words(self, first: int, last: int) -> tuple[int, ...]:
        """Words of the record header at the window's position."""
        return struct.unpack((">" if self.big else "<") + "4I", self.window.peek(16))[first:last]

    def _search(self, start: int, beyond: int, most: int | None = None, timely: bool = True) -> bool:
        """Move the window to where records begin again at or after byte ``start``; see ``salvage.find_record``.

        ``timely``: near in time to the last record.
        """
        window = self.window
        latest = self._state[scan_layout.LATEST] if timely else -1

        def find(buffer: bytearray, position: int, until: int, end: int, whole: bool) -> int:
            return salvage.find_record(
                buffer,
                position,
                until,
                end,
                whole,
                self.big,
                self.record_header,
                self.swapped,
                self.nanoseconds,
                latest,
                beyond - window.base,
            )

        return self._gaps.search(
            find, scan_layout.CHAIN * (scan_layout.LARGEST_FRAME + self.record_header), start, most
        )

    def _add(self, kind: str, what: str, byte: int, went_on: bool = True) -> None:
        self._gaps.add(kind, what, self.frames, byte, self.interfaces, went_on)
        self._latest = self.window.offset
        if self.frames < 2:
            self._state[scan_layout.LATEST] = -1

    def _note(self, kind: str, message: str) -> None:
        self.problems.append(Problem(kind, message, frame=self.frames, byte=self.window.offset))
