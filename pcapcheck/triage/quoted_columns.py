"""Quoted columns: a part of a case's columns, with what shows them."""

from __future__ import annotations

from msgspec import Struct, field

from pcapcheck.values import Value


class QuotedColumns(Struct):
    """Columns of a case, and by column the packets behind them, in lines as they are quoted."""

    columns: dict[str, Value | None] = field(default_factory=dict)
    lines: dict[str, tuple[str, ...]] = field(default_factory=dict)
