"""How the losses of each table of questions are spread, computed once and only on demand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from pcapcheck.links.facts import Facts
from pcapcheck.links.read_capture import Capture
from pcapcheck.paths.paths import Paths

if TYPE_CHECKING:
    from pcapcheck.links.question_losses import Losses


class LossSpreads:
    """The spread of losses by table; ``of`` computes it at the first call."""

    def __init__(self, captures: Sequence[Capture], facts: Facts, followed: Paths) -> None:
        self._captures = captures
        self._facts = facts
        self._followed = followed
        self._by_table: dict[str, Losses | None] = {}

    def of(self, table: str) -> Losses | None:
        """How the losses of a table are spread; None if nothing was lost."""
        if table not in self._by_table:
            self._by_table[table] = self._spread(table) if self._has_losses(table) else None
        return self._by_table[table]

    def _has_losses(self, table: str) -> bool:
        return any(
            name == table and tally.outcomes["unanswered"] + tally.outcomes["error"]
            for capture in self._captures
            for (name, _), tally in capture.tallies.items()
        )

    def _spread(self, table: str) -> Losses | None:
        # Loads NumPy, which a healthy capture does not need.
        from pcapcheck.links.loss_spread import losses_of
        from pcapcheck.links.question_losses import CONNECTION
        from pcapcheck.paths.lost_connections import lost_whole

        losses = losses_of(self._captures, self._facts, table)
        if losses is not None and lost_whole(losses, self._captures, self._facts, self._followed):
            return replace(losses, follows=CONNECTION)
        return losses
