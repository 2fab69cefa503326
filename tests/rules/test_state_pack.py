"""Every rule about states has a state that passes and one that fails, and depends on what it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pcapcheck.pipeline import analyze_state
from tests.support.lab import FIXTURES, ROOT

RULE_FILES = sorted((ROOT / "rules" / "state").glob("*.yml"))
IDS = [path.stem for path in RULE_FILES]

# A changed expectation for each rule under which its passing state must fail.
FLIPPED = {
    "pod-has-host-address": ("host_address: true", "host_address: false"),
    "pod-default-via-gateway": ("default_via: $gateway\n", "default_via: 169.254.1.2\n"),
    "pod-gateway-scope-link": ("gateway_on_link: true", "gateway_on_link: false"),
    "pod-gateway-neighbour-proxy-mac": ("gateway_mac: {same_as: cali.mac}", "gateway_mac: {same_as: pod.mac}"),
    "node-neighbour-pod-mac": ("same_as: pod.mac", "same_as: cali.mac"),
    "veth-ends-match": ("{same_as: cali.index}", "{same_as: pod.index}"),
    "veth-mtus-match": ("same_as: cali.mtu", "same_as: cali.index"),
    "mtu-fits-tunnel": ("mtu_fits: true", "mtu_fits: false"),
    "cali-has-proxy-mac": ("cali.mac: $proxy_mac", "cali.mac: 02:00:00:00:00:01"),
    "cali-has-gateway6": ("gateway6: true", "gateway6: false"),
    "cali-named-after-pod": ("same_as: named_interface", "same_as: node"),
    "node-neighbour-resolved": ("node_resolved: true", "node_resolved: false"),
    "proxy-arp-on": ("proxy_arp: true", "proxy_arp: false"),
    "forwarding-on": ("forwarding: true", "forwarding: false"),
    "proxy-delay-zero": ("proxy_delay: 0", "proxy_delay: 80"),
    "gateway-routable": ("[elsewhere, local]", "[back, none]"),
    "reverse-path-passes": ("reverse_path: true", "reverse_path: false"),
    "host-route-to-pod": ("host_route: true", "host_route: false"),
}


def status(rule: Path, which: str) -> str:
    (finding,) = analyze_state(sample(rule, which), rules=[rule]).findings
    return finding.status


def sample(rule: Path, which: str) -> Path:
    return FIXTURES / "state" / rule.stem / f"{which}.txt"


@pytest.mark.parametrize("rule", RULE_FILES, ids=IDS)
@pytest.mark.parametrize("which", ["pass", "fail"])
def test_pair(rule: Path, which: str) -> None:
    assert status(rule, which) == which


@pytest.mark.parametrize("rule", RULE_FILES, ids=IDS)
def test_flipped_expectation_fails(rule: Path, tmp_path: Path) -> None:
    said, flipped = FLIPPED[rule.stem]
    text = rule.read_text()
    assert text.count(said) == 1
    changed = tmp_path / rule.name
    changed.write_text(text.replace(said, flipped))
    (finding,) = analyze_state(sample(rule, "pass"), rules=[changed]).findings
    assert finding.status == "fail"


@pytest.mark.parametrize("rule", RULE_FILES, ids=IDS)
def test_failure_quotes_the_line(rule: Path) -> None:
    """Evidence names file, line and text, and the line is there."""
    path = sample(rule, "fail")
    (finding,) = analyze_state(path, rules=[rule]).findings
    lines = path.read_text().split("\n")
    told = [line for evidence in finding.evidence for line in evidence.source_lines]
    assert told
    for line in told:
        match = re.fullmatch(rf"{re.escape(str(path))}:(\d+): (.*?)(  \(.*\))?…?", line)
        assert match, line
        assert match[2] in lines[int(match[1]) - 1]


@pytest.mark.parametrize("rule", RULE_FILES, ids=IDS)
def test_a_rule_is_a_file_of_its_name(rule: Path) -> None:
    assert re.search(rf"^id: {rule.stem}$", rule.read_text(), re.M)


def test_pairs_belong_to_rules() -> None:
    assert {path.name for path in (FIXTURES / "state").iterdir()} == set(IDS)
