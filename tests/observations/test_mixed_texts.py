"""Captures, a node's state and prose in one text, as people paste them: all of it is used."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from pcapcheck import analyze
from pcapcheck.analysis import Analysis
from pcapcheck.cli.main import main
from tests.support.lab import CAPTURES

FOLDER = CAPTURES / "proxy-arp-off"
STATE = (FOLDER / "state.txt").read_text()


@pytest.fixture(scope="module")
def packets() -> str:
    if not shutil.which("tcpdump"):
        pytest.skip("tcpdump is not here")
    done = subprocess.run(
        ["tcpdump", "-nner", str(FOLDER / "cali14e7d81007d.pcap")], capture_output=True, text=True, check=True
    )
    return done.stdout


def mixed(packets: str, form: str) -> str:
    fence, prompt = ("```\n", "$ tcpdump -nnei cali14e7d81007d\n") if form == "fenced" else ("", "")
    listening = "listening on cali14e7d81007d, link-type EN10MB (Ethernet), snapshot length 262144 bytes\n"
    shown = f"{fence}{prompt}{listening}{packets}{fence}"
    told = f"{fence}{STATE}\n{fence}"
    first, then = (told, shown) if form == "state first" else (shown, told)
    return f"Hi team,\nour pod cannot ping.\n\n{first}\nand then:\n{then}\nThanks, Ada\n"


def confirmed(analysis: Analysis) -> set[str]:
    suspects = (suspect for diagnosis in analysis.diagnoses for suspect in diagnosis.suspects)
    return {suspect.cause.id for suspect in suspects if suspect.status == "confirmed"}


@pytest.mark.parametrize("form", ["fenced", "plain", "state first"])
def test_packets_and_state_of_one_text_are_used(form: str, packets: str, tmp_path: Path) -> None:
    path = tmp_path / "ticket.md"
    path.write_text(mixed(packets, form))
    analysis = analyze(path)
    assert (analysis.captures[0].frames, confirmed(analysis)) == (3, {"proxy-arp-off"})
    assert analysis.verdict == "fail"
    assert not analysis.not_understood
    (said,) = (problem.message for problem in analysis.captures[0].problems if problem.kind == "other-text")
    assert "are read as a node's state" in said


@pytest.mark.parametrize("prose", ["CNI: Canal", "NODE STATE: Ready"])
def test_prose_that_only_looks_like_a_state_is_no_unused_input(prose: str, packets: str, tmp_path: Path) -> None:
    path = tmp_path / "ticket.md"
    path.write_text(f"{prose}\n\n{packets}")
    analysis = analyze(path)
    assert not analysis.skipped
    assert not any("as a node's state" in problem.message for problem in analysis.captures[0].problems)


@pytest.mark.parametrize("text", ["mixed", "state"])
def test_the_same_on_standard_input(text: str, packets: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pcapcheck", "analyze", "-"],
        input=mixed(packets, "plain") if text == "mixed" else STATE,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "confirmed proxy ARP is off on cali14e7d81007d" in done.stdout
    assert "standard input:" in done.stdout


def test_only_a_state_is_judged_as_a_state_and_that_is_said(tmp_path: Path) -> None:
    path = tmp_path / "state.txt"
    path.write_text(STATE)
    told, asked = (CliRunner().invoke(main, [command, str(path)]) for command in ("analyze", "state"))
    said = "no capture was given: a node's state alone is judged here, as pcapcheck state does"
    assert said in told.stdout
    assert told.exit_code == asked.exit_code == 1
    assert [line for line in told.stdout.splitlines() if said not in line and line] == [
        line for line in asked.stdout.splitlines() if line
    ]


def test_the_pass_of_a_state_is_not_taken_for_one_of_captures(tmp_path: Path) -> None:
    """A job that means to hand over captures and has none must not go on."""
    path = tmp_path / "state.txt"
    path.write_text("ip route\ndefault via 10.7.0.1 dev eth0\n10.7.3.9 dev cali5d1c0ffee12 scope link\n")
    told, asked = (CliRunner().invoke(main, [command, str(path)]) for command in ("analyze", "state"))
    assert told.stdout.startswith("PASS")
    assert (told.exit_code, asked.exit_code) == (2, 0)


def test_packets_below_a_listing_do_not_belong_to_it(packets: str, tmp_path: Path) -> None:
    path = tmp_path / "paste.txt"
    path.write_text(f"ip route\ndefault via 10.7.0.1 dev eth0\n10.7.3.9 dev cali5d1c0ffee12 scope link\n{packets}")
    assert not analyze(path).not_understood


def test_a_line_that_only_looks_like_a_services_is_no_reason_to_skip_the_packets(packets: str, tmp_path: Path) -> None:
    """Prose may name a service's type where a listing does."""
    path = tmp_path / "paste.txt"
    path.write_text(f"our NodePort service behind a proxy answers late\n{packets}")
    analysis = analyze(path)
    assert not analysis.skipped
    assert "node's state" not in " ".join(problem.message for problem in analysis.captures[0].problems)


def test_a_text_with_nothing_of_use_is_still_an_error(tmp_path: Path) -> None:
    path = tmp_path / "words.txt"
    path.write_text("Hi team,\nour pod cannot ping.\n")
    assert CliRunner().invoke(main, ["analyze", str(path)]).exit_code == 2
