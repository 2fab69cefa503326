"""Calico's pools of addresses in a node's state, and what they say of packets that leave with a pod's own address."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from pcapcheck import Analysis, analyze
from pcapcheck.nodestate.read_state import read_state
from pcapcheck.values import format_address
from tests.support.captures import ROOT

SCENARIO = ROOT / "fixtures/lab/captures/egress-not-translated/node.pcapng"
HEAD = "NAME CIDR NAT IPIPMODE VXLANMODE DISABLED DISABLEBGPEXPORT SELECTOR\n"
ROW = "default-ipv4-ippool 10.244.0.0/16 {} Never Always false false all()\n"
YAML = """apiVersion: projectcalico.org/v3
items:
- apiVersion: projectcalico.org/v3
  kind: IPPool
  metadata:
    name: default-ipv4-ippool
  spec:
    blockSize: 26
    cidr: 10.244.0.0/16
{}    nodeSelector: all()
- apiVersion: projectcalico.org/v3
  kind: IPPool
  spec:
    cidr: fd00:10:244::/64
kind: IPPoolList
metadata:
  resourceVersion: "100"
"""
OBJECT = {"kind": "IPPool", "metadata": {"name": "a"}, "spec": {"cidr": "10.244.0.0/16", "natOutgoing": True}}
FORMS = {
    "table": HEAD + ROW.format("true"),
    "command": "$ calicoctl get ippool -o wide\n" + HEAD + ROW.format("true"),
    "yaml": YAML.format("    natOutgoing: true\n"),
    "yaml by kubectl": "$ kubectl get ippools -o yaml\n" + YAML.format("    natOutgoing: true\n"),
    "json": json.dumps({"kind": "IPPoolList", "items": [OBJECT]}),
    "object": json.dumps({"apiVersion": "projectcalico.org/v3", **OBJECT}),
}


@pytest.fixture(scope="module")
def not_answered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pod's connection that leaves with its own address, and nothing of that pod which is translated."""
    if shutil.which("tshark") is None:
        pytest.skip("tshark is not installed")
    path = tmp_path_factory.mktemp("egress") / "node.pcapng"
    command = ["tshark", "-r", str(SCENARIO), "-Y", "not icmp", "-w", str(path)]
    subprocess.run(command, capture_output=True, check=True)
    return path


def status(analysis: Analysis) -> str:
    return next(finding.status for finding in analysis.findings if finding.rule.id == "egress-translated")


def lean(analysis: Analysis) -> int:
    suspects = (suspect for diagnosis in analysis.diagnoses for suspect in diagnosis.suspects)
    return next((suspect.leaning for suspect in suspects if suspect.cause.id == "source-not-translated"), 0)


@pytest.mark.parametrize("form", FORMS)
def test_forms(form: str, not_answered: Path, tmp_path: Path) -> None:
    state = tmp_path / "state.txt"
    state.write_text(FORMS[form])
    analysis = analyze(not_answered, node_state=state)
    assert status(analysis) == "fail"
    assert analysis.not_understood == []


@pytest.mark.parametrize(
    ("pools", "leaning"),
    [
        (HEAD + ROW.format("false"), 1),
        (YAML.format(""), 1),
        # Another pool: nothing is known of this pod's.
        (HEAD + ROW.format("true").replace("10.244.", "10.99."), 0),
        # What goes to another pool is not translated.
        (HEAD + ROW.format("true") + "more 192.168.77.0/24 false Never Always false false all()\n", 0),
    ],
)
def test_a_pool_that_does_not_translate(pools: str, leaning: int, not_answered: Path, tmp_path: Path) -> None:
    """What leaves as it is may have to; natOutgoing that is off speaks for the cause."""
    state = tmp_path / "state.txt"
    state.write_text(pools)
    analysis = analyze(not_answered, node_state=state)
    assert (status(analysis), lean(analysis)) == ("not-checked", leaning)


def test_of_several(tmp_path: Path) -> None:
    """A list of YAML ends one pool where the next begins; a FelixConfiguration is none."""
    path = tmp_path / "pools.yaml"
    felix = "---\napiVersion: projectcalico.org/v3\nkind: FelixConfiguration\nspec:\n  bpfEnabled: true\n"
    path.write_text(YAML.format("    natOutgoing: true\n") + felix)
    state = read_state([path])
    assert [(format_address(pool.network), pool.prefix, pool.nat_outgoing) for pool in state.pools] == [
        ("10.244.0.0", 16, True),
        ("fd00:10:244::", 64, False),
    ]
