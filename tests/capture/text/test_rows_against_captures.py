"""The rows that tshark prints of a capture, read again, against the capture itself, column by column."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from pcapcheck.decode.decoded_links import LINKS
from pcapcheck.errors import CaptureError
from tests.capture.text.test_against_captures import Frame, frames
from tests.support.captures import CALICO, LAB, MADE, name_of
from tests.support.tshark import MISSING

pytestmark = pytest.mark.skipif(bool(MISSING), reason=MISSING)

# tshark mixes the fields of several datagrams in one frame, and shows the last fragment as the whole datagram.
LEFT_OUT = ("encap", "outer_", "vxlan", "ip_frag_offset", "ip_flags", "ip_len", "quoted_", "interface", "direction")
# Its records say that more was captured than sent; of both lengths tshark shows the other.
ODD = {"pcap-longer-than-wire.pcap"}


def rows(path: Path, *options: str) -> str:
    """What tshark prints of a capture."""
    done = subprocess.run(["tshark", "-n", *options, "-r", str(path)], capture_output=True, check=False, timeout=100)
    return done.stdout.decode("utf-8", "replace")


def differences(path: Path, *options: str) -> list[str]:
    try:
        ours, _, link_type = frames(path.read_bytes())
        theirs, _, _ = frames(rows(path, *options).encode())
    except CaptureError:
        return []
    if link_type not in LINKS or len(ours) != len(theirs):
        return []
    return [
        f"{name_of(path)} frame {frame['frame_number']}: {name} is {frame[name]}, the row says {value}"
        for frame, row in zip(ours, theirs, strict=True)
        if (row["arp_opcode"] is not None or row["icmp_type"] is not None) and not frame["ip_frag_offset"]
        for name, value in row.items()
        if value is not None and not name.startswith(LEFT_OUT) and value != frame[name] and path.name not in ODD
    ]


@pytest.mark.parametrize("path", [*LAB[::12], *CALICO[::8]], ids=name_of)
def test_columns_shown(path: Path) -> None:
    assert differences(path, "-t", "ud") == []


@pytest.mark.slow
def test_columns_shown_in_every_format_of_times() -> None:
    forms = ("ud", "e", "udoy")
    every = enumerate([*MADE, *LAB, *CALICO])
    assert [text for number, path in every for text in differences(path, "-t", forms[number % len(forms)])] == []


def test_the_rows_do_tell_something() -> None:
    """Else the comparison would compare nothing."""
    found: list[Frame] = []
    for path in LAB:
        if path.parent.name.startswith("healthy"):
            found += frames(rows(path).encode())[0]
    assert len(found) > 50
    assert sum(frame["ip_ttl"] is not None for frame in found) > 30
    assert sum(frame["arp_opcode"] is not None for frame in found) > 10
