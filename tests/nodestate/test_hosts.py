"""Two nodes in one text: distinguished under every heading that people and tools write, or nothing is concluded."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from pcapcheck import analyze
from pcapcheck.analysis import Analysis
from pcapcheck.pipeline import analyze_state
from pcapcheck.ruleset.finding import FAIL
from tests.support.lab import CAPTURES, captures
from tests.support.states import state_of

NAMES, ADDRESSES = ("kw-11", "kw-12"), ("172.31.186.250", "172.31.186.251")
HEALTHY, BROKEN = "two-nodes-pod-links", "second-node-drops"
HEADINGS = {
    "rule": "===== {name} =====",
    "dashes": "-- {name} --",
    "hashes": "### node {name}",
    "colon": "{name}:",
    "brackets": "[{name}]",
    "bold": "**{name}**",
    "label": "Node: {name}",
    "ssh": "ssh {name}",
    "stars": "*** {name} ({address}) ***",
    "underlined": "{name}\n------",
    "dshbak": "----------------\n{name}\n----------------",
    "words": "## Output on {name}",
    "arrows": ">>> {name}",
}
PROMPTS = {
    "bash": "root@{name}:~# ",
    "red hat": "[root@{name} ~]# ",
    "zsh": "{name}% ",
    "fish": "root@{name} ~> ",
    "oh-my-zsh": "╭─root@{name} ~\n╰─# ",
    "kali": "┌──(root㉿{name})-[~]\n└─# ",
    "starship": "root in {name} in ~\n❯ ",
    "powerline": " root@{name} \ue0b0 ~ \ue0b0 ",
}
Pair = tuple[str, str]


def nodes(scenario: str) -> tuple[Pair, str]:
    """What each node said behind the prompt ``$ ``, and what their pods said, below headings of their own."""
    sections = re.split(r"(?m)^### ", (CAPTURES / scenario / "state.txt").read_text())[1:]
    first, second = (part.partition("\n")[2].strip() + "\n" for part in sections if part.startswith("node "))
    return (first, second), "".join(f"### {part}" for part in sections if not part.startswith("node "))


def typed(said: str, prompt: str) -> str:
    """The same behind another prompt, or behind none, without the commands."""
    return re.sub(r"(?m)^\$ ", lambda _: prompt, said) if prompt else re.sub(r"(?m)^\$ .*\n", "", said)


def below(heading: str, prompt: str) -> Callable[[Pair], str]:
    def paste(said: Pair) -> str:
        heads = [heading.format(name=name, address=ip) for name, ip in zip(NAMES, ADDRESSES, strict=True)]
        return "".join(f"{head}\n{typed(output, prompt)}\n" for head, output in zip(heads, said, strict=True))

    return paste


def behind(prompt: str) -> Callable[[Pair], str]:
    return lambda said: "".join(
        typed(output, prompt.format(name=name)) for name, output in zip(NAMES, said, strict=True)
    )


def prefixed(said: Pair) -> str:
    lines = [
        f"{name}: {line}" for name, output in zip(NAMES, said, strict=True) for line in typed(output, "").splitlines()
    ]
    return "$ pdsh -w kw-[11-12] ./state.sh\n" + "\n".join(lines) + "\n"


TOLD_APART = {
    **{f"{name}, $": below(heading, "$ ") for name, heading in HEADINGS.items()},
    **{f"{name}, bare": below(heading, "") for name, heading in HEADINGS.items()},
    **{f"prompt of {name}": behind(prompt) for name, prompt in PROMPTS.items()},
    "hostname": below("$ hostname\n{name}", "$ "),
    "uname": below("$ uname -a\nLinux {name} 6.1.0-18-amd64 #1 SMP Debian x86_64 GNU/Linux", "$ "),
    "shell by ssh": lambda said: "".join(
        f"$ ssh {name}\n{typed(output, '$ ')}$ exit\n" for name, output in zip(NAMES, said, strict=True)
    ),
    "ansible": below("{name} | CHANGED | rc=0 >>", ""),
    "ansible, $": below("{name} | CHANGED | rc=0 >>", "$ "),
    "kubectl debug": lambda said: "".join(
        re.sub(r"(?m)^\$ ", f"$ kubectl debug node/{name} -q -i --image=busybox -- ", output)
        for name, output in zip(NAMES, said, strict=True)
    ),
    "pdsh": prefixed,
}
NOT_TOLD_APART = {
    "nothing, $": below("", "$ "),
    "nothing, #": below("", "/ # "),
    "nothing, bare": below("", ""),
    "unheard-of": below("§ {name} §", "$ "),
}


def confirmed(analysis: Analysis) -> set[str]:
    return {suspect.cause.id for diagnosis in analysis.diagnoses for suspect in diagnosis.confirmed}


def failed(analysis: Analysis) -> set[str]:
    return {finding.rule.id for finding in analysis.findings if finding.status == FAIL}


def judged(scenario: str, text: str, folder: Path) -> tuple[set[str], set[str], list[str]]:
    """What a paste given with the captures confirms, what fails by it alone, and what is said of its nodes."""
    path = folder / "paste.txt"
    path.write_text(text)
    alone = analyze_state(path)
    return confirmed(analyze(*captures(scenario), node_state=path)), failed(alone), alone.described


@pytest.mark.parametrize("form", TOLD_APART)
def test_two_nodes_in_one_text_are_two(form: str, tmp_path: Path) -> None:
    for scenario, causes, rules in (
        (HEALTHY, set(), set()),
        (BROKEN, {"receiving-node-has-no-route"}, {"host-route-to-pod", "reverse-path-passes"}),
    ):
        said, pods = nodes(scenario)
        found = judged(scenario, TOLD_APART[form](said) + pods, tmp_path)
        assert found[:2] == (causes, rules)
        assert found[2][:2] == [f"node {name}: 1 pod link" for name in NAMES]


@pytest.mark.parametrize("form", NOT_TOLD_APART)
@pytest.mark.parametrize("scenario", [HEALTHY, BROKEN])
def test_of_two_nodes_that_nothing_separates_nothing_is_concluded(scenario: str, form: str, tmp_path: Path) -> None:
    said, pods = nodes(scenario)
    causes, rules, described = judged(scenario, NOT_TOLD_APART[form](said) + pods, tmp_path)
    assert (causes, rules) == (set(), set())
    assert "the node: contradicts itself, not used" in described


def test_the_lines_that_contradict_are_named(tmp_path: Path) -> None:
    path = tmp_path / "paste.txt"
    path.write_text(
        "$ ip addr\n2: eth0: <UP> mtu 1500\n    link/ether 02:00:00:00:0a:01 brd ff:ff:ff:ff:ff:ff\n"
        "    inet 10.9.0.1/24 scope global eth0\n$ ip route\n10.65.0.7 dev cali0123456789a scope link\n"
        "$ ip addr\n2: eth0: <UP> mtu 1500\n    link/ether 02:00:00:00:0a:02 brd ff:ff:ff:ff:ff:ff\n"
        "    inet 10.9.0.2/24 scope global eth0\n"
    )
    reported = analyze_state(path).not_understood
    assert reported[0].startswith(
        f"{path}:8: the MAC of eth0 is 02:00:00:00:0a:02 here and 02:00:00:00:0a:01 in line 2: "
    )
    assert reported[1].startswith(f"{path}:10: eth0 has 10.9.0.2 here and 10.9.0.1 in line 4: two hosts or two times")


def test_what_only_a_pod_lists_is_a_pods_below_its_nodes_prompt(tmp_path: Path) -> None:
    """Who enters a pod's network namespace keeps the prompt; a route for 0.0.0.0/32 is no default route."""
    path = tmp_path / "paste.txt"
    path.write_text(
        "[root@d0506 ~]# ip r\n0.0.0.0 via 172.18.163.254 dev bond0\nblackhole 10.233.76.0/24 proto bird\n"
        "10.233.76.8 dev cali0123456789a scope link\n10.233.76.20 dev cali0123456789b scope link\n"
        "[root@d0506 ~]# ip r\ndefault via 169.254.1.1 dev eth0\n169.254.1.1 dev eth0 scope link\n"
    )
    analysis = analyze_state(path)
    assert failed(analysis) == {"gateway-routable"}
    assert confirmed(analysis) == {"no-route-to-gateway"}
    assert {finding.rule.id: finding.checked for finding in analysis.findings}["pod-default-via-gateway"] == 1


