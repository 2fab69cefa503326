"""Ctrl-C before a command is at work: one line and no verdict, whatever is still being imported."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.lab import ROOT

SELF = "import os, signal; os.kill(os.getpid(), signal.SIGINT)\n"


# The first is imported with the command line, the second by the command itself.
@pytest.mark.parametrize(("module", "command"), [("click", ["rules", "list"]), ("rich", ["watch", "-"])])
def test_while_modules_are_imported(module: str, command: list[str], tmp_path: Path) -> None:
    (tmp_path / f"{module}.py").write_text(SELF)
    done = subprocess.run(
        [sys.executable, "-m", "pcapcheck", *command],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": f"{tmp_path}:{ROOT}"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        # A shell has what it runs in the background ignore it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert (done.returncode, done.stderr) == (2, "pcapcheck: interrupted; nothing was judged\n")
