"""After damage, reading goes on where records are surely found again; all damage is reported by frame and byte."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.made import containers
from fixtures.made.containers import KUZNETZOV, NANOSECONDS, Packet, enhanced, interface, option, pcap, section
from fixtures.made.frames import traffic
from pcapcheck.capture import salvage
from pcapcheck.capture.gaps import MOST_GAPS, MOST_SEARCHED
from pcapcheck.errors import CaptureError
from tests.support.captures import ROOT, name_of
from tests.support.kernels import plain_loops
from tests.support.reading import Reading, Record, read_bytes

FRAMES = [Packet(data + bytes([n]), 1732320000 + n, n) for n, data in enumerate(traffic() * 10)]
GARBAGE = b"\xf7" * 50
WALK = ROOT / "fixtures" / "lab" / "captures" / "walkthrough"
RECORDED = [*sorted(WALK.glob("*.pcap")), ROOT / "fixtures/made/captures/pcap-big-kuznetzov.pcap"]


def data_of(reading: Reading) -> list[bytes]:
    return [record.data for record in reading.records]


def packets(*numbers: int) -> list[bytes]:
    return [FRAMES[number].data for number in numbers]


def body(some: list[Packet], **more: object) -> bytes:
    """Records without the file header."""
    return pcap(some, **more)[24:]  # type: ignore[arg-type]


def damage_of(reading: Reading) -> list[tuple[str, int | None, int | None]]:
    return [(problem.kind, problem.frame, problem.byte) for problem in reading.problems]


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("magic", [containers.MICROSECONDS, NANOSECONDS, KUZNETZOV])
@pytest.mark.parametrize("version", [(2, 4), (2, 2), (2, 3)])
@pytest.mark.parametrize("rest", [1, 3, 30])
def test_records_after_garbage(order: str, magic: int, version: tuple[int, int], rest: int) -> None:
    """Whatever the layout of records; the few that are left up to the end of the file prove themselves too."""
    layout = {"order": order, "magic": magic, "version": version}
    good = pcap(FRAMES[:5], **layout)  # type: ignore[arg-type]
    data = good + GARBAGE + body(FRAMES[5 : 5 + rest], **layout)
    reading = read_bytes(data)
    assert data_of(reading) == packets(*range(5 + rest))
    assert damage_of(reading) == [("record-too-large", 5, len(good))]
    assert reading.problems[0].message.endswith(f": read on at byte {len(good) + 50}, 50 bytes skipped")
    with plain_loops():
        assert read_bytes(data) == reading


def test_nothing_after_garbage() -> None:
    """A few records that do not reach the end of the file prove nothing."""
    reading = read_bytes(pcap(FRAMES[:5]) + GARBAGE + body(FRAMES[5:8]) + GARBAGE)
    assert data_of(reading) == packets(*range(5))
    assert reading.problems[0].message.endswith("nothing readable was found after that")


def test_records_swallowed_by_a_wrong_length_come_back() -> None:
    """Frame 3 claims 300 bytes: it stays as it was read, and what it swallowed is read after it."""
    swallowing = struct.pack("<IIII", FRAMES[2].seconds, 2, 300, 300)
    data = pcap(FRAMES[:2]) + swallowing + FRAMES[2].data + body(FRAMES[3:20])
    reading = read_bytes(data)
    assert data_of(reading)[:2] == packets(0, 1)
    assert data_of(reading)[2].startswith(FRAMES[2].data)
    assert len(data_of(reading)[2]) == 300
    assert data_of(reading)[3:] == packets(*range(3, 20))
    assert "inside frame 3, whose length is wrong" in reading.problems[0].message


@pytest.mark.parametrize("gone", [1, 4, 12, 30])
def test_bytes_lost_from_the_middle(gone: int) -> None:
    """Four lost bytes shift every header onto fields that look like a header: other tools read all the rest wrong."""
    whole = pcap(FRAMES)
    place = len(pcap(FRAMES[:10])) + 16 + 5
    reading = read_bytes(whole[:place] + whole[place + gone :])
    assert data_of(reading)[:10] == packets(*range(10))
    assert data_of(reading)[-28:] == packets(*range(12, 40))
    assert [problem.frame for problem in reading.problems] in ([10], [11])


@pytest.mark.parametrize("zeros", [4096, 4096 * 5, 4100, 1000, 32])
def test_zeros_in_the_middle(zeros: int) -> None:
    """Blocks of a disk that were never written: no frames of 1970, and all that follows them."""
    good = pcap(FRAMES[:5])
    reading = read_bytes(good + bytes(zeros) + body(FRAMES[5:20]))
    assert data_of(reading) == packets(*range(20))
    assert damage_of(reading) == [("zeros", 5, len(good))]


def test_odd_headers_are_records_where_nothing_contradicts_them() -> None:
    """Clocks that jump, fractions above a second, more captured than was sent: as Wireshark reads them."""
    odd = [
        Packet(frame.data, frame.seconds * (n % 3), 1_500_000 * (n % 2), length=20 if n % 5 else None)
        for n, frame in enumerate(FRAMES * 20)
    ]
    reading = read_bytes(pcap(odd))
    assert data_of(reading) == [packet.data for packet in odd]
    assert reading.problems == []


def test_a_capture_inside_of_a_frame_stays_there() -> None:
    """Somebody copied a capture while this one was recorded, and the frame's clock is a year off."""
    inner = Packet(bytes(54) + pcap(FRAMES[5:15]), FRAMES[4].seconds - 86400 * 365)
    reading = read_bytes(pcap([*FRAMES[:4], inner, *FRAMES[4:]]))
    assert data_of(reading) == [*packets(0, 1, 2, 3), inner.data, *packets(*range(4, 40))]
    assert reading.problems == []