NIC = (
    "2: eth0: <UP> mtu 1500\n    link/ether 02:00:00:00:0a:01 brd ff:ff:ff:ff:ff:ff\n"
    "    inet 10.9.0.1/24 scope global eth0\n"
)
CONNECTED = "10.9.0.0/24 dev eth0 proto kernel scope link src 10.9.0.1\n"
POD_ROUTE = "10.65.0.7 dev cali0123456789a scope link\n"
BLOCKS = "blackhole 10.65.0.0/26 proto bird\n10.65.1.0/26 via 10.9.0.2 dev eth0 proto bird\n"


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (f"$ ip route\n{CONNECTED}", "$ ip route\n10.9.0.0/24 dev eth0 proto kernel scope link src 10.9.0.2\n"),
        (f"$ ip addr\n{NIC}", "$ ip route\n10.9.0.0/24 dev eth0 proto kernel scope link src 10.9.0.2\n"),
        (f"$ ip route\n{POD_ROUTE}", "$ ip route\n10.65.1.9 dev caliba987654321 scope link\n"),
        (
            f"$ ip route\n{BLOCKS}",
            "$ ip route\nblackhole 10.65.1.0/26 proto bird\n10.65.0.0/26 via 10.9.0.1 dev eth0 proto bird\n",
        ),
        (f"$ ip addr\n{NIC}", "$ ip neigh\n10.9.0.1 dev eth0 lladdr 02:00:00:00:0a:01 REACHABLE\n"),
        (f"$ ip route\n{CONNECTED}", "$ ip neigh\n10.9.0.1 dev eth0 lladdr 02:00:00:00:0a:01 STALE\n"),
        (f"$ ip addr\n{NIC}", "$ ip route\n10.65.0.0/26 via 10.9.0.1 dev eth0 proto bird\n"),
        (f"$ ip addr\n{NIC}", f"$ ip addr\n{NIC.replace('2: eth0', '3: eth0')}"),
    ],
)
def test_what_one_host_cannot_say(first: str, then: str, tmp_path: Path) -> None:
    state = state_of(f"{first}{then}$ ip link show cali0123456789a\n9: cali0123456789a@if3: <UP> mtu 1450\n", tmp_path)
    assert any(host.contradictions for host in state.hosts)
    assert state.nodes == []
    assert state.links == []


