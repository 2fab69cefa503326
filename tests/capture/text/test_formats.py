"""Every format in which tcpdump prints packets, as seen in public reports."""

from __future__ import annotations

import pytest

from tests.support.reading import read_bytes
from tests.support.transcripts import rows

IP = ("ip_src", "ip_dst", "icmp_type", "icmp_ident", "icmp_seq")
ARP = ("arp_opcode", "arp_src_proto_ipv4", "arp_dst_proto_ipv4", "arp_src_hw_mac", "arp_dst_hw_mac")
STAMP = "16:22:59.584235 "


def test_plain_echo() -> None:
    text = "15:41:38.483493 IP 100.64.0.1 > 10.91.1.128: ICMP echo request, id 62374, seq 13, length 64"
    assert rows(text, *IP) == [("100.64.0.1", "10.91.1.128", 8, 62374, 13)]
    assert rows(text, "frame_time") == [(((15 * 60 + 41) * 60 + 38) * 10**9 + 483_493_000,)]


def test_plain_arp_tells_of_a_reply_neither_target_nor_sender_of_the_frame() -> None:
    text = (
        "10:31:43.775985 ARP, Request who-has 169.254.1.1 tell 192.168.156.177, length 28\n"
        "10:31:43.776001 ARP, Reply 169.254.1.1 is-at ee:ee:ee:ee:ee:ee, length 28\n"
    )
    assert rows(text, *ARP) == [
        (1, "192.168.156.177", "169.254.1.1", None, None),
        (2, "169.254.1.1", None, "ee:ee:ee:ee:ee:ee", None),
    ]
    assert rows(text, "eth_src", "eth_dst", "frame_len", "frame_cap_len") == [(None,) * 4] * 2


def test_names_instead_of_addresses() -> None:
    text = (
        "15:36:20.827279 ARP, Reply 169.254.1.1 is-at 32:82:ad:c5:c4:0d (oui Unknown), length 28\n"
        "15:36:20.827280 ARP, Request who-has 169.254.1.1 tell bogon, length 28\n"
        "15:36:20.827290 IP web-1.45942 > kube-dns.kube-system.svc.cluster.local.53: 27464+ A? example.org. (29)\n"
        "15:36:20.827300 IP web-1 > 10.0.0.7: ICMP echo request, id 3, seq 1, length 64\n"
    )
    assert rows(text, "arp_src_hw_mac", "arp_src_proto_ipv4", "ip_src", "ip_dst", "udp_dstport") == [
        ("32:82:ad:c5:c4:0d", "169.254.1.1", None, None, None),
        (None, "bogon", None, None, None),
        (None, None, "web-1", "kube-dns.kube-system.svc.cluster.local", 53),
        (None, None, "web-1", "10.0.0.7", None),
    ]


def test_link_header() -> None:
    text = (
        "16:22:59.584235 aa:64:43:69:fd:8d > ff:ff:ff:ff:ff:ff, ethertype ARP (0x0806), length 42: "
        "Request who-has 169.254.1.1 tell 100.79.126.235, length 28\n"
    )
    assert rows(text, "eth_src", "eth_dst", "eth_type", "frame_len", "arp_src_hw_mac") == [
        ("aa:64:43:69:fd:8d", "ff:ff:ff:ff:ff:ff", 0x0806, 42, None)
    ]


def test_link_header_in_words() -> None:
    text = (
        "09:45:24.167575 a6:dd:fe:8b:80:0d (oui Unknown) > Broadcast, ethertype ARP (0x0806), length 42: "
        "Request who-has 169.254.1.1 tell 10.244.210.140, length 28\n"
    )
    assert rows(text, "eth_src", "eth_dst", *ARP[:3]) == [
        ("a6:dd:fe:8b:80:0d", "ff:ff:ff:ff:ff:ff", 1, "10.244.210.140", "169.254.1.1")
    ]


