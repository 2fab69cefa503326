"""Add causes: why what failed did, as far as the packets and the node's state show."""

from __future__ import annotations

from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.ruleset.load import Ruleset
from pcapcheck.triage.cause import load_catalogue
from pcapcheck.triage.diagnosis import Diagnosis, diagnose
from pcapcheck.triage.known_state import KnownState
from pcapcheck.triage.pods import Pods
from pcapcheck.triage.state_evidence.situation import Ground, Situation


def examine(
    judgement: Judgement, ruleset: Ruleset, known: KnownState | None = None, pods: Pods | None = None
) -> list[Diagnosis]:
    """The diagnoses, those of each time of recording by themselves; ``known`` is the node's state, if it was given."""
    settings = ruleset.settings
    situation = None
    if known is not None:
        found = known.cross_check
        ground = Ground(settings.number("gateway"), settings.number("gateway6"), settings.texts["interface_prefix"])
        situation = Situation(known.state, ground, frozenset(found.foreign), known.rows, found.elsewhere, found.earlier)
    catalogue = load_catalogue(ruleset.rules, settings)
    return [
        diagnosis for part in judgement.by_observation() for diagnosis in diagnose(part, catalogue, situation, pods)
    ]
