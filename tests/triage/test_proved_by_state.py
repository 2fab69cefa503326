"""Causes that two nodes' state proves: tunnels that do not fit, and senders that their node does not take."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck import analyze
from pcapcheck.nodestate.read_state import read_state
from pcapcheck.triage.find_crossing import CrossingEnds, CrossingSearch
from pcapcheck.values import parse_address
from tests.support.lab import CAPTURES, captures


def confirmed(tmp_path: Path, scenario: str, *changes: tuple[str, str]) -> set[str]:
    text = (CAPTURES / scenario / "state.txt").read_text()
    for old, new in changes:
        head, found, tail = text.rpartition(old)
        assert found
        text = head + new + tail
    path = tmp_path / "state.txt"
    path.write_text(text)
    diagnoses = analyze(*captures(scenario), node_state=path).diagnoses
    return {suspect.cause.id for diagnosis in diagnoses for suspect in diagnosis.confirmed}


def test_the_ports_of_vxlan_devices_are_compared(tmp_path: Path) -> None:
    assert "vxlan-port-differs" not in confirmed(tmp_path, "vxlan-blocked")
    assert confirmed(tmp_path, "vxlan-blocked", ("dstport 4789", "dstport 8472")) == {"vxlan-port-differs"}


def test_ports_that_differ_do_not_explain_what_never_left_its_node(tmp_path: Path) -> None:
    named = confirmed(tmp_path, "vtep-entry-missing", ("dstport 4789", "dstport 8472"))
    assert "vtep-entry-missing" in named


CALI = "cali14e7d81007d"


def test_a_pods_default_route_by_another_interface(tmp_path: Path) -> None:
    """The requests came to the pod, whose answers leave by another link."""
    assert "pod-answers-elsewhere" not in confirmed(tmp_path, "pod-drops-icmp")
    changed = ("default via 169.254.1.1 dev eth0", "default via 10.9.9.1 dev eth1")
    assert "pod-answers-elsewhere" in confirmed(tmp_path, "pod-drops-icmp", changed)


def test_a_link_that_nothing_was_set_up_for(tmp_path: Path) -> None:
    """Neither proxy ARP nor forwarding nor a route: calico-node has not come to it yet."""
    unset = (
        (f"conf/{CALI}/forwarding:1", f"conf/{CALI}/forwarding:0"),
        (f"10.244.1.10 dev {CALI} scope link", "blackhole 10.244.1.10"),
        (f"10.244.1.10 dev {CALI} src", "10.244.1.10 via 172.31.186.1 dev eth0 src"),
    )
    assert "interface-not-configured" not in confirmed(tmp_path, "proxy-arp-off", *unset[:1])
    assert "interface-not-configured" in confirmed(tmp_path, "proxy-arp-off", *unset)


NODE = """\
root@n1:~# ip addr
2: eth0: <UP> mtu 1500
    inet 10.0.0.11/24 scope global eth0
3: {name}@if2: <UP> mtu 1500
    link/ether ee:ee:ee:ee:ee:ee brd ff:ff:ff:ff:ff:ff
root@n1:~# ip route
default via 10.0.0.1 dev eth0
10.0.0.0/24 dev eth0 scope link
10.244.1.10 dev {name} scope link
root@n1:~# sysctl -a
net.ipv4.conf.all.rp_filter = {rp_filter}
net.ipv4.conf.{name}.rp_filter = {rp_filter}
"""


@pytest.mark.parametrize(
    ("source", "place", "rp_filter", "name", "wanted"),
    [
        ("172.30.5.9", "in-node", 1, CALI, True),
        # Loose is no looser for an interface without an address.
        ("172.30.5.9", "in-node", 2, CALI, True),
        ("172.30.5.9", "in-node", 0, CALI, False),
        ("10.244.1.10", "in-node", 1, CALI, False),
        # They got past it, or it is another node.
        ("172.30.5.9", "between-nodes", 1, CALI, None),
        ("172.30.5.9", "in-node", 1, "cali0123456789a", None),
    ],
)
def test_a_pod_sends_from_its_own_addresses_alone(
    tmp_path: Path, source: str, place: str, rp_filter: int, name: str, wanted: bool | None
) -> None:
    path = tmp_path / "node.txt"
    path.write_text(NODE.format(rp_filter=rp_filter, name=name))
    state = read_state([path])
    packet_evidence = {
        "lost": place,
        "last_seen.interface": CALI,
        "last_seen.kind": "pod-link",
        "lost.direction": "request",
    }
    ends = CrossingEnds(parse_address(source), parse_address("10.244.2.20"), None, None, None, None)
    crossing = CrossingSearch(state, packet_evidence, "cali", state.nodes[0] if state.nodes else None).find(ends)
    check = crossing.source_check() if crossing is not None else None
    assert (check[0] if check else None) is wanted


def test_a_headline_begins_with_what_was_recorded(tmp_path: Path) -> None:
    """The far NIC alone and a state without the pod's route: rules about the state fail, the ping is a question."""
    files = [path for path in captures("vxlan-vni-differs") if path.name == "node2-eth0.pcap"]
    text = (CAPTURES / "vxlan-vni-differs" / "state.txt").read_text()
    path = tmp_path / "state.txt"
    path.write_text("\n".join(line for line in text.splitlines() if not line.startswith("10.244.2.20 dev")))
    analysis = analyze(*files, node_state=path)
    assert {finding.rule.table for finding in analysis.failures} == {"state"}
    assert analysis.asked_in_vain
    assert analysis.headline.startswith(analysis.asked_in_vain[0].sentence)