@pytest.mark.parametrize(
    "link",
    ["ARP, ", "fe:bb:51:af:03:a8 > ff:ff:ff:ff:ff:ff, ethertype ARP (0x0806), length 42: "],
    ids=["plain", "with link header"],
)
def test_verbose_arp(link: str) -> None:
    text = f"{STAMP}{link}Ethernet (len 6), IPv4 (len 4), Request who-has 169.254.1.1 tell 10.244.120.68, length 28"
    assert rows(text, *ARP[:3]) == [(1, "10.244.120.68", "169.254.1.1")]


VERBOSE = (
    "(tos 0x0, ttl 62, id 37455, offset 0, flags [DF], proto ICMP (1), length 84)\n"
    "    10.244.120.68 > 10.244.205.195: ICMP echo request, id 15617, seq 12, length 64\n"
)


@pytest.mark.parametrize(
    "link",
    ["IP ", "fe:bb:51:af:03:a8 > ee:ee:ee:ee:ee:ee, ethertype IPv4 (0x0800), length 98: "],
    ids=["plain", "with link header"],
)
def test_verbose_ip_takes_two_lines(link: str) -> None:
    text = f"{STAMP}{link}{VERBOSE}"
    assert rows(text, *IP) == [("10.244.120.68", "10.244.205.195", 8, 15617, 12)]
    assert rows(text, "ip_ttl", "ip_id", "ip_len", "ip_proto", "ip_flags_df", "ip_flags_mf", "ip_frag_offset") == [
        (62, 37455, 84, 1, 1, 0, 0)
    ]


def test_what_plain_text_does_not_show_is_absent() -> None:
    text = f"{STAMP}IP 10.0.0.1 > 10.0.0.2: ICMP echo reply, id 1, seq 1, length 64"
    names = ("ip_ttl", "ip_id", "ip_len", "ip_flags_df", "ip_frag_offset", "icmp_code", "eth_src", "vlan_id")
    assert rows(text, *names) == [(None,) * len(names)]


def test_request_with_the_target_mac_and_padding() -> None:
    text = (
        f"{STAMP}ARP, Request who-has 9.9.2.3 (0a:58:09:09:02:03) tell 9.9.2.5, length 28\n"
        f"{STAMP}0a:58:09:09:02:03 > 0a:58:09:09:02:05, ethertype ARP (0x0806), length 60: "
        "Reply 9.9.2.3 is-at 0a:58:09:09:02:03, length 46\n"
    )
    assert rows(text, "arp_opcode", "arp_dst_hw_mac", "frame_len") == [(1, "0a:58:09:09:02:03", None), (2, None, 60)]


def test_any_names_the_interface_in_each_line() -> None:
    text = (
        "09:24:53.871410 eth0  In  IP 10.244.195.194 > 10.244.110.129: ICMP echo request, id 236, seq 5, length 64\n"
        "09:24:54.055279 eth0  Out ARP, Request who-has 169.254.1.1 tell 10.244.110.129, length 28\n"
        "09:24:54.055279 cali14e7d81007d B   ARP, Request who-has 169.254.1.1 tell 10.244.110.129, length 28\n"
        "09:24:54.055279 lo    M   IP 10.0.0.1 > 224.0.0.1: igmp query v2\n"
        "09:24:54.055279 lo    P   IP 10.0.0.1 > 10.0.0.2: ICMP echo request, id 1, seq 5, length 64\n"
    )
    reading = read_bytes(text.encode())
    assert [interface.name for interface in reading.interfaces] == ["eth0", "cali14e7d81007d", "lo"]
    assert {interface.link_type for interface in reading.interfaces} == {276}
    assert rows(text, "direction") == [("in",), ("out",), ("in",), ("in",), ("in",)]


