"""Packs for other networks: each rule passes and fails on what the kernel recorded, and depends on what it says.

The recordings are those of ``fixtures/networks``, whose README says what is right to say of each.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck import analyze
from pcapcheck.networks import PACKED
from pcapcheck.ruleset.evaluate import Evaluation
from pcapcheck.ruleset.files import OF_THE_PACK, SHARED, pack
from pcapcheck.ruleset.load import load_ruleset
from pcapcheck.table_names import FRAMES, HOPS, PAIRED, PATHS, TRANSFERS
from tests.support.lab import FIXTURES
from tests.support.wire import BEGIN, MS, POD, answer, arp, ask, request, write_pcap

NETWORKS = FIXTURES / "networks"
RULES = {
    file.stem: file
    for name in (*PACKED, SHARED)
    for file in sorted(pack(name).glob("*.yml"))
    if file.name != OF_THE_PACK
}
# For each rule: a capture that passes, one that fails, and a changed expectation under which the first fails too.
AWS, AZURE, LXC = "eni3f0a91c7d52.pcap", "azv61c0d9e.pcap", "lxc6d21a0b4c3f1.pcap"
VETH, PORT = "veth8a3f01c2.pcap", "veth2f90b6e1.pcap"
PAIRS = {
    "gateway-entry-kept": (
        "azure-cni/healthy/azv61c0d9e2f4a.pcap",
        f"aws-vpc-cni/entry-missing-proxied/{AWS}",
        ("cast: unicast", "cast: broadcast"),
    ),
    "gateway-entry-or-answer": (
        "azure-cni/entry-missing/azv61c0d9e2f4a.pcap",
        f"aws-vpc-cni/entry-missing/{AWS}",
        ("answered: true", "answered: false"),
    ),
    "pod-frames-to-node-mac": (
        f"aws-vpc-cni/healthy/{AWS}",
        f"aws-vpc-cni/entry-stale/{AWS}",
        ("same_as: node.mac", "same_as: pod.mac"),
    ),
    "pod-frames-to-azure-mac": (
        f"azure-cni/healthy-permanent/{AZURE}",
        f"azure-cni/entry-stale/{AZURE}",
        ("same_as: node.mac", "same_as: pod.mac"),
    ),
    "gateway-answers-arp": (
        f"ptp/healthy/{VETH}",
        "gke/gateway-missing/gke40a1c8d77e2.pcap",
        ("answered: true\n  latency_first: {le: $arp_wait}", "answered: false"),
    ),
    "neighbour-answers-arp": (
        f"bridge/healthy/{PORT}",
        f"bridge/ports-isolated/{PORT}",
        ("answered: true\n  latency_first: {le: $arp_wait}", "answered: false"),
    ),
    "endpoint-answers-arp": (
        f"cilium/healthy/{LXC}",
        f"cilium/arp-unanswered/{LXC}",
        ("answered: true\n  latency_first: {le: $arp_wait}", "answered: false"),
    ),
    "node-frames-to-endpoint-mac": (
        f"cilium/healthy-legacy/{LXC}",
        "cilium/endpoint-mac-wrong/lxc09f5e3a8d27b.pcap",
        ("same_as: pod.mac", "same_as: node.mac"),
    ),
    "pod-frames-to-endpoint-mac": (f"cilium/healthy/{LXC}", "", ("same_as: node.mac", "same_as: pod.mac")),
    "arp-answer-is-own": (f"ptp/healthy/{VETH}", "", ("answering_macs: 1", "answering_macs: 2")),
}


def status_under(text: str, capture: Path, folder: Path) -> str:
    """What a rule says of a capture of its network."""
    network = capture.parent.parent.name
    (folder / "rules").mkdir(parents=True)
    (folder / "rules" / "changed.yml").write_text(text)
    (folder / "rules" / OF_THE_PACK).write_text(f"network: {network}\nrules: []\n")
    (finding,) = analyze(capture, rules=folder / "rules").findings
    return finding.status


def two_answers(folder: Path) -> Path:
    """Another machine answers for the gateway too, sooner than the node's end of the link."""
    link, other = "8e:4b:10:77:2a:c5", "5e:f9:04:11:22:33"
    frames = [
        ask("10.8.2.1", ip="10.8.2.7"),
        answer("10.8.2.1", by=other, to_ip="10.8.2.7"),
        answer("10.8.2.1", by=link, to_ip="10.8.2.7"),
    ]
    path = folder / "gke" / "made" / "gke40a1c8d77e2.pcap"
    path.parent.mkdir(parents=True)
    return write_pcap(path, [(BEGIN + number * MS, frame) for number, frame in enumerate(frames)])


