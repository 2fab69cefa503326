"""Links and addresses, in every form in which people paste them."""

from __future__ import annotations

from pathlib import Path

from pcapcheck.nodestate.node_facts import Device
from pcapcheck.values import format_address, format_mac
from tests.support.states import only, state_of


def shown(link: Device) -> tuple[object, ...]:
    mac = None if link.mac is None else format_mac(link.mac)
    return link.name, link.index, link.peer_index, mac, link.mtu, link.up


def addresses(text: str, folder: Path) -> list[str]:
    return [
        f"{format_address(address.ip)}/{address.prefix} {address.dev} {address.scope}"
        for address in only(state_of(text, folder)).addresses
    ]


CALI = "cali14e7d81007d", 331, 3, "ee:ee:ee:ee:ee:ee", 1450


def test_ip_link_with_flags(tmp_path: Path) -> None:
    host = only(
        state_of(
            "# ip -d link show dev cali14e7d81007d\n"
            "331: cali14e7d81007d@if3: <BROADCAST,MULTICAST,UP,"
            "LOWER_UP> mtu 1450 xdp qdisc noqueue master br0 state UP\n"
            "    link/ether ee:ee:ee:ee:ee:ee brd ff:ff:ff:ff:ff:ff link-netnsid 32 promiscuity 0\n"
            "    veth addrgenmode eui64\n",
            tmp_path,
        )
    )
    link = host.links["cali14e7d81007d"]
    assert shown(link) == (*CALI, True)
    assert (link.kind, link.master, link.netnsid, link.programs, link.carrier) == ("veth", "br0", 32, True, True)
    assert link.line.number == 2
    assert not host.whole


def test_ip_link_without_flags(tmp_path: Path) -> None:
    """As in the walkthrough, where Markdown ate what stood in angle brackets."""
    text = "331: cali14e7d81007d@if3:  mtu 1450 qdisc noqueue state UP mode DEFAULT group default qlen 1000\n"
    text += "    link/ether ee:ee:ee:ee:ee:ee brd ff:ff:ff:ff:ff:ff link-netnsid 32\n"
    assert shown(only(state_of(text, tmp_path)).links["cali14e7d81007d"]) == (*CALI, None)


def test_link_that_is_down(tmp_path: Path) -> None:
    text = (
        "331: cali14e7d81007d@if3: <NO-CARRIER,BROADCAST,MULTICAST,"
        "UP,M-DOWN> mtu 1450 qdisc noqueue state LOWERLAYERDOWN"
    )
    link = only(state_of(text, tmp_path)).links["cali14e7d81007d"]
    assert (link.up, link.carrier) == (True, False)


def test_one_line_each(tmp_path: Path) -> None:
    text = (
        "root@node:~# ip -o link\n"
        "331: cali14e7d81007d@if3: <BROADCAST,UP,LOWER_UP> mtu 1450 qdisc noqueue state UP \\    "
        "link/ether ee:ee:ee:ee:ee:ee brd ff:ff:ff:ff:ff:ff link-netns cni-12\n"
        "root@node:~# ip -o -4 addr\n"
        "2: eth0    inet 172.31.186.250/24 brd 172.31.186.255 scope global eth0\\       valid_lft forever\n"
    )
    host = only(state_of(text, tmp_path))
    assert shown(host.links["cali14e7d81007d"]) == (*CALI, True)
    assert host.links["cali14e7d81007d"].netns == "cni-12"
    assert addresses(text, tmp_path) == ["172.31.186.250/24 eth0 global"]
    assert host.whole == {"links", "addresses4"}


def test_brief(tmp_path: Path) -> None:
    text = (
        "root@node:~# ip -br link\n"
        "cali14e7d81007d@if3 UP             ee:ee:ee:ee:ee:ee <BROADCAST,MULTICAST,UP,LOWER_UP> \n"
        "root@node:~# ip -br addr\n"
        "lo               UNKNOWN        127.0.0.1/8 ::1/128 \n"
        "eth0             UP             172.31.186.250/24 fe80::1/64 \n"
    )
    host = only(state_of(text, tmp_path))
    assert host.links["cali14e7d81007d"].peer_index == 3
    assert host.links["cali14e7d81007d"].up is True
    assert "172.31.186.250/24 eth0 None" in addresses(text, tmp_path)