@pytest.mark.parametrize(
    ("first", "then"),
    [
        # Once more, and with a route less.
        (f"$ ip route\n{CONNECTED}{POD_ROUTE}10.65.0.8 dev caliba987654321\n", f"$ ip route\n{CONNECTED}{POD_ROUTE}"),
        (f"$ ip route\n{CONNECTED}{POD_ROUTE}", f"$ ip route\n{CONNECTED}"),
        (f"$ ip addr\n{NIC}", f"$ ip addr\n{NIC}    inet 10.9.0.100/24 scope global eth0\n"),
        # A pod that was recreated.
        ("$ ip link\n7: cali0123456789a@if3: <UP> mtu 1450\n", "$ ip link\n9: cali0123456789a@if3: <UP> mtu 1450\n"),
        # An address of a service that has just moved here.
        (
            f"$ ip addr\n{NIC}    inet 10.9.0.100/24 scope global secondary eth0\n",
            "$ ip neigh\n10.9.0.100 dev eth0 lladdr 02:00:00:00:0a:09 STALE\n",
        ),
        # One cali of a host with several, and its wrong route.
        (
            "$ ip link\n1: lo: <UP> mtu 65536\n9: cali0123456789a@if3: <UP> mtu 1450\n",
            "$ ip route\n10.65.0.7 dev caliba987654321\n",
        ),
        ("=== before ===\n$ ip route\n" + POD_ROUTE, "=== after ===\n$ ip route\n" + CONNECTED + POD_ROUTE),
        ("=== run-1 ===\n$ ip addr\n" + NIC, "=== run-2 ===\n$ ip addr\n" + NIC),
    ],
)
def test_one_host_that_was_looked_at_twice(first: str, then: str, tmp_path: Path) -> None:
    state = state_of(
        f"{first}{then}$ sysctl net.ipv4.conf.cali0123456789a.proxy_arp\nnet.ipv4.conf.cali0123456789a.proxy_arp = 1\n",
        tmp_path,
    )
    assert [host.contradictions for host in state.hosts] == [[]]
    assert "cali0123456789a" in {link.cali_name for link in state.links}


