"""Where an answer was seen that does not fit its question, on the one link that shows it."""

from __future__ import annotations

from pcapcheck.links.point_facts import PointFacts
from pcapcheck.paths.losses import REPLY, LastSeen


def answer_seen(capture: int, frame: int, point: PointFacts, source: int) -> LastSeen:
    """A frame of a capture, by their numbers, that ``source`` sent as the answer; nobody followed it from there."""
    return LastSeen(
        direction=REPLY,
        capture=capture,
        frame=frame,
        host=None,
        interface=point.name,
        kind=point.kind,
        encap="none",
        arrived=None,
        place=None,
        never=(),
        source=source,
    )
