"""Last questions: the recording ends before an answer was due, and no other question of their kind has one.

Nothing can be concluded from them. Yet people copy out of a terminal what puzzles them: those that end a printed text
are worth an explanation, should no answer have come later.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pcapcheck.exchanges.exchange_bins import ExchangeBin
from pcapcheck.exchanges.port_row import PortRow
from pcapcheck.links.facts import Facts
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.links.read_capture import Capture
from pcapcheck.questions.silent_hosts import MEANINGS, PROTOCOLS, WORDS
from pcapcheck.questions.unanswered import OPEN, Unanswered
from pcapcheck.table_names import CONNECTIONS, DNS, ECHO
from pcapcheck.values import format_address, format_duration, is_multicast_address

KINDS = (ECHO, CONNECTIONS, DNS)
IN_FLIGHT = "in-flight"


def last_questions(captures: Sequence[Capture], facts: Facts) -> list[Unanswered]:
    """A question per kind, where none of the kind was answered in time, or given up, before the recording ended."""
    return [question for table in KINDS for question in _last(captures, facts, table)]


def is_printed(question: Unanswered, facts: Facts) -> bool:
    """Whether a text of tcpdump or tshark, not a recording, shows it."""
    point = facts.point(question.capture, question.group)
    return point is not None and point.capture_point.interface.printed


def _last(captures: Sequence[Capture], facts: Facts, table: str) -> Iterator[Unanswered]:
    asked = [
        (capture, some, point)
        for capture in captures
        for some in capture.exchanges.paired.bins_of(table)
        if (point := facts.point(capture.number, some.group)) is not None and point.judged
    ]
    if not asked or any(some.outcome != IN_FLIGHT for _, some, _ in asked):
        # What was answered shows that answers come; what was not is said for itself.
        return
    capture, some, point = max(asked, key=lambda each: each[1].requests)
    row = some.samples[0]
    if is_multicast_address(row.dst):
        return
    port = row.dst_port if isinstance(row, PortRow) else None
    named = f" port {port}" if table == CONNECTIONS and port else ""
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
        fate=f"has no answer {_until(some, point)}",
        port=port,
        ended=OPEN,
        opens=True,
    )


def _until(some: ExchangeBin, point: PointFacts) -> str:
    end = "this text" if point.capture_point.interface.printed else "the recording"
    first, last = some.samples[0].time, point.capture_point.last
    if first is None or last is None:
        return f"in {end}"
    return f"in {end}, which ends " + (f"{format_duration(last - first)} after it" if last > first else "with it")
