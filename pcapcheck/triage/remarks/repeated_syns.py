"""Remarks on connections that were answered, but not to their first SYN: it, or its answer, was lost.

A SYN is sent again after a second, so whoever connects notices (RFC 6298, section 2.1). One back end of several that is
gone looks like that: each SYN is translated again as long as none is answered.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcapcheck.exchanges.connection_row import ConnectionRow
from pcapcheck.exchanges.exchange_bins import ExchangeBin
from pcapcheck.links.read_capture import Capture
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.table_names import CONNECTIONS
from pcapcheck.triage.remarks.remark import Remark
from pcapcheck.values import clean, format_address, format_duration

ANSWERED = "replied"
# A SYN is sent again after a second, by clocks that are not exact.
SOONEST = 900_000_000


def repeated(capture: Capture) -> list[ExchangeBin]:
    """The bins of a capture that hold such connections."""
    bins = capture.exchanges.paired.bins_of(CONNECTIONS)
    return [some for some in bins if some.outcome == ANSWERED and some.requests > some.count]


def repeated_syn_remarks(judgement: Judgement) -> list[Remark]:
    """A remark per capture point, on the link of the pod that asked."""
    return [remark for capture in judgement.captures for remark in _remarks(judgement, capture)]


def _remarks(judgement: Judgement, capture: Capture) -> Iterator[Remark]:
    for some in repeated(capture):
        point = judgement.facts.point(capture.number, some.group)
        # The same frame, recorded twice, comes at once.
        late = (row for row in some.telling if isinstance(row, ConnectionRow) and row.requests > 1 and _is_late(row))
        row = next(late, None)
        if row is None or point is None or not point.judged or point.kind != "pod-link" or row.src not in point.pod_ips:
            continue
        yield Remark(
            f"of {some.count} connections from {point.name} that were answered, some were only when the SYN was sent "
            f"again, as {format_address(row.src)}'s to {format_address(row.dst)} port {row.dst_port} after "
            f"{format_duration(row.rtt or 0)} (frame {row.frames[0]} of {clean(capture.source.short_name)}): it or "
            "its answer was lost, the other end's queue was full, or one of several back ends of a service does not "
            "answer"
        )


def _is_late(row: ConnectionRow) -> bool:
    return row.rtt is not None and row.rtt >= SOONEST
