"""What was written is read, over the matrix of containers."""

from __future__ import annotations

import itertools
import shutil
import struct
import subprocess
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fixtures.made import containers
from fixtures.made.containers import KUZNETZOV, MICROSECONDS, NANOSECONDS, Packet
from fixtures.made.frames import traffic
from pcapcheck.errors import CaptureError
from tests.support.reading import Record, read_bytes

ORDERS = ("<", ">")
MAGICS = (MICROSECONDS, NANOSECONDS, KUZNETZOV)
VERSIONS = ((2, 0), (2, 1), (2, 2), (2, 3), (2, 4), (543, 0))
LAST_SECOND = 9_223_372_035
PACKETS = [Packet(data, fraction=number, length=1500) for number, data in enumerate(traffic())]

words = st.integers(0, 2**32 - 1)
packets = st.lists(
    st.builds(
        Packet,
        st.binary(max_size=40),
        seconds=words,
        fraction=words,
        # Beyond a mebibyte no frame is long on the wire, and such a record looks like another kind of header.
        length=st.one_of(st.none(), st.integers(40, 2**20)),
    ),
    max_size=8,
)


def records(written: list[Packet], unit: int) -> list[Record]:
    """The records that a classic pcap file of these packets holds; ``unit`` is a fraction's in nanoseconds."""
    return [
        Record(packet.data, packet.wire, packet.seconds * 10**9 + packet.fraction * unit, 0, -1) for packet in written
    ]


@pytest.mark.parametrize(("order", "magic", "version"), [*itertools.product(ORDERS, MAGICS, VERSIONS)])
@pytest.mark.parametrize("link", [1, 0x24000001, 0xF4000001, 113])
@pytest.mark.parametrize("snaplen", [0, 64, 65535, 262144, 0x7FFFFFFF, 0xFFFFFFFF])
def test_pcap_headers(order: str, magic: int, version: tuple[int, int], link: int, snaplen: int) -> None:
    data = containers.pcap(PACKETS, order=order, magic=magic, version=version, link=link, snaplen=snaplen)
    reading = read_bytes(data)
    assert reading.records == records(PACKETS, 1 if magic == NANOSECONDS else 1000)
    assert (reading.interfaces[0].link_type, reading.interfaces[0].snaplen) == (link & 0xFFFF, snaplen)
    assert reading.interfaces[0].fcs_bytes == (link >> 28) * 2
    assert reading.problems == []


@given(packets, st.sampled_from(ORDERS), st.sampled_from(MAGICS), st.sampled_from(VERSIONS))
def test_pcap_packets(written: list[Packet], order: str, magic: int, version: tuple[int, int]) -> None:
    data = containers.pcap(written, order=order, magic=magic, version=version)
    assert read_bytes(data).records == records(written, 1 if magic == NANOSECONDS else 1000)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("zeros", [16, 64, 4080])
