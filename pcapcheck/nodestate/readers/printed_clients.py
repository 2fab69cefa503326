"""What ping and clients print between the outputs of a node's state: evidence that something was lost."""

from __future__ import annotations

from collections.abc import Iterable

from pcapcheck.capture.not_a_capture import is_of_ping
from pcapcheck.capture.printed_failures import is_failure
from pcapcheck.nodestate.listing import Listing
from pcapcheck.nodestate.readers.state_reader import StateReader
from pcapcheck.nodestate.source_lines import Line
from pcapcheck.nodestate.state import State

MOST_KEPT = 10_000


def read_printed(lines: Iterable[Line], into: State, _: Listing | None = None) -> list[Line]:
    """Keep the lines as they are."""
    room = MOST_KEPT - len(into.printed)
    kept = [line for line in lines if line.text.strip()][: max(room, 0)]
    into.printed += kept
    into.client_failures += sum(is_failure(line.text) for line in kept)
    return []


CLIENTS_READER = StateReader(
    name="clients",
    looks_like=lambda text, _: is_of_ping(text) or is_failure(text),
    read_cluster=read_printed,
)
