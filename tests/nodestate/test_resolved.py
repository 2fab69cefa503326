"""Pods that their node has no MAC for, in listings and in what ``ip monitor`` saw; ends that do not belong together."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest

from pcapcheck import analyze
from pcapcheck.analysis import Analysis
from pcapcheck.nodestate.state_row import StateRow
from pcapcheck.nodestate.state_rows import state_rows
from pcapcheck.pipeline import analyze_state
from pcapcheck.report.formats.text import write_text
from pcapcheck.values import format_address, parse_address
from tests.support.lab import CAPTURES, captures
from tests.support.states import SCENARIOS, state_of

CALI, OTHER = "cali0a1b2c3d4e5", "cali5e4d3c2b1a0"
ENTRY = f"10.65.7.9 dev {CALI}"
ROUTES = f"$ ip route\ndefault via 10.9.0.254 dev eth0\n10.65.7.9 dev {CALI} scope link\n"


def report_text(analysis: Analysis) -> str:
    out = StringIO()
    write_text(analysis, out)
    return out.getvalue()


def row(text: str, folder: Path) -> StateRow:
    return state_rows(state_of(text, folder), parse_address("169.254.1.1"), "cali")[0]


@pytest.mark.parametrize(
    ("text", "resolved"),
    [
        (f"{ROUTES}$ ip neigh\n{ENTRY} FAILED\n", False),
        (f"{ROUTES}$ ip neigh\n{ENTRY} INCOMPLETE\n", False),
        (f"{ROUTES}$ arp -n\nAddress HWtype HWaddress Flags Mask Iface\n10.65.7.9 (incomplete) {CALI}\n", False),
        (f"{ROUTES}$ ip neigh\n{ENTRY} lladdr 02:00:00:00:0c:01 STALE\n", True),
        (f"{ROUTES}$ ip neigh\n{ENTRY} NONE\n", None),
        # Nothing routes there any more, or another pod has the link now: the pod is gone.
        (f"$ ip route\ndefault via 10.9.0.254 dev eth0\n$ ip neigh\n{ENTRY} FAILED\n", None),
        (f"{ROUTES}$ ip neigh\n10.65.7.8 dev {CALI} FAILED\n", None),
        # The gateway and link-local addresses are no pod's.
        (f"{ROUTES}$ ip neigh\n169.254.1.1 dev {CALI} FAILED\n", None),
        # The cali alone shows that it is a pod's.
        (f"$ ip neigh\n{ENTRY} FAILED\n", False),
        # The last word counts.
        (f"$ ip neigh\n{ENTRY} FAILED\n$ ip neigh\n{ENTRY} lladdr 02:00:00:00:0c:01 REACHABLE\n", True),
        (f"$ ip monitor neigh\n{ENTRY} FAILED\n{ENTRY} lladdr 02:00:00:00:0c:01 REACHABLE\n", True),
        (f"$ ip monitor neigh\n{ENTRY} lladdr 02:00:00:00:0c:01 STALE\n{ENTRY} FAILED\n", False),
        (f"{ROUTES}$ ip monitor all\n[NEIGH]{ENTRY}  FAILED\n[NEIGH]Deleted {ENTRY}  FAILED\n", None),
        (f"{ROUTES}$ ip -ts monitor all\n[2026-03-04T05:06:07.080910] [NEIGH]{ENTRY}  FAILED\n", False),
        (f"{ROUTES}$ ip -t monitor neigh\nTimestamp: Wed Mar  4 05:06:07 2026 80910 usec\n{ENTRY}  FAILED\n", False),
        # Without the command its labels show what it is.
        (f"{ROUTES}[NEIGH]{ENTRY}  FAILED\n", False),
    ],
)
def test_whether_the_node_has_a_mac(text: str, resolved: bool | None, tmp_path: Path) -> None:
    found = row(text, tmp_path)
    assert found.node_resolved is resolved
    assert found.unresolved == ((parse_address("10.65.7.9"),) if resolved is False else None)


def test_in_the_lab_it_is_the_pods_that_do_not_answer() -> None:
    failing = set()
    for scenario in SCENARIOS:
        findings = {
            finding.rule.id: finding.status for finding in analyze_state(CAPTURES / scenario / "state.txt").findings
        }
        if findings["node-neighbour-resolved"] == "fail":
            failing.add(scenario)
    assert failing == {"pod-arp-ignore-2", "pod-drops-arp", "pod-link-down", "pod-second-interface", "unreachable"}


LINK = f"7: {CALI}@if3: <BROADCAST,MULTICAST{{flags}}> mtu 1450 qdisc noqueue state {{state}} group default"
ETHER = "    link/ether ee:ee:ee:ee:ee:ee brd ff:ff:ff:ff:ff:ff link-netnsid 0"
DOWN, UP = LINK.format(flags="", state="DOWN"), LINK.format(flags=",UP,LOWER_UP", state="UP")


def test_a_link_that_monitor_saw_go_down_explains_it(tmp_path: Path) -> None:
    path = tmp_path / "monitor.txt"
    path.write_text(f"root@n1:~# ip monitor all\n[NEIGH]{ENTRY}  FAILED\n[LINK]{UP}\n{ETHER}\n[LINK]{DOWN}\n{ETHER}\n")
    analysis = analyze_state(path)
    text = report_text(analysis)
    assert text.startswith(f"FAIL  the node has no MAC for pod 10.65.7.9 (FAILED on {CALI})")
    assert "confirmed the link of the pod 10.65.7.9 is down" in text
    assert f"{path}:5: [LINK]{DOWN}" in text
    path.write_text(f"root@n1:~# ip monitor all\n[NEIGH]{ENTRY}  FAILED\n[LINK]{DOWN}\n{ETHER}\n[LINK]{UP}\n{ETHER}\n")
    assert "confirmed" not in report_text(analyze_state(path))


def test_monitor_reads_routes_and_addresses_too(tmp_path: Path) -> None:
    text = (
        f"root@n1:~# ip monitor all\n[ROUTE]10.65.7.9 dev {CALI} scope link\n[ROUTE]10.65.7.8 dev {OTHER} scope link\n"
        f"[ROUTE]Deleted 10.65.7.8 dev {OTHER} scope link\n[ADDR]2: eth0    inet 10.9.0.1/24 scope global eth0\n"
        "       valid_lft forever preferred_lft forever\n[NETCONF]inet all forwarding on\n"
    )
    state = state_of(text, tmp_path)
    (node,) = state.nodes
    assert [format_address(route.destination) for route in node.routes] == ["10.65.7.9"]
    assert list(node.removed) == [OTHER]
    assert [format_address(address.ip) for address in node.addresses] == ["10.9.0.1"]
    assert state.problems == []


PODS = (
    "$ kubectl get pods -A -o wide\nNAMESPACE NAME READY STATUS RESTARTS AGE IP NODE\nshop web-1 {} 0 5m 10.65.7.9 n1\n"
)


@pytest.mark.parametrize(("listed", "status"), [("0/1 Completed", "confirmed"), ("1/1 Running", "ruled-out")])
def test_a_pod_that_has_ended_answers_nobody(listed: str, status: str, tmp_path: Path) -> None:
    path = tmp_path / "paste.txt"
    path.write_text(f"{ROUTES}$ ip neigh\n{ENTRY} FAILED\n{PODS.format(listed)}")
    (diagnosis,) = analyze_state(path).diagnoses
    assert {suspect.cause.id: suspect.status for suspect in diagnosis.suspects}["pod-gone"] == status


NODE_END = (
    f"$ ip link\n7: {CALI}@if{{peer}}: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1450\n"
    "    link/ether ee:ee:ee:ee:ee:ee brd ff:ff:ff:ff:ff:ff\n"
)
INSIDE = (
    "/ # ip addr\n3: eth0@if7: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500\n"
    "    link/ether 02:00:00:00:0c:02 brd ff:ff:ff:ff:ff:ff\n    inet 10.65.7.9/32 scope global eth0\n"
    "/ # ip route\ndefault via 169.254.1.1 dev eth0\n169.254.1.1 dev eth0 scope link\n"
)


def test_ends_that_do_not_name_each_other_decide_nothing(tmp_path: Path) -> None:
    path = tmp_path / "paste.txt"
    path.write_text(NODE_END.format(peer=4) + ROUTES + f"$ ip neigh\n{ENTRY} lladdr 02:00:00:00:0c:01 STALE\n" + INSIDE)
    analysis = analyze_state(path)
    status = {finding.rule.id: (finding.status, finding.reason) for finding in analysis.findings}
    assert status["veth-ends-match"][0] == "fail"
    for rule in ("pod-has-host-address", "pod-default-via-gateway", "node-neighbour-pod-mac", "veth-mtus-match"):
        assert status[rule] == (
            "not-checked",
            f"what the state shows from inside the pod is not from the pod behind {CALI} here",
        )
    assert analysis.verdict == "pass"
    assert analysis.diagnoses == []
    # Where they do, all that counts.
    path.write_text(path.read_text().replace("@if4", "@if3"))
    assert {finding.rule.id for finding in analyze_state(path).findings if finding.status == "fail"} >= {
        "node-neighbour-pod-mac"
    }


def test_a_state_of_another_instance_than_was_recorded_fails_no_rule(tmp_path: Path) -> None:
    state = (CAPTURES / "proxy-arp-off" / "state.txt").read_text()
    path = tmp_path / "state.txt"
    path.write_text(state.replace("10.244.1.10", "10.244.1.77").replace("5a:8a:10:57:e2:03", "02:00:00:00:0c:03"))
    analysis = analyze(captures("healthy")[0], node_state=path)
    assert "not the same pod instance" in analysis.remarks[0].text
    assert [finding.rule.id for finding in analysis.findings if finding.status == "fail"] == []


def test_a_half_of_a_setting_is_said(tmp_path: Path) -> None:
    path = tmp_path / "paste.txt"
    path.write_text(f"$ sysctl net.ipv4.conf.{CALI}.proxy_arp\nnet.ipv4.conf.{CALI}.proxy_arp = 0\n")
    reason = {finding.rule.id: finding.reason for finding in analyze_state(path).findings}["proxy-arp-on"]
    assert reason.startswith(
        f"net.ipv4.conf.{CALI}.proxy_arp is 0 ({path}:2), but net.ipv4.conf.all.proxy_arp is missing from the state"
    )
