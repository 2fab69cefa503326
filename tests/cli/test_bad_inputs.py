"""Inputs that cannot be used, one kind a row: each costs one line, whatever it is given as, and never the report."""

from __future__ import annotations

import gzip
import io
import json
import os
import socket
import struct
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from jsonschema import validate

from pcapcheck import CaptureError, analyze
from pcapcheck.cli.main import main
from pcapcheck.report.formats import FORMATS
from tests.support.lab import CAPTURES, statuses
from tests.support.wire import BEGIN, SECOND, answer, ask, request, write_pcap

GOOD = CAPTURES / "healthy" / "cali14e7d81007d.pcap"
BROKEN = CAPTURES / "proxy-arp-off" / "cali14e7d81007d.pcap"
STATE = CAPTURES / "proxy-arp-off" / "state.txt"
WHOLE = GOOD.read_bytes()
ROUTES = "root@knot:~# ip route\ndefault via 10.7.0.1 dev eth0\n10.7.3.9 dev cali5d1c0ffee12 scope link\n"
LISTED = (
    "NAMESPACE  NAME  READY  STATUS   RESTARTS  AGE  IP        NODE\n"
    "shop       a-1   1/1    Running  0         3d   10.7.3.9  knot\n"
)
PINGED = "PING 10.7.3.9 (10.7.3.9) 56(84) bytes of data.\n64 bytes from 10.7.3.9: icmp_seq=1 ttl=63 time=0.2 ms\n"


# Content -> what is said of it as a capture. None of these is one.
CONTENT: dict[str, tuple[bytes, str]] = {
    "nothing.pcap": (b"", "the file is empty; either no packet was seen, or none was written"),
    "blank.txt": (b"\n \n", "neither pcap nor pcapng"),
    "headless.pcap": (WHOLE[:11], "cut inside the pcap file header (11 of 24 bytes)"),
    "packed.pcap.gz": (gzip.compress(WHOLE)[:10], "nothing can be unpacked"),
    "page.pcap": (b"<!DOCTYPE html><title>Sign in</title>", "a web page"),
    "picture.png": (b"\x89PNG\r\n\x1a\n" + bytes(range(40)), "a picture"),
    "program": (b"\x7fELF\2\1\1\0" + bytes(60), "an ELF program"),
    "secret.pcap.enc": (b"Salted__" + bytes(range(7, 99)), "neither pcap nor pcapng (it begins with 53 61 6c 74)"),
    "zeros.pcap": (
        bytes(4096),
        "zeros where a capture begins (the recording was not written, or the copy failed); copy it again",
    ),
    "noise": (bytes(range(255, 0, -1)) * 9, "neither pcap nor pcapng"),
    "garbage.txt": ("12:00:00.000001 IP \udcff\udcfe \x1b[2J".encode("utf-8", "surrogateescape") * 9, "neither pcap"),
    "silent.txt": (
        b"listening on cali5d1c0ffee12, link-type EN10MB (Ethernet), snapshot length 96 bytes\n0 packets captured\n",
        "tcpdump ran on cali5d1c0ffee12 and no packet follows; nothing was seen there",
    ),
    "foreign.txt": (
        b"listening on cali5d1c0ffee12, link-type EN10MB (Ethernet), snapshot length 96 bytes\n"
        b"10:00:00.000001 IP [web].x >> [api].y: ICMP echo request, id 1, seq 1, length 64\n",
        "tcpdump ran on cali5d1c0ffee12, but no line from 2 on is understood as a packet; one looks like ",
    ),
    "dumped.txt": (
        b"Capturing on 'cali5d1c0ffee12'\n0000  ee ee ee ee ee ee 5a 00 0c 0d 0e 0f 08 00   ..........\n",
        "but no line from 2 on is understood as a packet",
    ),
    "ping.txt": (PINGED.encode(), "ping's own output"),
    "lost.txt": (b"From 10.7.3.1 icmp_seq=1 Destination Host Unreachable\n", "ping's own output"),
    "rule.yml": (b"id: a-rule\ntitle: x\nseverity: error\nselect: {table: arp}\n", "a file of rules or expectations"),
    "report.json": (b'{"schema": "pcapcheck/1", "version": "1"}', "a report of pcapcheck"),
    "report.txt": (b"PASS  fine\n      9 of 16 rules checked\n", "a report of pcapcheck"),
    "pod.yaml": (b"apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n", "a Kubernetes object in YAML"),
    "messages": (b"Nov  3 10:00:00 knot kubelet[12]: sync\n", "a system log"),
}
# Names that mean no file that can be read -> what is said of them.
NAMES = {
    "none.pcap": "none.pcap: No such file or directory",
    "nowhere.pcap": "a link to gone, which does not exist",
    "circle.pcap": "circle.pcap: Too many levels of symbolic links",
    "program/x.pcap": "x.pcap: Not a directory",
    "socket": "a socket holds no capture",
    "x" * 300: "File name too long",
    "none-*.pcap": "no file matches",
    "/proc/self/mem": "/proc/self/mem: Input/output error",
}
BAD = [*CONTENT, *NAMES, "folder"]


