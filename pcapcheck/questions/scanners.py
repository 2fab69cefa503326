"""Strangers: questions from public addresses, some of which are the noise of the internet, and which of them are.

Whoever scans a network (zmap, masscan) sends a packet to each host and port and never asks again. Who wants an answer
does: kernels repeat a SYN after a second (RFC 6298, section 2), ping sends the next request, resolvers repeat a query.
Nor is it noise that is for a pod, that was seen going on from where it came in, translated or not, or that comes from
somebody who was answered elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from pcapcheck.exchanges.pair_counts import PairCounts
from pcapcheck.links.facts import Facts
from pcapcheck.links.read_capture import Capture
from pcapcheck.paths.path import Path
from pcapcheck.questions.unanswered import QUESTIONS, SILENT, Unanswered
from pcapcheck.values import is_public

NOISE = "it was sent once, from an address of the internet that got no answer to anything, as scanners send it"

Between = Mapping[tuple[str | None, int, int | None], list[Path]]


def noise_apart(
    found: Iterable[Unanswered], captures: Sequence[Capture], facts: Facts, between: Between
) -> list[Unanswered]:
    """The questions, those that are noise as one for each kind on each capture point, which proves nothing.

    ``between`` are the ways of packets by kind, source and destination.
    """
    return list(_apart(found, [PairCounts(one.exchanges.echoes.cells) for one in captures], facts, between))


def _apart(
    found: Iterable[Unanswered], counts: list[PairCounts], facts: Facts, between: Between
) -> Iterator[Unanswered]:
    noise: dict[object, list[Unanswered]] = {}
    for one in found:
        lone = one.opens and one.fate == SILENT and one.attempts == 1 and (one.alike == 1 or one.targets > 1)
        stranger = lone and is_public(one.asker) and one.asked not in facts.pod_ips and not _went_on(one, between)
        if stranger and not any(each.heard(one.asker) for each in counts):
            noise.setdefault((one.capture, one.interface, one.protocol), []).append(one)
        else:
            yield one
    for some in noise.values():
        yield replace(some[0], alike=sum(one.alike for one in some), doubt=some[0].doubt or NOISE)


def _went_on(one: Unanswered, between: Between) -> bool:
    """Whether its packets were seen at another point than where they came in."""
    paths = between.get((QUESTIONS.get(one.protocol), one.asker, one.asked), ())
    return any(len(path.steps) > 1 for path in paths)
