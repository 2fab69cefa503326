"""Captures of any size for benchmarks: the same bytes for the same arguments.

    python -m tests.benchmarks.captures pings 1000000 FILE

Frames are made once by dpkt and repeated as a table of bytes; only what differs from frame to frame (times, addresses,
sequence numbers) is written into the columns of that table.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tests.support.wire import NODE, POD, ethernet, reply, request

Table = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.int64]

CHUNK = 1 << 16
BEGIN_SECONDS = 1_700_000_000
RECORD = 16
IP = 14
ICMP = 34


def write_capture(path: Path, frames: int, make: Callable[[Numbers], Table], microseconds: int = 10) -> Path:
    """A classic capture of ``frames`` frames, ``microseconds`` apart; ``make`` gives the bytes of those numbered."""
    with path.open("wb") as stream:
        stream.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        for numbers in _chunks(frames):
            body = make(numbers)
            size = body.shape[1]
            table = np.empty((len(numbers), RECORD + size), np.uint8)
            elapsed = numbers * microseconds
            header = np.empty((len(numbers), 4), "<u4")
            header[:, 0] = BEGIN_SECONDS + elapsed // 1_000_000
            header[:, 1] = elapsed % 1_000_000
            header[:, 2:] = size
            table[:, :RECORD] = header.view(np.uint8)
            table[:, RECORD:] = body
            stream.write(table.tobytes())
    return path


def pings(numbers: Numbers) -> Table:
    """One pod pings another: requests and replies in turn, as its cali interface sees them."""
    table = _repeat([request(), reply()], numbers)
    _put(table, ICMP + 4, numbers // 2 >> 16, 2)
    _put(table, ICMP + 6, numbers // 2, 2)
    _put(table, IP + 4, numbers, 2)
    return table


def many_pods(numbers: Numbers) -> Table:
    """A thousand pods ping, each from its own MAC and address."""
    table = pings(numbers)
    pod = numbers // 2 % 1000
    is_reply = numbers % 2 == 1
    for rows, at_mac, at_ip in ((~is_reply, 6, IP + 12), (is_reply, 0, IP + 16)):
        part = table[rows]
        _put(part, at_mac + 4, pod[rows], 2)
        _put(part, at_ip + 2, pod[rows], 2)
        table[rows] = part
    return table


def many_flows(numbers: Numbers) -> Table:
    """A scan over a /12: every request goes to another address, and nobody replies."""
    table = _repeat([request()], numbers)
    _put(table, IP + 16, (10 << 24 | 16 << 16) + numbers % (1 << 20), 4)
    _put(table, ICMP + 6, numbers, 2)
    return table


def downloads(numbers: Numbers) -> Table:
    """TCP segments of 1,514 bytes in both directions."""
    segment = struct.pack(">HHIIBBHHH", 443, 40000, 1, 1, 5 << 4, 0x10, 65535, 0, 0) + b"x" * 1460
    header = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(segment), 1, 0, 64, 6, 0)
    addresses = request()[IP + 12 : IP + 20]
    out = ethernet(POD, NODE, 0x0800, header + addresses + segment)
    back = ethernet(NODE, POD, 0x0800, header + addresses[4:] + addresses[:4] + segment)
    table = _repeat([out, back], numbers)
    _put(table, IP + 4, numbers, 2)
    return table


TRAFFIC: dict[str, Callable[[Numbers], Table]] = {
    "pings": pings,
    "pods": many_pods,
    "flows": many_flows,
    "tcp": downloads,
}


def _chunks(frames: int) -> Iterator[Numbers]:
    for start in range(0, frames, CHUNK):
        yield np.arange(start, min(start + CHUNK, frames), dtype=np.int64)


def _repeat(frames: list[bytes], numbers: Numbers) -> Table:
    templates = np.frombuffer(b"".join(frames), np.uint8).reshape(len(frames), -1)
    return templates[numbers % len(frames)]


def _put(table: Table, at: int, values: Numbers, size: int) -> None:
    """Write numbers in network order into columns of the table."""
    for byte in range(size):
        table[:, at + byte] = (values >> 8 * (size - 1 - byte)) & 0xFF


if __name__ == "__main__":
    _, name, count, target = sys.argv
    write_capture(Path(target), int(count), TRAFFIC[name])
