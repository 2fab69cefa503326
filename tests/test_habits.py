"""What holds a change to the same checks wherever it is made: pre-commit, the Makefile, CI."""

from __future__ import annotations

import re
import tomllib

import yaml

from tests.support.lab import ROOT

CI = (ROOT / ".ci" / "run").read_text()
LINTERS = {"ruff check", "ruff format", "mypy", "codespell", "validate-pyproject"}


def linters(text: str, before: str) -> set[str]:
    return set(re.findall(rf"{before}/bin/(ruff \w+|mypy|codespell|validate-pyproject)", text))


def test_the_same_checks_everywhere() -> None:
    assert linters((ROOT / ".pre-commit-config.yaml").read_text(), r"\.venv") == LINTERS
    assert linters(CI, r"\.venv-dev") == LINTERS
    lint = (ROOT / "Makefile").read_text().split("\nlint:")[1].split("\n\n")[0]
    assert linters(lint.replace("$(BIN)", "/bin"), "") == LINTERS


def test_checks_have_locked_versions() -> None:
    lock = (ROOT / "requirements-dev.lock").read_text()
    extra = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]["dev"]
    for tool in {name.split()[0] for name in LINTERS}:
        assert f"\n{tool}==" in lock
        assert any(requirement.startswith(f"{tool}>=") for requirement in extra)


def test_the_workflow_only_calls_ci_run() -> None:
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())
    (job,) = workflow["jobs"].values()
    (command,) = (step["run"] for step in job["steps"] if "run" in step)
    assert command.endswith(" .ci/run")
    assert job["strategy"]["matrix"] == {"python": ["3.11", "3.12", "3.13", "3.14"], "loops": ["compiled", "plain"]}
    assert 'PCAPCHECK_PLAIN=$PLAIN"' in command
    assert "${PCAPCHECK_PLAIN:-}" in CI


def test_ci_run_sets_up_as_readme_says() -> None:
    (pattern,) = re.findall(r"""grep -m1 -F "(.*?)" README.md""", CI)
    assert len([line for line in (ROOT / "README.md").read_text().splitlines() if pattern in line]) == 1


def test_values_are_structs() -> None:
    """Defining a dataclass costs thirty times what a struct of msgspec does, and each run defines over a hundred."""
    for path in (ROOT / "pcapcheck").rglob("*.py"):
        assert not re.search(r"^\s*(from|import) dataclasses", path.read_text(), re.MULTILINE), path
