"""Remarks on stray ICMP errors: those that are about packets which were not recorded."""

from __future__ import annotations

from collections.abc import Iterator

from pcapcheck.decode.frame_row import FrameRow
from pcapcheck.decode.icmp_words import done, in_words
from pcapcheck.errors import CaptureError
from pcapcheck.exchanges.dns_row import DnsRow
from pcapcheck.links.frames_again import rows_of
from pcapcheck.links.read_capture import Capture
from pcapcheck.protocols import KERNEL_VXLAN_PORT, UDP, VXLAN_PORT
from pcapcheck.questions.quoted_questions import EndingError, strays
from pcapcheck.questions.unanswered import Unanswered
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.table_names import CONNECTIONS, DNS
from pcapcheck.triage.remarks.remark import NOT_RECORDED, Remark
from pcapcheck.values import as_number, clean, format_address

# Where the probes of a traceroute over UDP go, from the first port on (traceroute(8), -p).
TRACED = range(33434, 33535)
# Shows the rules that reject.
REJECTS = "iptables-save -c | grep REJECT; nft list ruleset | grep reject"


def stray_error_remarks(judgement: Judgement) -> list[Remark]:
    """A remark per capture whose most frequent ICMP error ended none of the exchanges that it holds."""
    return [remark for capture in judgement.captures for remark in _remarks(judgement, capture)]


def _remarks(judgement: Judgement, capture: Capture) -> Iterator[Remark]:
    unanswered = judgement.unanswered
    found = strays(capture, {question.asker for question in unanswered if question.protocol in ("ARP", "ND")})
    # Who refuses what somebody answers whom it did not ask: that answer is spoken of already.
    refusing = {answer.asker for answer in capture.exchanges.paired.misaddressed}
    found = [each for each in found if each[0][3] not in refusing or not _is_answer(each[0][:3])]
    if found:
        lost = [stray for stray in found if not _is_answer(stray[0][:3])]
        error, count = (lost or found)[0]
        family, icmp_type, code, source, _ = error
        name = clean(capture.source.short_name)
        sentence = f"{format_address(source)} says {in_words(family, icmp_type, code)}"
        first = capture.exchanges.paired.ending_errors.first[error]
        here = [question for question in unanswered if question.capture == capture.number]
        if any(_is_told(error, question) or first in question.frames for question in here):
            # A question already says what it is about.
            return
        sentence += f", {count}x"
        row = _row(judgement, capture, first)
        if row is not None and not lost and (_ends_a_traceroute(row) or _came_second(capture, source, row)):
            return
        if (
            row is not None
            and done(family, icmp_type, code) == "prohibited"
            and (server := _asked(capture, source, row))
        ):
            sentence = (
                f"{format_address(source)} prohibits the answers of {format_address(server)}, whom it asked for a "
                f"connection itself ({in_words(family, icmp_type, code)}, {count}x)"
            )
            yield Remark(
                f"{sentence} (frame {first} of {name}): a firewall there rejects them, as where they come in another "
                "way than the question went out and no connection is known "
                f"({REJECTS}; on {format_address(source)})",
                short=sentence,
                warning=sentence,
            )
            return
        about = _what_it_is_about(row, first)
        advice = "to see what it is about, begin the recording before the pod sends, on its link"
        short = sentence
        if about is None and done(family, icmp_type, code) == "prohibited":
            short += ": a firewall there rejects packets"
            advice = (
                f"a firewall there rejects them, or a route prohibits them ({REJECTS}; on {format_address(source)}); "
                f"{advice}"
            )
        yield Remark(
            f"{sentence}, which ended no echo request, TCP handshake or DNS query of {name}: {about or advice}",
            short=short,
            warning=f"{sentence}, {NOT_RECORDED}" if lost else "",
        )


def _asked(capture: Capture, asker: int, row: FrameRow) -> int | None:
    """Whom an error is sent to, if its sender asked that host for a TCP connection: it is about the answer."""
    server = as_number(row.ip_dst)
    return server if capture.exchanges.paired.settled(CONNECTIONS).asked(asker, server) else None


def _is_told(error: EndingError, question: Unanswered) -> bool:
    reply = question.error_reply
    return reply is not None and (reply.error, reply.source) == (error[:3], error[3])


def _row(judgement: Judgement, capture: Capture, frame: int) -> FrameRow | None:
    try:
        return next(iter(rows_of(capture, judgement.reading, {frame})), None)
    except CaptureError:
        # A stream, or a file that is gone by now, cannot be read again.
        return None


def _ends_a_traceroute(row: FrameRow) -> bool:
    """Whether the host that was traced says so, as it does where the trace is complete."""
    return _about_port(row) in TRACED


def _about_port(row: FrameRow) -> int | None:
    """The port that was not listened on, as far as it is shown."""
    ports = (as_number(row.quoted_dstport), as_number(row.quoted_srcport))
    return next((port for port in ports if port is not None), None)


def _came_second(capture: Capture, asker: int, row: FrameRow) -> bool:
    """Whether it is about a DNS server's answer after another's: a resolver that asks several closes its port then."""
    server, port = as_number(row.ip_dst), _about_port(row)
    asked = [each for some in capture.exchanges.paired.bins_of(DNS) for each in some.samples if each.src == asker]
    return any(each.dst == server for each in asked) and any(
        isinstance(each, DnsRow) and each.replies and each.dst != server and port in (None, each.src_port)
        for each in asked
    )


def _what_it_is_about(row: FrameRow | None, frame: int) -> str | None:
    """The packet that an error quotes, if that is no question: what is followed as one needs no words here."""
    if row is None:
        return None
    src, dst = as_number(row.quoted_src), as_number(row.quoted_dst)
    src_port, dst_port = as_number(row.quoted_srcport), as_number(row.quoted_dstport)
    if src is None or dst is None or src_port is None or dst_port is None or as_number(row.quoted_proto) != UDP:
        return None
    if dst_port in (VXLAN_PORT, KERNEL_VXLAN_PORT):
        return (
            f"it is about VXLAN from {format_address(src)} (frame {frame}): the VXLAN device of {format_address(dst)} "
            f"is down, or has another port than {dst_port}, and no pod hears of it"
        )
    if src_port < dst_port:
        return (
            f"it is about an answer of {format_address(src)} from UDP port {src_port} to port {dst_port}, on which "
            f"{format_address(dst)} no longer waits for one from there (frame {frame})"
        )
    return None


def _is_answer(error: tuple[int, int, int]) -> bool:
    """Whether the packet that it is about arrived: nothing listens there, as where a traceroute over UDP ends."""
    return done(*error) == "refused"
