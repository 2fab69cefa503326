"""What pasted texts show of services: endpoints elsewhere, answers of others, half-open connections."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.pastes import causes, judged, judged_state

BANNER = "listening on {name}, link-type EN10MB (Ethernet), capture size 262144 bytes\n"
SYN = "17:46:{second}.5 IP {src}.4062 > {dst}: Flags [S], seq 7, win 64240, options [mss 1460], length 0\n"


def syns(src: str, dst: str, name: str = "eth0") -> str:
    asked = (SYN.format(second=second, src=src, dst=dst) for second in ("04", "05", "07", "11"))
    return BANNER.format(name=name) + "".join(asked)


LOCAL = (
    "# iptables-save -c | grep shop\n"
    '[{hits}] -A KUBE-EXTERNAL-SERVICES -p tcp -m comment --comment "shop/web:http has no local endpoints" '
    "-m addrtype --dst-type LOCAL -m tcp --dport {port} -j DROP\n"
)
OLD = (
    "# iptables-save | grep shop\n"
    '-A KUBE-NODEPORTS -p tcp -m comment --comment "shop/web:http" -m tcp --dport 30080 -j KUBE-XLB-WQWT4GQ6ZB7LS4MD\n'
    '-A KUBE-XLB-WQWT4GQ6ZB7LS4MD -m comment --comment "shop/web:http has no local endpoints" -j KUBE-MARK-DROP\n'
)


@pytest.mark.parametrize(
    ("rules", "status"),
    [
        ("", "possible"),
        (LOCAL.format(hits="7:420", port=30080), "confirmed"),
        (LOCAL.format(hits="0:0", port=30080), "ruled-out"),
        (LOCAL.format(hits="7:420", port=30081), "possible"),
        (OLD, "confirmed"),
    ],
    ids=["no rules", "hit", "never hit", "another port", "before 1.24"],
)
def test_a_node_without_a_pod_of_the_service(rules: str, status: str, tmp_path: Path) -> None:
    analysis = judged(tmp_path, syns("192.0.2.5", "172.31.5.9.30080") + rules)
    (diagnosis,) = analysis.diagnoses
    found = {suspect.cause.id: suspect.status for suspect in diagnosis.suspects}
    assert found.get("no-local-endpoint", "ruled-out") == status
    if status != "ruled-out":
        assert causes(analysis)[0] == "no-local-endpoint"


def test_no_service_has_such_a_port(tmp_path: Path) -> None:
    assert "no-local-endpoint" not in causes(judged(tmp_path, syns("10.244.1.10", "10.244.2.66.8080")))


@pytest.mark.parametrize(
    ("shown", "remarked"),
    [
        (OLD, True),
        (LOCAL.format(hits="7:420", port=30080), True),
        # Everything was shown, and nothing was dropped: most nodes of a healthy cluster have such a rule.
        (f"*filter\n:FORWARD ACCEPT [0:0]\n{LOCAL.format(hits='0:0', port=30080).split(chr(10), 1)[1]}COMMIT\n", False),
    ],
    ids=["picked", "hit", "all rules"],
)
def test_rules_for_endpoints_elsewhere(shown: str, remarked: bool, tmp_path: Path) -> None:
    said = "drops what comes from outside for shop/web: no pod of it is on this node"
    assert any(said in remark.text for remark in judged_state(tmp_path, shown).remarks) is remarked


DIG = "; <<>> DiG 9.18.1 <<>> db.shop\n;; global options: +cmd\n;; connection timed out; no servers could be reached\n"


@pytest.mark.parametrize("packets", [False, True])
def test_an_answer_of_another_than_was_asked(packets: bool, tmp_path: Path) -> None:
    text = f"/ # dig db.shop\n;; reply from unexpected source: 10.244.2.9#53, expected 10.96.0.10#53\n{DIG}"
    ping = "".join(
        f"09:44:1{n}.8 IP {ends}: ICMP echo {what}, id 134, seq 1, length 64\n"
        for n, (ends, what) in enumerate(
            (("10.244.1.10 > 10.244.1.11", "request"), ("10.244.1.11 > 10.244.1.10", "reply"))
        )
    )
    analysis = judged(tmp_path, text + BANNER.format(name="eth0") + ping) if packets else judged_state(tmp_path, text)
    texts = [remark.text for remark in analysis.remarks]
    said = "a client asked 10.96.0.10, and 10.244.2.9 answered it: whoever sends the question on does not translate"
    assert sum(text.startswith(said) for text in texts) == 1
    # That dig gives up then is no news.
    assert not any("connection timed out" in text for text in texts)


@pytest.mark.parametrize(("back", "told"), [("172.21.2.0", True), ("10.0.0.100", False)])
def test_an_entry_whose_source_is_translated_too(back: str, told: bool, tmp_path: Path) -> None:
    text = (
        "# conntrack -L -p udp\nudp      17 29 src=10.0.0.100 dst=10.96.0.10 sport=34184 dport=53 [UNREPLIED] "
        f"src=10.244.2.9 dst={back} sport=53 dport=16084 mark=0 use=1\n"
    )
    (remark,) = [each for each in judged_state(tmp_path, text).remarks if "connection tracking" in each.text]
    assert ("tx-checksum-ip-generic off" in remark.text) is told


ENTRY = "TCP 00:5{n}  {state}    10.0.9.{n}:5962{n} 10.96.0.20:80 10.244.2.9:8080\n"


@pytest.mark.parametrize(
    ("states", "remarked"),
    [
        (("SYN_RECV", "SYN_RECV", "SYN_RECV"), True),
        (("SYN_RECV", "ESTABLISHED", "SYN_RECV"), False),
        (("SYN_RECV",), False),
        (("TIME_WAIT", "FIN_WAIT"), False),
    ],
)
def test_connections_of_ipvs_that_are_never_made(states: tuple[str, ...], remarked: bool, tmp_path: Path) -> None:
    text = "# ipvsadm -Lnc\nIPVS connection entries\npro expire state       source virtual destination\n"
    text += "".join(ENTRY.format(n=n, state=state) for n, state in enumerate(states))
    said = f"all {len(states)} connections that IPVS hands to 10.244.2.9:8080 are half open"
    assert any(said in remark.text for remark in judged_state(tmp_path, text).remarks) is remarked


CARD = (
    "[root@{node} ~]# ip addr show eth0\n2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq_codel state UP\n"
    "    link/ether fa:16:3e:00:00:0{n} brd ff:ff:ff:ff:ff:ff\n"
    "    inet 172.31.0.{n}/24 brd 172.31.0.255 scope global eth0\n{vip}"
)
VIP = "    inet 172.31.0.200/32 scope global {dev}\n"
IPVS = "5: kube-ipvs0: <BROADCAST,NOARP> mtu 1500 qdisc noop state DOWN\n" + VIP.format(dev="kube-ipvs0")


@pytest.mark.parametrize(
    ("second", "remarked"),
    [
        (CARD.format(node="worker-2", n=5, vip=VIP.format(dev="eth0")), True),
        (CARD.format(node="worker-2", n=5, vip=""), False),
        # kube-proxy's IPVS mode puts services on every node.
        (CARD.format(node="worker-2", n=5, vip=IPVS), False),
        # The same machine, looked at twice.
        (CARD.format(node="worker-1", n=4, vip=VIP.format(dev="eth0")), False),
    ],
    ids=["both", "one", "a service", "the same node"],
)
def test_an_address_that_two_cards_hold(second: str, remarked: bool, tmp_path: Path) -> None:
    text = CARD.format(node="worker-1", n=4, vip=VIP.format(dev="eth0")) + second
    said = "worker-1 and worker-2 hold the address 172.31.0.200 at once"
    assert any(said in remark.text for remark in judged_state(tmp_path, text).remarks) is remarked


def test_guests_with_a_network_each_have_one_address(tmp_path: Path) -> None:
    """As boxes of Vagrant have, next to the card by which they know each other."""
    guest = "    inet 10.0.2.15/24 brd 10.0.2.255 scope global dynamic eth0\n"
    text = "".join(CARD.format(node=f"worker-{n}", n=n, vip=guest) for n in (4, 5))
    assert not any("10.0.2.15" in remark.text for remark in judged_state(tmp_path, text).remarks)


REPLY = "20:28:4{second}.8 ARP, Reply 172.31.0.200 is-at fa:16:3e:00:00:0{n}, length 46\n"


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        (((5, 4), (7, 5)), "172.31.0.200 is claimed by fa:16:3e:00:00:04 and 2 s later by fa:16:3e:00:00:05 on eth0"),
        (((5, 4), (6, 5), (7, 4), (8, 5)), "at the same time on eth0"),
        (((5, 4), (7, 4)), None),
    ],
    ids=["moved", "contested", "repeated"],
)
def test_a_load_balancers_address_with_two_macs(
    claims: tuple[tuple[int, int], ...], said: str | None, tmp_path: Path
) -> None:
    text = BANNER.format(name="eth0") + "".join(REPLY.format(second=second, n=n) for second, n in claims)
    told = [remark.text for remark in judged(tmp_path, text).remarks if "is claimed by" in remark.text]
    assert [said is not None and said in text for text in told] == ([True] if said else [])


TRACE = (
    "Mar  9 02:07:26 worker-1 kernel: TRACE: {where}:rule:1 IN=eth1 OUT={out} "
    "MAC=0c:c4:7a:00:50:e9:10:f3:11:11:00:8a:08:00 SRC=192.0.2.5 DST=203.0.113.81 LEN=60 TOS=0x00 PREC=0x00 "
    "TTL=62 ID=47339 DF PROTO=TCP SPT=56878 DPT=80 SEQ=2833177883 ACK=0 WINDOW=29200 RES=0x00 SYN URGP=0\n"
)


@pytest.mark.parametrize(
    ("where", "out", "told"),
    [
        ("nat:PREROUTING", "", True),
        ("nat:KUBE-SEP-LALIWLZUBK2UOKBY", "", True),
        ("raw:cali-PREROUTING", "", True),
        ("filter:INPUT", "", False),
        ("filter:FORWARD", "cali12345678901", False),
        ("nat:POSTROUTING", "eth0", False),
    ],
)
def test_a_trace_that_ends_before_the_route(where: str, out: str, told: bool, tmp_path: Path) -> None:
    (remark,) = [
        each
        for each in judged_state(tmp_path, TRACE.format(where=where, out=out)).remarks
        if "last seen in" in each.text
    ]
    assert ("ip route get 203.0.113.81 from 192.0.2.5 iif eth1" in remark.text) is told


@pytest.mark.parametrize(
    ("name", "first", "never"),
    [
        ("vxlan.calico", {"vxlan-checksum-offload", "encapsulation-blocked"}, set()),
        ("flannel.1", {"vxlan-checksum-offload", "encapsulation-blocked"}, set()),
        # IP in IP has no checksum of its own.
        ("tunl0", {"encapsulation-blocked"}, {"vxlan-checksum-offload"}),
        ("eth0", set(), {"encapsulation-blocked"}),
    ],
)
def test_what_a_tunnels_device_shows_without_an_answer(
    name: str, first: set[str], never: set[str], tmp_path: Path
) -> None:
    found = causes(judged(tmp_path, syns("10.244.0.1", "10.244.1.61.80", name)))
    assert first <= set(found[:3])
    assert not never & set(found[:3])


ASKED_WITH_V = (
    "14:10:0{n}.8 IP (tos 0x0, ttl 63, id 5745{n}, offset 0, flags [none], proto UDP (17), length 66)\n"
    "    10.244.0.9.28565 > 10.244.1.61.53: 6039+ A? registry.example. (38)\n"
)


@pytest.mark.parametrize(("name", "possible"), [("vxlan.calico", True), ("flannel.1", True), ("tunl0", False)])
def test_what_is_followed_on_a_tunnels_device_passes_that_tunnel(name: str, possible: bool, tmp_path: Path) -> None:
    # Packets are followed where there are two captures.
    text = "".join(BANNER.format(name=name) + ASKED_WITH_V.format(n=n) for n in (1, 6))
    found = causes(judged(tmp_path, text))
    assert ("vxlan-checksum-offload" in found) is possible


QUERY = "14:10:0{n}.8 IP {src}.3042{n} > 172.31.0.2.53: 3883{n}+ A? registry.example. (38)\n"
ANSWER = "14:10:0{n}.9 IP 172.31.0.2.53 > {src}.3042{n}: 3883{n} 1/0/0 A 192.0.2.9 (54)\n"


@pytest.mark.parametrize(("other", "first"), [("172.31.0.9", True), ("", False)])
def test_a_server_that_answers_the_node_and_not_its_pod(other: str, first: bool, tmp_path: Path) -> None:
    text = BANNER.format(name="eth0") + QUERY.format(n=1, src="10.99.38.7")
    if other:
        text += QUERY.format(n=2, src=other) + ANSWER.format(n=2, src=other)
    text += QUERY.format(n=8, src="10.99.38.7")
    found = causes(judged(tmp_path, text))
    assert (found[:1] == ["source-not-translated"]) is first


@pytest.mark.parametrize(("src", "named"), [("172.17.0.3", True), ("10.244.1.10", True), ("172.31.0.9", False)])
def test_a_pods_address_on_a_card_on_its_way_out(src: str, named: bool, tmp_path: Path) -> None:
    found = causes(judged(tmp_path, syns(src, "8.8.8.8.443")))
    assert ("source-not-translated" in found[:3]) is named


POOLS = (
    "# calicoctl get ippool -o wide\n"
    "NAME   CIDR            NAT     IPIPMODE   VXLANMODE   DISABLED   DISABLEBGPEXPORT   SELECTOR\n"
    "pods   172.29.0.0/16   {nat}   Always     Never       false      false              all()\n"
)


@pytest.mark.parametrize(
    ("nat", "dst", "name", "first"),
    [
        ("true ", "10.11.4.37", "eth0", True),
        # Another pod; a pool whose pods keep their addresses; before the node has translated.
        ("true ", "172.29.7.9", "eth0", False),
        ("false", "10.11.4.37", "eth0", False),
        ("true ", "10.11.4.37", "cali0123456789a", False),
    ],
)
def test_an_address_of_a_pool_on_its_way_out_of_all_pools(
    nat: str, dst: str, name: str, first: bool, tmp_path: Path
) -> None:
    text = syns("172.29.71.28", f"{dst}.80", name) + POOLS.format(nat=nat)
    suspect = judged(tmp_path, text).diagnoses[0].suspects[0]
    # Without an observation for it, it may head the list by its rank alone.
    assert (suspect.cause.id == "source-not-translated" and bool(suspect.fits)) is first


PROXY = 'E0423 18:34:08.46 15620 proxier.go:1504] "{said}" err="exit status 2: iptables-restore: line 9 failed"\n'
CURL = "$ curl http://10.43.7.7\ncurl: (28) Failed to connect to 10.43.7.7 port 80: Connection timed out\n"


@pytest.mark.parametrize("beside", ["", CURL, syns("10.42.0.9", "10.42.1.5.80")])
@pytest.mark.parametrize(
    ("said", "told"),
    [("Failed to execute iptables-restore", True), ("nftables sync failed", True), ("Sync done", False)],
)
def test_rules_that_kube_proxy_could_not_write(said: str, told: bool, beside: str, tmp_path: Path) -> None:
    text = PROXY.format(said=said) * 2 + beside
    if not told and beside != CURL:
        text += "# ip rule\n0:\tfrom all lookup local\n"
    analysis = judged(tmp_path, text) if "Flags" in beside else judged_state(tmp_path, text)
    wanted = [remark for remark in analysis.remarks if remark.text.startswith(f'kube-proxy printed "{said}", 2x')]
    assert len(wanted) == told
    assert any("Failed to connect" in remark.text for remark in analysis.remarks) is (beside == CURL)


FAILED_AT = (
    'E0423 18:34:08.460000 15620 proxier.go:1504] "Failed to execute iptables-restore" err="exit status 2"{family}\n'
)
COMPLETE = 'I0423 {time} 15620 proxier.go:853] "SyncProxyRules complete" elapsed="{elapsed}"{family}\n'
LATER = "18:34:38.900000"
SYNCS = {
    "a later sync": (COMPLETE.format(time=LATER, elapsed="120.5ms", family=""), True),
    "the next day": (COMPLETE.format(time="00:00:01.000000", elapsed="2s", family="").replace("0423", "0424"), True),
    "the one that failed": (COMPLETE.format(time="18:34:08.461000", elapsed="250ms", family=""), False),
    "a long one that failed": (COMPLETE.format(time="18:34:09.700000", elapsed="1m2.3s", family=""), False),
    "none": ("", False),
    "one of the other family": (
        COMPLETE.format(time=LATER, elapsed="85.2µs", family=' ipFamily="IPv6"'),
        False,
    ),
    "one of its family": (COMPLETE.format(time=LATER, elapsed="85.2µs", family=' ipFamily="IPv4"'), True),
}


@pytest.mark.parametrize("beside", ["", syns("10.42.0.9", "10.42.1.5.80")])
@pytest.mark.parametrize(("later", "over"), SYNCS.values(), ids=SYNCS)
def test_rules_that_kube_proxy_could_write_later(later: str, over: bool, beside: str, tmp_path: Path) -> None:
    """A sync says that it is complete whether it failed or not: one that began after the failure tells."""
    text = FAILED_AT.format(family=' ipFamily="IPv4"' if "ipFamily" in later else "") + later + beside
    analysis = judged(tmp_path, text) if beside else judged_state(tmp_path, text)
    (remark,) = (remark for remark in analysis.remarks if remark.text.startswith("kube-proxy printed"))
    assert remark.text.endswith("later it could, so this is over") is over
    assert bool(remark.warning) is not over


def test_a_failure_after_it_could_write_them_stands(tmp_path: Path) -> None:
    failed = FAILED_AT.format(family="")
    later = COMPLETE.format(time="18:34:38.900000", elapsed="120.5ms", family="")
    analysis = judged_state(tmp_path, failed + later + failed.replace("18:34:08", "18:40:08"))
    (remark,) = (remark for remark in analysis.remarks if remark.text.startswith("kube-proxy printed"))
    assert "2x" in remark.text
    assert remark.warning
