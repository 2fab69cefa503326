"""Captures made to hurt: nothing but CaptureError is raised, and memory stays bounded however large the claims."""

from __future__ import annotations

import io
import json
import struct
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.made import containers
from fixtures.made.containers import Packet, enhanced, interface, option, pcap, section
from fixtures.made.frames import echo6, ethernet, ipv6, traffic
from pcapcheck import analyze
from pcapcheck.capture.host_names import HostNames
from pcapcheck.capture.pcap import MAGICS, PcapReader
from pcapcheck.capture.pcapng import MAGIC, MOST_INTERFACES
from pcapcheck.capture.source import reader_for
from pcapcheck.capture.window import Window
from pcapcheck.decode.decoder import MOST_GROUPS, Decoder
from pcapcheck.errors import CaptureError
from tests.support.kernels import plain_loops
from tests.support.reading import decode_bytes, open_bytes, read_bytes

PACKET = Packet(traffic()[0])
GOOD = section() + interface() + enhanced(PACKET)
LARGE = (0x40001, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFC, 0xFFFFFFFF)

sections = st.sampled_from([section("<"), section(">")])
# Mostly what matters: block types, lengths and small numbers, in both byte orders.
numbers = st.one_of(
    st.sampled_from([0, 1, 2, 3, 4, 5, 6, 10, 12, 16, 20, 28, 32, 36, 64, 0x0A0D0D0A, 0x1A2B3C4D, *LARGE]),
    st.integers(0, 2**32 - 1),
)
garbage = st.lists(
    st.one_of(st.binary(max_size=20), numbers.map(struct.Struct("<I").pack), numbers.map(struct.Struct(">I").pack)),
    max_size=40,
).map(b"".join)


def digest(data: bytes) -> None:
    """Read and decode all; a CaptureError is fine."""
    try:
        decode_bytes(data)
        read_bytes(data, 2, 64)
    except CaptureError:
        pass


@given(st.sampled_from([*MAGICS, MAGIC]), garbage)
def test_garbage_after_a_magic(magic: bytes, rest: bytes) -> None:
    digest(magic + rest)


@given(sections, garbage)
def test_garbage_after_a_section_header(start: bytes, rest: bytes) -> None:
    digest(start + rest)


@given(st.sampled_from("<>"), st.sampled_from([1, 2, 3, 5, 6]), garbage, garbage)
def test_garbage_in_a_block(order: str, kind: int, body: bytes, rest: bytes) -> None:
    start = section(order) + interface(order, snaplen=64)
    digest(start + containers.block(order, kind, containers.padded(body)) + rest)


@given(st.sampled_from((0, 1, 12, 101, 108, 113, 228, 229, 276)), st.lists(st.binary(max_size=200), max_size=5))
def test_garbage_in_frames(link: int, frames: list[bytes]) -> None:
    data = pcap([Packet(frame) for frame in frames], link=link)
    assert len(decode_bytes(data).rows) == len(frames)


@given(st.binary(max_size=200))
def test_garbage_alone(data: bytes) -> None:
    digest(data)


@pytest.mark.parametrize("size", LARGE)
@pytest.mark.parametrize("order", ["<", ">"])
def test_pcap_record_of_any_claimed_size(size: int, order: str) -> None:
    data = pcap([PACKET], order=order) + struct.pack(order + "IIII", 0, 0, size, size) + bytes(100)
    reading = read_bytes(data)
    assert (len(reading.records), reading.kinds) == (1, ["record-too-large"])


@pytest.mark.parametrize("kind", [1, 2, 3, 4, 5, 6, 10, 0x0A0D0D0A, 0xFFFFFFFF])
@pytest.mark.parametrize("total", [0, 4, 11, 13, 0x01000004, *LARGE])
def test_pcapng_block_of_any_claimed_size(kind: int, total: int) -> None:
    reading = read_bytes(GOOD + struct.pack("<II", kind, total) + bytes(100))
    assert len(reading.records) == 1
    assert len(reading.kinds) == 1