def test_any_with_link_header() -> None:
    text = (
        "14:07:46.710304 egress.vxlan P   ifindex 28 66:01:02:94:fc:51 ethertype IPv4 (0x0800), length 80: "
        "10.0.0.1.43442 > 10.0.0.2.8080: Flags [S.], seq 1, ack 2, win 64240, length 0\n"
        "14:07:46.710304 tunl0 Out ifindex 5 ethertype IPv4 (0x0800), length 104: "
        "10.0.0.1 > 10.0.0.2: ICMP echo request, id 1, seq 1, length 64\n"
    )
    assert rows(text, "sll_ifindex", "eth_src", "eth_dst", "frame_len", "direction", "ip_src", "tcp_dstport") == [
        (28, "66:01:02:94:fc:51", None, 80, "in", "10.0.0.1", 8080),
        (5, None, None, 104, "out", "10.0.0.1", None),
    ]
    assert rows(text, "tcp_flags")[0] == (0x12,)


def test_names_that_may_be_wrong_are_not_believed() -> None:
    text = (
        "Warning: interface names might be incorrect\n"
        "09:24:53.871410 eth0  In  ifindex 3 5a:8a:10:57:e2:03 ethertype ARP (0x0806), length 48: "
        "Request who-has 169.254.1.1 tell 10.244.110.129, length 28\n"
    )
    assert [interface.name for interface in read_bytes(text.encode()).interfaces] == [None]


def test_cooked_without_and_with_link_header() -> None:
    text = (
        "tcpdump: listening on any, link-type LINUX_SLL (Linux cooked v1), capture size 262144 bytes\n"
        "05:32:10.559347 IP (tos 0x0, ttl 63, id 7, offset 0, flags [DF], proto ICMP (1), length 84)\n"
        "    10.0.0.1 > 10.0.0.2: ICMP echo request, id 1, seq 1, length 64\n"
        "05:32:10.559350   B 5a:8a:10:57:e2:03 ethertype ARP (0x0806), length 44: "
        "Request who-has 169.254.1.1 tell 10.0.0.1, length 28\n"
        "05:32:10.559351 Out ee:ee:ee:ee:ee:ee ethertype ARP (0x0806), length 44: "
        "Reply 169.254.1.1 is-at ee:ee:ee:ee:ee:ee, length 28\n"
    )
    (interface,) = read_bytes(text.encode()).interfaces
    assert (interface.link_type, interface.name) == (113, None)
    assert rows(text, "direction", "eth_src", "ip_ttl") == [
        (None, None, 63),
        ("in", "5a:8a:10:57:e2:03", None),
        ("out", "ee:ee:ee:ee:ee:ee", None),
    ]


def test_raw_link() -> None:
    text = (
        "05:51:54.234300 ip: 10.0.0.1 > 10.0.0.2: ICMP echo request, id 1, seq 1, length 64\n"
        "05:51:54.234400 ip: fd00::a > fd00::b: ICMP6, echo request, id 1, seq 1, length 64\n"
    )
    assert [interface.link_type for interface in read_bytes(text.encode()).interfaces] == [101]
    assert rows(text, "ip_version", "icmp_type") == [(4, 8), (6, 128)]


@pytest.mark.parametrize(
    "text",
    [
        "18:03:35.048106 IP 10.57.4.20 > 10.57.4.21: IP 192.168.10.10 > 192.168.11.10: ICMP echo request, id 3205, "
        "seq 1, length 64 (ipip-proto-4)\n",
        "18:03:35.048106 IP (tos 0x10, ttl 64, id 1, offset 0, flags [DF], proto IPIP (4), length 104)\n"
        "    10.57.4.20 > 10.57.4.21: IP (tos 0x10, ttl 63, id 2, offset 0, flags [DF], proto ICMP (1), length 84)\n"
        "    192.168.10.10 > 192.168.11.10: ICMP echo request, id 3205, seq 1, length 64\n",
    ],
    ids=["plain", "verbose"],
)
def test_ipip(text: str) -> None:
    assert rows(text, *IP, "encap", "outer_src", "outer_dst") == [
        ("192.168.10.10", "192.168.11.10", 8, 3205, 1, "ipip", "10.57.4.20", "10.57.4.21")
    ]
    assert rows(text, "ip_ttl") == [(63 if "ttl" in text else None,)]


