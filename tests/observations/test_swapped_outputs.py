"""Outputs that stand below the name of another host: nothing is confirmed by them, and a line says what is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from pcapcheck import analyze, analyze_state
from pcapcheck.analysis import Analysis
from pcapcheck.nodestate.read_state import read_state
from pcapcheck.values import parse_address
from tests.support.bundles import by_hand, folder, outputs_of
from tests.support.lab import CAPTURES

NODE, POD_A, POD_B = "node node", "network namespace pod-a", "network namespace pod-b"
NODE2, POD_D = "node node2", "network namespace pod-d"
ADDR, ROUTE, NEIGH, SETTINGS = (
    "ip -d addr",
    "ip -4 route show table all",
    "ip -4 neigh",
    "grep . /proc/sys/net/...",
)


def swapped(scenario: str, one: str, other: str, command: str) -> dict[str, dict[str, str]]:
    hosts = outputs_of(scenario)
    hosts[one][command], hosts[other][command] = hosts[other][command], hosts[one][command]
    return hosts


def session(hosts: Mapping[str, Mapping[str, str]]) -> str:
    return "".join(
        f"### {host}\n\n" + "".join(f"$ {command}\n{printed}\n" for command, printed in said.items())
        for host, said in hosts.items()
    )


def judged(scenario: str, text: str, tmp_path: Path) -> Analysis:
    state = tmp_path / "state.txt"
    state.write_text(text)
    packets = [path for path in sorted((CAPTURES / scenario).iterdir()) if ".pcap" in path.name]
    return analyze(*packets, node_state=state)


def confirmed(analysis: Analysis) -> set[str]:
    suspects = [suspect for diagnosis in analysis.diagnoses for suspect in diagnosis.suspects]
    return {suspect.cause.id for suspect in suspects if suspect.status == "confirmed"}


@pytest.mark.parametrize(
    ("scenario", "one", "other", "command"),
    [
        ("pcapng-two-interfaces", NODE, POD_A, ADDR),
        ("pcapng-two-interfaces", NODE, POD_B, ROUTE),
        ("pcapng-two-interfaces", NODE, POD_B, NEIGH),
        ("pcapng-two-interfaces", NODE, POD_A, SETTINGS),
        ("second-node-drops", NODE, NODE2, SETTINGS),
        ("second-node-drops", NODE, NODE2, ROUTE),
        ("second-node-drops", NODE, NODE2, NEIGH),
        ("second-node-drops", NODE, POD_D, ADDR),
        ("second-node-drops", NODE, POD_A, ROUTE),
    ],
)
def test_outputs_of_two_hosts_that_were_swapped(
    scenario: str, one: str, other: str, command: str, tmp_path: Path
) -> None:
    known = confirmed(judged(scenario, session(outputs_of(scenario)), tmp_path))
    analysis = judged(scenario, session(swapped(scenario, one, other, command)), tmp_path)
    # What the other node says of itself stays: its route to the pod is a blackhole, whatever lost the packets.
    stays = {"pod-route-missing"} if scenario == "second-node-drops" and NODE2 not in (one, other) else set()
    assert confirmed(analysis) <= known | stays
    assert any("two hosts or two times in one" in line for line in analysis.not_understood)


def test_the_addresses_of_two_pods_that_were_swapped(tmp_path: Path) -> None:
    """The numbers of the links' ends tell that each listing is from another pod."""
    analysis = judged("pod-link-down", session(swapped("pod-link-down", POD_A, POD_B, ADDR)), tmp_path)
    assert confirmed(analysis) == set()
    assert "veth-ends-match" in {finding.rule.id for finding in analysis.findings if finding.status == "fail"}


def test_the_addresses_of_two_pods_without_numbers_of_links(tmp_path: Path) -> None:
    """The node's routes to both tell it then."""
    hosts = outputs_of("pod-link-down")
    for host, ip in ((POD_A, "10.244.1.11"), (POD_B, "10.244.1.10")):
        hosts[host][ADDR] = f"lo UNKNOWN 127.0.0.1/8\neth0 UP {ip}/32\n"
    text = session(hosts).replace("ip -d addr\nlo ", "ip -br addr\nlo ")
    assert "pod-without-address" not in confirmed(judged("pod-link-down", text, tmp_path))
    links = read_state([tmp_path / "state.txt"]).links
    assert {link.cali_name: link.ips for link in links} == {
        "cali14e7d81007d": [parse_address("10.244.1.10")],
        "calieabe7761b00": [parse_address("10.244.1.11")],
    }


def test_settings_in_the_folder_of_another_node(tmp_path: Path) -> None:
    files = by_hand("second-node-drops", "NODE/WHAT.txt", {"node": "left", "node2": "right"})
    left, right = "left/sysctl.txt", "right/sysctl.txt"
    files[left], files[right] = files[right], files[left]
    analysis = analyze_state(folder(files, tmp_path / "case"))
    assert any("is a pod link of another node" in line for line in analysis.not_understood)
    assert not analysis.failures


def test_a_machine_behind_calicos_gateway_may_be_a_node_itself(tmp_path: Path) -> None:
    """As a virtual machine in a pod: its pods are listed next to its way out."""
    text = (
        "### node vm\n$ ip -4 route\ndefault via 169.254.1.1 dev enp1s0\n169.254.1.1 dev enp1s0 scope link\n"
        "10.9.0.7 dev cali14e7d81007d scope link\n$ ip link\n"
        "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536\n2: enp1s0: <BROADCAST,UP,LOWER_UP> mtu 1450\n"
        "5: cali14e7d81007d@if2: <BROADCAST,UP,LOWER_UP> mtu 1400\n"
    )
    (tmp_path / "state.txt").write_text(text)
    (node,) = read_state([tmp_path / "state.txt"]).nodes
    assert node.name == "vm"
