"""The hook for pre-commit: which files it checks, and that it stops a commit."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.support.lab import ROOT

HOOKS = ROOT / ".pre-commit-hooks.yaml"
PATH = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
MISSING = [program for program in ("git", "pre-commit") if shutil.which(program, path=PATH) is None]
RULE = (ROOT / "rules" / "calico" / "echo-answered.yml").read_text()

pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}")


def shell(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """A command as somebody with no configuration of their own runs it."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "PRE_COMMIT_"))},
        "PATH": PATH,
        "HOME": str(folder.parent / "home"),
        "PRE_COMMIT_HOME": str(folder.parent / "cache"),
        "GIT_CONFIG_NOSYSTEM": "1",
    }
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def committed(folder: Path, **files: str) -> str:
    """A repository with these files; the name of its commit."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    who = ("-c", "user.name=x", "-c", "user.email=x@example.invalid")
    for command in (("init", "-q"), ("add", "-A"), (*who, "commit", "-q", "-m", "x")):
        assert shell(folder, "git", *command).returncode == 0
    return shell(folder, "git", "rev-parse", "HEAD").stdout.strip()


def test_definition_is_valid() -> None:
    checked = shell(ROOT, "pre-commit", "validate-manifest", str(HOOKS))
    assert checked.returncode == 0, checked.stdout


def test_it_checks_rule_files_and_no_others(tmp_path: Path) -> None:
    """Run as pre-commit runs it, but by the pcapcheck that is installed already."""
    hooks = tmp_path / "hooks"
    revision = committed(hooks, **{".pre-commit-hooks.yaml": HOOKS.read_text()})
    config = {
        "repos": [{"repo": str(hooks), "rev": revision, "hooks": [{"id": "pcapcheck-rules", "language": "system"}]}]
    }
    work = tmp_path / "work"
    committed(
        work,
        **{
            ".pre-commit-config.yaml": yaml.safe_dump(config),
            "ci/pcapcheck-rules/deep/echo.yaml": RULE,
            "ping.pcapcheck.yml": "extends: calico\n",
            ".github/workflows/pcapcheck.yml": "on: push\n",
            "docker-compose.yml": "services: {}\n",
            "pcapcheck/notes.txt": "no rule\n",
        },
    )
    good = shell(work, "pre-commit", "run", "--all-files", "--verbose")
    assert good.returncode == 0, good.stdout + good.stderr
    # The rule in the folder, and those that the expectation file extends.
    assert re.search(r"^\d\d rules: no errors$", good.stdout, re.M)
    (work / "ci/pcapcheck-rules/deep/echo.yaml").write_text(RULE.replace("expect:", "expct:"))
    bad = shell(work, "pre-commit", "run", "--all-files")
    assert bad.returncode == 1
    assert "ci/pcapcheck-rules/deep/echo.yaml:" in bad.stdout
    assert "did you mean 'expect'?" in bad.stdout
