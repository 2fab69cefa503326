"""How reports tell causes: what to type, what is proven, and pods by name."""

from __future__ import annotations

import io
import json
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest

from pcapcheck import analyze
from pcapcheck.analysis import Analysis
from pcapcheck.report.formats.text import write_text
from tests.support.lab import CAPTURES, captures

SCHEMA = json.loads(files("pcapcheck.report").joinpath("schema.json").read_text())
PODS = (
    "NAMESPACE   NAME                     READY   STATUS    RESTARTS   AGE   IP            NODE\n"
    "default     pod-a-68c8f9cccd-sgtvg   1/1     Running   0          7m    10.244.1.10   node\n"
    "default     pod-b-68c8f9cccd-gr4hw   1/1     Running   0          6m    10.244.1.11   node\n"
)


def text(analysis: Analysis) -> str:
    stream = io.StringIO()
    write_text(analysis, stream)
    return stream.getvalue()


@pytest.fixture
def pods(tmp_path: Path) -> Path:
    path = tmp_path / "pods.txt"
    path.write_text(PODS)
    return path


def test_the_report_leads_with_why() -> None:
    report = text(analyze(*captures("proxy-arp-off")))
    assert report.index("Why gateway-arp-answered failed") < report.index("✗ gateway-arp-answered")
    assert (
        "    sysctl net.ipv4.conf.all.proxy_arp net.ipv4.conf.cali14e7d81007d.proxy_arp\n"
        "        · if it is 0 for all and for cali14e7d81007d: proxy ARP is off on cali14e7d81007d\n"
    ) in report
    assert "run next on the node" not in report


def test_a_confirmed_cause_shows_line_and_mend() -> None:
    report = text(analyze(*captures("proxy-arp-off"), node_state=CAPTURES / "proxy-arp-off" / "state.txt"))
    assert "  confirmed proxy ARP is off on cali14e7d81007d\n" in report
    assert "/proc/sys/net/ipv4/conf/cali14e7d81007d/proxy_arp:0\n" in report
    assert "sysctl -w net.ipv4.conf.cali14e7d81007d.proxy_arp=1" in report


@pytest.mark.parametrize("scenario", ["healthy", "proxy-arp-off", "loss", "bridged", "second-node-drops", "two-clocks"])
def test_documents_keep_to_the_schema(scenario: str, pods: Path) -> None:
    state = CAPTURES / scenario / "state.txt"
    for more in ({}, {"node_state": state}, {"node_state": state, "pods": pods}):
        document = analyze(*captures(scenario), **more).to_dict()  # type: ignore[arg-type]
        jsonschema.validate(document, SCHEMA)
        for cause in document["causes"]:
            assert cause["explains"][0] in document["diagnoses"][cause["diagnosis"]]["rules"]


def test_pods_are_named_by_address_and_by_interface(pods: Path) -> None:
    analysis = analyze(*captures("route-lost-midway"), pods=pods)
    report = text(analysis)
    assert "10.244.1.10 [default/pod-a-68c8f9cccd-sgtvg]'s echo requests to 10.244.1.11 [default/pod-b" in report
    assert "pod link cali14e7d81007d [default/pod-a-68c8f9cccd-sgtvg]" in report
    # A command is there to be pasted.
    assert "\n    ip route get 10.244.1.11\n" in report
    document = analysis.to_dict()
    assert document["pods"] == {
        "10.244.1.10": "default/pod-a-68c8f9cccd-sgtvg",
        "10.244.1.11": "default/pod-b-68c8f9cccd-gr4hw",
        "cali14e7d81007d": "default/pod-a-68c8f9cccd-sgtvg",
        "calieabe7761b00": "default/pod-b-68c8f9cccd-gr4hw",
    }
    assert {endpoint["ip"]: endpoint["pod"] for endpoint in document["endpoints"]} == {
        "10.244.1.10": "default/pod-a-68c8f9cccd-sgtvg",
        "10.244.1.11": "default/pod-b-68c8f9cccd-gr4hw",
    }


