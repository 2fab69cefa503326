"""A tunnel device that takes no packets, as listings of links show it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck.calico import tunnel_device
from pcapcheck.nodestate.policy_routing import RoutedPacket
from pcapcheck.nodestate.source_check import fails_source_check
from pcapcheck.triage.tunnel_device import DOWN, MISSING, UP, device_state
from pcapcheck.values import parse_address
from tests.support.states import only, state_of

LO = "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN mode DEFAULT group default\n"
LONG = "4: vxlan.calico: <BROADCAST,MULTICAST{up}> mtu 1450 qdisc noqueue state {state} mode DEFAULT group default\n"


@pytest.mark.parametrize(
    ("listing", "expected"),
    [
        ("root@n1:~# ip link\n" + LO + LONG.format(up="", state="DOWN"), DOWN),
        ("root@n1:~# ip link\n" + LO + LONG.format(up=",UP,LOWER_UP", state="UNKNOWN"), UP),
        ("root@n1:~# ip -br a\nlo UNKNOWN 127.0.0.1/8\nvxlan.calico DOWN 10.244.1.0/32\n", DOWN),
        ("root@n1:~# ip link\n" + LO, MISSING),
        # A listing of another interface shows nothing.
        ("root@n1:~# ip link show dev lo\n" + LO, None),
    ],
)
def test_down_or_missing(listing: str, expected: str | None, tmp_path: Path) -> None:
    found = device_state(only(state_of(listing, tmp_path)), "vxlan.calico")
    assert (found.value if found else None) == expected


def test_names_by_what_is_inside() -> None:
    ipv4, ipv6 = parse_address("10.244.1.1"), parse_address("fd00::1")
    found = {
        encap: (tunnel_device(encap, ipv4), tunnel_device(encap, ipv6)) for encap in ("vxlan", "ipip", "wireguard")
    }
    assert found == {
        "vxlan": ("vxlan.calico", "vxlan-v6.calico"),
        "ipip": ("tunl0", None),
        "wireguard": ("wireguard.cali", "wg-v6.cali"),
    }


@pytest.mark.parametrize(("mode", "fails"), [(1, True), (2, None)])
def test_the_strict_check_needs_no_address(mode: int, fails: bool | None, tmp_path: Path) -> None:
    """Settings in one file and routes in another: whether the interface has an address is not known."""
    node = only(
        state_of(
            f"root@n1:~# sysctl -a\nnet.ipv4.conf.all.rp_filter = 0\nnet.ipv4.conf.vxlan/calico.rp_filter = {mode}\n"
            "root@n1:~# ip route\ndefault via 172.18.0.1 dev eth0\n10.244.1.0/26 via 172.18.0.2 dev eth0\n",
            tmp_path,
        )
    )
    packet = RoutedPacket(parse_address("10.244.1.10"), parse_address("10.244.2.10"), "vxlan.calico")
    found = fails_source_check(node, packet)
    assert (found.value if found else None) is fails
