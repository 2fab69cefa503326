"""Sessions: prompts, fences, headings, shells inside of shells, and whose output each is."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck.nodestate.command_line import parse_command
from pcapcheck.nodestate.prompts import find_prompt
from tests.support.states import only, routes, state_of

NODE_ROUTE = "10.244.1.10 dev cali14e7d81007d scope link"
POD_ADDRESS = "2: eth0@if331: <UP> mtu 1450 qdisc noqueue\n    inet 10.244.1.10/32 scope global eth0"


@pytest.mark.parametrize(
    ("line", "command", "host"),
    [
        ("$ ip route", "ip route", None),
        ("# ip route", "ip route", None),
        ("/ # ip route", "ip route", None),
        ("/app $ ip route", "ip route", None),
        ("~ # ip route", "ip route", None),
        ("root@node-1:~# ip route", "ip route", "node-1"),
        ("[root@node-1 ~]# ip route", "ip route", "node-1"),
        ("[root@node-1 network-scripts]# ip route", "ip route", "node-1"),
        ("user@node-1:/var/log$ ip route", "ip route", "node-1"),
        ("(venv) user@node-1:~$ ip route", "ip route", "node-1"),
        ("user@node-1 ~ % ip route", "ip route", "node-1"),
        ("bash-5.1# ip route", "ip route", None),
        ("sh-4.2$ ip route", "ip route", None),
        ("node-1:~ # ip route", "ip route", "node-1"),
        ("  $ ip route", "ip route", None),
        ("root@node-1:~#", "", "node-1"),
    ],
)
def test_prompts(line: str, command: str, host: str | None) -> None:
    prompt = find_prompt(line)
    assert prompt is not None
    assert (prompt.command, prompt.host) == (command, host)


@pytest.mark.parametrize(
    "line",
    [
        "# pod-a answers",
        "default via 10.0.0.1 dev eth0",
        "    link/ether ee:ee:ee:ee:ee:ee brd ff:ff:ff:ff:ff:ff",
        '[{"ifname":"eth0"}]',
        "[5:420] -A FORWARD -j DROP",
        "PING 100.79.126.201 (100.79.126.201): 56 data bytes",
    ],
)
def test_what_is_no_prompt(line: str) -> None:
    assert find_prompt(line) is None


@pytest.mark.parametrize(
    ("text", "tool", "space"),
    [
        ("sudo -n ip route", "ip", ""),
        ("watch -n 1 'ip route'", "ip route", ""),
        ("kubectl exec -it pod-a -n shop -c app -- ip route", "ip", "pod:pod-a"),
        ("kubectl -n shop exec pod/pod-a -- ip route", "ip", "pod:pod-a"),
        ("oc rsh pod-a ip route", "ip", "pod:pod-a"),
        ("ip netns exec cni-1 ip route", "ip", "netns:cni-1"),
        ("ip -n cni-1 route", "ip", "netns:cni-1"),
        ("nsenter -t 4242 -n ip route", "ip", "netns:4242"),
        ("nsenter --net=/run/netns/cni-1 ip route", "ip", "netns:cni-1"),
        ("nsenter -t 1 -m -u -n -i ip route", "ip", ""),
        ("docker exec -it 3f2a ip route", "ip", "netns:3f2a"),
        ("ssh -p 22 root@node-1 ip route", "ip", "host:node-1"),
        ("chroot /host ip route", "ip", ""),
        ("LC_ALL=C /sbin/ip route 2>&1", "ip", ""),
        ("bash -c 'ip route'", "ip", ""),
        ("busybox ip route", "ip", ""),
    ],
)
def test_commands_are_unwrapped(text: str, tool: str, space: str) -> None:
    command = parse_command(text)
    assert (command.tool, command.space) == (tool, space)
    assert tool == "ip route" or command.words[-1] == "route"


def test_exec_makes_the_output_that_pods(tmp_path: Path) -> None:
    text = (
        f"root@node-1:~# ip route\n{NODE_ROUTE}\n"
        f"root@node-1:~# kubectl exec -it pod-a -n shop -- ip addr\n{POD_ADDRESS}\n"
    )
    node, pod = state_of(text, tmp_path).hosts
    assert (node.role, node.name, routes(node)) == ("node", "node-1", ["10.244.1.10/32 dev cali14e7d81007d scope link"])
    assert (pod.role, pod.name) == ("pod", "shop/pod-a")
    assert pod.addresses[0].is_host


def test_a_shell_in_a_pod_ends_where_the_old_prompt_returns(tmp_path: Path) -> None:
    text = (
        f"root@node-1:~# kubectl exec -it pod-a -- sh\n/ # ip addr\n{POD_ADDRESS}\n/ # sysctl net.ipv4.ip_forward\n"
        f"net.ipv4.ip_forward = 0\nroot@node-1:~# ip route\n{NODE_ROUTE}\nroot@node-1:~# sysctl net.ipv4.ip_forward\n"
        "net.ipv4.ip_forward = 1\n"
    )
    node, pod = state_of(text, tmp_path).hosts
    assert pod.name == "pod-a"
    assert pod.sysctls["net.ipv4.ip_forward"].value == "0"
    assert node.sysctls["net.ipv4.ip_forward"].value == "1"


@pytest.mark.parametrize("enter", ["nsenter -t 4242 -n", "ip netns exec cni-1 bash"])
def test_a_network_namespace_is_left_by_exit(enter: str, tmp_path: Path) -> None:
    text = (
        f"root@node-1:~# {enter}\nroot@node-1:~# ip addr\n{POD_ADDRESS}\nroot@node-1:~# exit\n"
        f"root@node-1:~# ip route\n{NODE_ROUTE}\n"
    )
    node, pod = state_of(text, tmp_path).hosts
    assert (node.role, node.name, len(node.routes)) == ("node", "node-1", 1)
    assert (pod.role, len(pod.addresses)) == ("pod", 1)


@pytest.mark.parametrize(
    ("of_node", "of_pod"),
    [
        ("on the node:", "in the pod:"),
        ("### node worker-1", "### pod shop/pod-a"),
        ("**Node worker-1**", "**Pod pod-a**"),
        ("# worker-1", "# pod-a"),
        ("worker-1:", "pod-a:"),
        ("=== node ===", "=== pod-a ==="),
    ],
)
def test_headings(of_node: str, of_pod: str, tmp_path: Path) -> None:
    text = f"{of_node}\nnet.ipv4.ip_forward = 1\n\n{of_pod}\nnet.ipv4.ip_forward = 0\n"
    node, pod = state_of(text, tmp_path).hosts
    assert (node.role, node.sysctls["net.ipv4.ip_forward"].value) == ("node", "1")
    assert (pod.role, pod.sysctls["net.ipv4.ip_forward"].value) == ("pod", "0")


def test_without_any_prompt_output_is_known_by_its_shape(tmp_path: Path) -> None:
    text = (
        f"{POD_ADDRESS}\ndefault via 169.254.1.1 dev eth0\n169.254.1.1 dev eth0 scope link\n\n"
        "331: cali14e7d81007d@if2: <UP> mtu 1450 qdisc noqueue\n"
        "    link/ether ee:ee:ee:ee:ee:ee brd ff:ff:ff:ff:ff:ff\n"
        f"{NODE_ROUTE}\nnet.ipv4.conf.cali14e7d81007d.proxy_arp = 1\n"
    )
    state = state_of(text, tmp_path)
    node, pod = state.hosts
    assert (node.role, pod.role) == ("node", "pod")
    assert (len(node.routes), len(pod.routes)) == (1, 2)
    (link,) = state.links
    assert (link.joined_by, link.node, link.pod) == ("index", node, pod)


def test_two_pods_in_one_anonymous_session(tmp_path: Path) -> None:
    other = POD_ADDRESS.replace("10.244.1.10", "10.244.1.11").replace("331", "332")
    state = state_of(f"/ # ip addr\n{POD_ADDRESS}\n/ # ip addr\n{other}\n", tmp_path)
    assert [len(host.addresses) for host in state.hosts] == [1, 1]


def test_a_node_that_was_looked_into_from_two_shells_is_one(tmp_path: Path) -> None:
    text = f"$ ip route\n{NODE_ROUTE}\nroot@node-1:~# sysctl net.ipv4.conf.cali14e7d81007d.proxy_arp\n"
    text += "net.ipv4.conf.cali14e7d81007d.proxy_arp = 1\n"
    host = only(state_of(text, tmp_path))
    assert (host.name, len(host.routes), len(host.sysctls)) == ("node-1", 1, 1)


def test_two_nodes(tmp_path: Path) -> None:
    text = (
        f"root@node-1:~# ip route\n{NODE_ROUTE}\nroot@node-2:~# ip route\n10.244.2.20 dev calia1bbc4f6b22 scope link\n"
    )
    assert [host.name for host in state_of(text, tmp_path).nodes] == ["node-1", "node-2"]


def test_pods_are_named_by_address_and_by_interface(tmp_path: Path) -> None:
    text = (
        "$ kubectl get pods -A -o wide\n"
        "NAMESPACE  NAME                     READY  STATUS   RESTARTS  AGE  IP           NODE\n"
        "shop       pod-x                    1/1    Running  0         1m   10.244.1.12  n\n"
        "default    pod-a-68c8f9cccd-sgtvg   1/1    Running  0         1m   <none>       n\n"
        f"$ ip route\n{NODE_ROUTE}\n10.244.1.12 dev calid63a83c8368 scope link\n"
    )
    state = state_of(text, tmp_path)
    assert [(link.cali_name, link.name, link.named_by) for link in state.links] == [
        ("cali14e7d81007d", "default/pod-a-68c8f9cccd-sgtvg", "cali"),
        ("calid63a83c8368", "shop/pod-x", "address"),
    ]


def test_what_is_not_understood_is_reported_with_its_place(tmp_path: Path) -> None:
    state = state_of("# ip route\ndefault via 10.0.0.1 dev eth0\nthis is no route\n# date\nwhatever\n", tmp_path)
    ((line, message),) = state.problems
    assert line.number == 3
    assert "'this is no route'" in message
    assert "ip route" in message


def test_prose_complaints_and_blank_lines_are_no_problem(tmp_path: Path) -> None:
    text = (
        "Hello, I have this:\n```\n# ip route\ndefault via 10.0.0.1 dev eth0\n"
        "\n# arp -n\nbash: arp: command not found\n"
        "# ip neigh\n```\nWhat is wrong?\n"
    )
    state = state_of(text, tmp_path)
    assert state.problems == []
    assert only(state).whole == {"routes4", "neighbours4", "neighbours6"}


def test_what_stands_outside_of_fences_may_be_prose(tmp_path: Path) -> None:
    text = "```\n# ip route\ndefault via 10.0.0.1 dev eth0\n```\nThen I typed\n\n$ ip neigh\n\nand saw nothing of it.\n"
    assert state_of(text, tmp_path).problems == []


def test_a_paragraph_that_says_nothing_is_not_of_the_output_above_it(tmp_path: Path) -> None:
    text = (
        "$ kubectl get pods -o wide\nNAME   READY   STATUS    RESTARTS   AGE   IP            NODE\n"
        "web    1/1     Running   0          57m   10.244.1.10   node-1\nthis one is cut\n"
        "\nI cannot ping 10.244.1.10 from there.\nAny idea?\n\n## Versions\n"
    )
    state = state_of(text, tmp_path)
    assert [pod.name for pod in state.pods] == ["web"]
    assert [line.number for line, _ in state.problems] == [4]


def test_windows_line_ends_colours_and_utf_16(tmp_path: Path) -> None:
    text = (
        "root@node-1:~# ip route\r\n\x1b[0;1mdefault\x1b[0m via \x1b[35m172.31.186.1\x1b[0m dev \x1b[36meth0\x1b[0m\r\n"
    )
    assert routes(only(state_of(text, tmp_path))) == ["default via 172.31.186.1 dev eth0"]
    path = tmp_path / "utf16.txt"
    path.write_text(text, encoding="utf-16")
    from pcapcheck.nodestate.read_state import read_state

    assert routes(only(read_state([path]))) == ["default via 172.31.186.1 dev eth0"]


def test_a_heading_is_about_the_shell_that_follows_it(tmp_path: Path) -> None:
    text = (
        f"pod-a:\n/ # ip addr\n{POD_ADDRESS}\nroot@node-1:~# sysctl net.ipv4.ip_forward\nnet.ipv4.ip_forward = 1\n"
        f"root@node-1:~# ip route\n{NODE_ROUTE}\n"
    )
    node, pod = state_of(text, tmp_path).hosts
    assert (node.name, list(node.sysctls), pod.name, list(pod.sysctls)) == (
        "node-1",
        ["net.ipv4.ip_forward"],
        "pod-a",
        [],
    )
