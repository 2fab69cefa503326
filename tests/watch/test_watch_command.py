"""pcapcheck watch at the command line: on pipes, on files that grow, on terminals of all kinds."""

from __future__ import annotations

import fcntl
import gzip
import itertools
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

from tests.support.lab import CAPTURES

HEALTHY = CAPTURES / "healthy" / "cali14e7d81007d.pcap"
BROKEN = CAPTURES / "proxy-arp-off" / "cali14e7d81007d.pcap"
COMMAND = [sys.executable, "-m", "pcapcheck", "watch"]


def piped(data: bytes, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([*COMMAND, *arguments], input=data, capture_output=True, check=False, timeout=120)


def events(output: bytes) -> list[dict[str, object]]:
    return [json.loads(line) for line in output.splitlines()]


@pytest.mark.parametrize(("path", "code"), [(HEALTHY, 0), (BROKEN, 1)], ids=["healthy", "broken"])
def test_the_report_at_the_end_is_that_of_analyze(path: Path, code: int) -> None:
    watched = piped(path.read_bytes(), "-")
    analyzed = subprocess.run(
        [sys.executable, "-m", "pcapcheck", "analyze", "-"], input=path.read_bytes(), capture_output=True, check=False
    )
    assert watched.returncode == analyzed.returncode == code
    assert watched.stdout == analyzed.stdout
    # Without a terminal, what happens is said line by line.
    assert b"10.244.1.10 is seen on standard input\n" in watched.stderr


def test_an_event_a_line_and_nothing_else() -> None:
    done = piped(BROKEN.read_bytes(), "-", "--jsonl")
    said = events(done.stdout)
    failure = next(event for event in said if event["event"] == "failure")
    assert failure["rule"] == "gateway-arp-answered"
    assert failure["cause"] == "the node has no route that covers 169.254.1.1"
    assert (said[-1]["event"], said[-1]["verdict"], said[-1]["exit_code"]) == ("end", "fail", 1)
    assert re.fullmatch(r"2026-\d\d-\d\dT[\d:.]+Z", str(said[-1]["time"]))
    assert (done.returncode, done.stderr) == (1, b"")


def test_reports_go_to_files_next_to_events(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    done = piped(HEALTHY.read_bytes(), "-", "--jsonl", "--format", "json", "--output", str(report))
    assert events(done.stdout)[-1]["verdict"] == json.loads(report.read_text())["verdict"] == "pass"


def test_who_has_read_enough_ends_it() -> None:
    """As head does; without a word, and long before the stream ends."""
    with subprocess.Popen(
        [*COMMAND, "-", "--jsonl"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as run:
        assert run.stdin is not None
        assert run.stdout is not None
        assert run.stderr is not None
        run.stdin.write(HEALTHY.read_bytes())
        run.stdin.flush()
        assert json.loads(run.stdout.readline())["event"] == "pod"
        run.stdout.close()
        # Something that has to be said again.
        run.stdin.write(BROKEN.read_bytes()[24:])
        run.stdin.flush()
        assert run.wait(60) in (0, 1)
        assert run.stderr.read() == b""


def test_a_file_is_followed_while_it_grows(tmp_path: Path) -> None:
    path = tmp_path / "cali14e7d81007d.pcap"
    data = HEALTHY.read_bytes()
    # Without the last reply: it is awaited.
    path.write_bytes(data[:-60])
    with subprocess.Popen(
        [*COMMAND, str(path), "--until", "pass", "--format", "json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as run:
        assert run.stderr is not None
        # It has read to the end of what is there.
        assert b"is seen on" in run.stderr.readline()
        with path.open("ab") as file:
            file.write(data[-60:])
        output, _ = run.communicate(timeout=60)
    document = json.loads(output)
    assert (run.returncode, document["verdict"]) == (0, "pass")
    assert document["captures"][0]["frames"] == 8


def test_ctrl_c_ends_with_the_report() -> None:
    run = subprocess.Popen(
        [*COMMAND, "-", "--format", "json"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert run.stdin is not None
    assert run.stderr is not None
    run.stdin.write(BROKEN.read_bytes())
    run.stdin.flush()
    assert run.stderr.readline()
    run.send_signal(signal.SIGTERM)
    output, _ = run.communicate(timeout=60)
    assert (run.returncode, json.loads(output)["verdict"]) == (1, "fail")


def test_for_a_time() -> None:
    reading, writing = os.pipe()
    os.write(writing, HEALTHY.read_bytes())
    # Nobody closes the other end meanwhile.
    done = subprocess.run([*COMMAND, "-", "--for", "1s"], stdin=reading, capture_output=True, check=False, timeout=60)
    os.close(writing)
    os.close(reading)
    assert done.returncode == 0
    assert done.stdout.startswith(b"PASS  ")


@pytest.mark.parametrize(
    ("data", "arguments", "said"),
    [
        (b"", ["-"], "standard input: nothing came; either no packet was seen"),
        (b"16:22:59.5 IP 10.0.0.1 > 10.0.0.2: ICMP echo request, id 15, seq 0\n", ["-"], "text is not watched"),
        (gzip.compress(HEALTHY.read_bytes()), ["-"], "gzip is not watched; unpack it in front of it"),
        (b"\x89PNG\r\n\x1a\n" + bytes(600), ["-"], "standard input: "),
        (b"", ["nosuch0"], "nosuch0: neither an interface of this machine nor a file"),
        (b"", ["-", "-"], "-: given twice"),
        (b"", ["-", "--for", "soon"], "--for soon: "),
        (b"", ["-", "--ring", "much"], "--ring much: "),
        (b"", ["-", "--metrics", "127.0.0.1:http"], "--metrics 127.0.0.1:http: http is no port"),
        (HEALTHY.read_bytes(), ["-", "--interface", "other=eth0"], "other"),
        (HEALTHY.read_bytes(), ["-", "--keep", "/no/such/folder/x.pcap"], "--keep /no/such/folder/x.pcap: "),
    ],
    # What is packed begins with the time, which is another one for each process that collects tests.
    ids=itertools.count(),
)
def test_what_cannot_be_watched_is_said_in_a_line(data: bytes, arguments: list[str], said: str) -> None:
    done = piped(data, *arguments)
    lines = [line for line in done.stderr.decode().splitlines() if line.startswith("pcapcheck: ")]
    assert done.returncode == 2
    assert said in lines[-1]
    assert "Traceback" not in done.stderr.decode()


def test_a_file_that_cannot_be_written_any_more_costs_no_report(tmp_path: Path) -> None:
    """The folder is there at the beginning, and gone when the packets are to be kept."""
    folder = tmp_path / "there"
    folder.mkdir()
    with subprocess.Popen(
        [*COMMAND, "-", "--keep", str(folder / "kept.pcap")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as run:
        assert run.stdin is not None
        assert run.stderr is not None
        run.stdin.write(HEALTHY.read_bytes())
        run.stdin.flush()
        assert run.stderr.readline()
        folder.rmdir()
        output, errors = run.communicate(timeout=60)
    assert output.startswith(b"PASS  ")
    assert run.returncode == 2
    assert b"kept.pcap: No such file or directory; name a file that can be written" in errors


def test_what_is_watched_is_not_written_over(tmp_path: Path) -> None:
    path = tmp_path / "cali14e7d81007d.pcap"
    path.write_bytes(HEALTHY.read_bytes())
    done = piped(b"", str(path), "--keep", str(path), "--for", "1s")
    assert done.returncode == 2
    assert b"that is one of the inputs" in done.stderr
    assert path.read_bytes() == HEALTHY.read_bytes()


def test_a_second_interrupt_ends_it_at_once() -> None:
    """Without a report, whatever is under way."""
    code = (
        "from pcapcheck.cli.main import main; from pcapcheck.watch import watching\n"
        "watching.Watching._end_streams = lambda self: setattr(self, '_interrupted', float('inf'))\n"
        "main(['watch', '-'])"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as run:
        assert run.stdin is not None
        assert run.stdout is not None
        assert run.stderr is not None
        run.stdin.write(HEALTHY.read_bytes())
        run.stdin.flush()
        assert run.stderr.readline()
        run.send_signal(signal.SIGTERM)
        with pytest.raises(subprocess.TimeoutExpired):
            run.wait(0.5)
        run.send_signal(signal.SIGTERM)
        assert run.wait(60) == 2
        assert run.stdout.read() == b""
        assert b"interrupted; nothing was judged" in run.stderr.read()


def test_no_standard_input() -> None:
    done = subprocess.run(["sh", "-c", f"{' '.join(COMMAND)} - <&-"], capture_output=True, check=False, timeout=60)
    assert done.returncode == 2
    assert done.stderr.decode().startswith("pcapcheck: error: standard input: it is closed; ")
    assert len(done.stderr.splitlines()) == 1


def test_options_that_do_not_fit_end_it_at_once() -> None:
    """Not after an hour: nobody closes the stream."""
    with subprocess.Popen(
        [*COMMAND, "-", "--interface", "other=eth0"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as run:
        assert run.stdin is not None
        assert run.stderr is not None
        run.stdin.write(HEALTHY.read_bytes())
        run.stdin.flush()
        assert run.wait(60) == 2
        assert run.stderr.read().startswith(b"pcapcheck: error: ")


def on_terminal(
    columns: int,
    rows: int,
    resized: tuple[int, int] | None = None,
    awaited: str = "possible cause",
    **environment: str,
) -> tuple[str, str, int]:
    """What is drawn on a terminal while a broken pod is watched; and the report, and the exit code.

    The stream ends, or the terminal is ``resized``, when it shows what is ``awaited``.
    """
    own, other = pty.openpty()
    fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    with subprocess.Popen(
        [*COMMAND, "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=other, env={**os.environ, **environment}
    ) as run:
        os.close(other)
        assert run.stdin is not None
        assert run.stdout is not None
        run.stdin.write(BROKEN.read_bytes())
        run.stdin.flush()
        drawn, wanted = "", 1
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if select.select([own], [], [], 0.1)[0]:
                drawn += os.read(own, 1 << 16).decode()
            if re.sub(r"\s+", " ", drawn).count(awaited) >= wanted:
                if resized is None:
                    break
                fcntl.ioctl(own, termios.TIOCSWINSZ, struct.pack("HHHH", *resized, 0, 0))
                # Drawn again and again: the first time may have been under way.
                resized, drawn, wanted = None, "", 4
        run.stdin.close()
        report = run.stdout.read().decode()
        while True:
            try:
                drawn += os.read(own, 1 << 16).decode()
            except OSError:
                break
        os.close(own)
    return drawn, report, run.returncode


def shown(drawn: str) -> list[str]:
    """The lines that were drawn, without what moves the cursor and colours."""
    return [re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", line) for line in re.split(r"\r\n|\r", drawn)]


@pytest.mark.slow
@pytest.mark.parametrize("size", [(100, 30), (40, 16), (20, 5)])
def test_a_terminal_of_any_size(size: tuple[int, int]) -> None:
    columns, rows = size
    drawn, report, code = on_terminal(columns, rows, awaited="FAIL", TERM="xterm")
    assert max(map(len, shown(drawn))) <= columns
    assert "\x1b[1;31mFAIL" in drawn
    assert (code, report[:6]) == (1, "FAIL  ")
    # It is gone at the end: the report says it all.
    assert drawn.rstrip().endswith("\x1b[2K")


@pytest.mark.slow
def test_a_terminal_that_is_resized() -> None:
    drawn, _, code = on_terminal(120, 30, (20, 50), TERM="xterm")
    assert max(map(len, shown(drawn)[30:])) <= 50
    assert code == 1


@pytest.mark.slow
def test_without_colours() -> None:
    drawn, _, _ = on_terminal(80, 24, TERM="xterm", NO_COLOR="1")
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]m", drawn)


@pytest.mark.slow
def test_a_terminal_that_cannot_move_its_cursor_gets_lines() -> None:
    drawn, _, _ = on_terminal(80, 24, TERM="dumb")
    assert "\x1b" not in drawn
    assert "✗ 1 ARP request of 10.244.1.10 got no answer" in drawn


@pytest.mark.slow
def test_a_terminal_of_plain_ascii() -> None:
    drawn, _, _ = on_terminal(80, 24, TERM="xterm", PYTHONIOENCODING="ascii")
    assert drawn.isascii()
    assert "\\u" not in drawn
    assert "FAIL the node does not answer" in drawn
