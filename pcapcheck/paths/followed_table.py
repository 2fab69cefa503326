"""The packets of the tables ``paths`` and ``hops`` as numbers: the path or hop of each, and what differs among them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from pcapcheck.paths.path_grouping import PathGroups
from pcapcheck.paths.path_tables import PathTables
from pcapcheck.paths.paths import Paths
from pcapcheck.paths.sighting_columns import Column, length_of

# Which of several things each packet has.
Codes = npt.NDArray[np.intp]


class FollowedTable:
    """A table of packets that were followed; ``described`` says what the packets of each path, or hop, share."""

    def __init__(self, paths: Paths, groups: PathGroups, table: str) -> None:
        tables = PathTables(paths)
        described = [tables.of_path(table, path) for path in paths.found]
        self.groups = groups
        self.described = [packets for some in described for packets in some]
        # The first and the last step that each of them looks at.
        self.starts = np.array([packets.steps[0] for packets in self.described], np.int64)
        self.ends = np.array([packets.steps[-1] for packets in self.described], np.int64)
        self._counts = np.array([len(some) for some in described], np.int64)

    def chunks(self, size: int) -> Iterator[FollowedChunk]:
        """The rows of ``size`` packets at a time, in the order in which the packets were seen first."""
        if not self.described:
            return
        counts = self._counts
        firsts = np.cumsum(counts) - counts
        in_order = self.groups.in_order()
        for begin in range(0, len(in_order), size):
            packets = in_order[begin : begin + size]
            path = self.groups.path_of[packets]
            rows = np.repeat(np.arange(len(packets)), counts[path])
            before = np.cumsum(counts[path]) - counts[path]
            of = firsts[path][rows] + np.arange(len(rows)) - before[rows]
            if len(rows):
                yield FollowedChunk(self, packets[rows], of)


class FollowedChunk:
    """Some rows: ``packets``, and ``of`` which of ``table.described`` each is."""

    def __init__(self, table: FollowedTable, packets: Column, of: Codes) -> None:
        self.packets = packets
        self.of = of
        self._seen, self._rows = table.groups.seen, table.groups.packets.rows
        self._first = table.groups.packets.begins[packets]
        self._start = self._first + table.starts[of]
        self._end = self._first + table.ends[of]

    @property
    def times(self) -> Column:
        """When each packet was seen first."""
        return self._times(self._first)

    @property
    def lengths(self) -> Column:
        """The length of each packet, in bytes."""
        return length_of(self._seen.what[self._rows[self._first]])

    @property
    def durations(self) -> Column:
        """Nanoseconds from the first to the last step that is looked at."""
        return self._times(self._end) - self._times(self._start)

    @property
    def latencies(self) -> Column:
        """The same between two links, whose clocks may be set by each other."""
        return np.abs(self.durations)

    @property
    def last_frames(self) -> Column:
        """The number of its frame at the last of these steps."""
        frames: Column = self._seen.frame[self._rows[self._end]] >> 32 & 0xFFFFFFFF
        return frames

    def _times(self, places: Column) -> Column:
        times: Column = self._seen.time[self._rows[places]]
        return times