def test_what_is_listed_is_no_host(tmp_path: Path) -> None:
    """Headings that say what follows, one below each host."""
    host = (
        "===== {name} =====\n=== routes ===\n{route}\nip neigh:\n{neigh}\n"
        "## Output\n[sysctl]\nnet.ipv4.ip_forward = {value}\n"
        "--- ip rule ---\n"
    )
    text = host.format(
        name="alpha-7", route=POD_ROUTE, neigh="10.65.0.7 dev cali0123456789a lladdr 02:00:00:00:0b:01 STALE", value=1
    )
    text += host.format(
        name="beta-7", route=CONNECTED, neigh="10.9.0.9 dev eth0 lladdr 02:00:00:00:0b:09 STALE", value=0
    )
    state = state_of(text, tmp_path)
    assert [(host.name, host.sysctls["net.ipv4.ip_forward"].value) for host in state.hosts] == [
        ("alpha-7", "1"),
        ("beta-7", "0"),
    ]
    once = state_of(
        f"=== routes ===\n{POD_ROUTE}=== neighbours ===\n10.9.0.9 dev eth0 lladdr 02:00:00:00:0b:09 STALE\n", tmp_path
    )
    assert [(len(host.routes), len(host.neighbours)) for host in once.hosts] == [(1, 1)]


def test_a_second_hostname_is_another_host_and_the_same_is_the_same(tmp_path: Path) -> None:
    text = "".join(
        f"$ hostname\n{name}\n$ sysctl net.ipv4.{key}\nnet.ipv4.{key} = {value}\n"
        for name, key, value in (("n1", "ip_forward", 1), ("n2", "ip_forward", 0), ("n1", "icmp_ratelimit", 1000))
    )
    hosts = {host.name: host for host in state_of(text, tmp_path).hosts}
    assert {name: sorted(setting.value for setting in host.sysctls.values()) for name, host in hosts.items()} == {
        "n1": ["1", "1000"],
        "n2": ["0"],
    }


@pytest.mark.parametrize(
    ("names", "texts", "hosts"),
    [
        (("a.txt", "b.txt"), (f"$ ip route\n{CONNECTED}", "$ ip neigh\n10.65.0.7 dev cali0123456789a FAILED\n"), 2),
        (("ip-route.txt", "ip-neigh.txt"), (f"$ ip route\n{POD_ROUTE}", "$ ip neigh\n10.9.0.7 dev eth0 FAILED\n"), 1),
        (("n1-route.txt", "n2-neigh.txt"), (f"$ ip route\n{POD_ROUTE}", "$ ip neigh\n10.9.0.7 dev eth0 FAILED\n"), 2),
        (("ip-route.txt", "route2.txt"), (f"$ ip route\n{POD_ROUTE}", f"$ ip route\n{CONNECTED}"), 2),
        # A pod link belongs to one node only.
        (("a.txt", "b.txt"), (f"$ ip route\n{POD_ROUTE}", "$ ip neigh\n10.65.0.7 dev cali0123456789a FAILED\n"), 1),
    ],
)
def test_each_file_is_a_host_but_where_they_show_one(
    names: tuple[str, str], texts: tuple[str, str], hosts: int, tmp_path: Path
) -> None:
    paths = [tmp_path / name for name in names]
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text)
    assert len(analyze_state(*paths).described) == hosts


@pytest.mark.parametrize(
    "texts",
    [
        ("eth0 UP 10.9.0.1/24\ncali0123456789a@if3 UP\n", "eth0 UP 10.9.0.2/24\ncaliba987654321@if3 UP\n"),
        (
            f"default via 10.9.0.254 dev eth0\n{POD_ROUTE}",
            "default via 10.9.0.254 dev eth0\n10.65.1.9 dev caliba987654321\n",
        ),
    ],
)
def test_a_listing_that_begins_again_is_another(texts: tuple[str, str], tmp_path: Path) -> None:
    """Without commands and headings, one below the other."""
    assert [bool(host.contradictions) for host in state_of("".join(texts), tmp_path).hosts] == [True]
