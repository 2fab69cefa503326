"""Examine an outcome: add to what failed why it did, as far as packets and the node's state tell."""

from __future__ import annotations

from pcapcheck.nodestate.state import State
from pcapcheck.nodestate.state_row import StateRow
from pcapcheck.ruleset.rule import Rule
from pcapcheck.ruleset.variables import Settings
from pcapcheck.triage.cause import load_catalogue
from pcapcheck.triage.cross_check import CrossCheck
from pcapcheck.triage.diagnosis import diagnose
from pcapcheck.triage.outcome import Outcome
from pcapcheck.triage.state_evidence.situation import Ground, Situation


def examine(
    outcome: Outcome,
    rules: list[Rule],
    settings: Settings,
    state: State | None = None,
    rows: list[StateRow] | None = None,
    cross_check: CrossCheck | None = None,
) -> None:
    """Fill in the diagnoses, and the remarks on ``state``.

    ``rows`` are its rows of the table ``state``, ``cross_check`` is how it was found to go with the captures.
    """
    situation = None
    if state is not None:
        cross_check = cross_check or CrossCheck()
        outcome.remarks += cross_check.remarks
        ground = Ground(settings.number("gateway"), settings.number("gateway6"), settings.texts["interface_prefix"])
        foreign, of_others = frozenset(cross_check.foreign), cross_check.elsewhere
        situation = Situation(state, ground, foreign, rows or [], of_others, cross_check.earlier)
    catalogue = load_catalogue(rules, settings)
    outcome.diagnoses = [
        one for part in outcome.by_observation() for one in diagnose(part, catalogue, situation, outcome.pods)
    ]
