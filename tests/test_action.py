"""The GitHub action's steps, run as the runner runs them; nothing is installed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from pcapcheck.version import __version__
from tests.support.lab import CAPTURES, ROOT

ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
STEPS = {step["id"]: step for step in ACTION["runs"]["steps"]}
BROKEN = CAPTURES / "proxy-arp-off" / "cali14e7d81007d.pcap"
HEALTHY = CAPTURES / "healthy" / "cali14e7d81007d.pcap"

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")


def run(step: str, folder: Path, inputs: dict[str, str], **environment: str) -> subprocess.CompletedProcess[str]:
    """A step for these inputs; the others have their defaults."""
    given = {name: inputs.get(name, value["default"]) for name, value in ACTION["inputs"].items()}
    wanted = {name: text.replace("${{ inputs.", "").replace(" }}", "") for name, text in STEPS[step]["env"].items()}
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", STEPS[step]["run"]],
        cwd=folder,
        env={
            **os.environ,
            **{name: given[key] for name, key in wanted.items()},
            "RUNNER_TEMP": str(folder),
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTION_PATH": str(ROOT),
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
    )


def judge(folder: Path, **inputs: str) -> tuple[int, str, dict[str, str], str]:
    """Exit code, log, outputs and job summary of the step for these inputs; the others have their defaults."""
    programs = folder / "pcapcheck" / "bin"
    programs.mkdir(parents=True)
    (programs / "pcapcheck").symlink_to(Path(sys.executable).parent / "pcapcheck")
    outputs, summary = folder / "outputs", folder / "summary"
    done = run("judge", folder, inputs, GITHUB_OUTPUT=str(outputs), GITHUB_STEP_SUMMARY=str(summary))
    said = dict(line.split("=", 1) for line in outputs.read_text().splitlines()) if outputs.exists() else {}
    return done.returncode, done.stdout, said, summary.read_text() if summary.exists() else ""


@pytest.mark.parametrize(
    ("version", "asked"), [("", f"pcapcheck=={__version__}"), (">=0.2", "pcapcheck>=0.2"), ("==9", "pcapcheck==9")]
)
def test_the_version_of_the_action_is_installed(version: str, asked: str, tmp_path: Path) -> None:
    """From the index, by its name."""
    python = tmp_path / "bin" / "python3"
    pip = """mkdir -p "$3/bin" && printf '#!/bin/sh\\necho "$@"\\n' > "$3/bin/pip" && chmod +x "$3/bin/pip\""""
    python.parent.mkdir()
    python.write_text(f"""#!/bin/sh\n[ "$2" != venv ] && exec {sys.executable} "$@"\n{pip}\n""")
    python.chmod(0o755)
    done = run("install", tmp_path, {"version": version}, PATH=f"{python.parent}:{os.environ['PATH']}")
    assert (done.returncode, done.stdout) == (0, f"install --quiet {asked}\n"), done.stderr


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