@pytest.mark.parametrize("captured", [45, 64, 0x40000, *LARGE])
@pytest.mark.parametrize("kind", [containers.ENHANCED, containers.OBSOLETE])
def test_pcapng_captured_length_beyond_its_block(captured: int, kind: int) -> None:
    """A bug that several other readers shared: bytes after the block taken for the packet's."""
    body = struct.pack("<5I", 0, 0, 0, captured, captured) + bytes(44)
    damaged = containers.block("<", kind, body)
    reading = read_bytes(GOOD + damaged + enhanced(PACKET))
    assert [record.data for record in reading.records] == [PACKET.data] * 2
    assert [(problem.kind, problem.frame, problem.byte) for problem in reading.problems] == [
        ("damaged-block", 1, len(GOOD))
    ]


@pytest.mark.parametrize("size", [5, 0x100, 0xFFFF])
def test_packet_option_beyond_its_block(size: int) -> None:
    half_option = struct.pack("<HH", containers.FLAGS, size) + bytes(4)
    reading = read_bytes(GOOD + enhanced(PACKET, options=half_option) + enhanced(PACKET))
    assert [record.direction for record in reading.records] == [-1, -1, -1]


def test_damaged_options_are_noted_once() -> None:
    broken = containers.statistics(options=struct.pack("<HH", 1, 12336))
    reading = read_bytes(GOOD + 1000 * broken)
    assert reading.kinds == ["damaged-option"]


