"""Strange answers: those that come from another address than was asked, off the pods' links.

Whoever asked takes none of them: a connection has two ends, and a resolver connects its socket to the server that it
asks or compares the addresses (RFC 5452, section 9.1). On a pod's link the rule service-reply-translated sees them;
where the asker is seen to turn them away, ``refused_answers`` and ``untranslated_answers`` tell more.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcapcheck.exchanges.dns_row import DnsRow
from pcapcheck.exchanges.port_row import PortRow
from pcapcheck.links.facts import Facts
from pcapcheck.links.read_capture import Capture
from pcapcheck.questions.refused_answers import OPEN, Strange, question_of
from pcapcheck.questions.unanswered import Judged, Unanswered
from pcapcheck.table_names import CONNECTIONS, DATAGRAMS, DNS

OPEN_BY_TABLE = {DNS: OPEN, CONNECTIONS: OPEN, DATAGRAMS: (*OPEN, "one-way")}


def strange_answers(capture: Capture, facts: Facts, judged: Judged) -> Iterator[Unanswered]:
    """A question per asker and who was asked."""
    answers = {(each.table, each.asker, each.asked): each for each in capture.exchanges.paired.misaddressed}
    for table, outcomes in OPEN_BY_TABLE.items() if answers else ():
        for some in capture.exchanges.paired.bins_of(table):
            point = facts.point(capture.number, some.group) if some.outcome in outcomes else None
            if point is None or not point.judged or (point.kind == "pod-link" and point.pod_ips):
                # Of the link of a pod that is known the rules speak.
                continue
            for row in some.samples:
                answer = answers.get((table, row.src, row.dst))
                if answer is None or not isinstance(row, (DnsRow, PortRow)) or judged(table, capture.number, row):
                    continue
                del answers[table, row.src, row.dst]
                strange = Strange(row.src, row.src_port or 0, answer.answerer, answer.frame)
                yield question_of(table, row, strange, capture, point, "")
