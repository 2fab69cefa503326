"""tcpdump as a child: what it says is heard, and it does not outlive who started it. A script stands in for it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pcapcheck.errors import CaptureError
from pcapcheck.watch import tcpdump_process
from pcapcheck.watch.tcpdump_process import TcpdumpProcess
from tests.support.lab import CAPTURES

HEALTHY = CAPTURES / "healthy" / "cali14e7d81007d.pcap"
STAND_IN = f"""#!/bin/sh
echo "tcpdump: listening on $2, link-type EN10MB (Ethernet), snapshot length 262144 bytes" >&2
end() {{
    printf '8 packets captured\\n13 packets received by filter\\n3 packets dropped by kernel\\n' >&2
    printf '2 packets dropped by interface\\n' >&2
    exit 0
}}
trap end TERM
trap 'echo "tcpdump: 8 packets captured, 10 packets received by filter, 1 packet dropped by kernel" >&2' USR1
cat {HEALTHY}
while :; do sleep 0.05; done
"""


@pytest.fixture
def tcpdump(tmp_path: Path) -> Path:
    script = tmp_path / "tcpdump"
    script.write_text(STAND_IN)
    script.chmod(0o755)
    return script


def wait_for_drops(process: TcpdumpProcess, drops: int) -> None:
    deadline = time.monotonic() + 60
    while process.drops() != drops:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_drops_while_it_runs_and_at_its_end(tcpdump: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tcpdump_process, "ASK", 0.0)
    process = TcpdumpProcess("lo", (str(tcpdump),))
    data = b""
    while len(data) < HEALTHY.stat().st_size:
        data += os.read(process.output, 1 << 16)
    assert data == HEALTHY.read_bytes()
    wait_for_drops(process, 1)
    process.close()
    assert process.drops() == 5
    assert process.why() == ""


def test_drops_are_events_and_a_problem_of_the_capture(tcpdump: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pcapcheck", "watch", "lo", "--for", "2s", "--jsonl"],
        capture_output=True,
        check=False,
        env={**os.environ, "PATH": f"{tcpdump.parent}:{os.environ['PATH']}"},
        timeout=120,
    )
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert [event["count"] for event in events if event["event"] == "drops"] == [5]
    assert (events[-1]["verdict"], events[-1]["frames"]) == ("pass", 8)


def test_it_has_room_for_bursts(tmp_path: Path) -> None:
    """Of a flood, a buffer as tcpdump takes it loses most packets while something else runs."""
    script = tmp_path / "tcpdump"
    script.write_text('#!/bin/sh\necho "$@"\n')
    script.chmod(0o755)
    process = TcpdumpProcess("lo", (str(script),))
    assert b"-B 16384" in os.read(process.output, 200)
    process.close()


def test_one_that_fails_says_why(tmp_path: Path) -> None:
    script = tmp_path / "tcpdump"
    script.write_text("#!/bin/sh\necho 'tcpdump: lo: That device is not up' >&2\nexit 1\n")
    script.chmod(0o755)
    process = TcpdumpProcess("lo", (str(script),))
    assert os.read(process.output, 1) == b""
    assert process.why() == "tcpdump: lo: That device is not up"
    process.close()


def test_one_that_does_not_end_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tcpdump_process, "GRACE", 0.3)
    script = tmp_path / "tcpdump"
    script.write_text("#!/bin/sh\ntrap '' TERM\necho ready\nwhile :; do sleep 0.05; done\n")
    script.chmod(0o755)
    process = TcpdumpProcess("lo", (str(script),))
    assert os.read(process.output, 6) == b"ready\n"
    process.close()
    assert process.pid is not None
    with pytest.raises(ProcessLookupError):
        os.kill(process.pid, 0)


def test_one_that_is_not_installed() -> None:
    with pytest.raises(
        CaptureError, match="lo: no-such-recorder is not installed here; install it, or pipe packets in"
    ):
        TcpdumpProcess("lo", ("no-such-recorder",))
