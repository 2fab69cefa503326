"""Nodes and pods of other networks, and machines that are neither: said to be so, held to nothing that Calico does."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck.analysis import Analysis
from pcapcheck.pipeline import analyze_state
from pcapcheck.report.headline import headline

CALI = "cali2b8f04a6d19"
POD = """\
8: eth0@if9: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP
    link/ether 5a:00:0c:0d:0e:0f brd ff:ff:ff:ff:ff:ff
    inet {address} scope global eth0
"""


CILIUM = """\
10.0.1.0/24 via 10.0.1.69 dev cilium_host proto kernel src 10.0.1.69
10.0.1.69 dev cilium_host proto kernel scope link
"""


def node(*links: str, routes: str = "") -> str:
    """A node's links, as ``name/MAC``, and its routes."""
    shown = ""
    for number, link in enumerate(links, 9):
        name, mac = link.split("/")
        shown += f"{number}: {name}: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP\n"
        shown += f"    link/ether {mac} brd ff:ff:ff:ff:ff:ff\n"
    return f"root@node-7:~# ip -d addr\n{shown}root@node-7:~# ip route\ndefault via 10.9.0.1 dev ens5\n{routes}"


def pod(address: str, routes: str, neighbour: str = "") -> str:
    run = "root@node-7:~# kubectl exec -n shop web-0 --"
    return f"{run} ip addr\n{POD.format(address=address)}{run} ip route\n{routes}{run} ip neigh\n{neighbour}"


def judge(folder: Path, text: str, variables: dict[str, str] | None = None) -> Analysis:
    path = folder / "state.txt"
    path.write_text(text)
    return analyze_state(path, variables=variables)


def failed(analysis: Analysis) -> set[str]:
    return {finding.rule.id for finding in analysis.findings if finding.status == "fail"}


VIRTUAL = "default via 169.254.1.1 dev eth0\n169.254.1.1 dev eth0 scope link\n"
ENI = "eni3f0a91c7d52@if8/8a:40:6f:11:d2:b3"
OTHERS = {
    "AWS VPC CNI": (
        node(ENI, routes="10.61.3.17 dev eni3f0a91c7d52 scope link\n")
        + pod("10.61.3.17/32", VIRTUAL, "169.254.1.1 dev eth0 lladdr 8a:40:6f:11:d2:b3 PERMANENT\n")
    ),
    "Azure CNI": (
        node("azv61c0d9e2f4a@if8/aa:aa:aa:aa:aa:aa", routes="10.61.3.17 dev azv61c0d9e2f4a\n")
        + pod("10.61.3.17/16", VIRTUAL, "169.254.1.1 dev eth0 lladdr aa:aa:aa:aa:aa:aa STALE\n")
    ),
    "Cilium": (
        node("cilium_net@cilium_host/3e:e5:4f:0a:0b:01", "lxc6d21a0b4c3f1@if8/6a:90:01:02:03:04", routes=CILIUM)
        + pod("10.0.1.12/32", "default via 10.0.1.69 dev eth0\n10.0.1.69 dev eth0 scope link\n")
    ),
    "flannel": (
        node("flannel.1/36:aa:12:99:0c:0e", "cni0/4e:00:12:33:c4:d5", "veth8a3f01c2@if2/9a:00:aa:bb:0c:0d")
        + pod("10.42.3.7/24", "default via 10.42.3.1 dev eth0\n10.42.3.0/24 dev eth0 proto kernel scope link\n")
    ),
    "the bridge plugin": node("cni0/4e:00:12:33:c4:d5", "veth8a3f01c2@if2/9a:00:aa:bb:0c:0d"),
    "kindnet": (
        node("vethc07e19d4@if2/9a:00:aa:bb:0c:0d", routes="10.42.3.7 dev vethc07e19d4 scope host\n")
        + pod("10.42.3.7/24", "default via 10.42.3.1 dev eth0\n10.42.3.1 dev eth0 scope link\n")
    ),
    "GKE": node("gke40a1c8d77e2@if2/9a:00:aa:bb:0c:0d", routes="10.42.3.7 dev gke40a1c8d77e2\n"),
}


@pytest.mark.parametrize("network", OTHERS)
@pytest.mark.parametrize("prefix", ["cali", "eni", "azv", "gke"])
def test_other_networks_are_named_and_not_judged(network: str, prefix: str, tmp_path: Path) -> None:
    analysis = judge(tmp_path, OTHERS[network], variables={"interface_prefix": prefix})
    assert (analysis.verdict, failed(analysis)) == ("not-checked", set())
    (remark,) = analysis.remarks
    assert remark.text.startswith(f"node-7 looks like {network}")
    assert remark.lines
    assert f"node-7 looks like {network}" in headline(analysis)


def test_a_pod_alone_with_an_entry_that_was_set_is_not_judged(tmp_path: Path) -> None:
    entry = "169.254.1.1 dev eth0 lladdr 8a:40:6f:11:d2:b3 PERMANENT\n"
    analysis = judge(tmp_path, pod("10.61.3.17/32", VIRTUAL, entry))
    assert analysis.verdict == "not-checked"
    assert "web-0 looks like AWS VPC CNI or Azure CNI, not Calico (by 169.254.1.1 at 8a:40:6f" in headline(analysis)


def test_a_wrong_entry_on_a_node_of_calico_still_fails(tmp_path: Path) -> None:
    entry = "169.254.1.1 dev eth0 lladdr 8a:40:6f:11:d2:b3 PERMANENT\n"
    text = node(f"{CALI}@if8/ee:ee:ee:ee:ee:ee") + pod("10.61.3.17/32", VIRTUAL, entry)
    assert "pod-gateway-neighbour-proxy-mac" in failed(judge(tmp_path, text))