def test_pcap_records_of_zeros_are_records(order: str, zeros: int) -> None:
    reading = read_bytes(containers.pcap(PACKETS, order=order) + bytes(zeros))
    assert (len(reading.records), reading.problems) == (4 + zeros // 16, [])


@pytest.mark.parametrize("magic", MAGICS)
@pytest.mark.parametrize("zeros", [4096, 4097, 1 << 20])
def test_pcap_file_whose_rest_was_never_written(magic: int, zeros: int) -> None:
    """A file made large beforehand ends in zeros: they are no frames of 1970."""
    for batch_frames in (1, 4, 4096):
        reading = read_bytes(containers.pcap(PACKETS, magic=magic) + bytes(zeros), batch_frames)
        assert (len(reading.records), reading.kinds) == (4, ["zeros"])


@pytest.mark.parametrize("swapped", [False, True])
def test_pcap_2_3_takes_the_smaller_length_as_captured(swapped: bool) -> None:
    reading = read_bytes(containers.pcap(PACKETS, version=(2, 3), swapped=swapped))
    assert [(len(record.data), record.length) for record in reading.records] == [
        (len(packet.data), 1500) for packet in PACKETS
    ]


@pytest.mark.parametrize("version", [(1, 2), (2, 5), (3, 0), (543, 1), (0, 0)])
def test_pcap_of_other_versions_is_refused(version: tuple[int, int]) -> None:
    with pytest.raises(CaptureError, match=rf"version {version[0]}\.{version[1]} is not known"):
        read_bytes(containers.pcap(PACKETS, version=version))


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(
    ("magic", "what"), [(0xA1B234CD, "reserved"), (0xA12B3C4D, "Navtel"), (0xA1B2C3CB, "BPF filter")]
)
def test_relatives_of_pcap_are_named(order: str, magic: int, what: str) -> None:
    with pytest.raises(CaptureError, match=what):
        read_bytes(containers.pcap(PACKETS, order=order, magic=magic))


def test_captured_length_above_the_wire_length_is_kept() -> None:
    reading = read_bytes(containers.pcap([Packet(bytes(60), length=42)]))
    assert [(len(record.data), record.length) for record in reading.records] == [(60, 60)]


@given(packets, st.sampled_from(ORDERS), st.lists(st.integers(0, 3), min_size=8, max_size=8))
def test_pcapng_packets(written: list[Packet], order: str, kinds: list[int]) -> None:
    """Enhanced and obsolete blocks keep all; a simple block has no time, and its data fills up to its wire length."""
    out = [containers.section(order), containers.interface(order, link=1), containers.interface(order, link=101)]
    expected = []
    for packet, kind in zip(written, kinds, strict=False):
        ticks = packet.seconds * 2**20 + packet.fraction
        if kind == 0:
            out.append(containers.enhanced(packet, order, 1, ticks))
        elif kind == 1:
            out.append(containers.obsolete(packet, order, 1, ticks=ticks))
        else:
            out.append(containers.simple(Packet(packet.data), order))
        exact = Record(packet.data, packet.wire, ticks * 1000, 1, -1)
        expected.append(exact if kind < 2 else Record(packet.data, len(packet.data), None, 0, -1))
    reading = read_bytes(b"".join(out))
    assert reading.records == expected
    assert [interface.link_type for interface in reading.interfaces] == [1, 101]
    assert sum(interface.frames for interface in reading.interfaces) == len(expected)


@given(
    st.sampled_from(ORDERS),
    st.one_of(st.integers(0, 18), st.integers(0x80, 0x80 | 63)),
    st.integers(-(2**40), 2**40),
    st.integers(0, 2**64 - 1),
)
@example("<", 6, LAST_SECOND + 1, 0)
@example("<", 0, -(2**40), LAST_SECOND)
@example("<", 0, -LAST_SECOND - 1, 1)
def test_pcapng_times_are_exact(order: str, resolution: int, offset: int, ticks: int) -> None:
    units = 2 ** (resolution & 0x7F) if resolution & 0x80 else 10**resolution
    exact = int(Fraction(ticks, units) * 10**9 // 1) + offset * 10**9
    options = containers.option(order, containers.RESOLUTION, bytes([resolution]))
    options += containers.option(order, containers.OFFSET, struct.pack(order + "q", offset))
    data = containers.section(order) + containers.interface(order, options=options)
    (record,) = read_bytes(data + containers.enhanced(PACKETS[0], order, ticks=ticks)).records
    # Nanoseconds in 64 bits reach to the year 2262; a time beyond is absent.
    if ticks // units <= LAST_SECOND and abs(ticks // units + offset) <= LAST_SECOND:
        assert record.time == exact
    else:
        assert record.time is None


@pytest.mark.parametrize("resolution", [19, 127, 0x80 | 64, 0xFF])
def test_impossible_time_resolutions_stop_the_reading(resolution: int) -> None:
    options = containers.option("<", containers.RESOLUTION, bytes([resolution]))
    data = containers.section() + containers.interface(options=options) + containers.enhanced(PACKETS[0])
    reading = read_bytes(data)
    assert (reading.records, reading.kinds) == ([], ["damaged-block"])
    assert "time resolution" in reading.problems[0].message


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(("flags", "direction"), [(0, -1), (1, 0), (2, 1), (3, -1), (0xFFFFFFFD, 0), (0x1E2, 1)])
def test_pcapng_direction(order: str, flags: int, direction: int) -> None:
    options = containers.option(order, 1, b"x") + containers.option(
        order, containers.FLAGS, struct.pack(order + "I", flags)
    )
    for write in (containers.enhanced, containers.obsolete):
        data = containers.section(order) + containers.interface(order) + write(PACKETS[0], order, options=options)
        assert [record.direction for record in read_bytes(data).records] == [direction]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(("lost", "counted"), [(0, 0), (7, 7), (2**31 - 1, 2**31 - 1), (2**40, 2**31 - 1)])
def test_pcapng_drop_counts(order: str, lost: int, counted: int) -> None:
    options = containers.option(order, containers.DROPPED, struct.pack(order + "Q", lost))
    data = containers.section(order) + containers.interface(order)
    reading = read_bytes(data + 3 * containers.enhanced(PACKETS[0], order, options=options))
    assert reading.interfaces[0].drops == 3 * counted


@pytest.mark.parametrize("bits", [(0, 0), (4, 4), (16, 2), (32, 4)])
def test_pcapng_check_sequence_length_is_in_bits(bits: tuple[int, int]) -> None:
    options = containers.option("<", containers.FCS, bytes([bits[0]]))
    reading = read_bytes(containers.section() + containers.interface(options=options))
    assert reading.interfaces[0].fcs_bytes == bits[1]


@pytest.mark.parametrize("orders", [*itertools.product(ORDERS, repeat=3)])
def test_pcapng_sections_each_count_interfaces_from_zero(orders: tuple[str, str, str]) -> None:
    data = b""
    for link, order in enumerate(orders):
        data += containers.section(order) + containers.interface(order, link=100 + link)
        data += containers.enhanced(PACKETS[link], order)
    reading = read_bytes(data)
    assert [record.interface for record in reading.records] == [0, 1, 2]
    assert [record.data for record in reading.records] == [packet.data for packet in PACKETS[:3]]
    assert [(interface.link_type, interface.frames) for interface in reading.interfaces] == [
        (100, 1),
        (101, 1),
        (102, 1),
    ]


def test_pcapng_names_and_filters() -> None:
    order = "<"
    options = containers.option(order, containers.FILTER, b"\0icmp or arp") + containers.option(order, 9999, b"abc")
    options += containers.option(order, containers.NAME, b"cali14e7d81007d\0") + containers.option(order, 1, b"\xff")
    reading = read_bytes(containers.section() + containers.interface(options=options))
    assert (reading.interfaces[0].name, reading.interfaces[0].filter) == ("cali14e7d81007d", "icmp or arp")
    assert reading.problems == []


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "the file is empty"),
        (b"GET / HTTP/1.1", "neither pcap nor pcapng"),
        (containers.pcap([])[:20], "cut inside the pcap file header"),
        (containers.section()[:20], "cut inside its first section header"),
        (containers.section(version=(2, 0)), r"pcapng version 2\.0 is not known"),
        (b"\x0a\x0d\x0d\x0a" + bytes(24), "byte-order magic"),
    ],
)
def test_what_is_no_capture_is_refused_with_a_reason(data: bytes, message: str) -> None:
    with pytest.raises(CaptureError, match=message):
        read_bytes(data)


