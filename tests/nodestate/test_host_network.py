"""Pods on their node's network: what is seen inside of them is the node's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pcapcheck.nodestate.command_line import parse_command
from pcapcheck.nodestate.describe_state import describe_state
from tests.support.states import only, routes, state_of

AGENT = "calico-node-9abf1"
NODE_ROUTES = "default via 10.0.0.254 dev eth0\n10.244.1.10 dev cali14e7d81007d scope link\n"
FORWARDING = "net.ipv4.ip_forward = 1\n"
POD_ADDRESS = "2: eth0@if331: <UP> mtu 1450 qdisc noqueue\n    inet 10.244.1.10/32 scope global eth0\n"


def listing(*pods: str) -> str:
    lines = "".join(
        f"{pod.split()[0]}  {pod.split()[1]}  1/1  Running  0  4d  {pod.split(maxsplit=2)[2]}\n" for pod in pods
    )
    return f"$ kubectl get pods -A -o wide\nNAMESPACE  NAME  READY  STATUS  RESTARTS  AGE  IP  NODE\n{lines}"


def exec_in(pod: str, command: str = "ip route", more: str = "") -> str:
    return f"$ kubectl exec -n calico-system {pod}{more} -- {command}\n"


def test_calico_node_is_the_node_that_the_list_of_pods_names(tmp_path: Path) -> None:
    text = listing(f"calico-system {AGENT} 10.0.0.1 wk01") + exec_in(AGENT) + NODE_ROUTES
    state = state_of(text + exec_in(AGENT, "sysctl net.ipv4.ip_forward") + FORWARDING, tmp_path)
    node = only(state)
    assert (node.role, node.name, len(node.routes), len(node.sysctls)) == ("node", "wk01", 2, 1)
    assert describe_state(state)[0] == ["node wk01: 1 pod link"]


def test_it_goes_with_what_was_typed_on_that_node(tmp_path: Path) -> None:
    text = listing(f"calico-system {AGENT} 10.0.0.1 wk01") + exec_in(AGENT) + NODE_ROUTES
    node = only(state_of(f"{text}root@wk01:~# sysctl net.ipv4.ip_forward\n{FORWARDING}", tmp_path))
    assert (node.name, len(node.routes), len(node.sysctls)) == ("wk01", 2, 1)


@pytest.mark.parametrize(
    ("pod", "more"),
    [
        (AGENT, ""),
        ("kube-proxy-x7k2p", ""),
        ("ds/calico-node", ""),
        ("prometheus-node-exporter-x7k2p", ""),
        ("net-agent-0", " -c calico-node"),
        ("$(kubectl get po -n calico-system -l k8s-app=calico-node -o name | head -1)", ""),
    ],
)
def test_without_a_list_it_is_a_node_of_unknown_name(pod: str, more: str, tmp_path: Path) -> None:
    """Not even an interface shows it: the pod's name or its container does."""
    state = state_of(exec_in(pod, "sysctl net.ipv4.ip_forward", more) + FORWARDING, tmp_path)
    node = only(state)
    assert (node.role, node.name, len(node.sysctls)) == ("node", None, 1)
    assert describe_state(state)[0][0].startswith("the node of ")


def test_two_of_them_are_two_nodes(tmp_path: Path) -> None:
    other = "calico-node-b2c3d"
    text = exec_in(AGENT) + NODE_ROUTES + exec_in(other, "sysctl net.ipv4.ip_forward") + FORWARDING
    assert [(host.role, host.label) for host in state_of(text, tmp_path).hosts] == [
        ("node", f"the node of {AGENT}"),
        ("node", f"the node of {other}"),
    ]
    assert len(state_of(exec_in(AGENT) + NODE_ROUTES + exec_in(other) + NODE_ROUTES, tmp_path).hosts) == 2


@pytest.mark.parametrize("heading", ["### pod calico-system/calico-node-9abf1", "### calico-node-9abf1"])
def test_as_a_heading(heading: str, tmp_path: Path) -> None:
    list_of_pods = listing(f"calico-system {AGENT} 10.0.0.1 wk01")
    node = only(state_of(f"{list_of_pods}{heading}\nip route\n{NODE_ROUTES}", tmp_path))
    assert (node.role, node.name, len(node.routes)) == ("node", "wk01", 2)


def test_it_is_not_the_machine_where_kubectl_was_typed(tmp_path: Path) -> None:
    run = f"root@control:~# kubectl exec -n calico-system {AGENT} -- ip route\n{NODE_ROUTES}"
    hosts = state_of(f"{run}root@control:~# sysctl net.ipv4.ip_forward\n{FORWARDING}", tmp_path).hosts
    assert sorted((host.label, len(host.routes), len(host.sysctls)) for host in hosts) == [
        ("control", 0, 1),
        (f"the node of {AGENT}", 2, 0),
    ]


def test_a_static_pod_is_named_after_its_node(tmp_path: Path) -> None:
    node = only(state_of(exec_in("kube-apiserver-master-1") + NODE_ROUTES, tmp_path))
    assert (node.role, node.name) == ("node", "master-1")


