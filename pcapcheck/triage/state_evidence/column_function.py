"""How a column of the state is found: a function of the evidence."""

from __future__ import annotations

from collections.abc import Callable

from pcapcheck.triage.state_evidence.quoting import QuotedValue
from pcapcheck.triage.state_evidence.state_evidence import StateEvidence

# The value of a column with its lines; None if the state does not show it.
ColumnFunction = Callable[[StateEvidence], QuotedValue | None]
# By the name of the column, as causes ask for it.
ColumnFunctions = dict[str, ColumnFunction]
