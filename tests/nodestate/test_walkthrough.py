"""The published walkthrough's own command blocks, as they stand."""

from __future__ import annotations

import pytest

from pcapcheck.nodestate.read_state import read_state
from pcapcheck.nodestate.state import State
from pcapcheck.pipeline import analyze_state
from pcapcheck.values import format_address, format_mac
from tests.support.lab import ROOT
from tests.support.states import routes, statuses

WALKTHROUGH = ROOT.parent / "shared" / "calico-same-node-walkthrough.md"
POD_A = "default/pod-a-68c8f9cccd-sgtvg"


@pytest.fixture(scope="module")
def state() -> State:
    if not WALKTHROUGH.exists():
        pytest.skip("the walkthrough is not here (shared/calico-same-node-walkthrough.md beside the checkout)")
    return read_state([WALKTHROUGH])


def test_one_node_and_pod_a(state: State) -> None:
    assert [(host.role, host.pod) for host in state.hosts] == [("node", None), ("pod", POD_A)]
    assert state.problems == []


def test_kubectl_get_pods(state: State) -> None:
    assert [(pod.name, format_address(pod.ip or 0), pod.node, pod.phase) for pod in state.pods] == [
        ("pod-a-68c8f9cccd-sgtvg", "100.79.126.203", "node-172-31-186-250", "Running"),
        ("pod-b-68c8f9cccd-gr4hw", "100.79.126.201", "node-172-31-186-250", "Running"),
    ]


def test_route_n_in_the_pod(state: State) -> None:
    (pod,) = state.pod_hosts
    assert routes(pod) == ["default via 169.254.1.1 dev eth0", "169.254.1.1/32 dev eth0 scope link"]
    assert "routes4" in pod.whole


def test_ip_neigh_in_the_pod(state: State) -> None:
    (pod,) = state.pod_hosts
    (entry,) = pod.neighbours
    assert (format_address(entry.ip), format_mac(entry.mac or 0), entry.dev, entry.state) == (
        "169.254.1.1",
        "ee:ee:ee:ee:ee:ee",
        "eth0",
        "STALE",
    )


def test_ip_addr_in_the_pod(state: State) -> None:
    (pod,) = state.pod_hosts
    link = pod.links["eth0"]
    assert (link.index, link.peer_index, format_mac(link.mac or 0), link.mtu) == (3, 331, "5a:8a:10:57:e2:03", 1450)
    assert [(format_address(address.ip), address.prefix, address.scope) for address in pod.addresses] == [
        ("100.79.126.203", 32, "global")
    ]
    assert "addresses4" not in pod.whole


def test_ip_link_on_the_node(state: State) -> None:
    (node,) = state.nodes
    link = node.links["cali14e7d81007d"]
    assert (link.index, link.peer_index, link.mtu, link.netnsid, link.up) == (331, 3, 1450, 32, None)
    assert format_mac(link.mac or 0) == "ee:ee:ee:ee:ee:ee"
    assert link.line.text.startswith("331: cali14e7d81007d@if3:  mtu 1450")
    assert "links" not in node.whole


def test_proxy_arp_on_the_node(state: State) -> None:
    (node,) = state.nodes
    setting = node.sysctl("cali14e7d81007d", "proxy_arp")
    assert setting is not None
    assert setting.value == "1"


def test_route_n_on_the_node_was_trimmed(state: State) -> None:
    (node,) = state.nodes
    assert routes(node) == ["100.79.126.201/32 dev calieabe7761b00 scope link"]
    assert node.whole == set()


def test_the_ends_of_pod_a_belong_together(state: State) -> None:
    link = state.pod_for(cali="cali14e7d81007d")
    assert link is not None
    assert (link.name, link.joined_by, link.cali_name) == (POD_A, "index", "cali14e7d81007d")
    other = state.pod_for(cali="calieabe7761b00")
    assert other is not None
    assert other.name == "default/pod-b-68c8f9cccd-gr4hw"


def test_what_it_shows_holds(state: State) -> None:
    """No sysctl but one is shown, no lookup and no tunnel; nothing is wrong."""
    assert statuses(analyze_state(WALKTHROUGH)) == "PPPP- PP- PP P-- -PP -"
