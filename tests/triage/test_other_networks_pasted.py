"""Pasted reports from networks other than Calico's: tunnels' devices, bridges, cards of nodes and of VMs."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck.analysis import Analysis
from pcapcheck.values import parse_address
from tests.support.pastes import causes, judged, judged_state

VXLAN, FIRST = "vxlan-checksum-offload", 3


def listening(interface: str) -> str:
    return f"listening on {interface}, link-type EN10MB (Ethernet), capture size 262144 bytes\n"


def syns(src: str, dst: str, device: str = "", times: tuple[int, ...] = (1, 2, 4)) -> str:
    return "".join(
        f"08:15:0{second}.123456 {device}IP {src} > {dst}: Flags [S], seq 77, win 64240, options [mss 1410,sackOK,"
        "TS val 9 ecr 0,nop,wscale 7], length 0\n"
        for second in times
    )


def queries(device: str) -> str:
    return "".join(
        f"08:15:{second}.123456 {device} IP 10.244.7.0.40001 > 10.244.6.9.53: 4711+ A? shop.example. (30)\n"
        for second in (10, 15, 20)
    )


def remarks(analysis: Analysis) -> str:
    return " ".join(remark.text for remark in analysis.remarks)


@pytest.mark.parametrize(
    ("device", "named"), [("flannel.1", True), ("vxlan.calico", True), ("cilium_wg0", False), ("eth0", False)]
)
def test_tcp_that_a_vxlan_device_shows_in_vain_may_have_wrong_checksums(
    device: str, named: bool, tmp_path: Path
) -> None:
    analysis = judged(tmp_path, listening(device) + syns("10.244.7.0.40001", "10.244.6.9.8080"))
    assert (VXLAN in causes(analysis)[:FIRST]) is named


def test_pings_that_it_shows_in_vain_have_not(tmp_path: Path) -> None:
    pings = "".join(
        f"08:15:0{n}.5 IP 10.244.7.0 > 10.244.6.9: ICMP echo request, id 5, seq {n}, length 64\n" for n in range(4)
    )
    assert VXLAN not in causes(judged(tmp_path, listening("flannel.1") + pings))


@pytest.mark.parametrize(("device", "blamed"), [("flannel.1", True), ("eth0", False)])
def test_a_syn_answered_to_its_repeat_on_a_vxlan_device(device: str, blamed: bool, tmp_path: Path) -> None:
    answer = (
        "08:15:02.124 IP 10.244.6.9.8080 > 10.244.7.0.40001: Flags [S.], seq 5, ack 78, win 64240, options [mss 1410], "
        "length 0\n"
    )
    text = listening(device) + syns("10.244.7.0.40001", "10.244.6.9.8080", times=(1, 2)) + answer
    assert ("tx-checksum-ip-generic" in remarks(judged(tmp_path, text))) is blamed


@pytest.mark.parametrize(
    ("seen", "first"),
    [
        ("flannel.1 P  ", True),
        ("vxlan.calico P  ", True),
        ("flannel.1 In ", False),
        # Cilium's programs take frames from its device whatever their MAC is; a bridge's port shows others' frames.
        ("cilium_vxlan P  ", False),
        ("eth0  P  ", False),
    ],
)
def test_frames_for_another_mac_than_the_tunnels_device_has(seen: str, first: bool, tmp_path: Path) -> None:
    found = causes(judged(tmp_path, queries(seen)))
    assert (found[:1] == ["tunnel-mac-outdated"]) is first
    assert ("tunnel-mac-outdated" in found) is first


@pytest.mark.parametrize(
    ("expression", "one_sided"),
    [
        ("port 53 and (dst 10.244.6.9 or src 10.244.6.9)  # on the node of the server", False),
        ("src host 10.244.6.9 or dst host 10.244.6.9", False),
        ("udp port 53  # what it sends to dst", False),
        ("dst 10.244.6.9", True),
        ("dst 10.244.6.9 or src 10.244.7.0", True),
        ("src port 53 or src port 53", True),
    ],
)
def test_a_filter_for_both_directions_of_one_address_keeps_no_answer_out(
    expression: str, one_sided: bool, tmp_path: Path
) -> None:
    analysis = judged(tmp_path, f"# tcpdump -ni flannel.1 {expression}\n" + queries("flannel.1 In "))
    assert ("may have kept the answers out" in remarks(analysis)) is one_sided


SERVICE = "10.111.4.4.80"


@pytest.mark.parametrize(("back_end", "found"), [("10.244.2.7", True), ("10.244.2.8", False)])
def test_a_pod_that_is_its_own_back_end_is_known_on_a_bridge_too(back_end: str, found: bool, tmp_path: Path) -> None:
    text = (
        listening("kube-bridge")
        + syns("10.244.2.7.40001", SERVICE, times=(1,))
        + syns("10.244.2.7.40001", f"{back_end}.80", times=(1,))
    )
    analysis = judged(tmp_path, text)
    assert (causes(analysis)[:1] == ["hairpin-not-masqueraded"]) is found


@pytest.mark.parametrize(
    ("asked", "port", "first"),
    [
        ("10.96.0.1", 443, True),
        ("10.55.0.1", 443, True),
        ("10.55.0.1", 8443, False),
        ("192.168.0.1", 443, False),
        ("10.55.3.1", 443, False),
    ],
)
def test_a_services_address_on_a_card_was_not_translated(asked: str, port: int, first: bool, tmp_path: Path) -> None:
    analysis = judged(tmp_path, listening("eth0") + syns("10.244.7.3.40001", f"{asked}.{port}"))
    assert (causes(analysis)[:1] == ["service-not-translated"]) is first


@pytest.mark.parametrize("translated", [True, False])
def test_what_a_bridge_shows_translated_was(translated: bool, tmp_path: Path) -> None:
    text = listening("cni0") + syns("10.244.7.3.40001", "10.96.0.1.443")
    text += syns("10.244.7.3.40001", "10.244.7.9.6443") if translated else ""
    analysis = judged(tmp_path, text)
    every = {suspect.cause.id for diagnosis in analysis.diagnoses for suspect in diagnosis.suspects}
    assert ("service-not-translated" in every) is not translated
    assert ("service-not-translated" in causes(analysis)[:FIRST]) is not translated


def outside(source: str, asked: str = "8.8.8.8", service: str = "10.13.0.1.443") -> str:
    return (
        listening("eth0")
        + syns(f"{source}.40001", service, times=(0,))
        + "".join(
            f"08:15:0{n}.5 IP {source} > {asked}: ICMP echo request, id 5, seq {n}, length 64\n" for n in range(4)
        )
    )


@pytest.mark.parametrize(
    ("source", "asked", "service", "found"),
    [
        ("10.12.7.3", "8.8.8.8", "10.13.0.1.443", True),
        # Whoever asks for no service may be anybody, and a router translates it.
        ("10.12.7.3", "8.8.8.8", "10.13.0.1.80", False),
        # The first address of a host's own network is its router's.
        ("10.13.7.3", "8.8.8.8", "10.13.0.1.443", False),
        # Nobody has to translate a public address, and of what stays inside nothing shows that it has to be.
        ("9.9.9.9", "8.8.8.8", "10.13.0.1.443", False),
        ("10.12.7.3", "100.127.0.9", "10.13.0.1.443", False),
    ],
)
def test_a_private_source_on_its_way_out(source: str, asked: str, service: str, found: bool, tmp_path: Path) -> None:
    named = causes_of(judged(tmp_path, outside(source, asked, service)), asked)
    assert named[:1] == ["source-not-translated"] if found else "source-not-translated" not in named


def causes_of(analysis: Analysis, asked: str) -> list[str]:
    return [
        suspect.cause.id
        for diagnosis in analysis.diagnoses
        for suspect in diagnosis.suspects
        if diagnosis.case.lead.dst == parse_address(asked)
    ]


def test_a_nodes_own_address_needs_no_translation_by_it(tmp_path: Path) -> None:
    state = (
        "$ ip addr\n2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc mq state UP\n"
        "    inet 10.12.7.3/24 scope global eth0\n"
        "7: cali0123456789a@if3: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1450 qdisc noqueue state UP\n"
        "    link/ether ee:ee:ee:ee:ee:ee brd ff:ff:ff:ff:ff:ff link-netnsid 0\n"
    )
    assert "source-not-translated" not in causes_of(judged(tmp_path, state + outside("10.12.7.3")), "8.8.8.8")


def arps(answers: int, packet: str = "") -> str:
    return (
        listening("enp1s0")
        + "".join(
            f"08:15:0{n}.100 ARP, Request who-has 192.168.64.111 tell 192.168.64.6, length 46\n"
            + ("" if n >= answers else f"08:15:0{n}.101 ARP, Reply 192.168.64.111 is-at 52:54:00:12:34:56, length 28\n")
            for n in range(4)
        )
        + packet
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (arps(4), True),
        (arps(4, "08:15:04.2 IP 192.168.64.6 > 192.168.64.111: ICMP echo request, id 5, seq 1, length 64\n"), False),
        (arps(1), False),
    ],
)
def test_who_asks_on_although_it_is_answered(text: str, said: bool, tmp_path: Path) -> None:
    analysis = judged(tmp_path, text)
    assert ("asks for 192.168.64.111 again and again" in remarks(analysis)) is said
    assert ("again and again" in analysis.headline) is said


def tunnelled(back_from: str) -> str:
    there, back = "10.9.9.1.40000 > 10.9.9.2.4789", f"{back_from}.40001 > 10.9.9.1.4789"
    return "".join(
        f"08:15:0{n}.{ms} IP {outer}: VXLAN, flags [I] (0x08), vni 4097\nIP {inner}, id 7, seq {n}, length 64\n"
        for n in range(2)
        for ms, outer, inner in (
            (1, there, "10.0.0.6 > 10.0.0.3: ICMP echo request"),
            (2, back, "10.0.0.3 > 10.0.0.6: ICMP echo reply"),
        )
    )


@pytest.mark.parametrize(("back_from", "said"), [("10.9.9.2", False), ("10.9.9.254", True)])
def test_a_tunnel_that_comes_back_from_another_address(back_from: str, said: bool, tmp_path: Path) -> None:
    analysis = judged(tmp_path, tunnelled(back_from))
    assert ("NAT between the nodes" in remarks(analysis)) is said


def test_a_trace_without_its_packet_names_the_chain(tmp_path: Path) -> None:
    trace = (
        "trace id 5a5a0001 inet guard early rule jump late (verdict jump late)\n"
        "trace id 5a5a0001 inet guard late rule reject with icmpx admin-prohibited (verdict drop)\n"
    )
    analysis = judged_state(tmp_path, trace)
    assert "a packet was rejected in chain late of inet guard" in analysis.headline
    passes = "trace id 5a5a0001 inet guard late verdict continue\ntrace id 5a5a0001 inet guard late policy accept\n"
    route = "$ ip route\ndefault via 10.0.0.1 dev eth0\n"
    assert "was rejected" not in judged_state(tmp_path, route + passes).headline


def test_an_address_behind_a_tunnels_device_is_no_services(tmp_path: Path) -> None:
    """Whatever its network usually is: the node has a route to it there."""
    text = listening("flannel.1") + syns("172.20.0.0.40001", "172.20.3.2.80")
    assert "service-not-translated" not in causes(judged(tmp_path, text))


DEVICES = ["docker0", "docker_gwbridge", "podman1", "cni-podman0", "kube-bridge", "tun-0a1b2c3d4e5", "ethwe0"]


@pytest.mark.parametrize(("device", "later"), [*((device, True) for device in DEVICES), ("flannel.1", False)])
def test_calicos_policies_come_last_where_another_network_is(device: str, later: bool, tmp_path: Path) -> None:
    found = causes(judged(tmp_path, listening(device) + syns("10.12.7.3.40001", "10.12.6.9.8080")))
    assert (found.index("policy-drops") > found.index("node-firewall-drops") + 1) is later


# Of an interface whose pod's packets have a table of their own, as for a pod with an interface of the cloud's.
RULES = "$ ip rule show\n10:\tfrom all iif {} lookup 110\n20:\tfrom all lookup local\n32766:\tfrom all lookup main\n"


@pytest.mark.parametrize(
    ("interface", "table", "first"),
    [
        ("vlan0123456789a", "", True),
        ("vlanffffffffff0", "", False),
        # The table is shown, and leads elsewhere than back.
        ("vlan0123456789a", "$ ip route show table 110\ndefault via 10.12.0.1 dev eth1\n", False),
    ],
)
def test_a_rule_for_a_link_may_keep_the_gateway_from_answering(
    interface: str, table: str, first: bool, tmp_path: Path
) -> None:
    asked = "".join(
        f"20:07:1{n}.4 06:59:cf:00:01:02 > Broadcast, ethertype ARP (0x0806), length 42: Ethernet (len 6), "
        "IPv4 (len 4), Request who-has 169.254.1.1 tell 10.12.7.3, length 28\n"
        for n in range(3)
    )
    found = causes(judged(tmp_path, listening("vlan0123456789a") + asked + RULES.format(interface) + table))
    assert (found[0] == "policy-rule-diverts") is first


@pytest.mark.parametrize(
    ("dev", "other", "state", "said"),
    [
        ("flannel.1", "32:48:e7:00:00:02", "PERM", True),
        ("flannel.1", "32:48:e7:00:00:01", "PERM", False),
        # What a host asked for may have changed meanwhile.
        ("flannel.1", "32:48:e7:00:00:02", "", False),
        ("eth0", "32:48:e7:00:00:02", "PERM", False),
    ],
)
def test_nodes_that_know_a_tunnel_end_by_different_macs(
    dev: str, other: str, state: str, said: bool, tmp_path: Path
) -> None:
    text = "".join(
        f"==== 10.12.0.{n} ====\n? (10.244.7.0) at {mac} [ether] {state} on {dev}\n"
        for n, mac in enumerate(("32:48:e7:00:00:01", other))
    )
    remarks = [remark.short for remark in judged_state(tmp_path, "$ arp -an\n" + text).remarks]
    assert any("known by two MACs" in remark for remark in remarks) is said


@pytest.mark.parametrize(
    ("announced", "said"),
    [
        ("08:14:00.1 ARP, Reply 192.168.64.111 is-at 52:54:00:12:34:56, length 46\n", True),
        ("08:14:00.1 ARP, Reply 192.168.64.112 is-at 52:54:00:12:34:56, length 46\n", False),
    ],
)
def test_who_announced_an_address_may_not_answer_for_it(announced: str, said: bool, tmp_path: Path) -> None:
    packets = sorted([*arps(0).splitlines(keepends=True)[1:], announced])
    (question,) = judged(tmp_path, listening("enp1s0") + "".join(packets)).unanswered
    assert ("52:54:00:12:34:56 said" in question.doubt) is said


BRIDGED = (
    "$ ip addr\n2: ens3: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu {} qdisc fq_codel state UP\n"
    "    inet 10.2.0.3/24 scope global ens3\n"
    "4: {}: <{}BROADCAST,MULTICAST,UP{}> mtu {} qdisc noqueue state UP\n    inet 172.17.0.1/16 scope global docker0\n"
)
ROUTED = "$ ip route\ndefault via 10.2.0.1 dev {}\n"


@pytest.mark.parametrize(
    ("card", "bridge", "mtu", "used", "route", "said"),
    [
        (1450, "docker0", 1500, True, "", True),
        (1450, "docker0", 1500, True, ROUTED.format("ens3"), True),
        # Nothing is plugged into it.
        (1450, "docker0", 1500, False, "", False),
        (1500, "docker0", 1500, True, "", False),
        (9001, "br-0123456789ab", 1500, True, "", False),
        # It is left by another device, whose MTU is not known.
        (1450, "docker0", 1500, True, ROUTED.format("tun0"), False),
        (1450, "dummy0", 1500, True, "", False),
    ],
)
def test_a_bridge_with_a_larger_mtu_than_the_card(
    card: int, bridge: str, mtu: int, used: bool, route: str, said: bool, tmp_path: Path
) -> None:
    flags = ("", ",LOWER_UP") if used else ("NO-CARRIER,", "")
    text = BRIDGED.format(card, bridge, flags[0], flags[1], mtu) + route
    remarks = [remark.short or "" for remark in judged_state(tmp_path, text).remarks]
    assert any("by which it is left" in remark for remark in remarks) is said


@pytest.mark.parametrize(("master", "said"), [("master br-storage ", False), ("", True)])
def test_a_bridge_with_a_card_of_its_own_is_left_by_that(master: str, said: bool, tmp_path: Path) -> None:
    up = "<BROADCAST,MULTICAST,UP,LOWER_UP>"
    cards = f"$ ip addr\n2: eth0: {up} mtu 1500\n3: eth1: {up} mtu 9000 {master}state UP\n"
    text = (
        cards + f"4: br-storage: {up} mtu 9000\n    inet 10.20.0.5/24 scope global br-storage\n" + ROUTED.format("eth0")
    )
    remarks = [remark.short or "" for remark in judged_state(tmp_path, text).remarks]
    assert any("by which it is left" in remark for remark in remarks) is said


@pytest.mark.parametrize(
    ("device", "kind"),
    [("flannel0", "tunnel"), ("genev_sys_6081", "tunnel"), ("vxlan_sys_4789", "tunnel"), ("enX1", "host-nic")],
)
def test_the_kind_of_a_device_by_its_name(device: str, kind: str, tmp_path: Path) -> None:
    analysis = judged(tmp_path, listening(device) + syns("10.12.7.3.40001", "10.12.6.9.8080"))
    assert [point.kind for point in analysis.points] == [kind]


POLICIES, NEAR = "policy-drops", 5


@pytest.mark.parametrize(
    ("link", "bridge", "suspected"),
    [
        ("veth4", "podman5", False),
        ("veth4", "docker0", False),
        ("veth4", "azure0", False),
        # Calico's policies over flannel's network are Canal; a card is everybody's, and has nothing to do with Docker.
        ("veth4", "flannel.1", True),
        ("veth4", "eth0", True),
        ("eth0", "docker0", True),
    ],
)
def test_what_hangs_on_another_networks_bridge_is_hardly_under_calicos_policy(
    link: str, bridge: str, suspected: bool, tmp_path: Path
) -> None:
    text = "".join(
        f"08:15:{second}.12345{digit} {device} IP 10.244.7.2.40001 > 10.244.7.1.53: 4711+ A? shop.example. (30)\n"
        for second in (10, 12)
        for digit, device in ((6, f"{link} P  "), (7, f"{bridge} In "))
    )
    assert (POLICIES in causes(judged(tmp_path, text))[:NEAR]) is suspected


@pytest.mark.parametrize(("mac", "alike"), [("0a:00:00:00:00:07", True), ("0a:00:00:00:00:08", False)])
def test_an_answer_with_the_askers_own_mac(mac: str, alike: bool, tmp_path: Path) -> None:
    own = "0a:00:00:00:00:07"
    text = listening("br0") + "".join(
        f"08:15:0{n}.100 {own} > ff:ff:ff:ff:ff:ff, ethertype ARP (0x0806), length 42: Request who-has 192.168.64.1 "
        "tell 192.168.64.2, length 28\n"
        f"08:15:0{n}.101 {mac} > {own}, ethertype ARP (0x0806), length 42: Reply 192.168.64.1 is-at {mac}, length 28\n"
        for n in range(4)
    )
    analysis = judged(tmp_path, text)
    assert "asks for 192.168.64.1 again and again" in remarks(analysis)
    assert (f"both have the MAC {own}" in remarks(analysis)) is alike
    assert ("192.168.64.2 and 192.168.64.1 have one MAC" in analysis.headline) is alike
