"""The pytest plugin, in real pytest runs of a project that uses it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.support.lab import FIXTURES
from tests.support.wire import BEGIN, OTHER, SECOND, tcp, write_pcap

LAB = FIXTURES / "lab" / "captures"
WORKS = """\
extends: calico
captures: healthy.pcap
"""
BREAKS = """\
extends: calico
captures: deaf.pcap
require: echo-answered
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with recordings of a healthy node and of one that does not answer ARP."""
    folder = tmp_path / "project"
    folder.mkdir()
    shutil.copy(LAB / "healthy" / "cali14e7d81007d.pcap", folder / "healthy.pcap")
    shutil.copy(LAB / "proxy-arp-off" / "cali14e7d81007d.pcap", folder / "deaf.pcap")
    (folder / "pytest.ini").write_text("[pytest]\naddopts = --strict-markers -p no:cacheprovider\n")
    return folder


def run(project: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", *options],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
        env={name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")} | {"COLUMNS": "200"},
    )


def counts(output: str) -> dict[str, int]:
    """What pytest's last line says, as in ``1 failed, 9 passed, 6 skipped in 0.3s``."""
    return {word: int(number) for number, word in re.findall(r"(\d+) (\w+)", output.strip().splitlines()[-1])}


def test_each_rule_is_a_test(project: Path) -> None:
    (project / "ping.pcapcheck.yaml").write_text(WORKS)
    done = run(project, "-v")
    assert done.returncode == 0
    assert "ping.pcapcheck.yaml::gateway-arp-answered PASSED" in done.stdout
    assert "ping.pcapcheck.yaml::hop-ttl-decremented SKIPPED (no packet was seen on a second link" in done.stdout
    assert counts(done.stdout)["passed"] == 9


def test_failure_shows_the_evidence_and_why(project: Path) -> None:
    (project / "ping.pcapcheck.yml").write_text(BREAKS)
    done = run(project)
    assert done.returncode == 1
    assert "FAILED ping.pcapcheck.yml::gateway-arp-answered" in done.stdout
    assert "frame 1: 5a:8a:10:57:e2:03 > ff:ff:ff:ff:ff:ff  who-has 169.254.1.1 tell 10.244.1.10" in done.stdout
    assert "proxy ARP is off on " in done.stdout
    # Required, and not checked.
    assert "FAILED ping.pcapcheck.yml::echo-answered" in done.stdout
    assert (
        "echo-answered is required, and was not checked: nothing to check, since gateway-arp-answered failed"
        in done.stdout
    )
    assert "Traceback" not in done.stdout
    assert counts(done.stdout)["failed"] == 2


@pytest.mark.slow
def test_rules_are_chosen_as_tests_are(project: Path) -> None:
    (project / "ping.pcapcheck.yaml").write_text(WORKS)
    (project / "test_other.py").write_text("def test_echo():\n    pass\n")
    assert counts(run(project, "-k", "echo and ping").stdout)["passed"] == 1
    assert counts(run(project, "-m", "pcapcheck").stdout)["deselected"] == 1
    assert counts(run(project, "ping.pcapcheck.yaml::echo-answered").stdout) == {"passed": 1}


@pytest.mark.slow
def test_junitxml(project: Path) -> None:
    (project / "ping.pcapcheck.yaml").write_text(BREAKS)
    run(project, "--junitxml", "out.xml")
    cases = {case.get("name"): case for case in ElementTree.parse(project / "out.xml").iter("testcase")}
    failure = cases["gateway-arp-answered"].find("failure")
    assert failure is not None
    assert "asked 3x" in (failure.text or "")
    assert cases["address-has-one-mac"].find("failure") is None


@pytest.mark.slow
@pytest.mark.parametrize("dist", ["load", "loadfile"])
def test_xdist(dist: str, project: Path) -> None:
    (project / "ping.pcapcheck.yaml").write_text(BREAKS)
    done = run(project, "-n", "2", "--dist", dist)
    assert counts(done.stdout)["failed"] == 2
    assert "FAILED ping.pcapcheck.yaml::gateway-arp-answered" in done.stdout


