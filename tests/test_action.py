"""The GitHub action's step that judges, run as the runner runs it; the step that installs is pip's."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.support.lab import CAPTURES, ROOT

ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
STEP = next(step for step in ACTION["runs"]["steps"] if step.get("id") == "judge")
BROKEN = CAPTURES / "proxy-arp-off" / "cali14e7d81007d.pcap"
HEALTHY = CAPTURES / "healthy" / "cali14e7d81007d.pcap"

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")


def judge(folder: Path, **inputs: str) -> tuple[int, str, dict[str, str], str]:
    """Exit code, log, outputs and job summary of the step for these inputs; the others have their defaults."""
    programs = folder / "pcapcheck" / "bin"
    programs.mkdir(parents=True)
    (programs / "pcapcheck").symlink_to(Path(sys.executable).parent / "pcapcheck")
    given = {name: inputs.get(name, value["default"]) for name, value in ACTION["inputs"].items()}
    outputs, summary = folder / "outputs", folder / "summary"
    environment = {name: text.replace("${{ inputs.", "").replace(" }}", "") for name, text in STEP["env"].items()}
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", STEP["run"]],
        cwd=folder,
        env={
            **os.environ,
            **{name: given[key] for name, key in environment.items()},
            "RUNNER_TEMP": str(folder),
            "GITHUB_ACTIONS": "true",
            "GITHUB_OUTPUT": str(outputs),
            "GITHUB_STEP_SUMMARY": str(summary),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    said = dict(line.split("=", 1) for line in outputs.read_text().splitlines()) if outputs.exists() else {}
    return done.returncode, done.stdout, said, summary.read_text() if summary.exists() else ""


def test_a_failure_annotates_and_fails(tmp_path: Path) -> None:
    code, log, outputs, summary = judge(tmp_path, captures=str(BROKEN))
    assert code == 1
    assert "::error title=gateway-arp-answered" in log
    assert outputs["verdict"] == "fail"
    assert "gateway-arp-answered" in Path(outputs["sarif"]).read_text()
    assert "gateway-arp-answered" in summary


def test_a_pass(tmp_path: Path) -> None:
    code, _, outputs, _ = judge(tmp_path, captures=f"{HEALTHY}", rules="calico state")
    assert (code, outputs["verdict"]) == (0, "pass")


def test_every_line_of_an_input_counts(tmp_path: Path) -> None:
    code, log, outputs, _ = judge(tmp_path, captures=f"{HEALTHY}\n{BROKEN}\n", options="--require\nsctp-answered\n")
    assert (code, outputs["verdict"]) == (1, "fail")
    assert "gateway-arp-answered" in log
    assert "sctp-answered" in log


def test_the_verdict_is_described_by_its_words() -> None:
    assert set(re.findall(r"[a-z]+(?:[-_][a-z]+)?", ACTION["outputs"]["verdict"]["description"])) == {
        "or",
        "pass",
        "fail",
        "not-checked",
    }


def test_options_reach_the_command(tmp_path: Path) -> None:
    assert judge(tmp_path, captures=str(HEALTHY), options="--strict")[0] == 1


def test_nothing_to_judge(tmp_path: Path) -> None:
    code, log, _, _ = judge(tmp_path, captures="none.pcap")
    assert code == 2
    assert "none.pcap" in log


def test_an_input_is_no_script(tmp_path: Path) -> None:
    judge(tmp_path, captures=f"{HEALTHY} $(touch stolen) `touch stolen` ; touch stolen")
    assert not (tmp_path / "stolen").exists()
