"""The fleet from Python: an iterator over judged observations, and DataFrames of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec import Struct

from pcapcheck import given
from pcapcheck.fleet.fleet_request import TIME_LIMIT, FleetRequest
from pcapcheck.fleet.fleet_rows import (
    FINDINGS,
    OBSERVATIONS,
    TIME,
    FleetFinding,
    FleetResult,
    JudgedRows,
    ObservationRow,
    columns_of,
    rows_in,
)
from pcapcheck.fleet.grouped_files import FILE
from pcapcheck.fleet.judge_fleet import Ordered, judge_fleet
from pcapcheck.fleet.judge_observation import unpacked
from pcapcheck.fleet.judging import Judging, with_contents
from pcapcheck.values import clean

if TYPE_CHECKING:
    import pandas


class FleetJudgement(Struct, frozen=True):
    """An observation as it was judged: its name, the values of the pattern's names, and its rows.

    ``page`` is its HTML report if that was asked for.
    """

    name: str
    columns: dict[str, str]
    observation: ObservationRow
    findings: list[FleetFinding]
    page: str | None = None


class FleetFrames(NamedTuple):
    """A fleet as DataFrames: a row per observation, and a row per observation and rule. Times are UTC."""

    observations: pandas.DataFrame
    findings: pandas.DataFrame


def judge(
    sources: str | PathLike[str] | Iterable[str | PathLike[str]],
    *,
    per: str = FILE,
    group_by: str | None = None,
    rules: given.Names | None = None,
    variables: Mapping[str, str] | None = None,
    unpack_limit: int | None = None,
    with_page: bool = False,
    strict: bool = False,
    required: Iterable[str] = (),
    node_state: given.Names = (),
    pods: given.Names = (),
    workers: int | None = None,
    scheduler: str | None = None,
    time_limit: float | None = TIME_LIMIT,
    pack: str | None = None,
) -> Iterator[FleetJudgement]:
    """Judge each observation of the sources; they come as they are done, those of many bytes begin first.

    ``sources`` are folders, files, patterns and addresses such as ``s3://BUCKET/FOLDER``. Each file is an observation
    (``per="folder"``: each folder), or those files are one that have the same names in the pattern ``group_by``.
    ``rules``, ``pack``, ``variables`` and ``unpack_limit`` are those of ``analyze``. ``workers`` is the number of
    processes of this machine (None: one per processor); ``scheduler`` the address of a Dask scheduler whose workers do
    it instead.

    ``strict`` and ``required`` are demands on each observation (``Analysis.demand``); ``node_state`` and ``pods`` name
    files that describe all of them. ``time_limit`` is what one may take (seconds; None: whatever it takes).

    What cannot be judged is of verdict ``error``. Raises UsageError if the request means nothing, RuleError if rules
    cannot be loaded, both when the first observation is asked for.
    """
    named = [sources] if isinstance(sources, (str, PathLike)) else list(sources)
    judging = Judging(
        rules=tuple(map(str, given.paths(rules))) if rules is not None else (),
        pack=pack,
        variables=dict(variables or {}),
        unpack_limit=unpack_limit,
        with_page=with_page,
        strict=strict,
        required=tuple(required),
        node_state=tuple(map(str, given.paths(node_state))),
        pods=tuple(map(str, given.paths(pods))),
    )
    judging = with_contents(judging)
    request = FleetRequest(
        tuple(fspath(source) for source in named), judging, per, group_by, workers, scheduler, time_limit
    )
    observations, _ = request.observations()
    with closing(request.engine()) as engine:
        for judged in judge_fleet(map(Ordered, observations), judging, engine):
            rows = unpacked(judged.packed)
            one = judged.observation
            yield FleetJudgement(clean(one.name), dict(one.columns), rows.observation, rows.findings, judged.page)


def data_frames(judged: Iterable[FleetJudgement]) -> FleetFrames:
    """The observations as two DataFrames, sorted by name, with the columns of the tables that ``fleet`` writes."""
    import pandas as pd

    every = sorted(judged, key=lambda one: (sorted(one.columns.items()), one.name))
    names = tuple(dict.fromkeys(name for one in every for name in one.columns))
    frames = []
    for table in (OBSERVATIONS, FINDINGS):
        types = columns_of(table, names)
        rows: list[list[Any]] = []
        for one in every:
            result = FleetResult(
                one.name, tuple(one.columns.items()), 1, True, JudgedRows(one.observation, one.findings)
            )
            rows += rows_in(table, result, names)
        frame = pd.DataFrame(rows, columns=list(types))
        for name, type_ in types.items():
            if type_ == TIME:
                frame[name] = pd.to_datetime(frame[name].astype("Int64"), unit="ns", utc=True)
        frames.append(frame.drop(columns=["run", "latest"]))
    return FleetFrames(*frames)
