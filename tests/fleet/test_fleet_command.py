"""``pcapcheck fleet`` as people use it: what is printed, exit codes, the index page, and the library."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pcapcheck.cli.main import main
from pcapcheck.fleet import data_frames, judge
from pcapcheck.fleet.fleet_request import FleetRequest
from pcapcheck.fleet.index_page import index_page
from tests.support.fleet import BROKEN, HEALTHY, InlineEngine, fleet_of, run_inline


@pytest.fixture(autouse=True)
def _inline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FleetRequest, "engine", lambda self: InlineEngine())


def run(*words: object) -> Result:
    return CliRunner().invoke(main, ["fleet", *map(str, words)])


def test_the_worst_come_first_and_the_exit_code_is_that_of_all(fleet: Path, tmp_path: Path) -> None:
    done = run(fleet, "--output", tmp_path / "out", "--group-by", "{node}/*.pcap")
    assert done.exit_code == 1
    lines = done.output.splitlines()
    assert lines[0] == "FAIL  2 observations: 1 failed, 1 passed"
    assert re.search(r"✗ .*node2.*does not answer 10\.244\.1\.10's ARP", lines[4])
    assert any(re.match(r"  gateway-arp-answered +error +1 +1 +0", line) for line in lines)
    assert any(re.match(r"  node2 +1 +0 +0 +0", line) for line in lines)
    assert run(fleet, "--output", tmp_path / "out", "--group-by", "{node}/*.pcap", "--exit-zero").exit_code == 0


def test_exit_codes(tmp_path: Path) -> None:
    healthy = fleet_of(tmp_path / "healthy", node1=HEALTHY)
    assert run(healthy, "--output", tmp_path / "a").exit_code == 0
    (healthy / "text.pcap").write_text("no capture\n")
    done = run(healthy, "--output", tmp_path / "b", "--exit-zero")
    assert done.exit_code == 2
    assert done.output.startswith("NOT JUDGED  2 observations: 1 could not be judged, 1 passed")
    (tmp_path / "nothing").mkdir()
    done = run(tmp_path / "nothing", "--output", tmp_path / "c")
    assert done.exit_code == 2
    assert done.output.startswith("pcapcheck: error: ")
    assert len(done.output.splitlines()) == 1


def test_options_that_mean_nothing_together(fleet: Path, tmp_path: Path) -> None:
    done = run(fleet, "--output", tmp_path / "out", "--per", "folder", "--group-by", "{node}/*.pcap")
    assert done.exit_code == 2
    assert "exclude each other" in done.output


def test_the_index_links_each_report(fleet: Path, tmp_path: Path) -> None:
    run(fleet, "--output", tmp_path / "out", "--html", "--format", "jsonl")
    page = (tmp_path / "out" / "index.html").read_text()
    assert "<script" not in page
    reports = re.findall(r'href="(reports/[0-9a-f]+\.html)"', page)
    assert len(reports) == 2
    first = (tmp_path / "out" / reports[0]).read_text()
    assert "proxy" in first
    assert "FAIL" in first
    # What was judged without a page is judged again for one.
    run(fleet, "--output", tmp_path / "other", "--format", "jsonl")
    run(fleet, "--output", tmp_path / "other", "--html", "--format", "jsonl")
    assert len(list((tmp_path / "other" / "reports").iterdir())) == 2


def test_names_are_escaped(tmp_path: Path) -> None:
    fleet_of(tmp_path / "fleet", **{"<img src=x>&": BROKEN})
    overview = run_inline(tmp_path / "fleet", output=tmp_path / "out")[0].overview
    assert "<img" not in index_page(overview)
    assert "&lt;img src=x&gt;&amp;" in index_page(overview)


def test_the_library(fleet: Path) -> None:
    judged = list(judge(fleet, group_by="{node}/*.pcap"))
    assert {one.columns["node"]: one.observation.verdict for one in judged} == {"node1": "pass", "node2": "fail"}
    frames = data_frames(judged)
    assert list(frames.observations["node"]) == ["node1", "node2"]
    assert str(frames.observations["first"].dtype) == "datetime64[ns, UTC]"
    failed = frames.findings.query("status == 'fail'")
    assert list(failed["rule"]) == ["gateway-arp-answered"]
    assert data_frames([]).observations.empty
