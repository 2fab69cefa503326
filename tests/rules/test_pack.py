"""Every rule about captures has a capture that passes and one that fails, and depends on what it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pcapcheck import analyze
from pcapcheck.ruleset.evaluate import Evaluation
from pcapcheck.ruleset.load import load_ruleset
from pcapcheck.table_names import FRAMES, HOPS, PAIRED, PATHS, TRANSFERS
from tests.support.lab import FIXTURES, ROOT

RULE_FILES = sorted((ROOT / "rules" / "calico").glob("*.yml"))
IDS = [path.stem for path in RULE_FILES]

# A changed expectation for each rule under which its passing capture must fail.
FLIPPED = {
    "gateway-arp-answered": ("answered: true\n  latency_first: {le: $arp_wait}", "answered: false"),
    "gateway-arp-proxy-mac": ("reply_mac: $proxy_mac", "reply_mac: 02:00:00:00:00:01"),
    "gateway-arp-prompt": ("le: $arp_prompt", "le: 1ns"),
    "gateway-arp-single-answer": ("answering_macs: 1", "answering_macs: 2"),
    "pod-answers-arp": ("answered: true\n  any", "answered: false\n  any"),
    "pod-frames-to-proxy-mac": ("eth.dst: $proxy_mac", "eth.dst: 02:00:00:00:00:01"),
    "node-frames-from-proxy-mac": ("eth.src: $proxy_mac", "eth.src: 02:00:00:00:00:01"),
    "node-frames-to-pod-mac": ("same_as: pod.mac", "same_as: eth.src"),
    "echo-answered": ("replied: true", "replied: false"),
    "address-has-one-mac": ("claimants: 1", "claimants: 2"),
    "hop-ttl-decremented": ("unknown], ttl_lost: 1}", "unknown], ttl_lost: 2}"),
    "hop-macs-rewritten": ("not: {eth.dst: {same_as: to.eth.dst}}", "not: {eth.dst: {same_as: to.eth.src}}"),
    "request-leaves-node": ("left: true", "left: false"),
    "request-reaches-pod": ("delivered: true", "delivered: false"),
    "reply-delivered": ("delivered: true", "delivered: false"),
    "tcp-answered": ("answered: true", "answered: false"),
    "tcp-progresses": ("progresses: true", "progresses: false"),
    "tcp-not-reset-midway": ("reset_midway: false", "reset_midway: true"),
    "dns-answered": ("answered: true", "answered: false"),
    "sctp-answered": ("answered: true", "answered: false"),
    "udp-answered": ("answered: true", "answered: false"),
    "dns-prompt": ("promptness: at-once", "promptness: late"),
    "dns-not-refused": ("[servfail, refused]", "[noerror, nxdomain]"),
    "service-reply-translated": ("translated_back: true", "translated_back: false"),
    "egress-translated": ("expect:\n  source_translated: true", "expect:\n  source_translated: false"),
    "pod-answers-echo": ("replied: true", "replied: false"),
}


def capture(rule: Path, which: str) -> Path:
    (found,) = (FIXTURES / rule.parent.name / rule.stem).glob(f"{which}.pcap*")
    return found


def status(rule: Path, path: Path) -> str:
    (finding,) = analyze(path, rules=[rule], variables=None).findings
    return finding.status


@pytest.mark.parametrize("rule", RULE_FILES, ids=IDS)
@pytest.mark.parametrize("which", ["pass", "fail"])
def test_pair(rule: Path, which: str, tmp_path: Path) -> None:
    # Named after an interface, since the faults of some captures leave nothing else that tells what it is.
    named = tmp_path / "cali14e7d81007d.pcap"
    named.write_bytes(capture(rule, which).read_bytes())
    assert status(rule, named) == which


@pytest.mark.parametrize("rule", RULE_FILES, ids=IDS)
def test_flipped_expectation_fails(rule: Path, tmp_path: Path) -> None:
    said, flipped = FLIPPED[rule.stem]
    text = rule.read_text()
    assert text.count(said) == 1
    changed = tmp_path / rule.name
    changed.write_text(text.replace(said, flipped))
    named = tmp_path / "cali14e7d81007d.pcap"
    named.write_bytes(capture(rule, "pass").read_bytes())
    assert status(changed, named) == "fail"


@pytest.mark.parametrize("rule", RULE_FILES, ids=IDS)
def test_a_rule_is_a_file_of_its_name(rule: Path) -> None:
    assert re.search(rf"^id: {rule.stem}$", rule.read_text(), re.M)


def test_pairs_belong_to_rules() -> None:
    assert {path.name for path in (FIXTURES / "calico").iterdir()} == set(IDS)


@pytest.mark.parametrize("table", [FRAMES, *PAIRED, TRANSFERS, PATHS, HOPS])
def test_no_rule_looks_at_every_row(table: str) -> None:
    """Rows of these tables are as many as packets: they are counted together, whatever a rule asks or shows of them."""
    rules = [rule for rule in load_ruleset([ROOT / "rules" / "calico"]).rules if rule.table == table]
    assert rules
    assert [rule.id for rule in rules if Evaluation(rule).needs_rows] == []
