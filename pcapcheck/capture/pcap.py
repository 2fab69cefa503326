"""The classic pcap container: a 24-byte file header, then records (draft-ietf-opsawg-pcap; libpcap sf-pcap.c)."""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterator

from pcapcheck.capture import layout, scan
from pcapcheck.capture.record import Interface, Problem, RecordBatch, empty_matrix
from pcapcheck.capture.window import Window
from pcapcheck.errors import CaptureError

# First four bytes of the file -> (byte order, nanoseconds, size of a record header).
MAGICS: dict[bytes, tuple[str, bool, int]] = {}
for _order in ("<", ">"):
    MAGICS[struct.pack(_order + "I", 0xA1B2C3D4)] = (_order, False, 16)
    MAGICS[struct.pack(_order + "I", 0xA1B23C4D)] = (_order, True, 16)
    MAGICS[struct.pack(_order + "I", 0xA1B2CD34)] = (_order, False, 24)

# So many bytes of zeros are no records, although each 16 of them could be an empty one.
BLANK_BYTES = 4096

# Relatives that share the look of a pcap magic but not its layout.
UNSUPPORTED = {
    0xA1B234CD: "a pcap variant that was reserved and never specified (magic a1b234cd)",
    0xA12B3C4D: "Navtel's pcap variant (magic a12b3c4d)",
    0xA1B2C3CB: "a saved BPF filter, not a capture (magic a1b2c3cb)",
}


def unsupported(magic: bytes) -> str | None:
    """What a relative of pcap is that cannot be read, or None."""
    for order in ("<", ">"):
        if len(magic) == 4 and struct.unpack(order + "I", magic)[0] in UNSUPPORTED:
            return UNSUPPORTED[struct.unpack(order + "I", magic)[0]]
    return None


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
        header = window.take(24)
        if len(header) < 24:
            raise CaptureError(
                f"{name}: cut inside the pcap file header ({len(header)} of 24 bytes); capture again or copy it again"
            )
        order, self.nanoseconds, self.record_header = MAGICS[header[:4]]
        self.big = order == ">"
        major, minor, _zone, _figures, snaplen, link = struct.unpack(order + "HHiIII", header[4:])
        self.swapped = self._swapped(major, minor, name)
        # The link type is the low half of the word. Bit 26 says whether bits 28-31 hold the length of the frame
        # check sequence, in units of 16 bits.
        fcs_bytes = 2 * (link >> 28) if link & (1 << 26) else 0
        self.interfaces = [Interface(0, link & 0xFFFF, snaplen=snaplen, fcs_bytes=fcs_bytes)]
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

    def batches(self) -> Iterator[RecordBatch]:
        window = self.window
        interface = self.interfaces[0]
        matrix = empty_matrix(self.batch_frames)
        state = array("q", bytes(8 * layout.STATE_SIZE))
        oversized = 0
        while True:
            state[layout.POSITION] = window.position
            scan.scan_pcap(
                window.buffer,
                window.end,
                self.big,
                self.record_header,
                self.swapped,
                self.nanoseconds,
                matrix,
                self.batch_frames,
                state,
            )
            window.position = state[layout.POSITION]
            count, status = state[layout.COUNT], state[layout.STATUS]
            if count:
                first = self.frames + 1
                self.frames += count
                interface.frames += count
                if not oversized and 0 < interface.snaplen < layout.LARGEST_FRAME:
                    oversized = self._oversized(matrix, count, first, interface.snaplen)
                yield RecordBatch(window.buffer, window.base, first, count, matrix, self.batch_frames, self.interfaces)
            if status == layout.TOO_LARGE:
                self._note("record-too-large", "a record claims more bytes than any frame has: stopped here")
                return
            if status == layout.ZEROS:
                if self._blank():
                    self._note("zeros", f"nothing but zeros behind frame {self.frames}: stopped here")
                    return
                state[layout.ZEROS_ALLOWED] = 1
            if status == layout.MORE and not window.more():
                if window.unread:
                    self._note("cut", f"the capture is cut inside frame {self.frames + 1}")
                return

    def _oversized(self, matrix: array[int], count: int, first: int, snaplen: int) -> int:
        """Note the first record longer than the snapshot length; its bytes are kept, as Wireshark does."""
        captured = matrix[layout.CAPTURED : count * layout.FIELDS : layout.FIELDS]
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

    def _blank(self) -> bool:
        """Whether a long run of zeros begins here: a file made large beforehand, whose rest was never written."""
        ahead = self.window.peek(BLANK_BYTES)
        return len(ahead) == BLANK_BYTES and not any(ahead)

    def _note(self, kind: str, message: str) -> None:
        self.problems.append(Problem(kind, message, frame=self.frames, byte=self.window.offset))
