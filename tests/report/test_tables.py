"""Tables made of raw rows: the same cells as the rows themselves have, in each form, in chunks of any size."""

from __future__ import annotations

import random
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any, cast

import pandas as pd
import pytest

from pcapcheck import UsageError, analyze
from pcapcheck.analysis import Analysis
from pcapcheck.column import DURATION, NUMBER, TIME
from pcapcheck.columns import COLUMNS
from pcapcheck.paths.followed_rows import followed_rows
from pcapcheck.paths.path_row import FollowedRow
from pcapcheck.report.export import write_parquet, write_text_table
from pcapcheck.report.tables import read_chunks
from pcapcheck.report.tables.cells import AnyCells
from pcapcheck.report.tables.chunks import NUMERIC
from pcapcheck.report.tables.field_cells import FieldCells
from pcapcheck.report.tables.followed_cells import followed_cells
from pcapcheck.report.tables.text_rows import Csv, JsonLines
from pcapcheck.table_names import FRAMES, HOPS, PATHS
from pcapcheck.values import format_time
from tests.support.captures import MADE, TEXTS
from tests.support.lab import captures
from tests.support.raw_batches import NAMES, batches

# Of each kind of traffic and of error one, with and without tunnels; and a text.
SCENARIOS = ("walkthrough", "ipv6", "tcp-refused", "tcp-dropped", "traceroute", "unreachable", "two-nodes-vxlan")


def text(analysis: Analysis, table: str, form: str) -> str:
    stream = StringIO()
    write_text_table(analysis, table, form, stream)
    return stream.getvalue()


def as_pandas_writes(frame: pd.DataFrame, form: str) -> str:
    """A DataFrame in the same form, as pandas writes it."""
    for name in frame.columns:
        if pd.api.types.is_timedelta64_dtype(frame[name]):
            frame[name] = frame[name].dt.total_seconds()
        elif isinstance(frame[name].dtype, pd.DatetimeTZDtype):
            frame[name] = [None if pd.isna(time) else format_time(time.value) for time in frame[name]]
        elif frame[name].dtype == "boolean" and form == "csv":
            frame[name] = frame[name].astype("Int64")
    if form == "csv":
        return frame.to_csv(index=False)
    stream = StringIO()
    if len(frame):
        frame.astype(object).to_json(stream, orient="records", lines=True)
    return stream.getvalue()


def python_values(cells: AnyCells) -> list[Any]:
    coded = cells.coded()
    return [coded.values[code] for code in coded.codes]


@pytest.mark.parametrize("data", [*(path.read_bytes() for path in (*MADE, *TEXTS)), NAMES])
def test_each_cell_is_what_the_row_says(data: bytes) -> None:
    for rows in (rows for rows in batches(data) if rows.count):
        cells = FieldCells(rows)
        for name in rows.fields.columns:
            assert python_values(cells.column(name)) == [rows.value(row, name) for row in range(rows.count)], name


@pytest.mark.parametrize("table", [PATHS, HOPS])
@pytest.mark.parametrize("scenario", ["loss", "any", "two-nodes-vxlan"])
def test_each_cell_of_a_packet_is_what_its_row_says(scenario: str, table: str) -> None:
    followed = analyze(*captures(scenario)).followed
    rows = [cast(FollowedRow, row) for rows in followed_rows(followed, table, ()) for row in rows]
    chunks = list(followed_cells(followed, table, 3))
    assert len(rows) > 3
    for name, column in COLUMNS[table].items():
        if not column.late:
            cells = [value for chunk in chunks for value in python_values(chunk.column(name))]
            assert cells == [getattr(row, column.attribute) for row in rows], name
    assert [capture for chunk in chunks for capture in python_values(chunk.captures)] == [row.capture for row in rows]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_text_is_what_pandas_writes(scenario: str, tmp_path: Path) -> None:
    paths = []
    for number, path in enumerate(captures(scenario)):
        # What must be quoted in one form or the other.
        paths.append(tmp_path / f'{number} "{path.stem}", µ\\{path.suffix}')
        paths[-1].write_bytes(path.read_bytes())
    analysis = analyze(*paths)
    for table in read_chunks.TABLES:
        for form in ("csv", "jsonl"):
            frame = analysis.views.table(analysis, table)
            assert text(analysis, table, form) == as_pandas_writes(frame, form), (table, form)


def test_durations_are_what_pandas_writes() -> None:
    drawn = random.Random(1)
    durations = [0, 1, 10**9 - 1, 10**9, *(drawn.randrange(10 ** drawn.randrange(1, 14)) for _ in range(2000))]
    seconds = pd.Series(durations, dtype="int64") / 10**9
    assert f"[{','.join(map(JsonLines().seconds, durations))}]" == seconds.to_json(orient="values")  # type: ignore[call-overload]
    assert [Csv().seconds(duration) for duration in durations] == seconds.to_csv(index=False, header=False).split()


@pytest.mark.parametrize("table", read_chunks.TABLES)
def test_batches_of_any_size(table: str, monkeypatch: pytest.MonkeyPatch) -> None:
    files = [*captures("loss"), *captures("tcp-refused")]
    whole = text(analyze(*files), table, "csv")
    monkeypatch.setattr(read_chunks, "CHUNK", 3)
    assert text(analyze(*files, batch_frames=2), table, "csv") == whole


