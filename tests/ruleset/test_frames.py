"""Rules about frames: a frame of another protocol is not selected, a frame that was cut is unknown."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck import analyze
from pcapcheck.ruleset.finding import Finding
from tests.support.lab import CAPTURES
from tests.support.wire import BEGIN, SECOND, error, reply, request, write_pcap

HEALTHY = CAPTURES / "healthy" / "cali14e7d81007d.pcap"
VXLAN = sorted((CAPTURES / "two-nodes-vxlan").glob("*.pcap*"))


def judge(folder: Path, select: str, says: str, *captures: Path) -> Finding:
    (folder / "x.yml").write_text(f"rules: [{{id: x, select: {{table: frames, {select}}}, {says}}}]\n")
    (finding,) = analyze(*captures, rules=folder / "x.yml").findings
    return finding


@pytest.mark.parametrize(
    "select",
    [
        "icmp.type: 3",
        "ip.src: 10.9.9.9",
        "ip.proto: 6, tcp.flags: 4",
        "tcp.dstport: 80",
        "udp.dstport: 53",
        "arp.opcode: 7",
        "quoted.dst: 10.9.9.9, icmp.type: 3",
        "encap: ipip",
        "vlan.id: 5",
    ],
)
def test_what_must_not_occur(select: str, tmp_path: Path) -> None:
    assert judge(tmp_path, select, "count: {max: 0}", HEALTHY).status == "pass"


def test_what_occurs_is_counted_alone(tmp_path: Path) -> None:
    finding = judge(tmp_path, "icmp.type: [0, 8]", "count: {min: 1}", HEALTHY)
    assert (finding.status, finding.unknown) == ("pass", 0)
    finding = judge(tmp_path, "arp.opcode: 1", "expect: {arp.src.hw_mac: {exists: true}}", HEALTHY)
    assert (finding.status, finding.unknown) == ("pass", 0)


def test_what_was_not_captured_stays_unknown(tmp_path: Path) -> None:
    cut = write_pcap(tmp_path / "cali14e7d81007d.pcap", [(BEGIN, request()[:30]), (BEGIN + SECOND, reply()[:30])])
    assert judge(tmp_path, "icmp.type: 3", "count: {max: 0}", cut).status == "not-checked"


def test_tunnels_are_distinguished(tmp_path: Path) -> None:
    finding = judge(tmp_path, "encap: vxlan", "expect: {vxlan.vni: 4096}", *VXLAN)
    assert finding.status == "pass"
    assert finding.checked > 0
    assert finding.unknown == 0
    assert judge(tmp_path, "encap: ipip", "count: {max: 0}", *VXLAN).status == "pass"


def test_errors_are_found(tmp_path: Path) -> None:
    capture = write_pcap(tmp_path / "cali14e7d81007d.pcap", [(BEGIN, request()), (BEGIN + 5, error(3, 1, request()))])
    finding = judge(tmp_path, "icmp.type: 3", "count: {max: 0}", capture)
    assert (finding.status, finding.measures[0].words) == ("fail", "count is 1")