def test_a_capture_inside_of_a_damaged_frame_is_not_read() -> None:
    """The captured length is wrong; the wire length next to it shows how far the frame goes."""
    inner = Packet(bytes(54) + pcap(FRAMES[5:15]), FRAMES[4].seconds)
    good = pcap(FRAMES[:4])
    damaged = struct.pack("<IIII", inner.seconds, 0, 0xF00000F0, len(inner.data)) + inner.data
    reading = read_bytes(good + damaged + body(FRAMES[20:30]))
    assert data_of(reading) == packets(0, 1, 2, 3, *range(20, 30))


def test_two_captures_written_into_one_file() -> None:
    reading = read_bytes(pcap(FRAMES[:10]) + pcap(FRAMES[10:20]))
    assert data_of(reading)[-10:] == packets(*range(10, 20))
    assert len(reading.problems) == 1


def test_many_gaps_are_counted() -> None:
    good = body(FRAMES[:4])
    reading = read_bytes(pcap([]) + (good + GARBAGE) * 99 + good)
    assert len(reading.records) == 400
    assert len(reading.problems) == MOST_GAPS + 1
    assert reading.problems[-1].message == "79 more places are damaged like those above"


def test_the_search_is_bounded() -> None:
    """Records after more garbage than is searched are not found, and the search does not go on for ever."""
    reading = read_bytes(pcap(FRAMES[:5]) + b"\xf7" * (MOST_SEARCHED + 100) + body(FRAMES[5:20]))
    assert (len(reading.records), reading.kinds) == (5, ["record-too-large"])


