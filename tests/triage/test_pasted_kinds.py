"""Pasted reports again: what one card, one tunnel's device, or a few lines of a state say becomes a cause.

Each has relatives in which the same lines are healthy, or prove nothing.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck.report.headline import heading
from tests.support.pastes import causes, judged, judged_state

POOLS = (
    "$ calicoctl get ippool -o wide\nNAME                  CIDR            NAT    IPIPMODE   VXLANMODE   DISABLED\n"
    "default-ipv4-ippool   10.244.0.0/16   {nat}   Always     Never       false\n$ tcpdump -ni eth0\n"
)


def listening(interface: str) -> str:
    return f"listening on {interface}, link-type EN10MB (Ethernet), capture size 262144 bytes\n"


def syns(src: str, dst: str, seconds: int = 3, head: str = "", version: str = "IP") -> str:
    return "".join(
        f"18:37:4{2 + n}.25 {head}{version} {src}.40100 > {dst}.9153: Flags [S], seq 700, win 64240, length 0\n"
        for n in range(seconds)
    )


@pytest.mark.parametrize(
    ("nat", "dst", "kept"),
    [("true", "172.31.9.9", True), ("false", "172.31.9.9", False), ("true", "10.244.7.9", False)],
)
def test_a_pods_own_address_on_a_card_where_its_pool_wants_it_translated(
    nat: str, dst: str, kept: bool, tmp_path: Path
) -> None:
    text = POOLS.format(nat=nat) + listening("eth0") + syns("10.244.2.20", dst)
    analysis = judged(tmp_path, text)
    assert f"10.244.2.20's connection to {dst} port 9153 gets no answer" in analysis.headline
    suspects = {suspect.cause.id: suspect for suspect in analysis.diagnoses[0].suspects}
    symptoms = suspects["source-not-translated"].fits if "source-not-translated" in suspects else ()
    assert any("source.kept" in str(each) for each in symptoms) is kept
    assert (causes(analysis)[0] == "source-not-translated") >= kept


def test_an_answered_connection_of_such_a_pod_is_no_question(tmp_path: Path) -> None:
    answer = "18:37:42.26 IP 172.31.9.9.9153 > 10.244.2.20.40100: Flags [S.], seq 9, ack 701, win 64240, length 0\n"
    text = POOLS.format(nat="true") + listening("eth0") + syns("10.244.2.20", "172.31.9.9", 1) + answer
    assert not judged(tmp_path, text).asked_in_vain


VXLAN = "00:53:1{second}.25 IP 172.31.7.24.35946 > 172.31.7.23.{port}: {words}\n"
INNER = "IP {src}.590 > 10.244.1.30.80: Flags [S], seq 27, win 29200, length 0\n"


@pytest.mark.parametrize("port", [4789, 8472, 18472, 4799])
def test_what_a_text_calls_vxlan_is_entered_whatever_its_port(port: int, tmp_path: Path) -> None:
    words = "VXLAN, flags [I] (0x08), vni 1"
    lines = [VXLAN.format(second=n, port=port, words=words) + INNER.format(src="10.244.2.9") for n in (1, 2, 4)]
    headline = judged(tmp_path, listening("eth0") + "".join(lines)).headline
    assert "10.244.2.9's connection to 10.244.1.30 port 80 gets no answer" in headline


def test_other_datagrams_to_such_a_port_stay_datagrams(tmp_path: Path) -> None:
    lines = [VXLAN.format(second=n, port=18472, words="UDP, length 110") for n in (1, 2, 4)]
    assert "10.244" not in judged(tmp_path, listening("eth0") + "".join(lines)).headline


@pytest.mark.parametrize(("src", "before"), [("10.244.2.64", True), ("10.244.2.9", False)])
def test_a_nodes_address_speaks_for_a_policy_that_names_pods(src: str, before: bool, tmp_path: Path) -> None:
    lines = [
        VXLAN.format(second=n, port=4789, words="VXLAN, flags [I] (0x08), vni 4096") + INNER.format(src=src)
        for n in (1, 2, 4)
    ]
    found = causes(judged(tmp_path, listening("eth0") + "".join(lines)))
    assert "vxlan-checksum-offload" in found[:3]
    assert (found.index("policy-drops") < found.index("encapsulation-blocked")) is before


@pytest.mark.parametrize(
    ("device", "version", "src", "dst"),
    [
        ("vxlan.calico", "IP", "10.244.2.9", "10.244.7.9"),
        ("vxlan-v6.calico", "IP6", "fd80:cafe::63:5bc1", "fd80:cafe::29:a8c3"),
    ],
)
def test_a_tunnels_device_alone_names_the_tunnel(device: str, version: str, src: str, dst: str, tmp_path: Path) -> None:
    found = causes(judged(tmp_path, listening(device) + syns(src, dst, version=version)))
    assert {"encapsulation-blocked", "vxlan-checksum-offload"} <= set(found[:3])


def test_a_tunnel_that_answers_others_is_not_blocked(tmp_path: Path) -> None:
    answered = (
        "18:37:41.25 IP 10.244.2.9.500 > 10.244.7.8.80: Flags [S], seq 1, win 64240, length 0\n"
        "18:37:41.26 IP 10.244.7.8.80 > 10.244.2.9.500: Flags [S.], seq 5, ack 2, win 64240, length 0\n"
        "18:37:41.27 IP 10.244.2.9.500 > 10.244.7.8.80: Flags [.], ack 1, win 64240, length 0\n"
    )
    analysis = judged(tmp_path, listening("tunl0") + answered)
    assert not analysis.asked_in_vain
    assert not analysis.diagnoses


@pytest.mark.parametrize(("src", "named"), [("172.31.0.7", True), ("10.244.2.64", False)])
def test_a_cards_address_in_a_tunnel_is_answered_outside_of_it(src: str, named: bool, tmp_path: Path) -> None:
    asked = "".join(
        f"09:43:3{n}.99 IP {src} > 10.244.7.9: ICMP echo request, id 134, seq {n}, length 64\n" for n in range(4)
    )
    found = causes(judged(tmp_path, listening("tunl0") + asked))
    assert ("source-check-on-arrival" in found[:3]) is named


@pytest.mark.parametrize("way", ["Out", "In "])
def test_what_is_recorded_leaving_by_a_card_has_left(way: str, tmp_path: Path) -> None:
    any_ = "listening on any, link-type LINUX_SLL2 (Linux cooked v2), snapshot length 262144 bytes\n"
    found = causes(judged(tmp_path, any_ + syns("172.31.0.7", "10.244.7.9", head=f"ens3  {way} ")))
    assert (found[0] == "node-route-missing") is (way == "Out")


HALF_OPEN = (
    "18:11:29.704 IP 172.31.9.7.538 > 10.244.1.86.80: Flags [S], seq 272, win 64240, length 0\n"
    "18:11:29.705 IP 10.244.1.86.80 > 172.31.9.7.538: Flags [S.], seq 138, ack 273, win 64766, length 0\n"
    "18:11:{at} IP 10.244.1.86.80 > 172.31.9.7.538: Flags [S.], seq 138, ack 273, win 64766, length 0\n"
)
ACK = "18:11:29.706 IP 172.31.9.7.538 > 10.244.1.86.80: Flags [.], ack 139, win 502, length 0\n"


@pytest.mark.parametrize(
    ("at", "end", "asked"),
    [("30.708", "", True), ("29.7051", "", False), ("30.708", ACK.replace("29.706", "30.709"), False)],
)
def test_no_pass_over_an_answer_that_is_sent_again(at: str, end: str, asked: bool, tmp_path: Path) -> None:
    analysis = judged(tmp_path, listening("cali12345678901") + HALF_OPEN.format(at=at) + end)
    assert (heading(analysis) == "pass") is not asked
    assert ("172.31.9.7 says nothing to the answer (SYN-ACK)" in analysis.headline) is asked
    assert not asked or "way-back-missing" in causes(analysis)[:3]


NEIGHBOUR = "node-1:~# {command}\n{line}\n"


@pytest.mark.parametrize(
    ("command", "line", "failed"),
    [
        ("arp -an", "? (10.244.1.50) at <incomplete> on cali12345678901", True),
        ("ip neigh", "10.244.1.50 dev cali12345678901  FAILED", True),
        ("ip neigh", "10.244.1.50 dev cali12345678901 lladdr 52:1a:66:01:02:03 STALE", False),
    ],
)
def test_a_pod_that_its_node_has_no_mac_for_may_have_its_route_elsewhere(
    command: str, line: str, failed: bool, tmp_path: Path
) -> None:
    found = causes(judged_state(tmp_path, NEIGHBOUR.format(command=command, line=line)))
    assert ("pod-second-interface" in found[:3]) is failed


COUNTED = "{mark}8041  509K DROP  all  --  *  *  0.0.0.0/0  0.0.0.0/0  /* cali:RLza2_T_hbO5cy7X */ /* {words} */\n"
POLICY = "Drop if no policies passed packet"


@pytest.mark.parametrize("mark", ["", " ", "+ ", "- "])
def test_a_rule_with_its_counters_is_read_without_its_chain(mark: str, tmp_path: Path) -> None:
    headline = judged_state(tmp_path, COUNTED.format(mark=mark, words=POLICY)).headline
    assert "a rule for what no network policy or profile of the pod allows dropped 8041 packets" in headline


@pytest.mark.parametrize(
    "other", [" 8041  509K ACCEPT  all  --  *  *  0.0.0.0/0  0.0.0.0/0", COUNTED.format(mark="", words="spam")]
)
def test_other_rules_that_count_are_no_policy(other: str, tmp_path: Path) -> None:
    assert "policy" not in judged_state(tmp_path, other + "\n").headline


TRACE = (
    "Feb 19 04:49:10 worker-1 kernel: TRACE: {where} IN=eth0 OUT= MAC=52:1a:66:01:02:03:52:1a:66:01:02:04:08:00 "
    "SRC=172.31.0.130 DST=203.0.113.6 LEN=60 TOS=0x00 PREC=0x00 TTL=63 ID=47 DF PROTO=TCP SPT=436 DPT=80 SEQ=1 ACK=0 "
    "WINDOW=29200 RES=0x00 SYN URGP=0\n"
)
LOST_AT_ROUTING = "it was lost where its route is chosen"


@pytest.mark.parametrize(
    ("chains", "said"),
    [
        (("raw:PREROUTING:policy:5", "mangle:PREROUTING:rule:1"), True),
        (("mangle:PREROUTING:rule:1", "nat:PREROUTING:policy:3"), True),
        (("raw:PREROUTING:policy:5",), False),
        (("mangle:PREROUTING:rule:1", "filter:INPUT:policy:3"), False),
    ],
)
def test_a_trace_that_ends_before_the_route_is_chosen(chains: tuple[str, ...], said: bool, tmp_path: Path) -> None:
    analysis = judged_state(tmp_path, "".join(TRACE.format(where=where) for where in chains))
    assert any(LOST_AT_ROUTING in remark.text for remark in analysis.remarks) is said


SESSION = """\
IPv4 BGP status
+--------------+-------------------+-------+----------+----------------------------+
| PEER ADDRESS |     PEER TYPE     | STATE |  SINCE   |            INFO            |
+--------------+-------------------+-------+----------+----------------------------+
| 172.31.0.12  | node-to-node mesh | start | 07:58:54 | {info} |
+--------------+-------------------+-------+----------+----------------------------+
"""


@pytest.mark.parametrize(
    ("info", "said"),
    [
        ("Error: No listening socket", "another program has it"),
        ("Active Socket: Connection refused", "nobody listens on TCP port 179 there"),
        ("Connect Socket: No route to host", "a firewall rejects TCP port 179"),
        ("Active Socket: Connection reset by peer", "it knows this node by another address"),
        ("Idle Received: Hold timer expired", "nothing came for the hold time"),
        ("Idle BGP Error: Bad peer AS", "other AS numbers"),
        ("Connect", "TCP port 179 is closed or filtered between them"),
    ],
)
def test_what_bird_says_of_a_session_decides_what_is_said(info: str, said: str, tmp_path: Path) -> None:
    (remark,) = (each for each in judged_state(tmp_path, SESSION.format(info=info)).remarks if "BGP" in each.text)
    assert said in remark.text


UFW = """\
$ sudo ufw status verbose
Status: active
Logging: on (low)
Default: {incoming} (incoming), allow (outgoing), {routed} (routed)
New profiles: skip

