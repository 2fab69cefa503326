"""What a node does with a packet: where it leads, if the next hop is there, and if the source check lets it in."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck.nodestate.forwarding import decide
from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.next_hops import next_hop
from pcapcheck.nodestate.policy_routing import RoutedPacket
from pcapcheck.nodestate.source_check import fails_source_check
from pcapcheck.nodestate.state import State
from pcapcheck.triage.crossing import Crossing
from pcapcheck.values import parse_address
from tests.support.states import state_of

CALI = "cali14e7d81007d"
POD, FAR, OUTSIDE = map(parse_address, ("10.244.1.10", "10.244.2.20", "198.51.100.7"))
ROUTES = f"default via 192.0.2.1 dev eth0\n192.0.2.0/24 dev eth0 scope link\n10.244.1.10 dev {CALI} scope link\n"
RULES = "0:\tfrom all lookup local\n32766:\tfrom all lookup main\n32767:\tfrom all lookup default\n"


def read(tmp_path: Path, routes: str, more: str = "", rules: str = RULES) -> tuple[State, Host]:
    """A node with these routes in all its tables; ``more`` are further commands with their output."""
    text = f"root@n1:~# ip rule\n{rules}root@n1:~# ip route show table all\n{routes}{more}"
    state = state_of(text, tmp_path)
    return state, next(host for host in state.hosts if host.routes)


@pytest.mark.parametrize(
    ("routes", "leads", "devices"),
    [
        (ROUTES + "10.244.2.0/26 via 192.0.2.12 dev eth0 proto bird\n", "out", {"eth0"}),
        (ROUTES + "10.244.2.0/26 nhid 12 via 10.9.0.1 dev eth1 proto bgp metric 20\n", "out", {"eth1"}),
        # The longest prefix decides, then the metric.
        (ROUTES + "10.244.0.0/16 dev eth1\nblackhole 10.244.2.0/26\n", "dead-end", set()),
        (ROUTES + "10.244.2.0/26 dev eth1 metric 50\n10.244.2.0/26 dev eth2 metric 20\n", "out", {"eth2"}),
        (ROUTES + "throw 10.244.2.0/26\n", "none", set()),
        (
            ROUTES + "10.244.2.0/26 proto bird\n\tnexthop via 192.0.2.12 dev eth0 weight 1\n"
            "\tnexthop via 10.9.0.1 dev eth1 weight 1 dead linkdown\n",
            "out",
            {"eth0"},
        ),
        ("10.244.1.10 dev cali14e7d81007d scope link\n", "none", set()),
    ],
)
def test_where_a_packet_leads(tmp_path: Path, routes: str, leads: str, devices: set[str]) -> None:
    _, node = read(tmp_path, routes)
    found = decide(node, RoutedPacket(POD, FAR, CALI))
    assert found is not None
    assert (found.leads, found.devices) == (leads, devices)


@pytest.mark.parametrize(
    ("rule", "devices"),
    [
        ("100:\tfrom 10.244.1.10 lookup 210", {"eth1"}),
        ("100:\tfrom all iif eth9 lookup 210", {"eth0"}),
        # As wg-quick sets it up: what main knows better than by its default is not diverted.
        ("99:\tfrom all lookup main suppress_prefixlength 0\n100:\tfrom 10.244.1.10 lookup 210", {"eth0"}),
        ("99:\tfrom all lookup main suppress_prefixlength 26\n100:\tfrom 10.244.1.10 lookup 210", {"eth1"}),
        ("100:\tfrom 10.244.1.10 prohibit", set()),
    ],
)
def test_rules_before_main(tmp_path: Path, rule: str, devices: set[str]) -> None:
    routes = ROUTES + "10.244.2.0/26 via 192.0.2.12 dev eth0\ndefault via 10.9.0.1 dev eth1 table 210\n"
    _, node = read(tmp_path, routes, rules=f"{rule}\n{RULES}")
    found = decide(node, RoutedPacket(POD, FAR, CALI))
    assert found is not None
    assert found.devices == devices


def test_what_no_state_tells_of_a_packet_is_unknown(tmp_path: Path) -> None:
    for rule in ("100:\tfrom all fwmark 0x20 lookup 210\n", "100:\tfrom all goto 200\n"):
        _, node = read(tmp_path, ROUTES + "default via 10.9.0.1 dev eth1 table 210\n", rules=rule + RULES)
        assert decide(node, RoutedPacket(POD, FAR, CALI)) is None


TO_FAR = ROUTES + "10.244.2.0/26 via 192.0.2.12 dev eth0 proto bird\n"
TWO = ROUTES + "10.244.2.0/26\n\tnexthop via 192.0.2.12 dev eth0\n\tnexthop via 192.0.2.13 dev eth0\n"
HELD = "192.0.2.13 dev eth0 lladdr 0a:00:00:00:00:13 REACHABLE\n"
SECOND = (
    "root@n2:~# ip addr\n2: eth0: <BROADCAST,UP,LOWER_UP> mtu 1500\n"
    "    link/ether 0a:00:00:00:00:12 brd ff:ff:ff:ff:ff:ff\n"
    "    inet 192.0.2.12/24 scope global eth0\nroot@n2:~# ip route\ndefault via 192.0.2.1 dev eth0\n"
    "10.244.2.20 dev cali8dc1a2b48fb scope link\n"
)


@pytest.mark.parametrize(
    ("routes", "neighbours", "expected"),
    [
        (TO_FAR, "192.0.2.12 dev eth0 FAILED\n", "unresolved"),
        (TO_FAR, "192.0.2.12 dev eth0 INCOMPLETE\n", "unresolved"),
        (TO_FAR, "192.0.2.12 dev eth0 lladdr 0a:00:00:00:00:12 STALE\n", "resolved"),
        (TO_FAR, "192.0.2.12 dev eth0 lladdr 0a:00:00:00:00:99 PERMANENT\n", "wrong"),
        # In some clouds a router answers for all neighbours.
        (TO_FAR, "192.0.2.12 dev eth0 lladdr 0a:00:00:00:00:99 REACHABLE\n", "resolved"),
        # Another neighbour, or the same on another interface, says nothing.
        (TO_FAR, "192.0.2.77 dev eth0 FAILED\n192.0.2.12 dev eth1 FAILED\n", None),
        (TWO, "192.0.2.12 dev eth0 FAILED\n" + HELD, "partly"),
        (TWO, "192.0.2.12 dev eth0 FAILED\n192.0.2.13 dev eth0 FAILED\n", "unresolved"),
        (TWO, HELD, None),
    ],
)
def test_next_hops(tmp_path: Path, routes: str, neighbours: str, expected: str | None) -> None:
    state, node = read(tmp_path, routes, f"root@n1:~# ip neigh\n{neighbours}{SECOND}")
    decision = decide(node, RoutedPacket(POD, FAR, CALI))
    assert decision is not None
    found = next_hop(state, node, decision, FAR, "cali")
    assert (found and found.state) == expected


@pytest.mark.parametrize(
    ("entry", "heard", "expected"),
    [
        ("PERMANENT", 0x0A0000000012, "wrong"),
        ("PERMANENT", 0x0A0000000099, "resolved"),
        ("REACHABLE", 0x0A0000000012, "resolved"),
    ],
)
def test_a_neighbour_entry_that_was_set_by_hand_against_what_was_heard(
    tmp_path: Path, entry: str, heard: int, expected: str
) -> None:
    line = f"root@n1:~# ip neigh\n192.0.2.12 dev eth0 lladdr 0a:00:00:00:00:99 {entry}\n"
    state, node = read(tmp_path, TO_FAR, line)
    decision = decide(node, RoutedPacket(POD, FAR, CALI))
    assert decision is not None
    found = next_hop(state, node, decision, FAR, "cali", {parse_address("192.0.2.12"): {heard}})
    assert (found and found.state) == expected


@pytest.mark.parametrize(
    ("routes", "expected"),
    [
        (TO_FAR, "right"),
        (TO_FAR + "10.244.2.0/27 dev tun1 proto static scope link\n", "away"),
        (TO_FAR + "10.244.2.16/28 via 192.0.2.99 dev eth0\n", "away"),
        # Less specific, or the same way: it takes nothing.
        (TO_FAR + "10.244.0.0/16 dev tun1\n", "right"),
        (TO_FAR + "10.244.2.16/28 via 192.0.2.12 dev eth0\n", "right"),
        (ROUTES, "default"),
        # BIRD, or a tunnel's route to another node's block: here other nodes' blocks have routes.
        (ROUTES + "10.244.3.0/26 via 192.0.2.13 dev eth0 proto bird\n", "unlisted"),
        (ROUTES + "10.244.3.0/26 via 10.244.3.0 dev vxlan.calico proto 80 onlink\n", "unlisted"),
        # Without a tunnel Felix writes those to nodes of the same network only.
        (ROUTES + "10.244.3.0/26 via 192.0.2.13 dev eth0 proto 80\n", "default"),
        (ROUTES + "blackhole 10.244.1.0/26 proto 80\n", "default"),
        (ROUTES + "blackhole 10.244.1.0/26 proto bird\n", "default"),
    ],
)
def test_the_way_to_a_pod_of_another_node(tmp_path: Path, routes: str, expected: str) -> None:
    state, node = read(tmp_path, routes)
    assert leads(state, node) == expected


def leads(state: State, node: Host, receiver: Host | None = None, spoken: str | None = None) -> str | None:
    crossing = Crossing(state, node, RoutedPacket(POD, FAR, CALI), None, sends=True, prefix="cali", receiver=receiver)
    crossing.receivers = frozenset({parse_address(spoken)} if spoken else ())
    found = crossing.way()
    return None if found is None else str(found[0])


OWN_BLOCK = ROUTES.replace("scope link\n10", "proto kernel scope link\n10") + "blackhole 10.244.1.0/26 proto 80\n"


@pytest.mark.parametrize(("spoken", "expected"), [("192.0.2.12", "unlisted"), ("198.51.100.12", "default")])
def test_felix_writes_routes_to_nodes_of_the_same_network(tmp_path: Path, spoken: str, expected: str) -> None:
    """The blackhole shows that Felix writes routes; the address with which the receiver's node speaks, for whom."""
    assert leads(*read(tmp_path, OWN_BLOCK), spoken=spoken) == expected


