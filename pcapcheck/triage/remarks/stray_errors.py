"""Remarks on stray ICMP errors: those that are about packets which were not recorded."""

from __future__ import annotations

from collections.abc import Iterator

from pcapcheck.decode.icmp_words import done, in_words
from pcapcheck.exchanges.dns_row import is_late
from pcapcheck.links.read_capture import Capture
from pcapcheck.questions.unanswered import Unanswered
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.triage.remarks.remark import Remark
from pcapcheck.values import clean, format_address

# ICMP errors (family, type) that healthy traffic causes: traceroute wants its packets to expire, and TCP learns from
# packets that are too big how much the path takes; in IPv4 the latter has a code.
HEALTHY = ((4, 11), (6, 3), (6, 2))
TOO_BIG = (4, 3, 4)


def stray_error_remarks(judgement: Judgement) -> list[Remark]:
    """A remark per capture whose most frequent ICMP error ended none of the exchanges that it holds."""
    return [remark for capture in judgement.captures for remark in _remarks(capture, judgement.unanswered)]


def _remarks(capture: Capture, unanswered: list[Unanswered]) -> Iterator[Remark]:
    paired = capture.exchanges.paired
    bins = list(paired.all_bins())
    ended_by_error = any(exchanges.outcome == "error" for exchanges in bins)
    # An asker that has given up waiting for DNS has closed its port by the time that the answer comes.
    askers = {question.asker for question in unanswered if question.protocol in ("ARP", "ND")}
    askers |= {sample.src for some in bins for sample in some.samples if is_late(sample)}
    strays = [
        (error, count)
        for error, count in paired.ending_errors.counts.most_common()
        if error[:2] not in HEALTHY and error[:3] != TOO_BIG and error[3] not in askers
    ]
    if strays and not ended_by_error:
        lost = [stray for stray in strays if not _is_answer(stray[0][:3])]
        (family, icmp_type, code, source, _), count = (lost or strays)[0]
        name = clean(capture.source.short_name)
        sentence = f"{format_address(source)} says {in_words(family, icmp_type, code)}"
        if any(question.capture == capture.number and question.sentence.endswith(sentence) for question in unanswered):
            # A question already says what it is about.
            return
        sentence += f", {count}x"
        yield Remark(
            f"{sentence}, which ended no echo request, TCP handshake or DNS query of {name}: to see "
            "what it is about, begin the recording before the pod sends, on its cali interface",
            short=sentence,
            warns=bool(lost),
        )


def _is_answer(error: tuple[int, int, int]) -> bool:
    """Whether the packet that it is about arrived: nothing listens there, as where a traceroute over UDP ends."""
    return done(*error) == "refused"