@pytest.mark.parametrize(
    "text",
    [
        "18:42:30.502186 IP 138.96.245.53.43983 > 138.96.245.52.4789: VXLAN, flags [I] (0x08), vni 4096\n"
        "IP 10.244.210.198 > 10.244.112.198: ICMP echo request, id 32992, seq 1, length 64\n",
        "18:42:30.502186 IP (tos 0x0, ttl 63, id 44609, offset 0, flags [none], proto UDP (17), length 134)\n"
        "    138.96.245.53.43983 > 138.96.245.52.4789: [bad udp cksum 0x1bc4 -> 0xc8a4!] VXLAN, flags [I] (0x08), "
        "vni 4096\n"
        "IP (tos 0x0, ttl 62, id 4511, offset 0, flags [DF], proto ICMP (1), length 84)\n"
        "    10.244.210.198 > 10.244.112.198: ICMP echo request, id 32992, seq 1, length 64\n",
        "18:42:30.502186 0a:58:ac:1f:ba:fa > 0a:58:ac:1f:ba:fb, ethertype IPv4 (0x0800), length 148: "
        "138.96.245.53.43983 > 138.96.245.52.4789: VXLAN, flags [I] (0x08), vni 4096\n"
        "66:f8:e9:66:d1:e2 > 66:2d:bf:44:a6:8b, ethertype IPv4 (0x0800), length 98: "
        "10.244.210.198 > 10.244.112.198: ICMP echo request, id 32992, seq 1, length 64\n",
        "18:42:30.502186 IP 138.96.245.53.43983 > 138.96.245.52.8472: OTV, flags [I] (0x08), overlay 0, instance 4096\n"
        "IP 10.244.210.198 > 10.244.112.198: ICMP echo request, id 32992, seq 1, length 64\n",
    ],
    ids=["plain", "verbose", "with link header", "flannel's port"],
)
def test_vxlan_takes_more_lines(text: str) -> None:
    assert rows(text, *IP, "encap", "vxlan_vni", "outer_src") == [
        ("10.244.210.198", "10.244.112.198", 8, 32992, 1, "vxlan", 4096, "138.96.245.53")
    ]
    assert rows(text, "ip_ttl") == [(62 if "ttl" in text else None,)]
    assert rows(text, "inner_eth_src") == [("66:f8:e9:66:d1:e2" if "66:f8" in text else None,)]


def test_ipv6() -> None:
    text = (
        f"{STAMP}IP6 (flowlabel 0x9e75d, hlim 63, next-header ICMPv6 (58) payload length: 64) fd00::a > fd00::b: "
        "[icmp6 sum ok] ICMP6, echo request, seq 1\n"
        f"{STAMP}IP6 fe80::c21:3aff:fe60:fc7 > ff02::2: ICMP6, router solicitation, length 16\n"
        f"{STAMP}IP6 fd00::a > fd00::b: ICMP6, echo reply, id 7, seq 1, length 64\n"
    )
    assert rows(text, *IP, "ip_ttl", "ip_len") == [
        ("fd00::a", "fd00::b", 128, None, 1, 63, 64),
        ("fe80::c21:3aff:fe60:fc7", "ff02::2", 133, None, None, None, None),
        ("fd00::a", "fd00::b", 129, 7, 1, None, None),
    ]