@pytest.mark.parametrize("table", read_chunks.TABLES)
def test_arrow_is_the_data_frame(table: str) -> None:
    pytest.importorskip("pyarrow", reason="Arrow tables need pyarrow")
    analysis = analyze(*captures("two-nodes-vxlan"))
    frame = analysis.views.table(analysis, table)
    arrow = analysis.to_arrow(table)
    assert arrow.column_names == ["capture", *COLUMNS[table]]
    pd.testing.assert_frame_equal(arrow.to_pandas(), frame)


@pytest.mark.parametrize("table", ["frames", "echo"])
def test_polars_takes_arrow_without_a_copy(table: str) -> None:
    """Numbers, times and durations are the same memory; texts point into it."""
    pytest.importorskip("pyarrow", reason="Arrow tables need pyarrow")
    polars = pytest.importorskip("polars", reason="polars is not installed")
    arrow = analyze(*captures("loss")).to_arrow(table)
    taken = polars.from_arrow(arrow)
    assert taken.columns == arrow.column_names
    assert taken.rows() == polars.DataFrame(arrow.to_pylist(), schema=taken.schema).rows()
    numeric = [name for name, column in COLUMNS[table].items() if column.type in (NUMBER, TIME, DURATION)]
    for name in numeric:
        ours = {chunk.buffers()[1].address for chunk in arrow.column(name).chunks}
        assert {chunk.to_arrow().buffers()[1].address for chunk in taken[name].get_chunks()} <= ours, name


def test_duckdb_asks_arrow_tables() -> None:
    pytest.importorskip("pyarrow", reason="Arrow tables need pyarrow")
    duckdb = pytest.importorskip("duckdb", reason="duckdb is not installed")
    analysis = analyze(*captures("two-nodes-vxlan"))
    echo = analysis.to_arrow("echo")
    asked = duckdb.from_arrow(echo).query("echo", "select dst, count(*), max(rtt) from echo group by dst order by dst")
    expected = analysis.echo.groupby("dst")["rtt"].agg(["size", "max"])
    assert [(dst, count) for dst, count, _ in asked.fetchall()] == list(expected["size"].items())
    longest = [duration for _, _, duration in asked.fetchall()]
    assert longest == [duration.floor("us").to_pytimedelta() for duration in expected["max"]]


def test_arrow_of_a_table_that_does_not_exist() -> None:
    with pytest.raises(UsageError, match="there are: frames, arp"):
        analyze(*captures("walkthrough")).to_arrow("packets")


def test_parquet_in_several_groups_of_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="Parquet needs pyarrow")
    monkeypatch.setattr(read_chunks, "CHUNK", 3)
    monkeypatch.setattr("pcapcheck.report.tables.arrow_tables.ROW_GROUP", 5)
    analysis = analyze(*captures("loss"), batch_frames=4)
    write_parquet(analysis, FRAMES, str(tmp_path / "frames.parquet"))
    assert parquet.ParquetFile(tmp_path / "frames.parquet").num_row_groups > 2
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "frames.parquet"), analysis.frames)


@pytest.mark.parametrize("table", [FRAMES, PATHS])
def test_parquet_keeps_recurring_text_once(table: str, tmp_path: Path) -> None:
    """Text that recurs is in dictionaries; text that names a frame is not; the whole is the DataFrame."""
    parquet = pytest.importorskip("pyarrow.parquet", reason="Parquet needs pyarrow")
    analysis = analyze(*captures("two-nodes-vxlan"))
    write_parquet(analysis, table, str(tmp_path / "table.parquet"))
    file = parquet.ParquetFile(tmp_path / "table.parquet")
    group = file.metadata.row_group(0)
    kept = {column.path_in_schema: column.encodings for column in map(group.column, range(group.num_columns))}
    texts = ["capture", *(name for name, column in COLUMNS[table].items() if column.type not in NUMERIC)]
    assert {name for name in texts if "RLE_DICTIONARY" not in kept[name]} <= {"last_seen"}
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "table.parquet"), analysis.views.table(analysis, table))


WITHOUT_PANDAS = """
import sys
from pcapcheck import analyze
from pcapcheck.report.export import write_parquet

write_parquet(analyze(sys.argv[1]), "paths", sys.argv[2])
print("pandas" in sys.modules)
"""


def test_parquet_does_not_load_pandas(tmp_path: Path) -> None:
    """Which takes as long as a hundred thousand rows, and 50 MB."""
    pytest.importorskip("pyarrow", reason="Parquet needs pyarrow")
    command = [sys.executable, "-c", WITHOUT_PANDAS, str(captures("any")[0]), str(tmp_path / "table.parquet")]
    assert subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout == "False\n"


# pandas keeps text in another way then.
WITHOUT_PYARROW = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "pyarrow":
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Missing())
from pcapcheck import CaptureError, analyze
from pcapcheck.paths.followed_rows import followed_rows
from pcapcheck.paths.path_row import FollowedRow
from pcapcheck.report.export import write_text_table

analysis = analyze(*sys.argv[1:])
write_text_table(analysis, "frames", "csv", sys.stdout)
assert analysis.frames["ip.src"].dtype.storage == "python"
assert list(analysis.frames["ip.src"].dropna())
try:
    analysis.to_arrow("frames")
except CaptureError as error:
    print(error)
"""


def test_without_pyarrow() -> None:
    paths = captures("two-nodes-vxlan")
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_PYARROW, *paths], stdout=subprocess.PIPE, text=True, check=True
    )
    assert done.stdout == text(analyze(*paths), FRAMES, "csv") + (
        "Arrow tables need pyarrow; install it with: pip install 'pcapcheck[parquet]'\n"
    )
