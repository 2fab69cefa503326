"""A node's state alone: what clients printed, what one host shows of another, what rules leave unreached."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck import analyze
from pcapcheck.report.headline import heading
from tests.support.pastes import judged_state

REFUSED = "wget: can't connect to remote host (10.244.1.11): No route to host"


@pytest.mark.parametrize(
    ("printed", "said"),
    [
        (REFUSED, f'a client printed "{REFUSED}", so an ICMP error came for it'),
        (
            "  0     0    0     0    0     0      0      0 --:--:-- --:--:-- --:--:--     0curl: (7) Failed to connect "
            "to 10.96.0.1 port 443: No route to host",
            'a client printed "curl: (7) Failed to connect to 10.96.0.1 port 443: No route to host", so an ICMP error',
        ),
        (
            "[ERROR] plugin/errors: 2 78.9. HINFO: read udp 10.244.1.66:33887->192.0.2.53:53: i/o timeout",
            "CoreDNS at 10.244.1.66 got no answer from 192.0.2.53, 1x in its log",
        ),
        (
            ";; connection timed out; no servers could be reached",
            'a client printed ";; connection timed out; no servers could be reached"',
        ),
    ],
)
def test_a_text_with_nothing_but_a_clients_failure_is_read(printed: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "report.txt"
    path.write_text(f"pod A cannot reach pod B\n```\n/ # try it\n{printed}\n```\n")
    assert said in analyze(path).headline


@pytest.mark.parametrize(("received", "said"), [(0, True), (4, False)])
def test_a_ping_that_printed_no_answer_between_outputs(received: int, said: bool, tmp_path: Path) -> None:
    text = (
        "$ ping 10.244.1.10\nPING 10.244.1.10 (10.244.1.10) 56(84) bytes of data.\n^C\n--- 10.244.1.10 ping statistics "
        f"---\n4 packets transmitted, {received} received, 0% packet loss, time 3073ms\n\n$ ip route get 10.244.1.10\n"
        "10.244.1.10 dev cali12345678901 src 172.31.0.7 uid 0\n    cache\n"
    )
    assert (
        "ping printed that 10.244.1.10 answered none of its 4 requests" in judged_state(tmp_path, text).headline
    ) is said


ENDS = """\
clear@worker-1 ~ $ ip addr show dev {dev}
3: {dev}: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1450 qdisc noqueue state UNKNOWN group default
    link/ether 66:1a:66:01:02:03 brd ff:ff:ff:ff:ff:ff
    inet 10.244.1.0/32 scope global {dev}
       valid_lft forever preferred_lft forever
clear@worker-2 ~ $ ip neigh show dev {dev}
10.244.1.0 lladdr {mac} PERMANENT
"""


@pytest.mark.parametrize("dev", ["vxlan.calico", "flannel.1"])
@pytest.mark.parametrize(("mac", "outdated"), [("66:1a:66:01:02:03", False), ("66:1a:66:09:09:09", True)])
def test_a_tunnel_end_known_by_another_mac(dev: str, mac: str, outdated: bool, tmp_path: Path) -> None:
    analysis = judged_state(tmp_path, ENDS.format(dev=dev, mac=mac))
    assert (f"worker-2 knows the {dev} of 10.244.1.0 by the MAC {mac}" in analysis.headline) is outdated
    assert heading(analysis) != "pass" or not outdated


@pytest.mark.parametrize(
    ("dev", "flags", "said"),
    [
        ("vxlan.calico", "BROADCAST,MULTICAST", True),
        ("vxlan.calico", "BROADCAST,MULTICAST,UP,LOWER_UP", False),
        # There wherever the module is loaded.
        ("tunl0@NONE", "NOARP", False),
    ],
)
def test_a_tunnel_that_is_down(dev: str, flags: str, said: bool, tmp_path: Path) -> None:
    state = "UNKNOWN" if "UP" in flags else "DOWN"
    text = f"[root@worker-1 ~]# ip link\n7: {dev}: <{flags}> mtu 1450 qdisc noqueue state {state} group default\n"
    text += "    link/ether 66:0e:8d:3d:df:29 brd ff:ff:ff:ff:ff:ff\n"
    text += "8: eth1: <BROADCAST,MULTICAST> mtu 1500 qdisc noop state DOWN group default\n"
    assert ("vxlan.calico of worker-1 is down" in judged_state(tmp_path, text).headline) is said


def test_two_tunnels_that_are_down(tmp_path: Path) -> None:
    text = "[root@worker-1 ~]# ip link\n"
    for number, dev in enumerate(("vxlan.calico", "wireguard.cali"), 7):
        text += f"{number}: {dev}: <BROADCAST,MULTICAST> mtu 1450 qdisc noqueue state DOWN group default\n"
    assert "vxlan.calico, wireguard.cali of worker-1 are down" in judged_state(tmp_path, text).headline


NODE = """\
$ calicoctl get node -o yaml
apiVersion: projectcalico.org/v3
kind: Node
metadata:
  name: worker-1
