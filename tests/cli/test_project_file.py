"""Options that stand in the project file or in the environment, and which of them wins."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pcapcheck.cli.main import main
from tests.support.lab import CAPTURES

HEALTHY = str(CAPTURES / "healthy" / "cali14e7d81007d.pcap")
ONE_RULE = """
id: ours
title: Ours
why: Ours.
severity: error
select: {table: echo}
expect: {replied: true}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose recordings lie two folders below its file, and where one of these is the current folder."""
    recordings = tmp_path / "project" / "recordings" / "today"
    recordings.mkdir(parents=True)
    monkeypatch.chdir(recordings)
    return tmp_path / "project"


def say(project: Path, text: str) -> None:
    (project / ".pcapcheck.toml").write_text(text)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def judged(*arguments: str) -> list[str]:
    return [rule["id"] for rule in json.loads(run("analyze", HEALTHY, "--format", "json", *arguments).stdout)["rules"]]


def gateway_is_asked_for(*options: str) -> bool:
    """Whether the rule about the gateway's ARP found a question: whether the gateway is that of the capture."""
    rules = json.loads(run("analyze", HEALTHY, "--format", "json", *options).stdout)["rules"]
    return "pass" in [rule["status"] for rule in rules if rule["id"] == "gateway-arp-answered"]


def test_rules_lie_next_to_the_file(project: Path) -> None:
    (project / "ours.yml").write_text(ONE_RULE)
    say(project, 'rules = ["ours.yml"]')
    assert judged() == ["ours"]
    assert f"{project / '.pcapcheck.toml'} is used" in run("analyze", HEALTHY).stderr


def test_a_pack_keeps_its_name(project: Path) -> None:
    say(project, 'rules = ["calico"]')
    assert "gateway-arp-answered" in judged()


def test_an_option_replaces_what_the_file_says(project: Path) -> None:
    (project / "ours.yml").write_text(ONE_RULE)
    say(project, 'rules = ["ours.yml"]')
    assert "gateway-arp-answered" in judged("--rules", "calico")


def test_the_environment_comes_between(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "ours.yml").write_text(ONE_RULE)
    say(project, 'rules = ["calico"]')
    monkeypatch.setenv("PCAPCHECK_RULES", str(project / "ours.yml"))
    assert judged() == ["ours"]
    assert "gateway-arp-answered" in judged("--rules", "calico")


@pytest.mark.parametrize(
    ("said", "option", "asked_for"),
    [
        ("", (), True),
        ('gateway = "192.0.2.1"', (), False),
        ('[variables]\ngateway = "192.0.2.1"', (), False),
        ('gateway = "192.0.2.1"', ("--set", "gateway=169.254.1.1"), True),
        # What the file says of other variables still holds.
        ('gateway = "192.0.2.1"', ("--set", "arp_wait=3s"), False),
        # An IPv6 address is the gateway of IPv6.
        ('gateway = "fe80::1"', (), True),
    ],
)
def test_variables(project: Path, said: str, option: tuple[str, ...], asked_for: bool) -> None:
    say(project, said)
    assert gateway_is_asked_for(*option) == asked_for


def test_pods_are_named(project: Path) -> None:
    pods = {
        "items": [
            {
                "metadata": {"namespace": "shop", "name": "cart"},
                "status": {"podIP": "100.79.126.235", "phase": "Running"},
            }
        ]
    }
    (project / "pods.json").write_text(json.dumps(pods))
    say(project, 'pods = "pods.json"')
    walkthrough = str(CAPTURES / "walkthrough" / "cali14e7d81007d.pcap")
    assert "shop/cart" in run("analyze", walkthrough).stdout


def test_the_nearest_file_is_used(project: Path) -> None:
    say(project, 'gateway = "192.0.2.1"')
    (project / "recordings" / ".pcapcheck.toml").write_text('gateway = "169.254.1.1"')
    assert gateway_is_asked_for()


