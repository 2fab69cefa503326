"""Expectation files: what must hold on one recording, on top of a pack."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from pcapcheck import Analysis, CaptureError, RuleError, analyze
from pcapcheck.cli.main import main
from pcapcheck.ruleset.load import load_ruleset
from tests.support.lab import FIXTURES

LAB = FIXTURES / "lab" / "captures"
HEALTHY = LAB / "healthy" / "cali14e7d81007d.pcap"
DEAF = LAB / "proxy-arp-off" / "cali14e7d81007d.pcap"
REASON = "reason: known since NET-1"

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes an expectation file next to two captures."""
    shutil.copy(HEALTHY, tmp_path / "healthy.pcap")
    shutil.copy(DEAF, tmp_path / "deaf.pcap")

    def write_file(text: str, name: str = "x.pcapcheck.yaml") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    return write_file


def statuses(analysis: Analysis) -> dict[str, str]:
    return {finding.rule.id: finding.status for finding in analysis.findings}


def test_extends_the_pack(write: Write) -> None:
    analysis = analyze(HEALTHY, rules=write("extends: calico\n"))
    assert statuses(analysis) == statuses(analyze(HEALTHY))


def test_own_rules_need_no_words(write: Write) -> None:
    path = write("rules:\n  - id: ping-works\n    select: {table: echo}\n    expect: {replied: true}\n")
    analysis = analyze(HEALTHY, rules=path)
    assert statuses(analysis) == {"ping-works": "pass"}
    assert (analysis.findings[0].rule.title, analysis.findings[0].rule.severity) == ("ping works", "error")


