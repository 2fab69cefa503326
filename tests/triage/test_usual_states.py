"""What looks like a fault in a state and is none: leftovers, peers by design, addresses that never answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck import analyze
from pcapcheck.report.build_report import build_report
from tests.support.pastes import judged_state
from tests.support.states import state_of

POOLS = """\
[root@worker-1 ~]# calicoctl get ippool -o wide
NAME    CIDR            NAT    IPIPMODE   VXLANMODE   DISABLED   DISABLEBGPEXPORT   SELECTOR
pool4   10.244.0.0/16   true   Never      {vxlan}     false      false              all()
"""
POOL_OBJECT = """\
$ calicoctl get ippool pool4 -o yaml
apiVersion: projectcalico.org/v3
kind: IPPool
metadata:
  name: pool4
spec:
  cidr: 10.244.0.0/16
  natOutgoing: true
{vxlan}"""
DOWN = (
    "[root@worker-1 ~]# ip link\n7: vxlan.calico: <BROADCAST,MULTICAST> mtu 1450 qdisc noqueue state DOWN group "
    "default\n    link/ether 66:0e:8d:3d:df:29 brd ff:ff:ff:ff:ff:ff\n"
)
BGP = """\
[root@worker-1 ~]# calicoctl node status
Calico process is running.

IPv4 BGP status
+--------------+-------------------+-------+----------+-------------+
| PEER ADDRESS |     PEER TYPE     | STATE |  SINCE   |    INFO     |
+--------------+-------------------+-------+----------+-------------+
| 172.31.0.12  | {kind} | start | 07:58:54 | Connect     |
+--------------+-------------------+-------+----------+-------------+

"""
BIRD = "bird> show protocols\n{name}_172_31_0_12 BGP      master   start  09:12:01    Connect\n"
CALI = "cali14e7d81007d"
PINGS = f"[root@worker-1 ~]# tcpdump -ni {CALI}\nlistening on {CALI}, link-type EN10MB (Ethernet), capture size 99\n"
PINGS += "".join(
    f"09:44:2{n}.1 IP 10.244.1.10 > 10.244.2.20: ICMP echo request, id 134, seq {n}, length 64\n" for n in range(4)
)


@pytest.mark.parametrize(
    ("pools", "said"),
    [
        (POOLS.format(vxlan="Never"), False),
        (POOLS.format(vxlan="Always"), True),
        (POOLS.format(vxlan="CrossSubnet"), True),
        (POOL_OBJECT.format(vxlan=""), False),
        (POOL_OBJECT.format(vxlan="  vxlanMode: Always\n"), True),
        ("", True),
    ],
)
def test_a_vxlan_device_that_no_pool_uses_may_be_down(pools: str, said: bool, tmp_path: Path) -> None:
    assert ("vxlan.calico of worker-1 is down" in judged_state(tmp_path, DOWN + pools).headline) is said


WIREGUARD = (
    "[root@worker-1 ~]# ip link\n9: {name}: <POINTOPOINT,NOARP> mtu 1440 qdisc noqueue state DOWN group default\n"
    "    link/none\n"
)
FELIX = """\
$ kubectl get felixconfiguration default -o yaml
apiVersion: crd.projectcalico.org/v1
kind: FelixConfiguration
metadata:
  name: default
spec:
  logSeverityScreen: Info
  {setting}
