"""Near answers: whether who is asked lives on the asker's own node, by the TTL of what it sends to the asker's link."""

from __future__ import annotations

from collections.abc import Iterator

from pcapcheck.paths.losses import REQUEST
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.triage.address_roles import INITIAL_TTLS
from pcapcheck.triage.case import Case
from pcapcheck.triage.packet_evidence.case_exchanges import TCP, exchanges_of

# Beyond this many routers it is another machine's traffic, or an initial TTL that is not usual.
MOST_HOPS = 8


def is_near(case: Case, judgement: Judgement) -> bool | None:
    """Whether nobody but the asker's node forwards what ``dst`` sends to the asker; None if its TTLs are not known.

    A pod on the same node is one hop away, one on another node two: both nodes route (RFC 1812, section 5.3.1).
    """
    hops = {_hops(ttl) for ttl in _ttls(case, judgement)} - {None}
    if not hops:
        return None
    return max(hop for hop in hops if hop is not None) <= 1


def _ttls(case: Case, judgement: Judgement) -> Iterator[int | None]:
    """TTLs of what ``dst`` sent, as recorded on the asker's own link."""
    lead = case.lead
    if lead.link is None or lead.pod is None or lead.dst is None:
        return
    for packet in (REQUEST, TCP):
        for row in exchanges_of(packet, judgement, lead.pod, lead.dst, lead.link):
            yield row.reply_ttl
        for row in exchanges_of(packet, judgement, lead.dst, lead.pod, lead.link):
            yield row.ttl


def _hops(ttl: int | None) -> int | None:
    if ttl is None:
        return None
    return next((initial - ttl for initial in INITIAL_TTLS if 0 <= initial - ttl <= MOST_HOPS), None)
