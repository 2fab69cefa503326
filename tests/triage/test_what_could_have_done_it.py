"""Confirmed is what could have lost these packets, listed what nothing contradicts, first what fits best."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck import analyze
from pcapcheck.analysis import Analysis
from pcapcheck.triage.diagnosis import Diagnosis
from pcapcheck.triage.suspect import Suspect
from tests.support.lab import CAPTURES, EXPECTED, captures
from tests.support.links import PEER, on_a, on_b, write_links
from tests.support.triage import CAUSES
from tests.support.wire import (
    BEGIN,
    MS,
    NODE,
    NODE_IP,
    OTHER,
    PEER_IP,
    POD_IP,
    SECOND,
    Frame,
    answer,
    ask,
    cooked2,
    error,
    query,
    reply,
    request,
    tcp,
    write_pcap,
)

CALI, PEER_CALI = "cali14e7d81007d", "calieabe7761b00"
TUNNEL = {"encapsulation-blocked", "tunnel-source-unknown", "vxlan-checksum-offload"}
SERVICE = "10.96.0.20"


def causes(analysis: Analysis, status: str = "") -> list[str]:
    every = [suspect for diagnosis in analysis.diagnoses for suspect in diagnosis.suspects]
    return [suspect.cause.id for suspect in every if status in ("", suspect.status)]


def with_paste(tmp_path: Path, scenario: str, text: str) -> Analysis:
    state = tmp_path / "pasted.txt"
    state.write_text(text)
    return analyze(*captures(scenario), node_state=state)


def confirmed_by(tmp_path: Path, scenario: str, text: str) -> set[str]:
    return set(causes(with_paste(tmp_path, scenario, text), "confirmed"))


def on_cali(tmp_path: Path, *frames: Frame) -> Path:
    return write_pcap(tmp_path / f"{CALI}.pcap", [(BEGIN - 2 * MS, ask()), (BEGIN - MS, answer()), *frames])


# -- confirmed --


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("from all to 10.244.1.11 lookup 100", {"policy-rule-diverts"}),
        (f"from 10.244.1.0/24 iif {CALI} lookup 100", {"policy-rule-diverts"}),
        # Other sources, other ways in, packets of the node itself, marks that nobody tells of, tables without a route.
        ("from 10.9.0.0/16 lookup 100", set()),
        (f"from all iif {PEER_CALI} lookup 100", set()),
        ("from all oif eth1 lookup 100", set()),
        ("from all fwmark 0x100/0x100 lookup 100", set()),
        ("from all lookup 200", set()),
        # Whether it has the mark or not, it is sent away; or only if it has.
        ("from all fwmark 0x20 lookup 100\n101:\tfrom 10.244.1.10 lookup 100", {"policy-rule-diverts"}),
        ("from all fwmark 0x20 lookup 100\n101:\tfrom 10.244.1.12 lookup 100", set()),
    ],
)
def test_an_ip_rule_diverts_only_what_it_matches(tmp_path: Path, rule: str, expected: set[str]) -> None:
    text = (
        f"root@n:~# ip rule\n0:\tfrom all lookup local\n100:\t{rule}\n32766:\tfrom all lookup main\n"
        "32767:\tfrom all lookup default\n"
        "root@n:~# ip route show table all\n"
        "default via 172.31.186.1 dev eth0\n"
        f"10.244.1.10 dev {CALI} scope link\n10.244.1.11 dev {PEER_CALI} scope link\n"
        "default via 10.9.0.1 dev wg0 table 100\n"
    )
    analysis = with_paste(tmp_path, "route-lost-midway", text)
    assert set(causes(analysis, "confirmed")) == expected
    if "fwmark" not in rule and not expected:
        assert "policy-rule-diverts" in causes(analysis, "ruled-out")


def test_a_neighbour_entry_of_another_address_sends_nothing_astray(tmp_path: Path) -> None:
    """The pod has two addresses, and the entry that is wrong is of the one that nobody asked."""
    state = (CAPTURES / "stale-neighbour-node" / "state.txt").read_text()
    wrong = next(line for line in state.splitlines() if line.startswith(f"10.244.1.11 dev {PEER_CALI} lladdr"))
    assert confirmed_by(tmp_path, "stale-neighbour-node", state) == {"node-neighbour-stale"}
    other = state.replace(wrong, wrong.replace("10.244.1.11", "10.244.1.99"))
    assert confirmed_by(tmp_path, "stale-neighbour-node", other) == set()


def test_ignored_echo_requests_are_lost_every_one(tmp_path: Path) -> None:
    """Of both families' settings IPv4's counts for IPv4; and it lets none through."""
    name = "net.ipv4.icmp_echo_ignore_all"
    text = f"kubectl exec pod-b-68c8f9cccd-gr4hw -- sysctl {name}\n{name} = 1\n"
    assert confirmed_by(tmp_path, "pod-drops-icmp", text) == {"pod-ignores-echo"}
    assert confirmed_by(tmp_path, "loss", text) == set()
    assert confirmed_by(tmp_path, "tcp-dropped", text) == set()


def test_an_mtu_loses_nothing_that_is_smaller(tmp_path: Path) -> None:
    """Ends of different MTUs are a fault; a ping of 84 bytes does not mind."""
    state = (CAPTURES / "pod-drops-icmp" / "state.txt").read_text()
    end = f"{PEER_CALI}@if2: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu "
    narrow = state.replace(f"{end}1500", f"{end}1400")
    assert narrow != state
    assert confirmed_by(tmp_path, "pod-drops-icmp", narrow) == {"pod-firewall"}


def test_a_manager_that_changed_nothing_lost_nothing(tmp_path: Path) -> None:
    """It owns the interfaces, and the routes are as they must be."""
    managed = f"root@n:~# nmcli dev\nDEVICE TYPE STATE CONNECTION\n{CALI} veth connected {CALI}\n"
    assert confirmed_by(tmp_path, "proxy-arp-off", managed) == set()
    routes = "root@n:~# ip route\n169.254.0.0/16 dev cali14e7d81007d scope link\ndefault via 172.31.186.1 dev eth0\n"
    found = confirmed_by(tmp_path, "link-local-on-cali", managed + routes)
    assert found == {"manager-owns-interface", "gateway-route-leads-back"}


def test_a_pod_that_answers_in_the_capture_is_neither_gone_nor_down(tmp_path: Path) -> None:
    """The list of pods and the listing of links are of another time."""
    text = (
        "$ kubectl get pods -A -o wide\nNAMESPACE NAME READY STATUS RESTARTS AGE IP NODE\n"
        "d b 0/1 Completed 0 9m 10.244.1.11 n1\n"
        f"root@n:~# ip link\n4: {PEER_CALI}@if2: <BROADCAST,MULTICAST> mtu 1500 qdisc noqueue state DOWN\n"
        "    link/ether ee:ee:ee:ee:ee:ee brd ff:ff:ff:ff:ff:ff\n"
    )
    found = with_paste(tmp_path, "reply-lost-midway", text)
    assert not {"pod-gone", "pod-link-down"} & set(causes(found))


# -- listed --


@pytest.mark.parametrize("scenario", sorted(CAUSES))
def test_no_tunnel_is_blamed_that_was_not_seen(scenario: str) -> None:
    found = analyze(*captures(scenario))
    tunnelled = any(step.encap != "none" for path in found.followed.found for step in path.steps)
    assert tunnelled or not TUNNEL & set(causes(found))


def test_what_the_node_refuses_for_a_service_lacks_endpoints(tmp_path: Path) -> None:
    syn = tcp(2, dst=SERVICE)
    found = analyze(on_cali(tmp_path, (BEGIN, syn), (BEGIN + MS, error(3, 3, syn)), (BEGIN + 3 * SECOND, ask())))
    assert causes(found) == ["service-without-endpoints", "firewall-rejects"]
    asked = query(dst=SERVICE)
    found = analyze(on_cali(tmp_path, (BEGIN, asked), (BEGIN + MS, error(3, 3, asked)), (BEGIN + 9 * SECOND, ask())))
    assert causes(found) == ["service-without-endpoints", "firewall-rejects"]


# A rule's error as a router would send it: type, code, and the rule's name for it.
ROUTERLY = [(0, "net-unreachable"), (1, "host-unreachable"), (2, "prot-unreachable")]


def answered(tmp_path: Path, code: int, after: int, rule: str = "") -> Analysis:
    """The node answers pod A's pings with an ICMP error, so long after the first."""
    sent = [(BEGIN + n * SECOND, request(n)) for n in range(3)]
    late = [(time + after, error(3, code, frame)) for time, frame in sent]
    state = tmp_path / "pasted.txt"
    state.write_text(
        "root@n:~# nft list ruleset\ntable inet edge {\n\tchain forward {\n"
        f"\t\ttype filter hook forward priority 0; policy accept;\n\t\t{rule}\n\t}}\n}}\n"
    )
    frames = sorted([*sent, *late], key=lambda frame: frame[0])
    return analyze(on_cali(tmp_path, *frames, (BEGIN + 9 * SECOND, ask())), node_state=state if rule else None)


