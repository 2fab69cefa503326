"""A temporary folder that goes with this process, whatever ends it: a shell removes it (kill -9 too)."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

PREFIX = "pcapcheck-record-"
# $1 is the folder. Its standard input is a pipe whose other end only this process has.
GUARD = 'trap "" INT HUP TERM; read -r _; rm -rf -- "$1"'


class PassingFolder:
    """``path`` is the folder."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix=PREFIX))
        self._guard = subprocess.Popen(
            ["sh", "-c", GUARD, "sh", str(self.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def remove(self) -> None:
        """Remove it now; once is enough."""
        assert self._guard.stdin is not None
        self._guard.stdin.close()
        self._guard.wait()
