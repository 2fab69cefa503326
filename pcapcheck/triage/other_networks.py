"""Remarks on networks other than Calico's: what it looks like, by what, and what is not judged because of that."""

from __future__ import annotations

from collections.abc import Iterable

from pcapcheck.links.point_facts import PointFacts
from pcapcheck.links.unjudged import looks_like, what_it_is
from pcapcheck.nodestate.network_kind import remarks_of
from pcapcheck.nodestate.source_lines import quote
from pcapcheck.nodestate.state import State
from pcapcheck.triage.cross_check import Remark

NODES_TOLD = 3


def tell_networks(links: Iterable[PointFacts]) -> list[Remark]:
    """A remark per kind of capture point that looks like another network's."""
    kinds: dict[str, list[PointFacts]] = {}
    for link in links:
        if link.point.likeness and link.judged:
            kinds.setdefault(what_it_is(link), []).append(link)
    return [Remark(_told(alike), ()) for alike in kinds.values()]


def _told(alike: list[PointFacts]) -> str:
    likeness = alike[0].point.likeness
    bypasses = likeness is not None and likeness.network.bypasses
    past = "; there replies may go past the interface, so that one is missing proves nothing" if bypasses else ""
    return f"{looks_like(alike)}, not like Calico's: no rule is applied to what was recorded there{past}"


def tell_state_networks(state: State) -> list[Remark]:
    """A remark per node, or pod without one, that is of another network."""
    told = remarks_of(state)
    remarks = [Remark(text, tuple(map(quote, lines))) for text, lines in told[:NODES_TOLD]]
    if len(told) > NODES_TOLD:
        remarks.append(Remark(f"and {len(told) - NODES_TOLD} more hosts like these", ()))
    return remarks