@pytest.mark.parametrize(("code", "name"), ROUTERLY)
def test_a_rule_that_answers_as_a_router_does_is_confirmed(tmp_path: Path, code: int, name: str) -> None:
    rule = f"ip saddr {POD_IP} icmp type echo-request counter packets 3 bytes 252 reject with icmp type {name}"
    assert causes(answered(tmp_path, code, MS, rule), "confirmed") == ["firewall-rejects"]
    other = "prot-unreachable" if code != 2 else "host-unreachable"
    assert causes(answered(tmp_path, code, MS, rule.replace(name, other)), "confirmed") == []
    assert causes(answered(tmp_path, code, MS, rule.replace("packets 3", "packets 2")), "confirmed") == []


@pytest.mark.parametrize("code", [0, 1])
def test_a_rule_is_listed_behind_the_routes_without_a_state(tmp_path: Path, code: int) -> None:
    found = causes(answered(tmp_path, code, MS))
    assert "firewall-rejects" in found
    assert found[0] != "firewall-rejects"


def test_an_answer_after_three_questions_for_the_neighbour_is_no_rules(tmp_path: Path) -> None:
    assert "firewall-rejects" not in causes(answered(tmp_path, 1, 3 * SECOND))


@pytest.mark.parametrize("address", ["203.0.113.7", "10.0.0.1", "192.168.7.9"])
def test_nobody_is_called_a_pod_without_evidence(tmp_path: Path, address: str) -> None:
    frames = [(BEGIN + n * SECOND, request(n, dst=address)) for n in range(4)]
    (diagnosis,) = analyze(on_cali(tmp_path, *frames)).diagnoses
    said = [text for suspect in diagnosis.suspects for text in (suspect.title, *suspect.confirm, *suspect.fix)]
    assert not any(f"the pod {address}" in text for text in said)
    assert any(f"the host {address}" in text for text in said)


