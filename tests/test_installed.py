"""The tests of a checkout without the package, on the package that was built and installed from a wheel."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.support.lab import ROOT
from tests.test_package import build_wheel

# What asks nothing of the sources, nor of where rules lie in a checkout.
FOLDERS = (
    *("cli", "decode", "exchanges", "lab", "library", "links", "nodestate", "observations"),
    *("paths", "questions", "redaction", "rules", "ruleset"),
)
BESIDES = (
    ".ci",
    ".git",
    ".venv*",
    "build",
    "dist",
    "pcapcheck",
    "*.egg-info",
    "*_cache",
    "__pycache__",
    "node_modules",
)


@pytest.mark.package
@pytest.mark.slow
def test_tests_pass_on_a_wheel(tmp_path: Path) -> None:
    pytest.importorskip("Cython", reason="building needs Cython")
    if not shutil.which("cc"):
        pytest.skip("no C compiler here")
    python = fresh_environment(tmp_path / "environment", build_wheel(tmp_path))
    checkout = tmp_path / "checkout"
    shutil.copytree(ROOT, checkout, ignore=shutil.ignore_patterns(*BESIDES))
    places = subprocess.run(
        [python, "-c", "import pcapcheck, pcapcheck.kernels as k; print(pcapcheck.__file__, k.is_compiled())"],
        cwd=checkout,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert places.startswith(str(python.parents[1]))
    assert places.endswith("True\n")
    done = subprocess.run(
        [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *(f"tests/{name}" for name in FOLDERS)],
        cwd=checkout,
        env={name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "PYTHONPATH"))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-8000:]
    assert " passed" in done.stdout.splitlines()[-1]


def fresh_environment(folder: Path, wheel: Path) -> Path:
    """An environment with this wheel, and all else as it is installed here; its Python."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    python = folder / "bin" / "python"
    (site,) = folder.glob("lib/python*/site-packages")
    for number, place in enumerate({sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}):
        (site / f"here{number}.pth").write_text(f"import site; site.addsitedir({place!r})\n")
    pip = [sys.executable, "-m", "pip", "--python", str(python), "-q"]
    subprocess.run([*pip, "install", "--no-deps", "--no-index", "--ignore-installed", str(wheel)], check=True)
    return python
