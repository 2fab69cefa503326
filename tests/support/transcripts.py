"""Transcripts in tests: texts made by hand, and what the real tcpdump prints of captures."""

from __future__ import annotations

import shutil
import struct
import subprocess
from pathlib import Path

from pcapcheck import analyze
from pcapcheck.analysis import Analysis
from pcapcheck.capture import scan_layout
from pcapcheck.capture.record import Interface
from pcapcheck.capture.source import Source
from tests.support.reading import columns

MISSING = "tcpdump is not installed" if shutil.which("tcpdump") is None else ""
ASK = "16:22:59.584235 ARP, Request who-has 169.254.1.1 tell 10.244.1.10, length 28\n"
ANSWER = "16:22:59.584286 ARP, Reply 169.254.1.1 is-at ee:ee:ee:ee:ee:ee, length 28\n"


def rows(text: str, *names: str) -> list[tuple[object, ...]]:
    """The named columns of each frame of a transcript."""
    return columns(text.encode(), *names)


def judge(folder: Path, text: str | bytes, name: str = "paste.txt") -> Analysis:
    """What the rules say of a transcript."""
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return analyze(path)


def status(analysis: Analysis, rule: str) -> str:
    return next(finding.status for finding in analysis.findings if finding.rule.id == rule)


def reason(analysis: Analysis, rule: str) -> str:
    return next(finding.reason for finding in analysis.findings if finding.rule.id == rule)


def printed(path: Path, *options: str) -> str:
    """All that tcpdump prints of a capture, banners too."""
    done = subprocess.run(
        ["tcpdump", *options, "-r", str(path)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    return done.stdout.decode("utf-8", "replace")


def transcript(path: Path, folder: Path, *options: str) -> Path | None:
    """What tcpdump prints of a capture, as a file; None where it holds no frames.

    Of a file with several interfaces each is printed by itself, behind the command that would have recorded it.
    """
    parts, interfaces = _by_interface(path)
    if not parts:
        return None
    text = ""
    if len(interfaces) == 1:
        text = printed(path, *options)
    else:
        for number, records in sorted(parts.items()):
            part = _write(folder / "part.pcap", interfaces[number].link_type, records)
            text += f"$ tcpdump -i {interfaces[number].name} {' '.join(options)}\n{printed(part, *options)}"
    target = folder / f"{path.stem}.txt"
    target.write_text(text)
    return target


def split(path: Path, folder: Path) -> dict[str, Path]:
    """The frames of each interface as a capture of its own, without directions, by the interface's name."""
    parts, interfaces = _by_interface(path)
    names = {number: interfaces[number].name or str(number) for number in parts}
    return {
        name: _write(folder / f"{path.stem}-{name}.pcap", interfaces[number].link_type, parts[number])
        for number, name in names.items()
    }


def append(path: Path, frame: bytes) -> None:
    """Add a frame to a capture that ``split`` wrote, at the time of its first."""
    whole = path.read_bytes()
    path.write_bytes(whole + whole[24:32] + struct.pack("<II", len(frame), len(frame)) + frame)


def _by_interface(path: Path) -> tuple[dict[int, list[tuple[int, int, bytes]]], list[Interface]]:
    """Time, length and bytes of the records of each interface."""
    parts: dict[int, list[tuple[int, int, bytes]]] = {}
    with Source(path).open() as reader:
        for batch in reader.batches():
            for row in range(batch.count):
                record = batch.matrix[row * scan_layout.FIELDS : (row + 1) * scan_layout.FIELDS]
                start = record[scan_layout.OFFSET]
                data = bytes(batch.buffer[start : start + record[scan_layout.CAPTURED]])
                kept = parts.setdefault(record[scan_layout.INTERFACE], [])
                kept.append((record[scan_layout.TIME], record[scan_layout.LENGTH], data))
        return parts, list(reader.interfaces)


def _write(path: Path, link_type: int, records: list[tuple[int, int, bytes]]) -> Path:
    data = struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, link_type)
    for time, length, frame in records:
        data += struct.pack("<IIII", time // 10**9, time % 10**9, len(frame), length) + frame
    path.write_bytes(data)
    return path