def test_point_to_point_address_has_its_peers_prefix(tmp_path: Path) -> None:
    text = "# ip addr\n5: tap0: <UP> mtu 1500 qdisc noqueue\n    inet 10.0.0.1 peer 10.0.0.2/32 scope global tap0\n"
    assert addresses(text, tmp_path) == ["10.0.0.1/32 tap0 global"]


def test_busybox_looks_numbers_up_in_the_wrong_namespace(tmp_path: Path) -> None:
    text = "2: eth0@eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue qlen 1000\n"
    link = only(state_of(text, tmp_path)).links["eth0"]
    assert (link.peer_index, link.peer_name) == (None, None)


def test_new_ifconfig(tmp_path: Path) -> None:
    text = (
        "[root@node ~]# ifconfig -a\n"
        "cali14e7d81007d: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 1450\n"
        "        inet6 fe80::ecee:eeff:feee:eeee  prefixlen 64  scopeid 0x20<link>\n"
        "        ether ee:ee:ee:ee:ee:ee  txqueuelen 1000  (Ethernet)\n"
        "        RX packets 0  bytes 0 (0.0 B)\n"
        "\n"
        "eth0: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 1500\n"
        "        inet 172.31.186.250  netmask 255.255.255.0  broadcast 172.31.186.255\n"
    )
    host = only(state_of(text, tmp_path))
    assert shown(host.links["cali14e7d81007d"]) == ("cali14e7d81007d", None, None, "ee:ee:ee:ee:ee:ee", 1450, True)
    assert addresses(text, tmp_path) == [
        "fe80::ecee:eeff:feee:eeee/64 cali14e7d81007d link",
        "172.31.186.250/24 eth0 None",
    ]
    # net-tools shows one address of several.
    assert host.whole == {"links"}


def test_old_ifconfig(tmp_path: Path) -> None:
    text = (
        "/ # ifconfig\n"
        "eth0      Link encap:Ethernet  HWaddr 5A:8A:10:57:E2:03  \n"
        "          inet addr:10.244.1.10  Bcast:0.0.0.0  Mask:255.255.255.255\n"
        "          inet6 addr: fe80::588a:10ff:fe57:e203/64 Scope:Link\n"
        "          UP BROADCAST RUNNING MULTICAST  MTU:1450  Metric:1\n"
    )
    host = only(state_of(text, tmp_path))
    assert shown(host.links["eth0"]) == ("eth0", None, None, "5a:8a:10:57:e2:03", 1450, True)
    assert addresses(text, tmp_path) == ["10.244.1.10/32 eth0 None", "fe80::588a:10ff:fe57:e203/64 eth0 link"]
    assert host.role == "pod"


def test_json(tmp_path: Path) -> None:
    text = (
        "root@node:~# ip -j -d addr\n"
        '[{"ifindex":331,"link_index":3,"ifname":"cali14e7d81007d","flags":["BROADCAST","UP"],'
        '"mtu":1450,"address":"ee:ee:ee:ee:ee:ee","link_netnsid":32,"linkinfo":{"info_kind":"veth"},'
        '"addr_info":[{"family":"inet","local":"169.254.7.7","prefixlen":16,"scope":"link"}]}]\n'
    )
    host = only(state_of(text, tmp_path))
    link = host.links["cali14e7d81007d"]
    assert shown(link) == (*CALI, True)
    assert (link.kind, link.carrier, link.netnsid) == ("veth", False, 32)
    assert addresses(text, tmp_path) == ["169.254.7.7/16 cali14e7d81007d link"]
    assert host.whole == {"links", "addresses4", "addresses6"}


def test_a_narrowed_listing_is_not_whole(tmp_path: Path) -> None:
    header = "2: eth0: <BROADCAST,UP> mtu 1500 qdisc noqueue\n    inet 172.31.186.250/24 scope global eth0\n"
    for command in ("ip addr | grep -A2 eth0", "ip addr | head -20"):
        assert not only(state_of(f"$ {command}\n{header}", tmp_path)).whole, command
    for command in ("ip addr show dev eth0", "ip a s eth0"):
        whole = only(state_of(f"$ {command}\n{header}", tmp_path)).whole
        assert whole == {"addresses4 of eth0", "addresses6 of eth0"}, command
    for command in ("ip a", "sudo ip -d addr show", "ip address list | cat"):
        assert only(state_of(f"$ {command}\n{header}", tmp_path)).whole >= {"links", "addresses4"}, command
    assert not only(state_of(f"$ ip addr\n{header}...\n", tmp_path)).whole
