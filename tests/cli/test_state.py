"""pcapcheck state, node-script and capture-plan as a user meets them."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from pcapcheck.cli.main import main
from pcapcheck.triage.scripts import node_script
from tests.support.lab import CAPTURES, ROOT
from tests.support.states import PASTES

HEALTHY = CAPTURES / "healthy" / "state.txt"
BROKEN = CAPTURES / "proxy-arp-off" / "state.txt"


def run(*arguments: object) -> tuple[int, str, str]:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    return result.exit_code, result.stdout, result.stderr


def test_a_node_that_is_as_it_must_be() -> None:
    code, said, _ = run("state", HEALTHY)
    assert code == 0
    assert said.startswith("PASS  ")
    assert "node node: 2 pod links" in said


def test_a_failure_quotes_the_line() -> None:
    code, said, _ = run("state", BROKEN)
    assert code == 1
    number = BROKEN.read_text().split("\n").index("/proc/sys/net/ipv4/conf/cali14e7d81007d/proxy_arp:0") + 1
    assert f"{BROKEN}:{number}: /proc/sys/net/ipv4/conf/cali14e7d81007d/proxy_arp:0" in said
    assert "sysctl -w net.ipv4.conf.cali14e7d81007d.proxy_arp=1" in said


def test_a_failed_warning_is_no_failure() -> None:
    code, said, _ = run("state", CAPTURES / "random-cali-mac" / "state.txt")
    assert code == 0
    assert said.startswith("WARN  ")
    assert "\n⚠ cali-has-proxy-mac (warning)" in said


def test_json_document() -> None:
    code, said, _ = run("state", BROKEN, "--format", "json")
    document = json.loads(said)
    schema = json.loads(files("pcapcheck.report").joinpath("schema.json").read_text())
    Draft202012Validator(schema).validate(document)
    assert (code, document["verdict"], document["captures"]) == (1, "fail", [])
    (failed,) = [rule for rule in document["rules"] if rule["status"] == "fail"]
    assert failed["id"] == "proxy-arp-on"
    (evidence,) = failed["evidence"]
    assert evidence["capture"] is None
    assert evidence["source_lines"][0].startswith(f"{BROKEN}:")
    assert document["state"] == {"hosts": ["node node: 2 pod links", "pod pod-a", "pod pod-b"], "not_understood": []}


def test_pods_are_named_from_a_list(tmp_path: Path) -> None:
    pods = tmp_path / "pods.txt"
    pods.write_text(
        "NAMESPACE  NAME   READY  STATUS   RESTARTS  AGE  IP           NODE\n"
        "shop  web-0  1/1  Running  0  1d  10.244.1.10  n\n"
    )
    code, said, _ = run("state", BROKEN, "--pods", pods)
    assert code == 1
    assert said.startswith("FAIL  pod shop/web-0 is behind cali14e7d81007d, but from its name it belongs behind cali")


@pytest.mark.parametrize("style", ["busybox", "net-tools", "json"])
@pytest.mark.parametrize(
    ("fault", "failed"),
    [
        ("healthy", []),
        ("proxy-arp-off", ["proxy-arp-on"]),
        ("missing-own-route", ["host-route-to-pod", "reverse-path-passes"]),
    ],
)
def test_pasted_in_every_style(style: str, fault: str, failed: list[str]) -> None:
    code, said, _ = run("state", PASTES / f"{fault}-{style}.txt", "--format", "json", "--strict", "--exit-zero")
    document = json.loads(said)
    assert code == 0
    assert [rule["id"] for rule in document["rules"] if rule["status"] == "fail"] == failed
    assert document["state"]["not_understood"] == []
    assert sum(rule["status"] != "not-checked" for rule in document["rules"]) >= 10


def test_what_is_not_understood_is_reported_and_fails_strict() -> None:
    code, said, error = run("state", HEALTHY, "--strict")
    assert (code, said[:4]) == (1, "FAIL")
    assert (
        "strict: cali-has-gateway6 was not checked: the state describes no pod with an IPv6 address (and 2 more)"
        in error
    )


def test_nothing_to_check(tmp_path: Path) -> None:
    path = tmp_path / "node.txt"
    path.write_text("# uname -r\n6.18.44\n")
    code, said, _ = run("state", path)
    assert code == 2
    assert said.startswith("NOT CHECKED  nothing could be checked: the state shows no pod link")


def test_errors_are_one_line(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear all,\n")
    for arguments in (("state", path), ("state", tmp_path / "missing"), ("state", HEALTHY, "--output", HEALTHY)):
        code, said, error = run(*arguments)
        assert (code, said) == (2, "")
        assert error.startswith("pcapcheck: error: ")
        assert error.count("\n") == 1


def test_state_rules_by_name() -> None:
    code, said, _ = run("rules", "show", "proxy-arp-on")
    assert code == 0
    assert "IN_DEV_PROXY_ARP" in said
    code, said, _ = run("state", BROKEN, "--rules", ROOT / "rules" / "state" / "forwarding-on.yml")
    assert code == 0
    assert "1 of 1 rules checked" in said


def test_node_script_is_printed(tmp_path: Path) -> None:
    assert run("node-script") == (0, node_script(), "")
    run("node-script", "--output", tmp_path / "script.sh")
    assert (tmp_path / "script.sh").read_text() == node_script()


def test_capture_plan() -> None:
    code, said, _ = run("capture-plan", "default/pod-a-68c8f9cccd-sgtvg", "default/pod-b-68c8f9cccd-gr4hw")
    assert code == 0
    assert "tcpdump -i cali14e7d81007d -nn -w cali14e7d81007d.pcap" in said
    assert run("capture-plan", "pod-a")[0] == 2
    assert run("capture-plan", "a/b", "a/b")[0] == 2