def stale_endpoint(folder: Path) -> Path:
    """A Cilium pod that sends to a MAC which the node's end of its link does not have."""
    link, other = "8e:4b:10:77:2a:c5", "5e:f9:04:11:22:33"
    ip = ("10.244.1.10", "10.0.1.174")
    frames = [
        arp(1, (link, "172.31.186.250"), ("00:00:00:00:00:00", ip[0]), "ff:ff:ff:ff:ff:ff"),
        arp(2, (POD, ip[0]), (link, "172.31.186.250"), link),
        *(request(number, src=ip[0], dst=ip[1], eth=(POD, other)) for number in (1, 2, 3)),
    ]
    path = folder / "cilium" / "made" / "lxc6d21a0b4c3f1.pcap"
    path.parent.mkdir(parents=True)
    return write_pcap(path, [(BEGIN + number * MS, frame) for number, frame in enumerate(frames)])


MADE = {"arp-answer-is-own": two_answers, "pod-frames-to-endpoint-mac": stale_endpoint}


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_passes_and_fails(rule: str, tmp_path: Path) -> None:
    passing, failing, _ = PAIRS[rule]
    text = RULES[rule].read_text()
    assert status_under(text, NETWORKS / passing, tmp_path / "pass") == "pass"
    wrong = NETWORKS / failing if failing else MADE[rule](tmp_path)
    assert status_under(text, wrong, tmp_path / "fail") == "fail"


@pytest.mark.parametrize("rule", RULES)
def test_a_flipped_expectation_fails(rule: str, tmp_path: Path) -> None:
    passing, _, (said, flipped) = PAIRS[rule]
    text = RULES[rule].read_text()
    assert text.count(said) == 1
    assert status_under(text.replace(said, flipped), NETWORKS / passing, tmp_path) == "fail"


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_is_a_file_of_its_name_and_has_a_pair(rule: str) -> None:
    assert RULES[rule].read_text().startswith(f"id: {rule}\n")
    assert rule in PAIRS


@pytest.mark.parametrize("name", PACKED)
def test_packs_say_which_network_they_are_for(name: str) -> None:
    rules = load_ruleset([pack(name)]).rules
    assert {rule.networks for rule in rules} == {(name,)}
    assert {"echo-answered", "dns-answered", "tcp-progresses"} < {rule.id for rule in rules}
    assert "gateway-arp-proxy-mac" not in {rule.id for rule in rules}


@pytest.mark.parametrize("table", [FRAMES, *PAIRED, TRANSFERS, PATHS, HOPS])
def test_no_rule_looks_at_every_row(table: str) -> None:
    """As in Calico's pack: rows of these tables are as many as packets."""
    rules = [rule for rule in load_ruleset(map(pack, PACKED)).rules if rule.table == table]
    assert [rule.id for rule in rules if Evaluation(rule).needs_rows] == []


@pytest.mark.parametrize(
    ("capture", "links"),
    [
        (f"aws-vpc-cni/healthy/{AWS}", "eni"),
        ("azure-cni/healthy/azv61c0d9e2f4a.pcap", "azv"),
        ("gke/healthy/gke40a1c8d77e2.pcap", "gke"),
        (f"ptp/healthy/{VETH}", "veth"),
        ("../lab/captures/healthy/cali14e7d81007d.pcap", "cali"),
    ],
)
def test_what_to_record_is_called_as_on_its_own_network(capture: str, links: str) -> None:
    reasons = {finding.reason for finding in analyze(NETWORKS / capture).findings if "second link" in finding.reason}
    # Of Calico one is about a back end.
    said = {reason for reason in reasons if "other pod" in reason}
    assert said == {
        f"no packet was seen on a second link; capture the other pod's {links} interface too, at the same time"
    }


def test_no_rule_that_other_networks_share_names_calicos_links() -> None:
    """Neither in what it says nor in the reasons why it could not be applied."""
    for name in (*PACKED, SHARED):
        for rule in load_ruleset([pack(name)]).rules:
            assert "cali interface" not in f"{rule.title} {rule.why} {rule.absent} {rule.limits} {rule.next}", rule.id
    for case in ("aws-vpc-cni", "azure-cni", "bridge", "cilium", "flannel", "gke", "ptp"):
        for path in sorted((NETWORKS / case / "healthy").glob("*.pcap")):
            for finding in analyze(path, pack=case).findings:
                assert "cali" not in f"{finding.reason} {finding.unknown}", (path, finding.rule.id)
