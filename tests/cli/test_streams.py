"""Standard input and pipes: judged as they arrive, ended by their end or by Ctrl-C, with a report either way."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import IO

import pytest

from pcapcheck.capture import stream
from pcapcheck.capture.source import STANDARD_INPUT, Source
from pcapcheck.capture.stream import Arriving
from tests.support.lab import CAPTURES

HEALTHY = CAPTURES / "healthy" / "cali14e7d81007d.pcap"
BROKEN = CAPTURES / "route-lost-midway" / "node.pcapng"
COMMAND = [sys.executable, "-m", "pcapcheck"]


# So that no line is wrapped where it would be with the file's path.
WIDE = {**os.environ, "COLUMNS": "1000"}


def piped(data: bytes, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([*COMMAND, *arguments], input=data, capture_output=True, check=False, env=WIDE)


@pytest.mark.parametrize("path", [HEALTHY, BROKEN], ids=["healthy", "route-lost-midway"])
def test_report_is_that_of_the_file(path: Path) -> None:
    """Also the evidence in words, for which the capture is read again; but no command can show a stream."""
    given = subprocess.run([*COMMAND, "analyze", str(path)], capture_output=True, check=False, env=WIDE)
    through = (
        piped(path.read_bytes(), "analyze", "-", "--interface", f"-={path.stem}")
        if path is HEALTHY
        else piped(path.read_bytes(), "analyze", "-")
    )
    assert through.returncode == given.returncode
    expected = given.stdout.decode().replace(str(path), "standard input").splitlines()
    # No command can show frames of a stream; their numbers stand there instead.
    assert (b"    frames 17 21 22 of standard input\n" in through.stdout) == (path is BROKEN)
    shown = [
        line for line in through.stdout.decode().splitlines() if not re.match("    frames .* of standard input", line)
    ]
    assert shown == [line for line in expected if not line.startswith("    tshark")]


@pytest.mark.slow
@pytest.mark.parametrize("table", ["frames", "arp", "echo", "paths"])
def test_tables_are_those_of_the_file(table: str) -> None:
    given = subprocess.run([*COMMAND, "export", "--table", table, str(BROKEN)], capture_output=True, check=True)
    through = piped(BROKEN.read_bytes(), "export", "--table", table, "-")
    named = given.stdout.decode().replace(f"{BROKEN},", "-,").replace(BROKEN.name, "standard input")
    assert through.stdout.decode() == named


def test_a_named_pipe_is_a_stream_too(tmp_path: Path) -> None:
    pipe = tmp_path / "cali14e7d81007d.pcap"
    os.mkfifo(pipe)
    with subprocess.Popen([*COMMAND, "analyze", "--format", "json", str(pipe)], stdout=subprocess.PIPE) as run:
        pipe.write_bytes(HEALTHY.read_bytes())
        assert run.stdout is not None
        document = json.load(run.stdout)
    assert (document["verdict"], document["captures"][0]["frames"]) == ("pass", 8)


def test_empty_input_is_said() -> None:
    done = piped(b"", "analyze", "-")
    assert done.returncode == 2
    assert done.stderr.decode().startswith("pcapcheck: error: standard input: the file is empty")
    assert len(done.stderr.decode().splitlines()) == 1


def test_standard_input_can_be_given_once() -> None:
    done = piped(HEALTHY.read_bytes(), "analyze", "-", "-")
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"given twice" in done.stderr


def begin(*arguments: str) -> tuple[subprocess.Popen[bytes], IO[bytes]]:
    run = subprocess.Popen([*COMMAND, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert run.stdin is not None
    return run, run.stdin


def test_ctrl_c_ends_the_stream_with_a_report() -> None:
    """While the writer is still there: what came so far is judged."""
    code = (
        # Where the tests themselves run in the background, SIGINT is ignored from the start.
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from pcapcheck.capture import stream; from pcapcheck.cli.main import main\n"
        "keep = stream.Arriving._keep\n"
        "def told(self, data): keep(self, data); print('read', file=sys.stderr, flush=True)\n"
        "stream.Arriving._keep = told; main(['analyze', '-', '--format', 'json'])"
    )
    run = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert run.stdin is not None
    assert run.stderr is not None
    assert run.stdout is not None
    run.stdin.write(HEALTHY.read_bytes())
    run.stdin.flush()
    # Only once it was read does the interrupt come.
    assert run.stderr.readline() == b"read\n"
    run.send_signal(signal.SIGINT)
    document = json.load(run.stdout)
    run.stdin.close()
    assert (run.wait(), document["verdict"], document["captures"][0]["frames"]) == (0, "pass", 8)


def test_ctrl_c_while_reading_a_file_is_no_verdict(tmp_path: Path) -> None:
    code = (
        "from pcapcheck.links import read_capture; from pcapcheck.cli.main import main\n"
        "def interrupted(*_): raise KeyboardInterrupt\n"
        "read_capture.Decoder.decode = interrupted\n"
        f"main(['analyze', {str(HEALTHY)!r}])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "pcapcheck: interrupted; nothing was judged\n"


def test_tcpdump_writes_and_we_read() -> None:
    if shutil.which("tcpdump") is None:
        pytest.skip("tcpdump is not installed")
    script = f"tcpdump -r {HEALTHY} -U -w - 2>/dev/null | {' '.join(COMMAND)} analyze --format json -"
    document = json.loads(subprocess.run(script, shell=True, capture_output=True, check=True).stdout)
    assert (document["verdict"], document["captures"][0]["path"]) == ("pass", "-")


def pipe_with(data: bytes) -> int:
    reading, writing = os.pipe()
    os.write(writing, data)
    os.close(writing)
    return reading


def test_what_is_too_long_is_judged_and_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "KEPT", 300)
    arriving = Arriving(pipe_with(bytes(1000)))
    while arriving.read(100):
        pass
    assert (arriving.count, arriving.complete) == (1000, False)
    assert arriving.again().read(10_000) == bytes(300)
    everything = Arriving(pipe_with(bytes(1000)), keep_all=True)
    while everything.read(100):
        pass
    assert everything.again().read(10_000) == bytes(1000)


def test_a_full_disk_does_not_end_the_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    arriving = Arriving(pipe_with(bytes(1000)))

    def full(_data: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(arriving._kept, "write", full)
    assert arriving.read(1000) == bytes(1000)
    assert not arriving.complete


def test_bytes_are_handed_on_before_the_window_is_full() -> None:
    """Else a quiet link would show nothing until a megabyte had come."""
    reading, writing = os.pipe()
    os.write(writing, b"some")
    arriving = Arriving(reading)
    assert arriving.read(1 << 20) == b"some"
    os.close(writing)
    assert arriving.read(1 << 20) == b""


def test_standard_input_has_a_name() -> None:
    assert Source(STANDARD_INPUT).name == "standard input"
