"""DNS answers that help nobody: the server refuses or fails (SERVFAIL, REFUSED), or answers too late.

RFC 1035, section 4.1.1 (RCODE). A name that does not exist is an answer like any other: the search list of a pod
(ndots:5) asks for five such names to find one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pcapcheck.exchanges.dns_row import DnsRow
from pcapcheck.exchanges.exchange_bins import ExchangeBin
from pcapcheck.exchanges.sums import Durations
from pcapcheck.links.facts import Facts
from pcapcheck.links.read_capture import Capture
from pcapcheck.questions.unanswered import LATE, REFUSED, Judged, Unanswered
from pcapcheck.table_names import DNS
from pcapcheck.values import format_address, format_duration

FAILING = ("servfail", "refused")
# So large a part of the answers of a server must fail; a few are those of zones that somebody else keeps badly.
PART = 0.5
# In this many of a hundred an answer within a second is prompt enough (glibc waits for 5 s, others for less).
PROMPT_SHARE = 0.95
PROMPT = 1_000_000_000
REFUSING_MEANING = "the packets arrive: the server, or the one that it asks, cannot or may not answer for these names"
LATE_MEANING = (
    "the server is slow or waits for another one, or the first query or its answer was lost; "
    "who asked may have given up by then"
)


def poor_answers(capture: Capture, facts: Facts, judged: Judged) -> Iterator[Unanswered]:
    """A question per server that fails or is late, and pod that asked it, on the pod's own link."""
    asked: dict[tuple[int, int, int], list[ExchangeBin]] = {}
    for some in capture.exchanges.paired.bins_of(DNS):
        first = some.samples[0]
        point = facts.point(capture.number, some.group)
        if some.outcome == "replied" and point is not None and point.judged and first.src in point.pod_ips:
            asked.setdefault((some.group, first.src, first.dst), []).append(some)
    for answers in asked.values():
        fate = _failing(answers) or _late(answers)
        point = facts.point(capture.number, answers[0].group)
        if fate is not None and point is not None:
            yield _question(fate, answers, point.name, capture)


# What is wrong with answers, how queries are counted and what became of them for it, and what it means.
Fate = tuple[str, str, str, str]


def _failing(answers: list[ExchangeBin]) -> Fate | None:
    """How they ended where most were refused."""
    refused = [some for some in answers if _rcode(some) in FAILING]
    count = sum(some.count for some in refused)
    if count < PART * sum(some.count for some in answers) or not refused:
        return None
    codes = " and ".join(sorted({(_rcode(some) or "").upper() for some in refused}))
    return REFUSED, f"answered {codes}", f"are answered {codes}", REFUSING_MEANING


# How what was answered, late or in vain, is spoken of: nothing of it was lost.
QUERIES = "DNS queries"


def durations_of(answers: Iterable[ExchangeBin]) -> Durations:
    """How long answers took, from when they were asked for first."""
    durations = Durations()
    for some in answers:
        durations.add_buckets(some.least, some.most, some.buckets)
    return durations


def is_prompt(durations: Durations) -> bool:
    """Whether nearly all took no longer than anybody waits."""
    usual = durations.quantile(PROMPT_SHARE)
    return usual is None or usual <= PROMPT


def _late(answers: list[ExchangeBin]) -> Fate | None:
    durations = durations_of(answers)
    if is_prompt(durations) or durations.most is None:
        return None
    return LATE, "answered late", f"are answered late, after up to {format_duration(durations.most)}", LATE_MEANING


def _rcode(some: ExchangeBin) -> str | None:
    first = some.samples[0]
    return first.rcode if isinstance(first, DnsRow) else None


def _question(fate: Fate, answers: list[ExchangeBin], interface: str, capture: Capture) -> Unanswered:
    poor, ended, became, meaning = fate
    first = answers[0].samples[0]
    samples = [each for some in answers for each in some.samples]
    return Unanswered(
        protocol=DNS.upper(),
        asker=first.src,
        asked=first.dst,
        about=f"{QUERIES} to {format_address(first.dst)}",
        attempts=sum(some.requests for some in answers),
        lasted=None,
        capture=capture.number,
        interface=interface,
        group=answers[0].group,
        frames=tuple(sorted(number for each in samples for number in each.frames[:1])),
        meaning=meaning,
        fate=became,
        poor=poor,
        ended=ended,
        answers=sum(some.count + some.duplicates for some in answers),
    )