def test_what_was_seen_translated_did_not_leave_with_the_pods_own_address(tmp_path: Path) -> None:
    """The same packets on the NIC tell."""
    far = "8.8.8.8"
    sent = [(BEGIN + n * SECOND, request(n, dst=far)) for n in range(4)]
    cali = on_cali(tmp_path, *sent)
    assert causes(analyze(cali))[0] == "source-not-translated"
    macs = (OTHER, "02:50:56:aa:17:01")
    for source, listed in ((POD_IP, True), ("172.31.186.250", False)):
        left = [(time + MS, request(n, src=source, dst=far, eth=macs, ttl=63)) for n, (time, _) in enumerate(sent)]
        nic = write_pcap(tmp_path / "eth0.pcap", left)
        assert ("source-not-translated" in causes(analyze(cali, nic))) is listed


def test_a_node_that_leaves_a_pods_address_on_its_packets_did_not_do_its_part(tmp_path: Path) -> None:
    """Whoever is asked cannot answer that, unlike the pod's other questions."""
    far, macs = "203.0.113.10", (OTHER, "02:50:56:aa:17:01")
    asked = [(BEGIN + n * 2 * SECOND, query(7, 40311, far, ip_id=n + 1)) for n in range(3)]
    pinged = [(BEGIN + n * 6 * SECOND, request(n, dst=far, ip_id=70 + n)) for n in range(3)]
    back = [(BEGIN + n * 6 * SECOND + MS, reply(n, src=far, ip_id=80 + n)) for n in range(3)]
    for translated in (False, True):
        source = NODE_IP if translated else POD_IP
        left = [
            *(
                (time + 1000, query(7, 40311, far, src=source, eth=macs, ttl=63, ip_id=n + 1))
                for n, (time, _) in enumerate(asked)
            ),
            *(
                (time + 1000, request(n, src=NODE_IP, dst=far, eth=macs, ttl=63, ip_id=70 + n))
                for n, (time, _) in enumerate(pinged)
            ),
            *(
                (time - 1000, reply(n, src=far, dst=NODE_IP, eth=macs[::-1], ttl=64, ip_id=80 + n))
                for n, (time, _) in enumerate(back)
            ),
        ]
        nic = write_pcap(tmp_path / "node1-eth0.pcap", sorted(left))
        analysis = analyze(on_cali(tmp_path, *sorted([*asked, *pinged, *back])), nic)
        first = causes(analysis)[0]
        assert first == ("far-side-silent" if translated else "source-not-translated")
        assert ("the node did its part" in analysis.headline) is translated