def test_neighbour_discovery() -> None:
    text = (
        f"{STAMP}IP6 (hlim 255, next-header ICMPv6 (58) payload length: 32) fe80::ecee:eeff:feee:eeee > fd00::a: "
        "[icmp6 sum ok] ICMP6, neighbor advertisement, length 32, tgt is fe80::ecee:eeff:feee:eeee, "
        "Flags [router, solicited]\n"
        "\t  destination link-address option (2), length 8 (1): ee:ee:ee:ee:ee:ee\n"
        "\t    0x0000:  eeee eeee eeee\n"
        f"{STAMP}IP6 fd00::a > ff02::1:ffee:eeee: ICMP6, neighbor solicitation, who has fe80::1, length 32\n"
    )
    assert rows(text, "icmp_type", "nd_target", "nd_mac", "carries") == [
        (136, "fe80::ecee:eeff:feee:eeee", "ee:ee:ee:ee:ee:ee", "nd"),
        (135, "fe80::1", None, "nd"),
    ]


def test_dumps_of_bytes_between_packets_are_passed_over() -> None:
    text = (
        f"{STAMP}IP 10.0.0.1.4000 > 10.0.0.2.80: Flags [P.], seq 1:80, ack 1, win 502, length 79: HTTP: GET /\n"
        "E..T..@.@..zdO~.dO~....N.....:.h....................\n"
        "GET / HTTP/1.1\nHost: 10.0.0.2\n\nAccept: */*\n"
        f"{STAMP}IP 10.0.0.1 > 10.0.0.2: ICMP echo request, id 1, seq 1, length 64\n"
        "\t0x0000:  4500 0054 e7db 4000 4001 8c7a 644f 7eeb  E..T..@.@..zdO~.\n"
        f"{STAMP}ARP, Request who-has 169.254.1.1 tell 10.0.0.1, length 28\n"
        ".........dCi..dO~...........\n"
    )
    assert rows(text, "frame_number") == [(1,), (2,), (3,)]
    assert read_bytes(text.encode()).problems == []


def test_other_protocols_on_the_link() -> None:
    text = (
        f"{STAMP}LLDP, length 221: node-x7\n"
        f"{STAMP}IP 10.0.0.1 > 224.0.0.5: OSPFv2, Hello, length 44\n"
        f"{STAMP}IP 10.0.0.1 > 10.0.0.2: ip-proto-99 20\n"
        f"{STAMP}IP 10.0.0.1 > 10.0.0.2: icmp\n"
        f"{STAMP}STP 802.1d, Config, Flags [none], bridge-id 8000.00:00:00:00:00:00.8001, length 35\n"
    )
    assert rows(text, "carries", "ip_proto") == [
        ("other", None),
        ("ip-multicast", 89),
        ("ip-unicast", 99),
        ("ip-unicast", 1),
        ("other", None),
    ]
    assert rows(text, "icmp_type") == [(None,)] * 5
    assert read_bytes(text.encode()).problems == []


@pytest.mark.parametrize(
    ("words", "kind", "code"),
    [
        ("host 198.51.100.98 unreachable - admin prohibited filter", 3, 13),
        ("host 198.51.100.98 unreachable - admin prohibited", 3, 10),
        ("net 198.51.100.98 unreachable", 3, 0),
        ("host 198.51.100.98 unreachable", 3, 1),
        ("198.51.100.98 protocol 1 unreachable", 3, 2),
        ("198.51.100.98 udp port 33434 unreachable", 3, 3),
        ("198.51.100.98 unreachable - need to frag (mtu 1400)", 3, 4),
        ("redirect 198.51.100.98 to host 10.0.0.1", 5, 1),
        ("time exceeded in-transit", 11, 0),
        ("ip reassembly time exceeded", 11, 1),
        ("parameter problem - octet 0", 12, 0),
    ],
)
def test_icmp_errors(words: str, kind: int, code: int) -> None:
    text = f"{STAMP}IP 100.64.48.4 > 100.64.48.56: ICMP {words}, length 68"
    assert rows(text, "icmp_type", "icmp_code", "icmp_mtu") == [(kind, code, 1400 if "mtu" in words else None)]


