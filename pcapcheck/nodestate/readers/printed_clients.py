"""What ping and clients print between the outputs of a node's state: evidence that something was lost."""

from __future__ import annotations

from collections.abc import Iterable

from pcapcheck.capture.not_a_capture import is_of_ping
from pcapcheck.capture.printed_failures import is_failure
from pcapcheck.capture.proxy_log import is_complete, unwritten
from pcapcheck.nodestate.listing import Listing
from pcapcheck.nodestate.readers.state_reader import StateReader
from pcapcheck.nodestate.source_lines import Line
from pcapcheck.nodestate.state import State

MOST_KEPT = 10_000
# One sync of either family may be that which failed.
MOST_COMPLETE = 8


def read_printed(lines: Iterable[Line], into: State, _: Listing | None = None) -> list[Line]:
    """Keep the lines as they are."""
    for line in lines:
        if line.text.strip() and len(into.printed) < MOST_KEPT and _tells(line, into.printed):
            into.printed.append(line)
            into.client_failures += is_failure(line.text)
    return []


def _tells(line: Line, before: list[Line]) -> bool:
    """Whether a line is worth keeping: that kube-proxy wrote its rules tells only after it could not, a few times."""
    if not is_complete(line.text):
        return True
    latest = before[-MOST_COMPLETE:]
    return any(unwritten(each.text) for each in before) and not (
        len(latest) == MOST_COMPLETE and all(is_complete(each.text) for each in latest)
    )


CLIENTS_READER = StateReader(
    name="clients",
    looks_like=lambda text, _: is_of_ping(text) or is_failure(text) or is_complete(text),
    read_cluster=read_printed,
)