def test_a_node_that_sends_pods_packets_to_a_router_may_lack_their_route(tmp_path: Path) -> None:
    """The address may be a pod's of another node, whose block this node's routes should name."""
    asked = [(BEGIN + n * SECOND, request(n, dst="10.244.2.11", ip_id=n + 1)) for n in range(5)]
    macs = (OTHER, "02:50:56:aa:17:01")
    left = [(BEGIN + n * SECOND + 1000, request(n, dst="10.244.2.11", eth=macs, ttl=63, ip_id=n + 1)) for n in range(5)]
    analysis = analyze(on_cali(tmp_path, *asked), write_pcap(tmp_path / "node1-eth0.pcap", left))
    assert analysis.headline.endswith("last seen on node1's eth0, leaving the node (4 of 4)")
    assert "node-route-missing" in causes(analysis)[:3]


def test_a_pod_that_ignores_arp_is_reached_once_it_asks_itself(tmp_path: Path) -> None:
    """From the pod's own question the node learns its MAC, and hands on what waits (kernel: net/ipv4/arp.c)."""
    given_up, known = BEGIN + 3 * SECOND, BEGIN + 3 * SECOND + 200 * MS
    here = [
        *((BEGIN + n * MS, on_a(8, n)) for n in range(3)),
        *((given_up + n, error(3, 1, on_a(8, n))) for n in range(3)),
        *((known + n * SECOND, on_a(8, 10 + n)) for n in range(3)),
        *((known + n * SECOND + MS, on_a(0, 10 + n)) for n in range(3)),
    ]
    there = [
        *((BEGIN + n * SECOND, ask(PEER_IP, NODE, NODE_IP)) for n in range(3)),
        (given_up + 100 * MS, ask(src=PEER, ip=PEER_IP)),
        (given_up + 101 * MS, answer(to=PEER, to_ip=PEER_IP)),
        *((known + n * SECOND + 1000, on_b(8, 10 + n)) for n in range(3)),
        *((known + n * SECOND + 2000, on_b(0, 10 + n)) for n in range(3)),
    ]
    analysis = analyze(*write_links(tmp_path, sorted(here), sorted(there)))
    assert analysis.headline.startswith("the pod on calieabe7761b00 does not answer the node's ARP")
    assert {"pod-ignores-arp", "pod-second-interface", "pod-firewall-drops-arp"} <= {*causes(analysis)}


def test_packets_on_the_other_nodes_nic_clear_the_first_node() -> None:
    """Both ends of the wire were recorded, and the tunnel's device behind it shows nothing."""
    found = set(causes(analyze(*captures("vxlan-blocked"))))
    assert "encapsulation-blocked" in found
    assert not {"host-route-missing", "route-dead-end", "forwarding-off"} & found


