"""Sources on a web server: pages of links, and what servers do instead of giving a file."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from pcapcheck.errors import CaptureError, PcapcheckError, UsageError
from pcapcheck.fleet import judge_observation
from pcapcheck.fleet.fleet_request import FleetRequest
from pcapcheck.fleet.fleet_rows import ObservationRow
from pcapcheck.fleet.judging import Judging
from tests.support.fleet import BROKEN, HEALTHY, fleet_of, run_inline

pytest.importorskip("fsspec", reason="addresses need fsspec")
pytest.importorskip("aiohttp", reason="http addresses need aiohttp")


class Web(BaseHTTPRequestHandler):
    """Pages of links by path, and answers to requests for captures by what these are called."""

    pages: ClassVar[dict[str, str]] = {}
    asked: ClassVar[dict[str, int]] = {}
    content = b""

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_GET(self) -> None:
        self.asked[self.path] = self.asked.get(self.path, 0) + 1
        self._answer(with_body=True)

    def log_message(self, *_: Any) -> None:
        pass

    def _answer(self, with_body: bool) -> None:
        name = self.path.rpartition("/")[2]
        if self.path in self.pages:
            self._send(200, self.pages[self.path].encode(), with_body, "text/html; charset=utf-8")
        elif f"{self.path}/" in self.pages:
            self.send_response(301)
            self.send_header("Location", f"{self.path}/")
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif name[:3].isdigit():
            self._send(int(name[:3]), b"", with_body)
        elif name.startswith("cut") or (name.startswith("flaky") and with_body and self.asked[self.path] < 3):
            self._send(200, self.content[:100], with_body, length=len(self.content))
            self.connection.shutdown(socket.SHUT_RDWR)
        elif name:
            self._send(200, self.content, with_body)
        else:
            self._send(404, b"", with_body)

    def _send(
        self, status: int, data: bytes, with_body: bool, kind: str = "application/octet-stream", length: int = -1
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data) if length < 0 else length))
        self.end_headers()
        if with_body:
            self.wfile.write(data)


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a web server with captures that are healthy, unless something else happens."""
    import fsspec

    fsspec.get_filesystem_class("http").clear_instance_cache()
    monkeypatch.setattr(judge_observation, "PAUSES", (0.0, 0.0))
    monkeypatch.setattr(Web, "content", HEALTHY.read_bytes())
    monkeypatch.setattr(Web, "pages", {})
    monkeypatch.setattr(Web, "asked", {})
    yield from serving(Web)


def serving(handler: Any) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def judged(source: str, output: Path) -> dict[str, ObservationRow]:
    """The rows, by the last part of their names."""
    overview = run_inline(source, output=output)[0].overview
    return {entry.name.rpartition("/")[2]: entry.row for entry in overview.kept}


def test_a_folder_is_a_page_of_links(tmp_path: Path, web: str) -> None:
    Web.pages = {
        "/night/": '<a href="../">up</a> <a href="?C=N;O=D">by name</a> <a href="a.pcap">a</a> <a href="deep/">d</a>',
        "/night/deep/": '<a href="b%20c.pcap">b c</a>',
    }
    rows = judged(f"{web}/night/", tmp_path / "out")
    assert {name: row.verdict for name, row in rows.items()} == {"a.pcap": "pass", "b%20c.pcap": "pass"}
    assert judged(f"{web}/night", tmp_path / "other").keys() == rows.keys()


def test_one_file_needs_no_page(tmp_path: Path, web: str) -> None:
    assert judged(f"{web}/night/a.pcap?token=1", tmp_path / "out")["a.pcap?token=1"].verdict == "pass"


def test_what_a_server_does_instead_of_giving_a_file_is_a_line(tmp_path: Path, web: str) -> None:
    names = ["401.pcap", "403.pcap", "404.pcap", "500.pcap", "cut.pcap", "flaky.pcap", "fine.pcap"]
    Web.pages = {"/night/": " ".join(f'<a href="{name}">x</a>' for name in names)}
    rows = judged(f"{web}/night/", tmp_path / "out")
    assert {name for name, row in rows.items() if row.verdict == "pass"} == {"flaky.pcap", "fine.pcap"}
    said = {name: row.error or "" for name, row in rows.items()}
    for name in names[:5]:
        assert said[name].startswith(f"{web}/night/{name}: ")
        assert "\n" not in said[name]
    assert "access denied" in said["401.pcap"]
    assert "credentials" in said["403.pcap"]
    assert (rows["404.pcap"].problem, rows["500.pcap"].problem) == ("missing", "unreadable")
    assert "see whether its server is up" in said["500.pcap"]
    # Again at once only where that may help.
    assert {name: Web.asked[f"/night/{name}"] for name in names} == {
        **{"401.pcap": 1, "403.pcap": 1, "404.pcap": 1},
        **{"500.pcap": 3, "cut.pcap": 3, "flaky.pcap": 3, "fine.pcap": 1},
    }


@pytest.mark.parametrize(
    ("path", "error", "said"),
    [
        ("/empty/", UsageError, "no file is there"),
        ("/none/", CaptureError, "address is right"),
        ("/403", CaptureError, "access denied"),
        ("/500", CaptureError, "server is up"),
    ],
)
def test_places_without_files(web: str, path: str, error: type[PcapcheckError], said: str) -> None:
    Web.pages = {"/empty/": "<html></html>"}
    with pytest.raises(error, match=said) as raised:
        FleetRequest((web + path,), Judging()).observations()
    assert "\n" not in str(raised.value)


def test_a_server_that_is_not_there() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}/night/"
    with pytest.raises(CaptureError, match="see whether its server is up"):
        FleetRequest((address,), Judging()).observations()


def test_a_file_that_changed_since_it_was_listed_is_judged_as_it_is_now(tmp_path: Path, web: str) -> None:
    Web.pages = {"/night/": '<a href="a.pcap">a</a>'}
    assert judged(f"{web}/night/", tmp_path / "out")["a.pcap"].verdict == "pass"
    Web.content = BROKEN.read_bytes()
    assert judged(f"{web}/night/", tmp_path / "out")["a.pcap"].verdict == "fail"
    run, _ = run_inline(f"{web}/night/", output=tmp_path / "out")
    assert (run.overview.judged, run.overview.unchanged) == (0, 1)


def test_the_web_server_of_python(tmp_path: Path) -> None:
    fleet_of(tmp_path / "fleet", **{"node 1": HEALTHY, "node=2 é": BROKEN})

    class Quiet(SimpleHTTPRequestHandler):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments, directory=str(tmp_path / "fleet"))

        def log_message(self, *_: Any) -> None:
            pass

    for address in serving(Quiet):
        overview = run_inline(f"{address}/", output=tmp_path / "out")[0].overview
        assert overview.verdicts == {"pass": 1, "fail": 1}
        assert run_inline(address, output=tmp_path / "bare")[0].overview.verdicts == {"pass": 1, "fail": 1}
