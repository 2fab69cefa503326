"""Rules of a firewall that say by themselves what becomes of packets: untracked, answered for, given another source."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.pastes import causes, judged, judged_state

RAW = (
    "$ sudo iptables -t raw -nvL PREROUTING\nChain PREROUTING (policy ACCEPT 7 packets, 420 bytes)\n"
    " pkts bytes target     prot opt in     out     source               destination\n"
)
SAVED = "# iptables-save -c\n*{table}\n:{chain} ACCEPT [9:900]\n{rules}COMMIT\n"


def headline(folder: Path, text: str) -> str:
    return judged_state(folder, text).headline


def saved(table: str, chain: str, *rules: str) -> str:
    return SAVED.format(table=table, chain=chain, rules="".join(f"{rule}\n" for rule in rules))


UNTRACKED = "keeps connection tracking from seeing "


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            RAW
            + "  12K 1200K CT   tcp  --  eth1   *       0.0.0.0/0            10.9.0.0/16          tcp dpt:81 NOTRACK\n",
            "a rule of PREROUTING on a host " + UNTRACKED + "tcp to 10.9.0.0/16 port 81, 12000 packets so far",
        ),
        (
            "# iptables -L -n -t raw\nChain PREROUTING (policy ACCEPT)\ntarget     prot opt source      destination\n"
            "CT         udp  --  198.51.100.9         0.0.0.0/0            udp spt:123 NOTRACK\n"
            "CT         udp  --  0.0.0.0/0            198.51.100.9         udp dpt:123 NOTRACK\n",
            UNTRACKED + "udp from 198.51.100.9 port 123, and 1 more like it",
        ),
        ("# iptables -t raw -S\n-A OUTPUT -d 10.9.0.0/16 -p tcp -j CT --notrack\n", UNTRACKED + "tcp to 10.9.0.0/16"),
        (saved("raw", "OUTPUT", "[5:300] -A OUTPUT -p udp -m udp --dport 99 -j NOTRACK"), UNTRACKED + "udp to port 99"),
        (
            "table ip raw {\n\tchain pre {\n\t\ttype filter hook prerouting priority raw; policy accept;\n"
            "\t\tip daddr 10.9.0.7 tcp dport 81 counter packets 4 bytes 240 notrack\n\t}\n}\n",
            UNTRACKED + "tcp to 10.9.0.7 port 81, 4 packets so far",
        ),
        # Nothing came to it.
        (RAW + "    0     0 CT   tcp  --  *   *    0.0.0.0/0      10.9.0.0/16     tcp dpt:81 NOTRACK\n", ""),
        # NodeLocal DNSCache, Calico's own, VXLAN, what a host says to itself.
        (
            saved(
                "raw",
                "PREROUTING",
                "[9:9] -A PREROUTING -d 10.96.0.10/32 -p udp -m udp --dport 53 -j NOTRACK",
                "[9:9] -A PREROUTING -d 169.254.20.10/32 -p udp -m udp --dport 53 -j NOTRACK",
            ),
            "",
        ),
        (RAW + " 900  9K CT  udp  --  *   *   0.0.0.0/0   0.0.0.0/0   /* cali:x */ udp dpt:9 NOTRACK\n", ""),
        (saved("raw", "OUTPUT", "[5:300] -A OUTPUT -p udp -m udp --dport 4789 -j NOTRACK"), ""),
        (saved("raw", "OUTPUT", "[5:300] -A OUTPUT -s 127.0.0.1/32 -p tcp -m tcp --sport 1 -j NOTRACK"), ""),
    ],
)
def test_rules_that_leave_packets_untracked(text: str, words: str, tmp_path: Path) -> None:
    said = headline(tmp_path, text)
    assert words in said
    assert words or UNTRACKED not in said


PROXYING = "makes connections in the place of their server (SYNPROXY)"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "$ iptables -vS INPUT\n-A INPUT -p tcp -m tcp --dport 443 -m conntrack --ctstate INVALID,UNTRACKED "
            "-c {count} 9 -j SYNPROXY --sack-perm --wscale 7 --mss 1460\n",
            f"a rule of INPUT on a host {PROXYING}: tcp to port 443, 81 packets so far",
        ),
        (
            "table ip f {{\n\tchain in {{\n\t\ttype filter hook input priority filter; policy accept;\n\t\ttcp dport "
            "443 ct state invalid,untracked counter packets {count} bytes 40 synproxy mss 1460 wscale 7\n\t}}\n}}\n",
            f"a rule of in on a host {PROXYING}: tcp to port 443, 81 packets so far",
        ),
    ],
)
def test_rules_that_answer_for_a_server(text: str, words: str, tmp_path: Path) -> None:
    assert words in headline(tmp_path, text.format(count=81))
    assert PROXYING not in headline(tmp_path, text.format(count=0))


OTHERS = "another source"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "# iptables -t nat -nvL POSTROUTING\nChain POSTROUTING (policy ACCEPT 1 packets, 20 bytes)\n"
            " pkts bytes target     prot opt in     out     source               destination\n"
            "   42  3000 MASQUERADE  all  --  *      *       0.0.0.0/0            0.0.0.0/0\n",
            "a rule of POSTROUTING on a host gives all that leaves it another source (42 packets so far)",
        ),
        (
            saved("nat", "POSTROUTING", "[7:8] -A POSTROUTING -s 10.50.0.0/16 -j SNAT --to-source 192.0.2.9"),
            "gives all that 10.50.0.0/16 sends another source (7 packets so far)",
        ),
        (
            "table ip nat {\n\tchain post {\n\t\ttype nat hook postrouting priority srcnat; policy accept;\n"
            "\t\tip saddr 10.50.0.0/16 counter packets 7 bytes 40 masquerade\n\t}\n}\n",
            "a rule of post on a host gives all that 10.50.0.0/16 sends another source",
        ),
        # What grep left out may have let it go before.
        ("# iptables-save -c | grep MASQ\n[7:8] -A POSTROUTING -s 10.50.0.0/16 -j MASQUERADE\n", ""),
        # Without a counter, or with one of zero, it convicts nobody.
        ("# iptables -t nat -S\n-A POSTROUTING -j MASQUERADE\n", ""),
        (saved("nat", "POSTROUTING", "[0:0] -A POSTROUTING -j MASQUERADE"), ""),
        # What everybody has: flannel, Docker, libvirt, a router.
        (
            saved(
                "nat",
                "POSTROUTING",
                "[5:6] -A POSTROUTING -s 10.50.0.0/16 -d 10.50.0.0/16 -j RETURN",
                "[7:8] -A POSTROUTING -s 10.50.0.0/16 -j MASQUERADE",
            ),
            "",
        ),
        (saved("nat", "POSTROUTING", "[7:8] -A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE"), ""),
        (saved("nat", "POSTROUTING", "[7:8] -A POSTROUTING -s 10.8.0.0/24 ! -d 10.8.0.0/24 -j MASQUERADE"), ""),
        (saved("nat", "POSTROUTING", "[7:8] -A POSTROUTING -o eth0 -j MASQUERADE"), ""),
        # Only what other rules send there gets to it.
        (saved("nat", "NODES", "[3:9] -A NODES -j MASQUERADE").replace("NODES ACCEPT", "NODES -"), ""),
        (
            saved(
                "nat",
                "KUBE-POSTROUTING",
                "[20:9] -A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN",
                "[3:9] -A KUBE-POSTROUTING -j MASQUERADE --random-fully",
            ).replace("KUBE-POSTROUTING ACCEPT", "KUBE-POSTROUTING -"),
            "",
        ),
    ],
)
def test_rules_that_give_all_packets_another_source(text: str, words: str, tmp_path: Path) -> None:
    said = headline(tmp_path, text)
    assert words in said
    assert words or OTHERS not in said


ADDRESSES = (
    "root@n1:~# ip addr\n1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 state UNKNOWN\n    inet 127.0.0.1/8 scope host lo\n"
    "2: eth0: <BROADCAST,UP,LOWER_UP> mtu 1500 state UP\n    inet 192.0.2.77/24 scope global eth0\n"
)
SNAT = "root@n1:~# iptables -t nat -vS POSTROUTING\n-A POSTROUTING -o eth0 -c {count} 9 -j SNAT --to-source {source}\n"


@pytest.mark.parametrize(
    ("text", "is_told"),
    [
        (ADDRESSES + SNAT.format(count=90, source="192.0.2.78"), True),
        (ADDRESSES + SNAT.format(count=90, source="192.0.2.77"), False),
        (ADDRESSES + SNAT.format(count=0, source="192.0.2.78"), False),
        # Which addresses it has is not shown.
        (SNAT.format(count=90, source="192.0.2.78"), False),
    ],
)
def test_a_source_that_is_nobodys_here(text: str, is_told: bool, tmp_path: Path) -> None:
    words = "a rule of POSTROUTING on n1 gives 90 packets the source 192.0.2.78, which is no address of n1"
    said = headline(tmp_path, text)
    assert (words in said) is is_told
    assert is_told or "no address of" not in said


HAIRPIN = (
    "# iptables -t nat -nvL KUBE-ROUTER-HAIRPIN\nChain KUBE-ROUTER-HAIRPIN (1 references)\n"
    " pkts bytes target     prot opt in     out     source               destination\n"
    "  {count}     0 SNAT       all  --  *      *       10.50.1.4            10.50.1.4            "
    "vaddr 10.96.9.9 vport 81 to:10.96.9.9\n"
)
FAILED = (
    "# curl http://10.96.9.{last}:81/\ncurl: (7) Failed to connect to 10.96.9.{last} port 81: Connection timed out\n"
)


@pytest.mark.parametrize(
    ("text", "is_told"),
    [
        (HAIRPIN.format(count=0) + FAILED.format(last=9), True),
        (HAIRPIN.format(count=5) + FAILED.format(last=9), False),
        (HAIRPIN.format(count=0) + FAILED.format(last=8), False),
        (HAIRPIN.format(count=0), False),
    ],
)
def test_a_rule_for_hairpins_that_nothing_comes_to(text: str, is_told: bool, tmp_path: Path) -> None:
    words = "nothing came to the rule on a host for 10.50.1.4 reaching itself through 10.96.9.9"
    assert (words in headline(tmp_path, text)) is is_told


PORT = "7: {dev}@if3: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 master cni0 state forwarding priority 32 cost 2\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "core@n4 ~ $ grep . /sys/class/net/veth*/brport/hairpin_mode\n"
            "/sys/class/net/veth0a1b2c3d/brport/hairpin_mode:0\n/sys/class/net/veth1a1b2c3d/brport/hairpin_mode:0\n",
            "hairpin mode of veth0a1b2c3d and 1 more port on n4 is off",
        ),
        (
            "core@n4 ~ $ cat /sys/devices/virtual/net/cni0/brif/veth0a1b2c3d/hairpin_mode\n0\n",
            "hairpin mode of veth0a1b2c3d on n4 is off",
        ),
        (
            "core@n4 ~ $ bridge -d link\n"
            + PORT.format(dev="veth0a1b2c3d")
            + "    hairpin off guard off learning on\n",
            "hairpin mode of veth0a1b2c3d on n4 is off",
        ),
        ("core@n4 ~ $ bridge -d link\n" + PORT.format(dev="veth0a1b2c3d") + "    hairpin on guard off\n", ""),
        ("core@n4 ~ $ cat /sys/class/net/veth0a1b2c3d/brport/hairpin_mode\n1\n", ""),
        # A card's own neighbours need none.
        ("core@n4 ~ $ bridge -d link\n" + PORT.format(dev="eth1") + "    hairpin off guard off\n", ""),
    ],
)
def test_ports_of_a_bridge_without_hairpin_mode(text: str, words: str, tmp_path: Path) -> None:
    analysis = judged_state(tmp_path, text)
    said = " ".join(remark.text for remark in analysis.remarks)
    assert words in said
    assert words or "hairpin" not in said
    # Who lists the ports of a bridge may look for something else.
    assert ("hairpin" in analysis.headline) is (bool(words) and "hairpin_mode" in text)


SYNS = "# tcpdump -nei vethd6e7f8a1\n" + "".join(
    f"12:00:0{second}.000001 0a:58:0a:32:01:04 > 0a:58:0a:32:01:01, ethertype IPv4 (0x0800), length 74: "
    "10.50.1.4.40000 > 10.96.9.9.81: Flags [S], seq 1, win 64240, options [mss 1460], length 0\n"
    for second in (0, 1, 3)
)
LISTED = (
    "\n# cat /sys/class/net/{port}/brport/hairpin_mode\n{mode}\n# kubectl get endpoints web\nNAME   ENDPOINTS   AGE\n"
    "web    {behind}   2d\n# kubectl get svc web\nNAME   TYPE        CLUSTER-IP   EXTERNAL-IP   PORT(S)   AGE\n"
    "web    ClusterIP   10.96.9.9    <none>        81/TCP    2d\n"
)


@pytest.mark.parametrize(
    ("port", "mode", "behind", "is_first"),
    [
        ("vethd6e7f8a1", 0, "10.50.1.4:80", True),
        ("veth0a1b2c3d", 0, "10.50.1.4:80", True),
        ("vethd6e7f8a1", 1, "10.50.1.4:80", False),
        # Others are behind it, too; another is.
        ("vethd6e7f8a1", 0, "10.50.1.4:80,10.50.1.5:80", False),
        ("vethd6e7f8a1", 0, "10.50.1.5:80", False),
    ],
)
def test_a_pod_that_reaches_itself_over_a_bridge(
    port: str, mode: int, behind: str, is_first: bool, tmp_path: Path
) -> None:
    analysis = judged(tmp_path, SYNS + LISTED.format(port=port, mode=mode, behind=behind))
    assert (causes(analysis)[0] == "hairpin-mode-off") is is_first
    assert is_first or "hairpin-mode-off" not in causes(analysis)
    if is_first:
        suspect = analysis.diagnoses[0].suspects[0]
        assert f"0  (hairpin_mode of {port})" in suspect.because[0]


LOOKUP = "[root@w2 ~]# ip route get {target}\n{target} via 192.0.2.1 dev ens5 src 192.0.2.75 uid 0\n    cache\n"
PODS = (
    "$ kubectl get pods -A -o wide\nNAMESPACE  NAME  READY  STATUS   RESTARTS  AGE  IP         NODE  NOMINATED NODE\n"
    "shop       web   1/1    Running  0         2d   10.50.1.4  w2    <none>\n"
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            LOOKUP.format(target="169.254.88.9"),
            "w2 sends what is for 169.254.88.9 to 192.0.2.1 by ens5, although that is an address that is never routed",
        ),
        (
            PODS + LOOKUP.format(target="10.50.1.4"),
            "w2 sends what is for 10.50.1.4 to 192.0.2.1 by ens5, although that is the address of shop/web, which runs "
            "there",
        ),
        # Another node's pod; anybody; the cloud's metadata; repaired since.
        (PODS.replace("w2 ", "w3 ") + LOOKUP.format(target="10.50.1.4"), ""),
        (LOOKUP.format(target="10.50.1.4"), ""),
        (LOOKUP.format(target="169.254.169.254"), ""),
        (
            LOOKUP.format(target="169.254.88.9")
            + "[root@w2 ~]# ip route get 169.254.88.9\n169.254.88.9 dev veth0a1b2c3d src 192.0.2.75 uid 0\n    cache\n",
            "",
        ),
    ],
)
def test_a_route_that_leads_a_pods_answers_away(text: str, words: str, tmp_path: Path) -> None:
    said = headline(tmp_path, text)
    assert words in said
    assert words or "w2 sends" not in said
