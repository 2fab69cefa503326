"""Whose link it is, and who asks there, where neither a name nor the first packet tells."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from pathlib import Path

import pytest

from pcapcheck import analyze
from pcapcheck.analysis import Analysis
from pcapcheck.report.headline import headline
from tests.support.wire import (
    BEGIN,
    BROADCAST,
    MS,
    POD,
    POD_IP,
    SECOND,
    answer,
    arp,
    ask,
    cooked2,
    ethernet,
    mac,
    reply,
    request,
    write_pcap,
)

BRIDGE, OTHER_POD, ROUTER = "be:75:3e:98:9e:8b", "1a:04:7c:c5:91:2d", "10.244.1.1"
VETH, ENI = "veth8a3f01c2.pcap", "eni3f0a91c7d52"
NONE = "00:00:00:00:00:00"


def failed(analysis: Analysis) -> set[str]:
    return {finding.rule.id for finding in analysis.findings if finding.status == "fail"}


def network(analysis: Analysis) -> str | None:
    (point,) = analysis.points
    return point.network


def spaced(path: Path, frames: Sequence[bytes], apart: int = SECOND) -> Path:
    return write_pcap(path, [(BEGIN + number * apart, one) for number, one in enumerate(frames)])


def talk() -> list[bytes]:
    """A pod on a bridge finds its gateway, and pings a host outside twice."""
    found = [ask(ROUTER), answer(ROUTER, by=BRIDGE)]
    for number in (1, 2):
        found += [
            request(number, dst="172.31.186.9", eth=(POD, BRIDGE)),
            reply(number, src="172.31.186.9", eth=(BRIDGE, POD)),
        ]
    return found


@pytest.mark.parametrize("target", [ROUTER, "10.244.1.77"])
def test_what_another_pod_asks_on_its_bridge_proves_nothing(target: str, tmp_path: Path) -> None:
    """A bridge sends the request out of every port, and the answer out of the asker's."""
    asks = [ask(target, src=OTHER_POD, ip="10.244.1.12")] * 5
    analysis = analyze(spaced(tmp_path / VETH, talk() + asks))
    assert (network(analysis), analysis.verdict, failed(analysis)) == ("bridge", "pass", set())
    assert headline(analysis).startswith("2 of 2 echo requests are replied to")
    assert all(question.doubt for question in analysis.unanswered)


def test_what_the_pod_itself_asks_in_vain_there_fails(tmp_path: Path) -> None:
    others = [ask(ROUTER, src=OTHER_POD, ip="10.244.1.12")]
    analysis = analyze(spaced(tmp_path / VETH, talk() + others + [ask("10.244.1.77")] * 4))
    assert (network(analysis), failed(analysis)) == ("bridge", {"neighbour-answers-arp"})
    assert f"nobody answers {POD_IP}'s ARP for 10.244.1.77" in headline(analysis)


def test_a_neighbour_behind_the_gateway_shows_ptp_though_others_came_first(tmp_path: Path) -> None:
    """The node asked first, so the pod knows its gateway's MAC without asking."""
    frames = [
        arp(1, (BRIDGE, ROUTER), (NONE, POD_IP), BROADCAST),
        arp(2, (POD, POD_IP), (BRIDGE, ROUTER), BRIDGE),
        *(request(n, dst="172.31.186.9", eth=(POD, BRIDGE)) for n in (1, 2)),
        *(reply(n, src="172.31.186.9", eth=(BRIDGE, POD)) for n in (1, 2)),
    ]
    assert network(analyze(spaced(tmp_path / VETH, frames, MS))) is None
    frames += [request(3, dst="10.244.1.2", eth=(POD, BRIDGE)), reply(3, src="10.244.1.2", eth=(BRIDGE, POD))]
    analysis = analyze(spaced(tmp_path / VETH, frames, MS))
    assert (network(analysis), analysis.verdict, failed(analysis)) == ("ptp", "pass", set())


@pytest.mark.parametrize(
    ("file", "shown"),
    [
        (f"{ENI}-before.pcap", "aws-vpc-cni"),
        (f"node1_{ENI}_2026-11-30.pcap", "aws-vpc-cni"),
        ("lxc6d21a0b4c3f1.in.pcap", "cilium"),
        (f"{ENI}-and-lxc6d21a0b4c3f1-both.pcap", None),
        ("beni3f0a91c7d52.pcap", None),
    ],
)
def test_a_links_name_is_found_among_other_words(file: str, shown: str | None, tmp_path: Path) -> None:
    frames = [request(n, eth=(POD, BRIDGE)) for n in (1, 2)] + [reply(n, eth=(BRIDGE, POD)) for n in (1, 2)]
    assert network(analyze(spaced(tmp_path / file, frames, MS))) == shown


