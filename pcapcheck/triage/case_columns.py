"""The columns of a case: what causes may ask about the packets and the node's state.

A case is a failure with what follows from it. Its columns are absent if neither captures nor state show them.
``pod`` is the pod whose packets fail, ``interface`` its link; ``dst`` is the address that it asked.
"""

from __future__ import annotations

from pcapcheck.column import Column, Columns
from pcapcheck.triage import case_packets, case_state
from pcapcheck.triage.case_words import CaseColumn

CASE = "case"


def _columns(columns: tuple[CaseColumn, ...]) -> Columns:
    found = Columns(CASE)
    for name, type_, help_, *words in columns:
        found[name] = Column(CASE, name, type_, help_, name.replace(".", "_"), words=words[0] if words else ())
    return found


CASE_COLUMNS = _columns(case_packets.PACKETS + case_state.STATE)
