"""Quoted questions: what ICMP errors are about whose question the same capture point did not record.

An error quotes the packet that caused it (RFC 792; RFC 4443, section 2.4), so it shows that somebody asked in vain,
also where a filter, another interface or ``grep icmp`` left the question itself out.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcapcheck.decode.frame_row import FrameRow
from pcapcheck.decode.icmp_words import done, ended_by, in_words
from pcapcheck.errors import CaptureError
from pcapcheck.exchanges.dns_row import is_late
from pcapcheck.exchanges.port_row import PortRow
from pcapcheck.links.facts import Facts
from pcapcheck.links.frames_again import rows_of
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.links.read_capture import Capture, Reading
from pcapcheck.protocols import DNS_PORT, ECHO_REQUEST, ICMP, ICMPV6, TCP, UDP
from pcapcheck.questions.silent_hosts import PROTOCOLS, REFUSED_MEANING, WORDS
from pcapcheck.questions.unanswered import REFUSED, ErrorReply, Judged, Unanswered
from pcapcheck.table_names import CONNECTIONS, DATAGRAMS, DNS, ECHO, PAIRED
from pcapcheck.values import as_number, format_address

# Errors (family, type) that healthy traffic causes: traceroute wants its packets to expire, and TCP learns from
# packets that are too big how much the path takes; in IPv4 the latter has a code.
HEALTHY = ((4, 11), (6, 3), (6, 2))
TOO_BIG = (4, 3, 4)
# How many kinds of errors of a capture are looked into.
MOST = 8

# An error by family, type, code, sender and MTU.
EndingError = tuple[int, int, int, int, int | None]
# Who asked whom: the table, the addresses, the port.
Asked = tuple[str, int, int, int | None]
NOT_RECORDED = "; the packets that it is about were not recorded here, the error quotes them"


def strays(capture: Capture, gave_up: set[int]) -> list[tuple[EndingError, int]]:
    """The ICMP errors of a capture that ended none of its exchanges, with how many there are, most frequent first.

    ``gave_up`` are those who asked for a machine's MAC in vain. An asker that has given up waiting, also for DNS, has
    closed its port by the time that the answer comes.
    """
    paired = capture.exchanges.paired
    bins = list(paired.all_bins())
    if any(exchanges.outcome == "error" for exchanges in bins):
        return []
    askers = gave_up | {sample.src for some in bins for sample in some.samples if is_late(sample)}
    return [
        (error, count)
        for error, count in paired.ending_errors.counts.most_common()
        if error[:2] not in HEALTHY and error[:3] != TOO_BIG and error[3] not in askers
    ]


def quoted_questions(capture: Capture, facts: Facts, judged: Judged, reading: Reading) -> Iterator[Unanswered]:
    """A question per kind of ICMP error that ended nothing that was recorded."""
    if not capture.exchanges.paired.ending_errors.counts:
        return
    found = [stray for stray in strays(capture, set()) if done(*stray[0][:3]) != REFUSED][:MOST]
    firsts = capture.exchanges.paired.ending_errors.first
    by_frame = {firsts[error]: (error, count) for error, count in found}
    try:
        for row in rows_of(capture, reading, set(by_frame)):
            point, asked = facts.point(capture.number, row.group), _asked(row, capture)
            if point is not None and point.judged and asked is not None:
                yield _question(asked, by_frame[row.frames[0]], row, point, capture)
    except CaptureError:
        # A stream, or a file that is gone by now, cannot be read again.
        return


def _asked(row: FrameRow, capture: Capture) -> Asked | None:
    """What the packet that an error quotes asked; None where it is none that asks, or that is not shown."""
    src, dst, protocol = (as_number(value) for value in (row.quoted_src, row.quoted_dst, row.quoted_proto))
    src_port, dst_port = as_number(row.quoted_srcport), as_number(row.quoted_dstport)
    if src is None or dst is None:
        # A text without -v quotes no header; another interface may have recorded the question.
        return next(_open_from(as_number(row.ip_dst), src_port, capture), None)
    if protocol in (ICMP, ICMPV6) and as_number(row.quoted_icmp_type) in ECHO_REQUEST.values():
        return ECHO, src, dst, None
    if protocol in (TCP, UDP) and src_port is not None and dst_port is not None and dst_port < src_port:
        table = CONNECTIONS if protocol == TCP else DNS if dst_port == DNS_PORT else DATAGRAMS
        return table, src, dst, dst_port
    return None


def _is_recorded(asked: Asked, capture: Capture) -> bool:
    """Whether another interface recorded the question."""
    table, src, dst, _ = asked
    return any(
        (each.src, each.dst) == (src, dst) for some in capture.exchanges.paired.bins_of(table) for each in some.samples
    )


def _open_from(asker: int | None, port: int | None, capture: Capture) -> Iterator[Asked]:
    """What an asker asked from a port, on any interface, that was not answered."""
    for table in PAIRED if asker is not None and port is not None else ():
        for some in capture.exchanges.paired.bins_of(table):
            for each in some.samples:
                if isinstance(each, PortRow) and not each.replies and (each.src, each.src_port) == (asker, port):
                    yield table, each.src, each.dst, each.dst_port


def _question(
    asked: Asked, error: tuple[EndingError, int], row: FrameRow, point: PointFacts, capture: Capture
) -> Unanswered:
    table, src, dst, port = asked
    (family, icmp_type, code, source, _), count = error
    words = (family, icmp_type, code)
    how = (
        f"is {ended_by(*words, source)}" if done(*words) else f"fails: {format_address(source)} says {in_words(*words)}"
    )
    return Unanswered(
        protocol=PROTOCOLS[table],
        asker=src,
        asked=dst,
        about=f"{WORDS[table]} to {format_address(dst)}" + (f" port {port}" if port else ""),
        attempts=count,
        lasted=None,
        capture=capture.number,
        interface=point.name,
        frames=tuple(row.frames),
        group=row.group,
        meaning=REFUSED_MEANING + ("" if _is_recorded(asked, capture) else NOT_RECORDED),
        fate=how,
        verb="turned away",
        port=port,
        error_reply=ErrorReply(words, source, as_number(row.ip_ttl)),
        ended=REFUSED,
    )