@pytest.mark.slow
def test_what_only_warns_is_a_warning(project: Path) -> None:
    shutil.copy(LAB / "proxy-delay-80" / "cali14e7d81007d.pcap", project / "late.pcap")
    (project / "late.pcapcheck.yaml").write_text("extends: calico\ncaptures: late.pcap\n")
    done = run(project)
    assert done.returncode == 0
    assert "late.pcapcheck.yaml:1: RuleWarning: gateway-arp-prompt: " in done.stdout


@pytest.mark.slow
def test_a_question_without_an_answer_is_a_warning(project: Path) -> None:
    """Once, however many rules the file has; it fails no test."""
    syns = [
        (BEGIN + n * SECOND, tcp(0x02, dst="10.9.0.7", src="172.31.186.250", eth=(OTHER, OTHER))) for n in (0, 1, 3)
    ]
    write_pcap(project / "ens5.pcap", syns)
    shutil.copy(LAB / "healthy" / "cali14e7d81007d.pcap", project / "cali14e7d81007d.pcap")
    (project / "nic.pcapcheck.yaml").write_text("extends: calico\ncaptures: [ens5.pcap, cali14e7d81007d.pcap]\n")
    done = run(project)
    assert done.returncode == 0
    asked = "172.31.186.250's connection to 10.9.0.7 port 80 gets no answer, last seen on ens5 (asked 3 times)"
    assert done.stdout.count(f"UnansweredWarning: {asked}") == 1


def test_accepted_and_switched_off(project: Path) -> None:
    (project / "x.pcapcheck.yaml").write_text(
        "extends: calico\ncaptures: deaf.pcap\nadjust:\n"
        "  gateway-arp-answered: {severity: info, reason: known since NET-1}\n"
        "  address-has-one-mac: {severity: off, reason: of no interest}\n"
    )
    done = run(project, "-rs", "-v")
    assert done.returncode == 0
    assert "RuleWarning" not in done.stdout
    done_loudly = run(project, "-rA", "-W", "error")
    assert done_loudly.returncode == 0
    (xfailed,) = [line for line in done_loudly.stdout.splitlines() if line.startswith("XFAIL ")]
    assert xfailed.startswith("XFAIL x.pcapcheck.yaml::gateway-arp-answered - ")
    assert "the node does not answer 10.244.1.10's ARP" in xfailed
    assert "known since NET-1" in xfailed
    assert counts(done.stdout)["xfailed"] == 1
    assert "SKIPPED [1] x.pcapcheck.yaml: switched off: of no interest" in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(("more", "strict"), [("", False), ("", True), ("strict: true\n", False)])
def test_what_is_accepted_and_passes_is_an_unexpected_pass(more: str, strict: bool, project: Path) -> None:
    (project / "x.pcapcheck.yaml").write_text(
        f"extends: calico\ncaptures: healthy.pcap\n{more}accept:\n"
        "  - {rule: gateway-arp-answered, until: 2999-12-31, reason: NET-1}\n"
    )
    done = run(project, "-rXf", "-k", "gateway-arp-answered", *(["-o", "xfail_strict=true"] if strict else []))
    said = "gateway-arp-answered passes now, remove its acceptance"
    if strict or more:
        assert done.returncode == 1
        assert re.search(rf"FAILED x.pcapcheck.yaml::gateway-arp-answered - .*{said}", done.stdout)
    else:
        assert done.returncode == 0
        assert counts(done.stdout).keys() == {"deselected", "xpassed"}
        assert counts(done.stdout)["xpassed"] == 1
        assert f"XPASS x.pcapcheck.yaml::gateway-arp-answered - {said}" in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("workers", [[], pytest.param(["-n", "2"], marks=pytest.mark.slow)])
def test_the_summary_has_the_headline(workers: list[str], project: Path) -> None:
    (project / "ping.pcapcheck.yaml").write_text(BREAKS)
    lines = run(project, "-vv", *workers).stdout.splitlines()
    said = "the node does not answer 10.244.1.10's ARP for its gateway 169.254.1.1 within 1s"
    assert f"FAILED ping.pcapcheck.yaml::gateway-arp-answered - {said}" in lines


