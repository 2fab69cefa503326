"""What a report tells to type can be typed: no placeholder stands in it, in any format."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest

from pcapcheck import analyze
from pcapcheck.report.formats import FORMATS
from pcapcheck.triage.scripts import capture_plan
from tests.support.formats import written
from tests.support.lab import CAPTURES, captures

SCENARIOS = sorted(folder.name for folder in CAPTURES.iterdir() if folder.is_dir())
# Of each kind of failure one, for every run.
FEW = ("bridged-gateway", "loss", "pod-link-down", "proxy-arp-off", "second-node-drops")
WORDS = re.compile(
    # What ip prints of a link, and the tags of formats, are no placeholders.
    r"<(?!/?(?:sub|details|summary)>|\?xml)(?=[^<>]*[ '’])[a-z][^<>=\"\n]*>"
    r"|\b(?:INTERFACE|FILE|NAME|NODE|POD|ADDRESS|IFINDEX|NAMESPACE)\b"
    r"|\b(?!SYN-ACK|INIT-ACK|KUBE-|MARK-MASQ)[A-Z]{2,}-[A-Z]{3,}\b|cali[xX]{3,}"
)


def found(scenario: str, form: str, with_state: bool, renamed: Path | None = None) -> list[str]:
    state = CAPTURES / scenario / "state.txt"
    given = [renamed / "a.pcap"] if renamed else captures(scenario)
    judged = analyze(*given, node_state=state if with_state and state.exists() else None)
    text = written(judged, form)
    if form == "html":
        text = unescape(re.sub(r"<[^>]+>", "", text.partition("</style>")[2]))
    # Lines of the state are quoted as they are.
    lines = [line for line in text.splitlines() if "state.txt" not in line]
    return [f"{match[0]!r} in {line.strip()[:200]}" for line in lines if (match := WORDS.search(line))]


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("scenario", FEW)
def test_no_placeholder(scenario: str, form: str) -> None:
    assert found(scenario, form, with_state=False) == []


@pytest.mark.slow
@pytest.mark.parametrize("with_state", [False, True])
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_no_placeholder_in_any_scenario(scenario: str, with_state: bool) -> None:
    assert [match for form in ("text", "json") for match in found(scenario, form, with_state)] == []


@pytest.mark.parametrize("form", FORMATS)
def test_no_placeholder_where_the_interface_has_no_name(form: str, tmp_path: Path) -> None:
    (tmp_path / "a.pcap").write_bytes((CAPTURES / "proxy-arp-off" / "cali14e7d81007d.pcap").read_bytes())
    assert found("proxy-arp-off", form, with_state=False, renamed=tmp_path) == []


@pytest.mark.parametrize("pods", [[("lab", "a")], [("lab", "a"), ("lab", "b")]])
def test_a_plan_can_be_pasted(pods: list[tuple[str, str]]) -> None:
    assert [line for line in capture_plan(pods, "cali") if WORDS.search(line)] == []
