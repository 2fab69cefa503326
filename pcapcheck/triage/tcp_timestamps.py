"""TCP timestamps: whether SYNs without an answer are older, by their timestamps, than answered ones from their address.

Hosts behind one address have a clock each. A receiver that remembers the latest timestamp of an address, as kernels
before 4.12 do with tcp_tw_recycle, drops what is older (RFC 7323, section 5.8; kernel 4.11: net/ipv4/tcp_metrics.c,
tcp_peer_is_proven).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable

from pcapcheck.capture.reread import Recorded, read_again
from pcapcheck.errors import CaptureError
from pcapcheck.exchanges.connection_row import ConnectionRow
from pcapcheck.links.read_capture import Capture
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.triage.case import Case
from pcapcheck.triage.packet_evidence.case_exchanges import TCP, bins_of, packet_of
from pcapcheck.triage.quoted_columns import QuotedColumns
from pcapcheck.values import clean, format_address

# So many SYNs of each outcome are looked at.
MOST = 8
PRINTED = re.compile(r"\bTS ?val[ =](\d{1,10})")
# TCP header and options (RFC 9293, section 3.1; RFC 7323, section 3.2).
HEADER, FLAGS, SYN, END, NOP, TIMESTAMPS = 20, 13, 0x02, 0, 1, 8
WHOLE = 1 << 32
# What is farther back, in milliseconds, is rather a clock that begins anew at random with each connection
# (RFC 7323, section 5.4): about three days.
FARTHEST = 1 << 28


def tcp_timestamps(case: Case, judgement: Judgement) -> QuotedColumns:
    """``timestamps.older`` for connections of which some are answered; nothing for others."""
    found = QuotedColumns({"timestamps.older": None})
    if packet_of(case) != TCP:
        return found
    for capture in judgement.captures:
        answered, silent = _attempts(case, judgement, capture)
        if not answered or not silent:
            continue
        stamps = _stamps(capture, [*answered, *silent])
        newest = max((row for row in answered if row.frames[0] in stamps), key=lambda row: row.frames[0], default=None)
        if newest is None:
            continue
        known = stamps[newest.frames[0]]
        late = [row for row in silent if row.frames[0] in stamps and row.frames[0] > newest.frames[0]]
        older = [row for row in late if 0 < (known - stamps[row.frames[0]]) % WHOLE < FARTHEST]
        if late:
            found.columns["timestamps.older"] = len(older) == len(late)
        if late and older:
            file, source = clean(capture.source.short_name), format_address(newest.src)
            found.lines["timestamps.older"] = (
                f"the SYN in frame {older[0].frames[0]} of {file} has timestamp {stamps[older[0].frames[0]]}, "
                f"{(known - stamps[older[0].frames[0]]) % WHOLE} before that of an answered one from {source} "
                f"(frame {newest.frames[0]})",
            )
        break
    return found


def _attempts(
    case: Case, judgement: Judgement, capture: Capture
) -> tuple[list[ConnectionRow], list[ConnectionRow]]:
    """Attempts between the two hosts of a case that were answered, and that were not."""
    of: dict[bool, list[ConnectionRow]] = {True: [], False: []}
    for some in bins_of(TCP, judgement):
        if judgement.facts.point(capture.number, some.group) is None or some.outcome not in ("replied", "unanswered"):
            continue
        for row in some.samples:
            if isinstance(row, ConnectionRow) and (row.src, row.dst) == (case.lead.pod, case.lead.dst) and row.frames:
                of[some.outcome == "replied"].append(row)
    return of[True][:MOST], of[False][:MOST]


def _stamps(capture: Capture, rows: Iterable[ConnectionRow]) -> dict[int, int]:
    """The timestamp of each SYN, by its frame; a stream, or a file that is gone, cannot be read again."""
    ports = {row.frames[0]: (row.src_port, row.dst_port) for row in rows}
    try:
        read = list(read_again(capture.source, ports))
    except CaptureError:
        return {}
    stamps = {record.number: _stamp(record, *ports[record.number]) for record in read}
    return {number: stamp for number, stamp in stamps.items() if stamp is not None}


def _stamp(record: Recorded, src_port: int | None, dst_port: int | None) -> int | None:
    if record.text is not None:
        match = PRINTED.search(record.text.words)
        return int(match[1]) % WHOLE if match else None
    if src_port is None or dst_port is None:
        return None
    at = record.data.find(struct.pack(">HH", src_port, dst_port))
    header = record.data[at:] if at >= 0 else b""
    if len(header) < HEADER or not header[FLAGS] & SYN:
        return None
    options = header[HEADER : (header[HEADER - 8] >> 4) * 4]
    place = 0
    while place + 1 < len(options) and options[place] != END:
        if options[place] == NOP:
            place += 1
        elif options[place] == TIMESTAMPS and place + 6 <= len(options):
            return int.from_bytes(options[place + 2 : place + 6], "big")
        else:
            place += max(2, options[place + 1])
    return None