@pytest.mark.slow
@pytest.mark.parametrize("asked", ["option", "ini"])
def test_evidence_is_kept(asked: str, project: Path) -> None:
    (project / "ping.pcapcheck.yaml").write_text(BREAKS)
    (project / "test_node.py").write_text("def test_it(pcapcheck):\n    pcapcheck('deaf.pcap')\n")
    done = run(project, *(["--pcapcheck-evidence", "kept"] if asked == "option" else ["-o", "pcapcheck_evidence=kept"]))
    files = sorted(str(file.relative_to(project)) for file in project.rglob("*.pcapng"))
    assert files == [
        f"kept/{where}/gateway-arp-answered.pcapng" for where in ("ping.pcapcheck.yaml", "test_node.py-test_it")
    ]
    assert all(f"evidence: {project / file}" in done.stdout for file in files)


def test_nothing_checked_is_no_pass(project: Path) -> None:
    (project / "x.pcapcheck.yaml").write_text(
        "captures: healthy.pcap\nrules: [{id: none, select: {table: echo, dst: 9.9.9.9}, expect: {replied: true}}]\n"
    )
    done = run(project)
    assert done.returncode == 1
    assert "nothing of x.pcapcheck.yaml could be checked:\nthe capture holds no echo request" in done.stdout


def test_strict(project: Path) -> None:
    whole = (project / "healthy.pcap").read_bytes()
    (project / "healthy.pcap").write_bytes(whole[:-10])
    rule = "rules: [{id: echoes, select: {table: echo}, count: {min: 1}}]\n"
    (project / "x.pcapcheck.yaml").write_text(f"captures: healthy.pcap\n{rule}")
    assert run(project).returncode == 0
    (project / "x.pcapcheck.yaml").write_text(f"captures: healthy.pcap\nstrict: true\n{rule}")
    done = run(project)
    assert counts(done.stdout) == {"passed": 1, "failed": 1}
    assert "FAILED x.pcapcheck.yaml::recording" in done.stdout
    assert re.search(r"^strict: \S*healthy.pcap: .* cut", done.stdout, re.M)


@pytest.mark.slow
def test_state_without_a_capture(project: Path) -> None:
    shutil.copy(LAB / "proxy-arp-off" / "state.txt", project / "state.txt")
    (project / "x.pcapcheck.yaml").write_text("extends: state\nnode_state: state.txt\n")
    done = run(project)
    assert "FAILED x.pcapcheck.yaml::proxy-arp-on" in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("extends: calicoo\n", "x.pcapcheck.yaml:1:10: there is no pack 'calicoo'"),
        ("extends: calico\n", "names no recording; write captures: FILE"),
        ("extends: calico\ncaptures: none.pcap\n", "x.pcapcheck.yaml:2: "),
    ],
)
def test_wrong_file(text: str, said: str, project: Path) -> None:
    (project / "x.pcapcheck.yaml").write_text(text)
    done = run(project)
    assert done.returncode in (1, 2)
    assert said in done.stdout
    assert "Traceback" not in done.stdout


@pytest.mark.slow
def test_fixture_shows_the_users_line(project: Path) -> None:
    (project / "tests").mkdir()
    (project / "tests" / "test_node.py").write_text(
        "def test_healthy(pcapcheck):\n"
        "    analysis = pcapcheck('healthy.pcap', require='echo-answered')\n"
        "    assert len(analysis.echo) > 0\n\n"
        "def test_deaf(pcapcheck):\n"
        "    pcapcheck('beside.pcap')\n"
    )
    shutil.copy(project / "deaf.pcap", project / "tests" / "beside.pcap")
    done = run(project)
    assert counts(done.stdout) == {"passed": 1, "failed": 1}
    assert ">       pcapcheck('beside.pcap')" in done.stdout
    assert "tests/test_node.py:6: AssertionError" in done.stdout
    assert "E       AssertionError: the node does not answer 10.244.1.10's ARP for its gateway" in done.stdout
    assert "frame 1: 5a:8a:10:57:e2:03 > ff:ff:ff:ff:ff:ff" in done.stdout
    # Nothing of ours stands between.
    assert "assertion.py" not in done.stdout


