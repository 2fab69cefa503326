"""Checksums as tcpdump -v prints them, next to those of the bytes."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck.decode.decoder import Decoder
from pcapcheck.decode.frame_row import FrameRow
from pcapcheck.errors import NotACapture
from tests.support.captures import CALICO, LAB, name_of
from tests.support.reading import frame_rows, open_bytes
from tests.support.transcripts import MISSING, printed

ATTRIBUTES = ("ip_checksum", "checksum", "outer_ip_checksum", "outer_checksum")
BANNER = "reading from file eth0.pcap, link-type EN10MB (Ethernet), snapshot length {}\n"
HEADER = "(tos 0x0, ttl 63, id 7, offset 0, flags [DF], proto {}, length {}{})\n    "
# The sum of the pseudo header of such a datagram is 0x1a4e.
UDP = "12:00:00.000000 IP " + HEADER.format("UDP (17)", 50, "") + "10.7.3.9.4789 > 10.7.3.8.4789: {} UDP, length 22\n"
TCP = "12:00:00.000000 IP " + HEADER.format("TCP (6)", 60, "")
SYN = "10.7.3.9.41000 > 10.7.3.8.80: Flags [S], cksum 0x{}, seq 1, win 64240, options [mss 1460], length 0\n"
ECHO = "10.7.3.9 > 10.7.3.8: ICMP echo request, id 4, seq 1, length 64"
ICMP = "12:00:00.000000 IP " + HEADER.format("ICMP (1)", 84, "{}") + ECHO


def sums(text: str | bytes) -> list[tuple[str | None, ...]]:
    """The four columns of each frame; None where there is no checksum."""
    decoder = Decoder(keep_all=True, with_sums=True)
    reader = open_bytes(text if isinstance(text, bytes) else text.encode())
    return [_columns(row) for records in reader.batches() for row in frame_rows(decoder.decode(records))]


def _columns(row: FrameRow) -> tuple[str | None, ...]:
    values = (getattr(row, name) for name in ATTRIBUTES)
    return tuple(value if isinstance(value, str) else None for value in values)


def of_header(text: str, snaplen: int = 262144) -> str | None:
    return sums(BANNER.format(snaplen) + text)[0][0]


def of_upper(text: str, snaplen: int = 262144) -> str | None:
    return sums(BANNER.format(snaplen) + text)[0][1]


@pytest.mark.parametrize(
    ("mark", "status"),
    [
        ("[udp sum ok]", "ok"),
        ("[no cksum]", "ok"),
        ("[bad udp cksum 0xbad0 -> 0xa1b2!]", "wrong"),
        ("[bad udp cksum bad0!]", "wrong"),
        ("[bad udp cksum 0x1a4e -> 0xa1b2!]", "not-filled-in"),
        ("", "unknown"),
    ],
)
def test_udp(mark: str, status: str) -> None:
    assert of_upper(UDP.format(mark)) == status


@pytest.mark.parametrize(
    ("field", "status"),
    [
        ("a1b2 (correct)", "ok"),
        ("bad0 (incorrect -> 0xa1b2)", "wrong"),
        ("bad0 (incorrect (-> 0xa1b2)", "wrong"),
        # 0x0a07 + 0x0309 + 0x0a07 + 0x0308 + 6 + 40
        ("1a4d (incorrect -> 0xa1b2)", "not-filled-in"),
    ],
)
def test_tcp(field: str, status: str) -> None:
    assert of_upper(TCP + SYN.format(field)) == status


def test_the_header_of_ipv4() -> None:
    """tcpdump says nothing of one that is right; NICs fill in the others, or a sender left them empty."""
    found = [
        of_header(ICMP.format(words) + "\n") for words in ("", ", bad cksum bad0 (->2627)!", ", bad cksum 0 (->2627)!")
    ]
    assert found == ["ok", "wrong", "not-filled-in"]


def test_icmp() -> None:
    """tcpdump says nothing of one that is right, nor of one that it has not all of."""
    right, wrong = ICMP.format("") + "\n", ICMP.format("") + " (wrong icmp cksum bad0 (->a1b2)!)\n"
    assert [of_upper(right), of_upper(wrong), of_upper(right, snaplen=96)] == ["ok", "wrong", "unknown"]
    assert sums(right)[0][:2] == ("ok", "unknown")


def test_without_a_look_at_checksums_they_are_unknown() -> None:
    """With -K the silence means nothing."""
    command = "$ tcpdump -nnvvK -i eth0\nlistening on eth0, link-type EN10MB (Ethernet), snapshot length 262144 bytes\n"
    assert sums(command + ICMP.format("") + "\n")[0][:2] == ("unknown", "unknown")
    assert sums(command.replace("K", "") + ICMP.format("") + "\n")[0][:2] == ("ok", "ok")


def test_a_text_without_v_tells_nothing() -> None:
    assert sums("12:00:00.000000 IP 10.7.3.9.4789 > 10.7.3.8.4789: UDP, length 22\n") == [(None,) * 4]


def test_names_leave_open_whether_a_nic_fills_it_in() -> None:
    named = TCP + SYN.format("1a4d (incorrect -> 0xa1b2)").replace("10.7.3.8", "node-b.example")
    assert of_upper(named) == "unknown"


OUTER = (
    HEADER.format("UDP (17)", 134, "") + "node-a.40029 > node-b.otv: {}OTV, flags [I] (0x08), overlay 0, instance 1\n"
)
INNER = (
    "IP "
    + HEADER.format("ICMP (1)", 84, "").replace("\n    ", "")
    + "\n    10.7.3.9 > 10.7.4.0: ICMP echo request, id 4, seq 1, length 64\n"
)


@pytest.mark.parametrize(
    ("mark", "noted"), [("[bad udp cksum 0xbad0 -> 0xa1b2!] ", 1), ("[no cksum] ", 0), ("[udp sum ok] ", 0), ("", 0)]
)
def test_between_names_a_wrong_outer_checksum_is_noted_all_the_same(mark: str, noted: int) -> None:
    reader = open_bytes(("12:00:00.000000 IP " + OUTER.format(mark) + INNER).encode())
    assert sum(records.count for records in reader.batches()) == 1
    assert [problem.kind for problem in reader.problems] == ["bad-checksum"] * noted


def test_a_payload_says_nothing_of_its_packet() -> None:
    words = SYN.format("a1b2 (correct)").replace("length 0", "length 40: HTTP: [bad udp cksum 0xbad0 -> 0xa1b2!]")
    assert of_upper(TCP + words) == "ok"


@pytest.mark.skipif(bool(MISSING), reason=MISSING)
@pytest.mark.parametrize("scenario", ["checksum-wrong", "vxlan-checksum-wrong", "vxlan-tcp-lost", "ipv6"])
def test_a_scenario_of_the_lab(scenario: str) -> None:
    """All of a packet's checksums, in and around a tunnel."""
    for path in (path for path in LAB if path.parent.name == scenario):
        assert sums(printed(path, "-nn", "-vv").encode()) == sums(path.read_bytes()), path.name


@pytest.mark.corpus
@pytest.mark.skipif(bool(MISSING), reason=MISSING)
@pytest.mark.parametrize("path", [*LAB, *CALICO], ids=name_of)
def test_like_the_bytes(path: Path) -> None:
    try:
        theirs = sums(printed(path, "-nn", "-e", "-vv").encode())
    except NotACapture:
        return
    assert theirs == sums(path.read_bytes())
