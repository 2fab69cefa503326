"""Remarks on "too big" errors that were sent or passed on off the pods' links, and ended nothing that was recorded.

They are how TCP learns what a path takes (RFC 1191, RFC 8201), so they are no failure. A node that sends one to a host
outside has a smaller MTU behind it than its NIC; a firewall on the way, or a load balancer in whose name the packets
came, may keep it from whoever has to send smaller ones (RFC 2923, section 2.1). Whoever got one sends no larger packets
to that address for minutes (kernel: net/ipv4/route.c, ip_rt_mtu_expires), so the same error for seconds means that
it was lost or not heeded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pcapcheck.capture.reread import Recorded, read_again
from pcapcheck.decode.frame_row import FrameRow
from pcapcheck.decode.icmp_words import in_words
from pcapcheck.errors import CaptureError
from pcapcheck.exchanges.connection_row import ConnectionRow
from pcapcheck.links.frames_again import rows_of
from pcapcheck.links.read_capture import Capture
from pcapcheck.links.syn_fields import SynFields, syn_fields
from pcapcheck.protocols import PACKET_TOO_BIG
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.table_names import CONNECTIONS
from pcapcheck.triage.remarks.remark import Remark
from pcapcheck.values import as_number, clean, format_address, format_duration

# An error: its family, type, code, source and MTU.
Error = tuple[int, int, int, int, int | None]
SHOWN = 3
# How many of them, over how long (nanoseconds), come to one who goes on sending: less than until the kernel forgets
# the first; and among how many frames they are sought.
OFTEN, LONG, FORGOTTEN, NEAR = 3, 1_000_000_000, 60 * 10**9, 500
# What a text that does not show the packet in question says that it was for.
ABOUT = re.compile(r"ICMP6?,? .{1,300}")
# An error that comes again and again: from whom to whom, with which MTU, about packets to whom.
Again = tuple[object, ...]


def too_big(capture: Capture) -> list[tuple[Error, int]]:
    """The errors of a capture that say so, with how many there are, the most frequent first."""
    counts = capture.exchanges.paired.ending_errors.counts.most_common()
    return [(error, count) for error, count in counts if error[:3] == PACKET_TOO_BIG[error[0]]][:SHOWN]


def too_big_remarks(judgement: Judgement) -> list[Remark]:
    """A remark per source and MTU, where packets were not followed from point to point, which tells more."""
    if any(path.packet == "error" for path in judgement.followed.found):
        return []
    return [remark for capture in judgement.captures for remark in _remarks(judgement, capture)]


def _remarks(judgement: Judgement, capture: Capture) -> Iterator[Remark]:
    first = capture.exchanges.paired.ending_errors.first
    errors = {first[error]: (error, count) for error, count in too_big(capture)}
    try:
        for row in rows_of(capture, judgement.reading, set(errors)):
            error, count = errors[row.frames[0]]
            point = judgement.facts.point(capture.number, row.group)
            receiver, asked = as_number(row.ip_dst), as_number(row.quoted_dst)
            if point is None or point.kind == "pod-link" or receiver is None:
                continue
            family, icmp_type, code, source, mtu = error
            addressee = format_address(receiver)
            short = f"{format_address(source)} says {in_words(family, icmp_type, code, mtu)} to {addressee}"
            about = f", whose packets to {format_address(asked)} it is about" if asked is not None else ""
            lasted = _lasted(judgement, capture, row.frames[0]) if count >= OFTEN else None
            where = f"(frame {row.frames[0]} of {clean(capture.source.short_name)})"
            if lasted is None:
                yield Remark(
                    f"{short}{about}, {count}x {where}: no fault if {addressee} sends smaller packets from then on; if "
                    "it sends the same ones again, something between the two drops this ICMP error"
                    + _announced(capture, receiver, asked, source, mtu),
                    short=short,
                )
                continue
            goes_on = f"{addressee} goes on sending larger packets"
            yield Remark(
                f"{short}{about}, {count}x over {format_duration(lasted)} {where}: {goes_on}, so it never gets this "
                "ICMP error (a firewall or a policy drops it) or does not heed it, as a tunnel's device may not; or "
                f"several hosts send under its address. Lower the MTU there{f' to {mtu}' if mtu else ''}: the card's, "
                "where the nodes' cards differ, or that of the pods' network, where a tunnel adds its header",
                short=f"{short} again and again: {goes_on}",
                warning=f"{short}, and {goes_on}",
            )
    except CaptureError:
        # A stream, or a file that is gone by now, cannot be read again.
        return


def _announced(capture: Capture, sender: int, asked: int | None, source: int, mtu: int | None) -> str:
    """Who asked the sender for segments that are larger than the error allows, in its SYN (RFC 9293, section 3.7.1)."""
    if mtu is None:
        return ""
    clients = {source} if asked is None else {asked}
    rows = [
        row
        for some in capture.exchanges.paired.bins_of(CONNECTIONS)
        for row in some.samples
        if isinstance(row, ConnectionRow) and row.dst == sender and row.src in clients
    ]
    fields = syn_fields(capture, rows[:SHOWN])
    for row in rows[:SHOWN]:
        headers = 40 if row.family == 4 else 60
        mss = fields.get(row.frames[0], SynFields()).mss
        if mss is not None and mss + headers > mtu:
            return (
                f". {format_address(row.src)} asked for packets of up to {mss + headers} bytes (MSS {mss} in its SYN): "
                f"its interface, or that of a container behind it, has a larger MTU than the way there ({mtu}); set it "
                "to that, or clamp the MSS (iptables -t mangle, TCPMSS --clamp-mss-to-pmtu)"
            )
    return ""


def _lasted(judgement: Judgement, capture: Capture, first: int) -> int | None:
    """For how long the same error came about the same packets, in nanoseconds; None if it came no more than once."""
    numbers = set(range(first, first + NEAR))
    texts = {record.number: _words(record) for record in read_again(capture.source, numbers)}
    times: dict[Again, list[int]] = {}
    own: Again | None = None
    for row in rows_of(capture, judgement.reading, numbers & texts.keys()):
        if (row.ip_version, row.icmp_type, row.icmp_code) in PACKET_TOO_BIG.values() and row.time is not None:
            again = (row.group, row.ip_src, row.ip_dst, row.icmp_mtu, _asked(row, texts[row.frames[0]]))
            own = again if row.frames[0] == first else own
            times.setdefault(again, []).append(row.time)
    seen = times.get(own, [0]) if own is not None else [0]
    soon = [time - seen[0] for time in seen if 0 <= time - seen[0] < FORGOTTEN]
    return soon[-1] if len(soon) >= OFTEN and soon[-1] >= LONG else None


def _words(record: Recorded) -> str:
    """What a text says of an error; the same if it is about the same address."""
    match = ABOUT.search(record.text.words) if record.text is not None else None
    return match[0] if match else ""


def _asked(row: FrameRow, words: str) -> object:
    """Who was to get the packet that an error is about, or what a text says of that."""
    return (row.quoted_dst, row.quoted_dstport) if row.quoted_dst is not None else words
