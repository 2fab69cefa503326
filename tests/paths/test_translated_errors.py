"""ICMP errors behind address translation: what they quote is translated with them (RFC 5508, section 4.2)."""

from __future__ import annotations

import io
import socket
import struct
from pathlib import Path

from pcapcheck import Analysis, analyze
from pcapcheck.report.formats.text import write_text
from tests.support.wire import BEGIN, MS, SECOND, ethernet, write_pcap

ROUTER, SERVER, SERVICE, POD_IP = "10.55.0.9", "10.55.2.20", "10.97.3.3", "10.207.1.6"
OUTSIDE = ("02:00:5e:10:00:01", "02:00:5e:10:00:02")
INSIDE = ("c6:10:00:00:00:01", "c6:10:00:00:00:02")


def ip(src: str, dst: str, protocol: int, ttl: int, ip_id: int, body: bytes) -> bytes:
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(body), ip_id, 0, ttl, protocol, 0)
    return head + socket.inet_aton(src) + socket.inet_aton(dst) + body


def needs_fragments(to: str, ttl: int, port: int, ip_id: int, seq: int) -> bytes:
    """A router's error about a segment that ``to`` sent, whose MTU is 1380."""
    segment = struct.pack(">HHII", 80, port, seq, 1) + bytes(8)
    quoted = ip(to, SERVER, 6, 61, 4000 + seq, segment)
    return ip(ROUTER, to, 1, ttl, ip_id, struct.pack(">BBHHH", 3, 4, 0, 0, 1380) + quoted)


def report(analysis: Analysis) -> str:
    text = io.StringIO()
    write_text(analysis, text)
    return text.getvalue()


def test_error_is_followed_to_the_pod(tmp_path: Path) -> None:
    """To a service's address on the NIC, to the pod's on its link: one error, one TTL less."""
    outside, inside = [], []
    for n in range(3):
        time = BEGIN + n * SECOND
        outside.append((time, ethernet(*OUTSIDE, 0x0800, needs_fragments(SERVICE, 60, 51000, 700 + n, n))))
        inside.append((time + MS, ethernet(*INSIDE, 0x0800, needs_fragments(POD_IP, 59, 41000, 700 + n, n))))
    analysis = analyze(write_pcap(tmp_path / "eth1.pcap", outside), write_pcap(tmp_path / "pod.pcap", inside))
    assert analysis.paths["sightings"].tolist() == [2, 2, 2]
    assert set(analysis.paths["ttls"]) == {"60, 59"}
    text = report(analysis)
    assert f"rewritten to {ROUTER} → {POD_IP}" in text
    assert "fragmentation needed (3/4), MTU 1380, 3x" in text
    assert "seen nowhere else" not in text


def test_other_error_is_not_taken_for_it(tmp_path: Path) -> None:
    """About another segment; that it was nowhere else is not known."""
    outside, inside = (
        [
            (BEGIN + late, ethernet(*macs, 0x0800, needs_fragments(to, ttl, 51000, 700, seq))),
            (BEGIN + late + 9 * MS, ethernet(*macs, 0x0800, needs_fragments(to, ttl, 51000, 701, 5))),
        ]
        for late, macs, to, ttl, seq in ((0, OUTSIDE, SERVICE, 60, 1), (MS, INSIDE, POD_IP, 59, 2))
    )
    analysis = analyze(write_pcap(tmp_path / "eth1.pcap", outside), write_pcap(tmp_path / "pod.pcap", inside))
    assert analysis.paths["sightings"].tolist() == [1, 1, 2]
    assert "not recognised elsewhere" in report(analysis)


def test_text_without_macs_says_why_hops_are_not_judged(tmp_path: Path) -> None:
    """Its packets are followed from the pod's link to the NIC: there was a second link."""
    path = tmp_path / "paste.txt"
    path.write_text(
        "listening on any, link-type LINUX_SLL2 (Linux cooked v2), snapshot length 262144 bytes\n"
        "03:22:41.110000 cali5b1e77a0c3d In  IP 10.66.4.9 > 10.66.8.2: ICMP echo request, id 3, seq 1, length 64\n"
        "03:22:41.110030 ens224 Out IP 10.66.4.9 > 10.66.8.2: ICMP echo request, id 3, seq 1, length 64\n"
        "03:22:41.111000 ens224 In  IP 10.66.8.2 > 10.66.4.9: ICMP echo reply, id 3, seq 1, length 64\n"
        "03:22:41.111040 cali5b1e77a0c3d Out IP 10.66.8.2 > 10.66.4.9: ICMP echo reply, id 3, seq 1, length 64\n"
    )
    analysis = analyze(path)
    reasons = {finding.rule.id: finding.reason for finding in analysis.findings}
    for rule in ("hop-macs-rewritten", "hop-ttl-decremented"):
        assert "the text shows no MACs and no TTL; print it with -e and -v" in reasons[rule]
    assert "no packet was seen on a second link" not in report(analysis)
