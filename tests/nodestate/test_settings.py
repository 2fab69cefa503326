"""Neighbours, sysctls, pods, and the smaller evidence."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck.values import format_address, format_mac
from tests.support.states import only, state_of


def neighbours(text: str, folder: Path) -> list[str]:
    return [
        f"{format_address(entry.ip)} {entry.dev} {None if entry.mac is None else format_mac(entry.mac)} {entry.state}"
        + (" proxy" if entry.proxy else "")
        for entry in only(state_of(text, folder)).neighbours
    ]


def settings(text: str, folder: Path) -> dict[str, str]:
    return {name: setting.value for name, setting in only(state_of(text, folder)).sysctls.items()}


def test_ip_neigh(tmp_path: Path) -> None:
    text = (
        "/ # ip neigh\n169.254.1.1 dev eth0 lladdr ee:ee:ee:ee:ee:ee used 0/0/0 probes 1 STALE\n"
        "10.244.1.1 dev eth0  used 0/0/0 probes 6 FAILED\n10.244.1.2 dev eth0  INCOMPLETE\n"
        "fe80::ecee:eeff:feee:eeee dev eth0 lladdr ee:ee:ee:ee:ee:ee router REACHABLE\n"
    )
    assert neighbours(text, tmp_path) == [
        "169.254.1.1 eth0 ee:ee:ee:ee:ee:ee STALE",
        "10.244.1.1 eth0 None FAILED",
        "10.244.1.2 eth0 None INCOMPLETE",
        "fe80::ecee:eeff:feee:eeee eth0 ee:ee:ee:ee:ee:ee REACHABLE",
    ]


def test_ip_neigh_of_one_device_and_proxies(tmp_path: Path) -> None:
    text = (
        "# ip neigh show dev eth0\n10.0.0.1 lladdr 02:00:00:00:00:01 PERMANENT\n"
        "# ip neigh show proxy\n10.9.9.9 dev eth1 proxy\n"
    )
    assert neighbours(text, tmp_path) == ["10.0.0.1 eth0 02:00:00:00:00:01 PERMANENT", "10.9.9.9 eth1 None None proxy"]


@pytest.mark.parametrize(
    "text",
    [
        "# arp -n\nAddress                  HWtype  HWaddress           Flags Mask            Iface\n"
        "169.254.1.1              ether   ee:ee:ee:ee:ee:ee   C                     eth0\n"
        "10.244.1.1                       (incomplete)                              eth0\n",
        "# arp -an\n? (169.254.1.1) at ee:ee:ee:ee:ee:ee [ether] on eth0\n? (10.244.1.1) at <incomplete> on eth0\n",
        "# cat /proc/net/arp\nIP address       HW type     Flags       HW address            Mask     Device\n"
        "169.254.1.1      0x1         0x2         ee:ee:ee:ee:ee:ee     *        eth0\n"
        "10.244.1.1       0x1         0x0         00:00:00:00:00:00     *        eth0\n",
    ],
    ids=["arp -n", "arp -an", "/proc/net/arp"],
)
def test_arp(text: str, tmp_path: Path) -> None:
    assert neighbours(text, tmp_path) == ["169.254.1.1 eth0 ee:ee:ee:ee:ee:ee None", "10.244.1.1 eth0 None INCOMPLETE"]


CALI = "net.ipv4.conf.cali14e7d81007d"


@pytest.mark.parametrize(
    "text",
    [
        f"# sysctl {CALI}.proxy_arp\n{CALI}.proxy_arp = 1\n",
        f"# sysctl -a | grep proxy_arp\n{CALI}.proxy_arp=1\n",
        f"{CALI}.proxy_arp: 1\n",
        f"# sysctl -n {CALI}.proxy_arp\n1\n",
        "# cat /proc/sys/net/ipv4/conf/cali14e7d81007d/proxy_arp\n1\n",
        "# grep . /proc/sys/net/ipv4/conf/*/proxy_arp\n/proc/sys/net/ipv4/conf/cali14e7d81007d/proxy_arp:1\n",
        "# head /proc/sys/net/ipv4/conf/cali*/proxy_arp\n"
        "==> /proc/sys/net/ipv4/conf/cali14e7d81007d/proxy_arp <==\n1\n\n",
        "# sudo sh -c 'cat /proc/sys/net/ipv4/conf/cali14e7d81007d/proxy_arp'\n1\n",
    ],
)
def test_sysctl(text: str, tmp_path: Path) -> None:
    assert settings(text, tmp_path) == {f"{CALI}.proxy_arp": "1"}


def test_values_in_the_order_in_which_the_shell_named_them(tmp_path: Path) -> None:
    text = "# cat /proc/sys/net/ipv4/conf/{all,cali14e7d81007d}/{proxy_arp,rp_filter}\n0\n2\n1\n3\n"
    assert settings(text, tmp_path) == {
        "net.ipv4.conf.all.proxy_arp": "0",
        "net.ipv4.conf.all.rp_filter": "2",
        f"{CALI}.proxy_arp": "1",
        f"{CALI}.rp_filter": "3",
    }


def test_a_setting_that_is_not_there_is_remembered(tmp_path: Path) -> None:
    text = (
        f"# sysctl -n net.ipv4.conf.gone.proxy_arp {CALI}.proxy_arp\n"
        "sysctl: cannot stat /proc/sys/net/ipv4/conf/gone/proxy_arp: No such file or directory\n1\n"
    )
    host = only(state_of(text, tmp_path))
    assert {name: setting.value for name, setting in host.sysctls.items()} == {f"{CALI}.proxy_arp": "1"}
    assert list(host.missing) == ["net.ipv4.conf.gone.proxy_arp"]


@pytest.mark.parametrize("name", ["net.ipv4.conf.eth0/100.rp_filter", "net.ipv4.conf.eth0.100.rp_filter"])
def test_interfaces_with_dots(name: str, tmp_path: Path) -> None:
    (setting,) = only(state_of(f"{name} = 1\n", tmp_path)).sysctls.values()
    assert (setting.interface, setting.key, setting.name) == (
        "eth0.100",
        "rp_filter",
        "net.ipv4.conf.eth0.100.rp_filter",
    )


WIDE = (
    "NAMESPACE     NAME     READY   STATUS    RESTARTS      AGE     IP             NODE     NOMINATED NODE\n"
    "default       pod-a    1/1     Running   0             7m8s    10.244.1.10    node-1   <none>\n"
    "kube-system   pod-b    0/1     Pending   4 (5d ago)    20d     <none>         <none>   <none>\n"
    "default       pod-c    0/1     Completed 0             2d3h    10.244.1.10    node-1   <none>\n"
)


def test_kubectl_table(tmp_path: Path) -> None:
    state = state_of(f"$ kubectl get pods -A -o wide\n{WIDE}", tmp_path)
    assert [(pod.label, pod.ip and format_address(pod.ip), pod.node, pod.phase) for pod in state.pods] == [
        ("default/pod-a", "10.244.1.10", "node-1", "Running"),
        ("kube-system/pod-b", None, None, "Pending"),
        ("default/pod-c", "10.244.1.10", "node-1", "Completed"),
    ]


def test_kubectl_table_without_a_command_and_with_a_namespace_option(tmp_path: Path) -> None:
    assert [pod.label for pod in state_of(WIDE, tmp_path).pods] == [
        "default/pod-a",
        "kube-system/pod-b",
        "default/pod-c",
    ]
    table = (
        "NAME    READY   STATUS    RESTARTS   AGE   IP            NODE\n"
        "pod-a   1/1     Running   0          7m    10.244.1.10   n\n"
    )
    assert [pod.label for pod in state_of(f"$ kubectl get po -n shop -o wide\n{table}", tmp_path).pods] == [
        "shop/pod-a"
    ]
    assert [pod.label for pod in state_of(f"$ kubectl get po -o wide\n{table}", tmp_path).pods] == ["pod-a"]


def test_kubectl_json(tmp_path: Path) -> None:
    text = (
        '{"apiVersion": "v1", "kind": "List", "items": [\n'
        '{"kind": "Pod", "metadata": {"name": "pod-a", "namespace": "shop"},\n'
        '"spec": {"nodeName": "n", "hostNetwork": true}, "status": {"podIP": "172.31.186.250", "phase": "Running"}}]}\n'
    )
    (pod,) = state_of(text, tmp_path).pods
    assert (pod.label, pod.node, pod.phase, pod.host_network) == ("shop/pod-a", "n", "Running", True)


def test_ethtool(tmp_path: Path) -> None:
    text = (
        "# ethtool -k vxlan.calico\nFeatures for vxlan.calico:\ntx-checksumming: on\n\ttx-checksum-ipv4: off [fixed]\n"
    )
    features = only(state_of(text, tmp_path)).features["vxlan.calico"]
    assert {name: feature.on for name, feature in features.items()} == {
        "tx-checksumming": True,
        "tx-checksum-ipv4": False,
    }


def test_counters(tmp_path: Path) -> None:
    text = (
        "# nstat -asz\n#kernel\nTcpExtIPReversePathFilter       17                 0.0\n"
        '# iptables-save -c\n[5:420] -A cali-tw-cali14e7d81007d -m comment --comment "Drop if no policies" -j DROP\n'
        '# nft list ruleset\n\t\toifname "eth0" counter packets 3 bytes 252 drop\n'
    )
    host = only(state_of(text, tmp_path))
    assert [(counter.source, counter.name, counter.value) for counter in host.counters] == [
        ("nstat", "TcpExtIPReversePathFilter", 17)
    ]
    assert host.firewall is not None
    assert [rule.packets for table in host.firewall.tables for _, rule in table.rules()] == [5, 3]


def test_who_manages_a_device(tmp_path: Path) -> None:
    text = (
        "# nmcli dev\nDEVICE           TYPE      STATE      CONNECTION\ncali14e7d81007d  ethernet  connected  Wired 1\n"
        "calieabe7761b00  ethernet  unmanaged  --\n"
        "# networkctl\nIDX LINK            TYPE  OPERATIONAL SETUP\n  3 cali14e7d81007d ether routable    configured\n"
        "  4 calieabe7761b00 ether routable    unmanaged\n"
    )
    assert [(device.manager, device.dev[:8], device.owned) for device in only(state_of(text, tmp_path)).managed] == [
        ("NetworkManager", "cali14e7", True),
        ("NetworkManager", "calieabe", False),
        ("systemd-networkd", "cali14e7", True),
        ("systemd-networkd", "calieabe", False),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "5: bpfin.cali@bpfout.cali: <BROADCAST,NOARP,UP,LOWER_UP> mtu 1450 qdisc noqueue state UP\n",
        "# ip route\n10.96.0.0/12 via 169.254.1.1 dev bpfin.cali \n",
        "FELIX_BPFENABLED=true\n",
        "# tc filter show dev cali14e7d81007d ingress\n"
        "filter protocol all pref 1 bpf chain 0 handle 0x1 cali_tc_preambl:[42] direct-action\n",
    ],
    ids=["device", "route", "environment", "program"],
)
def test_ebpf(text: str, tmp_path: Path) -> None:
    host = only(state_of(text, tmp_path))
    assert host.ebpf is not None
    assert host.role == "node"


def test_felix_says_no(tmp_path: Path) -> None:
    text = "default via 172.31.186.1 dev eth0\nFELIX_BPFENABLED=false\n"
    assert only(state_of(text, tmp_path)).ebpf is None


def test_kernel_and_host_name(tmp_path: Path) -> None:
    text = "$ uname -a\nLinux worker-1 5.14.0-427.el9.x86_64 #1 SMP Wed Apr 10 x86_64 GNU/Linux\n"
    host = only(state_of(text, tmp_path))
    assert (host.name, host.kernel) == ("worker-1", "5.14.0-427.el9.x86_64")


NETCONF = (
    "ipv4 dev {dev} forwarding {on} rp_filter {check} mc_forwarding off proxy_neigh off ignore_routes_with_linkdown off"
)


@pytest.mark.parametrize(("word", "value"), [("off", "0"), ("strict", "1"), ("loose", "2")])
def test_ip_netconf_says_what_sysctl_does(word: str, value: str, tmp_path: Path) -> None:
    shown = NETCONF.format(dev="cni0", on="on", check=word)
    for text in (f"$ ip netconf show dev cni0\n{shown}\n", f"{shown}\n", f"# ip -4 netconf\n{shown}\n"):
        host = only(state_of(text, tmp_path))
        settings = {key: host.sysctl("cni0", key) for key in ("forwarding", "rp_filter", "proxy_arp")}
        values = {key: setting.value for key, setting in settings.items() if setting}
        assert values == {"forwarding": "1", "rp_filter": value, "proxy_arp": "0"}
