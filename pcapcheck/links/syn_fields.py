"""What no row of a connection holds, read again for a few: its SYN's sequence number and timestamp, RSTs after it."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Sequence

from msgspec import Struct

from pcapcheck.capture.reread import Recorded, read_again
from pcapcheck.errors import CaptureError
from pcapcheck.exchanges.connection_row import ConnectionRow
from pcapcheck.links.read_capture import Capture

# As tcpdump prints them, and as the fields of tshark have them; in its rows the numbers are relative and say nothing.
SEQUENCE = re.compile(r"\b(?:seq |tcp\.seq_raw=)(\d{1,10})\b")
MSS = re.compile(r"\b(?:mss |MSS=|tcp\.options\.mss_val=)(\d{1,5})\b")
STAMP = re.compile(r"\b(?:TS ?val[ =]|tcp\.options\.timestamp\.tsval=)(\d{1,10})")
# TCP header and options (RFC 9293, section 3.1; RFC 7323, section 3.2).
HEADER, FLAGS, SYN, RST = 20, 13, 0x02, 0x04
END, NOP, SEGMENT_SIZE, TIMESTAMPS = 0, 1, 2, 8
# FIN, SYN, RST, PSH and ACK.
FLAGS_OF_STATE = 0x1F
PRINTED_RST = re.compile(r"\[R(?:ST)?[].,]")
FIELD_OF_FLAGS = re.compile(r"\btcp\.flags=(0x[0-9a-f]{1,8}|\d{1,4})\b")
# Frames after a SYN among which its answer, and the RST to that, are looked for: a host resets at once.
SOON = 16
WHOLE = 1 << 32


class SynFields(Struct, frozen=True):
    """The sequence number, the timestamp (RFC 7323, TSval) and the MSS of a SYN; None where it shows none."""

    seq: int | None = None
    stamp: int | None = None
    mss: int | None = None


def syn_fields(capture: Capture, rows: Iterable[ConnectionRow]) -> dict[int, SynFields]:
    """The fields of the first SYN of each row, by its frame; a stream, or a file that is gone, cannot be read again."""
    ports = {row.frames[0]: (row.src_port, row.dst_port) for row in rows if row.frames}
    try:
        return {record.number: _fields(record, *ports[record.number]) for record in read_again(capture.source, ports)}
    except CaptureError:
        return {}


def is_any_reset(capture: Capture, pairs: Sequence[tuple[ConnectionRow, ConnectionRow]]) -> bool:
    """Whether soon after the first SYN of a pair, before the second, either side sends a RST; all of one connection."""
    after = [(one.frames[0] + 1, other.frames[0]) for one, other in pairs]
    numbers = {number for first, end in after for number in range(first, min(first + SOON, end))}
    try:
        return any(
            _resets(record, pairs[0][0].src_port, pairs[0][0].dst_port)
            for record in read_again(capture.source, numbers)
        )
    except CaptureError:
        return False


def resets_answer(capture: Capture, row: ConnectionRow) -> bool:
    """Whether, in a printed text, soon after its SYN the asker sends a RST that acknowledges nothing, and no data."""
    if not row.frames or row.src_port is None or row.dst_port is None:
        return False
    own = re.compile(
        rf"\b{row.src_port} > \S*\b{row.dst_port}: Flags \[(?!S)(?P<flags>[^\]]*)\]"
        rf"|\b{row.src_port} (?:→|->) {row.dst_port} \[(?!SYN)(?P<words>[^\]]*)\]"
        rf"|\btcp\.srcport={row.src_port} tcp\.dstport={row.dst_port} (?=.*{FIELD_OF_FLAGS.pattern})"
    )
    numbers = set(range(row.frames[0] + 1, row.frames[0] + SOON))
    try:
        sent = [
            match
            for record in read_again(capture.source, numbers)
            if record.text is not None and (match := own.search(record.text.words)) is not None
        ]
    except CaptureError:
        return False
    flags = [flags for match in sent if not (flags := _flags_of(match)) & SYN]
    return flags[:1] == [RST]


def _flags_of(match: re.Match[str]) -> int:
    """The flags that a printed segment shows; RST where it is alone."""
    if match[3] is not None:
        return _number(match[3]) & FLAGS_OF_STATE
    return RST if (match["flags"] or match["words"]) in ("R", "RST") else 0


def _number(text: str) -> int:
    return int(text, 16 if text.startswith("0x") else 10)


def _resets(record: Recorded, src_port: int | None, dst_port: int | None) -> bool:
    if src_port is None or dst_port is None:
        return False
    if record.text is not None:
        words = record.text.words
        field = FIELD_OF_FLAGS.search(words)
        is_reset = bool(_number(field[1]) & RST) if field is not None else bool(PRINTED_RST.search(words))
        return is_reset and str(src_port) in words and str(dst_port) in words
    header = _header(record, src_port, dst_port) or _header(record, dst_port, src_port)
    return len(header) > FLAGS and bool(header[FLAGS] & RST)


def _header(record: Recorded, src_port: int, dst_port: int) -> bytes:
    """A TCP header by its ports, and what follows; empty if there is none."""
    at = record.data.find(struct.pack(">HH", src_port, dst_port))
    return record.data[at:] if at >= 0 else b""


def _fields(record: Recorded, src_port: int | None, dst_port: int | None) -> SynFields:
    if record.text is not None:
        return SynFields(*(_printed(pattern, record.text.words) for pattern in (SEQUENCE, STAMP, MSS)))
    if src_port is None or dst_port is None:
        return SynFields()
    header = _header(record, src_port, dst_port)
    if len(header) < HEADER or not header[FLAGS] & SYN:
        return SynFields()
    options = header[HEADER : (header[12] >> 4) * 4]
    stamp, mss = _option(options, TIMESTAMPS, 4), _option(options, SEGMENT_SIZE, 2)
    return SynFields(int.from_bytes(header[4:8], "big"), stamp, mss)


def _printed(pattern: re.Pattern[str], words: str) -> int | None:
    match = pattern.search(words)
    return int(match[1]) % WHOLE if match else None


def _option(options: bytes, kind: int, size: int) -> int | None:
    """The number, ``size`` bytes long, in the first option of a kind."""
    place = 0
    while place + 1 < len(options) and options[place] != END:
        if options[place] == NOP:
            place += 1
        elif options[place] == kind and place + 2 + size <= len(options):
            return int.from_bytes(options[place + 2 : place + 2 + size], "big")
        else:
            place += max(2, options[place + 1])
    return None