def test_names_of_pods_control_no_terminal(tmp_path: Path) -> None:
    path = tmp_path / "pods.json"
    metadata = {"name": "a\u001b[31mX\u0007\nFAIL\u202e\ud800", "namespace": "d"}
    path.write_text(json.dumps({"items": [{"kind": "Pod", "metadata": metadata, "status": {"podIP": "10.244.1.10"}}]}))
    analysis = analyze(*captures("proxy-arp-off"), pods=path)
    report = text(analysis)
    assert r"[d/a\x1b[31mX\x07\x0aFAIL\x202e\xd800]" in report
    assert all(char.isprintable() or char == "\n" for char in report)
    report.encode()
    json.dumps(analysis.to_dict()).encode()


def test_what_is_not_known_leaves_no_gap() -> None:
    for scenario in ("missing-host-route", "proxy-arp-off", "stale-neighbour-node"):
        report = text(analyze(captures(scenario)[0]))
        assert "<dst" not in report
        assert "<sent_to>" not in report


def test_state_that_was_not_understood_is_reported(tmp_path: Path) -> None:
    """As pcapcheck state reports it: the line that was garbled in pasting may be the line that matters."""
    pasted = tmp_path / "pasted.txt"
    pasted.write_text("root@node:~# ip route\ndefault via 10.0.0.1 dev eth0\n10.244.1.10 gone wrong\n")
    analysis = analyze(*captures("proxy-arp-off"), node_state=pasted)
    report = text(analysis)
    assert "      state of node node: 0 pod links\n" in report
    assert f"      ! {pasted}:3: not understood: '10.244.1.10 gone wrong'; expected routes" in report
    state = analysis.to_dict()["state"]
    assert state["hosts"] == ["node node: 0 pod links"]
    assert [line.partition(": ")[0] for line in state["not_understood"]] == [f"{pasted}:3"]


def test_an_address_that_moves_to_another_mac_is_reported() -> None:
    """A pod created again is no fault, but whoever looks for two machines with one address wants to know."""
    analysis = analyze(*captures("pod-recreated"))
    assert analysis.verdict == "pass"
    report = text(analysis)
    said = (
        "! 10.244.1.10 on cali14e7d81007d went from 5a:8a:10:57:e2:03 (last claimed it at "
        "2026-11-23T00:49:33.572139000Z) to 96:2f:c8:41:0d:5b (frame 9, 2026-11-23T00:49:36.930461000Z): a recreated"
    )
    assert said in report
    (remark,) = analysis.to_dict()["remarks"]
    assert remark["text"].startswith("10.244.1.10 on cali14e7d81007d went")
    assert analyze(*captures("healthy")).remarks == []


def test_the_report_says_what_each_command_prints_and_counts_the_rest() -> None:
    report = text(analyze(*captures("proxy-arp-off")))
    assert '· if the answer is "Network is unreachable": the node has no route that covers 169.254.1.1' in report
    why = report[report.index("Why ") : report.index("    or to settle all of them at once")]
    assert sum(line.startswith("    ") and line[4] not in " a" for line in why.splitlines()) == 5
    assert "    and 4 less likely causes (--verbose shows all)\n" in why


def test_a_question_seen_again_on_its_way_is_not_counted_once_more() -> None:
    """The pod's pings, translated, are on the node's NIC too: a rule fails for them where they were asked."""
    analysis = analyze(*captures("outside-silent"))
    assert analysis.verdict == "fail"
    assert analysis.asked_in_vain == []
    assert not any("gets no answer" in remark.text for remark in analysis.remarks)


def test_a_line_that_half_shows_a_cause_does_not_stand_under_not(tmp_path: Path) -> None:
    (tmp_path / "half.txt").write_text("net.ipv4.conf.cali14e7d81007d.proxy_arp = 0\n")
    report = text(analyze(*captures("proxy-arp-off"), node_state=tmp_path / "half.txt"))
    assert "for it: " in report
    assert " not: " not in report
