"""Outputs besides those of the script: each gives facts, or is counted as read with nothing in it to judge."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest

from pcapcheck.capture.held import Held
from pcapcheck.errors import StateError
from pcapcheck.nodestate.read_state import read_state
from pcapcheck.nodestate.state import State
from pcapcheck.pipeline import analyze_state
from pcapcheck.values import format_address, parse_address


def read(text: str) -> State:
    return read_state([Held.of(text.encode())])


ROUTES = """\
Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
eth0	00000000	01BA1FAC	0003	0	0	0	00000000	0	0	0
cali14e7d81007d	0A01F40A	00000000	0005	0	0	0	FFFFFFFF	0	0	0
eth0	00BA1FAC	00000000	0001	0	0	100	00FFFFFF	0	0	0
*	0002F40A	00000000	0201	0	0	0	C0FFFFFF	0	0	0
"""


@pytest.mark.parametrize("swap", [False, True])
def test_routes_of_proc_in_either_byte_order(swap: bool) -> None:
    """Masks show the order: no network has the mask 0.255.255.255."""
    text = ROUTES
    if swap:
        for word in ("01BA1FAC", "0A01F40A", "00BA1FAC", "00FFFFFF", "0002F40A", "C0FFFFFF"):
            text = text.replace(word, bytes.fromhex(word)[::-1].hex().upper())
    (host,) = read(text).hosts
    assert [(route.destination, route.prefix, route.via, route.dev, route.kind) for route in host.routes] == [
        (parse_address("0.0.0.0"), 0, parse_address("172.31.186.1"), "eth0", "unicast"),
        (parse_address("10.244.1.10"), 32, None, "cali14e7d81007d", "unicast"),
        (parse_address("172.31.186.0"), 24, None, "eth0", "unicast"),
        (parse_address("10.244.2.0"), 26, None, None, "unreachable"),
    ]


def test_a_route_of_proc_is_judged() -> None:
    """The host route is there, and there is no other."""
    analysis = analyze_state(("[root@node1 ~]# cat /proc/net/route\n" + ROUTES).encode())
    assert next(f.status for f in analysis.findings if f.rule.id == "host-route-to-pod") == "pass"


def test_addresses_and_routes_of_ipv6() -> None:
    (host,) = read(
        "fe80000000000000ecee00fffeeeeeee 03 40 20 80 cali14e7d81007d\n"
        "fd000010024400010000000000000000 40 00000000000000000000000000000000 00 "
        "fe800000000000000000000000000001 00000400 00000001 00000000 00000003     eth0\n"
    ).hosts
    assert [(address.prefix, address.dev, address.scope) for address in host.addresses] == [
        (64, "cali14e7d81007d", "link")
    ]
    assert [(route.prefix, route.via, route.dev) for route in host.routes] == [(64, parse_address("fe80::1"), "eth0")]


@pytest.mark.parametrize(
    "text",
    [
        "Ip: Forwarding InDiscards\nIp: 1 7\n",
        '{"kernel":{"IpInDiscards":7,"IpForwarding":1}}\n',
        "#kernel\nIpForwarding   1    0.0\nIpInDiscards   7    0.0\n",
    ],
    ids=["/proc/net/snmp", "nstat -j", "nstat"],
)
def test_counters_have_one_name_in_every_form(text: str) -> None:
    (host,) = read(text).hosts
    assert {counter.name: counter.value for counter in host.counters} == {"IpForwarding": 1, "IpInDiscards": 7}


POD = """\
apiVersion: v1
items:
- apiVersion: v1
  kind: Pod
  metadata:
    name: web-1
    namespace: shop
  spec:
    nodeName: node1
  status:
    phase: Running
    podIP: 10.244.1.10
- apiVersion: v1
  kind: Node
  metadata:
    name: node1
  status: {}
kind: List
"""
SERVICE = """\
apiVersion: v1
kind: Service
metadata:
  name: web
  namespace: shop
spec:
  clusterIP: 10.96.0.20
  ports:
  - port: 80
    protocol: TCP
