"""Last questions: the recording ends before an answer was due, and no other question of their kind has one.

Nothing can be concluded from them. Yet people copy out of a terminal what puzzles them: those that end a printed text
are worth an explanation, should no answer have come later.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pcapcheck.exchanges.exchange_bins import ExchangeBin
from pcapcheck.exchanges.port_row import PortRow
from pcapcheck.exchanges.question_row import QuestionRow
from pcapcheck.links.facts import Facts
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.links.read_capture import Capture
from pcapcheck.paths.path import Path
from pcapcheck.questions.answered_elsewhere import IN, OUT, nic_of_answers, way_of_answers
from pcapcheck.questions.silent_hosts import MEANINGS, PROTOCOLS, WORDS
from pcapcheck.questions.unanswered import OPEN, Unanswered
from pcapcheck.table_names import ASSOCIATIONS, CONNECTIONS, DNS, ECHO
from pcapcheck.values import format_address, format_duration, is_multicast_address

KINDS = (ECHO, CONNECTIONS, ASSOCIATIONS, DNS)
IN_FLIGHT = "in-flight"
# Nanoseconds: sooner, the same packet was recorded twice.
SOONEST = 500_000_000
# A bin of a capture, and the point that recorded it.
Asked = tuple[Capture, ExchangeBin, PointFacts]


def last_questions(captures: Sequence[Capture], facts: Facts, paths: Sequence[Path] = ()) -> list[Unanswered]:
    """A question per kind, where none of the kind was answered in time, or given up, before the recording ended.

    In a printed text also one that was asked again, or the last of a capture point that shows no answer of its kind.
    ``paths`` are those of the packets: what came in by another NIC of the asker's host is an answer too.
    """
    return [
        question
        for question in asked_last(captures, facts)
        if nic_of_answers(question, way_of_answers(question, paths), facts, captures[question.capture]) is None
    ]


def asked_last(captures: Sequence[Capture], facts: Facts) -> list[Unanswered]:
    """The same, with those whose answers came in by another NIC."""
    return [
        question
        for table in KINDS
        for question in _last(captures, facts, table)
        if not _leaves_elsewhere(question, captures[question.capture])
    ]


def _leaves_elsewhere(question: Unanswered, capture: Capture) -> bool:
    """Whether the host that was asked, by a packet that came in, sends to the asker by another interface later on."""
    asking = capture.groups[question.group]
    return asking.direction == IN and any(
        group.direction == OUT
        and (group.ip_src, group.ip_dst) == (question.asked, question.asker)
        and group.point != asking.point
        and max(group.frames) > question.frames[0]
        for group in capture.groups
    )


def answers_come(captures: Sequence[Capture], facts: Facts, table: str) -> bool:
    """Whether any question of a kind was answered, or given up."""
    return any(some.outcome != IN_FLIGHT for _, some, _ in _asked(captures, facts, table))


def is_printed(question: Unanswered, facts: Facts) -> bool:
    """Whether a text of tcpdump or tshark, not a recording, shows it."""
    point = facts.point(question.capture, question.group)
    return point is not None and point.capture_point.interface.printed


def _asked(captures: Sequence[Capture], facts: Facts, table: str) -> list[Asked]:
    return [
        (capture, some, point)
        for capture in captures
        for some in capture.exchanges.paired.bins_of(table)
        if (point := facts.point(capture.number, some.group)) is not None and point.judged
    ]


def _last(captures: Sequence[Capture], facts: Facts, table: str) -> Iterator[Unanswered]:
    asked = _asked(captures, facts, table)
    last = [each for each in asked if each[1].outcome == IN_FLIGHT]
    if len(last) < len(asked):
        # What was answered shows that answers come; what was not is said for itself.
        last = [each for each in last if each[2].capture_point.interface.printed and _stands_out(each, asked)]
    if not last:
        return
    capture, some, point = max(last, key=lambda each: each[1].requests)
    row = max(some.samples, key=lambda each: each.requests)
    if is_multicast_address(row.dst):
        return
    port = row.dst_port if isinstance(row, PortRow) else None
    named = f" port {port}" if table in (CONNECTIONS, ASSOCIATIONS) and port else ""
    yield Unanswered(
        protocol=PROTOCOLS[table],
        asker=row.src,
        asked=row.dst,
        about=f"{WORDS[table]} to {format_address(row.dst)}{named}",
        attempts=row.requests,
        lasted=None,
        capture=capture.number,
        interface=point.name,
        frames=tuple(row.frames[:1]),
        group=some.group,
        meaning=MEANINGS[table],
        fate=f"has no answer {_until(row, point)}",
        port=port,
        ended=OPEN,
        opens=True,
    )


def _stands_out(last: Asked, asked: Sequence[Asked]) -> bool:
    """Whether it was asked again in vain; or nothing was answered where it was recorded, nor its like elsewhere."""
    _, some, point = last
    if any(row.requests > 1 and (_waited(row, point) or 0) >= SOONEST for row in some.samples):
        return True
    pairs = {(row.src, row.dst) for row in some.samples}
    return not any(
        other.outcome != IN_FLIGHT
        and (there.key == point.key or any((row.src, row.dst) in pairs for row in other.samples))
        for _, other, there in asked
    )


def _waited(row: QuestionRow, point: PointFacts) -> int | None:
    """Nanoseconds from the question to the last packet of its capture point; None where the text shows no times."""
    last = point.capture_point.last
    return None if row.time is None or last is None else last - row.time


def _until(row: QuestionRow, point: PointFacts) -> str:
    end = "this text" if point.capture_point.interface.printed else "the recording"
    waited = _waited(row, point)
    if waited is None:
        return f"in {end}"
    return f"in {end}, which ends " + (f"{format_duration(waited)} after it" if waited > 0 else "with it")
