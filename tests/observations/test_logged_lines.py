"""What a logger put before every line: the packets and the state behind it are those without it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from pcapcheck import analyze, analyze_state
from pcapcheck.analysis import Analysis
from tests.support.lab import CAPTURES, captures
from tests.support.transcripts import MISSING, transcript

LOGGERS: dict[str, Callable[[int], str]] = {
    "ts": lambda n: f"Nov 30 09:12:{n % 60:02} ",
    "ts -s": lambda n: f"00:00:{n % 60:02} ",
    "ts with fractions": lambda n: f"Nov 30 09:12:{n % 60:02}.{n * 7919 % 10**6:06} ",
    "ts with a form": lambda n: f"2026-11-30 09:12:{n % 60:02} ",
    "brackets": lambda n: f"[2026-11-30 09:12:{n % 60:02}] ",
    "journalctl": lambda n: f"Nov 30 09:12:{n % 60:02} node-1 capture[4711]: ",
    "journalctl -o short-iso": lambda n: f"2026-11-30T09:12:{n % 60:02}+0000 node-1 capture[4711]: ",
    "kubectl logs --timestamps": lambda n: f"2026-11-30T09:12:{n % 60:02}.{n * 7919 % 10**9:09}Z ",
    "kubectl logs --prefix": lambda _: "[pod/capture-x7/capture] ",
    "both": lambda n: f"[pod/capture-x7/capture] 2026-11-30T09:12:{n % 60:02}.{n * 7919 % 10**9:09}Z ",
    "docker compose": lambda _: "capture-1  | ",
    "CRI": lambda n: f"2026-11-30T09:12:{n % 60:02}.{n * 7919 % 10**9:09}Z stdout F ",
}


def logged(text: str, logger: str) -> str:
    return "".join(LOGGERS[logger](number) + line for number, line in enumerate(text.splitlines(keepends=True)))


def said(analysis: Analysis) -> list[tuple[object, ...]]:
    return [(finding.rule.id, finding.status, finding.checked, finding.failed) for finding in analysis.findings]


@pytest.mark.skipif(bool(MISSING), reason=MISSING)
@pytest.mark.parametrize("logger", LOGGERS)
@pytest.mark.parametrize("options", ["-nn -e -v", "-nn", "-nn -e -tttt"])
def test_packets(options: str, logger: str, tmp_path: Path) -> None:
    path = transcript(captures("unreachable")[0], tmp_path, *options.split())
    assert path is not None
    plain = analyze(path)
    path.write_text(logged(path.read_text(), logger))
    found = analyze(path)
    assert found.captures[0].frames == plain.captures[0].frames
    assert said(found) == said(plain)
    assert "echo-answered" in {finding.rule.id for finding in found.findings if finding.status == "fail"}


@pytest.mark.parametrize("logger", LOGGERS)
def test_a_state(logger: str, tmp_path: Path) -> None:
    text = (CAPTURES / "proxy-arp-off" / "state.txt").read_text()
    plain, path = tmp_path / "plain.txt", tmp_path / "logged.txt"
    plain.write_text(text)
    path.write_text(logged(text, logger))
    assert said(analyze_state(path)) == said(analyze_state(plain))


@pytest.mark.skipif(subprocess.run(["which", "tshark"], capture_output=True).returncode != 0, reason="no tshark here")
def test_rows_of_tshark(tmp_path: Path) -> None:
    capture = captures("unreachable")[0]
    text = subprocess.run(["tshark", "-n", "-r", capture], capture_output=True, text=True, check=True).stdout
    path = tmp_path / "rows.txt"
    path.write_text(text)
    plain = analyze(path)
    path.write_text(logged(text, "ts"))
    assert said(analyze(path)) == said(plain)


def test_a_kernels_log_keeps_its_times(tmp_path: Path) -> None:
    """They stand before each line, and belong to it."""
    line = "[Mon Nov 30 09:12:{:02} 2026] nf_conntrack: nf_conntrack: table full, dropping packet\n"
    path = tmp_path / "log.txt"
    path.write_text(
        "# ip route\n10.244.1.10 dev cali14e7d81007d scope link\n# dmesg -T\n" + "".join(map(line.format, range(9)))
    )
    from pcapcheck.nodestate.read_state import read_state

    (host,) = read_state([path]).hosts
    assert all(entry.time is not None for entry in host.log)
    assert len(host.log) == 9
