"""Find suspects: the causes of the catalogue that fit a case.

An incident has many cases in which the packets show the same, but for the addresses: the causes are judged once for
all of them.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable

from pcapcheck.ruleset.conditions import Combination
from pcapcheck.triage.case_loss import DECIDING
from pcapcheck.triage.cause import CONDITIONS, Cause
from pcapcheck.triage.judge_cause import CaseEvidence, ColumnLookup, JudgedCause, judge_cause
from pcapcheck.triage.suspect import Suspect


class Suspects:
    """Finds the suspects among ``causes``, case by case."""

    def __init__(self, causes: Iterable[Cause]) -> None:
        self._causes = list(causes)
        # By column, whether its value matters; of others it matters only whether there is one.
        self._columns: dict[str, bool] = dict.fromkeys(DECIDING, True)
        for cause in self._causes:
            for name in CONDITIONS:
                self._note_columns(getattr(cause, name))
        self._judged: dict[Hashable, list[JudgedCause]] = {}

    def of(self, evidence: CaseEvidence) -> list[Suspect]:
        """Those of one case, in the order of the catalogue."""
        if evidence.state is not None:
            # What a state shows is about this very pod.
            lookups = ((cause, ColumnLookup(evidence)) for cause in self._causes)
            found = ((judge_cause(cause, lookup), lookup) for cause, lookup in lookups)
            return [judged.suspect(lookup) for judged, lookup in found if judged is not None]
        look = self._look(evidence)
        if look not in self._judged:
            every = (judge_cause(cause, ColumnLookup(evidence)) for cause in self._causes)
            self._judged[look] = [judged for judged in every if judged is not None]
        return [judged.suspect(ColumnLookup(evidence)) for judged in self._judged[look]]

    def _look(self, evidence: CaseEvidence) -> Hashable:
        """All that judging a cause by the packets depends on."""
        get = evidence.packet_evidence.get
        values = [get(name) if matters else get(name) is None for name, matters in self._columns.items()]
        return evidence.case.names, evidence.case.lead.name, tuple(values)

    def _note_columns(self, condition: Combination | None) -> None:
        for leaf in condition.leaves() if condition is not None else ():
            for column in leaf.columns():
                self._columns[column.name] = self._columns.get(column.name, False) or leaf.operator != "exists"
