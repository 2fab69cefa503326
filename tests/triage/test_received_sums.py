"""Checksums that came wrong to whoever was asked: from bytes and from printed text, on one NIC and on several."""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures.made.frames import ethernet
from pcapcheck import Analysis, analyze
from tests.support.captures import ROOT
from tests.support.transcripts import MISSING, append, printed, split

SCENARIO = ROOT / "fixtures/lab/captures/vxlan-checksum-wrong"
CAUSES = ("vxlan-checksum-offload", "checksum-wrong")
# The NICs of the two nodes, and a third machine on their network.
SENDER, RECEIVER, OTHER = 0x0A58AC1FBAFA, 0x0A58AC1FBAFB, 0x0A58AC1FBAFC
FORMS = ["bytes", pytest.param("text", marks=pytest.mark.skipif(bool(MISSING), reason=MISSING))]


def nic(node: str, folder: Path, form: str, name: str = "") -> Path:
    """What the NIC of a node recorded, without directions."""
    path = split(SCENARIO / f"{node}.pcapng", folder)["eth0"]
    path = path.rename(folder / f"{name or node + '-eth0'}.pcap")
    if form == "bytes":
        return path
    text = path.with_suffix(".txt")
    text.write_text(printed(path, "-nn", "-e", "-vv"))
    return text


def statuses(analysis: Analysis) -> dict[str, str]:
    return {
        suspect.cause.id: suspect.status
        for diagnosis in analysis.diagnoses
        for suspect in diagnosis.suspects
        if suspect.cause.id in CAUSES
    }


@pytest.mark.parametrize("form", FORMS)
def test_both_nics(form: str, tmp_path: Path) -> None:
    """What leaves one node and comes to the other came in there."""
    analysis = analyze(nic("node", tmp_path, form), nic("node2", tmp_path, form))
    assert statuses(analysis) == {"vxlan-checksum-offload": "confirmed"}
    (diagnosis,) = analysis.diagnoses
    assert "the packet comes with a wrong inner TCP checksum (frame 9)" in diagnosis.suspects[0].because[0]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("node", ["node", "node2"])
def test_one_nic_of_two_machines(node: str, form: str, tmp_path: Path) -> None:
    """Nothing shows which of them recorded it: where they were sent they need not be right yet."""
    analysis = analyze(nic(node, tmp_path, form))
    assert statuses(analysis) == dict.fromkeys(CAUSES, "possible")
    assert "nothing shows whether it came in or left there" in analysis.diagnoses[0].suspects[0].because[0]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("node", "found"), [("node2", {"vxlan-checksum-offload": "confirmed"}), ("node", {})])
def test_one_nic_of_a_described_node(node: str, found: dict[str, str], form: str, tmp_path: Path) -> None:
    """The state of the node that the file is called after has the MAC of its NIC."""
    analysis = analyze(nic(node, tmp_path, form), node_state=SCENARIO / "state.txt")
    assert {cause: status for cause, status in statuses(analysis).items() if status != "ruled-out"} == found


@pytest.mark.parametrize(("owner", "found"), [(RECEIVER, {"vxlan-checksum-offload": "confirmed"}), (SENDER, {})])
def test_one_nic_that_talks_to_a_third_machine(owner: int, found: dict[str, str], tmp_path: Path) -> None:
    """Whoever is a party to all unicast frames recorded them."""
    capture = nic("node2", tmp_path, "bytes", "eth0")
    for src, dst in ((owner, OTHER), (OTHER, owner)):
        append(capture, ethernet(bytes(46), 0x88B5, src.to_bytes(6, "big"), dst.to_bytes(6, "big")))
    assert statuses(analyze(capture)) == found