"""
ENDPOINT = """\
apiVersion: projectcalico.org/v3
kind: WorkloadEndpoint
metadata:
  name: node1-k8s-web--1-eth0
  namespace: shop
spec:
  interfaceName: cali14e7d81007d
  ipNetworks:
  - 10.244.1.10/32
  node: node1
  pod: web-1
"""


@pytest.mark.parametrize("text", [POD, ENDPOINT], ids=["pods", "workload endpoints"])
def test_pods_of_yaml(text: str) -> None:
    (pod,) = read("$ kubectl get -o yaml things\n" + text).pods
    assert (pod.label, pod.ip, pod.node) == ("shop/web-1", parse_address("10.244.1.10"), "node1")


def test_several_documents_and_what_stands_between() -> None:
    state = read(f"here they are:\n\n{POD}---\n{SERVICE}\n=== node2 ===\n10.0.0.0/8 dev eth0 scope link\n")
    assert [service.name for service in state.services.listed] == ["shop/web"]
    assert list(state.unjudged) == ["the cluster's Node"]
    assert [(host.name, len(host.routes)) for host in state.hosts if host.routes] == [("node2", 1)]


@pytest.mark.parametrize(
    "text",
    [
        "apiVersion: v1\nkind: Pod\nmetadata: &a\n  x: *a\n" + "y: [*a, *a]\n" * 50,
        "apiVersion: v1\nitems: " + "[" * 100_000,
        "apiVersion: v1\nkind: Pod\n" + "".join(" " * depth + "a:\n" for depth in range(2000)),
        "apiVersion: v1\nkind: Pod\nmetadata: {name: [1, 2], namespace: 5}\nspec: 7\n",
        "apiVersion: v1\nkind: Pod\nmetadata:\n\tname: x\n",
        "apiVersion: v1\nkind: List\nitems:\n- 5\n- apiVersion: v1\n",
        "kind: Pod\n" * 20_000,
    ],
)
def test_damaged_yaml_is_no_error(text: str) -> None:
    with suppress(StateError):
        read(text + "\n10.0.0.0/8 dev eth0 scope link\n")


FORMS = {
    "conntrack": "icmp  1 26 src=172.31.186.250 dst=10.244.1.10 type=8 code=0 id=1 src=10.244.1.10 dst=10.9.9.9\n",
    "sockets": "Netid State  Recv-Q Send-Q Local Address:Port\ntcp   LISTEN 0      128    0.0.0.0:22 0.0.0.0:*\n",
    "ethtool -S": "NIC statistics:\n     peer_ifindex: 2\n     rx_queue_0_xdp_packets: 0\n",
    "ethtool -i": "driver: veth\nversion: 1.0\nbus-info: \n",
    "bridge vlan": "port              vlan-id  \nbr0               1 PVID Egress Untagged\n",
    "BSD": "Routing tables\n\nInternet:\nDestination        Gateway            Flags     Netif Expire\n"
    "default            10.0.2.2           UGS         em0\n10.0.2.0/24        link#1             U           em0\n",
    "Windows": "Windows IP Configuration\r\n\r\n   Host Name . . . . . . . . . . . . : WIN-NODE1\r\n"
    "   Physical Address. . . . . . . . . : 00-15-5D-01-02-03\r\n",
    "Windows, routes": "Active Routes:\r\nNetwork Destination   Netmask      Gateway       Interface  Metric\r\n"
    "          0.0.0.0          0.0.0.0       10.0.0.1        10.0.0.5     15\r\n",
    "calicoctl": "Calico process is running.\n\nIPv4 BGP status\n| 172.31.0.11  | node-to-node | up | 10:00 | Up |\n",
}  # fmt: skip


# What people paste without the command that printed it.
WITHOUT_COMMAND = {
    "ip maddr": "1:\tlo\n\tinet  224.0.0.1\n\tinet6 ff02::1\n2:\teth0\n\tlink  33:33:00:00:00:01\n",
    "igmp": "Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter\n1\tlo        :     1      V3\n"
    "\t\t\t\t010000E0     1 0:00000000\t\t0\n",
    "ip ntable": "inet arp_cache \n    dev eth0 \n    refcnt 1 reachable 36328 base_reachable 30000 retrans 1000 \n",
    "ip token": "token :: dev eth0\n",
    "ip addrlabel": "prefix ::1/128 label 0 \n",
    "ipset list -n": "cali40all-ipam-pools\ncali40s:abcdEF12\nKUBE-CLUSTER-IP\n",
    "tc -s qdisc show dev": "qdisc noqueue 0: root refcnt 2 \n"
    " Sent 0 bytes 0 pkt (dropped 0, overlimits 0 requeues 0) \n backlog 0b 0p requeues 0\n",
    "tc qdisc": "qdisc noqueue 0: dev lo root refcnt 2 \nqdisc noqueue 0: dev eth0 root refcnt 2 \n",
    "arp table without entries": "IP address       HW type     Flags       HW address            Mask     Device\n",
    "ethtool of a veth": "No data available\n",
    "uptime": " 02:33:59 up 4:11,  0 user,  load average: 15.73, 11.97, 8.35\n",
    "df": "Filesystem     1K-blocks    Used Available Use% Mounted on\n/dev/vda1  10000 5000   5000  50% /\n",
    "mount": "proc on /proc type proc (rw,nosuid,nodev,noexec,relatime)\n",
    "lsmod": "Module                  Size  Used by\nveth                   40960  0\n",
    "os-release": 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_ID="12"\n',
    "felix": "2026-11-30 01:02:03.123 [INFO][62] felix/int_dataplane.go 1836: Received update\n",
    "events": "LAST SEEN   TYPE      REASON      OBJECT      MESSAGE\n5m          Warning   Unhealthy   pod/web\n",
    "versions": "ip utility, iproute2-6.1.0, libbpf 1.1.0\niptables v1.8.9 (nf_tables)\n",
    "Get-NetNeighbor": "ifIndex IPAddress  LinkLayerAddress State\n------- --------- ---------------- -----\n",
    "Get-NetIPAddress": "IPAddress         : 10.0.0.5\nInterfaceIndex    : 12\nPrefixLength      : 24\n",
}


@pytest.mark.parametrize("form", WITHOUT_COMMAND)
def test_what_is_known_without_its_command_is_counted(form: str) -> None:
    state = read(WITHOUT_COMMAND[form])
    assert state.unjudged, form
    assert state.problems == []


def test_a_neighbour_table_without_its_command_has_its_limit() -> None:
    (host,) = read("inet arp_cache \n    thresh1 128 thresh2 512 thresh3 1024 gc_int 30000 \n").hosts
    assert host.sysctls["net.ipv4.neigh.default.gc_thresh3"].value == "1024"


@pytest.mark.parametrize("form", FORMS)
def test_what_is_known_is_counted(form: str) -> None:
    state = read(FORMS[form])
    assert state.unjudged, form
    assert state.problems == []
    assert not any(host.size for host in state.hosts)


@pytest.mark.parametrize("command", ["ss -tunap", "ip maddr", "bridge vlan", "calicoctl node status"])
def test_the_command_shows_what_is_counted(command: str) -> None:
    state = read(f"[root@node1 ~]# {command}\nwhatever it prints\n[root@node1 ~]# ip route\n10.0.0.0/8 dev eth0\n")
    assert list(state.unjudged) == [" ".join(word for word in command.split() if not word.startswith("-"))]
    assert state.problems == []
    assert sum(len(host.routes) for host in state.hosts) == 1


def test_other_settings_of_the_kernel_are_no_problem() -> None:
    state = read("$ sysctl -a\nabi.vsyscall32 = 1\nnet.ipv4.ip_forward = 1\nvm.swappiness = 60\n")
    assert state.problems == []
    assert list(state.hosts[0].sysctls) == ["net.ipv4.ip_forward"]


def test_the_report_names_them(tmp_path: Path) -> None:
    path = tmp_path / "state.txt"
    path.write_text(FORMS["conntrack"] * 3 + FORMS["sockets"])
    unjudged, sound = (remark.text for remark in analyze_state(path).remarks)
    assert unjudged.startswith("read, and nothing in it is judged: sockets")
    assert sound.startswith("read, and it reports nothing that loses packets: connections that the kernel tracks")
    assert sound.endswith("3 lines")


NAMESPACES, UNCOUNTED = "names of network namespaces (ip netns)", "queues without counters (tc qdisc without -s)"
UUID = "2f1c0a5e-1111-2222-3333-444455556666"


@pytest.mark.parametrize(
    ("name", "text", "form", "count"),
    [
        ("hostname", "worker-7.example.com\n", "the host's name (hostname)", 1),
        ("worker-7_hostname.txt", "worker-7\n", "the host's name (hostname)", 1),
        ("ip-netns-list.txt", "pod-a\npod-b\n", NAMESPACES, 2),
        ("a.txt", f"cni-{UUID} (id: 3)\ncni-{UUID}\n", NAMESPACES, 2),
        ("a.json", f'[{{"name":"cni-{UUID}","id":3}},{{"name":"pod-a"}}]', NAMESPACES, 2),
        ("a.json", "[]\n", "an empty list of JSON", 1),
        ("a.json", "[{},{}]\n", "an empty list of JSON", 1),
        ("a.json", '[{"kind":"noqueue","handle":"0:","dev":"lo","root":true,"options":{}}]', UNCOUNTED, 1),
    ],
)
def test_bare_outputs_that_say_little_are_counted(name: str, text: str, form: str, count: int, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    state = read_state([tmp_path / name])
    assert {kind: some.count for kind, some in state.unjudged.items()} == {form: count}
    assert not state.problems
    assert not state.hosts


def test_an_empty_answer_to_a_command_is_an_answer() -> None:
    state = read("$ ip -j -4 neigh\n[]\n")
    assert not state.unjudged
    assert "neighbours4" in state.hosts[0].whole


@pytest.mark.parametrize(("name", "text"), [("hostname.txt", "two words\n"), ("a.txt", "worker-7\n")])
def test_a_name_alone_is_a_hosts_only_if_the_file_says_so(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(StateError, match="nothing in it was understood"):
        read_state([tmp_path / name])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$ ip -br neigh\n10.0.0.1     eth0   52:54:00:12:35:02\n", ("10.0.0.1", "eth0", 0x525400123502, None)),
        ("? (192.168.1.1) at 0:11:22:3:44:55 on en0 ifscope\n", ("192.168.1.1", "en0", 0x001122034455, None)),
        ("? (192.168.1.20) at (incomplete) on en0 ifscope\n", ("192.168.1.20", "en0", None, "INCOMPLETE")),
    ],
)
def test_neighbours_in_brief_and_with_the_zeros_left_out(text: str, expected: tuple[object, ...]) -> None:
    """``ip -br neigh`` has no words between its columns; BSD and macOS print MACs as numbers."""
    (entry,) = (entry for host in read(text).hosts for entry in host.neighbours)
    assert (format_address(entry.ip), entry.dev, entry.mac, entry.state) == expected


RULES = (
    "-A cali-to-wl-dispatch -o cali12345678901 -g cali-tw-cali12345678901\n"
    "-A cali-to-wl-dispatch -j DROP\n-P INPUT ACCEPT\n-N x\n"
)


def test_a_listing_in_comments_is_read() -> None:
    commented = "".join(f"  # {line}\n" for line in RULES.splitlines())
    firewalls = [read(text).hosts[0].firewall for text in (RULES, commented)]
    assert firewalls[1] is not None
    assert [firewall and firewall.size for firewall in firewalls] == [5, 5]


def test_commands_of_root_are_no_comments() -> None:
    state = read("# ip rule\n# ip -4 addr\n# ip route\n# ip neigh\n")
    assert {"rules4", "routes4"} <= {whole for host in state.hosts for whole in host.whole}
