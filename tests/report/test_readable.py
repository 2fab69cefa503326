"""Reports stay readable: many pods, many files, narrow and wide, in ASCII, on a screen that is too small."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterable
from io import StringIO
from pathlib import Path

import pytest

from pcapcheck import analyze
from pcapcheck.report.formats.markdown import write_markdown
from pcapcheck.report.formats.text import write_text
from tests.report.test_text import COMMANDS, on_terminal
from tests.support.lab import CAPTURES, captures
from tests.support.wire import BEGIN, MS, NODE, SECOND, Frame, answer, ask, reply, request, write_pcap

LINK = "cali14e7d81007d.pcap"


def frames_of(pod: int, lost: Iterable[int] = (), pings: int = 10, slow: int = 0) -> list[Frame]:
    """One pod's ARP and pings, those of ``lost`` without a reply."""
    mac, ip, peer = f"5a:8a:10:57:e2:{pod:02x}", f"10.244.7.{pod}", "10.244.9.9"
    begin = BEGIN + pod * MS
    frames = [(begin, ask(src=mac, ip=ip)), (begin + MS // 10, answer(to=mac, to_ip=ip))]
    for seq in range(pings):
        time = begin + SECOND + seq * SECOND // 10
        given = {"ident": pod, "ip_id": pod * 256 + seq}
        frames.append((time, request(seq, src=ip, dst=peer, eth=(mac, NODE), **given)))
        if seq not in lost:
            back = time + MS // 2 + slow * MS
            frames.append((back, reply(seq, src=peer, dst=ip, eth=(NODE, mac), **given)))
    # A last sign of life, long after: nothing is in flight any more.
    end = BEGIN + 60 * SECOND
    return [*frames, (end, ask(src=mac, ip=ip)), (end + MS // 10, answer(to=mac, to_ip=ip))]


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two hundred pods on one link: number 77 loses all, 150 to 165 some, 9 is slow."""
    frames: list[Frame] = []
    for pod in range(1, 201):
        lost = range(10) if pod == 77 else range(pod % 2 + 1) if 150 <= pod <= 165 else ()
        frames += frames_of(pod, lost, slow=100 if pod == 9 else 0)
    return write_pcap(tmp_path_factory.mktemp("crowd") / LINK, sorted(frames))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty captures: the 33rd shows a loss and the 21st is cut."""
    folder = tmp_path_factory.mktemp("many")
    for pod in range(1, 41):
        path = write_pcap(folder / f"cali{pod:011x}.pcap", frames_of(pod, range(3) if pod == 33 else (), 3))
        if pod == 21:
            path.write_bytes(path.read_bytes()[:-7])
    return folder


def text(*paths: Path, verbose: bool = False) -> str:
    stream = StringIO()
    write_text(analyze(*paths), stream, verbose)
    return stream.getvalue()


def table(report: str) -> list[str]:
    lines = report.splitlines()
    begin = next(number for number, line in enumerate(lines) if re.match(r"pod( |$)", line))
    end = lines.index("", begin)
    return lines[begin + 1 : end]


def piped(*arguments: object, **environment: str) -> str:
    command = [sys.executable, "-m", "pcapcheck", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, env={**os.environ, **environment}, check=False).stdout.decode(
        environment.get("PYTHONIOENCODING", "utf-8")
    )


def test_a_row_per_pod_the_worst_first(crowd: Path) -> None:
    rows = table(text(crowd))
    assert len(rows) == 12
    assert rows[0].split()[:7] == ["10.244.7.77", "2", "of", "2", "100", "µs", "0"]
    assert [row.split()[0] for row in rows[1:3]] == ["10.244.7.151", "10.244.7.153"]
    assert "20 %" in rows[1]
    assert re.match(r"190 more +380 of 380 +100 µs +1893 of 1900 +0\.368 % ", rows[10])
    assert rows[11] == "7 of the 190 more lose 10 % (--verbose shows all)"


def test_pods_without_loss_are_counted(tmp_path: Path) -> None:
    frames = sorted(frame for pod in range(1, 41) for frame in frames_of(pod, slow=40 if pod == 30 else 0))
    rows = table(text(write_pcap(tmp_path / LINK, frames)))
    assert rows[0].startswith("10.244.7.30 ")
    assert rows[1].startswith("10.244.7.1 ")
    assert rows[10].startswith("30 more without loss ")
    assert "300 of 300" in rows[10]
    assert len(rows) == 11


def test_verbose_has_all_pods(crowd: Path) -> None:
    rows = table(text(crowd, verbose=True))
    assert len(rows) == 200
    assert rows[1].startswith("10.244.7.151 ")


@pytest.mark.slow
@pytest.mark.parametrize("columns", [60, 80, 120, 200])
@pytest.mark.parametrize("terminal", [False, True])
def test_nothing_is_wider_than_asked_for(crowd: Path, columns: int, terminal: bool) -> None:
    """But for what people copy: commands, names of files."""
    given = [str(crowd), *map(str, captures("ipv6"))]
    if terminal:
        shown = re.sub(r"\x1b\[[0-9;]*m", "", on_terminal("analyze", *given, columns=columns))
    else:
        shown = piped("analyze", *given, COLUMNS=str(columns))
    lines = [line.rstrip() for line in shown.splitlines()]
    wide = [line for line in lines if len(line) > columns and not line.strip().startswith((*COMMANDS, "or all"))]
    assert all(len(line.split()) == 1 for line in wide), wide
    # Whole, wherever they stand.
    for name in ("10.244.7.77", "fd00:10:244:1::b", "gateway-arp-answered"):
        assert re.search(rf"(?<![\w.:-]){name}(?![\w.:-])", "\n".join(lines))
    rows = [line for line in lines if line.startswith(("10.244.7.", "fd00:", "10.244.1."))]
    assert rows
    assert not any(line.endswith("…") for line in lines)


def test_names_longer_than_the_screen_are_whole(tmp_path: Path) -> None:
    path = tmp_path / ("a-very-long-folder-name-" * 4) / LINK
    path.parent.mkdir()
    path.write_bytes((CAPTURES / "proxy-arp-off" / LINK).read_bytes())
    assert f"{path}:" in piped("analyze", path, COLUMNS="60")


@pytest.mark.parametrize("columns", ["0", "00", "-1", "many", "9999999"])
def test_no_width_is_none_asked_for(columns: str) -> None:
    given = CAPTURES / "proxy-arp-off" / LINK
    assert piped("analyze", given, COLUMNS=columns) == piped("analyze", given, COLUMNS="")


def test_files_that_show_the_failure_are_named(folder: Path) -> None:
    report = text(folder)
    head = report[: report.index("\n\n")]
    named = re.findall(r"cali(\w{11})\.pcap:", head)
    assert [int(number, 16) for number in named] == [1, 2, 3, 21, 33]
    assert re.search(r"^ +and 35 more captures: \d+ frames, 35 pod links \(--verbose shows all\)$", head, re.M)
    assert "! " in head
    assert head.startswith("FAIL  10.244.7.33's echo requests to 10.244.9.9 get no reply")
    assert len(re.findall(r"cali\w{11}\.pcap:", text(folder, verbose=True))) >= 40


def test_markdown_is_bounded_too(folder: Path) -> None:
    stream = StringIO()
    write_markdown(analyze(folder), stream)
    assert sum(line.startswith("- `") for line in stream.getvalue().splitlines()) == 5
    assert "- and 35 more captures: " in stream.getvalue()


def test_a_long_report_ends_with_what_to_do() -> None:
    broken = CAPTURES / "proxy-arp-off"
    shown = re.sub(r"\x1b\[[0-9;]*m", "", on_terminal("analyze", str(broken / LINK), columns=160))
    lines = [line.rstrip() for line in shown.splitlines()]
    assert lines[-4:-1] == [
        lines[0],
        "      first suspect: the node has no route that covers 169.254.1.1",
        "          ip route get 169.254.1.1",
    ]
    assert lines[-1].strip().startswith("confirmed if ")
    state = ["--node-state", str(broken / "state.txt")]
    shown = re.sub(r"\x1b\[[0-9;]*m", "", on_terminal("analyze", str(broken / LINK), *state, columns=160))
    lines = [line.rstrip() for line in shown.splitlines()]
    assert lines[-2] == "      confirmed: proxy ARP is off on cali14e7d81007d"
    assert lines[-1].strip().startswith("sysctl -w net.ipv4.conf.cali14e7d81007d.proxy_arp=1")
    assert lines[-3] == lines[0]


def test_a_short_report_and_a_pipe_say_it_once() -> None:
    broken = str(CAPTURES / "proxy-arp-off" / LINK)
    assert piped("analyze", broken).count("FAIL  ") == 1
    passing = re.sub(r"\x1b\[[0-9;]*m", "", on_terminal("analyze", str(CAPTURES / "healthy" / LINK), lines=200))
    assert passing.count("PASS  ") == 1


@pytest.mark.parametrize(
    "environment", [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C"}, {"LC_ALL": "", "LC_CTYPE": "", "LANG": "C"}]
)
def test_marks_are_distinct_in_ascii(environment: dict[str, str]) -> None:
    report = piped("state", CAPTURES / "random-cali-mac" / "state.txt", **environment)
    assert report.isascii()
    assert "\nwarn cali-has-proxy-mac (warning)  " in report
    assert "\nok passed (rows checked): " in report
    assert "\n-- not checked: " in report
    report = piped("analyze", CAPTURES / "loss" / LINK, **environment)
    assert "\nFAIL echo-answered  " in report
    assert " us\n" in report
    assert "?" not in report


def test_what_an_encoding_has_is_kept() -> None:
    """cp1252, as on Windows, has no check mark and no arrow, and all else."""
    report = piped("analyze", CAPTURES / "loss" / LINK, PYTHONIOENCODING="cp1252")
    assert "\nFAIL echo-answered  " in report
    assert " µs\n" in report
