"""Several interfaces in one recording that does not tell them apart: what is lost between them is not passed over."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from pcapcheck import analyze
from pcapcheck.analysis import Analysis
from tests.support.lab import CAPTURES

FORMS = {"tshark": ["tshark", "-n", "-r"], "tcpdump": ["tcpdump", "-nn", "-r"], "with MACs": ["tcpdump", "-nnevr"]}


def merged(scenario: str, form: str, folder: Path) -> Path:
    """The captures of a scenario as one nameless link: as a capture, or as a tool prints it."""
    tool = FORMS.get(form, ["mergecap"])[0]
    if not (shutil.which("mergecap") and shutil.which(tool)):
        pytest.skip(f"mergecap or {tool} is not here")
    parts = sorted(map(str, (CAPTURES / scenario).glob("*.pcap")))
    capture = folder / "both.pcap"
    subprocess.run(["mergecap", "-F", "pcap", "-w", str(capture), *parts], check=True, timeout=60)
    if form not in FORMS:
        return capture
    text = folder / "both.txt"
    text.write_bytes(subprocess.run([*FORMS[form], str(capture)], check=True, capture_output=True, timeout=60).stdout)
    return text


def failed(analysis: Analysis) -> set[str]:
    return {finding.rule.id for finding in analysis.findings if finding.status == "fail"}


@pytest.mark.parametrize("form", ["capture", *FORMS])
def test_a_reply_that_dies_on_the_node_is_no_reply(form: str, tmp_path: Path) -> None:
    """It is recorded on the NIC, and never on the pod's link; of seven that happened to four."""
    analysis = analyze(merged("reply-dies-on-node", form, tmp_path))
    (question,) = analysis.unanswered
    assert (question.attempts, question.sentence) == (
        4,
        "10.244.1.10's ping to 172.31.186.1 is recorded more often than its reply",
    )
    assert ("interfaces' names" in question.meaning) == (form in FORMS)
    assert list(analysis.echo["outcome"]).count("unclear") == 4
    assert failed(analysis) == set()


@pytest.mark.parametrize("form", ["capture", *FORMS])
def test_what_arrives_on_both_links_is_answered(form: str, tmp_path: Path) -> None:
    analysis = analyze(merged("healthy", form, tmp_path))
    assert (analysis.verdict, analysis.unanswered) == ("pass", [])
    assert set(analysis.echo["outcome"]) == {"replied"}


def test_a_share_of_losses_is_of_those_whose_end_is_known(tmp_path: Path) -> None:
    """Of 53 pings 11 got no reply; replies to 7 were lost between the links, 5 were on their way there."""
    echo = analyze(merged("loss", "tshark", tmp_path)).echo
    outcomes = list(echo["outcome"])
    assert (outcomes.count("unanswered"), outcomes.count("unclear")) == (11, 12)


def test_data_that_is_repeated_in_vain_shows_in_rows_of_tshark(tmp_path: Path) -> None:
    assert "tcp-progresses" in failed(analyze(merged("dropped-midway", "tshark", tmp_path)))
