"""A run into an output folder: judge what is new or changed, note it in the ledger, write the tables and pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from pcapcheck.errors import MISSING, UNREADABLE, UsageError
from pcapcheck.fleet.fleet_observation import FleetObservation
from pcapcheck.fleet.fleet_request import FleetRequest
from pcapcheck.fleet.fleet_rows import ERROR, JudgedRows
from pcapcheck.fleet.fleet_tables import check_format, table_names, write_tables
from pcapcheck.fleet.grouped_files import LeftOut
from pcapcheck.fleet.judge_fleet import Ordered, judge_fleet
from pcapcheck.fleet.judge_observation import DIED, FAULT, LATE, MEMORY, Judged, packed, unpacked
from pcapcheck.fleet.judging import settings_digest, with_contents
from pcapcheck.fleet.ledger import NAME, KnownResult, Ledger, read_columns
from pcapcheck.fleet.overview import Overview
from pcapcheck.fleet.whole_files import check_own, locked, written_whole
from pcapcheck.values import clean
from pcapcheck.version import __version__

# Errors that another try may be without: of access, of workers, of networks.
PASSING = (MISSING, UNREADABLE, DIED, MEMORY, LATE, FAULT)
INDEX, REPORTS = "index.html", "reports"


class Advance(Struct, frozen=True):
    """How far a run is: observations and bytes, done and in all, of what has to be judged."""

    done: int
    count: int
    bytes_done: int
    bytes: int


class FleetRun(Struct):
    """What a run came to. ``interrupted``: the rest is left to the next one."""

    overview: Overview
    left_out: LeftOut
    interrupted: bool = False


def run_fleet(
    request: FleetRequest, folder: Path, form: str, progress: Callable[[Advance], None] = lambda advance: None
) -> FleetRun:
    """Judge what is not judged yet, and write the tables of all that ever was into ``folder``.

    An interruption (Ctrl-C) ends it early, with tables of what is there. Raises UsageError if the request means
    nothing or another run has the folder, CaptureError if it cannot be written.
    """
    check_format(form)
    judging = with_contents(request.judging)
    request = replace(request, judging=judging)
    settings = settings_digest(judging)
    check_own(folder, NAME, (*table_names(), INDEX, REPORTS))
    with locked(folder):
        return _run(request, settings, folder, form, progress)


def _run(
    request: FleetRequest, settings: str, folder: Path, form: str, progress: Callable[[Advance], None]
) -> FleetRun:
    # Nothing is written before it is known that there is something to judge.
    observations, left_out = request.observations(without=folder)
    with closing(Ledger(folder)) as ledger:
        _check_names(ledger, request, folder)
        ledger.begin(__version__, settings)
        ledger.note_listing(observations)
        run = FleetRun(Overview(), left_out)
        wanted = list(_wanted(observations, ledger, settings, request.judging.with_page, run.overview))
        try:
            _judge(wanted, request, folder, ledger, settings, run.overview, progress)
            ledger.finish()
        except KeyboardInterrupt:
            run.interrupted = True
        ledger.commit()
        write_tables(ledger, folder, form)
        if request.judging.with_page:
            from pcapcheck.fleet.index_page import index_page

            with written_whole(folder / INDEX) as part:
                part.write_text(index_page(run.overview), encoding="utf-8")
        return run


def _check_names(ledger: Ledger, request: FleetRequest, folder: Path) -> None:
    """A folder's tables have the same columns from run to run."""
    names = request.pattern.names if request.pattern else ()
    for columns in ledger.every_columns():
        before = tuple(name for name, _ in read_columns(columns))
        if before != names:
            was = f"the names {', '.join(before)}" if before else "no names"
            raise UsageError(
                f"--output {clean(str(folder))}: what is there was grouped by {was}; "
                "group by the same names in the same order, or name another folder"
            )


def _wanted(
    observations: list[FleetObservation], ledger: Ledger, settings: str, with_page: bool, overview: Overview
) -> Iterator[Ordered]:
    """What has to be judged; the rest is added to the overview."""
    for observation in observations:
        known = ledger.known(observation)
        same = known is not None and known.settings == settings and not known.passing
        if known is None or not same or (with_page and not known.has_page and not _is_error(known)):
            yield Ordered(observation)
        elif observation.stamp and observation.stamp == known.stamp:
            overview.add(observation, unpacked(known.packed), judged=False)
        else:
            yield Ordered(observation, known.digest)


def _is_error(known: KnownResult) -> bool:
    return unpacked(known.packed).observation.verdict == ERROR


def _judge(
    wanted: list[Ordered],
    request: FleetRequest,
    folder: Path,
    ledger: Ledger,
    settings: str,
    overview: Overview,
    progress: Callable[[Advance], None],
) -> None:
    if not wanted:
        return
    size, count = sum(one.observation.size for one in wanted), len(wanted)
    done = bytes_done = 0
    with closing(request.engine()) as engine:
        for judged in judge_fleet(wanted, request.judging, engine):
            rows = _note(judged, folder, ledger, settings)
            overview.add(judged.observation, rows, judged=not judged.is_unchanged)
            done, bytes_done = done + 1, bytes_done + judged.observation.size
            progress(Advance(done, count, bytes_done, size))


def _note(judged: Judged, folder: Path, ledger: Ledger, settings: str) -> JudgedRows:
    """Note what came of an observation; its page is there before the ledger says so."""
    known = ledger.known(judged.observation)
    if judged.is_unchanged:
        assert known is not None
        ledger.keep(judged.observation, known)
        return unpacked(known.packed)
    rows = unpacked(judged.packed)
    if judged.page is not None:
        rows.observation.report = f"{REPORTS}/{judged.observation.key.hex()}.html"
        with written_whole(folder / rows.observation.report) as part:
            part.write_text(judged.page, encoding="utf-8", errors="replace")
        judged = Judged(judged.observation, packed(rows), judged.digest, judged.page)
    passing = rows.observation.problem in PASSING
    if known is None or known.packed != judged.packed or known.settings != settings or not passing:
        ledger.add(judged, settings, passing)
    return rows
