"""How a VXLAN device is set up: its network identifier, and the tunnel ends of other nodes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pcapcheck.triage.tunnel_ends import far_end
from pcapcheck.values import format_address, format_mac, parse_address
from tests.support.states import only, state_of

DETAILS = """\
root@n1:~# ip -d link show vxlan.calico
4: vxlan.calico: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1450 qdisc noqueue state UNKNOWN mode DEFAULT group default
    link/ether 66:f8:e9:66:d1:e2 brd ff:ff:ff:ff:ff:ff promiscuity 0 minmtu 68 maxmtu 65535
    vxlan id 4096 local 172.31.186.250 dev eth0 srcport 0 0 dstport 4789 nolearning ttl auto ageing 300 udpcsum
"""
DOCUMENT = json.dumps(
    [
        {
            "ifindex": 4,
            "ifname": "vxlan.calico",
            "address": "66:f8:e9:66:d1:e2",
            "linkinfo": {"info_kind": "vxlan", "info_data": {"id": 4096, "port": 4789}},
        }
    ]
)


@pytest.mark.parametrize("text", [DETAILS, f"root@n1:~# ip -d -j link\n{DOCUMENT}\n"])
def test_the_identifier_of_a_vxlan_device(tmp_path: Path, text: str) -> None:
    assert only(state_of(text, tmp_path)).links["vxlan.calico"].vni == 4096


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        (
            "root@n1:~# bridge fdb show dev vxlan.calico\n66:2d:1c:0b:7e:40 dst 172.31.186.251 self permanent\n",
            "fdb of vxlan.calico",
        ),
        (
            "root@n1:~# bridge fdb\n33:33:00:00:00:01 dev eth0 self permanent\n"
            "66:2d:1c:0b:7e:40 dev vxlan.calico dst 172.31.186.251 self permanent\n",
            "fdb",
        ),
        (
            'root@n1:~# bridge -j fdb\n[{"mac":"66:2d:1c:0b:7e:40","ifname":"vxlan.calico","dst":"172.31.186.251",'
            '"flags":["self"],"state":"permanent"}]\n',
            "fdb",
        ),
        ("66:2d:1c:0b:7e:40 dev vxlan.calico dst 172.31.186.251 self permanent\n", None),
    ],
)
def test_forwarding_entries(tmp_path: Path, text: str, whole: str | None) -> None:
    host = only(state_of(text, tmp_path))
    (entry,) = [entry for entry in host.forwarding if entry.dev == "vxlan.calico"]
    assert format_mac(entry.mac) == "66:2d:1c:0b:7e:40"
    assert entry.dst is not None
    assert format_address(entry.dst) == "172.31.186.251"
    assert host.whole == ({whole} if whole else set())


def test_an_empty_listing_shows_that_a_device_knows_nobody(tmp_path: Path) -> None:
    host = only(state_of("root@n1:~# bridge fdb show dev vxlan.calico\nroot@n1:~# hostname\nn1\n", tmp_path))
    assert host.forwarding == []
    assert host.whole == {"fdb of vxlan.calico"}


ENTRIES = (
    "root@n1:~# ip route\n10.244.2.0/26 via 10.244.2.0 dev vxlan.calico proto 80 onlink\n"
    "root@n1:~# ip neigh\n10.244.2.0 dev vxlan.calico lladdr 66:2d:1c:0b:7e:40 PERMANENT\n"
    "root@n1:~# bridge fdb\n66:2d:1c:0b:7e:40 dev vxlan.calico dst 192.0.2.13 self permanent\n"
)


@pytest.mark.parametrize(
    ("spoken", "astray", "expected"),
    [("192.0.2.13", False, "there"), ("192.0.2.12", False, "unchecked"), ("192.0.2.12", True, "wrong")],
)
def test_an_entry_alone_does_not_show_that_it_is_right(
    tmp_path: Path, spoken: str, astray: bool, expected: str
) -> None:
    """It must name an address of the node that the packets are for."""
    node, target = only(state_of(ENTRIES, tmp_path)), parse_address("10.244.2.20")
    found = far_end(node, None, target, spoken=frozenset({parse_address(spoken)}), astray=astray)
    assert found is not None
    assert found[0] == expected