@pytest.mark.parametrize(("after", "listed"), [(2 * SECOND, False), (-3 * SECOND, True)])
def test_what_the_node_hands_the_receiver_meanwhile_shows_its_route(tmp_path: Path, after: int, listed: bool) -> None:
    """Not what it handed it before the packets were lost."""
    cali = on_cali(tmp_path, *((BEGIN + n * SECOND, request(n)) for n in range(5)))
    peer, macs = "5a:8a:10:57:e2:99", ("ee:ee:ee:ee:ee:ee", "5a:8a:10:57:e2:99")
    own = {"src": "172.31.186.250", "dst": PEER_IP, "ident": 9, "ttl": 64}
    at = BEGIN + after
    there = write_pcap(
        tmp_path / f"{PEER_CALI}.pcap",
        [
            (at - 2 * MS, ask(PEER_IP, src=macs[0], ip="172.31.186.250")),
            (at - MS, answer(PEER_IP, by=peer, to=macs[0], to_ip="172.31.186.250")),
            (at, request(1, eth=macs, **own)),
            (at + MS, reply(1, src=PEER_IP, dst="172.31.186.250", ident=9, eth=macs[::-1], ttl=64)),
            (BEGIN + 9 * SECOND, ask("10.244.1.99", src=peer, ip=PEER_IP)),
        ],
    )
    found = causes(analyze(cali, there))
    assert {"policy-drops", "node-firewall-drops"} <= set(found)
    assert ("host-route-missing" in found) is listed


@pytest.mark.parametrize(("after", "listed"), [(0, False), (-30 * SECOND, True)])
def test_what_answers_another_pod_of_the_node_meanwhile_has_a_route(tmp_path: Path, after: int, listed: bool) -> None:
    """Not what answered it before the packets were lost."""
    target, other, mac = "10.20.0.9", "10.244.1.12", "5a:8a:10:57:e2:99"
    lost = [(BEGIN + n * SECOND, cooked2(request(n, dst=target), False, 3)) for n in range(5)]
    asked = [
        (at + after, cooked2(request(n, src=other, dst=target, eth=(mac, NODE)), False, 4))
        for n, (at, _) in enumerate(lost)
    ]
    served = [
        (at + MS, cooked2(reply(n, src=target, dst=other, eth=(NODE, mac), ttl=63), True, 4))
        for n, (at, _) in enumerate(asked)
    ]
    end = (BEGIN + 9 * SECOND, cooked2(request(9, src=other, dst=other, eth=(mac, NODE)), False, 4))
    frames = sorted([*lost, *asked, *served, end], key=lambda frame: frame[0])
    found = set(causes(analyze(write_pcap(tmp_path / "any.pcap", frames, link_type=276))))
    assert "policy-drops" in found
    assert ({"host-route-missing", "route-dead-end", "node-route-missing"} <= found) is listed
    assert bool({"host-route-missing", "route-dead-end", "node-route-missing"} & found) is listed


def test_all_lost_is_not_random() -> None:
    for scenario in ("missing-own-route-no-rp-filter", "second-node-drops", "pod-drops-icmp"):
        assert "random-loss" not in causes(analyze(*captures(scenario)))
    assert causes(analyze(*captures("loss")))[0] == "random-loss"


def test_what_warns_about_the_state_stays_out_of_what_it_cannot_explain() -> None:
    scenario = "vxlan-blocked"
    found = analyze(*captures(scenario), node_state=CAPTURES / scenario / "state.txt")
    assert all("mtu-fits-tunnel" not in diagnosis.case.failed for diagnosis in found.diagnoses)


@pytest.mark.parametrize("scenario", ["duplicate-ip", "bridged", "bridged-gateway", "macs-not-rewritten"])
@pytest.mark.parametrize("state", [False, True])
def test_one_origin_is_one_reason(scenario: str, state: bool) -> None:
    given = CAPTURES / scenario / "state.txt" if state else None
    assert len(analyze(*captures(scenario), node_state=given).diagnoses) == 1


@pytest.mark.parametrize("scenario", sorted(set(CAUSES) & set(EXPECTED)))
def test_nothing_else_is_possible_where_everything_is_explained(scenario: str) -> None:
    found = analyze(*captures(scenario), node_state=CAPTURES / scenario / "state.txt")
    for diagnosis in found.diagnoses:
        assert not (diagnosis.confirmed and diagnosis.possible)


