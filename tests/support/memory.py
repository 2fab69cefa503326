"""How much memory a run of the tool takes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import sys
from pcapcheck.cli.main import main
try:
    main(sys.argv[1:])
except SystemExit:
    pass
lines = open("/proc/self/status").read().splitlines()
print(next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM")), file=sys.stderr)
"""


def peak_memory(*arguments: str) -> int:
    """The peak of a run's resident memory in MiB.

    Linux shows it as VmHWM; ru_maxrss would include what the caller had when it forked.
    """
    if not Path("/proc/self/status").exists():
        pytest.skip("/proc, which shows the peak of memory, is not here")
    done = subprocess.run([sys.executable, "-c", SCRIPT, *arguments], capture_output=True, text=True, check=True)
    return int(done.stderr.splitlines()[-1])
