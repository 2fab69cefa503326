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
    error,
    reply,
    request,
    write_pcap,
)

NAME = "cali14e7d81007d.pcap"


def judge(tmp_path: Path, *frames: bytes, name: str = NAME) -> Analysis:
    return analyze(write_pcap(tmp_path / name, [(BEGIN + n * MS, frame) for n, frame in enumerate(frames)]))


def sides(analysis: Analysis) -> dict[str, tuple[str, str]]:
    (point,) = analysis.points
    return {f"{party:012x}" if isinstance(party, int) else party: side for party, side in point.sides.parties.items()}


def hexed(mac: str) -> str:
    return mac.replace(":", "")


def status(analysis: Analysis, rule: str) -> str:
    return LETTERS[next(finding.status for finding in analysis.findings if finding.rule.id == rule)]


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


INNER_IP = "192.168.7.2"


def test_pod_that_routes_is_not_the_node(tmp_path: Path) -> None:
    """Containers in a pod, a VPN: its TTLs are decremented, while the node itself answers with its own."""
    analysis = judge(tmp_path, request(src=INNER_IP, ttl=63), reply(dst=INNER_IP, ttl=64))
    assert sides(analysis) == {}
    assert "F" not in (status(analysis, one) for one in ("pod-frames-to-proxy-mac", "node-frames-from-proxy-mac"))


@pytest.mark.parametrize("frames", [[request(src=INNER_IP, ttl=63)], [request(src=INNER_IP, ttl=63), ask()]])
def test_lone_pod_that_routes_is_not_the_node(frames: list[bytes], tmp_path: Path) -> None:
    analysis = judge(tmp_path, *frames)
    assert status(analysis, "node-frames-from-proxy-mac") == "-"


def test_loopback_is_nobody(tmp_path: Path) -> None:
    """-i any inside a pod holds its loopback too."""
    loop = request(src="127.0.0.1", dst="127.0.0.1", eth=("00:00:00:00:00:00", "00:00:00:00:00:00"))
    frames = [cooked(loop, False), cooked(ask(), True), cooked(ask(), True)]
    timed = [(BEGIN + n * SECOND, frame) for n, frame in enumerate(frames)]
    analysis = analyze(write_pcap(tmp_path / "pod.pcap", timed, link_type=113))
    assert status(analysis, "node-frames-from-proxy-mac") == "-"


def test_router_that_sends_icmp_errors_is_the_node(tmp_path: Path) -> None:
    sent = request()
    found = sides(judge(tmp_path, sent, error(3, 1, sent)))
    assert found[hexed(NODE)] == ("node", "ttl")


def test_pod_whose_mac_changes(tmp_path: Path) -> None:
    """Its old MAC was never heard asking, and is the pod's all the same: nobody else is at that end."""
    frames = [
        (BEGIN, request(eth=(NODE, OTHER), ttl=63)),
        (BEGIN + MS, reply(eth=(OTHER, NODE), ttl=64)),
        (BEGIN + 9 * SECOND, ask()),
        (BEGIN + 9 * SECOND + MS, answer()),
        (BEGIN + 12 * SECOND, reply()),
    ]
    analysis = analyze(write_pcap(tmp_path / NAME, frames))
    assert status(analysis, "node-frames-to-pod-mac") == "P"


def test_pod_whose_mac_changes_in_one_direction(tmp_path: Path) -> None:
    """-Q in: the two senders are one pod, not the two ends of a link."""
    frames = [
        (BEGIN, request(1, eth=(OTHER, NODE))),
        (BEGIN + MS, request(2, eth=(OTHER, NODE))),
        (BEGIN + 9 * SECOND, ask()),
        (BEGIN + 9 * SECOND + MS, request(3)),
    ]
    assert status(analyze(write_pcap(tmp_path / NAME, frames)), "node-frames-from-proxy-mac") == "-"


def test_frames_before_the_pod_was_heard(tmp_path: Path) -> None:
    """Whom they were meant for is not known: the pod may have changed its MAC since."""
    frames = [
        (BEGIN, request(eth=(NODE, OTHER), ttl=63)),
        (BEGIN + 9 * SECOND, ask()),
        (BEGIN + 9 * SECOND + MS, answer()),
    ]
    assert status(analyze(write_pcap(tmp_path / NAME, frames)), "node-frames-to-pod-mac") == "-"


def test_links_folded_into_one_recording(tmp_path: Path) -> None:
    """mergecap makes one interface of two links; a pod that never asked for its gateway is not a wrong MAC."""
    frames = [
        ask(),
        answer(),
        request(),
        request(eth=(NODE, OTHER), ttl=63),
        reply(eth=(OTHER, NODE), ttl=64),
        reply(),
    ] * 2
    assert status(judge(tmp_path, *frames), "node-frames-to-pod-mac") == "P"


def test_recreated_pod_is_not_a_bridge(tmp_path: Path) -> None:
    frames = [
        (BEGIN, ask()),
        (BEGIN + MS, answer()),
        (BEGIN + 9 * SECOND, ask(src=OTHER)),
        (BEGIN + 9 * SECOND + MS, answer(to=OTHER)),
        (BEGIN + 12 * SECOND, request(eth=(OTHER, NODE))),
    ]
    (point,) = analyze(write_pcap(tmp_path / NAME, frames)).points
    assert not point.sides.folded
    assert not point.sides.crowded


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
    assert judge(tmp_path, ask(), answer(), name=name).points[0].kind == kind


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
    assert judge(tmp_path, frame, name=name).points[0].kind == kind


def test_frame_to_the_proxy_mac_on_a_nic_is_no_pod_link(tmp_path: Path) -> None:
    """An eBPF node's reply that was not rewritten looks like that (on a NIC)."""
    assert judge(tmp_path, request(eth=(POD, NODE)), name="eth0.pcap").points[0].kind == "host-nic"
