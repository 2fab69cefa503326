"""Add causes: why something failed, as far as the packets and the node's state show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pcapcheck.ruleset.finding import FAIL
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.ruleset.load import Ruleset
from pcapcheck.triage.catalogue import load_catalogue
from pcapcheck.triage.cause import QUESTIONS
from pcapcheck.triage.diagnose import diagnose
from pcapcheck.triage.diagnosis import Diagnosis

if TYPE_CHECKING:
    from pcapcheck.triage.known_state import KnownState
    from pcapcheck.triage.pods import Pods


def examine(
    judgement: Judgement, ruleset: Ruleset, known: KnownState | None = None, pods: Pods | None = None
) -> list[Diagnosis]:
    """The diagnoses, separately for each time of recording; ``known`` is the node's state, if it was given."""
    settings = ruleset.settings
    situation = None
    if known is not None:
        # Loads all that reads the state of nodes, which captures alone do not need.
        from pcapcheck.triage.state_evidence.situation import Ground, Situation

        found = known.cross_check
        ground = Ground(settings.number("gateway"), settings.number("gateway6"), settings.texts["interface_prefix"])
        situation = Situation(known.state, ground, frozenset(found.foreign), known.rows, found.elsewhere, found.earlier)
    failed = {finding.rule.id for finding in judgement.findings if finding.status == FAIL}
    catalogue = load_catalogue(failed.union(QUESTIONS if judgement.asked_in_vain else ()), settings)
    return [
        diagnosis for part in judgement.by_observation() for diagnosis in diagnose(part, catalogue, situation, pods)
    ]
