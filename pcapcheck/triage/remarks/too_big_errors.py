"""Remarks on "too big" errors that were sent or passed on off the pods' links, and ended nothing that was recorded.

They are how TCP learns what a path takes (RFC 1191, RFC 8201), so they are no failure. A node that sends one to a host
outside has a smaller MTU behind it than its NIC; a firewall on the way, or a load balancer in whose name the packets
came, may keep it from whoever has to send smaller ones (RFC 2923, section 2.1).
"""

from __future__ import annotations

from collections.abc import Iterator

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
from pcapcheck.values import as_number, clean, format_address

# An error: its family, type, code, source and MTU.
Error = tuple[int, int, int, int, int | None]
SHOWN = 3


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
            yield Remark(
                f"{short}{about}, {count}x (frame {row.frames[0]} of {clean(capture.source.short_name)}): no fault if "
                f"{addressee} sends smaller packets from then on; if it sends the same ones again, "
                "something between the two drops this ICMP error" + _announced(capture, receiver, asked, source, mtu),
                short=short,
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
