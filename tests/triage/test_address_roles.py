"""Whose an address is follows from evidence, never from its being private."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck import analyze
from pcapcheck.nodestate.read_state import read_state
from pcapcheck.triage.address_roles import AddressRoles
from pcapcheck.values import parse_address
from tests.support.lab import CAPTURES, captures
from tests.support.wire import BEGIN, MS, NODE_IP, POD_IP, SECOND, error, query, request, tcp, write_pcap

CALI = "cali14e7d81007d.pcap"
SERVICE, FAR = "10.96.0.20", "203.0.113.7"


def roles(*paths: Path, state: Path | None = None) -> AddressRoles:
    return AddressRoles(analyze(*paths, node_state=state), read_state([state]) if state else None)


def role(of: AddressRoles, address: str) -> str:
    return of.of(parse_address(address))


@pytest.mark.parametrize(
    ("scenario", "address", "expected"),
    [
        ("healthy", "10.244.1.10", "pod"),
        ("healthy", "169.254.1.1", "node"),
        # The node's own address is that with which it asks for its pods.
        ("healthy", "172.31.186.250", "node"),
        ("two-nodes-vxlan", "172.31.186.251", "node"),
        ("two-nodes-vxlan", "10.244.2.20", "pod"),
        # The node translated the source for it, and its own address is what it put there.
        ("snat", "172.31.186.1", "outside"),
        ("snat", "172.31.186.250", "node"),
        # Somebody asked a port of the node's, and a pod answered.
        ("node-port", "172.31.186.250", "node"),
        ("missing-host-route", "10.244.1.11", "unknown"),
    ],
)
def test_what_was_recorded_shows_whose_an_address_is(scenario: str, address: str, expected: str) -> None:
    assert role(roles(*captures(scenario)), address) == expected


def test_private_and_documentation_addresses_are_nobodys_by_themselves(tmp_path: Path) -> None:
    capture = write_pcap(
        tmp_path / CALI,
        [
            (BEGIN + n * SECOND, request(n, dst=dst))
            for dst in (FAR, SERVICE, "198.18.0.5", "8.8.8.8")
            for n in range(3)
        ],
    )
    found = roles(capture)
    assert [role(found, address) for address in (FAR, SERVICE, "198.18.0.5")] == ["unknown"] * 3
    assert role(found, "8.8.8.8") == "outside"


def test_the_node_refuses_only_for_a_service(tmp_path: Path) -> None:
    """Behind the node it may be anybody; the node itself rejects what it knows to lead nowhere."""
    syn, asked = tcp(2, dst=SERVICE), query(dst=FAR)
    frames = [
        (BEGIN, syn),
        (BEGIN + MS, error(3, 3, syn)),
        (BEGIN + SECOND, asked),
        (BEGIN + SECOND + MS, error(3, 3, asked, source="192.0.2.9", ttl=61)),
    ]
    found = roles(write_pcap(tmp_path / CALI, frames))
    assert role(found, SERVICE) == "service"
    assert role(found, NODE_IP) == "node"
    assert role(found, FAR) == "unknown"


def test_what_is_translated_on_the_node_is_a_service(tmp_path: Path) -> None:
    """And the back end is the pod that the node hands it to."""
    back = "10.244.1.11"
    macs = ("ee:ee:ee:ee:ee:ee", "5a:8a:10:57:e2:04")
    here = write_pcap(tmp_path / CALI, [(BEGIN + n * SECOND, tcp(2, dst=SERVICE, seq=n + 7)) for n in range(3)])
    there = write_pcap(
        tmp_path / "calieabe7761b00.pcap",
        [(BEGIN + n * SECOND + MS, tcp(2, dst=back, seq=n + 7, eth=macs, ttl=63)) for n in range(3)],
    )
    found = roles(here, there)
    assert role(found, SERVICE) == "service"
    assert role(found, back) == "pod"


STATE = """root@n1:~# ip addr
2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc mq state UP
    link/ether 02:50:56:aa:17:c3 brd ff:ff:ff:ff:ff:ff
    inet 192.0.2.11/24 scope global eth0
5: kube-ipvs0: <BROADCAST,NOARP> mtu 1500 qdisc noop state DOWN
    link/ether 02:50:56:aa:17:c4 brd ff:ff:ff:ff:ff:ff
    inet 10.96.0.20/32 scope global kube-ipvs0
root@n1:~# ip route
default via 192.0.2.1 dev eth0
10.244.2.0/26 via 192.0.2.12 dev eth0 proto bird
blackhole 10.244.1.0/26 proto bird
10.244.3.0/26 via 10.244.3.0 dev vxlan.calico onlink
10.244.1.10 dev cali14e7d81007d scope link
root@n1:~# kubectl get pods -A -o wide
NAMESPACE NAME READY STATUS RESTARTS AGE IP NODE
kube-system kube-proxy-x 1/1 Running 0 1m 192.0.2.11 n1
lab web 1/1 Running 0 1m 10.200.0.9 n3
"""


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("192.0.2.11", "node"),
        ("192.0.2.1", "router"),
        ("10.96.0.20", "service"),
        # Nobody has spoken from these: their blocks are in the routes.
        ("10.244.2.7", "pod"),
        ("10.244.1.7", "pod"),
        ("10.244.3.7", "pod"),
        ("10.200.0.9", "pod"),
        ("10.99.0.1", "unknown"),
    ],
)
def test_the_state_shows_whose_an_address_is(tmp_path: Path, address: str, expected: str) -> None:
    state = tmp_path / "state.txt"
    state.write_text(STATE)
    capture = write_pcap(tmp_path / CALI, [(BEGIN, request(src=POD_IP))])
    assert role(roles(capture, state=state), address) == expected


def test_the_lab_has_no_node_among_its_pods() -> None:
    found = roles(*captures("second-node-drops"), state=CAPTURES / "second-node-drops" / "state.txt")
    assert role(found, "10.244.2.20") == "pod"
    assert role(found, "172.31.186.251") == "node"
