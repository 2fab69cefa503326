"""The README's commands, run, with the output that it shows."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.lab import ROOT

README = (ROOT / "README.md").read_text()
SHOWN = re.findall(r"```console\n\$ (.*?)\n(.*?)```", README, re.S)
SET_UP = re.findall(r"```sh\n(python3 -m venv .*?)\n```", README)


def shell(command: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["sh", "-c", command], capture_output=True, text=True, cwd=folder, env={**os.environ, "PATH": path}
    )


@pytest.mark.parametrize(("command", "output"), SHOWN, ids=[command for command, _ in SHOWN])
def test_shown_output(command: str, output: str) -> None:
    assert shell(command).stdout == output


def test_shows_a_pass_and_a_failure() -> None:
    assert any(output.startswith("PASS") for _, output in SHOWN)
    assert any(output.startswith("FAIL") for _, output in SHOWN)


def test_two_set_up_lines() -> None:
    """One for the main job and one for the tests; what they run after installing works."""
    main_job, tests = SET_UP
    assert shell(main_job.split("&&")[-1].replace(".venv/bin/", "")).stdout.startswith("PASS")
    assert tests.endswith(".venv/bin/pytest -q")


def test_example_rule_is_a_rule(tmp_path: Path) -> None:
    rule, _ = re.findall(r"```yaml\n(.*?)```", README, re.S)
    (tmp_path / "example.yml").write_text(rule)
    assert shell(f"pcapcheck rules check {tmp_path}").stdout == "1 rule: no errors\n"


def test_example_expectations_hold(tmp_path: Path) -> None:
    _, expectations = re.findall(r"```yaml\n(.*?)```", README, re.S)
    (tmp_path / "ping.pcapcheck.yaml").write_text(expectations)
    shutil.copy(ROOT / "fixtures" / "lab" / "captures" / "healthy" / "cali14e7d81007d.pcap", tmp_path / "ping.pcap")
    done = shell("pcapcheck analyze --rules ping.pcapcheck.yaml", tmp_path)
    assert done.stdout.startswith("PASS ")
    assert "at-most-one-percent-lost" in done.stdout


def test_example_code_runs() -> None:
    (example,) = re.findall(r"```python\n(.*?)```", README, re.S)
    ran = shell(f"{sys.executable} - <<'END'\n{example}\nEND", ROOT / "fixtures" / "lab" / "captures" / "healthy")
    assert ran.returncode == 0, ran.stderr