# -- order --


def first(diagnosis: Diagnosis) -> Suspect:
    return diagnosis.suspects[0]


@pytest.mark.parametrize(
    ("scenario", "text", "cause", "known", "command"),
    [
        (
            "proxy-arp-off",
            f"net.ipv4.conf.{CALI}.proxy_arp = 0\n",
            "proxy-arp-off",
            f"net.ipv4.conf.{CALI}.proxy_arp is 0; net.ipv4.conf.all.proxy_arp is not in the state",
            "sysctl net.ipv4.conf.all.proxy_arp",
        ),
        (
            "proxy-arp-off",
            "net.ipv4.conf.all.proxy_arp = 0\n",
            "proxy-arp-off",
            f"net.ipv4.conf.all.proxy_arp is 0; net.ipv4.conf.{CALI}.proxy_arp is not in the state",
            f"sysctl net.ipv4.conf.{CALI}.proxy_arp",
        ),
        (
            "forwarding-off",
            "net.ipv4.ip_forward = 0\n",
            "forwarding-off",
            f"net.ipv4.ip_forward is 0; net.ipv4.conf.{CALI}.forwarding is not in the state",
            f"sysctl net.ipv4.conf.{CALI}.forwarding",
        ),
        (
            "missing-own-route",
            f"root@n:~# ip route get {POD_IP}\n{POD_IP} via 172.31.186.1 dev eth0 uid 0\n    cache\n",
            "pod-route-missing",
            "are not in the state",
            f"sysctl net.ipv4.conf.{CALI}.rp_filter net.ipv4.conf.all.rp_filter",
        ),
    ],
)
def test_what_is_known_by_half_comes_first_and_asks_for_the_rest(
    tmp_path: Path, scenario: str, text: str, cause: str, known: str, command: str
) -> None:
    state = tmp_path / "pasted.txt"
    node = "root@n:~# ip link\n2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc mq state UP\n"
    state.write_text(f"{node}root@n:~# sysctl -a\n{text}" if " = " in text else f"{node}{text}")
    (diagnosis,) = analyze(captures(scenario)[0], node_state=state).diagnoses
    likely = first(diagnosis)
    assert (likely.cause.id, likely.status) == (cause, "possible")
    assert known in likely.half
    assert likely.confirm == (command,)
    assert likely.because


def test_a_setting_that_would_not_confirm_is_no_half(tmp_path: Path) -> None:
    """rp_filter 0 speaks against the reverse-path check."""
    text = f"root@n:~# sysctl -a\nnet.ipv4.conf.{CALI}.rp_filter = 0\n"
    (diagnosis,) = with_paste(tmp_path, "missing-own-route", text).diagnoses
    assert not any(suspect.half for suspect in diagnosis.suspects)


def test_more_that_was_seen_of_a_cause_puts_it_before_what_is_more_frequent() -> None:
    """A large packet that was lost speaks for MTUs, though firewalls are more frequent."""
    (diagnosis,) = analyze(*captures("mtu-mismatch")).diagnoses
    veth, firewall = diagnosis.suspects[:2]
    assert (veth.cause.id, firewall.cause.id) == ("veth-mtu-differs", "pod-firewall")
    assert veth.cause.rank > firewall.cause.rank
    assert len(veth.fits) > len(firewall.fits)
    assert firewall.fits == ("lost at-pod",)


def test_an_error_that_came_late_tells_of_a_neighbour(tmp_path: Path) -> None:
    """Three seconds after the request the node gives up asking; a route that is unreachable answers at once."""
    sent = [(BEGIN + n * SECOND, request(n)) for n in range(3)]
    for wait, named in ((3 * SECOND, "pod-without-address"), (MS, "route-dead-end")):
        errors = [(time + wait, error(3, 1, frame)) for time, frame in sent]
        frames = sorted([*sent, *errors, (BEGIN + 9 * SECOND, ask())])
        found = causes(analyze(on_cali(tmp_path, *frames)))
        assert named in found
        assert not {"pod-without-address", "route-dead-end"} - {named} & set(found)
