"""Names in the columns of tables as kubectl, calicoctl, crictl and docker print them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pcapcheck.redaction.command_names import LABEL

# Upper-case titles, two blanks or more between them.
_HEADING = re.compile(r"[A-Z][A-Z0-9()-]*(?: [A-Z][A-Z0-9()-]*)?(?:\s{1,80}[A-Z][A-Z0-9()-]*)+\s*")
_TITLE = re.compile(r"\S+(?: \S+)*")
_NAMED = frozenset(["NAME", "NAMES", "NAMESPACE", "NODE", "POD", "WORKLOAD", "CONTAINERS", "HOST", "HOSTNAME"])
_LABELLED = frozenset(["SELECTOR", "POD-SELECTOR", "LABELS"])
_CELL = re.compile(rf"(?:[a-z.]{{1,80}}/)?{LABEL}")
_VALUE = re.compile(rf"=({LABEL})")
_LONGEST = 2000


class NameTables:
    """Follows the lines of a text; of rows below a heading the names are known."""

    def __init__(self) -> None:
        self._columns: list[tuple[str, int, int]] = []

    def take(self, line: str) -> Iterator[str]:
        """The names in the next line."""
        if len(line) > _LONGEST or not line.strip():
            self._columns = []
        elif _HEADING.fullmatch(line):
            titles = list(_TITLE.finditer(line))
            ends = [title.start() for title in titles[1:]] + [_LONGEST]
            self._columns = [(title[0], title.start(), end) for title, end in zip(titles, ends, strict=True)]
        else:
            for title, start, end in self._columns:
                yield from _names(title, line, start, end)


def _names(title: str, line: str, start: int, end: int) -> Iterator[str]:
    # A cell that does not begin below its title belongs to another table or to prose.
    if start and line[start - 1 : start].strip():
        return
    cell = line[start:end].strip()
    if title in _NAMED and _CELL.fullmatch(cell):
        yield cell.rpartition("/")[2]
    elif title in _LABELLED:
        yield from _VALUE.findall(cell)
