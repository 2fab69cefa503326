"""Tracing: from a recorded frame to its packet, and to where that packet was seen last.

Made for the few frames that are shown as evidence; nothing here is done for every packet.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

import numpy as np

from pcapcheck.column_words import PACKETS
from pcapcheck.paths.gathering_layout import SAME_PACKET
from pcapcheck.paths.path import Path
from pcapcheck.paths.path_grouping import PathGroups
from pcapcheck.paths.sighting_columns import packet_type_of

Numbers = np.ndarray[Any, np.dtype[np.int64]]

# An answer that comes later answers something else.
SOON = 1_000_000_000


class Tracing:
    """Finds packets by the frames of their captures."""

    def __init__(self, groups: PathGroups) -> None:
        self._groups = groups
        self._seen = groups.seen
        packets = groups.packets
        self._packet_of = np.full(len(self._seen.time), -1, np.int64)
        self._packet_of[packets.rows] = packets.packet

    def packet(self, capture: int, frame: int) -> int | None:
        """The packet that a frame was of; None where it was not followed."""
        row = self._row(capture, frame)
        if row is None:
            return None
        if self._packet_of[row] < 0:
            # On a link seen twice the other sighting was kept.
            seen = self._seen
            like = np.flatnonzero((seen.identity == seen.identity[row]) & (self._packet_of >= 0))
            like = like[np.abs(seen.time[like] - seen.time[row]) <= SAME_PACKET]
            if not len(like):
                return None
            row = int(like[0])
        return int(self._packet_of[row])

    def path(self, packet: int) -> Path | None:
        """The path of a packet; None for the rarest, which are only counted."""
        number = int(self._groups.path_of[packet])
        return self._groups.paths[number] if number >= 0 else None

    def frames(self, packet: int) -> tuple[int, ...]:
        """In which frames it was seen, step by step."""
        return self._groups.sample(packet).frames

    def replies(self, packet: int) -> Iterator[int]:
        """The replies to an echo request that were seen anywhere, also behind address translation."""
        seen, packets = self._seen, self._groups.packets
        begin = int(packets.begins[packet])
        rows = packets.rows[begin : begin + int(packets.lengths[packet])]
        echoes, replies = self._replies
        found = [np.flatnonzero(echoes == echo) for echo in np.unique(seen.echo[rows])]
        alike = replies[np.sort(np.concatenate(found))]
        yield from dict.fromkeys(self._packet_of[alike[seen.time[alike] >= seen.time[rows[0]]]].tolist())

    def answers(self, kind: str, pairs: set[tuple[int, int]], packet: int) -> Iterator[int]:
        """Packets of a type between these (source and destination) soon after a packet: the first of each path."""
        seen, packets = self._seen, self._groups.packets
        asked = int(seen.time[packets.rows[packets.begins[packet]]])
        order, path_of = self._members
        numbers = sorted(number for pair in pairs for number in self._paths_between.get((kind, *pair), ()))
        for number in numbers:
            if self._groups.paths[number].last >= asked:
                begin, end = np.searchsorted(path_of, (number, number + 1)).tolist()
                members = order[begin:end]
                times = seen.time[packets.rows[packets.begins[members]]]
                after = members[(times >= asked) & (times <= asked + SOON)]
                if len(after):
                    yield int(after[0])

    @cached_property
    def _replies(self) -> tuple[Numbers, Numbers]:
        """The sightings of echo replies: what they reply to, and their rows, in order."""
        seen = self._seen
        rows = np.flatnonzero((self._packet_of >= 0) & (packet_type_of(seen.what) == PACKETS.index("reply")))
        return seen.echo[rows], rows

    @cached_property
    def _members(self) -> tuple[Numbers, Numbers]:
        """All packets in the order of their paths, and the path of each."""
        # Numbers of 16 bits are sorted in one pass.
        order = np.argsort(self._groups.path_of.astype(np.int16), kind="stable")
        return order, self._groups.path_of[order]

    @cached_property
    def _paths_between(self) -> dict[tuple[str, int, int], list[int]]:
        """The numbers of paths by type of packet, source and destination."""
        found: dict[tuple[str, int, int], list[int]] = {}
        for number, path in enumerate(self._groups.paths):
            found.setdefault((path.packet, path.src, path.dst), []).append(number)
        return found

    def _row(self, capture: int, frame: int) -> int | None:
        """Sightings stand capture by capture, and in each in the order of its frames."""
        seen = self._seen
        begin, end = np.searchsorted(seen.capture, np.array((capture, capture + 1), seen.capture.dtype)).tolist()
        row = begin + int(np.searchsorted(seen.frame[begin:end], frame << 32))
        return row if row < end and int(seen.frame[row]) >> 32 == frame else None
