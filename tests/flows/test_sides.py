"""Who is the pod: by whom the gateway was asked, by TTLs, by the proxy MAC last; and what rests on what."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck import analyze
from pcapcheck.analysis import Analysis
from tests.support.lab import LETTERS
from tests.support.wire import (
    BEGIN,
    GATEWAY,
    MS,
    NODE,
    OTHER,
    POD,
    POD_IP,
    SECOND,
    answer,
    arp,
    ask,
    cooked,
    reply,
    request,
    write_pcap,
)

NAME = "cali14e7d81007d.pcap"


def judge(tmp_path: Path, *frames: bytes, name: str = NAME) -> Analysis:
    return analyze(write_pcap(tmp_path / name, [(BEGIN + n * MS, frame) for n, frame in enumerate(frames)]))


def sides(analysis: Analysis) -> dict[str, tuple[str, str]]:
    (link,) = analysis.links
    return {f"{party:012x}" if isinstance(party, int) else party: side for party, side in link.sides.parties.items()}


def hexed(mac: str) -> str:
    return mac.replace(":", "")


def status(analysis: Analysis, rule: str) -> str:
    return LETTERS[next(one.status for one in analysis.findings if one.rule.id == rule)]


def test_asker_of_the_gateway_is_the_pod(tmp_path: Path) -> None:
    found = sides(judge(tmp_path, ask(), answer()))
    assert found == {hexed(POD): ("pod", "gateway-arp"), hexed(NODE): ("node", "gateway-arp")}


def test_roles_of_the_proxy_mac_reversed(tmp_path: Path) -> None:
    """Old plug-ins gave the pod's end ee:ee:…: who asks is the pod all the same."""
    analysis = judge(tmp_path, ask(src=NODE), answer(by=OTHER, to=NODE))
    assert sides(analysis)[hexed(NODE)] == ("pod", "gateway-arp")
    assert status(analysis, "gateway-arp-proxy-mac") == "F"


def test_unsolicited_claim_proves_nothing(tmp_path: Path) -> None:
    claim = arp(2, (POD, GATEWAY), ("ff:ff:ff:ff:ff:ff", GATEWAY), "ff:ff:ff:ff:ff:ff")
    found = sides(judge(tmp_path, claim, request(), reply()))
    assert found[hexed(POD)][0] == "pod"


def test_ttl(tmp_path: Path) -> None:
    found = sides(judge(tmp_path, request(eth=(POD, OTHER)), reply(eth=(OTHER, POD), ttl=63)))
    assert found == {hexed(POD): ("pod", "ttl"), hexed(OTHER): ("node", "ttl")}


@pytest.mark.parametrize("ttl", [64, 128, 255])
def test_last_resort_is_the_proxy_mac(ttl: int, tmp_path: Path) -> None:
    """The node itself pings: no TTL tells. Then its MAC does, but is not judged by itself."""
    analysis = judge(tmp_path, reply(ttl=ttl), request(ttl=ttl))
    assert sides(analysis)[hexed(NODE)] == ("node", "proxy-mac")
    assert status(analysis, "node-frames-from-proxy-mac") == "-"
    assert status(analysis, "node-frames-to-pod-mac") == "P"


def test_two_strangers(tmp_path: Path) -> None:
    """Whichever is the pod, its frames do not go to the proxy MAC: that much can be said."""
    analysis = judge(tmp_path, request(eth=(POD, OTHER)), reply(eth=(OTHER, POD), ttl=64))
    assert sides(analysis) == {}
    assert status(analysis, "pod-frames-to-proxy-mac") == "F"
    assert status(analysis, "node-frames-to-pod-mac") == "P"
    assert status(analysis, "echo-answered") == "P"


def test_router_in_a_recording_of_all_links_is_not_the_node(tmp_path: Path) -> None:
    """An -i any capture without interfaces: TTL 63 is also what the node's NIC sends and what comes from outside."""
    router, nic = "02:00:00:00:00:aa", "02:00:00:00:00:bb"
    frames = [
        cooked(ask(), False),
        cooked(answer(), True),
        cooked(request(), False),
        cooked(request(eth=(nic, router), ttl=63), True),
        cooked(reply(eth=(router, nic), ttl=62), False),
        cooked(reply(ttl=61), True),
    ]
    timed = [(BEGIN + n * MS, frame) for n, frame in enumerate(frames)]
    analysis = analyze(write_pcap(tmp_path / "any.pcap", timed, link_type=113))
    assert status(analysis, "node-frames-from-proxy-mac") == "P"
    assert status(analysis, "gateway-arp-answered") == "P"


def test_pod_made_anew_is_not_a_bridge(tmp_path: Path) -> None:
    frames = [
        (BEGIN, ask()),
        (BEGIN + MS, answer()),
        (BEGIN + 9 * SECOND, ask(src=OTHER)),
        (BEGIN + 9 * SECOND + MS, answer(to=OTHER)),
        (BEGIN + 12 * SECOND, request(eth=(OTHER, NODE))),
    ]
    (link,) = analyze(write_pcap(tmp_path / NAME, frames)).links
    assert not link.sides.folded
    assert not link.sides.crowded


def test_random_mac_of_the_node(tmp_path: Path) -> None:
    analysis = judge(
        tmp_path, ask(), answer(by=OTHER), request(eth=(POD, OTHER)), reply(eth=(OTHER, POD)), name="capture.pcap"
    )
    assert status(analysis, "gateway-arp-proxy-mac") == "F"
    assert status(analysis, "pod-frames-to-proxy-mac") == "F"
    assert status(analysis, "node-frames-from-proxy-mac") == "F"
    assert status(analysis, "node-frames-to-pod-mac") == "P"


def test_stale_entry_on_the_node(tmp_path: Path) -> None:
    analysis = judge(tmp_path, ask(), answer(), request(), reply(eth=(NODE, OTHER)))
    assert status(analysis, "node-frames-to-pod-mac") == "F"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("capture.pcap", "pod-link"),
        ("eth0.pcap", "pod-link"),
        ("node1_cali14e7d81007d.pcap", "pod-link"),
        ("cali14e7d81007d.pcap0", "pod-link"),
        ("tunl0.pcap", "tunnel"),
        ("vxlan.calico.pcap", "tunnel"),
    ],
)
def test_kind_with_gateway_traffic(name: str, kind: str, tmp_path: Path) -> None:
    assert judge(tmp_path, ask(), answer(), name=name).links[0].point.kind == kind


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("capture.pcap", "unknown"),
        ("ens5.pcap", "host-nic"),
        ("eth0.pcap", "host-nic"),
        ("bond0.pcap", "host-nic"),
        ("xcali14e7d81007d.pcap", "unknown"),
        ("cali14e7d81007.pcap", "unknown"),
        ("cali14e7d81007d.pcap", "pod-link"),
    ],
)
def test_kind_without(name: str, kind: str, tmp_path: Path) -> None:
    frame = request(eth=(POD, OTHER), src=POD_IP)
    assert judge(tmp_path, frame, name=name).links[0].point.kind == kind


def test_frame_to_the_proxy_mac_on_a_nic_is_no_pod_link(tmp_path: Path) -> None:
    """An eBPF node's reply that was not rewritten looks like that (on a NIC)."""
    assert judge(tmp_path, request(eth=(POD, NODE)), name="eth0.pcap").links[0].point.kind == "host-nic"
