"""Cells of the tables ``paths`` and ``hops``: a row per packet, with what the packets of its path have in common."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from pcapcheck.column import Column
from pcapcheck.columns import COLUMNS
from pcapcheck.paths.path_grouping import PathGroups
from pcapcheck.paths.path_tables import VARYING, FollowedPackets, PathTables, Words
from pcapcheck.paths.paths import Paths
from pcapcheck.paths.sighting_columns import length_of
from pcapcheck.report.tables.cells import AnyCells, Coded, Codes, Integers, NumberedTexts, Numbers


class Shared:
    """What the packets of each path, or of each hop of a path, have in common; looked up once for all packets."""

    def __init__(self, described: Sequence[FollowedPackets], columns: Mapping[str, Column]) -> None:
        self.described = described
        self.columns = columns
        # The first and the last step that are looked at.
        self.starts = np.array([packets.steps[0] for packets in described], np.int64)
        self.ends = np.array([packets.steps[-1] for packets in described], np.int64)
        self._known: dict[str, Coded[Any]] = {}

    def of(self, attribute: str) -> Coded[Any]:
        """An attribute of each of ``described``."""
        if attribute not in self._known:
            self._known[attribute] = Coded.of(getattr(packets, attribute) for packets in self.described)
        return self._known[attribute]

    @cached_property
    def last_frames(self) -> Coded[Words]:
        """How the frame of each one's last step is named."""
        return Coded.of(packets.last_frame() for packets in self.described)


class FollowedCells:
    """The early columns of some packets; ``of`` says which of ``shared.described`` each belongs to."""

    def __init__(self, shared: Shared, groups: PathGroups, packets: Integers, of: Codes) -> None:
        self._shared = shared
        self._groups = groups
        self._begins = groups.packets.begins[packets]
        self._of = of

    def column(self, name: str) -> AnyCells:
        """An early column by its name."""
        attribute = self._shared.columns[name].attribute
        return self._varying(attribute) if attribute in VARYING else self.shared(attribute)

    def shared(self, attribute: str) -> Coded[Any]:
        """What packets of one path have in common."""
        return self._cells(self._shared.of(attribute))

    @property
    def captures(self) -> Coded[int]:
        """The capture in which each packet is shown."""
        return self.shared("capture")

    @property
    def groups(self) -> Coded[int]:
        return self.shared("group")

    @property
    def outcomes(self) -> Coded[str]:
        return self.shared("outcome")

    def _varying(self, attribute: str) -> AnyCells:
        """What differs from packet to packet; text names the frame of the last step."""
        end = self._begins + self._shared.ends[self._of]
        if attribute == "time":
            return Numbers(self._times(self._begins))
        if attribute == "length":
            return Numbers(length_of(self._groups.seen.what[self._groups.packets.rows[self._begins]]))
        if attribute in ("duration", "latency"):
            took = self._times(end) - self._times(self._begins + self._shared.starts[self._of])
            return Numbers(took if attribute == "duration" else np.abs(took))
        frames = self._groups.seen.frame[self._groups.packets.rows[end]] >> 32 & 0xFFFFFFFF
        return NumberedTexts(self._cells(self._shared.last_frames), frames)

    def _cells(self, shared: Coded[Any]) -> Coded[Any]:
        return Coded(shared.codes[self._of], shared.values)

    def _times(self, places: Integers) -> Integers:
        times: Integers = self._groups.seen.time[self._groups.packets.rows[places]]
        return times


def followed_cells(paths: Paths, table: str, size: int) -> Iterator[FollowedCells]:
    """The rows of ``size`` packets at a time, in the order in which the packets were seen first."""
    tables = PathTables(paths)
    described = [list(tables.of_path(table, path)) for path in paths.found]
    counts = np.array([len(some) for some in described], np.int64)
    if paths.groups is None or not counts.any():
        return
    firsts = np.cumsum(counts) - counts
    shared = Shared([packets for some in described for packets in some], COLUMNS[table])
    in_order = paths.groups.in_order()
    for begin in range(0, len(in_order), size):
        packets = in_order[begin : begin + size]
        path = paths.groups.path_of[packets]
        rows = np.repeat(np.arange(len(packets)), counts[path])
        before = np.cumsum(counts[path]) - counts[path]
        of = firsts[path][rows] + np.arange(len(rows)) - before[rows]
        if len(rows):
            yield FollowedCells(shared, paths.groups, packets[rows], of)
