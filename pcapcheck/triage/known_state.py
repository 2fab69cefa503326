"""A node's state as it is used: held against the captures, and as the rows of the table ``state``.

In: a state, the captures and what was followed there. Out: how the two go together, and what rules judge of the state.
"""

from __future__ import annotations

from msgspec import Struct

from pcapcheck.nodestate.state import State
from pcapcheck.nodestate.state_row import StateRow
from pcapcheck.nodestate.state_rows import state_rows
from pcapcheck.paths.paths import Paths
from pcapcheck.ruleset.variables import Settings
from pcapcheck.triage.addressed_pods import Sought
from pcapcheck.triage.cross_check import CrossCheck, compare


class KnownState(Struct, frozen=True):
    """A state, how it goes with the captures, and its rows of the table ``state``."""

    state: State
    cross_check: CrossCheck
    rows: list[StateRow]

    @classmethod
    def of(cls, state: State, settings: Settings, followed: Paths | None = None) -> KnownState:
        """A state by itself, or held against what was ``followed``."""
        cross_check = CrossCheck() if followed is None else _cross_check(state, followed)
        rows = state_rows(
            state,
            settings.number("gateway"),
            settings.texts["interface_prefix"],
            settings.number("gateway6"),
            frozenset(cross_check.answered),
            frozenset(cross_check.unsought),
        )
        return cls(state, cross_check, rows)


def _cross_check(state: State, followed: Paths) -> CrossCheck:
    """Hold a state against the captures; what it says of other instances of their pods is set apart."""
    captures, points = followed.captures, list(followed.facts.points.values())
    groups = {(point.key[0], group) for point in points if point.kind == "pod-link" for group in point.groups}
    asked = {ip for capture in captures for group, ip in capture.exchanges.asked if (capture.number, group) in groups}
    names = {followed.hosts.name(point.key) for point in points}
    spoken = frozenset(followed.cards.heard)
    if not any(capture.frames for capture in captures):
        return compare(points, state, asked, names, spoken)
    sought = Sought(captures, followed.facts, followed, state)
    return compare(points, state, asked, names, spoken, sought.includes)