def test_assert_capture_needs_no_fixture(project: Path) -> None:
    (project / "test_node.py").write_text(
        "from pcapcheck import assert_capture\n\n"
        "def test_required():\n    assert_capture('healthy.pcap', require=['hop-ttl-decremented'])\n\n"
        "def test_named():\n    assert_capture('healthy.pcap', interfaces={'healthy.pcap': 'cali00000000001'})\n\n"
        "def test_rules():\n    assert_capture('healthy.pcap', rules='one.yml', variables={'arp_wait': '1ns'})\n"
    )
    (project / "one.yml").write_text(
        "rules: [{id: quick, select: {table: arp, answered: true}, max: {latency: {lt: $arp_wait}}}]\n"
    )
    done = run(project)
    assert counts(done.stdout) == {"passed": 1, "failed": 2}
    assert "hop-ttl-decremented is required, and was not checked: no packet was seen on a second link" in done.stdout
    assert "max of latency" in done.stdout


def test_runs_without_captures_load_nothing(project: Path) -> None:
    (project / "test_other.py").write_text(
        "import sys\n\ndef test_it():\n    assert not {'pandas', 'yaml', 'pcapcheck.pipeline'} & set(sys.modules)\n"
    )
    assert run(project).returncode == 0


def test_a_skipped_rule_of_the_file_is_named_with_its_line(project: Path) -> None:
    rule = "  - id: {}\n    select: {{table: echo, dst: {}}}\n    expect: {{replied: true}}\n"
    (project / "x.pcapcheck.yaml").write_text(
        "captures: healthy.pcap\nrules:\n" + rule.format("a", "10.244.1.11") + rule.format("b", "9.9.9.9")
    )
    assert "SKIPPED [1] x.pcapcheck.yaml:6: the capture holds no echo request" in run(project, "-rs").stdout


def test_a_recording_that_cannot_be_read_is_one_failure(project: Path) -> None:
    (project / "empty.pcap").write_bytes(b"")
    (project / "x.pcapcheck.yaml").write_text("extends: calico\ncaptures: empty.pcap\n")
    done = run(project)
    assert (counts(done.stdout)["failed"], "passed" in counts(done.stdout)) == (1, False)
    assert "empty.pcap" in done.stdout


def test_errors_too_end_at_the_users_line(project: Path) -> None:
    (project / "test_node.py").write_text("def test_it(pcapcheck):\n    pcapcheck('none.pcap')\n")
    done = run(project)
    assert "test_node.py:2: CaptureError" in done.stdout
    assert "assertion.py" not in done.stdout
    assert "analysis.py" not in done.stdout


@pytest.mark.slow
def test_an_input_that_cannot_be_used_fails_once_and_costs_nothing(project: Path) -> None:
    """The rules are judged by what is left; no run is green without what it names."""
    (project / "empty.pcap").write_bytes(b"")
    (project / "ping.pcapcheck.yaml").write_text("extends: calico\ncaptures: [healthy.pcap, empty.pcap, none.pcap]\n")
    done = run(project)
    assert counts(done.stdout)["failed"] == 1
    assert counts(done.stdout)["passed"] == 8
    for said in ("empty.pcap: the file is empty", "none.pcap: No such file"):
        assert said in done.stdout
    (project / "ping.pcapcheck.yaml").unlink()
    (project / "test_it.py").write_text(
        "def test_it(pcapcheck):\n    pcapcheck('healthy.pcap', 'empty.pcap', require='echo-answered')\n"
    )
    done = run(project)
    assert done.returncode == 1
    assert "AssertionError: " in done.stdout
    assert "empty.pcap: the file is empty" in done.stdout


def test_a_foreign_exception_shows_its_own_traceback(project: Path) -> None:
    (project / "test_node.py").write_text(
        "class Odd(list):\n    def __iter__(self):\n        raise KeyError('ours')\n\n"
        "def test_odd(pcapcheck):\n    pcapcheck('healthy.pcap', rules=Odd())\n"
    )
    done = run(project)
    assert "assertion.py" in done.stdout
    assert "raise KeyError('ours')" in done.stdout


def test_an_error_of_the_library_shows_the_users_line_alone(project: Path) -> None:
    (project / "test_node.py").write_text("def test_odd(pcapcheck):\n    pcapcheck('none.pcap')\n")
    done = run(project)
    assert "none.pcap: No such file or directory" in done.stdout
    assert "assertion.py" not in done.stdout