spec:
  addresses:
  - address: {own}/24
    type: CalicoNodeIP
  - address: 172.31.0.7
    type: InternalIP
  bgp:
    ipv4Address: {own}/24
"""


@pytest.mark.parametrize(("own", "other"), [("172.31.0.7", False), ("192.0.2.7", True)])
def test_a_node_that_calico_knows_by_another_address(own: str, other: bool, tmp_path: Path) -> None:
    path = tmp_path / "report.txt"
    path.write_text(NODE.format(own=own))
    said = f"Calico knows worker-1 by {own}, which is none of the addresses that Kubernetes has of it (172.31.0.7)"
    assert (said in analyze(path).headline) is other
    path.write_text(NODE.format(own=own) + NODE.format(own=own).replace("worker-1", "worker-2"))
    assert (f"{said}, and so for 1 more node:" in str(analyze(path).remarks)) is other


RULES = (
    "-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n{ending}\n-A FORWARD -s 10.244.0.0/16 -j ACCEPT\n"
)


@pytest.mark.parametrize(
    ("ending", "said"),
    [
        ("-A FORWARD -j REJECT --reject-with icmp-host-prohibited", True),
        ("-A FORWARD -i docker0 -j REJECT --reject-with icmp-host-prohibited", False),
        ("-A FORWARD -j LOG", False),
        ("-A OTHER -j REJECT --reject-with icmp-host-prohibited", False),
    ],
)
def test_a_rule_that_no_packet_reaches(ending: str, said: bool, tmp_path: Path) -> None:
    headline = judged_state(tmp_path, RULES.format(ending=ending)).headline
    assert ("rejects everything, before one that accepts" in headline) is said


LOGGED = (
    "kernel: {prefix} IN=cni0 OUT= MAC=62:05:cb:58:1a:0b:16:06:6a:73:90:c5:08:00 SRC=10.244.5.51 DST=172.31.0.7 LEN=60 "
    "TOS=0x00 PREC=0x00 TTL=64 ID=5 DF PROTO=TCP SPT=49720 DPT=10250 WINDOW=64860 RES=0x00 SYN URGP=0\n"
)


@pytest.mark.parametrize(
    ("prefix", "stopped"), [("Input-dropped:", True), ("filter_FWD_REJECT:", True), ("seen:", False)]
)
def test_what_a_log_says_of_a_rule(prefix: str, stopped: bool, tmp_path: Path) -> None:
    headline = judged_state(tmp_path, LOGGED.format(prefix=prefix)).headline
    assert ("logged by a firewall rule as what it stops" in headline) is stopped
    assert ("which does not say what became of it" in headline) is not stopped


@pytest.mark.parametrize(("prefix", "said"), [("[UFW ALLOW]", False), ("[UFW AUDIT]", False), ("[UFW BLOCK]", True)])
def test_what_ufw_lets_pass_is_no_remark(prefix: str, said: bool, tmp_path: Path) -> None:
    headline = judged_state(tmp_path, LOGGED.format(prefix=prefix)).headline
    assert ("10.244.5.51 > 172.31.0.7" in headline) is said


RAW = """\
[root@worker-1 ~]# iptables -t raw -nvL cali-PREROUTING
Chain cali-PREROUTING (1 references)
 pkts bytes target     prot opt in     out     source               destination
    5   420 DROP       all  --  *      *       0.0.0.0/0            0.0.0.0/0            {match}
"""


@pytest.mark.parametrize(("match", "called"), [("rpfilter validmark invert", True), ("mark match 0x1", False)])
def test_a_rule_of_the_reverse_path_is_called_that(match: str, called: bool, tmp_path: Path) -> None:
    headline = judged_state(tmp_path, RAW.format(match=match)).headline
    assert "a rule of cali-PREROUTING" in headline
    assert ("that checks the reverse path" in headline) is called
