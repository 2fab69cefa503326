"""Runs into a folder: what is judged again and what is not, what goes wrong, and what is there afterwards."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pcapcheck.errors import CaptureError, UsageError
from pcapcheck.fleet import stored_file
from pcapcheck.fleet.judging import Judging
from tests.support.fleet import BROKEN, HEALTHY, InlineEngine, fleet_of, run_inline
from tests.support.lab import CAPTURES


def rows(folder: Path, table: str = "observations") -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / f"{table}.jsonl").read_text().splitlines()]


def names(judged: list[str]) -> list[str]:
    return sorted(name.split("/")[-2] for name in judged)


def test_every_observation_and_every_rule_has_a_row(fleet: Path, tmp_path: Path) -> None:
    run, _ = run_inline(fleet, output=tmp_path / "out")
    healthy, broken = rows(tmp_path / "out")
    assert (healthy["verdict"], healthy["exit_code"], healthy["echo_requests"]) == ("pass", 0, 3)
    assert (broken["verdict"], broken["rules_failed"]) == ("fail", 1)
    assert "does not answer 10.244.1.10's ARP" in broken["headline"]
    findings = {(one["observation"], one["rule"]): one for one in rows(tmp_path / "out", "findings")}
    failed = findings[str(fleet / "node2/night.pcap"), "gateway-arp-answered"]
    assert (failed["status"], failed["frames"][0], failed["capture"]) == ("fail", 1, str(fleet / "node2/night.pcap"))
    assert findings[str(fleet / "node1/night.pcap"), "gateway-arp-answered"]["status"] == "pass"
    assert run.overview.exit_code == 1


def test_the_same_command_judges_nothing_again(fleet: Path, tmp_path: Path) -> None:
    run_inline(fleet, output=tmp_path / "out")
    before = (tmp_path / "out" / "observations.jsonl").read_bytes()
    run, judged = run_inline(fleet, output=tmp_path / "out")
    assert (run.overview.judged, run.overview.unchanged, run.overview.exit_code) == (0, 2, 1)
    # Files written this second may change again, so their digests were looked at.
    assert len(judged) == 2
    assert (tmp_path / "out" / "observations.jsonl").read_bytes() == before


def test_files_that_did_not_change_are_not_opened(fleet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored_file, "RECENT", 0)
    run_inline(fleet, output=tmp_path / "out")
    assert run_inline(fleet, output=tmp_path / "out")[1] == []
    # Another time, the same content.
    os.utime(fleet / "node1" / "night.pcap", (1, 1))
    run, judged = run_inline(fleet, output=tmp_path / "out")
    assert (names(judged), run.overview.judged) == (["node1"], 0)
    assert run_inline(fleet, output=tmp_path / "out")[1] == []


def test_only_what_is_new_or_changed_is_judged(fleet: Path, tmp_path: Path) -> None:
    run_inline(fleet, output=tmp_path / "out")
    shutil.copy(HEALTHY, fleet / "node2" / "night.pcap")
    fleet_of(fleet, node3=HEALTHY)
    run, _ = run_inline(fleet, output=tmp_path / "out")
    assert (run.overview.judged, run.overview.unchanged, run.overview.exit_code) == (2, 1, 0)
    table = [(one["observation"][-16:-11], one["run"], one["latest"], one["verdict"]) for one in rows(tmp_path / "out")]
    assert table == [
        ("node1", 1, 1, "pass"),
        ("node2", 1, 0, "fail"),
        ("node2", 2, 1, "pass"),
        ("node3", 2, 1, "pass"),
    ]


def test_a_state_that_comes_later_is_a_change(fleet: Path, tmp_path: Path) -> None:
    run_inline(fleet, output=tmp_path / "out")
    shutil.copy(CAPTURES / "proxy-arp-off" / "state.txt", fleet / "node2")
    run, _ = run_inline(fleet, output=tmp_path / "out")
    assert run.overview.judged == 1
    causes = [one["causes"] for one in rows(tmp_path / "out", "findings") if one["run"] == 2]
    assert ["proxy-arp-off"] in causes


def test_other_rules_or_variables_judge_everything_again(fleet: Path, tmp_path: Path) -> None:
    run_inline(fleet, output=tmp_path / "out")
    run, _ = run_inline(fleet, output=tmp_path / "out", judging=Judging(variables={"arp_wait": "2s"}))
    assert run.overview.judged == 2
    own = tmp_path / "own.yml"
    own.write_text(Path("rules/calico/echo-answered.yml").read_text())
    assert run_inline(fleet, output=tmp_path / "out", judging=Judging((str(own),)))[0].overview.judged == 2
    own.write_text(own.read_text() + "# changed\n")
    assert run_inline(fleet, output=tmp_path / "out", judging=Judging((str(own),)))[0].overview.judged == 2


def test_what_cannot_be_judged_is_a_row_with_its_reason(fleet: Path, tmp_path: Path) -> None:
    (fleet / "text.pcap").write_text("no capture at all\n")
    (fleet / "broken.tar.gz").write_bytes(b"\x1f\x8b\x08\x00broken")
    (fleet / "empty.pcap").touch()
    (fleet / "gone.pcap").symlink_to("nowhere")
    run, _ = run_inline(fleet, output=tmp_path / "out")
    wrong = {Path(one["observation"]).name: one for one in rows(tmp_path / "out") if one["verdict"] == "error"}
    assert wrong.keys() == {"text.pcap", "broken.tar.gz", "empty.pcap", "gone.pcap"}
    assert all(name in one["error"] and one["problem"] for name, one in wrong.items())
    assert run.overview.exit_code == 2
    assert run.overview.verdicts == {"error": 4, "pass": 1, "fail": 1}


def test_an_error_that_may_pass_is_tried_again(fleet: Path, tmp_path: Path) -> None:
    (fleet / "gone.pcap").symlink_to("there")
    run_inline(fleet, output=tmp_path / "out")
    run_inline(fleet, output=tmp_path / "out")
    # Nothing new came of it.
    assert [one["run"] for one in rows(tmp_path / "out") if one["verdict"] == "error"] == [1]
    shutil.copy(HEALTHY, fleet / "there")
    run_inline(fleet, output=tmp_path / "out")
    assert {one["verdict"] for one in rows(tmp_path / "out") if one["latest"] and "gone" in one["observation"]} == {
        "pass"
    }


def test_an_interrupted_run_goes_on_and_leaves_no_trace(fleet: Path, tmp_path: Path) -> None:
    fleet_of(fleet, node3=HEALTHY, node4=BROKEN)
    stopping = InlineEngine()

    def stop(name: str) -> None:
        if len(stopping.judged) == 3:
            raise KeyboardInterrupt

    stopping.before = stop
    run, _ = run_inline(fleet, output=tmp_path / "out", engine=stopping)
    assert run.interrupted
    assert 0 < len(rows(tmp_path / "out")) < 4
    run, _ = run_inline(fleet, output=tmp_path / "out")
    assert not run.interrupted
    assert run.overview.count == 4
    run_inline(fleet, output=tmp_path / "whole")
    for table in ("observations", "findings"):
        name = f"{table}.jsonl"
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_one_run_at_a_time(fleet: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with (tmp_path / "out" / ".lock").open("w") as lock:
        lock.write("4711\n")
        lock.flush()
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(UsageError, match=r"another run \(process 4711\) writes there"):
            run_inline(fleet, output=tmp_path / "out")
    # The lock of a process that is gone does not stay.
    run_inline(fleet, output=tmp_path / "out")


def test_a_folder_grouped_otherwise_is_refused(fleet: Path, tmp_path: Path) -> None:
    run_inline(fleet, output=tmp_path / "out", group_by="{node}/*.pcap")
    with pytest.raises(UsageError, match="was grouped by the names node"):
        run_inline(fleet, output=tmp_path / "out")


def test_an_output_that_is_something_else(fleet: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CaptureError, match="name another folder"):
        run_inline(fleet, output=tmp_path / "file")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "ledger.sqlite").write_text("a text that is longer than nothing\n" * 100)
    with pytest.raises(CaptureError, match=r"ledger\.sqlite: .*; it is damaged: .* name another folder"):
        run_inline(fleet, output=tmp_path / "out")


@pytest.mark.parametrize("name", ["findings", "observations.csv", "index.html"])
def test_the_folder_of_another_tool_is_left_alone(fleet: Path, tmp_path: Path, name: str) -> None:
    out = tmp_path / "out"
    (out / name).mkdir(parents=True)
    (out / name / "precious").write_text("theirs")
    with pytest.raises(UsageError, match=f"{name} is there, and pcapcheck fleet did not write it; name another"):
        run_inline(fleet, output=out)
    assert [path.name for path in out.iterdir()] == [name]
    assert (out / name / "precious").read_text() == "theirs"


def test_an_output_of_a_newer_version_is_left_alone(fleet: Path, tmp_path: Path) -> None:
    run_inline(fleet, output=tmp_path / "out")
    with sqlite3.connect(tmp_path / "out" / "ledger.sqlite") as base:
        base.execute("PRAGMA user_version = 99")
    before = (tmp_path / "out" / "observations.jsonl").read_bytes()
    with pytest.raises(CaptureError, match="written by another version of pcapcheck; name another folder"):
        run_inline(fleet, output=tmp_path / "out")
    assert (tmp_path / "out" / "observations.jsonl").read_bytes() == before


def test_the_output_may_be_among_the_captures_and_they_in_it(fleet: Path, tmp_path: Path) -> None:
    for _ in range(2):
        assert run_inline(fleet, output=fleet)[0].overview.count == 2
    assert run_inline(fleet / "node1", output=fleet)[0].overview.count == 1


def test_links_in_circles_end(fleet: Path, tmp_path: Path) -> None:
    (fleet / "node1" / "again").symlink_to("..")
    (fleet / "itself.pcap").symlink_to("itself.pcap")
    run, _ = run_inline(fleet, output=tmp_path / "out")
    assert run.overview.verdicts == {"pass": 1, "fail": 1, "error": 1}
    (wrong,) = (one for one in rows(tmp_path / "out") if one["verdict"] == "error")
    assert "itself.pcap" in wrong["error"]


def test_rules_that_cannot_be_loaded_end_the_run_before_it_begins(fleet: Path, tmp_path: Path) -> None:
    (tmp_path / "own.yml").write_text("id: own\n")
    from pcapcheck.errors import RuleError

    with pytest.raises(RuleError):
        run_inline(fleet, output=tmp_path / "out", judging=Judging((str(tmp_path / "own.yml"),)))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("is_there", [False, True])
def test_a_source_that_is_wrong_leaves_nothing_behind(is_there: bool, fleet: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "out"
    if is_there:
        out.mkdir(parents=True)
    for wrong in (tmp_path / "wrong", fleet / "*.none"):
        with pytest.raises(UsageError):
            run_inline(wrong, output=out)
        assert list(tmp_path.rglob("new/**/*")) == ([out] if is_there else [])
    assert (tmp_path / "new").exists() == is_there
    run_inline(fleet, output=out)
    with pytest.raises(UsageError):
        run_inline(tmp_path / "wrong", output=out)
    assert len(rows(out)) == 2


def test_an_output_that_cannot_be_made_is_named_and_leaves_nothing_behind(fleet: Path, tmp_path: Path) -> None:
    long = tmp_path / "new" / ("x" * 300)
    with pytest.raises(CaptureError, match=r"new/x+: File name too long; "):
        run_inline(fleet, output=long)
    assert not (tmp_path / "new").exists()


FULL = """
mount -t tmpfs -o size={size}k none {out} || exit 99
{python} -m pcapcheck fleet {fleet} --output {out} --format csv --workers 1
echo rc=$?; ls {out}
"""


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("unshare"), reason="mounting needs root and unshare")
@pytest.mark.parametrize("size", [12, 48])
def test_a_full_disk_leaves_nothing_half_written(fleet: Path, tmp_path: Path, size: int) -> None:
    for number in range(20):
        fleet_of(fleet, **{f"other{number}": BROKEN})
    out = tmp_path / "out"
    out.mkdir()
    script = FULL.format(size=size, out=out, python=sys.executable, fleet=fleet)
    done = subprocess.run(["unshare", "-m", "sh", "-c", script], capture_output=True, text=True)
    if "rc=" not in done.stdout:
        pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")
    assert "rc=2" in done.stdout, done.stdout + done.stderr
    assert "make room" in done.stderr
    assert "Traceback" not in done.stderr
    assert "unfinished" not in done.stdout