def test_error_with_what_it_is_about() -> None:
    text = (
        f"{STAMP}IP (tos 0xc0, ttl 64, id 1, offset 0, flags [none], proto ICMP (1), length 112)\n"
        "    172.31.186.250 > 10.244.1.10: ICMP time exceeded in-transit, length 92\n"
        "\tIP (tos 0x0, ttl 1, id 9, offset 0, flags [DF], proto ICMP (1), length 84)\n"
        "    10.244.1.10 > 10.244.1.11: ICMP echo request, id 15, seq 3, length 64\n"
    )
    names = ("ip_src", "icmp_type", "quoted_src", "quoted_dst", "quoted_ttl", "quoted_icmp_ident", "quoted_icmp_seq")
    assert rows(text, *names) == [("172.31.186.250", 11, "10.244.1.10", "10.244.1.11", 1, 15, 3)]


@pytest.mark.parametrize(
    ("words", "opcode", "sender", "target"),
    [
        ("Announcement 10.0.0.1", 1, "10.0.0.1", "10.0.0.1"),
        ("Probe 10.0.0.1", 1, "0.0.0.0", "10.0.0.1"),
        ("Inverse Reply 5a:8a:10:57:e2:03 at 10.0.0.1", 9, "10.0.0.1", None),
    ],
)
def test_other_arp(words: str, opcode: int, sender: str, target: str | None) -> None:
    assert rows(f"{STAMP}ARP, {words}, length 28", *ARP[:3]) == [(opcode, sender, target)]


def test_old_tcpdump() -> None:
    text = (
        f"{STAMP}arp who-has 10.0.0.2 tell 10.0.0.1\n"
        f"{STAMP}arp reply 10.0.0.2 is-at 0:c:29:5:6:7\n"
        f"{STAMP}IP 10.0.0.1 > 10.0.0.2: icmp 64: echo request seq 7\n"
        f"{STAMP}IP 10.0.0.1.4000 > 10.0.0.2.80: S 123:123(0) win 5840 <mss 1460>\n"
    )
    assert rows(text, "arp_opcode", "arp_src_hw_mac", "icmp_type", "icmp_seq", "tcp_dstport") == [
        (1, None, None, None, None),
        (2, "00:0c:29:05:06:07", None, None, None),
        (None, None, 8, 7, None),
        (None, None, None, None, 80),
    ]


def test_vlan_and_quiet() -> None:
    text = (
        f"{STAMP}5a:8a:10:57:e2:03 > ff:ff:ff:ff:ff:ff, ethertype 802.1Q (0x8100), length 46: vlan 7, p 0, "
        "ethertype ARP (0x0806), Request who-has 169.254.1.1 tell 10.0.0.1, length 28\n"
        f"{STAMP}5a:8a:10:57:e2:03 > ee:ee:ee:ee:ee:ee, IPv4, length 74: 10.0.0.1.4000 > 10.0.0.2.80: tcp 0\n"
    )
    assert rows(text, "vlan_id", "eth_type", "arp_dst_proto_ipv4", "tcp_dstport", "tcp_flags") == [
        (7, 0x0806, "169.254.1.1", None, None),
        (None, 0x0800, None, 80, None),
    ]


def test_cut_packets_are_packets() -> None:
    text = (
        f"{STAMP}IP 10.0.0.1 > 10.0.0.2:  [|icmp]\n"
        f"{STAMP}[|arp]\n"
        f"{STAMP}IP  [|ip]\n"
        f"{STAMP}IP truncated-ip - 7 bytes missing! 10.0.0.1 > 10.0.0.2: ICMP echo reply, id 1, seq 1, length 17\n"
    )
    assert rows(text, "ip_src", "icmp_type", "carries") == [
        ("10.0.0.1", None, "ip-unicast"),
        (None, None, "arp"),
        (None, None, "other"),
        ("10.0.0.1", 0, "ip-unicast"),
    ]
    assert read_bytes(text.encode()).problems == []
