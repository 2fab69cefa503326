"""Filled texts: what a cause says of one case, with the values of the case in it.

Made when somebody looks: of cases that differ only in their pods, one is shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct

from pcapcheck.brief import Brief
from pcapcheck.links.point_facts import UNNAMED
from pcapcheck.ruleset.command import Typed
from pcapcheck.ruleset.rule import fill
from pcapcheck.triage.case_columns import CASE_COLUMNS
from pcapcheck.triage.cause import Cause
from pcapcheck.triage.commands import UNKNOWN_SAID, to_look, to_mend, typed_columns
from pcapcheck.values import Value, clean

if TYPE_CHECKING:
    from pcapcheck.triage.partly_known import Half

# How a command ends that is for networks other than Calico's.
OF_OTHERS = "# of other networks"


class CaseWords(Brief, Struct, frozen=True, dict=True):
    """The known columns of a case: as sentences show them, and as commands have them."""

    columns: Mapping[str, Value | None]

    @cached_property
    def known(self) -> dict[str, str]:
        """A link without a name on the node is as unknown as no link."""
        shown = {
            name: column.show(value)
            for name, column in CASE_COLUMNS.items()
            if (value := self.columns.get(name)) is not None
        }
        return {name: text for name, text in shown.items() if text != UNNAMED}

    @cached_property
    def said(self) -> dict[str, str]:
        """The same, with words for what is unknown."""
        return UNKNOWN_SAID | self.known

    @cached_property
    def typed(self) -> dict[str, Typed]:
        return typed_columns(self.columns, UNNAMED)


class FilledTexts(Brief, Struct, frozen=True, dict=True):
    """The texts of a cause in one case; ``half`` is what the state says for it if lines are missing."""

    cause: Cause
    words: CaseWords
    half: Half | None

    @cached_property
    def title(self) -> str:
        return clean(fill(self.cause.title, self.words.said))

    @cached_property
    def confirm(self) -> tuple[str, ...]:
        return (self.half.commands if self.half else ()) or self._looks

    @cached_property
    def fix(self) -> tuple[str, ...]:
        return to_mend(self.cause.fix, self.words.typed, self.words.known)

    @cached_property
    def shows(self) -> str:
        """Empty where the first command cannot be typed: nobody will see what it prints."""
        first = to_look(self.cause.confirm[:1], self.words.typed)
        is_first = bool(self._looks) and self._looks[:1] == first and self.half is None
        return clean(fill(self.cause.shows, self.words.said)) if is_first else ""

    @cached_property
    def _looks(self) -> tuple[str, ...]:
        texts = self.cause.confirm
        if self.words.columns.get("other_network") is True:
            # What is not about Calico comes first, and needs no remark.
            others = [text.removesuffix(OF_OTHERS).rstrip() for text in texts if text.endswith(OF_OTHERS)]
            texts = (*others, *(text for text in texts if not text.endswith(OF_OTHERS)))
        return to_look(texts, self.words.typed)
