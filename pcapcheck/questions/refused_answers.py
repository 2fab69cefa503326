"""Refused answers: those of UDP that come from another address than was asked, and that the asker's kernel turns away.

A resolver connects its socket to the server that it asks, so its kernel answers what comes from another one with ICMP
port unreachable (net/ipv4/udp.c, __udp4_lib_lookup; RFC 1122, section 4.1.3.1). That error quotes the answer: whoever
translated the question did not translate this back. Of TCP an RST shows it (``untranslated_answers``).
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from pcapcheck.decode.frame_row import FrameRow
from pcapcheck.errors import CaptureError
from pcapcheck.exchanges.dns_row import DnsRow
from pcapcheck.exchanges.port_row import PortRow
from pcapcheck.exchanges.question_row import QuestionRow
from pcapcheck.links.facts import Facts
from pcapcheck.links.frames_again import rows_of
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.links.read_capture import Capture, Reading
from pcapcheck.protocols import DNS_PORT, UDP
from pcapcheck.questions.answer_seen import answer_seen
from pcapcheck.questions.silent_hosts import PROTOCOLS, WORDS
from pcapcheck.questions.unanswered import Judged, Unanswered
from pcapcheck.table_names import DATAGRAMS, DNS
from pcapcheck.values import as_number, format_address

# ICMP port unreachable (family, type, code).
PORT_UNREACHABLE = ((4, 3, 3), (6, 1, 4))
OPEN = ("unanswered", "in-flight")
MOST = 8
MEANING = (
    "whoever sends the question on does not translate the answer back, so the asker's kernel refuses what it did not "
    "ask for: answers that pass by connection tracking (on a bridge: net.bridge.bridge-nf-call-iptables=1), a server "
    "that answers from another of its addresses, or a notrack rule"
)


class Strange(Struct, frozen=True):
    """An answer that was not asked for: who had asked from which port, who answered, and the frame that shows it."""

    asker: int
    port: int
    source: int
    frame: int


def refused_answers(capture: Capture, facts: Facts, judged: Judged, reading: Reading) -> Iterator[Unanswered]:
    """A question per asker, server and port."""
    refusals = _refusals(capture, reading)
    asked = _asked_from(capture) if refusals else {}
    said: set[tuple[int, int]] = set()
    for refusal in refusals:
        rows = asked.get((refusal.asker, refusal.port), [])
        if any(row.dst == refusal.source for _, row in rows):
            # It was asked too, and came second.
            continue
        for table, row in rows:
            point = facts.point(capture.number, row.group)
            if row.outcome not in OPEN or (row.src, row.dst) in said or point is None or not point.judged:
                continue
            if not judged(table, capture.number, row):
                said.add((row.src, row.dst))
                yield question_of(table, row, refusal, capture, point, ", which its asker refuses")


def question_of(
    table: str, row: QuestionRow, strange: Strange, capture: Capture, point: PointFacts, more: str
) -> Unanswered:
    """What was asked and answered by somebody else; ``more`` is what became of that answer."""
    port = row.dst_port if isinstance(row, PortRow) else DNS_PORT
    return Unanswered(
        protocol=PROTOCOLS[table],
        asker=row.src,
        asked=row.dst,
        about=f"{WORDS[table]} to {format_address(row.dst)}" + (f" port {port}" if table != DNS else ""),
        attempts=row.requests,
        lasted=None,
        capture=capture.number,
        interface=point.name,
        frames=(row.frames[0], strange.frame),
        group=row.group,
        meaning=MEANING,
        fate=f"is answered by {format_address(strange.source)} instead{more}",
        port=port,
        asker_ports=frozenset({strange.port}),
        last_seen=answer_seen(capture.number, strange.frame, point, strange.source),
        opens=True,
    )


def _refusals(capture: Capture, reading: Reading) -> list[Strange]:
    errors = capture.exchanges.paired.ending_errors
    frames = {errors.first[error] for error in errors.counts if error[:3] in PORT_UNREACHABLE}
    try:
        found = [_refusal(row) for row in rows_of(capture, reading, set(sorted(frames)[:MOST]))]
    except CaptureError:
        # A stream, or a file that is gone by now, cannot be read again.
        return []
    return [refusal for refusal in found if refusal is not None]


def _refusal(row: FrameRow) -> Strange | None:
    """What an error says, if the host that a UDP datagram was for sends it itself."""
    asker, port, source = (as_number(value) for value in (row.quoted_dst, row.quoted_dstport, row.quoted_src))
    if asker is None or port is None or source is None or as_number(row.quoted_proto) != UDP or row.ip_src != asker:
        return None
    return Strange(asker, port, source, row.frames[0])


def _asked_from(capture: Capture) -> dict[tuple[int, int], list[tuple[str, QuestionRow]]]:
    """What was asked from each port of UDP: the table and the row."""
    found: dict[tuple[int, int], list[tuple[str, QuestionRow]]] = {}
    for table in (DNS, DATAGRAMS):
        for some in capture.exchanges.paired.bins_of(table):
            for row in some.samples:
                if isinstance(row, (DnsRow, PortRow)) and row.src_port is not None:
                    found.setdefault((row.src, row.src_port), []).append((table, row))
    return found
