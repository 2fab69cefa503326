"""Output of several hosts with each line's host before it, as pdsh and clush print it: a stretch per host instead."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from pcapcheck.nodestate.readers.registry import reader_of
from pcapcheck.nodestate.source_lines import Line

PREFIXED = re.compile(r"((?=[\w.-]*[A-Za-z])[A-Za-z0-9][\w.-]{0,63}):(?: (.*))?")
LONGEST = 4096


def without_prefixes(lines: Sequence[Line]) -> Sequence[Line]:
    """The lines, those of hosts sorted by host below a heading each; the same lines where no prefix is there."""
    names = _hosts(lines)
    if not names:
        return lines
    sorted_: list[Line] = []
    run: dict[str, list[Line]] = {}
    for line in lines:
        match = PREFIXED.fullmatch(line.text) if len(line.text) <= LONGEST else None
        if match and match[1] in names:
            printed = run.setdefault(match[1], [Line(line.file, line.number, f"Node: {match[1]}")])
            printed.append(Line(line.file, line.number, match[2] or ""))
            continue
        for printed in run.values():
            sorted_ += printed
        run.clear()
        sorted_.append(line)
    for printed in run.values():
        sorted_ += printed
    return sorted_


def _hosts(lines: Sequence[Line]) -> set[str]:
    """The prefixes of lines that are known for output only without them: twice one, or two of them."""
    found: Counter[str] = Counter()
    for line in lines:
        match = PREFIXED.fullmatch(line.text) if len(line.text) <= LONGEST else None
        if match and match[2] and reader_of(match[2]) is not None and reader_of(line.text) is None:
            found[match[1]] += 1
    return set(found) if len(found) > 1 or sum(found.values()) > 1 else set()
