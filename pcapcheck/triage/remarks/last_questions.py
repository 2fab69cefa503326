"""Remarks on last questions: the recording ends before an answer was due, and no other question of their kind has one.

Nothing can be concluded from them, but whoever reads the report should know that nothing was answered.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcapcheck.errors import CaptureError
from pcapcheck.exchanges.exchange_bins import ExchangeBin
from pcapcheck.exchanges.port_row import PortRow
from pcapcheck.links.frames_again import rows_of
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.links.read_capture import Capture
from pcapcheck.questions.silent_hosts import WORDS
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.table_names import CONNECTIONS, DNS, ECHO
from pcapcheck.triage.remarks.remark import Remark
from pcapcheck.values import clean, format_address, format_duration, is_multicast_address

KINDS = (ECHO, CONNECTIONS, DNS)
IN_FLIGHT = "in-flight"


def last_question_remarks(judgement: Judgement) -> list[Remark]:
    """A remark per kind of question."""
    return [remark for table in KINDS for remark in _remarks(judgement, table)]


def _remarks(judgement: Judgement, table: str) -> Iterator[Remark]:
    asked = [
        (capture, some, point)
        for capture in judgement.captures
        for some in capture.exchanges.paired.bins_of(table)
        if (point := judgement.facts.point(capture.number, some.group)) is not None and point.judged
    ]
    if not asked or any(some.outcome != IN_FLIGHT for _, some, _ in asked):
        # What was answered shows that answers come; what was not is said for itself.
        return
    capture, some, point = max(asked, key=lambda each: each[1].requests)
    row = some.samples[0]
    if is_multicast_address(row.dst):
        return
    port = f" port {row.dst_port}" if table == CONNECTIONS and isinstance(row, PortRow) else ""
    question = f"{format_address(row.src)}'s {WORDS[table]} to {format_address(row.dst)}{port}"
    sentence = f"{question} has no answer {_until(capture, some, point)}"
    if table == CONNECTIONS and _pings_pass(judgement, capture, row.frames[0]):
        sentence += ", while pings through VXLAN are answered, as with a broken checksum offload"
    printed = point.capture_point.interface.printed
    yield Remark(
        f"{sentence} (frame {row.frames[0]} of {clean(capture.source.short_name)}), nor has any other {WORDS[table]}: "
        "if none came later it was lost, or nobody answers; record longer, and the next interface on the way too",
        short=sentence,
        # Whoever copies lines out of a terminal copies what he wonders at.
        warning=sentence if table == ECHO and printed and point.kind == "pod-link" else "",
    )


def _pings_pass(judgement: Judgement, capture: Capture, frame: int) -> bool:
    """Whether a SYN and an answered ping were both recorded in VXLAN: what only TCP loses there is its checksum's."""
    pinged = [some for some in capture.exchanges.paired.bins_of(ECHO) if some.outcome == "replied"]
    if not pinged:
        return False
    try:
        rows = rows_of(capture, judgement.reading, {frame, pinged[0].samples[0].frames[0]})
        return all(row.encap == "vxlan" for row in rows)
    except CaptureError:
        # A stream, or a file that is gone by now, cannot be read again.
        return False


def _until(capture: Capture, some: ExchangeBin, point: PointFacts) -> str:
    end = "this text" if point.capture_point.interface.printed else "the recording"
    first, last = some.samples[0].time, point.capture_point.last
    if first is None or last is None:
        return f"in {end}"
    return f"in {end}, which ends " + (f"{format_duration(last - first)} after it" if last > first else "with it")
