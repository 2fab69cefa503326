"""Rows of the table state: what follows from what was pasted, and what does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck.nodestate.state_row import StateRow
from pcapcheck.nodestate.state_rows import state_rows
from pcapcheck.pipeline import analyze_state
from pcapcheck.values import format_mac, parse_address
from tests.support.states import state_of

CALI, OTHER = "cali14e7d81007d", "calieabe7761b00"
LINK = f"# ip link\n1: lo: <UP> mtu 65536\n331: {CALI}@if3: <UP> mtu 1450\n    link/ether ee:ee:ee:ee:ee:ee\n"
ROUTES = f"# ip route\ndefault via 172.31.186.1 dev eth0\n10.244.1.10 dev {CALI} scope link\n"
POD = (
    "/ # ip addr\n3: eth0@if331: <UP> mtu 1450\n"
    "    link/ether 5a:8a:10:57:e2:03\n    inet 10.244.1.10/32 scope global eth0\n"
)


def row(text: str, folder: Path) -> StateRow:
    """The row of the first pod link."""
    return state_rows(state_of(text, folder), parse_address("169.254.1.1"), "cali")[0]


def setting(key: str, all_: int | None, own: int | None) -> str:
    lines = [(f"net.ipv4.conf.all.{key}", all_), (f"net.ipv4.conf.{CALI}.{key}", own)]
    return LINK + "".join(f"{name} = {value}\n" for name, value in lines if value is not None)


@pytest.mark.parametrize(
    ("all_", "own", "on"),
    [(0, 1, True), (1, 0, True), (0, 0, False), (None, 1, True), (1, None, True), (None, 0, None), (0, None, None)],
)
def test_proxy_arp_is_either(all_: int | None, own: int | None, on: bool | None, tmp_path: Path) -> None:
    assert row(setting("proxy_arp", all_, own), tmp_path).proxy_arp is on


@pytest.mark.parametrize(
    ("all_", "own", "known"),
    [(0, 1, 1), (1, 0, 1), (2, 1, 2), (0, 0, 0), (None, 1, 1), (1, None, 1), (None, 0, None), (0, None, None)],
)
def test_rp_filter_is_the_larger(all_: int | None, own: int | None, known: int | None, tmp_path: Path) -> None:
    assert row(setting("rp_filter", all_, own), tmp_path).rp_filter == known


@pytest.mark.parametrize(
    ("routes", "rp_filter", "host_route", "reverse_path"),
    [
        (ROUTES, "1", True, True),
        (ROUTES.replace(CALI, OTHER), "1", False, False),
        (ROUTES.replace(CALI, OTHER), "0", False, True),
        ("# ip route\ndefault via 172.31.186.1 dev eth0\n", "2", False, False),
        ("# ip route | grep eth0\ndefault via 172.31.186.1 dev eth0\n", "1", None, None),
        ("# ip route | grep eth0\ndefault via 172.31.186.1 dev eth0\n", "0", None, True),
        ("# ip route get 10.244.1.10\nRTNETLINK answers: Invalid argument\n", "1", False, False),
        (f"# ip route get 10.244.1.10\n10.244.1.10 dev {CALI} src 172.31.186.250\n    cache\n", "1", True, True),
    ],
)
def test_way_back(
    routes: str, rp_filter: str, host_route: bool | None, reverse_path: bool | None, tmp_path: Path
) -> None:
    settings = f"net.ipv4.conf.all.rp_filter = 0\nnet.ipv4.conf.{CALI}.rp_filter = {rp_filter}\n"
    found = row(f"{POD}{LINK}{routes}{settings}", tmp_path)
    assert (found.host_route, found.reverse_path) == (host_route, reverse_path)


def test_of_two_routes_to_one_address_the_lower_metric_counts(tmp_path: Path) -> None:
    text = f"{POD}{LINK}# ip route\n10.244.1.10 dev {OTHER} scope link\n10.244.1.10 dev {CALI} scope link metric 5\n"
    found = row(text, tmp_path)
    assert (found.host_route, found.host_route_dev) == (False, OTHER)


def test_the_kernels_refusal_of_the_reverse_path(tmp_path: Path) -> None:
    asked = f"# ip route get 169.254.1.1 from 10.244.1.10 iif {CALI}\nRTNETLINK answers: Invalid cross-device link\n"
    assert row(f"{POD}{LINK}{asked}", tmp_path).reverse_path is False


@pytest.mark.parametrize(
    ("routes", "leads"),
    [
        (ROUTES, "elsewhere"),
        (f"# ip route\n10.244.1.10 dev {CALI} scope link\n", "none"),
        (f"# ip route\nblackhole default\n10.244.1.10 dev {CALI} scope link\n", "dead-end"),
        (
            f"# ip route\nunreachable 169.254.0.0/16\ndefault via 172.31.186.1 dev eth0\n10.244.1.10 dev {CALI}\n",
            "dead-end",
        ),
        (f"# ip route\ndefault via 172.31.186.1 dev eth0\n169.254.0.0/16 dev {CALI} scope link\n", "back"),
        (f"# ip route\n169.254.1.1 dev eth0 scope link\n10.244.1.10 dev {CALI} scope link\n", "elsewhere"),
        (f"# ip route\ndefault via 172.31.186.1 dev eth0\n169.254.0.0/16 dev {OTHER} scope link\n", "elsewhere"),
        (f"# ip route | head -2\n10.244.1.10 dev {CALI} scope link\n", None),
        ("# ip route get 169.254.1.1\nRTNETLINK answers: Network is unreachable\n", "none"),
        ("# ip route get 169.254.1.1\nlocal 169.254.1.1 dev lo src 169.254.1.1\n    cache <local>\n", "local"),
        (f"# ip route get 169.254.1.1\n169.254.1.1 dev {CALI} src 169.254.7.7\n    cache\n", "back"),
        (f"# ip route get 169.254.1.1 from 10.244.1.10 iif {CALI}\nRTNETLINK answers: No route to host\n", None),
        (f"# ip rule\n99:\tfrom all lookup 7\n{ROUTES}", None),
        (f"# ip rule\n0:\tfrom all lookup local\n32766:\tfrom all lookup main\n{ROUTES}", "elsewhere"),
    ],
)
def test_way_to_the_gateway(routes: str, leads: str | None, tmp_path: Path) -> None:
    assert row(f"{LINK}{routes}", tmp_path).gateway_route == leads


@pytest.mark.parametrize(
    ("routes", "default", "direct"),
    [
        ("default via 169.254.1.1 dev eth0\n169.254.1.1 dev eth0 scope link\n", True, True),
        ("default dev eth0 scope link\n", False, False),
        ("169.254.1.1 dev eth0 scope link\n", False, True),
        ("default via 169.254.1.1 dev eth0\n169.254.1.1 via 10.0.0.1 dev eth0\n", True, False),
    ],
)
def test_routes_in_the_pod(routes: str, default: bool, direct: bool, tmp_path: Path) -> None:
    found = row(f"{POD}/ # ip route\n{routes}", tmp_path)
    assert (found.default_route, found.gateway_on_link) == (default, direct)


@pytest.mark.parametrize(
    ("addresses", "whole"),
    [
        ("    inet 10.244.1.10/32 scope global eth0\n", True),
        ("    inet 10.244.1.10/24 scope global eth0\n", False),
        ("    inet 10.244.1.10/32 scope global eth0\n    inet6 fd00::a/64 scope global\n", False),
        ("    inet 10.244.1.10/32 scope global eth0\n    inet6 fe80::a/64 scope link\n", True),
        ("$ ", False),
    ],
)
def test_addresses_of_the_pod(addresses: str, whole: bool, tmp_path: Path) -> None:
    text = f"### pod shop/web\n$ ip addr\n3: eth0@if331: <UP> mtu 1450\n{addresses}"
    assert row(text, tmp_path).host_address is whole


@pytest.mark.parametrize("end", ["", "    link/ether 5a:8a:10:57:e2:03 brd ff:ff", "\n\n"])
def test_a_paste_that_ends_amid_an_interface_tells_no_lack_of_an_address(end: str, tmp_path: Path) -> None:
    """With a prompt below it the listing is whole."""
    text = f"### pod shop/web\n$ ip addr\n3: eth0@if331: <UP> mtu 1450\n{end}"
    assert row(text, tmp_path).host_address is None
    assert row(f"{text}\n$ ip link\n", tmp_path).host_address is False


def test_entries_without_a_mac_or_that_failed_are_not_judged(tmp_path: Path) -> None:
    text = f"{POD}/ # ip neigh\n169.254.1.1 dev eth0 lladdr 02:00:00:00:00:01 FAILED\n"
    assert row(text, tmp_path).gateway_mac is None
    node = f"{LINK}{ROUTES}# ip neigh\n10.244.1.10 dev {CALI} lladdr 02:00:00:00:00:01 FAILED\n"
    assert row(node, tmp_path).node_mac is None
    assert row(node.replace("FAILED", "STALE"), tmp_path).node_mac == (0x020000000001,)


def test_a_pod_that_has_ended_names_no_address(tmp_path: Path) -> None:
    pods = (
        "$ kubectl get pods -A -o wide\nNAMESPACE  NAME  READY  STATUS     RESTARTS     AGE  IP           NODE\n"
        "shop       old   0/1    Completed  0            1d   10.244.1.10  n\n"
        "shop       web   1/1    Running    4 (5d ago)   1d   10.244.1.10  n\n"
    )
    assert row(f"{pods}{LINK}{ROUTES}", tmp_path).pod == "shop/web"


def test_a_name_that_came_from_the_interface_proves_nothing_about_it(tmp_path: Path) -> None:
    pods = "NAMESPACE  NAME  READY  STATUS  RESTARTS  AGE\ndefault  pod-a-68c8f9cccd-sgtvg  1/1  Running  0  1d\n"
    found = row(f"{pods}\n{LINK}", tmp_path)
    assert (found.pod, found.named_interface) == ("default/pod-a-68c8f9cccd-sgtvg", None)


def test_a_tunnel_counts_where_it_is_used(tmp_path: Path) -> None:
    tunnel = "5: tunl0@NONE: <NOARP,UP,LOWER_UP> mtu 1430\n"
    assert row(f"{LINK}{tunnel}{ROUTES}", tmp_path).mtu_fits is None
    used = f"{LINK}{tunnel}{ROUTES}10.244.2.0/26 via 172.31.186.251 dev tunl0 proto bird onlink\n"
    assert row(used, tmp_path).mtu_fits is False
    assert row(used.replace("1430", "1450"), tmp_path).mtu_fits is True


def test_ebpf_devices_on_the_node_are_no_fault(tmp_path: Path) -> None:
    """Calico's eBPF data plane puts the pods' gateway into the node's own routes and neighbours."""
    text = (
        f"{POD}{LINK}5: bpfin.cali@bpfout.cali: <UP> mtu 1450\n{ROUTES}10.96.0.0/12 via 169.254.1.1 dev bpfin.cali\n"
        "169.254.1.1 dev bpfin.cali scope link\n# ip neigh\n"
        "169.254.1.1 dev bpfin.cali lladdr 5e:dd:63:06:f5:00 PERMANENT\n"
        f"net.ipv4.conf.all.rp_filter = 0\nnet.ipv4.conf.{CALI}.rp_filter = 0\n"
    )
    found = row(text, tmp_path)
    assert (found.ebpf, found.gateway_route, found.gateway_route_dev) == (True, "elsewhere", "bpfin.cali")
    assert (found.reverse_path, found.gateway_mac) == (True, None)
    analysis = analyze_state(tmp_path / "paste.txt")
    assert analysis.verdict == "pass"
    assert not [finding for finding in analysis.findings if finding.failed]
    assert analysis.described[0] == "the node: 1 pod link, eBPF data plane"


