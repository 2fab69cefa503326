"""A row of the table ``state`` in the making, and the lines behind its columns."""

from __future__ import annotations

from msgspec import Struct, field

from pcapcheck.nodestate.source_lines import Line
from pcapcheck.nodestate.state import PodLink
from pcapcheck.nodestate.state_row import StateRow


class RowDraft(Struct):
    """A row in the making. The gateways are those of pods for IPv4 and IPv6."""

    link: PodLink
    row: StateRow
    gateway: int
    gateway6: int
    lines: dict[str, list[Line]] = field(default_factory=dict)

    def rest_on(self, column: str, *lines: Line | None) -> None:
        """Add lines that a column rests on."""
        self.lines.setdefault(column, []).extend(line for line in lines if line is not None)
