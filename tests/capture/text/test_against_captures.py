"""What tcpdump prints of a capture, read again, against the capture itself, column by column."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck.capture.record import FLAGS_NOT_PRINTED, Problem
from pcapcheck.columns import COLUMNS
from pcapcheck.decode.decoded_links import LINKS
from pcapcheck.decode.decoder import Decoder
from pcapcheck.decode.frame_row import FrameRow
from pcapcheck.errors import CaptureError
from pcapcheck.table_names import FRAMES
from tests.support.captures import CALICO, LAB, MADE, NO_CORPUS, PUBLIC, name_of
from tests.support.reading import frame_rows, open_bytes
from tests.support.transcripts import MISSING, printed

pytestmark = [pytest.mark.corpus, pytest.mark.skipif(bool(MISSING), reason=MISSING)]

# What a text says about the capture's bytes; not the TCP flags beyond eight bits.
COLUMNS_TOLD = [
    column.attribute
    for column in COLUMNS[FRAMES].values()
    if not column.late and column.name not in ("frame.time", "frame.cap_len", "carries", "tcp.flags")
]
# Behind whose tag tcpdump looks where nothing is encrypted.
MACSEC = 0x88E5
Frame = dict[str, object]


def frames(data: bytes) -> tuple[list[Frame], list[Problem], int]:
    """The columns of each frame, the problems, and the link type of the first interface."""
    reader = open_bytes(data)
    decoder = Decoder(keep_all=True)
    found = [_columns(row) for records in reader.batches() for row in frame_rows(decoder.decode(records))]
    return found, reader.problems, reader.interfaces[0].link_type if reader.interfaces else -1


def _columns(row: FrameRow) -> Frame:
    return {name: getattr(row, name) for name in COLUMNS_TOLD}


def differences(path: Path, *options: str) -> list[str]:
    """What the text says differently about frames that it shows as ARP or ICMP; none if tcpdump cannot read all."""
    try:
        ours, _, link_type = frames(path.read_bytes())
        theirs, problems, _ = frames(printed(path, "-tt", *options).encode())
    except CaptureError:
        return []
    if link_type not in LINKS or len(ours) != len(theirs):
        return []
    found = [
        f"{name_of(path)}: {problem.message}"
        for problem in problems
        if path not in PUBLIC and not ("-q" in options and problem.kind == FLAGS_NOT_PRINTED)
    ]
    # tcpdump -v calls spoiled checksums wrong, and shows what no column says of fragments.
    found = [] if any(part in path.parent.name for part in ("checksum-wrong", "later-fragments-dropped")) else found
    for frame, shown in zip(ours, theirs, strict=True):
        if (shown["arp_opcode"] is None and shown["icmp_type"] is None) or frame["eth_type"] == MACSEC:
            continue
        found += [
            f"{name_of(path)} frame {frame['frame_number']}: {name} is {frame[name]}, the text says {value}"
            for name, value in shown.items()
            if value is not None and value != frame[name]
        ]
    return found


OPTIONS = [("-nn", "-e", "-v"), ("-nn", "-e"), ("-nn", "-v"), ("-nn",), ("-nn", "-q", "-e"), ("-nn", "-X")]


@pytest.mark.parametrize("options", OPTIONS, ids=" ".join)
@pytest.mark.parametrize("path", [*MADE, *LAB, *CALICO], ids=name_of)
def test_columns_shown(path: Path, options: tuple[str, ...]) -> None:
    assert differences(path, *options) == []


# tcpdump prints what lies beyond the bytes captured, or inside a tag or a tunnel that is not decoded.
ODD = {"arp-oobr.pcap", "ipv6-srh-ext-header.pcap", "ipv6-srh-ipproto-ether.pcap"}


@pytest.mark.skipif(bool(NO_CORPUS), reason=NO_CORPUS)
@pytest.mark.parametrize("options", OPTIONS[::3], ids=" ".join)
def test_columns_shown_of_public_captures(options: tuple[str, ...]) -> None:
    found = [difference for path in PUBLIC if path.name not in ODD for difference in differences(path, *options)]
    assert found == []


def test_the_texts_do_tell_something() -> None:
    """Else the comparison would compare nothing."""
    found = [
        frame
        for path in LAB
        if path.parent.name.startswith("healthy")
        for frame in frames(printed(path, "-nn", "-e", "-v").encode())[0]
        if frame["arp_opcode"] is not None or frame["icmp_ident"] is not None
    ]
    assert len(found) > 50
    assert sum(frame["ip_ttl"] is not None for frame in found) > 30


@pytest.mark.parametrize(("other_port", "quoted"), [(4444, 4444), (5555, None)])
def test_an_error_about_one_of_several_datagrams_is_of_none(other_port: int, quoted: int | None) -> None:
    """The text names the port that was asked and not the asker's: a datagram sent before may want no answer."""
    text = (
        "12:00:01.000000 IP 10.244.1.10.4444 > 10.244.1.11.7001: UDP, length 20\n"
        f"12:00:01.500000 IP 10.244.1.10.{other_port} > 10.244.1.11.7001: UDP, length 20\n"
        "12:00:01.600000 IP 10.244.1.11 > 10.244.1.10: ICMP 10.244.1.11 udp port 7001 unreachable, length 56\n"
    )
    assert frames(text.encode())[0][-1]["quoted_srcport"] == quoted