def test_either_gateway_that_the_pod_holds_wrongly(tmp_path: Path) -> None:
    """The IPv6 gateway is the same cali: its entry must hold the same MAC."""
    held = "/ # ip neigh\n169.254.1.1 dev eth0 lladdr ee:ee:ee:ee:ee:ee REACHABLE\n"
    six = "fe80::ecee:eeff:feee:eeee dev eth0 lladdr {} STALE\n"
    good, stale = six.format("ee:ee:ee:ee:ee:ee"), six.format("02:00:00:00:00:01")
    node = f"root@n:~{LINK}root@n:~{ROUTES}"
    assert format_mac(row(f"{node}{POD}{held}{good}", tmp_path).gateway_mac or 0) == "ee:ee:ee:ee:ee:ee"
    wrong = row(f"{node}{POD}{held}{stale}", tmp_path)
    assert format_mac(wrong.gateway_mac or 0) == "02:00:00:00:00:01"
    assert "fe80::ecee:eeff:feee:eeee" in wrong.source_lines["gateway_mac"][0]


def test_an_address_that_a_pod_gave_itself_needs_no_route(tmp_path: Path) -> None:
    second = POD + "    inet 10.99.0.1/32 scope global eth0\n    inet6 fd00::10/128 scope global\n"
    found = row(LINK + ROUTES + f"# ip -6 route\nfd00::10 dev {CALI}\n" + second, tmp_path)
    assert found.host_route is True
    lacking = row(LINK + ROUTES + "# ip -6 route\nfe80::/64 dev eth0\n" + second, tmp_path)
    assert lacking.unrouted == (parse_address("fd00::10"),)
    assert lacking.host_route_found == "no route for fd00::10"
    # The check of the way back is IPv4's.
    assert lacking.reverse_path is not False


def test_an_answer_that_was_recorded_beats_what_a_listing_leaves_out(tmp_path: Path) -> None:
    head = "root@n1:~# route -n\nKernel IP routing table\nDestination Gateway Genmask Flags Metric Ref Use Iface\n"
    state = state_of(f"{head}10.244.1.10 0.0.0.0 255.255.255.255 UH 0 0 0 {CALI}\n", tmp_path)
    gateway = parse_address("169.254.1.1")
    assert state_rows(state, gateway, "cali")[0].gateway_route == "none"
    assert state_rows(state, gateway, "cali", answered=frozenset({CALI}))[0].gateway_route is None
