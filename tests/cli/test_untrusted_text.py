"""Nothing from a capture, its name or a rule controls the terminal, or breaks out of the format it is written in."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from fixtures.made import containers
from fixtures.made.containers import Packet, enhanced, interface, option, section, statistics
from fixtures.made.frames import traffic
from pcapcheck.report.formats import FORMATS
from tests.support.lab import ROOT

EVIL = "\x1b]0;owned\x07\x1b[31m\x9b2J\r\b\u202egnp.exe\u2066\u2028\u2029[bold]<script>&amp;\x00\x7f\x85"
FRAMES = [Packet(data, fraction=250 * n) for n, data in enumerate(traffic())]


def capture() -> bytes:
    """Whatever may hold text holds it; packets were lost, bytes are damaged, silence is in doubt."""
    evil = EVIL.encode()
    texts = [(code, evil) for code in (1, containers.NAME, 3, 12, 15)]
    options = b"".join(option("<", code, text) for code, text in texts)
    options += option("<", containers.FILTER, b"\0icmp or " + evil)
    # A name resolution block (type 4): who asks has the hostile name.
    record = bytes((10, 0, 0, 5)) + evil + b"\0"
    records = len(record).to_bytes(2, "little") + record + bytes(-len(record) % 4 + 4)
    size = (12 + 2 + len(records)).to_bytes(4, "little")
    names = b"\4\0\0\0" + size + b"\1\0" + records + size
    lost = option("<", containers.IF_DROPPED, (5).to_bytes(8, "little"))
    blocks = [section(options=option("<", 1, evil) + option("<", 4, evil)), interface(options=options)]
    blocks += [names, *(enhanced(frame, options=option("<", 1, evil)) for frame in FRAMES[:3])]
    blocks += [b"\xf7" * 8, enhanced(FRAMES[2]), enhanced(FRAMES[3]), statistics(options=lost)]
    return b"".join(blocks)


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pcapcheck", *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8"}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment, errors="strict")


def control(text: str) -> set[str]:
    """The characters that are neither printable nor a newline."""
    return {char for char in text if not char.isprintable()} - {"\n"}


@pytest.fixture
def evil(tmp_path: Path) -> Path:
    path = tmp_path / (EVIL.replace("\0", "").replace("/", "") + ".pcapng")
    path.write_bytes(capture())
    return path


@pytest.mark.parametrize("form", FORMATS)
def test_reports(evil: Path, form: str) -> None:
    done = run("analyze", evil, "--format", form)
    # The XML is indented by tabs.
    assert control(done.stdout + done.stderr) == ({"\t"} if form == "junit" else set())
    assert "lost 5 packets while recording" in done.stdout
    assert "owned" in done.stdout
    if form == "junit":
        ElementTree.fromstring(done.stdout)
    if form == "json":
        problems = json.loads(done.stdout)["captures"][0]["problems"]
        assert [control(problem["message"]) for problem in problems] == [set()] * len(problems)


def test_two_captures(evil: Path, tmp_path: Path) -> None:
    """Paths between captures name the files they were seen in."""
    other = tmp_path / "\x1b[2Jother.pcapng"
    other.write_bytes(capture())
    done = run("analyze", evil, other, "--strict")
    assert control(done.stdout + done.stderr) == set()


@pytest.mark.slow
@pytest.mark.parametrize("table", ["frames", "arp", "echo", "paths", "hops"])
@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_exports(evil: Path, table: str, form: str) -> None:
    done = run("export", evil, "--table", table, "--format", form)
    assert done.returncode == 0
    assert control(done.stdout + done.stderr) == set()
    if form == "csv":
        rows = list(csv.reader(io.StringIO(done.stdout)))
        assert {len(row) for row in rows} == {len(rows[0])}


@pytest.mark.parametrize("data", [b"", b"\x1b[31mtext", containers.pcap([])[:20], section(version=(9, 9))])
def test_refusals(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "\x1b[31m\u202e.pcap"
    path.write_bytes(data)
    done = run("analyze", path)
    assert (done.returncode, done.stdout) == (2, "")
    assert control(done.stderr) == set()
    assert done.stderr.count("\n") == 1


@pytest.mark.slow
def test_a_name_that_is_no_text(tmp_path: Path) -> None:
    """A file name that is not UTF-8: Linux allows it."""
    path = os.fsencode(tmp_path) + b"/\xff\xfe\x9b.pcapng"
    with open(path, "wb") as file:
        file.write(capture())
    for form in FORMATS:
        done = run("analyze", os.fsdecode(path), "--format", form)
        assert done.returncode in (0, 1)
        assert control(done.stdout + done.stderr) - {"\t"} == set()


def test_bad_rules(tmp_path: Path) -> None:
    """What a rule file holds is quoted in its errors, each in one line."""
    (tmp_path / "x.yml").write_text('id: "\\e[31m\\u202e\\u2028x"\nselct: {"\\x9b": 1}\n')
    done = run("rules", "check", tmp_path)
    assert done.returncode == 2
    assert control(done.stderr) == set()
    lines = done.stderr.splitlines()
    assert [line.partition("x.yml:")[0] for line in lines] == [f"pcapcheck: error: {tmp_path}/"] * len(lines)
