"""Annotations, as the runner of GitHub Actions reads them, and nothing else that it would take for a command."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pcapcheck import analyze
from pcapcheck.report.formats import FORMATS
from pcapcheck.report.github_runner import harmless
from tests.support.formats import commands, read_annotations, written
from tests.support.lab import CAPTURES, ROOT, captures

BROKEN = CAPTURES / "proxy-arp-off" / "cali14e7d81007d.pcap"
EVIL = "::error::owned ##[add-mask]b %0A%0D::notice::x, y"


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pcapcheck", *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "GITHUB_ACTIONS": "true", **environment},
    )


def test_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    failure, verdict = read_annotations(written(analyze(BROKEN), "github"))
    assert failure.kind == "error"
    assert failure.properties == {
        "title": "gateway-arp-answered: The node answers a pod's ARP for its gateway",
        "file": "rules/calico/gateway-arp-answered.yml",
        "line": "1",
    }
    first, *rest = failure.message.splitlines()
    assert first == "the node does not answer 10.244.1.10's ARP for its gateway 169.254.1.1 within 1s"
    assert "      frame 1: 5a:8a:10:57:e2:03 > ff:ff:ff:ff:ff:ff  who-has 169.254.1.1 tell 10.244.1.10" in rest
    assert "        · if it is 0 for all and for cali14e7d81007d: proxy ARP is off on cali14e7d81007d" in rest
    assert (verdict.kind, verdict.properties) == ("notice", {"title": "pcapcheck: fail"})
    assert verdict.message.startswith(first)


def test_kinds() -> None:
    slow = written(analyze(*captures("proxy-delay-80")), "github")
    kinds = {annotation.properties["title"].split(":")[0]: annotation.kind for annotation in read_annotations(slow)}
    assert kinds == {"gateway-arp-prompt": "warning", "pcapcheck": "warning"}


def test_escapes(tmp_path: Path) -> None:
    """Percent signs, line ends, and in properties colons and commas."""
    (tmp_path / "a,b:c%0A.yml").write_text(
        "id: x\ntitle: '100%0A: a, b'\nwhy: w\nseverity: error\nselect: {table: arp}\nexpect: {answered: true}\n"
    )
    here = Path.cwd()
    os.chdir(tmp_path)
    try:
        line, _ = written(analyze(BROKEN, rules="a,b:c%0A.yml"), "github").splitlines()
    finally:
        os.chdir(here)
    assert line.startswith("::error title=x%3A 100%250A%3A a%2C b,file=a%2Cb%3Ac%250A.yml,line=1::")
    (annotation,) = read_annotations(line)
    assert annotation.properties["file"] == "a,b:c%0A.yml"


def test_chosen_by_itself() -> None:
    """Behind the text; not where a format was chosen, nor where a file takes the output."""
    plain = run("analyze", str(BROKEN), GITHUB_ACTIONS="").stdout
    found = run("analyze", str(BROKEN))
    assert found.returncode == 1
    assert found.stdout.startswith(plain)
    assert [annotation.kind for annotation in read_annotations(found.stdout)] == ["error", "notice"]
    assert run("analyze", str(BROKEN), "--format", "text").stdout == plain
    state = run("state", str(CAPTURES / "proxy-arp-off" / "state.txt")).stdout
    assert [annotation.kind for annotation in read_annotations(state)] == ["error", "notice"]


def test_not_where_a_file_takes_the_output(tmp_path: Path) -> None:
    with (tmp_path / "report.txt").open("w") as stream:
        command = [sys.executable, "-m", "pcapcheck", "analyze", str(BROKEN)]
        subprocess.run(command, stdout=stream, cwd=ROOT, env={**os.environ, "GITHUB_ACTIONS": "true"}, check=False)
    assert read_annotations((tmp_path / "report.txt").read_text()) == []
    out = run("analyze", str(BROKEN), "--output", str(tmp_path / "report.txt")).stdout
    assert len(read_annotations(out)) == len(out.splitlines()) == 2
    assert (tmp_path / "report.txt").read_text().startswith("FAIL")


def test_what_cannot_be_judged() -> None:
    found = run("analyze", "none.pcap")
    assert found.returncode == 2
    (annotation,) = read_annotations(found.stdout)
    assert (annotation.kind, annotation.properties) == ("error", {"title": "pcapcheck could not judge"})
    assert annotation.message.startswith("none.pcap: No such file")


@pytest.mark.slow
@pytest.mark.parametrize("form", ["", *FORMATS])
def test_names_start_no_commands(form: str, tmp_path: Path) -> None:
    """Of files, of interfaces and of pods; in any format."""
    name = f"{EVIL}.pcap"
    shutil.copy(BROKEN, tmp_path / name)
    shutil.copy(BROKEN, tmp_path / "other.pcap")
    pods = {"kind": "Pod", "metadata": {"name": EVIL, "namespace": "##[x]"}, "status": {"podIP": "10.244.1.10"}}
    (tmp_path / "pods.json").write_text(json.dumps({"kind": "List", "items": [pods]}))
    found = subprocess.run(
        [sys.executable, "-m", "pcapcheck", "analyze", name, "other.pcap", "--interface", f"other.pcap={EVIL}"]
        + ["--pods", "pods.json", "--strict"]
        + (["--format", form] if form else []),
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "GITHUB_ACTIONS": "true", "PYTHONPATH": str(ROOT)},
    )
    assert "owned" in found.stdout
    taken = commands(found.stdout)
    ours = [line for line in taken if re.match("::(error|warning|notice) title=", line)]
    assert taken == ours
    assert bool(ours) == (form in ("", "github"))
    assert {name for annotation in read_annotations("\n".join(ours)) for name in annotation.properties} <= {
        "title",
        "file",
        "line",
    }
    assert commands(found.stderr) == []


def test_errors_start_no_commands() -> None:
    assert "none.pcap: no file matches" in run("analyze", "##[error]none.pcap").stderr
    assert commands(run("analyze", "##[error]none.pcap").stderr) == []


def test_harmless_says_the_same() -> None:
    assert harmless("a :: b\n  ::error::c\n##[d]") == "a :: b\n  \\x3a:error::c\n##\\x5bd]"