def test_a_command_that_judges_nothing_asks_no_file(project: Path) -> None:
    say(project, "this is not TOML")
    result = run("rules", "list")
    assert (result.exit_code, result.stderr) == (0, "")


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ("rules = [", "not TOML: "),
        ('rule = "x"', "there is no key 'rule'; did you mean 'rules'?"),
        ("rules = 1", 'rules: write a list of files, as in rules = ["ours.yml"]'),
        ("variables = 1", "variables: write a table, as in [variables]"),
        ("[variables]\narp_wait = 2", 'variables.arp_wait: write a text in quotes, as in arp_wait = "2s"'),
        (
            '[variables]\narp_wiat = "2s"',
            "variables.arp_wiat: there is no variable 'arp_wiat'; did you mean 'arp_wait'?",
        ),
        ('gateway = "nowhere"', "gateway: "),
        ("\x00", "not TOML: "),
        (f"rules = {'[' * 10_000}", "not TOML: too many brackets within each other"),
        ("#" * (1 << 16) + "\n", "longer than 64 KiB; is it a project file?"),
        (
            'gateway = "192.0.2.1"\n[variables]\ngateway = "192.0.2.2"',
            "gateway and variables.gateway say the same; leave out one of them",
        ),
        (
            'gateway = "fe80::1"\n[variables]\ngateway6 = "fe80::2"',
            "gateway and variables.gateway6 say the same; leave out one of them",
        ),
    ],
)
def test_what_no_command_knows_is_one_line(project: Path, said: str, line: str) -> None:
    say(project, said)
    result = run("analyze", HEALTHY)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"pcapcheck: error: {project / '.pcapcheck.toml'}: {line}")
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("make", "line"),
    [
        (Path.mkdir, "no regular file; write TOML into one, or remove it"),
        (lambda file: file.symlink_to(file), "Too many levels of symbolic links; make it readable, or remove it"),
        (lambda file: file.symlink_to("moved"), "No such file or directory; make it readable, or remove it"),
        (lambda file: os.mkfifo(file), "no regular file; write TOML into one, or remove it"),
        (lambda file: file.symlink_to("/dev/zero"), "no regular file; write TOML into one, or remove it"),
        (lambda file: file.write_bytes(b"pack = '\xff'"), "not UTF-8 text; a project file is TOML"),
    ],
    ids=["folder", "loop", "dangling", "pipe", "endless", "no text"],
)
def test_what_cannot_be_read_is_one_line(project: Path, make: Callable[[Path], None], line: str) -> None:
    """Judging without it would be judging by other rules than the project's."""
    file = project / ".pcapcheck.toml"
    make(file)
    result = run("analyze", HEALTHY)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"pcapcheck: error: {file}: {line}\n"


def test_a_byte_order_mark_is_none_of_it(project: Path) -> None:
    (project / ".pcapcheck.toml").write_bytes(b'\xef\xbb\xbfgateway = "192.0.2.1"')
    assert not gateway_is_asked_for()


def test_a_pack_keeps_its_other_name(project: Path) -> None:
    say(project, 'rules = ["kindnet"]')
    assert "gateway-answers-arp" in judged()


def test_a_current_folder_that_was_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    result = run("analyze", HEALTHY)
    monkeypatch.chdir(tmp_path)
    line = "the current folder: No such file or directory; change to one that is there"
    assert (result.exit_code, result.stderr) == (2, f"pcapcheck: error: {line}\n")


def test_an_option_by_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PCAPCHECK_FORMAT", "json")
    assert json.loads(run("analyze", HEALTHY).stdout)["verdict"] == "pass"


def test_a_flag_by_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PCAPCHECK_STRICT", "1")
    assert run("analyze", HEALTHY).exit_code == 1
    monkeypatch.setenv("PCAPCHECK_EXIT_ZERO", "true")
    assert run("analyze", HEALTHY).exit_code == 0


def test_several_values_in_one_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PCAPCHECK_SET", "arp_wait=3s gateway=192.0.2.1")
    assert not gateway_is_asked_for()


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("PCAPCHECK_FORMAT", "jsn", "Error: Invalid value for PCAPCHECK_FORMAT (environment): 'jsn' is not one of "),
        ("PCAPCHECK_STRICT", "maybe", "Error: Invalid value for PCAPCHECK_STRICT (environment): 'maybe' is not "),
        ("PCAPCHECK_PACK", "calcio", "pcapcheck: options from the environment: PCAPCHECK_PACK\n"),
        ("PCAPCHECK_RULES", "nowhere.yml", "pcapcheck: options from the environment: PCAPCHECK_RULES\n"),
    ],
)
def test_a_wrong_value_is_said_to_be_the_environment_s(
    variable: str, value: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    result = run("analyze", HEALTHY)
    assert result.exit_code == 2
    assert said in result.stderr


def test_a_wrong_value_on_the_command_line_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PCAPCHECK_FORMAT", "json")
    monkeypatch.setenv("PCAPCHECK_PACK", "calico")
    assert "Invalid value for '--format'" in run("analyze", HEALTHY, "--format", "jsn").stderr
    assert "PACK" not in run("analyze", HEALTHY, "--pack", "calcio").stderr
