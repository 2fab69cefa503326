"""ICMP errors that the snapshot length cut too short to say which request they are about."""

from __future__ import annotations

import socket
import struct
from pathlib import Path

import pytest

from pcapcheck import analyze
from tests.support.snaplen import cut
from tests.support.wire import (
    BEGIN,
    MS,
    NODE,
    POD,
    SECOND,
    Frame,
    answer,
    ask,
    error,
    ethernet,
    request,
    write_pcap,
)

NAME = "cali5b1e77a0c3d"
# From the node, of a protocol that nobody judges.
LATER = ethernet(NODE, "01:80:c2:00:00:0e", 0x88CC, bytes(40))


@pytest.mark.parametrize("length", [64, 68])
def test_order_and_identifier_tell_which_request_expired(length: int, tmp_path: Path) -> None:
    """Of four requests two expire; with the other two nothing comes back, which is a loss and stays one."""
    probes = [request(n, ttl=1, ident=77) for n in (1, 2)]
    frames: list[Frame] = [(BEGIN, ask()), (BEGIN + MS, answer())]
    for n, probe in enumerate(probes):
        frames += [(BEGIN + (10 + n) * MS, probe), (BEGIN + (20 + n) * MS, error(11, 0, probe))]
    frames += [(BEGIN + (5 + n) * MS, request(n, ident=5)) for n in (1, 2)]
    frames.append((BEGIN + 5 * SECOND, LATER))
    path = cut(write_pcap(tmp_path / "whole.pcap", sorted(frames)), tmp_path / f"{NAME}.pcap", length)
    analysis = analyze(path)
    echo = analysis.echo
    assert list(echo[echo["outcome"] == "error"]["ttl"]) == [1, 1]
    finding = next(finding for finding in analysis.findings if finding.rule.id == "echo-answered")
    assert (finding.status, finding.failed) == ("fail", 2)


def packet6(src: str, dst: str, kind: int, rest: bytes, hops: int) -> bytes:
    """An ICMPv6 packet; its checksum is nobody's concern."""
    body = struct.pack(">BBH", kind, 0, 0) + rest
    addresses = socket.inet_pton(socket.AF_INET6, src) + socket.inet_pton(socket.AF_INET6, dst)
    return struct.pack(">IHBB", 6 << 28, len(body), 58, hops) + addresses + body


@pytest.mark.parametrize("length", [62, 101, 103, 106, 108, 200])
def test_ipv6(length: int, tmp_path: Path) -> None:
    """An IPv6 traceroute: as far as the quote goes it is matched, else it is not known what was lost."""
    frames: list[Frame] = []
    for n in range(1, 4):
        probe = packet6("fd66::9", "fd66::8:2", 128, struct.pack(">HH", 77, n) + bytes(40), n)
        expired = packet6("fd66::1", "fd66::9", 3, bytes(4) + probe, 64)
        frames += [
            (BEGIN + n * 10 * MS, ethernet(POD, NODE, 0x86DD, probe)),
            (BEGIN + (n * 10 + 1) * MS, ethernet(NODE, POD, 0x86DD, expired)),
        ]
    frames.append((BEGIN + 5 * SECOND, LATER))
    path = cut(write_pcap(tmp_path / "whole.pcap", frames), tmp_path / f"{NAME}.pcap", length)
    assert analyze(path).verdict != "fail"