"""
FELIX_JSON = '$ calicoctl get felixconfig -o json\n{{"kind": "FelixConfiguration", "spec": {{{setting}}}}}\n'


@pytest.mark.parametrize(
    ("name", "settings", "said"),
    [
        ("wireguard.cali", "", True),
        ("wireguard.cali", FELIX.format(setting="bpfLogLevel: Off"), True),
        ("wireguard.cali", FELIX.format(setting="wireguardEnabled: true"), True),
        ("wireguard.cali", FELIX.format(setting="wireguardEnabled: false"), False),
        ("wg-v6.cali", FELIX.format(setting="wireguardEnabled: false"), True),
        ("wg-v6.cali", FELIX.format(setting="wireguardEnabledV6: false"), False),
        ("wireguard.cali", FELIX_JSON.format(setting='"wireguardEnabled": false'), False),
        ("wireguard.cali", FELIX_JSON.format(setting='"wireguardEnabled": true'), True),
        ("wireguard.cali", "$ printenv\nFELIX_WIREGUARDENABLED=false\n", False),
        # A node's environment comes before the cluster's configuration.
        (
            "wireguard.cali",
            FELIX.format(setting="wireguardEnabled: false") + "$ printenv\nFELIX_WIREGUARDENABLED=true\n",
            True,
        ),
    ],
)
def test_a_wireguard_device_may_be_down_where_encryption_is_off(
    name: str, settings: str, said: bool, tmp_path: Path
) -> None:
    analysis = judged_state(tmp_path, WIREGUARD.format(name=name) + settings)
    assert (f"{name} of worker-1 is down" in analysis.headline) is said
    assert any("is down" in remark.text for remark in analysis.remarks) is said


@pytest.mark.parametrize(("enabled", "ebpf"), [("true", True), ("false", False)])
def test_ebpf_that_is_turned_off_is_not_on(enabled: str, ebpf: bool, tmp_path: Path) -> None:
    state = state_of(ROUTE + FELIX_JSON.format(setting=f'"bpfEnabled": {enabled}'), tmp_path)
    assert any(host.ebpf is not None for host in state.hosts) is ebpf


@pytest.mark.parametrize(
    ("session", "of_nodes"),
    [
        (BGP.format(kind="node-to-node mesh"), True),
        (BGP.format(kind="global           "), False),
        (BGP.format(kind="node specific    "), False),
        (BIRD.format(name="Mesh"), True),
        (BIRD.format(name="Global"), False),
    ],
)
def test_a_peer_that_somebody_configured_is_no_node(session: str, of_nodes: bool, tmp_path: Path) -> None:
    (said,) = [remark.text for remark in judged_state(tmp_path, session).remarks if "not established" in remark.text]
    assert ("no routes to the pods of these nodes" in said) is of_nodes
    assert ("that router or route reflector" in said) is not of_nodes


@pytest.mark.parametrize(("vxlan", "named"), [("Always", False), ("Never", True)])
def test_pods_of_a_pool_with_vxlan_need_no_bgp(vxlan: str, named: bool, tmp_path: Path) -> None:
    path = tmp_path / "report.txt"
    path.write_text(BGP.format(kind="node-to-node mesh") + POOLS.format(vxlan=vxlan) + PINGS)
    analysis = analyze(path)
    found = [suspect.cause.id for diagnosis in analysis.diagnoses for suspect in diagnosis.suspects]
    assert "policy-drops" in found
    assert ("bgp-session-down" in found) is named
    said = " ".join(remark.text for remark in analysis.remarks)
    assert ("so their pods do not need it" in said) is not named


NFT = """\
[root@worker-1 ~]# nft list ruleset
table {family} firewall {{
	chain input {{
		type filter hook input priority 0; policy accept;
		meta nfproto ipv6 drop
		tcp dport 22 accept
	}}
	chain forward {{
		type filter hook forward priority 0; policy accept;
		{rule}
		accept
	}}
}}
"""


@pytest.mark.parametrize(("rule", "said"), [("meta nfproto ipv4 reject", False), ("reject", True)])
def test_a_rule_for_one_version_of_ip_leaves_the_other(rule: str, said: bool, tmp_path: Path) -> None:
    analysis = judged_state(tmp_path, NFT.format(family="inet", rule=rule))
    text = " ".join(remark.text for remark in analysis.remarks)
    assert "a rule of input" not in text
    assert ("a rule of forward on worker-1 rejects everything" in text) is said


SILENT = (
    "$ ping -c 2 {target}\nPING {target} ({target}) 56(84) bytes of data.\n\n--- {target} ping statistics ---\n"
    "2 packets transmitted, 0 received, 100% packet loss, time 1031ms\n\n"
)
SERVICES = (
    "$ kubectl get svc -A\nNAMESPACE  NAME        TYPE       CLUSTER-IP  EXTERNAL-IP  PORT(S)  AGE\n"
    "default    kubernetes  ClusterIP  10.96.0.1   <none>       443/TCP  10d\n"
)
ROUTE = "$ ip route get 10.244.1.10\n10.244.1.10 dev cali12345678901 src 172.31.0.7 uid 0\n    cache\n"
REPLIES = (
    f"listening on {CALI}, link-type EN10MB (Ethernet), capture size 262144\n"
    "09:44:20.1 IP 10.244.1.10 > 10.244.2.20: ICMP echo request, id 134, seq 1, length 64\n"
    "09:44:20.2 IP 10.244.2.20 > 10.244.1.10: ICMP echo reply, id 134, seq 1, length 64\n"
)


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("169.254.1.1", "belongs to nobody"),
        ("10.96.0.1", "a service's address"),
        ("10.244.1.10", ""),
    ],
)
def test_an_address_that_need_not_answer_a_ping(target: str, why: str, tmp_path: Path) -> None:
    analysis = judged_state(tmp_path, SILENT.format(target=target) + SERVICES + ROUTE)
    (said,) = [remark.text for remark in analysis.remarks if "ping printed" in remark.text]
    assert why in said
    assert ("ping printed" in analysis.headline) is (why == "")


@pytest.mark.parametrize(("target", "warns"), [("169.254.1.1", False), ("10.244.2.21", True)])
def test_a_printed_ping_of_the_gateway_among_packets(target: str, warns: bool, tmp_path: Path) -> None:
    path = tmp_path / "report.txt"
    path.write_text(SILENT.format(target=target) + REPLIES)
    assert (build_report(analyze(path)).heading == "warn") is warns


LOGGED = (
    "[root@worker-1 ~]# dmesg\n[ 100.2] {prefix} IN=eth0 OUT= MAC=0a:58:ac:1f:ba:fa:0a:58:ac:1f:ba:01:08:00 "
    "SRC=172.31.0.1 DST=172.31.0.7 LEN=60 TOS=0x00 PREC=0x00 TTL=64 ID=1 DF PROTO=TCP SPT=4000 DPT=22 WINDOW=64240 "
    "RES=0x00 SYN URGP=0\n"
)


@pytest.mark.parametrize(
    ("prefix", "stops"), [("not dropped:", False), ("no-drop:", False), ("unblocked:", False), ("dropped:", True)]
)
def test_a_prefix_that_denies_a_drop(prefix: str, stops: bool, tmp_path: Path) -> None:
    text = " ".join(remark.text for remark in judged_state(tmp_path, LOGGED.format(prefix=prefix)).remarks)
    assert ("as what it stops" in text) is stops


@pytest.mark.parametrize(("name", "of_calico"), [("eni1a2b3c4d5e6", False), (CALI, True)])
def test_what_calico_does_is_no_reason_on_another_networks_link(name: str, of_calico: bool, tmp_path: Path) -> None:
    """Though it is unknown which end of it is the pod's."""
    path = tmp_path / "report.txt"
    path.write_text(PINGS.replace(CALI, name))
    analysis = analyze(path)
    found = [suspect.cause.id for diagnosis in analysis.diagnoses for suspect in diagnosis.suspects]
    assert "pod-firewall" in found
    assert ("policy-drops" in found) is of_calico
