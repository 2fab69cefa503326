"""Routes, policy rules and what the kernel says when it is asked for a way."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck.nodestate.node_facts import Lookup
from pcapcheck.values import format_address
from tests.support.states import only, routes, state_of


def lookup(text: str, folder: Path) -> Lookup:
    (found,) = only(state_of(text, folder)).lookups
    return found


def test_ip_route(tmp_path: Path) -> None:
    text = (
        "root@node:~# ip route\n"
        "default via 172.31.186.1 dev eth0 proto dhcp src 172.31.186.250 metric 100 \n"
        "blackhole 10.244.1.0/26 proto 80 \n"
        "10.244.1.10 dev cali14e7d81007d scope link \n"
        "10.244.2.0/26 via 10.244.2.0 dev vxlan.calico onlink \n"
        "169.254/16 dev eth0 scope link\n"
        "172.16.0.0/12 proto bird \n"
        "\tnexthop via 172.31.186.2 dev eth0 weight 1 \n"
        "\tnexthop via 172.31.186.3 dev eth1 weight 1 \n"
    )
    host = only(state_of(text, tmp_path))
    assert routes(host) == [
        "default via 172.31.186.1 dev eth0",
        "blackhole 10.244.1.0/26",
        "10.244.1.10/32 dev cali14e7d81007d scope link",
        "10.244.2.0/26 via 10.244.2.0 dev vxlan.calico",
        "169.254.0.0/16 dev eth0 scope link",
        "172.16.0.0/12 via 172.31.186.2 dev eth0",
        "172.16.0.0/12 via 172.31.186.3 dev eth1",
    ]
    assert host.whole == {"routes4"}
    assert (host.routes[0].proto, host.routes[0].metric, host.routes[3].onlink) == ("dhcp", 100, True)
    assert host.listed["routes4"].number == 1


def test_all_tables(tmp_path: Path) -> None:
    text = (
        "# ip -4 route show table all\n"
        "default via 10.0.0.1 dev eth1 table 100 \n"
        "default via 172.31.186.1 dev eth0 \n"
        "local 169.254.1.1 dev br0 table local proto kernel scope host src 169.254.1.1 \n"
    )
    host = only(state_of(text, tmp_path))
    assert routes(host) == ["default via 172.31.186.1 dev eth0"]
    assert routes(host, "100") == ["default via 10.0.0.1 dev eth1"]
    assert routes(host, "local") == ["local 169.254.1.1/32 dev br0 scope host"]
    assert host.whole == {"routes4", "local4", "tables4"}


def test_ipv6(tmp_path: Path) -> None:
    text = (
        "/ # ip -6 route\n"
        "fd00:10:244:1::a dev eth0 proto kernel metric 256 pref medium\n"
        "default via fe80::ecee:eeff:feee:eeee dev eth0 metric 1024 pref medium\n"
    )
    host = only(state_of(text, tmp_path))
    assert routes(host) == ["fd00:10:244:1::a/128 dev eth0", "default via fe80::ecee:eeff:feee:eeee dev eth0"]
    assert host.whole == {"routes6"}
    assert {route.family for route in host.routes} == {6}


@pytest.mark.parametrize("command", ["route -n", "netstat -rn"])
def test_net_tools(command: str, tmp_path: Path) -> None:
    text = (
        f"[root@node ~]# {command}\n"
        "Kernel IP routing table\n"
        "Destination     Gateway         Genmask         Flags Metric Ref    Use Iface\n"
        "0.0.0.0         172.31.186.1    0.0.0.0         UG    0      0        0 eth0\n"
        "10.244.1.0      0.0.0.0         255.255.255.192 U     0      0        0 *\n"
        "10.244.1.1      -               255.255.255.255 !H    0      -        0 -\n"
        "10.244.1.10     0.0.0.0         255.255.255.255 UH    0      0        0 cali14e7d81007d\n"
    )
    host = only(state_of(text, tmp_path))
    assert routes(host) == [
        "default via 172.31.186.1 dev eth0",
        "unreachable 10.244.1.0/26",
        "unreachable 10.244.1.1/32",
        "10.244.1.10/32 dev cali14e7d81007d scope link",
    ]
    assert host.whole == {"routes4"}


def test_a_route_table_without_its_first_line_was_trimmed(tmp_path: Path) -> None:
    text = (
        "$ route -n\n"
        "Destination     Gateway         Genmask         Flags   MSS Window  irtt Iface\n"
        "100.79.126.201  0.0.0.0         255.255.255.255 UH        0 0          0 calieabe7761b00\n"
    )
    assert not only(state_of(text, tmp_path)).whole


def test_ip_route_json(tmp_path: Path) -> None:
    text = (
        'root@node:~# ip -j route\n[{"type":"blackhole","dst":"10.244.1.0/26","protocol":"80","flags":[]},'
        '{"dst":"default","gateway":"172.31.186.1","dev":"eth0","flags":[]},'
        '{"dst":"10.244.1.10","dev":"cali14e7d81007d","scope":"link","flags":["linkdown"]}]\n'
    )
    assert routes(only(state_of(text, tmp_path))) == [
        "blackhole 10.244.1.0/26",
        "default via 172.31.186.1 dev eth0",
        "10.244.1.10/32 dev cali14e7d81007d scope link",
    ]


def test_several_json_documents_pasted_one_behind_the_other(tmp_path: Path) -> None:
    text = (
        '[{"ifindex":331,"link_index":3,"ifname":"cali14e7d81007d","flags":[],"mtu":1450}]\n'
        '[ {\n        "dst": "10.244.1.10",\n        "dev": "cali14e7d81007d",\n        "flags": [ ]\n    } ]\n[]\n'
        '[{"priority":0,"src":"all","table":"local"},{"priority":99,"src":"10.244.1.10","table":"7"}]'
        '[{"dst":"10.244.1.10","dev":"cali14e7d81007d","lladdr":"5a:8a:10:57:e2:03","state":["STALE"]}]\n'
    )
    host = only(state_of(text, tmp_path))
    assert list(host.links) == ["cali14e7d81007d"]
    assert routes(host) == ["10.244.1.10/32 dev cali14e7d81007d"]
    assert [(rule.priority, rule.text, rule.is_default) for rule in host.rules] == [
        (0, "from all lookup local", True),
        (99, "from 10.244.1.10 lookup 7", False),
    ]
    assert [neighbour.state for neighbour in host.neighbours] == ["STALE"]


def test_lookup(tmp_path: Path) -> None:
    text = "# ip route get 169.254.1.1\n169.254.1.1 via 172.31.186.1 dev eth0 src 172.31.186.250 uid 0 \n    cache \n"
    found = lookup(text, tmp_path)
    assert (found.dev, found.error, found.iif) == ("eth0", None, None)
    assert found.via is not None
    assert format_address(found.via) == "172.31.186.1"


def test_lookup_as_if_from_a_pod(tmp_path: Path) -> None:
    text = (
        "# ip route get 169.254.1.1 from 10.244.1.10 iif cali14e7d81007d\n"
        "169.254.1.1 from 10.244.1.10 via 172.31.186.1 dev eth0 \n    cache iif cali14e7d81007d \n"
    )
    found = lookup(text, tmp_path)
    assert (found.dev, found.iif) == ("eth0", "cali14e7d81007d")
    assert found.source is not None
    assert format_address(found.source) == "10.244.1.10"


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ("RTNETLINK answers: Network is unreachable", "Network is unreachable"),
        ("RTNETLINK answers: Invalid cross-device link", "Invalid cross-device link"),
        ("ip: RTNETLINK answers: Invalid argument", "Invalid argument"),
        ("RTNETLINK answers: No route to host", "No route to host"),
    ],
)
def test_lookup_that_is_refused(said: str, error: str, tmp_path: Path) -> None:
    found = lookup(f"# ip route get 169.254.1.1 from 10.244.1.10 iif cali14e7d81007d\n{said}\n", tmp_path)
    assert (found.error, found.iif, found.fails) == (error, "cali14e7d81007d", True)


def test_lookup_json(tmp_path: Path) -> None:
    text = (
        "# ip -j route get 169.254.1.1\n"
        '[{"dst":"169.254.1.1","dev":"cali14e7d81007d","prefsrc":"169.254.7.7","flags":[]}]'
    )
    assert lookup(text, tmp_path).dev == "cali14e7d81007d"


def test_lookup_without_its_command(tmp_path: Path) -> None:
    text = "10.244.1.10 dev cali14e7d81007d src 172.31.186.250 \n    cache \n"
    assert lookup(text, tmp_path).dev == "cali14e7d81007d"


def test_policy_rules(tmp_path: Path) -> None:
    text = (
        "# ip rule\n0:\tfrom all lookup local\n99:\tfrom all fwmark 0x40000/0xf0000 lookup 100\n"
        "200:\tfrom 10.244.1.10 blackhole\n300:\tfrom all lookup 7\n"
        "32766:\tfrom all lookup main\n32767:\tfrom all lookup default\n"
    )
    rules = only(state_of(text, tmp_path)).rules
    assert [(rule.priority, rule.table, rule.action, rule.is_default) for rule in rules] == [
        (0, "local", None, True),
        (99, "100", None, False),
        (200, None, "blackhole", False),
        (300, "7", None, False),
        (32766, "main", None, True),
        (32767, "default", None, True),
    ]


def test_a_later_listing_replaces_an_earlier_one(tmp_path: Path) -> None:
    text = (
        "# ip route\ndefault via 10.0.0.1 dev eth0\n# ip route del default\n"
        "# ip route\n10.0.0.0/24 dev eth0 scope link\n"
    )
    assert routes(only(state_of(text, tmp_path))) == ["10.0.0.0/24 dev eth0 scope link"]


@pytest.mark.parametrize(
    "command",
    ["$ ip route show dev cali14e7d81007d", "ip r s dev cali14e7d81007d", "# ip -4 route list dev cali14e7d81007d"],
)
def test_the_routes_of_one_interface_are_a_state(command: str, tmp_path: Path) -> None:
    """Its name is in the command only."""
    assert routes(only(state_of(f"{command}\n10.244.1.10 scope link\n", tmp_path))) == [
        "10.244.1.10/32 dev cali14e7d81007d scope link"
    ]