def test_captures_next_to_the_file(write: Write, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    write("extends: calico\ncaptures: healthy.pcap\n", "tests/x.pcapcheck.yaml")
    shutil.copy(HEALTHY, tmp_path / "tests" / "healthy.pcap")
    monkeypatch.chdir(tmp_path)
    analysis = analyze(rules="tests/x.pcapcheck.yaml")
    assert [capture.path for capture in analysis.captures] == [Path("tests/healthy.pcap")]
    done = CliRunner().invoke(main, ["analyze", "--rules", "tests/x.pcapcheck.yaml"])
    assert done.exit_code == 0
    # What the call names comes first.
    assert analyze(DEAF, rules="tests/x.pcapcheck.yaml").verdict == "fail"


def test_a_pattern_of_captures(write: Write) -> None:
    analysis = analyze(rules=write("extends: calico\ncaptures: ['*.pcap']\n"))
    assert len(analysis.captures) == 2


def test_no_capture_anywhere(write: Write) -> None:
    with pytest.raises(CaptureError, match="no capture given"):
        analyze(rules=write("extends: calico\n"))


def test_a_known_failure_is_accepted(write: Write) -> None:
    path = write(f"extends: calico\nadjust:\n  gateway-arp-answered: {{severity: info, {REASON}}}\n")
    analysis = analyze(DEAF, rules=path)
    assert statuses(analysis)["gateway-arp-answered"] == "fail"
    done = CliRunner().invoke(main, ["analyze", "--rules", str(path), str(DEAF)])
    assert done.exit_code == 0
    assert done.output.startswith("PASS WITH 1 ACCEPTED FAILURE ")
    assert "gateway-arp-answered failed, which is accepted" in done.output
    assert f"accepted: known since NET-1 ({path}:3)" in done.output
    (shown,) = (entry for entry in analysis.to_dict()["rules"] if entry["id"] == "gateway-arp-answered")
    assert (shown["severity"], shown["adjusted"]) == ("info", "known since NET-1")


def test_a_warning_made_an_error(write: Write) -> None:
    late = LAB / "proxy-delay-80" / "cali14e7d81007d.pcap"
    assert analyze(late).verdict == "pass"
    path = write(f"extends: calico\nadjust:\n  gateway-arp-prompt: {{severity: error, {REASON}}}\n")
    assert analyze(late, rules=path).verdict == "fail"


# The second has nothing to check where the first fails, which is not the reason to give.
@pytest.mark.parametrize("rule", ["gateway-arp-answered", "gateway-arp-proxy-mac"])
def test_switched_off(rule: str, write: Write) -> None:
    path = write(f"extends: calico\nadjust:\n  {rule}: {{severity: off, {REASON}}}\n")
    (finding,) = (finding for finding in analyze(DEAF, rules=path).findings if finding.rule.id == rule)
    assert (finding.status, finding.reason) == ("not-checked", "switched off: known since NET-1")


def test_what_is_switched_off_is_not_missing(write: Write) -> None:
    rule = "  - id: ping-works\n    select: {table: echo}\n    expect: {replied: true}\n"
    off = f"extends: base.yml\nstrict: true\nadjust:\n  ping-works: {{severity: off, {REASON}}}\n"
    base = write(f"rules:\n{rule}{rule.replace('ping-works', 'ping-works-too')}", "base.yml")
    assert CliRunner().invoke(main, ["analyze", "--strict", "--rules", str(base), str(HEALTHY)]).exit_code == 0
    assert CliRunner().invoke(main, ["analyze", "--rules", str(write(off)), str(HEALTHY)]).exit_code == 0


def test_strict_and_require(write: Write) -> None:
    def exit_code(text: str) -> int:
        return CliRunner().invoke(main, ["analyze", "--rules", str(write(text)), str(HEALTHY)]).exit_code

    assert exit_code("extends: calico\n") == 0
    # One link only: nothing was seen on a second.
    assert exit_code("extends: calico\nstrict: true\n") == 1
    assert exit_code("extends: calico\nrequire: gateway-arp-answered\n") == 0
    assert exit_code("extends: calico\nrequire: [gateway-arp-answered, hop-ttl-decremented]\n") == 1


def test_variables(write: Write) -> None:
    text = (
        "variables: {peer: 10.244.1.11, proxy_mac: ee:ee:ee:ee:ee:01}\nextends: calico\n"
        "rules: [{id: peer-replies, select: {table: echo, dst: $peer}, expect: {replied: true}}]\n"
    )
    path = write(text)
    analysis = analyze(HEALTHY, rules=path)
    assert statuses(analysis)["gateway-arp-proxy-mac"] == "fail"
    assert statuses(analysis)["peer-replies"] == "pass"
    analysis = analyze(HEALTHY, rules=path, variables={"peer": "10.9.9.9", "proxy_mac": "ee:ee:ee:ee:ee:ee"})
    assert statuses(analysis)["gateway-arp-proxy-mac"] == "pass"
    assert statuses(analysis)["peer-replies"] == "not-checked"


def test_one_extends_another(write: Write) -> None:
    write(
        f"extends: calico\nvariables: {{echo_wait: 2s, gateway: 169.254.1.9}}\nrequire: echo-answered\n"
        f"captures: deaf.pcap\nadjust: {{gateway-arp-prompt: {{severity: off, {REASON}}}}}\n",
        "common/base.yml",
    )
    path = write("extends: [common/base.yml, calico]\nvariables: {gateway: 169.254.1.1}\n")
    ruleset = load_ruleset([path])
    assert ruleset.settings.texts["echo_wait"] == "2s"
    assert ruleset.settings.texts["gateway"] == "169.254.1.1"
    assert ruleset.required == ("echo-answered",)
    assert ruleset.recording.captures == ()
    assert [rule.id for rule in ruleset.rules if rule.off] == ["gateway-arp-prompt"]


def test_packs_by_name(write: Write) -> None:
    path = write("rules:\n  - id: ping-works\n    select: {table: echo}\n    expect: {replied: true}\n")
    analysis = analyze(HEALTHY, rules=["calico", path])
    assert statuses(analysis) == {**statuses(analyze(HEALTHY)), "ping-works": "pass"}


def test_recording(write: Write, tmp_path: Path) -> None:
    shutil.copy(HEALTHY, tmp_path / "any-name.pcap")
    state = LAB / "proxy-arp-off" / "state.txt"
    (tmp_path / "state.txt").write_bytes(state.read_bytes())
    (tmp_path / "pods.txt").write_text(
        "NAMESPACE   NAME    READY   STATUS    RESTARTS   AGE   IP            NODE\n"
        "default     pod-a   1/1     Running   0          1h    10.244.1.10   node-1\n"
    )
    analysis = analyze(
        rules=write(
            "extends: calico\ncaptures: any-name.pcap\ninterfaces: {any-name.pcap: cali00000000001}\n"
            "node_state: state.txt\npods: pods.txt\nfilter_used: icmp\n"
        )
    )
    assert [point.name for point in analysis.points] == ["cali00000000001"]
    assert analysis.pods is not None
    assert analysis.reading.scope.filter_used == "icmp"
    deaf = analyze(rules=write("extends: calico\ncaptures: deaf.pcap\nnode_state: state.txt\n"))
    assert [cause["id"] for cause in deaf.to_dict()["causes"] if cause["status"] == "confirmed"] == ["proxy-arp-off"]


WRONG = [
    ("extend: calico\nrules: []\n", "1:1", "no key 'extend'; did you mean 'extends'?"),
    ("captures: x.pcap\n", "1:1", "needs 'extends'"),
    ("extends: calicoo\n", "1:10", "did you mean 'calico'?"),
    ("extends: x.pcapcheck.yaml\n", "1:10", "extends this file in turn"),
    ("extends: calico\nstrict: yes\n", "2:9", "'yes' is neither true nor false"),
    ("extends: calico\nrequire: echo-answerd\n", "2:10", "no rule 'echo-answerd'; did you mean 'echo-answered'?"),
    (
        "extends: calico\nadjust: {echo-answerd: {severity: info, reason: x}}\n",
        "2:10",
        "no rule 'echo-answerd'; did you mean",
    ),
    ("extends: calico\nadjust: {echo-answered: {severity: info}}\n", "2:25", "needs the key 'reason'"),
    ("extends: calico\nadjust: {echo-answered: {severity: info, reason: ''}}\n", "2:50", "say why"),
    (
        "extends: calico\nadjust: {echo-answered: {severity: none, reason: x}}\n",
        "2:36",
        "not one of: error, warning, info, off",
    ),
    ("extends: calico\nvariables: {arp_wait: soon}\n", "2:23", "'soon' is not a duration"),
    ("extends: calico\nvariables: {Peer: x}\n", "2:13", "lower-case letters"),
    ("rules: [{id: x, select: {table: echo, dst: $per}, expect: {replied: true}}]\n", "1:44", "no variable '$per'"),
    (
        "extends: calico\nrules: [{id: echo-answered, select: {table: echo}, count: {min: 1}}]\n",
        "2:9",
        "to change its severity write adjust",
    ),
    ("rules: [{select: {table: echo}, count: {min: 1}}]\n", "1:9", "needs the key 'id'"),
    ("rules: [text]\n", "1:9", "a rule must be a map"),
    ("rules: []\nfilter_used: [a]\n", "2:14", "must be text"),
]


@pytest.mark.parametrize(("text", "where", "message"), WRONG)
def test_wrong(text: str, where: str, message: str, write: Write) -> None:
    path = write(text)
    with pytest.raises(RuleError) as caught:
        load_ruleset([path])
    assert f"x.pcapcheck.yaml:{where}: " in str(caught.value)
    assert message in str(caught.value)


def test_files_that_contradict_each_other(write: Write) -> None:
    first = write("extends: calico\nvariables: {peer: 10.0.0.1}\n", "one.yml")
    second = write("extends: calico\nvariables: {peer: 10.0.0.2}\n", "two.yml")
    with pytest.raises(RuleError, match=r"two.yml:2:19: variable 'peer' is '10.0.0.1' already, in .*one.yml:2"):
        load_ruleset([first, second])


def test_no_rule_at_all(write: Write) -> None:
    with pytest.raises(RuleError, match=r"x.pcapcheck.yaml: no rule in there"):
        load_ruleset([write("rules: []\n")])


def test_what_is_missing_is_reported_with_the_line_that_names_it(write: Write) -> None:
    with pytest.raises(
        CaptureError, match=r"x.pcapcheck.yaml:2: .*none.pcap: No such file or directory; give the path"
    ):
        analyze(rules=write("extends: calico\ncaptures: none.pcap\n"))
    with pytest.raises(CaptureError, match=r"x.pcapcheck.yaml:2: .*none\*.pcap: no file matches"):
        analyze(rules=write("extends: calico\ncaptures: 'none*.pcap'\n"))


def test_what_is_demanded_and_missing_fails_the_analysis(write: Write) -> None:
    analysis = analyze(HEALTHY, rules=write("extends: calico\nrequire: hop-ttl-decremented\n"))
    assert analysis.verdict == "fail"
    assert analysis.to_dict()["headline"].startswith("hop-ttl-decremented is required, and was not checked: ")


def test_rules_of_a_pack_stand_where_a_file_extends_or_adjusts_it(write: Write) -> None:
    path = write(f"extends:\n  - calico\nadjust:\n  gateway-arp-prompt: {{severity: info, {REASON}}}\n")
    named = {rule.id: rule.named for rule in load_ruleset([path]).rules}
    assert named["echo-answered"] == (str(path), 2)
    assert named["gateway-arp-prompt"] == (str(path), 4)