@pytest.mark.parametrize(
    "shown",
    [
        node(f"{CALI}@if99/ee:ee:ee:ee:ee:ee"),
        node("tap4e7d8100d7a@if99/ee:ee:ee:ee:ee:ee"),
        node("ens5/0a:58:00:00:00:01", routes="10.61.4.0/26 via 10.9.0.8 dev ens5 proto bird\n"),
        node("ens5/0a:58:00:00:00:01", routes="blackhole 10.61.3.0/26 proto 80\n"),
        node("vxlan.calico/66:00:00:00:00:01"),
    ],
    ids=["cali", "proxy MAC", "bird", "felix", "tunnel"],
)
def test_what_shows_calico_on_a_node(shown: str, tmp_path: Path) -> None:
    """Then a pod's address and missing gateway are judged, though its link is not among what was pasted."""
    analysis = judge(tmp_path, shown + pod("10.61.3.17/32", "default via 10.9.0.1 dev eth0\n"))
    assert "pod-default-via-gateway" in failed(analysis)


def test_a_random_mac_on_a_cali_still_fails(tmp_path: Path) -> None:
    assert failed(judge(tmp_path, node(f"{CALI}@if8/6e:31:9c:05:d4:b8"))) >= {"cali-has-proxy-mac"}


@pytest.mark.parametrize("prompt", ["root@client:~#", "[root@client ~]#"])
def test_a_machine_with_a_veth_is_no_pod(prompt: str, tmp_path: Path) -> None:
    calico = node(f"{CALI}@if4/ee:ee:ee:ee:ee:ee", routes=f"10.61.3.17 dev {CALI} scope link\n")
    outside = (
        f"{prompt} ip addr\n{POD.format(address='10.9.0.77/24')}{prompt} ip route\ndefault via 10.9.0.1 dev eth0\n"
        f"{prompt} ip neigh\n10.9.0.1 dev eth0 lladdr 0a:58:00:00:00:01 REACHABLE\n"
    )
    alone, both = judge(tmp_path, outside), judge(tmp_path, calico + outside)
    assert (alone.verdict, failed(both), failed(alone)) == ("not-checked", set(), set())
    assert "a host of unknown kind client" in both.described


def test_the_other_end_makes_a_pod_of_it(tmp_path: Path) -> None:
    """A pod with an address of a subnet is at fault, and is known by the number that its cali names."""
    calico = node(f"{CALI}@if8/ee:ee:ee:ee:ee:ee")
    inside = f"/ # ip addr\n{POD.format(address='10.61.3.17/24')}"
    assert "pod-has-host-address" in failed(judge(tmp_path, calico + inside))


def test_an_address_of_one_host_on_a_nic_makes_no_pod(tmp_path: Path) -> None:
    """As machines of some clouds have it."""
    text = "$ ip addr\n2: ens4: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1460 qdisc mq state UP\n"
    text += "    link/ether 42:01:0a:80:00:05 brd ff:ff:ff:ff:ff:ff\n    inet 10.128.0.5/32 scope global dynamic ens4\n"
    text += "$ ip route\ndefault via 10.128.0.1 dev ens4 proto dhcp\n"
    analysis = judge(tmp_path, text)
    assert (analysis.verdict, failed(analysis)) == ("not-checked", set())


MACHINE = f"""\
root@node-7:~# ip link
331: {CALI}@if4: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1450 qdisc noqueue state UP
    link/ether ee:ee:ee:ee:ee:ee brd ff:ff:ff:ff:ff:ff
root@node-7:~# ip route
default via 10.9.0.1 dev ens5
10.61.3.17 dev {CALI} scope link
root@node-7:~# ip neigh
10.61.3.17 dev {CALI} lladdr 02:0d:3a:77:c1:e4 REACHABLE
/ # ip addr
2: eth0: <BROADCAST,NOARP> mtu 1450 qdisc noop state DOWN
    link/ether 02:0d:3a:77:c1:e4 brd ff:ff:ff:ff:ff:ff
    inet 10.61.3.17/32 scope global eth0
4: eth0-nic@if331: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1450 qdisc noqueue master k6t-eth0 state UP
    link/ether 02:99:88:77:66:55 brd ff:ff:ff:ff:ff:ff
5: k6t-eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1450 qdisc noqueue state UP
    link/ether 02:99:88:77:66:55 brd ff:ff:ff:ff:ff:ff
6: tap0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1450 qdisc fq_codel master k6t-eth0 state UP
    link/ether fe:99:88:77:66:55 brd ff:ff:ff:ff:ff:ff
/ # ip route
"""


def test_the_pod_of_a_virtual_machine_is_judged_from_outside_only(tmp_path: Path) -> None:
    analysis = judge(tmp_path, MACHINE)
    statuses = {finding.rule.id: finding.status for finding in analysis.findings}
    assert (analysis.verdict, failed(analysis)) == ("pass", set())
    assert statuses["veth-ends-match"] == statuses["cali-has-proxy-mac"] == "pass"
    assert statuses["node-neighbour-pod-mac"] == statuses["pod-default-via-gateway"] == "not-checked"
    assert any("(a virtual machine's; its inside is not judged)" in described for described in analysis.described)


@pytest.mark.parametrize("network", OTHERS)
def test_a_node_is_known_without_its_name(network: str, tmp_path: Path) -> None:
    text = OTHERS[network].partition("root@node-7:~# kubectl")[0].replace("root@node-7:~#", "#")
    analysis = judge(tmp_path, text)
    assert analysis.verdict == "not-checked"
    assert f"the node looks like {network}" in headline(analysis)
