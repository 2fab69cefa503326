"""Environment variables that begin as those of pcapcheck do, and that nothing reads."""

from __future__ import annotations

import os
import re
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

import pcapcheck
from pcapcheck.cli.main import main
from pcapcheck.cli.unknown_variables import OF_A_SERVICE, OTHERS
from tests.support.lab import CAPTURES, ROOT

HEALTHY = CAPTURES / "healthy" / "cali14e7d81007d.pcap"


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("PCAPCHECK_"):
            monkeypatch.delenv(name)


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, list(map(str, arguments)))


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("PCAPCHECK_FROMAT", "did you mean PCAPCHECK_FORMAT?"),
        ("PCAPCHECK_RULE", "did you mean PCAPCHECK_RULES?"),
        ("PCAPCHECK_REDACTKEY", "did you mean PCAPCHECK_REDACT_KEY?"),
        # An option of another command than `rules`, which comes first.
        ("PCAPCHECK_LADER", "did you mean PCAPCHECK_LADDER?"),
        # Names differ by their case.
        ("PCAPCHECK_Strict", "did you mean PCAPCHECK_STRICT?"),
        ("PCAPCHECK_XQZWK", "pcapcheck help COMMAND shows the options that variables stand for"),
    ],
)
def test_a_misspelt_variable_is_named_with_the_nearest(name: str, hint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    without = run("analyze", HEALTHY)
    monkeypatch.setenv(name, "a secret")
    done = run("analyze", HEALTHY)
    assert done.stderr == f"pcapcheck: {name} is in the environment, and nothing reads it; {hint}\n"
    assert (done.exit_code, done.stdout) == (0, without.stdout)


def test_several_are_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PCAPCHECK_FROMAT", "json")
    monkeypatch.setenv("PCAPCHECK_STRCIT", "1")
    said = run("rules", "list").stderr
    assert said.count("\n") == 1
    assert "PCAPCHECK_FORMAT?" in said
    assert "PCAPCHECK_STRICT?" in said


@pytest.mark.parametrize(
    "name", ["PCAPCHECK_TABLE", "PCAPCHECK_PLAIN", "PCAPCHECK_PORT_8080_TCP_ADDR", "PCAPCHEC_FORMAT"]
)
def test_what_somebody_reads_is_not_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An option of another command; the program's own; what Kubernetes sets next to a Service; somebody else's."""
    monkeypatch.setenv(name, "arp")
    assert run("analyze", HEALTHY).stderr == ""


def test_whatever_the_project_reads_itself_is_known() -> None:
    package = Path(pcapcheck.__file__).parent
    places = [*package.rglob("*.*"), *ROOT.glob("tests/**/*.py"), *ROOT.glob(".ci/*"), ROOT / "setup.py"]
    texts = [
        path.read_text(errors="replace")
        for path in places
        if path.suffix in ("", ".py", ".sh") and path.is_file() and path != Path(__file__)
    ]
    read = {name for text in texts for name in re.findall(r"environ\S*?[\"'](PCAPCHECK_[A-Z_]+)", text)}
    read |= {name for text in texts for name in re.findall(r"\$\{(PCAPCHECK_[A-Z_]+)", text)}
    assert {"PCAPCHECK_PLAIN", "PCAPCHECK_NODE", "PCAPCHECK_WITHOUT_LOOPS"} <= read <= OTHERS


def test_no_option_is_taken_for_what_kubernetes_sets() -> None:
    def options(command: click.Command, context: click.Context) -> set[str]:
        found = {str(option.envvar) for option in command.params if option.envvar}
        if isinstance(command, click.Group):
            for name in command.list_commands(context):
                within = command.get_command(context, name)
                assert within is not None
                found |= options(within, context)
        return found

    read = options(main, click.Context(main))
    assert "PCAPCHECK_FORMAT" in read
    assert not [name for name in read if re.fullmatch(OF_A_SERVICE, name)]