@pytest.mark.parametrize(
    ("back", "expected"),
    [("10.244.1.0/26 via 192.0.2.11 dev eth0 proto bird\n", "unlisted"), ("", "default")],
)
def test_a_route_back_shows_that_nodes_have_routes_to_blocks(tmp_path: Path, back: str, expected: str) -> None:
    state, node = read(tmp_path, ROUTES, SECOND + back)
    receiver = next(host for host in state.hosts if host is not node and host.routes)
    assert leads(state, node, receiver) == expected


BACK_BY_ETH1 = ROUTES + "198.51.100.0/24 via 10.9.0.1 dev eth1\n"
ADDRESSES = (
    "root@n1:~# ip addr\n2: eth0: <BROADCAST,UP,LOWER_UP> mtu 1500\n    inet 192.0.2.11/24 scope global eth0\n"
    "3: eth1: <BROADCAST,UP,LOWER_UP> mtu 1500\n"
)


def settings(all_: int | None, **interfaces: int) -> str:
    given = {} if all_ is None else {"all": all_}
    lines = [f"net.ipv4.conf.{name}.rp_filter = {value}\n" for name, value in {**given, **interfaces}.items()]
    return ADDRESSES + "root@n1:~# sysctl -a\n" + "".join(lines)


@pytest.mark.parametrize(
    ("routes", "more", "iif", "expected"),
    [
        (BACK_BY_ETH1, settings(0, eth0=1), "eth0", True),
        (BACK_BY_ETH1, settings(1, eth0=0), "eth0", True),
        (BACK_BY_ETH1, settings(0, eth0=0), "eth0", False),
        # The larger value counts; loose takes any route back, if the interface has an address.
        (BACK_BY_ETH1, settings(2, eth0=1), "eth0", False),
        (ROUTES + "10.99.0.0/16 dev eth0\n", settings(2, eth1=1), "eth1", True),
        (ROUTES, settings(0, eth0=1), "eth0", False),
        # Only one of the two is known.
        (BACK_BY_ETH1, settings(None, eth0=1), "eth0", None),
        (BACK_BY_ETH1, settings(None, eth0=0), "eth0", None),
        (BACK_BY_ETH1, settings(None, eth0=2), "eth0", False),
        # No way back at all.
        ("192.0.2.0/24 dev eth0 scope link\n", settings(2, eth0=0), "eth0", True),
        # What the kernel counted says that it dropped nothing.
        (
            BACK_BY_ETH1,
            settings(0, eth0=1) + "root@n1:~# nstat -az\n#kernel\nTcpExtIPReversePathFilter 0 0.0\n",
            "eth0",
            False,
        ),
        # One of several ways back leads out of it.
        (
            ROUTES + "198.51.100.0/24\n\tnexthop via 192.0.2.1 dev eth0\n\tnexthop via 10.9.0.1 dev eth1\n",
            settings(0, eth0=1),
            "eth0",
            False,
        ),
    ],
)
def test_source_check(tmp_path: Path, routes: str, more: str, iif: str, expected: bool | None) -> None:
    _, node = read(tmp_path, routes, more)
    found = fails_source_check(node, RoutedPacket(OUTSIDE, POD, iif))
    assert (found and found[0]) == expected
    if expected:
        assert found
        assert found[1]


def test_the_kernels_own_word_on_the_source_check(tmp_path: Path) -> None:
    asked = (
        "root@n1:~# ip route get 10.244.1.10 from 198.51.100.7 iif eth0\nRTNETLINK answers: Invalid cross-device link\n"
    )
    _, node = read(tmp_path, ROUTES, asked)
    found = fails_source_check(node, RoutedPacket(OUTSIDE, POD, "eth0"))
    assert found
    assert found[0] is True
