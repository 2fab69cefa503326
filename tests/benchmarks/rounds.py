"""Captures of any size, from one round of frames that is repeated: the same bytes for the same traffic.

A round is laid out once as a table of bytes, a row per round. Only what differs from round to round (times, addresses,
sequence numbers, checksums) is written into the columns of that table.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Table = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.int64]

CHUNK = 1 << 17  # frames of one table
BEGIN_SECONDS = 1_700_000_000
RECORD = 16
ICMP, TCP, UDP = 1, 6, 17
# Where each protocol's header has its checksum.
CHECKSUM = {ICMP: 2, TCP: 16, UDP: 6}
QUOTING = (3, 11)  # ICMP errors, which quote a packet


class Varying(NamedTuple):
    """A number in a frame that changes with the exchange; ``at`` counts from the network header."""

    at: int
    size: int
    value: Callable[[Numbers], Numbers]


class Sent(NamedTuple):
    """A frame of a round, the number of its exchange within the round, and the microseconds since the frame before."""

    frame: bytes
    network: int
    exchange: int
    varying: tuple[Varying, ...]
    gap: int
    wrong_by: int = 0  # added to the checksum


class Traffic(NamedTuple):
    """What a capture begins with, what it repeats, and of how many exchanges that consists."""

    begin: list[Sent]
    round: list[Sent]
    exchanges: int
    link_type: int


def write_capture(path: Path, frames: int, traffic: Traffic) -> Path:
    """A classic capture of ``frames`` frames."""
    begin = traffic.begin[:frames]
    rounds, over = divmod(frames - len(begin), len(traffic.round))
    step = max(1, CHUNK // len(traffic.round))
    with path.open("wb") as stream:
        stream.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, traffic.link_type))
        stream.write(_rounds(begin, 1, np.array([0]), 0))
        elapsed = sum(sent.gap for sent in begin)
        for start in range(0, rounds, step):
            numbers = np.arange(start, min(start + step, rounds))
            stream.write(_rounds(traffic.round, traffic.exchanges, numbers, elapsed))
        last = _rounds(traffic.round, traffic.exchanges, np.array([rounds]), elapsed)
        stream.write(last[: sum(RECORD + len(sent.frame) for sent in traffic.round[:over])])
    return path


def _rounds(sent_frames: list[Sent], exchanges: int, rounds: Numbers, elapsed: int) -> bytes:
    """The records of the numbered rounds, each of so many exchanges; the first began after ``elapsed``."""
    template = b"".join(bytes(RECORD) + sent.frame for sent in sent_frames)
    table = np.tile(np.frombuffer(template, np.uint8), (len(rounds), 1))
    duration = sum(sent.gap for sent in sent_frames)
    position = 0
    for sent in sent_frames:
        elapsed += sent.gap
        end = position + RECORD + len(sent.frame)
        _write_header(table[:, position : position + RECORD], rounds * duration + elapsed, len(sent.frame))
        _vary(table[:, position + RECORD : end], sent, rounds * exchanges + sent.exchange)
        position = end
    return table.tobytes()


def _write_header(records: Table, microseconds: Numbers, length: int) -> None:
    header = np.empty((len(records), 4), "<u4")
    header[:, 0] = BEGIN_SECONDS + microseconds // 1_000_000
    header[:, 1] = microseconds % 1_000_000
    header[:, 2:] = length
    records[:] = header.view(np.uint8)


def _vary(frames: Table, sent: Sent, numbers: Numbers) -> None:
    if not sent.varying:
        return
    for varying in sent.varying:
        _put(frames, sent.network + varying.at, varying.value(numbers), varying.size)
    if frames[0, sent.network] >> 4 == 4:
        _fill_checksums(frames[:, sent.network :], sent.wrong_by)


def _fill_checksums(packets: Table, wrong_by: int = 0) -> None:
    """Fill in the checksums of IPv4 packets of one layout, and of the packets that ICMP errors among them quote."""
    protocol = int(packets[0, 9])
    _fill_checksum(packets[:, :20], 10, 0)
    body = packets[:, 20:]
    if protocol not in CHECKSUM:
        return
    if protocol == ICMP and body[0, 0] in QUOTING:
        _fill_checksum(body[:, 8:28], 10, 0)
    pseudo: Numbers | int = 0
    if protocol != ICMP:
        pseudo = _sum(packets[:, 12:20]) + protocol + body.shape[1]
    _fill_checksum(body, CHECKSUM[protocol], pseudo)
    if wrong_by:
        _put(body, CHECKSUM[protocol], _get(body, CHECKSUM[protocol]) + wrong_by, 2)


def _fill_checksum(header: Table, at: int, extra: Numbers | int) -> None:
    """RFC 1071, over the columns of ``header``."""
    _put(header, at, np.zeros(len(header), np.int64), 2)
    total = _sum(header) + extra
    total = (total >> 16) + (total & 0xFFFF)
    _put(header, at, ~(total + (total >> 16)), 2)


def _sum(part: Table) -> Numbers:
    if part.shape[1] % 2:
        part = np.pad(part, ((0, 0), (0, 1)))
    total: Numbers = np.ascontiguousarray(part).view(">u2").sum(axis=1, dtype=np.int64)
    return total


def _get(table: Table, at: int) -> Numbers:
    number: Numbers = table[:, at].astype(np.int64) << 8 | table[:, at + 1]
    return number


def _put(table: Table, at: int, values: Numbers, size: int) -> None:
    """Write numbers in network order into columns of the table."""
    for byte in range(size):
        table[:, at + byte] = (values >> 8 * (size - 1 - byte)) & 0xFF
