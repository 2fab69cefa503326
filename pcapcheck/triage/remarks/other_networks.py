"""Remarks on networks other than Calico's: what they look like, what shows it, and what is not judged because of it."""

from __future__ import annotations

from collections.abc import Iterable

from pcapcheck.links.point_facts import PointFacts
from pcapcheck.links.unjudged import hint, looks_like, what_it_is, wrongly_named
from pcapcheck.nodestate.network_kind import remarks_of
from pcapcheck.nodestate.source_lines import quote
from pcapcheck.nodestate.state import State
from pcapcheck.triage.remarks.remark import Remark

SHOWN = 3


def captured_network_remarks(points: Iterable[PointFacts]) -> list[Remark]:
    """A remark per kind of capture point that looks like another network's: whether its rules are applied, and how."""
    points_by_network: dict[tuple[str, str], list[PointFacts]] = {}
    points = list(points)
    for point in points:
        if point.capture_point.likeness and point.judged:
            points_by_network.setdefault((what_it_is(point), point.kind), []).append(point)
    return [*_wrongly_named(points), *(Remark(_sentence(alike)) for alike in points_by_network.values())]


def _wrongly_named(points: Iterable[PointFacts]) -> list[Remark]:
    """What shows another network than the one that somebody named is not judged as that one's; a remark says so."""
    nothing = wrongly_named(point for point in points if point.judged)
    if not nothing:
        return []
    return [Remark(f"{nothing}, which --pack names: no rule of that pack is applied there", warning=nothing)]


def _sentence(alike: list[PointFacts]) -> str:
    capture_point = alike[0].capture_point
    likeness = capture_point.likeness
    bypasses = likeness is not None and likeness.network.bypasses
    past = "; replies may bypass the interface there, so a missing reply proves nothing" if bypasses else ""
    if capture_point.kind == "pod-link":
        return f"{looks_like(alike)}: judged by the pack {capture_point.network}, not as Calico's{past}"
    none = "no rule is applied to what was recorded there"
    return f"{looks_like(alike)}, not like Calico's: {none}{hint(alike[0])}{past}"


def described_network_remarks(state: State) -> list[Remark]:
    """A remark per node, or pod without a node, that is of another network, for the first few of them."""
    texts = remarks_of(state)
    remarks = [Remark(text, tuple(map(quote, lines))) for text, lines in texts[:SHOWN]]
    if len(texts) > SHOWN:
        remarks.append(Remark(f"and {len(texts) - SHOWN} more hosts like these"))
    return remarks
