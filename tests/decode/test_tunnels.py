"""What is inside tunnels, held against tshark: the innermost headers under their names, next to the outer ones."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pandas
import pytest

from pcapcheck import analyze
from tests.support.lab import CAPTURES
from tests.support.tshark import MISSING
from tests.support.wire import BEGIN, NODE, POD, ethernet, request, write_pcap

FIELDS = ("ip.src", "ip.dst", "ip.ttl", "icmp.ident", "icmp.seq", "vxlan.vni", "eth.src", "eth.dst")
TUNNELS = {"two-nodes-vxlan": "vxlan", "two-nodes-ipip": "ipip"}


def dissect(path: Path) -> list[dict[str, list[str]]]:
    """Every occurrence of each field, the outermost first."""
    command = ["tshark", "-n", "-r", str(path), "-T", "fields", "-E", "occurrence=a", "-E", "aggregator=;"]
    for name in FIELDS:
        command += ["-e", name]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\n")[:-1]
    return [dict(zip(FIELDS, (cell.split(";") for cell in line.split("\t")), strict=True)) for line in lines]


@pytest.mark.skipif(bool(MISSING), reason=MISSING)
@pytest.mark.parametrize("node", ["node", "node2"])
@pytest.mark.parametrize("scenario", TUNNELS)
def test_headers_are_those_that_tshark_reads(scenario: str, node: str) -> None:
    path = CAPTURES / scenario / f"{node}-eth0.pcap"
    frames = analyze(path).frames
    inside = frames[frames["encap"].notna()]
    assert len(inside) == 6
    assert set(inside["encap"]) == {TUNNELS[scenario]}
    theirs = dissect(path)
    for row in inside.itertuples(index=False):
        values = dict(zip(inside.columns, row, strict=True))
        said = theirs[values["frame.number"] - 1]
        assert (values["outer.src"], values["outer.dst"]) == (said["ip.src"][0], said["ip.dst"][0])
        assert (values["ip.src"], values["ip.dst"]) == (said["ip.src"][-1], said["ip.dst"][-1])
        assert values["ip.ttl"] == int(said["ip.ttl"][-1]) == 63
        assert values["icmp.ident"] == int(said["icmp.ident"][0].split(",")[0], 0)
        if scenario == "two-nodes-vxlan":
            assert values["vxlan.vni"] == int(said["vxlan.vni"][0]) == 4096
            assert (values["inner.eth.src"], values["inner.eth.dst"]) == (said["eth.src"][-1], said["eth.dst"][-1])
            assert values["inner.eth.src"].startswith("66:")


def ip6(src: bytes, dst: bytes, protocol: int, payload: bytes) -> bytes:
    return b"\x60\0\0\0" + len(payload).to_bytes(2, "big") + bytes([protocol, 60]) + src + dst + payload


NEAR, FAR = bytes.fromhex("fd00" + "0" * 27 + "1"), bytes.fromhex("fd00" + "0" * 27 + "2")


def vxlan(inner: bytes, vni: int = 4096, flags: int = 8, port: int = 4789) -> bytes:
    body = bytes([flags, 0, 0, 0]) + vni.to_bytes(3, "big") + b"\0" + inner
    return (1234).to_bytes(2, "big") + port.to_bytes(2, "big") + (8 + len(body)).to_bytes(2, "big") + b"\0\0" + body


def row_of(tmp_path: Path, frame: bytes) -> Any:
    (row,) = analyze(write_pcap(tmp_path / "eth0.pcap", [(BEGIN, frame)])).frames.to_dict("records")
    return row


@pytest.mark.parametrize(
    ("protocol", "payload", "encap"),
    [
        (4, request(seq=9)[14:], "ipip"),
        (17, vxlan(request(seq=9)), "vxlan"),
        (17, vxlan(request(seq=9), port=8472), "vxlan"),
        (41, ip6(NEAR, FAR, 4, request(seq=9)[14:]), "ipip"),
    ],
    ids=["IPv4 in IPv6", "VXLAN over IPv6", "flannel's port", "twice"],
)
def test_over_ipv6(protocol: int, payload: bytes, encap: str, tmp_path: Path) -> None:
    row = row_of(tmp_path, ethernet(POD, NODE, 0x86DD, ip6(NEAR, FAR, protocol, payload)))
    assert row["encap"] == encap
    assert (row["outer.src"], row["outer.dst"]) == ("fd00::1", "fd00::2")
    assert (row["ip.src"], row["icmp.seq"]) == ("10.244.1.10", 9)


@pytest.mark.parametrize(
    "payload",
    [vxlan(request(), flags=0), vxlan(request(), port=4790), vxlan(b""), vxlan(request()[:30]), vxlan(bytes(60))],
    ids=["no identifier", "another port", "empty", "cut", "no IP inside"],
)
def test_what_is_no_tunnel_is_left_as_it_is(payload: bytes, tmp_path: Path) -> None:
    row = row_of(tmp_path, ethernet(POD, NODE, 0x86DD, ip6(NEAR, FAR, 17, payload)))
    assert (row["ip.src"], row["ip.dst"], row["ip.proto"]) == ("fd00::1", "fd00::2", 17)
    assert pandas.isna(row["outer.src"])


def test_tunnels_in_tunnels_without_end(tmp_path: Path) -> None:
    """Two thousand headers: followed to a certain depth, and no further."""
    inner = request()[14:]
    for _ in range(1500):
        inner = ip6(NEAR, FAR, 4 if inner[0] >> 4 == 4 else 41, inner)
    row = row_of(tmp_path, ethernet(POD, NODE, 0x86DD, inner))
    assert row["encap"] == "ipip"
    assert row["ip.src"] == "fd00::1"
