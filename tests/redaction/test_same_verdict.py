"""Redaction changes neither the verdict nor the causes, and nothing of the originals is found in what it writes."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from pcapcheck import analyze
from pcapcheck.cli.main import main
from pcapcheck.redaction.redaction_key import VARIABLE
from pcapcheck.report.formats import FORMATS
from tests.support.lab import CAPTURES, FIXTURES
from tests.support.redacted import KEY, analyzed, comes_to, found_in, originals, redacted

SCENARIOS = sorted(path.name for path in CAPTURES.iterdir() if path.is_dir())
FEW = ("proxy-arp-off", "block-route-missing", "dns-no-endpoints", "ipv6-random-mac")
EVERY = [*FEW, *(pytest.param(name, marks=pytest.mark.slow) for name in SCENARIOS if name not in FEW)]
# Captures that no kernel made: other networks, odd frames, all containers.
MADE = sorted((FIXTURES / "made" / "captures").iterdir())
TEXTS = sorted([*(FIXTURES / "pastes").iterdir(), *(FIXTURES / "transcripts").iterdir()])


@pytest.mark.parametrize("scenario", EVERY)
def test_a_redacted_case_comes_to_the_same(scenario: str) -> None:
    files = sorted((CAPTURES / scenario).iterdir())
    original = analyze(*files)
    new = redacted(files)
    assert [file.error for file in new] == [None] * len(files)
    assert comes_to(analyzed(new)) == comes_to(original)
    for file in new:
        assert file.content is not None
        with file.content.open() as stream:
            assert found_in(stream.read() + str(file.name).encode(), originals(files, original)) == set()


@pytest.mark.slow
@pytest.mark.parametrize("path", [*MADE, *TEXTS], ids=lambda path: path.name)
def test_a_redacted_file_comes_to_the_same(path: Path) -> None:
    assert comes_to(analyzed(redacted([path]))) == comes_to(analyze(path))


def report(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> str:
    monkeypatch.setenv(VARIABLE, KEY.decode())
    result = CliRunner().invoke(main, list(arguments))
    assert result.exit_code == 1, result.output
    return result.output


@pytest.mark.parametrize(
    "scenario",
    [
        "proxy-arp-off",
        *(pytest.param(name, marks=pytest.mark.slow) for name in ("ipv6-random-mac", "dns-no-endpoints")),
    ],
)
def test_reports_and_evidence_show_nothing_of_the_originals(
    scenario: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the files one by one and as a folder; its name counts too."""
    folder = tmp_path / "initech" / "ticket-quasar7"
    shutil.copytree(CAPTURES / scenario, folder)
    files = sorted(folder.iterdir())
    words = originals(files, analyze(*files)) | {str(folder), str(tmp_path), "initech", "quasar7"}
    assert len(words) > 8
    out = tmp_path / "out"
    out.mkdir()
    for number, given in enumerate(([*map(str, files)], [str(folder)])):
        outputs = [part for form in FORMATS for part in ("--format", form, "--output", str(out / f"{number}-{form}"))]
        evidence = out / f"evidence-{number}"
        report(monkeypatch, "analyze", "--redact", "-v", "--ladder", "--evidence", str(evidence), *outputs, *given)
        assert list(evidence.iterdir())
        for file in [*evidence.iterdir(), *(out / f"{number}-{form}" for form in FORMATS)]:
            # Where the evidence was written is what the caller asked for.
            data = file.read_bytes().replace(f"{evidence}/".encode(), b"")
            assert data
            assert found_in(data, words) == set(), file.name


def test_a_state_alone_is_redacted_too(monkeypatch: pytest.MonkeyPatch) -> None:
    path = CAPTURES / "proxy-arp-off" / "state.txt"
    said = report(monkeypatch, "state", "--redact", "-v", str(path))
    assert "confirmed proxy ARP is off on cali" in said
    assert found_in(said.encode(), originals([path], analyze(path)) | {str(path)}) == set()


def test_options_about_originals_are_understood(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The names and addresses of options are those of the inputs; reports show what they become."""
    path = tmp_path / "customer.pcap"
    path.write_bytes((CAPTURES / "proxy-arp-off" / "cali14e7d81007d.pcap").read_bytes())
    named = ("--interface", f"{path}=cali14e7d81007d")
    said = report(monkeypatch, "analyze", "--redact", str(path), *named, "--pod", "10.244.1.10")
    link = re.search(r"pod link (cali[0-9a-f]{11})", said)
    assert link is not None
    assert "gateway-arp-answered" in said
    assert found_in(said.encode(), {"10.244.1.10", "cali14e7d81007d", "customer"}) == set()


def test_two_runs_with_one_key_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    path = str(CAPTURES / "proxy-arp-off" / "cali14e7d81007d.pcap")
    first, second = (report(monkeypatch, "analyze", "--redact", path) for _ in range(2))
    assert first == second
    monkeypatch.delenv(VARIABLE)
    third, fourth = (CliRunner().invoke(main, ["analyze", "--redact", path]).output for _ in range(2))
    assert len({first, third, fourth}) == 3
