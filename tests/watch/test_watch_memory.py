"""What a watch holds does not grow with what it has seen."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.benchmarks.captures import traffic
from tests.benchmarks.rounds import write_capture

pytestmark = pytest.mark.slow
FRAMES = 2_000_000
RING = 8 << 20


def resident(pid: int) -> int:
    """Resident memory of a process in MiB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmRSS"))


@pytest.mark.parametrize("kind", ["lossy", "flows"])
def test_it_stays_flat(kind: str, tmp_path: Path) -> None:
    """A million packets after the first million: one loses pings, the other scans a million hosts."""
    if not Path("/proc/self/status").exists():
        pytest.skip("/proc, which shows resident memory, is not here")
    path = tmp_path / "cali14e7d81007d.pcap"
    write_capture(path, FRAMES, traffic(kind))
    size = path.stat().st_size
    command = [sys.executable, "-m", "pcapcheck", "watch", "-", "--ring", str(RING), "--jsonl"]
    held: list[tuple[float, int]] = []
    with (
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as run,
        path.open("rb") as file,
    ):
        assert run.stdin is not None
        while data := file.read(1 << 20):
            run.stdin.write(data)
            held.append((file.tell() / size, resident(run.pid)))
        run.stdin.close()
    assert run.returncode == 1
    first = max(memory for done, memory in held if done <= 0.5)
    last = max(memory for done, memory in held if done > 0.5)
    assert last <= first + 24, held
