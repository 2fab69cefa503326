"""Remarks on connections whose answer, in a printed text, has a window of 0: somebody answers in the server's place.

SYNPROXY of netfilter does so (kernel: net/netfilter/nf_synproxy_core.c, synproxy_send_client_synack), as do others that
protect from floods: no data is to come before the server has answered them. A server itself has room at first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pcapcheck.capture.reread import read_again
from pcapcheck.errors import CaptureError
from pcapcheck.exchanges.connection_row import ConnectionRow
from pcapcheck.links.read_capture import Capture
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.table_names import CONNECTIONS
from pcapcheck.triage.remarks.remark import Remark
from pcapcheck.values import clean, format_address

CLOSED = re.compile(r"Flags \[S\.\],.* win 0,|\[SYN, ACK\].* Win=0 ")
# Connections that are looked at.
FEW = 8
MOST = 3


def closed_window_remarks(judgement: Judgement) -> list[Remark]:
    """A remark per two hosts and port, the first few of them."""
    return [remark for capture in judgement.captures for remark in _of(judgement, capture)][:MOST]


def _of(judgement: Judgement, capture: Capture) -> Iterator[Remark]:
    answered: dict[int, ConnectionRow] = {}
    for some in capture.exchanges.paired.bins_of(CONNECTIONS):
        point = judgement.facts.point(capture.number, some.group)
        if point is None or not point.capture_point.interface.printed or some.outcome != "replied":
            continue
        for row in some.samples:
            if isinstance(row, ConnectionRow) and len(row.frames) > 1 and len(answered) < FEW:
                answered[row.frames[-1]] = row
    try:
        closed = [
            record.number
            for record in read_again(capture.source, answered)
            if record.text is not None and CLOSED.search(record.text.words)
        ]
    except CaptureError:
        # A stream, or a file that is gone by now, cannot be read again.
        return
    known = set()
    for number in closed:
        row = answered[number]
        if (row.src, row.dst, row.dst_port) not in known:
            known.add((row.src, row.dst, row.dst_port))
            yield _remark(capture, row, number)


def _remark(capture: Capture, row: ConnectionRow, number: int) -> Remark:
    asker, asked = format_address(row.src), format_address(row.dst)
    sentence = f"the answer to {asker}'s connection to {asked} port {row.dst_port} has a window of 0"
    return Remark(
        f"{sentence} (SYN-ACK, frame {number} of {clean(capture.source.short_name)}), as of one that makes connections "
        "in the place of their server, such as SYNPROXY (iptables-save -c | grep SYNPROXY; nft list ruleset): the "
        "asker's data waits until the server has answered a SYN of its own there. If data is sent and gets no answer, "
        "that SYN or its answer is lost, or does not pass there both ways (net.netfilter.nf_conntrack_tcp_loose=0)",
        short=sentence,
    )
