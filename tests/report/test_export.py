"""Tables for pandas and for files."""

from __future__ import annotations

import csv
import json
import warnings
from io import StringIO
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from pcapcheck import analyze
from pcapcheck.cli.main import main
from pcapcheck.columns import COLUMNS
from tests.report.test_readable import frames_of
from tests.support.lab import CAPTURES, captures
from tests.support.wire import BEGIN, NODE, ask, cooked, mac, reply, request, write_pcap

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
    monkeypatch.setattr("pcapcheck.report.tables.read_chunks.CHUNK", 7)
    assert export(*files, "--table", table, "--format", form) == whole
    assert len(whole.splitlines()) > 7 or table == "arp"


@pytest.mark.parametrize("table", ["frames", "arp", "echo", "connections", "dns", "paths", "hops"])
def test_of_several_links_like_the_library(table: str) -> None:
    files = [str(path) for path in captures("two-nodes-ipip")]
    rows = list(csv.DictReader(StringIO(export(*files, "--table", table))))
    assert len(rows) == len(getattr(analyze(*files), table))
    assert rows or table in ("connections", "dns")


def crowded(folder: Path, link_type: int) -> Path:
    """200 pods with one ping each on one link, and their node's ARP for somebody who is none of them."""
    frames = sorted(frame for pod in range(200) for frame in frames_of(pod, pings=2))
    frames.append((frames[-1][0] + 10**9, ask("10.244.9.9", NODE, "172.31.186.250")))
    if link_type == 113:
        frames = [(time, cooked(frame, frame[6:12] == mac(NODE))) for time, frame in frames]
    return write_pcap(folder / "cali14e7d81007d.pcap", frames, link_type)


@pytest.mark.parametrize("link_type", [1, 113])
def test_a_row_names_its_own_pod(link_type: int, tmp_path: Path) -> None:
    path = crowded(tmp_path, link_type)
    analysis = analyze(path)
    assert len(analysis.points[0].pod_ips) == 200
    echo = analysis.echo
    assert list(echo["pod.ip"]) == list(echo["src"])
    assert list(echo["pod.mac"]) == list(echo["eth_src"])
    assert list(analysis.arp["pod.ip"][:200]) == list(analysis.arp["asker_ip"][:200])
    frames = analysis.frames
    from_node = frames[frames["ip.dst"].notna() & (frames["side"] == "node")]
    assert len(from_node) == 400
    assert list(from_node["pod.ip"]) == list(from_node["ip.dst"])
    assert from_node["pod.mac"].nunique() == 200
    *_, last = frames.to_dict("records")
    assert (pd.isna(last["pod.mac"]), pd.isna(last["pod.ip"])) == (True, True)
    # What is written grows with the rows, not with rows times pods.
    assert len(export(str(path), "--table", "frames")) < 10 * path.stat().st_size


def test_rules_still_see_every_pod_of_the_link(tmp_path: Path) -> None:
    rule = tmp_path / "x.yml"
    rule.write_text("rules: [{id: x, select: {table: echo}, expect: {pod.ip: {cidr: 10.244.7.0/28}}}]\n")
    (finding,) = analyze(crowded(tmp_path, 1), rules=rule).findings
    assert (finding.status, finding.failed) == ("fail", finding.checked)


def test_a_pod_of_two_families_has_both(tmp_path: Path) -> None:
    echo = analyze(*captures("ipv6")).echo
    assert all("," in address or ":" in address for address in echo["pod.ip"])


@pytest.mark.slow
def test_pandas_reads_back_without_a_warning(tmp_path: Path) -> None:
    """It guesses types piece by piece, some ten thousand rows each: the last requests are still in flight."""
    frames = [
        (BEGIN + number * 100_000, make(seq=number % 60_000, ident=1 + number // 60_000))
        for number in range(40_000)
        for make in (request, reply)
    ]
    frames += [(frames[-1][0] + number, request(seq=number, ident=9)) for number in range(1, 9)]
    path = write_pcap(tmp_path / "cali14e7d81007d.pcap", frames)
    text = export(str(path), "--table", "echo")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        echo = pd.read_csv(StringIO(text))
    assert echo["replied"].dtype == "float64"
    assert echo["replied"].isna().sum() == 8
    assert echo["unicast"].dtype == "int64"
