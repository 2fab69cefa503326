"""What is done with the bytes of one trial: read, decode, judge and report them as a user would."""

from __future__ import annotations

import io
import os
import tempfile
import zlib
from pathlib import Path

from pcapcheck.errors import CaptureError
from pcapcheck.pipeline import analyze
from pcapcheck.report.export import write_text_table
from pcapcheck.report.formats.json import write_json
from pcapcheck.report.formats.text import write_text
from tests.support.captures import CALICO, LAB, MADE
from tests.support.reading import decode_bytes, read_bytes

# Judging takes long: only one trial in several goes all the way.
JUDGED = 8
LARGEST_SEED = 4096
FOLDER = Path("/dev/shm" if os.access("/dev/shm", os.W_OK) else tempfile.gettempdir())


def seeds() -> list[bytes]:
    """Small captures to begin with: all that are made, and the smaller ones of those recorded."""
    paths = [*MADE, *CALICO, *LAB]
    return [path.read_bytes() for path in paths if path.stat().st_size <= LARGEST_SEED]


def examine(data: bytes, judge: bool | None = None) -> None:
    """Raises whatever is raised but CaptureError, AssertionError where the outcome is one that may not be."""
    refusal = ""
    try:
        reading = read_bytes(data, 64, 4096)
        decoding = decode_bytes(data, batch_frames=64)
    except CaptureError as error:
        refusal = str(error)
    assert is_clean(refusal), refusal
    if refusal:
        return
    assert len(decoding.rows) == len(reading.records)
    assert all(len(record.data) <= record.length for record in reading.records)
    assert sum(interface.frames for interface in reading.interfaces) == len(reading.records)
    if judge is None:
        judge = zlib.crc32(data) % JUDGED == 0
    if judge:
        with tempfile.NamedTemporaryFile(dir=FOLDER, prefix="cali0123456789a-", suffix=".pcap") as file:
            file.write(data)
            file.flush()
            judge_file(file.name)


def judge_file(path: str) -> None:
    """A verdict in every format that there is; nothing from the capture may control the terminal."""
    analysis = analyze(path)
    for write in (write_text, write_json):
        out = io.StringIO()
        write(analysis, out)
        assert is_clean(out.getvalue()), out.getvalue()
    for table in ("frames", "arp", "echo", "paths", "hops"):
        write_text_table(analysis, table, "csv", io.StringIO())


def is_clean(text: str) -> bool:
    return all(char.isprintable() or char == "\n" for char in text)
