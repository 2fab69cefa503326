"""Values of the state, each with the lines that it rests on as evidence quotes them."""

from __future__ import annotations

from pcapcheck.nodestate.source_lines import Line, Quoted, Sourced, quote
from pcapcheck.nodestate.state_row import StateRow
from pcapcheck.values import Value

QuotedValue = Quoted[Value]


def quoted(found: Sourced[Value] | None) -> QuotedValue | None:
    """A value whose lines are not quoted yet."""
    return None if found is None else Quoted(found.value, quotes(*found.source_lines))


def quotes(*lines: Line | None) -> tuple[str, ...]:
    return tuple(quote(line) for line in lines if line is not None)


def cell(row: StateRow | None, attribute: str) -> QuotedValue | None:
    """What a row of the table ``state`` holds, by its attribute."""
    value: Value | None = getattr(row, attribute) if row is not None else None
    if row is None or value is None:
        return None
    lines = row.source_lines.get(attribute) or row.source_lines.get(attribute.replace("_", ".", 1), ())
    return Quoted(value, lines)
