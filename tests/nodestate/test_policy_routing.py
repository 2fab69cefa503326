"""Rules before the main table: whom they are about, and what their tables hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck.nodestate.gateway import gateway_route
from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.policy_routing import RoutedPacket, diversion
from pcapcheck.nodestate.read_state import read_state
from pcapcheck.nodestate.state_rows import state_rows
from pcapcheck.values import parse_address

CALI = "cali14e7d81007d"
POD, PEER, GATEWAY = map(parse_address, ("10.244.1.10", "10.244.1.11", "169.254.1.1"))
MAIN = f"default via 192.0.2.1 dev eth0\n10.244.1.10 dev {CALI} scope link\n"


def node(tmp_path: Path, rule: str, more: str = "") -> Host:
    path = tmp_path / "state.txt"
    path.write_text(
        f"root@n1:~# ip rule\n0:\tfrom all lookup local\n100:\t{rule}\n32766:\tfrom all lookup main\n"
        f"32767:\tfrom all lookup default\nroot@n1:~# ip route\n{MAIN}{more}"
    )
    (found,) = read_state([path]).nodes
    return found


@pytest.mark.parametrize(
    ("rule", "matches"),
    [
        ("from 10.244.1.10 lookup 100", True),
        ("from 10.244.0.0/16 to 10.244.1.0/26 lookup 100", True),
        ("not from 10.9.0.0/16 lookup 100", True),
        ("from 10.244.1.11 lookup 100", False),
        ("not from all lookup 100", False),
        ("from all iif eth0 lookup 100", False),
        ("from all to 192.0.2.0/24 lookup 100", False),
        ("from all uidrange 0-99 lookup 100", False),
    ],
)
def test_a_rule_is_about_what_it_names(tmp_path: Path, rule: str, matches: bool) -> None:
    table = "root@n1:~# ip route show table 100\ndefault via 10.9.0.1 dev wg0\n"
    found = diversion(node(tmp_path, rule, table), RoutedPacket(POD, PEER, CALI))
    assert (found is not None) is matches
    if found is not None:
        assert found.route is not None
        assert found.route.dev == "wg0"


def test_what_is_in_a_table_counts_only_where_it_was_listed(tmp_path: Path) -> None:
    rule = "from all lookup 100"
    packet = RoutedPacket(POD, PEER, CALI)
    unknown = diversion(node(tmp_path, rule), packet)
    assert unknown is not None
    assert unknown.route is None
    # Listed and without a route, or with one that says to look on.
    for listed in ("192.0.2.0/24 dev eth9\n", "throw 10.244.0.0/16\n"):
        assert diversion(node(tmp_path, rule, f"root@n1:~# ip route show table 100\n{listed}"), packet) is None


def test_a_mark_may_be_on_any_packet(tmp_path: Path) -> None:
    """Calico's own rule for WireGuard: nobody says which packets have the mark."""
    rule, packet = "not from all fwmark 0x200000/0x200000 lookup 1", RoutedPacket(POD, PEER, CALI)
    found = diversion(node(tmp_path, rule), packet)
    assert found is not None
    assert found.route is None
    listed = "root@n1:~# ip route show table 1\n10.244.2.0/26 dev wireguard.cali\n"
    assert diversion(node(tmp_path, rule, listed), packet) is None


@pytest.mark.parametrize(
    ("rule", "mark", "certain"),
    [
        # As wg-quick writes it: nothing shown gives a pod's packet WireGuard's own mark.
        ("not from all fwmark 0xca6c lookup 1", None, True),
        ("not from all fwmark 0xca6c lookup 1", (0xFFFFFFFF, 0), True),
        ("from all fwmark 0x66 lookup 1", (0xFFFFFFFF, 0x66), True),
        ("from all fwmark 0x66/0xff lookup 1", (0xFF, 0x66), True),
        # Who sets it may not be shown, and of bits nobody knows.
        ("from all fwmark 0x66 lookup 1", None, False),
        ("from all fwmark 0x66 lookup 1", (0xF0, 0x60), False),
    ],
)
def test_a_mark_is_known_by_who_sets_it(tmp_path: Path, rule: str, mark: tuple[int, int] | None, certain: bool) -> None:
    listed = "root@n1:~# ip route show table 1\ndefault dev wg0\n"
    found = diversion(node(tmp_path, rule, listed), RoutedPacket(POD, PEER, CALI, mark))
    assert found is not None
    assert (found.route is not None) is certain


def test_the_mark_of_all_but_ones_own_is_not_for_what_has_it(tmp_path: Path) -> None:
    rule, listed = "not from all fwmark 0xca6c lookup 1", "root@n1:~# ip route show table 1\ndefault dev wg0\n"
    assert diversion(node(tmp_path, rule, listed), RoutedPacket(POD, PEER, CALI, (0xFFFFFFFF, 0xCA6C))) is None


def test_rules_about_others_leave_the_gateways_route_known(tmp_path: Path) -> None:
    """One that cannot match the pod's ARP does not hide what the main table says."""
    other = node(tmp_path, "from 10.9.0.0/16 lookup 100")
    assert gateway_route(other, CALI, GATEWAY, POD).leads == "elsewhere"
    assert gateway_route(node(tmp_path, "from all lookup 100"), CALI, GATEWAY, POD).leads is None
    blocked = "root@n1:~# ip route show table 100\nblackhole default\n"
    assert gateway_route(node(tmp_path, "from all lookup 100", blocked), CALI, GATEWAY, POD).leads == "dead-end"


def test_a_link_into_a_pods_namespace_is_its_nodes_end_whatever_it_is_called(tmp_path: Path) -> None:
    path = tmp_path / "state.txt"
    path.write_text(
        "root@n1:~# ip -d link\n"
        "7: tapabc0123456@if3: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1450 qdisc noqueue state UP\n"
        "    link/ether ee:ee:ee:ee:ee:ee brd ff:ff:ff:ff:ff:ff link-netns cni-1234\n"
        "root@n1:~# ip route\ndefault via 192.0.2.1 dev eth0\n10.244.1.10 dev tapabc0123456 scope link\n"
        "root@n1:~# ip netns exec cni-1234 ip addr\n"
        "3: eth0@if7: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1450 qdisc noqueue state UP\n"
        "    link/ether 5a:8a:10:57:e2:03 brd ff:ff:ff:ff:ff:ff\n    inet 10.244.1.10/32 scope global eth0\n"
        "root@n1:~# ip netns exec cni-1234 ip route\ndefault via 169.254.1.1 dev eth0\n"
        "169.254.1.1 dev eth0 scope link\n"
    )
    (link,) = read_state([path]).links
    assert (link.cali_name, link.joined_by) == ("tapabc0123456", "netns")


@pytest.mark.parametrize(
    ("routes", "found"),
    [
        ("10.244.1.10 dev cali14e7d81007d scope link", "no route"),
        ("blackhole default\n10.244.1.10 dev cali14e7d81007d scope link", "a blackhole, unreachable or prohibit route"),
        ("default dev cali14e7d81007d", "a route back out of cali14e7d81007d"),
        (MAIN.strip(), "a route out of eth0"),
    ],
)
def test_where_the_gateways_route_leads_is_said_in_words(tmp_path: Path, routes: str, found: str) -> None:
    path = tmp_path / "state.txt"
    path.write_text(f"root@n1:~# ip rule\n0:\tfrom all lookup local\nroot@n1:~# ip route\n{routes}\n")
    (row,) = state_rows(read_state([path]), GATEWAY, "cali")
    assert row.gateway_found == found
