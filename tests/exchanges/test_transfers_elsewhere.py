"""Transfers come to the same over IPv6, with ``-i any``, and inside VXLAN: recordings of the lab, carried otherwise."""

from __future__ import annotations

import socket
import struct
from pathlib import Path

import pytest

from pcapcheck import analyze
from pcapcheck.analysis import Analysis
from tests.support.lab import LETTERS, TRANSFER_RULES, TRANSFERS, captures
from tests.support.wire import Frame, cooked2, ethernet, mac, read_frames, write_pcap

# Stuck, reset by the node, by the other end and by whoever asked, and only slow.
SCENARIOS = (
    "conntrack-forgets",
    "dropped-midway",
    "keep-alives-answered",
    "keep-alives-lost",
    "mtu-black-hole",
    "receiver-hangs-up",
    "reset-midway",
    "transfer-waits",
)
PODS = {mac("5a:8a:10:57:e2:03"), mac("7e:1d:0c:42:9b:66")}
IPV4, IPV6, ARP = 0x0800, 0x86DD, 0x0806
NETWORK = bytes.fromhex("fd001024400100000000ffff")
VTEPS = ("66:1b:e5:02:c0:11", "66:90:4a:7d:31:22")
NODES = ("0a:58:ac:1f:ba:fa", "0a:58:ac:1f:ba:fb"), ("172.31.186.250", "172.31.186.251")


def recorded(scenario: str) -> list[list[Frame]]:
    return [read_frames(path) for path in captures(scenario)]


def ethertype(frame: bytes) -> int:
    return int.from_bytes(frame[12:14], "big")


def is_tcp(frame: bytes) -> bool:
    return ethertype(frame) == IPV4 and frame[23] == socket.IPPROTO_TCP


def over_ipv6(frame: bytes) -> bytes:
    """A segment of TCP under an IPv6 header; what checks its header is then wrong, which nobody looks at here."""
    size = int.from_bytes(frame[16:18], "big") - 20
    head = struct.pack(">IHBB", 6 << 28, size, socket.IPPROTO_TCP, frame[22])
    ends = NETWORK + frame[26:30] + NETWORK + frame[30:34]
    return frame[:12] + struct.pack(">H", IPV6) + head + ends + frame[34 : 34 + size]


def inside_vxlan(frame: bytes) -> bytes:
    """The same segment on the way from one node to another, one hop further."""
    back = int(frame[:6] in PODS)
    inner = ethernet(VTEPS[back], VTEPS[1 - back], IPV4, frame[14:22] + bytes([frame[22] - 1]) + frame[23:])
    vxlan = struct.pack(">II", 8 << 24, 4096 << 8) + inner
    datagram = struct.pack(">HHHH", 40000, 4789, 8 + len(vxlan), 0) + vxlan
    macs, addresses = NODES
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(datagram), 0, 0, 64, socket.IPPROTO_UDP, 0)
    head += socket.inet_aton(addresses[back]) + socket.inet_aton(addresses[1 - back])
    return ethernet(macs[back], macs[1 - back], IPV4, head + datagram)


def judged(analysis: Analysis) -> str:
    by_id = {finding.rule.id: LETTERS[finding.status] for finding in analysis.findings}
    return "".join(by_id[rule] for rule in TRANSFER_RULES)


def outcomes(analysis: Analysis) -> list[str]:
    return list(analysis.transfers["outcome"])


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_over_ipv6(scenario: str, tmp_path: Path) -> None:
    links = []
    for path, frames in zip(captures(scenario), recorded(scenario), strict=True):
        changed = [(time, over_ipv6(frame) if is_tcp(frame) else frame) for time, frame in frames]
        links.append(write_pcap(tmp_path / path.name, changed))
    analysis = analyze(*links)
    assert judged(analysis) == TRANSFERS[scenario]
    assert outcomes(analysis) == outcomes(analyze(*captures(scenario)))
    assert set(analysis.transfers["family"]) == {6}


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_on_any(scenario: str, tmp_path: Path) -> None:
    frames = [
        (time, cooked2(frame, frame[6:12] not in PODS, ifindex))
        for ifindex, link in enumerate(recorded(scenario), 7)
        for time, frame in link
    ]
    analysis = analyze(write_pcap(tmp_path / "any.pcap", sorted(frames), 276))
    assert judged(analysis) == TRANSFERS[scenario]
    assert sorted(outcomes(analysis)) == sorted(outcomes(analyze(*captures(scenario))))


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_inside_vxlan(scenario: str, tmp_path: Path) -> None:
    """On a NIC no rule judges them; what is stuck or broken off there is a question without an answer."""
    first = captures(scenario)[0]
    segments = [(time, inside_vxlan(frame)) for time, frame in read_frames(first) if is_tcp(frame)]
    analysis = analyze(write_pcap(tmp_path / "eth0.pcap", segments))
    assert outcomes(analysis) == outcomes(analyze(first))
    assert judged(analysis) == "--"
    assert bool(analysis.unanswered) is bool({"stalled", "reset"} & set(outcomes(analysis)))