To                         Action      From
--                         ------      ----
{rule}                     ALLOW IN    Anywhere
"""


@pytest.mark.parametrize(
    ("incoming", "routed", "rule", "said"),
    [
        ("deny", "deny", "22/tcp", "denies by default what comes in and what is routed"),
        ("allow", "deny", "22/tcp", "denies by default what is routed"),
        ("allow", "disabled", "22/tcp", ""),
        ("deny", "deny", "Anywhere on cali+", ""),
        # All ports, for the nodes' network and the pods'.
        ("deny", "deny", "Anywhere                   ALLOW IN    10.0.0.0/24\nAnywhere", ""),
        (
            "deny",
            "deny",
            "22/tcp                     ALLOW IN    10.0.0.0/24\n179/tcp",
            "denies by default what comes in and what is routed",
        ),
    ],
)
def test_ufw_that_denies_what_pods_send(incoming: str, routed: str, rule: str, said: str, tmp_path: Path) -> None:
    analysis = judged_state(tmp_path, UFW.format(incoming=incoming, routed=routed, rule=rule))
    assert ("ufw of" in analysis.headline) is bool(said)
    assert said in analysis.headline
    texts = " ".join(remark.text for remark in analysis.remarks)
    assert ("what pods send to this node itself" in texts) is ("what comes in" in said)
    assert ("what pods send to others" in texts) is ("what is routed" in said)


DEVICE = """\
[root@worker-1 ~]# {command}
44: {name}: <{flags}> mtu 1440 qdisc noqueue state UNKNOWN group default qlen 1000
    link/none
{addresses}"""
LINK_LOCAL = "    inet6 fe80::1/64 scope link\n"


@pytest.mark.parametrize(
    ("command", "name", "flags", "addresses", "said"),
    [
        ("ip addr show wireguard.cali", "wireguard.cali", "NOARP,UP,LOWER_UP", "", "has no IPv4 address"),
        ("ip a show dev vxlan.calico", "vxlan.calico", "BROADCAST,UP,LOWER_UP", LINK_LOCAL, "has no IPv4 address"),
        ("ip addr", "wg-v6.cali", "NOARP,UP,LOWER_UP", LINK_LOCAL, "has no IPv6 address"),
        ("ip addr show wg-v6.cali", "wg-v6.cali", "NOARP,UP", "    inet6 XXXX:c4d2/128 scope global\n", ""),
        ("ip addr", "vxlan.calico", "BROADCAST,UP", "    inet 10.244.2.64/32 scope global vxlan.calico\n", ""),
        ("ip link", "vxlan.calico", "BROADCAST,UP,LOWER_UP", "", ""),
        ("ip addr | grep -A1 cali", "vxlan.calico", "BROADCAST,UP,LOWER_UP", "", ""),
        ("ip -6 addr", "vxlan.calico", "BROADCAST,UP,LOWER_UP", LINK_LOCAL, ""),
        ("ip addr", "tunl0@NONE", "NOARP,UP,LOWER_UP", "", ""),
    ],
)
def test_a_tunnels_device_without_an_address(
    command: str, name: str, flags: str, addresses: str, said: str, tmp_path: Path
) -> None:
    text = DEVICE.format(command=command, name=name, flags=flags, addresses=addresses)
    remarks = [remark.text for remark in judged_state(tmp_path, text).remarks]
    assert any("address: what the node" in each for each in remarks) is bool(said)
    assert not said or any(said in each for each in remarks)


MONITOR = "[root@worker-1 ~]# ip monitor\n"
ROUTE = "10.244.{n}.64/26 via 172.31.0.12 dev tunl0 proto bird onlink\n"


@pytest.mark.parametrize(
    ("events", "said"),
    [
        ("".join((ROUTE + "Deleted " + ROUTE + ROUTE).format(n=n) for n in (1, 2)), "were deleted and came back, 2x"),
        ((ROUTE + "Deleted " + ROUTE).format(n=1) * 3, "were deleted and came back, 2x: 10.244.1.64/26"),
        ("".join(("Deleted " + ROUTE).format(n=n) for n in (1, 2, 3)) + ROUTE.format(n=4), ""),
        (("Deleted " + ROUTE + ROUTE).format(n=1), ""),
    ],
)
def test_routes_that_come_and_go(events: str, said: str, tmp_path: Path) -> None:
    remarks = [remark.text for remark in judged_state(tmp_path, MONITOR + events + "[root@worker-1 ~]#\n").remarks]
    assert any("came back" in each for each in remarks) is bool(said)
    assert not said or any(said in each for each in remarks)


LISTENS = "tcp   LISTEN     0 128 0.0.0.0:179  0.0.0.0:*\n"
MADE = "tcp   ESTAB      0 0   172.31.0.11:179 172.31.0.12:40001\n"
COMING = "tcp   SYN-RECV   0 0   172.31.0.11:179 172.31.0.12:{port}\n"


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (
            LISTENS + COMING.format(port=41) + COMING.format(port=42),
            "2 connections of 172.31.0.12 to 172.31.0.11 port 179 wait for the ACK to its answer",
        ),
        (
            "tcp        0      1 10.244.1.7:33430      10.244.5.9:9000         SYN_SENT    2190/nginx\n",
            "a connection of 10.244.1.7 to 10.244.5.9 port 9000 waits for the answer to its SYN",
        ),
        (
            "tcp6       0      1 fd00::7:33430         fd00::9:443             SYN_SENT\n",
            "a connection of fd00::7 to fd00::9 port 443 waits for the answer to its SYN",
        ),
        (LISTENS + MADE, ""),
    ],
)
def test_sockets_whose_connections_are_not_made(lines: str, said: str, tmp_path: Path) -> None:
    analysis = judged_state(tmp_path, lines)
    assert ("waits for" in analysis.headline or "wait for" in analysis.headline) is bool(said)
    assert said in analysis.headline


def test_a_port_that_only_has_a_name_is_not_port_0(tmp_path: Path) -> None:
    named = HALF_OPEN.format(at="30.708").replace(".86.80", ".86.cslistener")
    headline = judged(tmp_path, listening("eth0") + named).headline
    assert "172.31.9.7's connection to 10.244.1.86 is not made" in headline
