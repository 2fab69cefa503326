"""Reports as people paste them: the evidence that a text holds becomes a cause, or heads the report."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck.calico import cali_name
from pcapcheck.report.headline import heading
from tests.support.pastes import causes, judged

POD_MAC, PROXY = "52:1a:66:01:02:03", "ee:ee:ee:ee:ee:ee"


def listening(interface: str) -> str:
    return f"listening on {interface}, link-type EN10MB (Ethernet), capture size 262144 bytes\n"


def pings(seconds: int, macs: str = "") -> str:
    return "".join(
        f"09:44:{19 + n}.845193 {macs or 'IP'} 172.31.0.64 > 10.244.2.20: ICMP echo request, "
        f"id 134, seq {n}, length 64\n"
        for n in range(seconds)
    )


FROM_NODE = f"{PROXY} > {POD_MAC}, ethertype IPv4 (0x0800), length 98:"


def test_a_pod_that_says_nothing_is_asked_in_vain(tmp_path: Path) -> None:
    analysis = judged(tmp_path, listening("cali12345678901") + pings(4, FROM_NODE))
    assert "172.31.0.64's ping to 10.244.2.20 gets no answer" in analysis.headline
    assert causes(analysis)[:3] == ["pod-firewall", "pod-ignores-echo", "pod-answers-elsewhere"]


def test_a_pod_whose_own_frames_were_left_out_is_not(tmp_path: Path) -> None:
    asked = (
        f"09:44:18.1 {PROXY} > {POD_MAC}, ethertype ARP (0x0806), length 42: Reply 169.254.1.1 "
        f"is-at {PROXY}, length 28\n"
    )
    analysis = judged(tmp_path, listening("cali12345678901") + asked + pings(4, FROM_NODE))
    assert not analysis.asked_in_vain


@pytest.mark.parametrize("known", [True, False])
def test_a_list_of_pods_shows_whose_link_it_is(known: bool, tmp_path: Path) -> None:
    cali = cali_name("default", "web-7" if known else "shop-1")
    listed = "$ kubectl get pods -o wide\nNAME   READY   STATUS    RESTARTS   AGE   IP            NODE\n"
    text = (
        f"{listed}web-7   1/1   Running   0   57m   10.244.2.20   worker-1\n$ tcpdump -ni "
        f"{cali}\n{listening(cali)}{pings(3)}"
    )
    assert ("host-route-missing" not in causes(judged(tmp_path, text))) is known


def test_what_was_recorded_in_the_pod_came_to_it(tmp_path: Path) -> None:
    inside = (
        "[root@web-7 ~]# ip a\n4: eth0@if883: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1440 qdisc noqueue state UP\n"
        "    link/ether 52:1a:66:01:02:03 brd ff:ff:ff:ff:ff:ff link-netnsid 0\n    inet {ip}/32 scope global eth0\n"
        "[root@web-7 ~]# tcpdump -i eth0 -n\n"
    )
    own, other = (
        causes(judged(tmp_path, inside.format(ip=ip) + listening("eth0") + pings(4)))
        for ip in ("10.244.2.20", "10.244.2.21")
    )
    assert own[0] == "pod-firewall"
    assert "policy-drops" not in own
    assert "policy-drops" in other


@pytest.mark.parametrize(("port", "first"), [(30053, True), (5053, False)])
def test_a_node_port_that_is_asked_again_and_again(port: int, first: bool, tmp_path: Path) -> None:
    text = "".join(
        f"07:25:{14 + 5 * n}.196136 IP 10.244.3.87.36457 > 172.31.5.9.{port}: UDP, length 61\n" for n in range(3)
    )
    text += "07:25:26.7 IP 172.31.5.9.3734 > 10.244.3.54.53: 8166+ A? kubernetes.default. (47)\n"
    text += "07:25:26.8 IP 10.244.3.54.53 > 172.31.5.9.3734: 8166 NXDomain 0/0/1 (47)\n"
    found = causes(judged(tmp_path, text))
    assert ({"conntrack-drops", "conntrack-entry-stale"} == set(found[:2])) is first


SYN = (
    "IP 10.244.1.10.{port} > 10.244.2.20.80: Flags [S], seq {seq}, win 64240, options [mss "
    "1440,sackOK,TS val {stamp} ecr 0], length 0\n"
)
SYN_ACK = "IP 10.244.2.20.80 > 10.244.1.10.{port}: Flags [S.], seq 7, ack {ack}, win 65160, length 0\n"


@pytest.mark.parametrize(("behind", "named"), [(100_000, True), (-5_000, False), (1 << 30, False)])
def test_syns_with_older_timestamps(behind: int, named: bool, tmp_path: Path) -> None:
    text = listening("eth0")
    text += (
        "10:00:00.1 "
        + SYN.format(port=4000, seq=100, stamp=3_000_000_000)
        + "10:00:00.2 "
        + SYN_ACK.format(port=4000, ack=101)
    )
    for n in (4, 5, 7):
        text += f"10:00:0{n}.1 " + SYN.format(port=4001, seq=500, stamp=3_000_000_000 - behind + n)
    found = causes(judged(tmp_path, text))
    assert ("timestamps-older" in found) is named
    assert not named or found[0] == "timestamps-older"


@pytest.mark.parametrize(("seq", "second", "asked"), [(100, 1, True), (900, 1, False), (100, 0, False)])
def test_an_answered_syn_that_is_sent_again(seq: int, second: int, asked: bool, tmp_path: Path) -> None:
    text = listening("eth0")
    for number, at in ((100, 0), (seq, second)):
        text += (
            f"10:00:0{at}.10 "
            + SYN.format(port=4000, seq=number, stamp=1)
            + f"10:00:0{at}.11 "
            + SYN_ACK.format(port=4000, ack=number + 1)
        )
        text += f"10:00:0{at}.12 IP 10.244.1.10.4000 > 10.244.2.20.80: Flags [R], seq {number + 1}, win 0, length 0\n"
    analysis = judged(tmp_path, text)
    assert bool(analysis.asked_in_vain) is asked
    assert ("is not made, although 10.244.2.20 answers its SYN" in analysis.headline) is asked
    told = " ".join(str(remark) for remark in analysis.remarks)
    assert ("it resets the answer and sends its SYN again" in told and "br_netfilter" in told) is asked


GATEWAY = (
    "12:27:56.1 ARP, Request who-has 169.254.1.1 tell 10.244.1.10, length 28\n"
    "12:27:56.2 ARP, Reply 169.254.1.1 is-at ee:ee:ee:ee:ee:ee, length 28\n"
)
PING = "12:27:{second}.3 IP 10.244.1.10 > 10.244.1.11: ICMP echo request, id 27, seq {second}, length 64\n"
PONG = "12:27:{second}.4 IP 10.244.1.11 > 10.244.1.10: ICMP echo reply, id 27, seq {second}, length 64\n"
QUERY = "12:27:57.3 IP 10.244.1.10.4594 > 10.96.0.10.53: 27464+ PTR? 10.1.244.10.in-addr.arpa. (42)\n"


@pytest.mark.parametrize(
    ("lines", "warned"),
    [
        (PING.format(second=56), True),
        (PING.format(second=56) + PONG.format(second=56), False),
        (PING.format(second=56) + PONG.format(second=56) + PING.format(second=57), False),
        # tcpdump's own.
        (QUERY, False),
    ],
)
def test_no_pass_over_a_ping_that_ends_a_text(lines: str, warned: bool, tmp_path: Path) -> None:
    analysis = judged(tmp_path, listening("cali12345678901") + GATEWAY + lines)
    assert analysis.verdict == "pass"
    assert (heading(analysis) == "warn") is warned


def test_queries_that_end_a_text_are_named(tmp_path: Path) -> None:
    text = listening("eth0") + "11:44:55.1 IP 10.244.1.10.5018 > 10.244.2.66.53: 36185+ A? db.shop. (43)\n"
    assert "10.244.1.10's DNS query to 10.244.2.66 has no answer in this text" in judged(tmp_path, text).headline


def test_pings_pass_a_tunnel_and_syns_do_not(tmp_path: Path) -> None:
    outer = "07:51:5{n} IP 172.31.0.{src}.35736 > 172.31.0.{dst}.4789: VXLAN, flags [I] (0x08), vni 4096\n"
    text = listening("ens160") + outer.format(n="6.62", src=5, dst=1)
    text += "IP 10.244.1.10.652 > 10.244.2.20.80: Flags [S], seq 1, win 64240, length 0\n"
    text += (
        outer.format(n="7.1", src=1, dst=5)
        + "IP 10.244.2.20 > 10.244.1.10: ICMP echo request, id 3, seq 1, length 64\n"
    )
    text += (
        outer.format(n="7.2", src=5, dst=1) + "IP 10.244.1.10 > 10.244.2.20: ICMP echo reply, id 3, seq 1, length 64\n"
    )
    assert (
        "while pings through VXLAN are answered, as with a broken checksum offload" in judged(tmp_path, text).headline
    )
    plain = "\n".join(line for line in text.splitlines() if "VXLAN" not in line and "listening" not in line)
    stamped = "\n".join(f"07:51:56.{n} {line}" for n, line in enumerate(plain.splitlines()))
    assert "checksum offload" not in judged(tmp_path, listening("ens160") + stamped + "\n").headline


@pytest.mark.parametrize(("cksum", "wrong"), [("[bad udp cksum 0xffff -> 0x76dc!]", True), ("[udp sum ok]", False)])
def test_a_wrong_checksum_of_vxlan_heads_the_report(cksum: str, wrong: bool, tmp_path: Path) -> None:
    text = listening("eth0") + (
        "11:51:31.6 IP (tos 0x0, ttl 64, id 597, offset 0, flags [none], proto UDP (17), length 102)\n"
        f"    172.31.0.3.26898 > 172.31.0.1.4789: {cksum} VXLAN, flags [I] (0x08), vni 4096\n"
        "IP (tos 0x0, ttl 64, id 815, offset 0, flags [DF], proto ICMP (1), length 84)\n"
        "    10.244.1.10 > 10.244.2.20: ICMP echo request, id 12, seq 1, length 64\n"
    )
    assert ("1 VXLAN packet with a wrong outer UDP checksum" in judged(tmp_path, text).headline) is wrong


@pytest.mark.parametrize(("other", "said"), [("52:54:00:cc:00:03", True), ("52:54:00:bb:00:02", False)])
def test_two_macs_on_a_card(other: str, said: bool, tmp_path: Path) -> None:
    asker = "52:54:00:aa:00:01"
    text = listening("eth0")
    for second in (1, 31):
        text += (
            f"10:00:{second:02}.1 {asker} > ff:ff:ff:ff:ff:ff, ethertype ARP (0x0806), length 42: "
            "Request who-has 172.31.5.20 tell 172.31.5.10, length 28\n"
        )
        for n, mac in enumerate(("52:54:00:bb:00:02", other)):
            text += (
                f"10:00:{second:02}.{n + 2} {mac} > {asker}, ethertype ARP (0x0806), length 60: "
                f"Reply 172.31.5.20 is-at {mac}, length 46\n"
            )
    assert ("172.31.5.20 is claimed by" in judged(tmp_path, text).headline) is said


@pytest.mark.parametrize("pair", [True, False])
def test_late_dns_off_the_pods_links(pair: bool, tmp_path: Path) -> None:
    ask, tell = "IP 10.244.3.87.36457 > 10.96.0.10.53:", "IP 10.96.0.10.53 > 10.244.3.87.36457:"
    text = "07:25:14.196136 " + ask + " 8166+ A? api.shop. (44)\n"
    if pair:
        text += (
            "07:25:14.196190 "
            + ask
            + " 9211+ AAAA? api.shop. (44)\n07:25:14.197 "
            + tell
            + " 8166* 1/0/0 A 10.96.7.7 (60)\n"
        )
    late = "9211+ AAAA?" if pair else "8166+ A?"
    text += f"07:25:19.2 {ask} {late} api.shop. (44)\n07:25:19.3 {tell} {late[:4]}* 0/1/0 (97)\n"
    analysis = judged(tmp_path, text)
    assert "DNS queries were answered only when they were asked again" in analysis.headline
    assert any("insert_failed" in remark.text for remark in analysis.remarks) is pair


def test_data_of_a_server_goes_to_no_service(tmp_path: Path) -> None:
    text = "".join(
        f"11:58:1{n}.6 IP 10.96.180.19.5000 > 10.96.66.92.49360: Flags [.], seq 1:1389, ack 290, win 226, length 1388\n"
        for n in (0, 1, 3, 7)
    )
    found = causes(judged(tmp_path, text))
    assert found[0] == "mtu-too-large"
    assert not {"service-endpoint-gone", "listen-queue-full"} & set(found)


@pytest.mark.parametrize("node", [True, False])
def test_what_is_for_the_node_itself_is_not_forwarded(node: bool, tmp_path: Path) -> None:
    text = listening("cali12345678901")
    for n in (1, 2):
        text += (
            f"11:17:0{n}.1 {POD_MAC} > {PROXY}, ethertype IPv4 (0x0800), length 98: 10.244.1.10 > "
            f"172.31.0.7: ICMP echo request, id 7, seq {n}, length 64\n"
        )
    asker = "172.31.0.7" if node else "172.31.0.8"
    text += (
        f"11:17:06.1 {PROXY} > {POD_MAC}, ethertype ARP (0x0806), length 42: Request who-has "
        f"10.244.1.10 tell {asker}, length 28\n"
    )
    text += (
        f"11:17:06.2 {POD_MAC} > {PROXY}, ethertype ARP (0x0806), length 42: Reply 10.244.1.10 "
        f"is-at {POD_MAC}, length 28\n"
    )
    found = causes(judged(tmp_path, text))
    assert ("forwarding-off" not in found) is node
    assert "policy-drops" in found[:3]


@pytest.mark.parametrize(
    ("received", "recorded", "said"),
    [
        (0, ("172.31.0.7 > 10.244.1.10: ICMP echo request", "10.244.1.10 > 172.31.0.7: ICMP echo reply"), "although"),
        (
            0,
            ("172.31.0.7 > 172.31.0.8: ICMP echo request", "172.31.0.8 > 172.31.0.7: ICMP echo reply"),
            "answered none",
        ),
        (3, ("172.31.0.7 > 10.244.1.10: ICMP echo request", "10.244.1.10 > 172.31.0.7: ICMP echo reply"), ""),
        # The packets say it themselves.
        (0, ("172.31.0.7 > 10.244.1.10: ICMP echo request", "10.244.9.9 > 172.31.0.7: ICMP echo request"), ""),
    ],
)
def test_a_ping_that_printed_no_answer(received: int, recorded: tuple[str, str], said: str, tmp_path: Path) -> None:
    lost = 100 if received == 0 else 0
    text = (
        "$ ping -c 3 10.244.1.10\nPING 10.244.1.10 (10.244.1.10) 56(84) bytes of data.\n\n"
        f"--- 10.244.1.10 ping statistics ---\n3 packets transmitted, {received} received, {lost}% packet loss, time "
        "2031ms\n\n$ ip route\ndefault via 172.31.0.1 dev eth0\n10.244.1.10 dev cali12345678901 scope link\n\n"
    )
    for n in range(8):
        request, reply = (
            f"10:21:1{n}.00010{at} IP {packet}, id 7, seq {n}, length 64\n" for at, packet in enumerate(recorded)
        )
        text += request + reply
    analysis = judged(tmp_path, text)
    printed = [remark.warning for remark in analysis.remarks if remark.warning.startswith("ping printed that")]
    assert bool(printed) is bool(said)
    if said:
        assert said in printed[0]
        assert "ping printed that 10.244.1.10 answered none of its 3 requests" in analysis.headline


@pytest.mark.parametrize(
    ("printed", "said"),
    [
        ("curl: (28) Connection timed out after 5001 milliseconds", True),
        ("curl: (7) Failed to connect to 10.96.0.20 port 80 after 3070 ms: No route to host", True),
        ("wget: can't connect to remote host (10.96.0.20): Connection timed out", True),
        (";; connection timed out; no servers could be reached", True),
        ("nc: connect to 10.96.0.20 port 80 (tcp) failed: Connection timed out", True),
        # The other end answered.
        ("curl: (7) Failed to connect to 10.96.0.20 port 80 after 1 ms: Connection refused", False),
        ("curl: (22) The requested URL returned error: 404", False),
        ("the connection timed out yesterday", False),
    ],
)
@pytest.mark.parametrize("answered", [True, False])
def test_a_client_that_printed_its_failure(printed: str, said: bool, answered: bool, tmp_path: Path) -> None:
    text = f"/ # {printed.split(':')[0]} 10.96.0.20\n{printed}\n" + listening("cali12345678901")
    for n in range(8):
        text += f"10:21:1{n}.000100 IP 10.244.1.10 > 10.244.1.11: ICMP echo request, id 7, seq {n}, length 64\n"
        if answered:
            text += f"10:21:1{n}.000200 IP 10.244.1.11 > 10.244.1.10: ICMP echo reply, id 7, seq {n}, length 64\n"
    headline = judged(tmp_path, text).headline
    assert (f'a client printed "{printed}"' in headline) is (said and answered)


@pytest.mark.parametrize(
    ("route", "local"),
    [("10.244.2.0/26 via 172.31.0.66 dev tunl0 proto bird onlink", False), ("default via 172.31.0.1 dev eth0", True)],
)
def test_a_route_to_another_nodes_block_is_no_pod_of_this_node(route: str, local: bool, tmp_path: Path) -> None:
    asked = pings(5).replace("172.31.0.64", "10.244.1.10")
    state = f"[root@worker-1 ~]# ip route\n{route}\n10.244.1.10 dev cali12345678901 scope link\n"
    found = causes(judged(tmp_path, listening("cali12345678901") + asked + state))
    assert ("host-route-missing" in found[:3]) is local
    assert ("route-to-wrong-pod" in found) is local
