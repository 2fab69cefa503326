"""Scanners: questions from public addresses that are the noise of the internet.

Whoever scans a network (zmap, masscan) sends a packet to each host and port and never asks again. Who wants an answer
does: kernels repeat a SYN after a second (RFC 6298, section 2), ping sends the next request, resolvers repeat a query.
It is no noise either if it is for a pod, if it was seen beyond the point where it came in, translated or not, or if it
comes from somebody who was answered elsewhere, unless they ask one port after the other, once each: closed ones answer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec.structs import replace

from pcapcheck.exchanges.pair_counts import PairCounts
from pcapcheck.links.facts import Facts
from pcapcheck.links.read_capture import Capture
from pcapcheck.paths.path import Path
from pcapcheck.questions.unanswered import QUESTIONS, SILENT, Unanswered
from pcapcheck.values import is_public

NOISE = "it was sent once, from an address of the internet that got no answer to anything, as scanners send it"
SCAN = "it was sent once, from an address of the internet that asks one port after the other, as scanners do"
# Whoever wants an answer does not give up three ports without asking again.
PORTS = 3

Between = Mapping[tuple[str | None, int, int | None], list[Path]]


def noise_apart(
    found: Iterable[Unanswered], captures: Sequence[Capture], facts: Facts, between: Between
) -> list[Unanswered]:
    """The questions, those that are noise as one for each kind on each capture point, which proves nothing.

    ``between`` are the paths of packets by type, source and destination.
    """
    return list(
        _apart(tuple(found), [PairCounts(capture.exchanges.paired.cells) for capture in captures], facts, between)
    )


def _apart(
    found: Sequence[Unanswered], counts: list[PairCounts], facts: Facts, between: Between
) -> Iterator[Unanswered]:
    noise: dict[object, list[Unanswered]] = {}
    ports = Counter(question.asker for question in found if _is_lone(question) and is_public(question.asker))
    for question in found:
        stranger = (
            question.asker in ports
            and _is_lone(question)
            and question.asked not in facts.pod_ips
            and not _went_on(question, between)
        )
        heard = stranger and any(each.heard(question.asker) for each in counts)
        if stranger and (not heard or ports[question.asker] >= PORTS):
            noise.setdefault((question.capture, question.interface, question.protocol, heard), []).append(question)
        else:
            yield question
    for some in noise.values():
        why = SCAN if any(each.heard(some[0].asker) for each in counts) else NOISE
        yield replace(some[0], alike=sum(question.alike for question in some), doubt=some[0].doubt or why)


def _is_lone(question: Unanswered) -> bool:
    """Whether it was asked once, and nothing at all came back."""
    return (
        question.opens
        and question.fate == SILENT
        and question.attempts == 1
        and (question.alike == 1 or question.targets > 1)
    )


def _went_on(question: Unanswered, between: Between) -> bool:
    """Whether its packets were seen at another point than where they came in."""
    paths = between.get((QUESTIONS.get(question.protocol), question.asker, question.asked), ())
    return any(len(path.steps) > 1 for path in paths)
