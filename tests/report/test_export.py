"""Tables for pandas and for files."""

from __future__ import annotations

import csv
import json
from io import StringIO
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from pcapcheck import analyze
from pcapcheck.cli import main
from pcapcheck.columns import COLUMNS
from tests.support.lab import CAPTURES, captures

WALKTHROUGH = str(CAPTURES / "walkthrough" / "cali14e7d81007d.pcap")


def export(*arguments: str) -> str:
    result = CliRunner().invoke(main, ["export", *arguments])
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.mark.parametrize("table", ["frames", "arp", "echo"])
def test_columns(table: str) -> None:
    rows = list(csv.DictReader(StringIO(export(WALKTHROUGH, "--table", table))))
    assert list(rows[0]) == ["capture", *COLUMNS[table]]
    assert len(rows) == {"frames": 6, "arp": 1, "echo": 2}[table]


def test_types() -> None:
    echo = analyze(WALKTHROUGH).echo
    assert pd.api.types.is_timedelta64_dtype(echo["rtt"])
    assert isinstance(echo["time"].dtype, pd.DatetimeTZDtype)
    assert echo["ttl"].dtype == "Int64"
    assert echo["replied"].dtype == "boolean"


def test_csv_has_seconds_and_rfc_3339() -> None:
    first, _ = csv.DictReader(StringIO(export(WALKTHROUGH, "--table", "echo")))
    assert float(first["rtt"]) == pytest.approx(34e-6)
    assert first["time"].endswith("000Z")
    assert "T" in first["time"]


def test_absent_is_empty_not_zero() -> None:
    first, *_ = csv.DictReader(StringIO(export(WALKTHROUGH, "--table", "frames")))
    assert first["arp.opcode"] == "1"
    assert [first[name] for name in ("ip.ttl", "icmp.seq", "tcp.srcport", "vlan.id", "ip.src")] == [""] * 5
    *_, last = csv.DictReader(StringIO(export(WALKTHROUGH, "--table", "frames")))
    assert (last["arp.opcode"], last["icmp.type"], last["ip.ttl"], last["icmp.seq"]) == ("", "0", "63", "1")


def test_jsonl() -> None:
    first, second = map(json.loads, export(WALKTHROUGH, "--table", "echo", "--format", "jsonl").splitlines())
    assert (first["seq"], second["seq"]) == (0, 1)
    assert first["error_type"] is None


def test_parquet(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="Parquet needs pyarrow")
    path = tmp_path / "echo.parquet"
    export(WALKTHROUGH, "--table", "echo", "--format", "parquet", "--output", str(path))
    read = pd.read_parquet(path)
    assert list(read["seq"]) == [0, 1]
    assert pd.api.types.is_timedelta64_dtype(read["rtt"])


def test_several_captures() -> None:
    frames = analyze(*captures("healthy")).frames
    assert set(frames["capture"]) == {str(path) for path in captures("healthy")}
    assert set(frames["interface"]) == {"cali14e7d81007d", "calieabe7761b00"}


def test_fragments_have_no_icmp_header() -> None:
    frames = analyze(CAPTURES / "fragments" / "cali14e7d81007d.pcap").frames
    later = frames[frames["ip.frag_offset"].fillna(0) > 0]
    assert len(later) > 0
    assert later["icmp.type"].isna().all()


def test_no_capture_rows_make_an_empty_table() -> None:
    arp = analyze(CAPTURES / "healthy-cached-arp" / "cali14e7d81007d.pcap").arp
    assert len(arp) == 0
    assert list(arp.columns) == ["capture", *COLUMNS["arp"]]


@pytest.mark.parametrize("form", ["csv", "jsonl"])
@pytest.mark.parametrize("table", ["frames", "arp", "echo"])
def test_written_in_parts_like_in_one(table: str, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    files = [str(path) for path in captures("loss")]
    whole = export(*files, "--table", table, "--format", form)
    monkeypatch.setattr("pcapcheck.report.tables.CHUNK", 7)
    assert export(*files, "--table", table, "--format", form) == whole
    assert len(whole.splitlines()) > 7 or table == "arp"
