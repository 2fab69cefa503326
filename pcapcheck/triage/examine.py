"""Examine an outcome: add to what failed why it did, as far as packets and the node's state tell."""

from __future__ import annotations

from pcapcheck.ruleset.rule import Rule
from pcapcheck.ruleset.variables import Settings
from pcapcheck.triage.agreement import compare
from pcapcheck.triage.cause import load_catalogue
from pcapcheck.triage.circumstances import Ground, Situation
from pcapcheck.triage.diagnosis import diagnose
from pcapcheck.triage.outcome import Outcome
from pcapcheck.triage.state.model import State


def examine(outcome: Outcome, rules: list[Rule], settings: Settings, state: State | None = None) -> None:
    """Fill in the diagnoses, and the remarks on ``state``."""
    agreement = compare(outcome.links, state) if state is not None else None
    ground = Ground(settings.number("gateway"), settings.number("gateway6"), settings.texts["interface_prefix"])
    outcome.has_state = state is not None
    outcome.remarks = agreement.remarks if agreement else []
    situation = Situation.of(state, ground, agreement.foreign) if state is not None and agreement is not None else None
    outcome.diagnoses = diagnose(outcome, load_catalogue(rules, settings), situation)
