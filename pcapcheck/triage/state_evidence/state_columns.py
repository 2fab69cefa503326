"""The columns of a case that the state shows: the function of each."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from pcapcheck.ruleset.conditions import Combination, Getter
from pcapcheck.triage.partly_known import Half, half_of
from pcapcheck.triage.state_evidence.column_function import ColumnFunctions
from pcapcheck.triage.state_evidence.drop_columns import DROP_COLUMNS
from pcapcheck.triage.state_evidence.firewall_columns import FIREWALL_COLUMNS
from pcapcheck.triage.state_evidence.mtu_columns import MTU_COLUMNS
from pcapcheck.triage.state_evidence.pod_link_columns import POD_LINK_COLUMNS, Cell
from pcapcheck.triage.state_evidence.quoting import QuotedValue
from pcapcheck.triage.state_evidence.receiver_columns import RECEIVER_COLUMNS
from pcapcheck.triage.state_evidence.route_columns import ROUTE_COLUMNS
from pcapcheck.triage.state_evidence.service_columns import SERVICE_COLUMNS
from pcapcheck.triage.state_evidence.state_evidence import StateEvidence
from pcapcheck.triage.state_evidence.tunnel_columns import TUNNEL_COLUMNS

STATE_COLUMNS: ColumnFunctions = {
    **POD_LINK_COLUMNS,
    **RECEIVER_COLUMNS,
    **ROUTE_COLUMNS,
    **MTU_COLUMNS,
    **TUNNEL_COLUMNS,
    **SERVICE_COLUMNS,
    **FIREWALL_COLUMNS,
    **DROP_COLUMNS,
}


class StateColumns(Struct, frozen=True):
    """What the state says of one case, column by column."""

    evidence: StateEvidence

    def value(self, name: str) -> QuotedValue | None:
        """What the state says in a column, with its lines; None where it does not say it."""
        return STATE_COLUMNS[name](self.evidence)

    def lacking(self, name: str) -> str | None:
        """What it takes to know a column of a link that the state shows; None if that is not known."""
        found = STATE_COLUMNS.get(name)
        return found.lacking(self.evidence) if isinstance(found, Cell) else None

    def half(self, confirmed: Combination | None, get: Getter, lines: Mapping[str, tuple[str, ...]]) -> Half | None:
        """What speaks for a cause if the state leaves something out; ``lines`` are those of the columns."""
        return half_of(confirmed, get, lines, self.evidence.settings)
