"""Remarks on networks other than Calico's: what it looks like, by what, and what is not judged because of that."""

from __future__ import annotations

from collections.abc import Iterable

from pcapcheck.flows.links import Link
from pcapcheck.flows.unjudged import looks_like, what_it_is
from pcapcheck.triage.agreement import Remark
from pcapcheck.triage.state.model import State
from pcapcheck.triage.state.network import remarks_of
from pcapcheck.triage.state.rows import quote

NODES_TOLD = 3


def tell_networks(links: Iterable[Link]) -> list[Remark]:
    """A remark per kind of capture point that looks like another network's."""
    kinds: dict[str, list[Link]] = {}
    for link in links:
        if link.point.likeness and link.judged:
            kinds.setdefault(what_it_is(link), []).append(link)
    return [Remark(_told(alike), ()) for alike in kinds.values()]


def _told(alike: list[Link]) -> str:
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