def solicit(target: str, source: str = "fd00:32::11") -> bytes:
    """The pod's neighbour solicitation, as it goes to all that may have the address."""
    to = b"\xff\x02" + bytes(9) + b"\x01\xff" + socket.inet_pton(socket.AF_INET6, target)[-3:]
    body = b"\x87\0\0\0\0\0\0\0" + socket.inet_pton(socket.AF_INET6, target) + b"\x01\x01" + mac(POD)
    header = b"\x60\0\0\0" + len(body).to_bytes(2, "big") + b"\x3a\xff" + socket.inet_pton(socket.AF_INET6, source) + to
    return ethernet(POD, "33:33:ff:" + ":".join(f"{byte:02x}" for byte in to[-3:]), 0x86DD, header + body)


@pytest.mark.parametrize(
    ("file", "gateway", "rules"),
    [
        (f"{ENI}.pcap", "fe80::1", {"gateway-entry-kept", "gateway-entry-or-answer"}),
        ("azv61c0d9e2f4a.pcap", "fe80::1234:5678:9abc", {"gateway-entry-or-answer"}),
    ],
)
def test_who_asks_for_the_gateway_of_another_network_is_its_pod(
    file: str, gateway: str, rules: set[str], tmp_path: Path
) -> None:
    analysis = analyze(spaced(tmp_path / file, [solicit(gateway)] * 5))
    assert failed(analysis) == rules
    assert headline(analysis).startswith(f"the pod fd00:32::11 has lost the neighbour entry of its gateway {gateway}")


@pytest.mark.parametrize("cooked", [True, False])
def test_a_pod_of_another_network_is_not_calicos_where_calico_was_recorded_too(cooked: bool, tmp_path: Path) -> None:
    """Its own link says whose it is, wherever else it is heard."""
    asks = [ask(src=OTHER_POD, ip="10.0.32.12")] * 4
    by_name = spaced(tmp_path / f"{ENI}.pcap", asks)
    if cooked:
        frames = [(BEGIN + n * SECOND, cooked2(one, outgoing=False, ifindex=5)) for n, one in enumerate(asks)]
        unnamed = write_pcap(tmp_path / "any.pcap", frames, link_type=276)
    else:
        unnamed = spaced(tmp_path / "eth0.pcap", asks)
    cali = spaced(tmp_path / "cali2b8f04a6d19.pcap", [ask(), answer()], MS)
    analysis = analyze(by_name, unnamed, cali)
    assert [point.network for point in analysis.points] == ["aws-vpc-cni", "aws-vpc-cni", "calico"]
    assert failed(analysis) == {"gateway-entry-kept", "gateway-entry-or-answer"}
    assert "gateway-arp-answered" in failed(analyze(unnamed, cali))


def test_a_pack_makes_no_pod_of_a_host_behind_the_nic_where_links_show_themselves(tmp_path: Path) -> None:
    """On a NIC with one host behind it, that looks like a pod: it has one address, and the other end forwards."""
    nic, host = ("0a:58:00:00:00:01", "0a:58:00:00:00:02"), "172.31.186.9"
    seen = [(False, 3, ask()), (True, 3, answer())]
    for number in (1, 2):
        seen += [
            (False, 3, request(number, dst=host)),
            (True, 2, request(number, dst=host, eth=nic, ttl=63)),
            (False, 2, reply(number, src=host, eth=nic[::-1], ttl=64)),
            (True, 3, reply(number, src=host, ttl=63)),
        ]
    frames = [(BEGIN + number * MS, cooked2(one, out, index)) for number, (out, index, one) in enumerate(seen)]
    path = write_pcap(tmp_path / "any.pcap", frames, link_type=276)
    analysis = analyze(path, pack="calico")
    assert {point.name: point.kind for point in analysis.points} == {"ifindex 3": "pod-link", "ifindex 2": "unknown"}
    assert (analysis.verdict, failed(analysis)) == ("pass", set())
    # Calico's MAC answers.
    assert failed(analyze(path, pack="aws")) == set()
