"""The tables of a fleet: the same rows in each format, hive partitions, and SQL over them."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import pytest

from pcapcheck.errors import UsageError
from pcapcheck.fleet.fleet_rows import COLUMNS, ROWS, TAKEN
from tests.support.fleet import BROKEN, HEALTHY, fleet_of, run_inline
from tests.support.lab import ROOT

pa = pytest.importorskip("pyarrow", reason="Parquet needs pyarrow")
import pyarrow.dataset as ds  # noqa: E402


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    return fleet_of(tmp_path / "fleet", node1=HEALTHY, node2=BROKEN)


def parquet(folder: Path, table: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = ds.dataset(folder / table, partitioning="hive").to_table().to_pylist()
    return rows


def test_each_column_is_described() -> None:
    for table, row in ROWS.items():
        assert list(COLUMNS[table])[3:] == list(row.__struct_fields__)
    assert {"observation", "run", "latest", "rule", "verdict"} <= TAKEN


def test_the_page_lists_the_columns() -> None:
    page = (ROOT / "docs" / "fleet.md").read_text()
    for table, columns in COLUMNS.items():
        section = page.partition(f"### {table}\n")[2].partition("\n#")[0]
        rows = re.findall(r"^\| `(.*?)` \| (.*?) \| (.*?) \|$", section, re.M)
        assert rows == [(name, type_, help_) for name, (type_, help_) in columns.items()]


def test_formats_have_the_same_rows(fleet: Path, tmp_path: Path) -> None:
    group = "{node}/*.pcap"
    for form in ("parquet", "jsonl", "csv"):
        run_inline(fleet, output=tmp_path / form, form=form, group_by=group)
    for table in ROWS:
        lines = [json.loads(line) for line in (tmp_path / "jsonl" / f"{table}.jsonl").read_text().splitlines()]
        columns = parquet(tmp_path / "parquet", table)
        assert len(lines) == len(columns) > 1
        for line, row in zip(lines, columns, strict=True):
            assert line.keys() == row.keys()
            for name in line.keys() - {"first", "last", "time"}:
                assert line[name] == row[name], name
        with (tmp_path / "csv" / f"{table}.csv").open(newline="") as stream:
            texts = list(csv.DictReader(stream))
        assert [text["observation"] for text in texts] == [line["observation"] for line in lines]
        assert list(texts[0]) == list(lines[0])


def test_partitions_are_named_by_the_pattern(fleet: Path, tmp_path: Path) -> None:
    odd = fleet / "a=b c%é" / "night.pcap"
    odd.parent.mkdir()
    odd.write_bytes(HEALTHY.read_bytes())
    (fleet / ("n" * 250)).mkdir()
    (fleet / ("n" * 250) / "night.pcap").write_bytes(BROKEN.read_bytes())
    run_inline(fleet, output=tmp_path / "out", form="parquet", group_by="{node}/*.pcap")
    verdicts = {row["node"]: row["verdict"] for row in parquet(tmp_path / "out", "observations")}
    (long,) = (node for node in verdicts if node.startswith("nnn"))
    assert verdicts == {"node1": "pass", "node2": "fail", "a=b c%é": "pass", long: "fail"}
    assert (tmp_path / "out" / "findings" / "node=node1" / "part-0.parquet").is_file()


def test_what_cannot_be_listed_has_no_partition_of_its_own(fleet: Path, tmp_path: Path) -> None:
    (fleet / "gone.pcap").symlink_to("nowhere")
    run_inline(fleet, output=tmp_path / "out", form="parquet", group_by="{node}/*.pcap")
    verdicts = {row["node"]: row["verdict"] for row in parquet(tmp_path / "out", "observations")}
    assert verdicts == {"node1": "pass", "node2": "fail", None: "error"}


def test_only_changed_partitions_are_written(fleet: Path, tmp_path: Path) -> None:
    def written() -> dict[str, int]:
        return {
            path.parent.name: path.stat().st_mtime_ns for path in (tmp_path / "out" / "findings").rglob("*.parquet")
        }

    run_inline(fleet, output=tmp_path / "out", form="parquet", group_by="{node}/*.pcap")
    before = written()
    (fleet / "node2" / "night.pcap").write_bytes(HEALTHY.read_bytes())
    run_inline(fleet, output=tmp_path / "out", form="parquet", group_by="{node}/*.pcap")
    after = written()
    assert after["node=node1"] == before["node=node1"]
    assert after["node=node2"] > before["node=node2"]


def test_another_format_takes_the_place_of_the_first(fleet: Path, tmp_path: Path) -> None:
    for form in ("parquet", "csv", "parquet"):
        run_inline(fleet, output=tmp_path / "out", form=form)
        there = {path.name for path in (tmp_path / "out").iterdir()} - {".lock", "ledger.sqlite"}
        assert there == ({"findings", "observations"} if form == "parquet" else {"findings.csv", "observations.csv"})


def test_parquet_without_its_library(fleet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UsageError, match=r"pip install 'pcapcheck\[parquet\]'"):
        run_inline(fleet, output=tmp_path / "out", form="parquet")
    assert not (tmp_path / "out").exists()


SQL = "SELECT node, count(*) AS failed FROM {} WHERE status = 'fail' AND latest = 1 GROUP BY node ORDER BY node"


@pytest.mark.parametrize("name", ["duckdb", "polars"])
def test_sql(name: str, fleet: Path, tmp_path: Path) -> None:
    library = pytest.importorskip(name, reason=f"{name} is not installed")
    run_inline(fleet, output=tmp_path / "out", form="parquet", group_by="{node}/*.pcap")
    pattern = f"{tmp_path}/out/findings/**/*.parquet"
    if name == "duckdb":
        rows = library.sql(SQL.format(f"read_parquet('{pattern}', hive_partitioning = true)")).fetchall()
    else:
        findings = library.scan_parquet(pattern, hive_partitioning=True)
        rows = library.SQLContext(findings=findings).execute(SQL.format("findings"), eager=True).rows()
    assert rows == [("node2", 1)]
