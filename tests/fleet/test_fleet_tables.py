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
from tests.support.fleet import BROKEN, HEALTHY, run_inline
from tests.support.lab import ROOT

pa = pytest.importorskip("pyarrow", reason="Parquet needs pyarrow")
import pyarrow.dataset as ds  # noqa: E402


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


def test_no_name_of_a_partition_costs_a_row(fleet: Path, tmp_path: Path) -> None:
    # What hive writes where there is no value is a name like any other; other names may seem to lead elsewhere.
    odd = ["__HIVE_DEFAULT_PARTITION__", "..x", "%2F", "a=b", "q\"'", "new\nline", "x" * 250, "x" * 249 + "y", "😀"]
    for name in odd:
        (fleet / name).mkdir()
        (fleet / name / "night.pcap").write_bytes(HEALTHY.read_bytes())
    (fleet / "gone.pcap").symlink_to("nowhere")
    run_inline(fleet, output=tmp_path / "out", form="parquet", group_by="{node}/*.pcap")
    names = {row["observation"] for row in parquet(tmp_path / "out", "observations")}
    assert len(names) == len(odd) + 3


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


@pytest.fixture
def nights(fleet: Path, tmp_path: Path) -> Path:
    """The tables of two runs: in the second node2 is healthy."""
    out = tmp_path / "out"
    run_inline(fleet, output=out, form="parquet", group_by="{node}/*.pcap")
    (fleet / "node2" / "night.pcap").write_bytes(HEALTHY.read_bytes())
    (fleet / "node1" / "night.pcap").write_bytes(BROKEN.read_bytes())
    run_inline(fleet, output=out, form="parquet", group_by="{node}/*.pcap")
    return out


def documented(folder: Path) -> list[str]:
    """The statements that the page shows, about this folder."""
    section = (ROOT / "docs" / "fleet.md").read_text().partition("### In SQL\n")[2]
    block = section.partition("```sql\n")[2].partition("```")[0]
    return [text.replace("'results/", f"'{folder}/") for text in block.split(";\n") if text.strip()]


def test_the_statements_of_the_page_in_duckdb(nights: Path) -> None:
    duckdb = pytest.importorskip("duckdb", reason="DuckDB is not installed")
    failing, daily, changed, since = (duckdb.sql(text).fetchall() for text in documented(nights))
    assert [row[:3] for row in failing] == [("node1", "gateway-arp-answered", 1)]
    assert [(node, loss) for node, _, loss, _ in daily] == [("node1", None), ("node2", 0.0)]
    assert sorted((before, after) for _, rule, before, after in changed if rule == "gateway-arp-answered") == [
        ("fail", "pass"),
        ("pass", "fail"),
    ]
    assert [row[0] for row in since] == ["node1"]


def test_a_statement_of_the_page_in_polars(nights: Path) -> None:
    polars = pytest.importorskip("polars", reason="polars is not installed")
    findings = polars.scan_parquet(f"{nights}/findings/**/*.parquet", hive_partitioning=True)
    statement = re.sub(r"read_parquet\([^)]*\)", "findings", documented(nights)[0])
    rows = polars.SQLContext(findings=findings).execute(statement, eager=True).rows()
    assert [row[:3] for row in rows] == [("node1", "gateway-arp-answered", 1)]