@pytest.mark.parametrize(
    "listed",
    [
        listing("shop tools-0 10.0.0.1 wk01", f"calico-system {AGENT} 10.0.0.1 wk01"),
        "$ kubectl get pod tools-0 -o json\n"
        + json.dumps(
            {
                "kind": "Pod",
                "metadata": {"name": "tools-0", "namespace": "shop"},
                "spec": {"nodeName": "wk01", "hostNetwork": True},
                "status": {"podIP": "10.0.0.1", "phase": "Running"},
            }
        )
        + "\n",
        listing("shop tools-0 10.0.0.1 wk01")
        + "root@wk01:~# ip addr\n2: eth0: <UP> mtu 1500\n    inet 10.0.0.1/24 scope global eth0\n"
        + "3: cali14e7d81007d@if2: <UP> mtu 1500\n",
    ],
)
def test_any_pod_with_its_nodes_address(listed: str, tmp_path: Path) -> None:
    text = f"{listed}$ kubectl exec -n shop tools-0 -- sysctl net.ipv4.ip_forward\n{FORWARDING}"
    node = only(state_of(text, tmp_path))
    assert (node.role, node.name, len(node.sysctls)) == ("node", "wk01", 1)


def test_any_pod_that_shows_a_nodes_interfaces(tmp_path: Path) -> None:
    node = only(state_of(f"$ kubectl exec -n shop tools-0 -- ip route\n{NODE_ROUTES}", tmp_path))
    assert (node.role, routes(node)[1]) == ("node", "10.244.1.10/32 dev cali14e7d81007d scope link")


def test_a_pods_own_network_counts_more_than_its_name(tmp_path: Path) -> None:
    """Some run node-exporter without the node's network."""
    pod = only(state_of(f"$ kubectl exec -n shop node-exporter-x7k2p -- ip addr\n{POD_ADDRESS}", tmp_path))
    assert (pod.role, pod.name) == ("pod", "shop/node-exporter-x7k2p")
    text = listing("shop node-exporter-x7k2p 10.244.1.10 wk01") + f"root@wk01:~# ip route\n{NODE_ROUTES}"
    state = state_of(
        f"{text}$ kubectl exec -n shop node-exporter-x7k2p -- sysctl net.ipv4.ip_forward\n{FORWARDING}", tmp_path
    )
    assert [(host.role, host.label) for host in state.hosts] == [("node", "wk01"), ("pod", "shop/node-exporter-x7k2p")]


@pytest.mark.parametrize("name", ["web-0", "calico-kube-controllers-5d4f-x7k2p", "csi-node-driver-x7k2p", "etcd-0"])
def test_other_pods_stay_pods(name: str, tmp_path: Path) -> None:
    """calico-system has pods on networks of their own too."""
    pod = only(state_of(exec_in(name, "sysctl net.ipv4.ip_forward") + FORWARDING, tmp_path))
    assert (pod.role, pod.name) == ("pod", f"calico-system/{name}")


def test_two_pods_with_one_address_are_not_on_the_nodes_network(tmp_path: Path) -> None:
    text = listing("shop web-0 10.244.1.10 wk01", "shop web-1 10.244.1.10 wk01")
    state = state_of(f"{text}$ kubectl exec -n shop web-0 -- sysctl net.ipv4.ip_forward\n{FORWARDING}", tmp_path)
    assert [host.role for host in state.hosts] == ["pod"]
    assert all(pod.holds_address for pod in state.pods)


@pytest.mark.parametrize(
    ("text", "space"),
    [
        ("kubectl debug node/wk01 -it --image=busybox -- chroot /host ip route", "node:wk01"),
        ("kubectl -n kube-system --context prod debug node/wk01 -- ip route", "node:wk01"),
        ("kubectl debug node/wk01 -- nsenter -t 1 -n ip route", "node:wk01"),
        ("ssh root@wk01 nsenter -t 1 -n ip route", "host:wk01"),
        ("docker exec calico-node ip route", ""),
        ("docker exec -it k8s_calico-node_calico-node-9abf1_calico-system_3f2a_0 ip route", ""),
        ("crictl exec -it $(crictl ps --name calico-node -q | head -1) ip route", ""),
        ("crictl exec $(crictl ps --name web -q) ip route", "netns:$(crictl ps --name web -q)"),
        (
            "kubectl exec -n calico-system $(kubectl get po -n calico-system -l k8s-app=calico-node -o name "
            "--field-selector spec.nodeName=wk01) -c calico-node -- ip route",
            "node:wk01",
        ),
        ("kubectl exec debug-pod -- ip route", "pod:debug-pod"),
    ],
)
def test_other_ways_to_a_node(text: str, space: str) -> None:
    command = parse_command(text)
    assert (command.tool, command.words[-1], command.space, command.filtered) == ("ip", "route", space, False)


def test_a_namespace_called_debug_is_no_command() -> None:
    assert parse_command("kubectl get pods -A -l app=debug").tool == "kubectl"
    assert parse_command("kubectl --namespace debug get pods").tool == "kubectl"


def test_a_shell_in_the_container_on_a_node_is_that_nodes(tmp_path: Path) -> None:
    text = f"root@wk01:~# docker exec -it calico-node bash\nbash-4.4# ip route\n{NODE_ROUTES}root@wk01:~# ip rule\n"
    node = only(state_of(f"{text}0:\tfrom all lookup local\n", tmp_path))
    assert (node.name, len(node.routes), len(node.rules)) == ("wk01", 2, 1)
