"""The history of a fleet: since when a rule fails where, what changed between runs, and what days show."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from pcapcheck.cli.main import main
from pcapcheck.errors import CaptureError, UsageError
from pcapcheck.fleet.history import History, history
from pcapcheck.fleet.judging import Judging
from pcapcheck.fleet.ledger import Ledger
from tests.support.captures import shifted
from tests.support.fleet import BROKEN, HEALTHY, run_inline

DAY = 86_400
# Midnight of 2026-11-01 in UTC.
BEGIN = 1_793_491_200


def night(folder: Path, node: str, day: int, capture: Path) -> None:
    (folder / node).mkdir(parents=True, exist_ok=True)
    (folder / node / f"night-{day:02}.pcap").write_bytes(shifted(capture, BEGIN + day * DAY))


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    folder = tmp_path / "fleet"
    for day, capture in enumerate([HEALTHY, BROKEN, HEALTHY, BROKEN, BROKEN]):
        night(folder, "node1", day, capture)
        night(folder, "node2", day, HEALTHY)
    return folder


def shown(output: Path, *by: str, runs: tuple[int, int] | None = None) -> History:
    with closing(Ledger(output, must_exist=True)) as ledger:
        return history(ledger, by, runs)


def test_since_when_a_rule_fails_where(fleet: Path, tmp_path: Path) -> None:
    run_inline(fleet, output=tmp_path / "out", group_by="{node}/{night}.pcap")
    (one,) = shown(tmp_path / "out").failing
    assert (one.place, one.rule, one.observations) == ("node1", "gateway-arp-answered", 2)
    assert [time // 10**9 // DAY - BEGIN // DAY for time in (one.since, one.last, one.passed or 0)] == [3, 4, 2]
    # By another name each night is a place, where node2 passed the same night: that does not hide node1's failure.
    assert {one.place for one in shown(tmp_path / "out", "night").failing} == {"night-01", "night-03", "night-04"}


def test_what_changed_between_runs(fleet: Path, tmp_path: Path) -> None:
    run_inline(fleet, output=tmp_path / "out", group_by="{node}/{night}.pcap")
    assert shown(tmp_path / "out").compared is None
    night(fleet, "node1", 5, HEALTHY)
    night(fleet, "node2", 5, BROKEN)
    run_inline(fleet, output=tmp_path / "out", group_by="{node}/{night}.pcap")
    flips = {(flip.place, flip.rule): (flip.before, flip.after) for flip in shown(tmp_path / "out").flips}
    assert flips["node1", "gateway-arp-answered"] == ("fail", "pass")
    assert flips["node2", "gateway-arp-answered"] == ("pass", "fail")
    # A run in which nothing was judged is none.
    run_inline(fleet, output=tmp_path / "out", group_by="{node}/{night}.pcap")
    assert shown(tmp_path / "out").compared == (1, 2)
    with pytest.raises(UsageError, match="there are 1 to 2"):
        shown(tmp_path / "out", runs=(1, 3))


def test_the_trend_of_a_node(fleet: Path, tmp_path: Path) -> None:
    run_inline(fleet, output=tmp_path / "out", group_by="{node}/{night}.pcap")
    days = {(one.place, one.day): one for one in shown(tmp_path / "out").trend}
    assert len(days) == 10
    healthy, broken = days["node1", "2026-11-01"], days["node1", "2026-11-02"]
    assert (healthy.echo_settled, healthy.loss, healthy.failed) == (3, 0, 0)
    assert healthy.p99 is not None
    assert (broken.echo_settled, broken.loss, broken.failed) == (0, None, 1)


def test_what_is_no_longer_there_is_said_and_stays_history(fleet: Path, tmp_path: Path) -> None:
    """Old captures are deleted: since when a rule fails stays known. Of a node that is gone nothing fails now."""
    out = tmp_path / "out"
    night(fleet, "node3", 4, BROKEN)
    run_inline(fleet, output=out, group_by="{node}/{night}.pcap")
    (fleet / "node1" / "night-03.pcap").unlink()
    (fleet / "node3" / "night-04.pcap").unlink()
    run_inline(fleet, output=out, group_by="{node}/{night}.pcap")
    seen = shown(out)
    (one,) = seen.failing
    assert (one.place, one.observations, one.gone) == ("node1", 2, 1)
    assert one.since // 10**9 // DAY - BEGIN // DAY == 3
    (other,) = seen.failed_when_there
    assert (other.place, other.observations, other.gone) == ("node3", 1, 1)
    output = CliRunner().invoke(main, ["history", str(out)]).output
    assert "no longer there" in output
    assert output.index("failing when last there") > output.index("node1  gateway-arp-answered")
    # It comes back.
    night(fleet, "node3", 4, BROKEN)
    run_inline(fleet, output=out, group_by="{node}/{night}.pcap")
    assert {one.place for one in shown(out).failing} == {"node1", "node3"}
    assert not shown(out).failed_when_there


def test_what_another_source_had_is_not_taken_for_gone(fleet: Path, tmp_path: Path) -> None:
    """Each night has a folder of its own."""
    out = tmp_path / "out"
    run_inline(fleet / "node1", output=out)
    run_inline(fleet / "node2", output=out)
    (one,) = shown(out).failing
    assert one.gone == 0


def test_of_a_source_that_is_not_listed_as_a_whole_nothing_is_taken_for_gone(fleet: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run_inline(fleet, output=out)
    (fleet / "node1" / "night-04.pcap").unlink()
    (fleet / "circle").symlink_to("circle")
    run_inline(fleet, output=out)
    assert shown(out).failing[0].gone == 0
    (fleet / "circle").unlink()
    (fleet / "circle").symlink_to("nowhere")
    run_inline(fleet, output=out)
    assert shown(out).failing[0].gone == 1


def test_a_ledger_of_an_earlier_version_has_a_history(fleet: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run_inline(fleet, output=out)
    with closing(sqlite3.connect(out / "ledger.sqlite", isolation_level=None)) as base:
        base.execute("DROP TABLE listed")
    assert len(shown(out).failing) == 1
    run_inline(fleet, output=out)
    assert len(shown(out).failing) == 1


def test_clocks_that_were_not_set_are_left_out_and_counted(tmp_path: Path) -> None:
    night(tmp_path / "fleet", "node1", 0, HEALTHY)
    (tmp_path / "fleet" / "node1" / "old.pcap").write_bytes(shifted(BROKEN, 100))
    (tmp_path / "fleet" / "node1" / "new.pcap").write_bytes(shifted(BROKEN, 2**32 - 100))
    run_inline(tmp_path / "fleet", output=tmp_path / "out")
    seen = shown(tmp_path / "out")
    assert (seen.undated, seen.failing, [one.day for one in seen.trend]) == (2, [], ["2026-11-01"])


def test_what_is_printed(fleet: Path, tmp_path: Path) -> None:
    run_inline(fleet, output=tmp_path / "out", group_by="{node}/{night}.pcap")
    done = CliRunner().invoke(main, ["history", str(tmp_path / "out")])
    assert done.exit_code == 0
    assert "node1  gateway-arp-answered  2026-11-04 00:00  2" in done.output
    document = json.loads(CliRunner().invoke(main, ["history", str(tmp_path / "out"), "--format", "json"]).output)
    assert document["failing"][0]["since"].startswith("2026-11-04T00:00:00")
    assert len(document["trend"]) == 10


def test_runs_by_other_rules_say_so(fleet: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run_inline(fleet, output=out, group_by="{node}/{night}.pcap")
    night(fleet, "node1", 5, HEALTHY)
    run_inline(fleet, output=out, group_by="{node}/{night}.pcap")
    run_inline(fleet, output=out, group_by="{node}/{night}.pcap", judging=Judging(variables={"arp_wait": "2s"}))
    lines = CliRunner().invoke(main, ["history", str(out)]).output.splitlines()
    assert [line.endswith("by other rules, options or version than run 2") for line in lines[1:4]] == [0, 0, 1]
    assert any(line.startswith("changed from run 2 to run 3 (by other rules, options or version)") for line in lines)
    same = CliRunner().invoke(main, ["history", str(out), "--runs", "1", "2"]).output
    assert "changed from run 1 to run 2:" in same


def test_a_folder_without_a_history(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match="written nothing here"):
        Ledger(tmp_path, must_exist=True)
    done = CliRunner().invoke(main, ["history", str(tmp_path / "absent")])
    assert done.exit_code == 2


def test_a_name_that_nothing_was_grouped_by(fleet: Path, tmp_path: Path) -> None:
    run_inline(fleet, output=tmp_path / "out")
    with pytest.raises(UsageError, match="nothing was grouped by names"):
        shown(tmp_path / "out", "node")
