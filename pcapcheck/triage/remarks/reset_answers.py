"""Remarks on connections whose asker resets the answer to its own SYN, in a printed text.

A host does so that asked another address (RFC 9293, section 3.10.7.3), and so does who only looks whether a port is
open.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcapcheck.exchanges.connection_row import ConnectionRow
from pcapcheck.links.read_capture import Capture
from pcapcheck.links.syn_fields import resets_answer
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.table_names import CONNECTIONS
from pcapcheck.triage.remarks.remark import Remark
from pcapcheck.values import clean, format_address

MOST = 3


def reset_answer_remarks(judgement: Judgement) -> list[Remark]:
    """A remark per two hosts and port, the first few; what is asked in vain says more."""
    if judgement.unanswered:
        return []
    found = {(row.src, row.dst, row.dst_port): (row, capture) for row, capture in _reset(judgement)}
    return [_remark(row, capture) for row, capture in list(found.values())[:MOST]]


def _reset(judgement: Judgement) -> Iterator[tuple[ConnectionRow, Capture]]:
    for capture in judgement.captures:
        for some in capture.exchanges.paired.bins_of(CONNECTIONS):
            point = judgement.facts.point(capture.number, some.group)
            if point is None or not point.capture_point.interface.printed or some.outcome != "replied":
                continue
            rows = [row for row in some.samples if isinstance(row, ConnectionRow)]
            if rows and all(resets_answer(capture, row) for row in rows):
                yield rows[0], capture


def _remark(row: ConnectionRow, capture: Capture) -> Remark:
    asker, asked = format_address(row.src), format_address(row.dst)
    sentence = f"{asker} resets {asked}'s answer to its connection to port {row.dst_port}"
    return Remark(
        f"{sentence} (frame {row.frames[0]} of {clean(capture.source.short_name)}): if it asked another address, as "
        "that of a service, the answer was not translated back (a bridge without br_netfilter: sysctl "
        "net.bridge.bridge-nf-call-iptables; or another way back); or it only looks whether the port is open",
        short=sentence,
    )
