"""Lines of a log that are worth a note: what readers of logs have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.node_facts import Note
from pcapcheck.nodestate.source_lines import Line

# People paste thousands of them.
MOST_KEPT = 10_000
# The kind and the text of the note that a line is worth; None: it is worth none.
NoteOf = Callable[[str], tuple[str, str] | None]


def keep_notes(lines: Iterable[Line], into: Host, note_of: NoteOf) -> list[Line]:
    """Keep what lines are worth a note; returns the other lines."""
    strange = []
    for line in lines:
        noted = note_of(line.text.strip())
        if noted is None:
            strange.append(line)
        elif len(into.notes) < MOST_KEPT:
            into.notes.append(Note(*noted, line))
    return strange
