"""Cells of the tables ``paths`` and ``hops``: a row per packet, with what the packets of its path have in common."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from pcapcheck.column import Column
from pcapcheck.columns import COLUMNS
from pcapcheck.paths.followed_table import FollowedChunk, FollowedTable
from pcapcheck.paths.path_tables import VARYING, Words
from pcapcheck.paths.paths import Paths
from pcapcheck.report.tables.cells import AnyCells, Coded, NumberedTexts, Numbers


class Shared:
    """What the packets of each path, or of each hop of a path, have in common; looked up once for all packets."""

    def __init__(self, table: FollowedTable, columns: Mapping[str, Column]) -> None:
        self.described = table.described
        self.columns = columns
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
    """The early columns of some packets."""

    def __init__(self, shared: Shared, chunk: FollowedChunk) -> None:
        self._shared = shared
        self._chunk = chunk

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
        chunk = self._chunk
        if attribute == "time":
            return Numbers(chunk.times)
        if attribute == "length":
            return Numbers(chunk.lengths)
        if attribute == "duration":
            return Numbers(chunk.durations)
        if attribute == "latency":
            return Numbers(chunk.latencies)
        return NumberedTexts(self._cells(self._shared.last_frames), chunk.last_frames)

    def _cells(self, shared: Coded[Any]) -> Coded[Any]:
        return Coded(shared.codes[self._chunk.of], shared.values)


def followed_cells(paths: Paths, table: str, size: int) -> Iterator[FollowedCells]:
    """The rows of ``size`` packets at a time, in the order in which the packets were seen first."""
    if paths.groups is None:
        return
    followed = FollowedTable(paths, paths.groups, table)
    shared = Shared(followed, COLUMNS[table])
    for chunk in followed.chunks(size):
        yield FollowedCells(shared, chunk)