@pytest.mark.parametrize(("lost", "counted"), [(0, 0), (3, 3), (0xFFFE, 0xFFFE), (0xFFFF, 0)])
def test_obsolete_blocks_count_drops_or_do_not_know(lost: int, counted: int) -> None:
    data = containers.section() + containers.interface() + containers.obsolete(PACKETS[0], drops=lost)
    assert read_bytes(data).interfaces[0].drops == counted


def test_a_drop_count_that_is_not_in_its_block_is_none() -> None:
    cut = struct.pack("<HH", containers.DROPPED, 8)
    data = containers.section() + containers.interface() + containers.enhanced(PACKETS[0], options=cut)
    assert read_bytes(data + containers.enhanced(PACKETS[1])).interfaces[0].drops == 0


@pytest.mark.parametrize("kind", [containers.STATISTICS, 99])
def test_blocks_whose_length_leaves_out_their_padding(kind: int) -> None:
    odd = containers.block("<", kind, bytes(20), total=29)
    data = containers.section() + containers.interface() + odd + containers.enhanced(PACKETS[0])
    reading = read_bytes(data)
    assert (len(reading.records), reading.problems) == (1, [])


EDITCAP = "editcap is not installed" if shutil.which("editcap") is None else ""


@pytest.mark.skipif(bool(EDITCAP), reason=EDITCAP)
@pytest.mark.parametrize("count", [2, 3, 4])
@pytest.mark.parametrize("form", ["pcap", "nsecpcap", "modpcap", "nokiapcap", "rh6_1pcap", "suse6_3pcap"])
def test_pcap_of_patched_kernels(form: str, count: int, tmp_path: Path) -> None:
    """Longer record headers under the plain magic, or of other length under Kuznetzov's: as editcap writes them."""
    (tmp_path / "in.pcap").write_bytes(containers.pcap(PACKETS[:count]))
    subprocess.run(["editcap", "-F", form, tmp_path / "in.pcap", tmp_path / "out"], check=True, capture_output=True)
    reading = read_bytes((tmp_path / "out").read_bytes())
    assert (reading.records, reading.problems) == (records(PACKETS[:count], 1000), [])


@pytest.mark.parametrize(("link", "size"), [(231, 1 << 20), (249, 300_000), (279, 16 << 20)])
def test_messages_larger_than_any_frame(link: int, size: int) -> None:
    """D-Bus, USB and EBHSCR captures hold them; on Ethernet they are damage."""
    large = Packet(bytes(size - 64))
    assert len(read_bytes(containers.pcap([large, PACKETS[0]], link=link)).records) == 2
    assert read_bytes(containers.pcap([large, PACKETS[0]])).kinds == ["record-too-large"]
    data = containers.section() + containers.interface(link=link) + containers.enhanced(large)
    assert len(read_bytes(data + containers.enhanced(PACKETS[0])).records) == 2