HOSTILE = {
    "what begins like a record": struct.pack("<I", 255),
    "records of a byte": struct.pack("<IIII", 1732320000, 0, 1, 1),
    "gaps": body(FRAMES[:4]) + GARBAGE,
    "large records, each inside the record before": struct.pack("<IIII", 1732320000, 0, 200_000, 200_000) + bytes(50),
    "zeros": bytes(4080) + body(FRAMES[:4]),
    "odd headers": struct.pack("<IIII", 7, 9_999_999, 40, 20) + bytes(40),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_work_is_in_proportion_to_the_bytes(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted in places that are looked at and in records: twice the bytes are twice the work at most."""
    looked: list[int] = []
    find = salvage.find_record

    def counting(*given: Any) -> int:
        found = find(*given)
        looked.append((found if found >= 0 else given[2]) - given[1] + 1)
        return found

    monkeypatch.setattr(salvage, "find_record", counting)
    for size in (1 << 18, 1 << 19):
        data = pcap(FRAMES[:2]) + GARBAGE + HOSTILE[name] * (size // len(HOSTILE[name]))
        looked.clear()
        reading = read_bytes(data)
        assert sum(looked) <= 8 * len(data)
        assert len(reading.records) <= len(data) // 16


def pcapng(some: list[Packet], order: str = "<") -> bytes:
    return section(order) + interface(order) + b"".join(enhanced(packet, order) for packet in some)


def blocks(some: list[Packet], order: str = "<") -> bytes:
    return b"".join(enhanced(packet, order) for packet in some)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("size", [1, 2, 4, 50, 5000])
def test_blocks_after_garbage(order: str, size: int) -> None:
    good = pcapng(FRAMES[:5], order)
    data = good + b"\xf7" * size + blocks(FRAMES[5:20], order)
    reading = read_bytes(data)
    assert data_of(reading)[:5] == packets(*range(5))
    assert data_of(reading)[-14:] == packets(*range(6, 20))
    assert damage_of(reading) == [("damaged-block", 5, len(good))]
    with plain_loops():
        assert read_bytes(data) == reading


def test_a_packet_of_an_interface_never_described_is_passed_over() -> None:
    good = pcapng(FRAMES[:5])
    reading = read_bytes(good + enhanced(FRAMES[5], number=7) + blocks(FRAMES[6:9]))
    assert data_of(reading) == packets(0, 1, 2, 3, 4, 6, 7, 8)
    assert damage_of(reading) == [("no-interface", 5, len(good))]


def test_damage_side_by_side_is_one_gap() -> None:
    good = pcapng(FRAMES[:5])
    reading = read_bytes(good + enhanced(FRAMES[5], number=7) * 1000 + blocks(FRAMES[6:9]))
    assert damage_of(reading) == [("no-interface", 5, len(good))]
    assert f"{1000 * len(enhanced(FRAMES[5]))} bytes skipped" in reading.problems[0].message


def test_a_packet_block_that_claims_to_go_on_after_the_end() -> None:
    """Not a cut: by its own captured length it ends long before."""
    damaged = bytearray(enhanced(FRAMES[5]))
    damaged[6] = 9
    reading = read_bytes(pcapng(FRAMES[:5]) + bytes(damaged) + blocks(FRAMES[6:9]))
    assert data_of(reading) == packets(0, 1, 2, 3, 4, 6, 7, 8)
    assert reading.kinds == ["damaged-block"]


def test_interface_numbers_must_be_beyond_doubt() -> None:
    """Behind a damaged interface description packets may be anybody's: reading goes on in the next section."""
    damaged = interface(link=101, options=option("<", containers.RESOLUTION, b"\x7f"))
    first = pcapng(FRAMES[:5]) + damaged + blocks(FRAMES[5:9])
    reading = read_bytes(first + pcapng(FRAMES[9:12]))
    assert data_of(reading) == packets(0, 1, 2, 3, 4, 9, 10, 11)
    assert [record.interface for record in reading.records] == [0] * 5 + [1] * 3
    assert read_bytes(first).problems[0].message.endswith("nothing readable was found after that")


def test_without_a_packet_before_it_nothing_is_sure() -> None:
    """What is missing may have been the description of an interface."""
    data = section() + interface() + GARBAGE + blocks(FRAMES[5:9]) + pcapng(FRAMES[9:12], ">")
    assert data_of(read_bytes(data)) == packets(9, 10, 11)


def test_a_section_of_another_version_is_passed_over() -> None:
    other = section(version=(9, 0)) + interface() + blocks(FRAMES[5:9])
    reading = read_bytes(pcapng(FRAMES[:5]) + other + pcapng(FRAMES[9:12]))
    assert data_of(reading) == packets(0, 1, 2, 3, 4, 9, 10, 11)
    assert reading.kinds == ["damaged-block"]


SMALL = {
    "pcap": pcap(FRAMES[:8]),
    "pcapng": pcapng(FRAMES[:8]),
    "sections": pcapng(FRAMES[:4]) + pcapng(FRAMES[4:8], ">"),
}
HEADER = {"pcap": 24, "pcapng": 60, "sections": 60}


def records_around(before: list[Record], after: list[Record]) -> tuple[int, int]:
    """How many records two readings have in common at their beginning, and then at their end."""
    least = min(len(before), len(after))
    first = next((n for n in range(least) if before[n] != after[n]), least)
    last = next((n for n in range(least - first) if before[-1 - n] != after[-1 - n]), least - first)
    return first, last


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("value", [0x01, 0x80, 0xFF])
def test_any_byte_damaged(name: str, value: int) -> None:
    """One frame may be read wrong, or not at all; if more are, that is reported."""
    whole = SMALL[name]
    true = read_bytes(whole).records
    for place in range(HEADER[name], len(whole)):
        damaged = bytearray(whole)
        damaged[place] ^= value
        reading = read_bytes(bytes(damaged))
        first, last = records_around(true, reading.records)
        assert len(true) - first - last <= 1 or reading.problems, place


@pytest.mark.parametrize("path", RECORDED, ids=name_of)
@given(data=st.data())
def test_bytes_lost_or_added_anywhere(path: Path, data: st.DataObject) -> None:
    """Frames before are identical; what is then read but was not recorded is reported, and is little."""
    whole = path.read_bytes()
    place = data.draw(st.integers(24 + 24, len(whole)))
    lost = data.draw(st.integers(0, 100))
    added = data.draw(st.binary(max_size=100))
    true = read_bytes(whole).records
    try:
        reading = read_bytes(whole[:place] + added + whole[place + lost :])
    except CaptureError:
        pytest.fail("the file header is sound")
    before = [record for record in true if record in read_bytes(whole[:place]).records]
    assert reading.records[: len(before)] == before
    # Records of nothing but zeros are records; the damage itself may lie across two.
    strange = [record for record in reading.records if record not in true and record.data]
    assert len(strange) <= 2 or reading.problems
