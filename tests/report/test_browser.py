"""The HTML report in a real browser, Debian's chromium, under the policy that Jenkins sends for artifacts."""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
import threading
import zlib
from collections.abc import Iterator
from functools import cache
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from pcapcheck import analyze
from pcapcheck.report.formats.html import page
from tests.report.test_html import hostile
from tests.support.lab import captures

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.live,
    pytest.mark.slow,
    pytest.mark.skipif(BROWSER is None, reason="needs chromium (apt-get install chromium)"),
]
# Jenkins: hudson.model.DirectoryBrowserSupport.CSP, as its documentation gives it.
POLICY = "sandbox; default-src 'none'; img-src 'self'; style-src 'self';"
# What the policy is for; the page reads well without its style.
EXPECTED = "Applying inline style violates"
SCENARIOS = ["healthy", "proxy-arp-off", "second-node-drops", "dns-vxlan-slow"]


@cache
def report(scenario: str) -> str:
    return page(analyze(*captures(scenario)))


@pytest.fixture
def served() -> Iterator[tuple[str, dict[str, str]]]:
    """A server with that policy, and its pages by path."""
    pages: dict[str, str] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            text = pages.get(self.path)
            self.send_response(404 if text is None else 200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Security-Policy", POLICY)
            self.end_headers()
            self.wfile.write((text or "").encode())

        def log_message(self, *args: object) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", pages
    server.shutdown()


def browse(profile: Path, address: str, *options: str, dark: bool = False) -> subprocess.CompletedProcess[str]:
    assert BROWSER is not None
    quiet = ("--disable-gpu", "--disable-background-networking", "--disable-sync", "--no-first-run", "--disable-quic")
    theme = ("--force-dark-mode", "--blink-settings=preferredColorScheme=0") if dark else ()
    return subprocess.run(
        [
            BROWSER,
            "--headless",
            "--no-sandbox",
            *quiet,
            *theme,
            "--hide-scrollbars",
            "--enable-logging=stderr",
            f"--user-data-dir={profile}",
            *options,
            address,
        ],
        capture_output=True,
        text=True,
        timeout=120,
    )


def console(said: str) -> list[str]:
    return [line for line in said.splitlines() if ":CONSOLE" in line]


def pixels(path: Path) -> tuple[int, int, list[bytes]]:
    """Width, height and the rows of an eight-bit PNG (PNG specification, sections 9 and 11)."""
    data = path.read_bytes()
    width, height, _, kind = struct.unpack(">IIBB", data[16:26])
    step = {2: 3, 6: 4}[kind]
    packed, at = b"", 8
    while at < len(data):
        length, name = struct.unpack(">I4s", data[at : at + 8])
        packed += data[at + 8 : at + 8 + length] if name == b"IDAT" else b""
        at += 12 + length
    raw, rows, before = zlib.decompress(packed), [], bytearray(width * step)
    for row in range(height):
        start = row * (width * step + 1)
        line = unfilter(raw[start], bytearray(raw[start + 1 : start + 1 + width * step]), before, step)
        rows.append(bytes(line))
        before = line
    return width, height, [b"".join(line[x : x + 3] for x in range(0, len(line), step)) for line in rows]


def unfilter(kind: int, line: bytearray, up: bytearray, step: int) -> bytearray:
    for x in range(len(line)):
        left = line[x - step] if x >= step else 0
        corner = up[x - step] if x >= step else 0
        if kind == 1:
            line[x] = (line[x] + left) & 255
        elif kind == 2:
            line[x] = (line[x] + up[x]) & 255
        elif kind == 3:
            line[x] = (line[x] + (left + up[x]) // 2) & 255
        elif kind == 4:
            guess = left + up[x] - corner
            near = min((abs(guess - left), 0, left), (abs(guess - up[x]), 1, up[x]), (abs(guess - corner), 2, corner))
            line[x] = (line[x] + near[2]) & 255
    return line


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_reads_under_the_policy(scenario: str, served: tuple[str, dict[str, str]], tmp_path: Path) -> None:
    """The browser takes the page as it was written, and complains of nothing but the style that the policy drops."""
    address, pages = served
    pages["/report.html"] = report(scenario)
    done = browse(tmp_path / "profile", f"{address}/report.html", "--dump-dom")
    assert re.sub(r"\s+", " ", done.stdout).count("<svg") == report(scenario).count("<svg")
    assert "<h1>" in done.stdout
    assert [line for line in console(done.stderr) if EXPECTED not in line] == []


@pytest.mark.parametrize("width", [360, 800, 1600])
@pytest.mark.parametrize("dark", [False, True])
def test_screenshots(width: int, dark: bool, tmp_path: Path) -> None:
    """Something is drawn; the background is light or dark as asked; nothing is cut off at the right."""
    file, shot = tmp_path / "report.html", tmp_path / "shot.png"
    file.write_text(report("second-node-drops"))
    done = browse(tmp_path / "profile", file.as_uri(), f"--window-size={width},900", f"--screenshot={shot}", dark=dark)
    assert console(done.stderr) == []
    shown, _, rows = pixels(shot)
    corner = rows[0][:3]
    assert (sum(corner) < 3 * 128) == dark
    # The margin at the right is empty from top to bottom: nothing of the page itself sticks out.
    assert shown == max(width, 500) or shown == width
    assert all(row[-3:] == corner for row in rows)
    assert len({row[x : x + 3] for row in rows[::7] for x in range(0, len(row), 33)}) > 5


def test_prints(tmp_path: Path) -> None:
    file, printed = tmp_path / "report.html", tmp_path / "report.pdf"
    file.write_text(report("second-node-drops"))
    browse(tmp_path / "profile", file.as_uri(), f"--print-to-pdf={printed}", "--no-pdf-header-footer")
    data = printed.read_bytes()
    assert data.startswith(b"%PDF")
    # A4, in points.
    boxes = re.findall(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)", data)
    assert boxes
    assert all(abs(float(w) - 595) < 2 and abs(float(h) - 842) < 2 for w, h in boxes)


def test_hostile_names_run_nothing(served: tuple[str, dict[str, str]], tmp_path: Path) -> None:
    """Also without a policy: a file that was mailed."""
    file = tmp_path / "report.html"
    file.write_text(page(hostile(tmp_path)))
    done = browse(tmp_path / "profile", file.as_uri(), "--dump-dom")
    assert "&lt;script&gt;alert(1)" in done.stdout
    assert not re.search(r"<script|<img", done.stdout)
    assert console(done.stderr) == []
