"""What tcpdump reads from a capture: the file that it writes again (-w), and the lines that it prints (-tt -e)."""

from __future__ import annotations

import os
import re
import shutil
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path

MISSING = "tcpdump is not installed" if shutil.which("tcpdump") is None else ""

# A line that begins a packet; others go on with the one before. Broken packets only say "invalid".
_PACKET = re.compile(r"^(?:(\d+)\.(\d{9,}) |\[Error converting time\] |\[Invalid header: )", re.MULTILINE)
# The wire length as printed behind Ethernet, cooked and loopback headers; behind "802.3," it is the payload's.
_TELL_LENGTH = (0, 1, 108, 113, 276)
_LENGTH = re.compile(r"^\S+ (?!.*802\.3, ).*?(?:ethertype [^(]*\(0x[0-9a-f]{4}\)|AF \w+ \(\d+\)), length (\d+): ")


@dataclass(frozen=True)
class Packet:
    """One packet as tcpdump hands it on: time in nanoseconds, wire length, captured bytes."""

    time: int
    length: int
    data: bytes


@dataclass(frozen=True)
class Line:
    """What tcpdump prints of one packet: time (nanoseconds) and wire length, None if it does not show it."""

    time: int | None
    length: int | None


@dataclass(frozen=True)
class Output:
    """One capture as tcpdump reads it. ``error`` is why it stopped early, empty where it did not."""

    link_type: int | None
    packets: list[Packet]
    lines: list[Line]
    error: str


def run(path: Path) -> Output:
    """A capture read by tcpdump, once to write it again and once to print it."""
    written = _tcpdump(path, "-w", "-")
    data = written.stdout
    link_type, packets, position = None, [], 24
    if len(data) >= 24:
        link_type = struct.unpack_from("<I", data, 20)[0] & 0xFFFF
    while position + 16 <= len(data):
        seconds, fraction, captured, length = struct.unpack_from("<IIII", data, position)
        position += 16
        packets.append(Packet(seconds * 10**9 + fraction, length, data[position : position + captured]))
        position += captured
    error = written.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2] if written.returncode else ""
    printed = _tcpdump(path, "-nn", "-tt", "-e").stdout.decode("utf-8", "replace")
    lines = [_line(printed, found, link_type in _TELL_LENGTH) for found in _PACKET.finditer(printed)]
    return Output(link_type, packets, lines, error)


def _tcpdump(path: Path, *options: str) -> subprocess.CompletedProcess[bytes]:
    command = ["tcpdump", "-r", str(path), "--time-stamp-precision=nano", *options]
    environment = {**os.environ, "TZ": "UTC", "LC_ALL": "C.UTF-8"}
    return subprocess.run(command, capture_output=True, env=environment, timeout=300, check=False)


def _line(printed: str, found: re.Match[str], tells_length: bool) -> Line:
    text = printed[found.start() : printed.find("\n", found.start())]
    length = _LENGTH.match(text) if tells_length else None
    time = int(found[1]) * 10**9 + int(found[2]) if found[1] else None
    return Line(time, int(length[1]) if length else None)
