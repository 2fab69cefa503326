"""What ``analyze`` knows holds for a whole fleet: demands, rules, states, pods, names of interfaces and times."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from pcapcheck.cli.main import main
from pcapcheck.fleet import judge
from pcapcheck.fleet.fleet_request import FleetRequest
from pcapcheck.fleet.judge_observation import judge_observation, unpacked
from pcapcheck.fleet.judging import Judging, with_contents
from tests.support.fleet import BROKEN, InlineEngine, fleet_of
from tests.support.lab import CAPTURES

STATE = CAPTURES / "proxy-arp-off" / "state.txt"


@pytest.fixture(autouse=True)
def _inline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FleetRequest, "engine", lambda self: InlineEngine())


def run(*words: object) -> Result:
    return CliRunner().invoke(main, ["fleet", *map(str, words), "--format", "jsonl"])


def rows(folder: Path, table: str = "observations") -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / f"{table}.jsonl").read_text().splitlines()]


def test_demands_fail_an_observation_that_passes(fleet: Path, tmp_path: Path) -> None:
    (fleet / "node2" / "night.pcap").unlink()
    out = tmp_path / "out"
    assert run(fleet, "--output", out).exit_code == 0
    done = run(fleet, "--output", out, "--require", "dns-answered")
    assert done.exit_code == 1
    assert "dns-answered is required, and was not checked" in done.output
    (latest,) = (row for row in rows(out) if row["latest"])
    assert latest["verdict"] == "fail"
    assert latest["unmet"][0].startswith("dns-answered is required")
    assert run(fleet, "--output", out, "--strict").exit_code == 1
    # A rule about states, where no state lies next to the captures.
    done = run(fleet, "--output", out, "--require", "proxy-arp-on")
    assert "proxy-arp-on is required, and was not checked: it is about a node's state" in done.output
    assert done.exit_code == 1


def test_a_rule_that_is_none_ends_the_run_before_it_begins(fleet: Path, tmp_path: Path) -> None:
    done = run(fleet, "--output", tmp_path / "out", "--require", "dns-answerd")
    assert (done.exit_code, done.output.count("\n")) == (2, 1)
    assert "there is no rule 'dns-answerd'" in done.output or "there is no such rule" in done.output
    assert not (tmp_path / "out").exists()


def test_a_state_and_pods_for_all(fleet: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    pods = tmp_path / "pods.txt"
    pods.write_text(
        "NAMESPACE NAME READY STATUS RESTARTS AGE IP NODE NOMINATED READINESS\n"
        "shop front 1/1 Running 0 1d 10.244.1.10 node2 <none> <none>\n"
    )
    run(fleet, "--output", out, "--node-state", STATE, "--pods", pods)
    causes = {row["observation"][-16:-11]: row["causes"] for row in rows(out, "findings") if row["status"] == "fail"}
    assert causes["node2"] == ["proxy-arp-off"]
    assert "proxy-arp-on" in {row["rule"] for row in rows(out, "findings") if row["status"] == "fail"}
    # What describes all of them has changed, so all are judged again.
    pods.write_text(pods.read_text().replace("front", "back"))
    assert "judged now: 2" in run(fleet, "--output", out, "--node-state", STATE, "--pods", pods).output
    assert "judged now: 0" in run(fleet, "--output", out, "--node-state", STATE, "--pods", pods).output


@pytest.mark.parametrize("option", ["--node-state", "--pods"])
def test_descriptions_that_are_not_there(fleet: Path, tmp_path: Path, option: str) -> None:
    done = run(fleet, "--output", tmp_path / "out", option, tmp_path / "absent.txt")
    assert (done.exit_code, done.output.count("\n")) == (2, 1)
    assert "absent.txt" in done.output


def test_interfaces_are_named_for_the_captures_that_have_the_name(tmp_path: Path) -> None:
    folder = fleet_of(tmp_path / "fleet", node1=BROKEN)
    shutil.copy(BROKEN, folder / "node1" / "eve.pcap")
    out = tmp_path / "out"
    run(folder, "--output", out, "--interface", "eve.pcap=cali0123456789a")
    by_name = {Path(row["capture"]).name: row["interface"] for row in rows(out, "findings") if row["capture"]}
    assert by_name == {"eve.pcap": "cali0123456789a", "night.pcap": "night.pcap"}
    done = run(folder, "--output", out, "--interface", "noon.pcap=eth0")
    assert "--interface noon.pcap=…: no capture of the sources has that name" in done.output


def test_times_limit_what_is_judged(fleet: Path, tmp_path: Path) -> None:
    run(fleet, "--output", tmp_path / "out", "--until", "2000-01-01T00:00:00Z")
    assert {row["verdict"] for row in rows(tmp_path / "out")} == {"not-checked"}


@pytest.mark.parametrize(("text", "said"), [("soon", "is not a duration"), ("0s", "no time")])
def test_a_limit_of_time_that_is_none(fleet: Path, tmp_path: Path, text: str, said: str) -> None:
    done = run(fleet, "--output", tmp_path / "out", "--timeout", text)
    assert (done.exit_code, done.output.count("\n")) == (2, 1)
    assert said in done.output


def test_rules_are_judged_by_where_their_files_are_not(fleet: Path, tmp_path: Path) -> None:
    # As on the workers of another machine: what a file extends comes along.
    (tmp_path / "shared").mkdir()
    (tmp_path / "own").mkdir()
    shared, own = tmp_path / "shared" / "base.yml", tmp_path / "own" / "night.yml"
    shared.write_text(
        "extends: calico\nadjust:\n  gateway-arp-answered: {severity: warning, reason: known since March}\n"
    )
    own.write_text("extends: ../shared/base.yml\nrequire: gateway-arp-answered\n")
    judging = with_contents(Judging((str(own.parent),)))
    (one,) = FleetRequest((str(fleet / "node2"),), judging).observations()[0]
    here = unpacked(judge_observation(one, judging).packed)
    shutil.rmtree(tmp_path / "shared")
    shutil.rmtree(tmp_path / "own")
    assert unpacked(judge_observation(one, judging).packed) == here
    severities = {finding.rule: finding.severity for finding in here.findings if finding.status == "fail"}
    assert severities["gateway-arp-answered"] == "warning"


def test_what_a_rule_file_extends_decides_too(fleet: Path, tmp_path: Path) -> None:
    base, own = tmp_path / "base.yml", tmp_path / "own.yml"
    base.write_text("extends: calico\n")
    own.write_text("extends: base.yml\n")
    assert "judged now: 2" in run(fleet, "--output", tmp_path / "out", "--rules", own).output
    base.write_text("extends: calico\nvariables:\n  arp_wait: 2s\n")
    assert "judged now: 2" in run(fleet, "--output", tmp_path / "out", "--rules", own).output


def test_the_library_takes_them_too(fleet: Path) -> None:
    (judged,) = judge(fleet / "node1", required=["dns-answered"], node_state=STATE)
    assert judged.observation.verdict == "fail"
