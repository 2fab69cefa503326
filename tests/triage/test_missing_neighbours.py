"""Hosts of the packets for which a node of any network has no MAC: FAILED and INCOMPLETE entries next to a text."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.pastes import judged

ASKER, ASKED = "172.30.4.9", "172.30.7.21"
PING = "08:15:0{n}.5 IP {src} > {dst}: ICMP echo {what}, id 9, seq {n}, length 64\n"
FAILED = "$ ip neigh\n{ip} dev {dev} {state}\n172.30.7.99 dev {dev} lladdr 0a:11:22:33:44:55 REACHABLE\n"


def listening(device: str) -> str:
    return f"listening on {device}, link-type EN10MB (Ethernet), snapshot length 262144 bytes\n"


def pings(dst: str = ASKED, answered: bool = False) -> str:
    text = ""
    for n in range(1, 5):
        text += PING.format(n=n, src=ASKER, dst=dst, what="request")
        if answered:
            text += PING.format(n=n, src=dst, dst=ASKER, what="reply")
    return text


def missing(folder: Path, text: str) -> list[str]:
    return [remark.text for remark in judged(folder, text).remarks if "has no MAC for" in remark.text]


@pytest.mark.parametrize("device", ["cni0", "docker0", "eth0", "br-0123456789ab"])
@pytest.mark.parametrize("state", ["FAILED", "INCOMPLETE"])
@pytest.mark.parametrize("first", [True, False])
def test_who_is_asked_in_vain(device: str, state: str, first: bool, tmp_path: Path) -> None:
    entries = FAILED.format(ip=ASKED, dev=device, state=state)
    packets = listening(device) + pings()
    (remark,) = missing(tmp_path, entries + packets if first else packets + entries)
    assert f"has no MAC for {ASKED} ({state} on {device})" in remark
    assert f"it drops what it has for {ASKED}, as {ASKER}'s ping to {ASKED}" in remark


@pytest.mark.parametrize(
    "entry",
    [
        f"? ({ASKED}) at <incomplete> on cni0",
        f"{ASKED}                (incomplete)                              cni0",
        f"{ASKED}     0x1         0x0         00:00:00:00:00:00     *        cni0",
    ],
)
def test_arp_says_it_too(entry: str, tmp_path: Path) -> None:
    heading = "$ cat /proc/net/arp\n" if "0x1" in entry else "$ arp -a\n" if "?" in entry else "$ arp -n\n"
    (remark,) = missing(tmp_path, listening("cni0") + pings() + heading + entry + "\n")
    assert f"{ASKED} (INCOMPLETE on cni0)" in remark


def test_a_single_packet_that_is_no_question(tmp_path: Path) -> None:
    packet = f"08:15:01.5 IP {ASKER}.40001 > {ASKED}.9999: UDP, length 12\n"
    analysis = judged(tmp_path, listening("cni0") + packet + FAILED.format(ip=ASKED, dev="cni0", state="FAILED"))
    assert f"has no MAC for {ASKED} (FAILED on cni0)" in analysis.headline


def test_the_router_to_who_is_asked(tmp_path: Path) -> None:
    routes = (
        "$ ip route\ndefault via 172.30.0.1 dev eth0\n172.30.0.0/16 dev eth0 proto kernel scope link src 172.30.4.9\n"
    )
    text = (
        listening("eth0") + pings("198.51.100.7") + routes + FAILED.format(ip="172.30.0.1", dev="eth0", state="FAILED")
    )
    (remark,) = missing(tmp_path, text)
    assert "has no MAC for 172.30.0.1, the router to 198.51.100.7 (FAILED on eth0)" in remark
    assert f"it drops what it has for 198.51.100.7, as {ASKER}'s ping to 198.51.100.7" in remark


def test_ipv6_asks_otherwise(tmp_path: Path) -> None:
    text = "".join(
        f"08:15:0{n}.5 IP6 fd00:7::9 > fd00:7::21: ICMP6, echo request, id 9, seq {n}, length 64\n" for n in range(1, 5)
    )
    (remark,) = missing(tmp_path, listening("cni0") + text + FAILED.format(ip="fd00:7::21", dev="cni0", state="FAILED"))
    assert "nobody answers its neighbour solicitation there" in remark
    assert "tcpdump -nn -i cni0 icmp6" in remark


@pytest.mark.parametrize(
    ("ip", "state", "answered"),
    [
        # Nobody asks for it, or it answers: the entry is of another time.
        ("172.30.7.50", "FAILED", False),
        (ASKED, "FAILED", True),
        # It has one.
        (ASKED, "lladdr 0a:11:22:33:44:66 STALE", False),
    ],
)
def test_nothing_is_said(ip: str, state: str, answered: bool, tmp_path: Path) -> None:
    text = listening("cni0") + pings(answered=answered) + FAILED.format(ip=ip, dev="cni0", state=state)
    assert not missing(tmp_path, text)


def test_nobody_answers_for_a_group(tmp_path: Path) -> None:
    routes = "$ ip route\ndefault via 172.30.0.1 dev eth0\n"
    packet = f"08:15:01.5 IP {ASKER}.40001 > 239.1.2.3.9999: UDP, length 12\n"
    text = listening("eth0") + packet + routes + FAILED.format(ip="172.30.0.1", dev="eth0", state="FAILED")
    assert not missing(tmp_path, text)


def test_a_rule_judges_calicos_own(tmp_path: Path) -> None:
    device = "cali0123456789a"
    text = listening(device) + pings() + FAILED.format(ip=ASKED, dev=device, state="FAILED")
    assert not missing(tmp_path, text)
    assert "has no MAC for" in judged(tmp_path, text).headline
