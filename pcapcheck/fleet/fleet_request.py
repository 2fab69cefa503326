"""What a caller wants judged, and by whom."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from msgspec import Struct

from pcapcheck.errors import CaptureError, UsageError
from pcapcheck.fleet.dask_engine import DaskEngine
from pcapcheck.fleet.engine import Engine
from pcapcheck.fleet.fleet_observation import FleetObservation
from pcapcheck.fleet.fleet_rows import TAKEN
from pcapcheck.fleet.group_pattern import GroupPattern, parse_pattern
from pcapcheck.fleet.grouped_files import FILE, FOLDER, PER, LeftOut, observations_of, without_repeats
from pcapcheck.fleet.judging import Judging
from pcapcheck.fleet.process_engine import ProcessEngine
from pcapcheck.fleet.source_files import every_source
from pcapcheck.fleet.time_limit import OutOfTime, within
from pcapcheck.links.scope import parse_interface_names
from pcapcheck.values import clean

# Seconds that one observation may take: what takes as long waits for something that does not come.
TIME_LIMIT = 3600.0


class FleetRequest(Struct, frozen=True):
    """The sources, how their files become observations, how those are judged, and where.

    ``per`` is ``file`` or ``folder``; ``group_by`` is a pattern with names instead. ``workers`` is the number of
    processes of this machine (None: one per processor); ``scheduler`` the address of a Dask scheduler instead.
    ``time_limit`` is what one observation may take (seconds).
    """

    sources: tuple[str, ...]
    judging: Judging
    per: str = FILE
    group_by: str | None = None
    workers: int | None = None
    scheduler: str | None = None
    time_limit: float | None = TIME_LIMIT

    @property
    def pattern(self) -> GroupPattern | None:
        """Raises UsageError if the pattern means nothing, or is given with ``per``."""
        if self.per not in PER:
            raise UsageError(f"per {self.per!r}: give {' or '.join(PER)}")
        if self.group_by is None:
            return None
        if self.per == FOLDER:
            raise UsageError("--per folder and --group-by exclude each other")
        return parse_pattern(self.group_by, TAKEN)

    def observations(self, without: Path | None = None) -> tuple[list[FleetObservation], LeftOut]:
        """The observations that the sources hold, and the files that belong to none.

        ``without`` is a folder to leave out. Raises UsageError if there is none, and as ``source_files``; CaptureError
        if finding them takes longer than one observation may take.
        """
        try:
            every, left_out = within(self.time_limit, self._listed, without)
        except OutOfTime:
            names = clean(", ".join(self.sources))
            raise CaptureError(
                f"{names}: not listed within --timeout; see what it waits for, or allow more time"
            ) from None
        if not every:
            raise UsageError(f"{', '.join(self.sources)}: no capture and no bundle is there; {left_out.lines[0]}")
        self._check_interfaces(every)
        return every, left_out

    def _listed(self, without: Path | None) -> tuple[list[FleetObservation], LeftOut]:
        pattern, left_out = self.pattern, LeftOut()
        every = without_repeats(
            observation
            for found in every_source(self.sources, without)
            for observation in observations_of(found, self.per, pattern, left_out)
        )
        return every, left_out

    def _check_interfaces(self, every: Iterable[FleetObservation]) -> None:
        """Each interface must be named for a file that is there: else the reader would look for it in vain."""
        wanted = set(parse_interface_names(self.judging.interfaces))
        if not wanted:
            return
        for observation in every:
            wanted.difference_update(name for file in observation.files for name in (file.name, file.short_name))
        for name in sorted(wanted):
            raise UsageError(f"--interface {clean(name)}=…: no capture of the sources has that name")

    def engine(self) -> Engine:
        """Where it is judged. Raises UsageError if there is no such place."""
        if self.scheduler is not None:
            if self.workers is not None:
                raise UsageError("--workers is for processes of this machine; a scheduler has its own")
            return DaskEngine(self.scheduler, self.time_limit)
        return ProcessEngine(self.workers, self.time_limit)