@pytest.fixture
def given(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """One bad input, in the working directory."""
    monkeypatch.chdir(tmp_path)
    name = str(request.param)
    for file, (data, _) in CONTENT.items():
        if file in (name, "program"):
            Path(file).write_bytes(data)
    if name == "nowhere.pcap":
        Path(name).symlink_to("gone")
    if name == "circle.pcap":
        Path(name).symlink_to(name)
    if name == "folder":
        Path(name).mkdir()
    if name == "socket":
        socket.socket(socket.AF_UNIX).bind(name)
    return name


EVERY = pytest.mark.parametrize("given", BAD, indirect=True, ids=lambda name: name[:20])


def run(*arguments: object) -> Result:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def verdicts(document: dict[str, Any]) -> dict[str, str]:
    """The status of each rule."""
    return {entry["id"]: entry["status"] for entry in document["rules"]}


def said_of(name: str) -> str:
    if name == "folder":
        return "folder: no file in this folder"
    return NAMES[name] if name in NAMES else CONTENT[name][1]


@EVERY
def test_alone_it_is_one_line_and_nothing_is_judged(given: str) -> None:
    result = run("analyze", given)
    assert (result.exit_code, result.stdout) == (2, "")
    (line,) = result.stderr.splitlines()
    assert line.startswith("pcapcheck: error: ")
    assert said_of(given) in line
    assert line.isprintable()


@EVERY
def test_next_to_a_capture_it_is_a_line_and_the_capture_is_judged(given: str) -> None:
    """What is named and is not there is a failure, so that no job is green without it."""
    result = run("analyze", GOOD, given, "--format", "json")
    document = json.loads(result.stdout)
    assert verdicts(document) == verdicts(analyze(GOOD).to_dict())
    (skipped,) = document["skipped"]
    assert (skipped["path"], skipped["role"]) == (given, "capture")
    assert said_of(given) in skipped["message"]
    missing = given in NAMES
    assert (result.exit_code, document["verdict"]) == ((1, "fail") if missing else (0, "pass"))
    assert (skipped["problem"] in ("missing", "unreadable")) == missing
    (line,) = result.stderr.splitlines()
    assert said_of(given) in line
    assert run("analyze", GOOD, given, "--strict", "--exit-zero").stdout.count(said_of(given)) >= 1


@EVERY
def test_in_a_folder_it_fails_nothing(given: str, tmp_path: Path) -> None:
    if "/" in given or given in ("none.pcap", "none-*.pcap", "folder", "x" * 300):
        pytest.skip("no such entry can be in a folder")
    (tmp_path / "good.pcap").write_bytes(WHOLE)
    result = run("analyze", tmp_path)
    assert (result.exit_code, result.stdout[:4]) == (0, "PASS")
    # Only files are looked for: a socket is nobody's capture.
    assert (given in result.stdout) == (given != "socket")


@EVERY
@pytest.mark.parametrize("option", ["--node-state", "--pods"])
def test_as_state_or_list_of_pods_it_is_a_line(option: str, given: str) -> None:
    if (option, given) == ("--node-state", "pod.yaml"):
        pytest.skip("it is a state")
    document = json.loads(run("analyze", BROKEN, option, given, "--format", "json").stdout)
    assert verdicts(document) == verdicts(analyze(BROKEN).to_dict())
    (skipped,) = document["skipped"]
    assert (skipped["path"], skipped["role"]) == (given, option.removeprefix("--"))


@EVERY
def test_as_state_alone_it_is_one_line(given: str) -> None:
    if given == "pod.yaml":
        pytest.skip("it is a state")
    result = run("state", given)
    assert (result.exit_code, result.stdout) == (2, "")
    assert len(result.stderr.splitlines()) == 1
    assert given in result.stderr
    assert run("state", STATE, given).stdout.startswith("FAIL  proxy ARP is off")


@EVERY
def test_exported_are_the_others(given: str) -> None:
    result = run("export", GOOD, given, "--table", "echo")
    assert result.stdout == run("export", GOOD, "--table", "echo").stdout
    assert said_of(given) in result.stderr
    assert result.exit_code == (1 if given in NAMES else 0)


def test_a_state_that_is_a_capture_says_so(tmp_path: Path) -> None:
    text = tmp_path / "printed.txt"
    text.write_text("10:00:00.000000 IP 10.7.3.9 > 10.7.3.8: ICMP echo request, id 4, seq 1, length 64\n")
    for path in (GOOD, text):
        assert f"{path}: a capture, not a node's state; judge it with: pcapcheck analyze" in run("state", path).stderr


def test_lines_of_a_state_in_a_capture_are_used(tmp_path: Path) -> None:
    ticket = tmp_path / "ticket.txt"
    packet = "10:00:00.000000 IP 10.7.3.9 > 10.7.3.8: ICMP echo request, id 4, seq 1, length 64\n"
    ticket.write_text(f"Hello\n{PINGED}{packet}{ROUTES}")
    told = run("analyze", ticket).stdout
    assert "state of node the node: 1 route" in told or "state of" in told, told
    assert "lines 2 to 3 look like ping's own output (10.7.3.9: 1 received, the slowest after 0.2 ms)" in told
    assert told == run("analyze", ticket, "--node-state", ticket).stdout


IPUTILS = """\
PING 10.244.2.20 (10.244.2.20) from 10.244.1.11 : 56(84) bytes of data.
From 10.0.0.11 icmp_seq=1 Destination Host Unreachable
From 10.0.0.11 icmp_seq=2 Destination Host Unreachable

--- 10.244.2.20 ping statistics ---
3 packets transmitted, 0 received, +2 errors, 100% packet loss, time 2043ms
"""
BUSYBOX = """\
/ # ping -c 3 fd00::1
PING fd00::1 (fd00::1): 56 data bytes
64 bytes from fd00::1: seq=0 ttl=63 time=0.081 ms
64 bytes from fd00::1: seq=1 ttl=63 time=4.092 ms

--- fd00::1 ping statistics ---
3 packets transmitted, 2 packets received, 33% packet loss
round-trip min/avg/max = 0.081/0.086/4.092 ms
"""


@pytest.mark.parametrize(
    ("printed", "shows"),
    [
        (IPUTILS, "10.244.1.11 → 10.244.2.20: 3 sent, 0 received; 10.0.0.11 says Destination Host Unreachable (2x)"),
        (BUSYBOX, "fd00::1: 3 sent, 2 received, the slowest after 4.092 ms"),
        (
            IPUTILS.split("\n", 2)[2],
            "10.244.2.20: 3 sent, 0 received; 10.0.0.11 says Destination Host Unreachable (1x)",
        ),
    ],
    ids=["iputils", "busybox", "without its first line"],
)
def test_what_ping_printed_is_reported(printed: str, shows: str, tmp_path: Path) -> None:
    """By itself, next to a capture, and in a text around packets."""
    (tmp_path / "ping.txt").write_text(printed)
    cure = "a capture shows why: run tcpdump -w on the pod's cali interface while ping runs"
    assert f"ping.txt: ping's own output ({shows}); {cure}\n" in run("analyze", tmp_path / "ping.txt").stderr
    assert f"ping's own output ({shows}); " in run("analyze", GOOD, tmp_path / "ping.txt").stdout
    packet = "10:00:00.000000 IP 10.7.3.9 > 10.7.3.8: ICMP echo request, id 4, seq 1, length 64\n"
    (tmp_path / "ticket.txt").write_text(f"Hello,\n{printed}\n{packet}")
    assert (
        f"look like ping's own output ({shows}); the packets are judged"
        in run("analyze", tmp_path / "ticket.txt").stdout
    )


def test_wrong_checksums_are_reported_where_they_were_received(tmp_path: Path) -> None:
    """On a pod's link they are normal, and so they are where a packet was sent."""
    head = "10:00:00.000000 {}IP (tos 0x0, ttl 63, id 7, offset 0, flags [DF], proto UDP (17), length 50)\n"
    body = "    10.7.3.9.4789 > 10.7.3.8.4789: [bad udp cksum 0x1643 -> 0xa1b2!] UDP, length 22\n"
    told = "! tcpdump calls the checksum of 1 packet wrong (first: line 2): normal where they were sent"
    begin = "listening on {}, link-type {}, snapshot length 262144 bytes\n"
    for name, device, direction, is_told in (
        ("nic", "eth0", "", True),
        ("in", "any", "eth0  In  ", True),
        ("out", "any", "eth0  Out ", False),
        ("pod", "cali14e7d81007d", "", False),
    ):
        text = tmp_path / f"{name}.txt"
        kind = "LINUX_SLL2 (Linux cooked v2)" if device == "any" else "EN10MB (Ethernet)"
        text.write_text(begin.format(device, kind) + head.format(direction) + body)
        result = run("analyze", GOOD, text, "--strict")
        assert (told in result.stdout) == is_told, (name, result.stdout)
        assert "strict: " + told[2:20] not in result.stdout


def test_checksums_that_a_nic_fills_in_are_not_wrong(tmp_path: Path) -> None:
    """They hold the sum of the pseudo header: here 0x1a4e, of the addresses, protocol 17 and a length of 30.

    Where a host has a name, nobody can tell.
    """
    lines = (
        "10:00:00.000000 IP (tos 0x0, ttl 63, id 7, offset 0, flags [DF], proto UDP (17), length 50)\n"
        "    10.7.3.9.4789 > 10.7.3.8.4789: [bad udp cksum {} -> 0xa1b2!] UDP, length 22\n"
    )
    for field, host, is_told in (
        ("0x1a4e", "10.7.3.8", False),
        ("0x1a4f", "10.7.3.8", True),
        ("0x1a4f", "node-b.example", False),
    ):
        text = tmp_path / f"{field}-{host}.txt"
        text.write_text(
            "listening on eth0, link-type EN10MB (Ethernet), snapshot length 262144 bytes\n"
            + lines.format(field).replace("10.7.3.8", host)
        )
        assert ("calls the checksum of 1 packet wrong" in run("analyze", GOOD, text).stdout) == is_told, field


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_tells_of_it(form: str, tmp_path: Path) -> None:
    for name in ("nothing.pcap", "page.pcap"):
        (tmp_path / name).write_bytes(CONTENT[name][0])
    output = tmp_path / "report"
    bad = [str(tmp_path / name) for name in ("nothing.pcap", "page.pcap", "none.pcap")]
    run("analyze", GOOD, *bad, "--format", form, "--output", output)
    assert all(Path(name).name in output.read_text() for name in bad)
    assert run("analyze", *bad, "--format", form, "--output", output).exit_code == 2
    assert all(Path(name).name in output.read_text() for name in bad)
    if form == "json":
        validate(json.loads(output.read_text()), json.loads((files("pcapcheck.report") / "schema.json").read_text()))


def test_of_many_five_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.pcap").write_bytes(WHOLE)
    for number in range(20):
        (tmp_path / f"notes-{number:02}").write_text("words\n")
    told = run("analyze", tmp_path).stdout
    names = ", ".join(str(tmp_path / f"notes-{number:02}") for number in range(5))
    assert f"! skipped (not captures): {names} and 15 more\n" in told


class Opened:
    """Counts how often files are opened, and lets some fail as a system would."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.counts: dict[str, int] = {}
        self.errors: dict[str, OSError] = {}
        self.broken: dict[str, int] = {}
        real = Path.open

        def opened(path: Path, *arguments: Any, **more: Any) -> Any:
            self.counts[path.name] = self.counts.get(path.name, 0) + 1
            if path.name in self.errors:
                raise self.errors[path.name]
            stream = real(path, *arguments, **more)
            return Failing(stream, self.broken[path.name]) if path.name in self.broken else stream

        monkeypatch.setattr(Path, "open", opened)


class Failing(io.RawIOBase):
    """A disk that fails after ``good`` bytes."""

    def __init__(self, stream: Any, good: int) -> None:
        self.stream, self.left = stream, good

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return int(self.stream.tell())

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if not self.left:
            raise OSError(5, "Input/output error")
        data = self.stream.read(min(self.left, len(buffer)))
        self.left -= len(data)
        buffer[: len(data)] = data
        return len(data)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Opened:
    return Opened(monkeypatch)


def test_without_permission_one_style(opened: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As whoever is not root meets it."""
    monkeypatch.chdir(tmp_path)
    for name, source in (("a.pcap", GOOD), ("s.txt", STATE), ("r.yml", None)):
        Path(name).write_bytes(source.read_bytes() if source else b"extends: calico\n")
        opened.errors[name] = PermissionError(13, "Permission denied")
    cure = "Permission denied; read it as root, or make it readable: chmod a+r"
    assert run("analyze", "a.pcap").stderr == f"pcapcheck: error: a.pcap: {cure}\n"
    assert run("state", "s.txt").stderr == f"pcapcheck: error: s.txt: {cure}\n"
    assert run("analyze", GOOD, "--rules", "r.yml").stderr.startswith("pcapcheck: error: r.yml: Permission denied")
    for options in (["a.pcap"], ["--node-state", "s.txt"], ["--pods", "s.txt"]):
        told = run("analyze", BROKEN, *options).stdout
        assert told.startswith("FAIL  the node does not answer")
        assert f"✗ {options[-1]}: {cure}" in told


def test_a_file_that_vanishes_between_listing_and_reading(opened: Opened, tmp_path: Path) -> None:
    for name in ("a.pcap", "b.pcap"):
        (tmp_path / name).write_bytes(WHOLE)
    opened.errors["b.pcap"] = FileNotFoundError(2, "No such file or directory")
    result = run("analyze", tmp_path)
    assert (result.exit_code, result.stdout[:4]) == (0, "PASS")
    assert f"! skipped: {tmp_path / 'b.pcap'}: No such file" in result.stdout
    assert run("analyze", tmp_path, "--strict").exit_code == 1


def test_what_was_read_before_a_disk_fails_is_judged(opened: Opened, tmp_path: Path) -> None:
    path = tmp_path / "cali14e7d81007d.pcap"
    path.write_bytes(WHOLE)
    opened.broken[path.name] = len(WHOLE) - 40
    (capture,) = analyze(path).captures
    assert capture.frames == 7
    problems = {problem.kind: problem for problem in capture.problems}
    assert problems["unreadable"].message == "reading failed here (Input/output error): what follows is not judged"
    assert problems["unreadable"].byte == len(WHOLE) - 40


def test_what_cannot_be_used_makes_the_others_no_more_expensive(opened: Opened, tmp_path: Path) -> None:
    """No file is opened once more to find out whether it is a capture."""
    for name in ("cali14e7d81007d.pcap", "calieabe7761b00.pcap"):
        (tmp_path / name).write_bytes((CAPTURES / "healthy" / name).read_bytes())
    opened.counts.clear()
    analyze(tmp_path)
    alone = {name: count for name, count in opened.counts.items() if name.endswith(".pcap")}
    opened.counts.clear()
    for name in ("notes", "nothing.cap"):
        (tmp_path / name).write_bytes(b"")
    analyze(tmp_path)
    assert {name: count for name, count in opened.counts.items() if name in alone} == alone
    assert len(alone) == 2


def test_what_is_refused_midway_leaves_nothing_behind(tmp_path: Path) -> None:
    """Rows of its first part were with the rules when the bomb was found."""
    bomb = tmp_path / "calieabe7761b00.pcap.gz"
    asked = BROKEN.read_bytes()[24:]
    filler = struct.pack("<IIII", 1, 2, 65520, 65520) + bytes(65520)
    bomb.write_bytes(gzip.compress(WHOLE[:24] + asked + filler * 80))
    both = analyze(bomb, GOOD, unpack_limit=2 << 20, batch_frames=4)
    assert statuses(both) == statuses(analyze(GOOD))
    assert [skipped.kind for skipped in both.skipped] == ["too-large"]
    with pytest.raises(CaptureError, match="unpack to more than"):
        analyze(bomb, unpack_limit=2 << 20, batch_frames=4)


def test_a_name_for_a_capture_that_was_skipped_is_no_error(tmp_path: Path) -> None:
    empty = tmp_path / "empty.pcap"
    for data in (b"", WHOLE[:24]):
        empty.write_bytes(data)
        assert run("analyze", GOOD, empty, "--interface", f"{empty}=cali5d1c0ffee12").exit_code == 0


def test_a_capture_without_packets_says_what_that_means(tmp_path: Path) -> None:
    path = tmp_path / "idle.pcap"
    path.write_bytes(WHOLE[:24])
    assert "! no packet in it: either no packet was seen, or none was written" in run("analyze", GOOD, path).stdout


def test_a_state_is_judged_where_no_capture_can_be_used() -> None:
    result = run("analyze", "none.pcap", "--node-state", STATE)
    assert result.exit_code == 1
    assert result.stdout.startswith("FAIL  proxy ARP is off")
    assert "✗ none.pcap: No such file" in result.stdout


@pytest.mark.parametrize("place", ["/proc/nowhere", str(GOOD)])
def test_evidence_that_cannot_be_kept_is_a_line(place: str) -> None:
    result = run("analyze", BROKEN, "--evidence", place)
    assert (result.exit_code, result.stdout[:4]) == (2, "FAIL")
    assert "evidence needs a folder that can be written" in result.stderr
    assert f"! not written: {place}: " in result.stdout


def test_one_output_that_cannot_be_written_does_not_cost_the_others(tmp_path: Path) -> None:
    (tmp_path / "a folder").mkdir()
    for bad in ("/proc/nowhere/x", "/dev/full", tmp_path / "a folder"):
        report = tmp_path / "report.xml"
        report.unlink(missing_ok=True)
        result = run(
            "analyze",
            GOOD,
            "--format",
            "json",
            "--output",
            bad,
            "--format",
            "junit",
            "--output",
            report,
            "--format",
            "text",
        )
        assert (result.exit_code, result.stdout[:4]) == (2, "PASS")
        assert f"! not written: --output {bad}: " in result.stdout
        assert result.stderr.startswith(f"pcapcheck: error: --output {bad}: ")
        assert report.read_text().startswith("<?xml")


def test_a_fault_in_one_format_does_not_cost_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise KeyError("x")

    monkeypatch.setattr("pcapcheck.report.formats.junit.write_junit", fails)
    result = run("analyze", GOOD, "--format", "junit", "--output", tmp_path / "a", "--format", "text")
    assert (result.exit_code, result.stdout[:4]) == (2, "PASS")
    assert "--format junit: KeyError: 'x'; please report this fault of pcapcheck" in result.stderr


def test_names_that_are_no_text(tmp_path: Path) -> None:
    for raw in (b"a\xff.pcap", b"\x1b]0;x\x07.pcap", b"new\nline.pcap"):
        path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + raw))
        path.write_bytes(b"words")
        for result in (run("analyze", path), run("analyze", GOOD, path)):
            assert all(line.isprintable() for line in result.output.splitlines())
            assert "neither pcap nor pcapng" in result.output


def test_parts_of_a_rotated_set_fail_alone(tmp_path: Path) -> None:
    """Before a part that cannot be read silence proves nothing: the answer may have been in it."""
    name = str(tmp_path / "cali14e7d81007d.pcap")
    asked = [(BEGIN, ask()), (BEGIN + 1000, answer()), (BEGIN + 2000, request())]
    write_pcap(Path(f"{name}0"), asked)
    write_pcap(Path(f"{name}2"), [(BEGIN + 9 * SECOND, ask()), (BEGIN + 9 * SECOND + 1000, answer())])
    Path(f"{name}3").write_bytes(b"")
    assert verdicts(analyze(tmp_path).to_dict())["echo-answered"] == "fail"
    Path(f"{name}1").write_bytes(WHOLE[:9])
    analysis = analyze(tmp_path)
    assert verdicts(analysis.to_dict())["echo-answered"] == "not-checked"
    (capture,) = analysis.captures
    assert [path.name[-1] for path in capture.source.files] == ["0", "2"]
    assert {(skipped.path[-1], skipped.kind) for skipped in analysis.skipped} == {("1", "damaged"), ("3", "empty")}