def test_more_interfaces_than_can_be_kept() -> None:
    """As many interfaces as can be kept, a packet of each between them; then it is refused to go on."""
    out = [section()]
    for number in range(MOST_INTERFACES + 10):
        out.append(interface())
        if number % 16 == 0:
            out.append(enhanced(Packet(b""), number=number))
    reading = read_bytes(b"".join(out) + 100_000 * interface())
    assert len(reading.interfaces) == MOST_INTERFACES
    assert (len(reading.records), reading.kinds) == (MOST_INTERFACES // 16, ["damaged-block"])


def test_large_interface_descriptions_are_bounded() -> None:
    block = interface(options=option("<", containers.NAME, b"x" * 65532) + option("<", 11, b"\0" + b"y" * 65531))
    reading = read_bytes(section() + 2000 * block)
    assert reading.kinds == ["damaged-block"]
    assert len(reading.interfaces) < 600


class Repeating(io.RawIOBase):
    """A stream of one piece, many times."""

    def __init__(self, start: bytes, piece: bytes, times: int) -> None:
        self.rest = start
        self.piece = piece
        self.times = times

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while len(self.rest) < len(buffer) and self.times:
            pieces = min(self.times, len(buffer) // len(self.piece) + 1)
            self.rest += self.piece * pieces
            self.times -= pieces
        size = min(len(buffer), len(self.rest))
        buffer[:size] = self.rest[:size]
        self.rest = self.rest[size:]
        return size


WINDOW, SEARCH, BLOCK = 8 << 20, 24 << 20, 80 << 20


def streams() -> Iterator[tuple[str, bytes, bytes, int, int]]:
    """Captures of many MiB, made while they are read, and how much memory that may take.

    A window is little; to search after damage it holds what proves a record; where a block claims to be large it
    grows to hold the largest that is believed.
    """
    packet = Packet(bytes(1400))
    yield "records", pcap([]), pcap([packet])[24:], 20_000, WINDOW
    yield "zeros", pcap([]), bytes(1 << 16), 500, SEARCH
    yield "packets", section() + interface(), enhanced(packet), 20_000, WINDOW
    yield "unknown blocks", section(), containers.block("<", 99, bytes(1 << 16)), 500, WINDOW
    yield "large unknown block", section() + struct.pack("<II", 99, 0xFFFFFFFC), bytes(1 << 16), 500, SEARCH
    yield "large section header", section() + struct.pack("<II", 0x0A0D0D0A, 0xFFFFFFFC), bytes(1 << 16), 500, SEARCH
    yield "large packet block", section() + interface() + struct.pack("<II", 6, 0xFFFFFFFC), bytes(1 << 16), 500, SEARCH
    yield "block just believed", section() + interface() + struct.pack("<II", 6, 1 << 24), bytes(1 << 16), 500, BLOCK
    yield "statistics", section() + interface(), containers.statistics() * 100, 400, WINDOW
    yield "sections", section(), section(">") + section("<"), 20_000, WINDOW


@pytest.mark.slow
@pytest.mark.parametrize(
    ("start", "piece", "times", "limit"), [stream[1:] for stream in streams()], ids=[stream[0] for stream in streams()]
)
def test_memory_does_not_grow_with_the_capture(start: bytes, piece: bytes, times: int, limit: int) -> None:
    stream = Repeating(start, piece, times)
    tracemalloc.start()
    try:
        reader = reader_for(Window(stream), "stream", 4096, HostNames())  # type: ignore[arg-type]
        for _batch in reader.batches():
            pass
        _now, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < limit


def test_too_many_senders_are_counted_together() -> None:
    frames = [ethernet(b"", 0x9999, source=number.to_bytes(6, "big")) for number in range(2 * MOST_GROUPS)]
    for batch_frames in (7, 4096):
        decoding = decode_bytes(pcap([Packet(frame) for frame in frames]), False, batch_frames)
        assert len(decoding.groups) == MOST_GROUPS
        assert decoding.overflowed == MOST_GROUPS + 1
        assert sum(group.count for group in decoding.groups) == 2 * MOST_GROUPS


def test_who_asks_for_the_gateway_among_too_many_senders_is_nobody(tmp_path: Path) -> None:
    crowd = [ethernet(b"", 0x9999, source=number.to_bytes(6, "big")) for number in range(MOST_GROUPS)]
    path = tmp_path / "link.pcap"
    path.write_bytes(pcap([Packet(frame) for frame in [*crowd, *traffic()]]))
    analysis = analyze(path)
    assert [finding.rule.id for finding in analysis.findings if finding.status == "fail"] == []
    assert "too many different MACs" in json.dumps(analysis.to_dict())


@pytest.mark.parametrize("depth", [1, 100, 40_000])
def test_nested_tags(depth: int) -> None:
    tags = struct.pack(">HH", 0x8100, 5) * depth
    frame = traffic()[0]
    data = pcap([Packet(frame[:12] + tags + frame[12:])])
    reader = open_bytes(data)
    decoder = Decoder(keep_all=True)
    (rows,) = [list(decoder.decode(records).field(14)) for records in reader.batches()]
    assert rows == [1]


@pytest.mark.parametrize("depth", [1, 100, 30_000])
def test_nested_ipv6_extension_headers(depth: int) -> None:
    chain = (bytes([60, 0, 1, 4, 0, 0, 0, 0]) * (depth - 1)) + bytes([58, 0, 1, 4, 0, 0, 0, 0])
    data = pcap([Packet(ethernet(ipv6(b"", 60)[:40] + chain + echo6(), 0x86DD))])
    decoding = decode_bytes(data)
    with plain_loops():
        assert decode_bytes(data) == decoding
    assert len(decoding.rows) == 1


def test_an_endless_run_of_the_reader_is_not_possible() -> None:
    """Whatever follows a header, each step of the reader goes forward."""
    for size in range(0, 64, 4):
        for filler in (b"\0", b"\xff", b"\x0a", b"\x01"):
            digest(GOOD + filler * size)
            digest(pcap([PACKET]) + filler * size)


def test_the_error_names_the_file() -> None:
    with pytest.raises(CaptureError, match=r"^some name: "):
        PcapReader(Window(io.BytesIO(pcap([])[:10])), "some name", 1)
