"""Loose ends: what was recorded and tells of trouble, but is about no pod's link or about packets not recorded."""

from __future__ import annotations

from collections.abc import Iterator

from pcapcheck.decode.icmp_words import in_words
from pcapcheck.links.read_capture import Capture
from pcapcheck.questions.unanswered import LATE, Unanswered
from pcapcheck.ruleset.result import Result
from pcapcheck.triage.cross_check import Remark
from pcapcheck.values import clean, format_address

TOLD = 5
FRAMES_TOLD = 4
# ICMP errors (family, type) that healthy traffic causes: traceroute wants its packets to expire, TCP finds out by
# packets that are too big how much the way takes; in IPv4 the latter has a code.
MEANT = ((4, 11), (6, 3), (6, 2))
TOO_BIG = (4, 3, 4)


def tell_loose_ends(result: Result) -> list[Remark]:
    """A remark per question that nobody answered and no rule is about, and per ICMP error about something else."""
    found = [_unanswered(one, result.captures[one.capture]) for one in result.unanswered[:TOLD]]
    if len(result.unanswered) > TOLD:
        found.append(Remark(f"and {len(result.unanswered) - TOLD} more questions without an answer", ()))
    return found + [remark for capture in result.captures for remark in _errors(capture, result.unanswered)]


def _unanswered(one: Unanswered, capture: Capture) -> Remark:
    frames = f"frame{'s' if len(one.frames) > 1 else ''} {', '.join(map(str, one.frames[:FRAMES_TOLD]))}"
    # Where it was seen last may say it already.
    here = "" if one.interface in one.sentence else f"on {one.interface} "
    where = f"{here}({one.often}; {frames} of {clean(capture.source.short_name)})"
    doubt = f", which proves nothing here: {one.doubt}" if one.doubt else ""
    meaning = f": {one.meaning}" if one.meaning and not one.doubt else ""
    return Remark(f"{one.sentence} {where}{doubt}{meaning}", ())


def _errors(capture: Capture, unanswered: list[Unanswered]) -> Iterator[Remark]:
    echoes = capture.exchanges.echoes
    told = any(some.outcome == "error" for some in (*echoes.bins(), *echoes.attempts(), *echoes.queries()))
    # Who has given up waiting for DNS has closed the port by the time that the answer comes.
    askers = {one.asker for one in unanswered if one.protocol in ("ARP", "ND") or one.poor == LATE}
    others = [
        (error, count)
        for error, count in echoes.ending_errors.counts.most_common()
        if error[:2] not in MEANT and error[:3] != TOO_BIG and error[3] not in askers
    ]
    if others and not told:
        (family, kind, code, source, _), count = others[0]
        name = clean(capture.source.short_name)
        said = f"{format_address(source)} says {in_words(family, kind, code)}"
        if any(one.capture == capture.number and one.sentence.endswith(said) for one in unanswered):
            # It is said what it is about.
            return
        said += f", {count}x"
        yield Remark(
            f"{said}, which ended no echo request, TCP handshake or DNS query of {name}: to see "
            "what it is about, begin the recording before the pod sends, on its cali interface",
            (),
            said,
        )
