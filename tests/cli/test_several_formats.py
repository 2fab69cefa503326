"""Several report formats in one run: which goes where, and what is left when nothing can be judged."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from html import unescape
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result

from pcapcheck.cli.main import main
from pcapcheck.report.formats import FORMATS
from tests.support.formats import read_annotations, read_back
from tests.support.lab import CAPTURES

BROKEN = str(CAPTURES / "proxy-arp-off" / "cali14e7d81007d.pcap")
HEALTHY = str(CAPTURES / "healthy" / "cali14e7d81007d.pcap")
STATE = str(CAPTURES / "proxy-arp-off" / "state.txt")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def kind(text: str) -> str:
    """Which format a report is in."""
    if text.startswith("<?xml"):
        return "junit"
    if text.startswith(("FAIL", "PASS")):
        return "text"
    if text.startswith("::"):
        return "github"
    if text.startswith("##"):
        return "markdown"
    if text.startswith("<!doctype html>"):
        return "html"
    if text.startswith('{"type"'):
        return "jsonl"
    return "sarif" if "$schema" in json.loads(text) else "json"


@pytest.mark.parametrize(
    "arguments",
    [
        "--format text --format junit --output a --format sarif --output b",
        "--format junit --output a --format sarif --output b --format text",
        "--format junit --output a --format text --format sarif --output b",
        "--output a --format junit --format sarif --output b --format text",
    ],
)
def test_the_one_without_a_file_goes_to_standard_output(
    arguments: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("analyze", BROKEN, *arguments.split())
    assert result.exit_code == 1, result.output
    assert (kind(result.stdout), kind(Path("a").read_text()), kind(Path("b").read_text())) == ("text", "junit", "sarif")


@pytest.mark.parametrize(
    "arguments",
    [
        "--format junit --output a --format sarif --output b",
        "--format junit --format sarif --output a --output b",
        "--output a --format junit --output b --format sarif",
        "--output a --output b --format junit --format sarif",
        "--format=junit --output=a --format=sarif --output=b",
    ],
)
def test_as_many_files_as_formats(arguments: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("analyze", BROKEN, *arguments.split())
    assert (result.exit_code, result.stdout) == (1, "")
    assert (kind(Path("a").read_text()), kind(Path("b").read_text())) == ("junit", "sarif")


@pytest.mark.parametrize("command", [["analyze", BROKEN], ["state", STATE]])
def test_all_at_once(command: list[str], tmp_path: Path) -> None:
    options = [part for form in FORMATS for part in ("--format", form, "--output", str(tmp_path / form))]
    assert run(*command, *options).exit_code == 1
    statuses = []
    for form in FORMATS:
        text = (tmp_path / form).read_text()
        assert kind(text) == form
        statuses.append({name: rule.status for name, rule in read_back(form, text).items()})
    assert all(status == statuses[0] for status in statuses)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--format junit --format sarif", "2 formats and 0 --output: only one can go to standard output"),
        ("--format junit --output a --output b", "--output b: there is no --format for it"),
        ("--output a --output b", "--output b: there is no --format for it"),
        ("--format junit --output a --format sarif --output a", "--output a: given twice"),
        ("--format junit --output a --format sarif --output ./a", "given twice; each format needs a file of its own"),
        ("--format json --format junit --format sarif --output a --output b", "--output b: for which --format?"),
        (f"--format junit --output a --format json --output {BROKEN}", "that is one of the inputs"),
        (f"--format junit --output a --format json --output {BROKEN} --since yesterday", "that is one of the inputs"),
    ],
)
def test_one_line_errors(arguments: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("analyze", BROKEN, *arguments.split())
    assert (result.exit_code, result.stdout) == (2, "")
    assert len(result.stderr.splitlines()) == 1
    assert message in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("output", ["rules.yml", "state.txt", "pods.txt", "folder/cali14e7d81007d.pcap"])
def test_no_input_is_written_over(output: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    shutil.copy(BROKEN, tmp_path / "folder")
    (tmp_path / "rules.yml").write_text("extends: calico\n")
    shutil.copy(STATE, tmp_path / "state.txt")
    (tmp_path / "pods.txt").write_text("NAMESPACE NAME READY STATUS IP NODE\nd a 1/1 Running 10.244.1.10 n\n")
    before = (tmp_path / output).read_bytes()
    names = [str(tmp_path / name) for name in ("folder", "rules.yml", "state.txt", "pods.txt")]
    inputs = [names[0], "--rules", names[1], "--node-state", names[2], "--pods", names[3]]
    result = run("analyze", *inputs, "--format", "junit", "--output", str(tmp_path / output))
    assert result.exit_code == 2
    assert "that is one of the inputs" in result.stderr
    assert (tmp_path / output).read_bytes() == before


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["analyze", "none.pcap"], "none.pcap: No such file"),
        (["analyze", BROKEN, "--require", "echo-answerd"], "did you mean 'echo-answered'"),
        (["analyze", BROKEN, "--rules", "none.yml"], "none.yml: No such file"),
        (["state", "none.txt"], "none.txt: No such file"),
    ],
)
def test_what_cannot_be_judged_is_reported(form: str, arguments: list[str], message: str, tmp_path: Path) -> None:
    """The file of an earlier run must not stay."""
    output = tmp_path / "report"
    output.write_text("PASS of yesterday")
    result = run(*arguments, "--format", form, "--output", str(output))
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert message in unescape(output.read_text()).replace("`", "")
    assert "yesterday" not in output.read_text()


def test_what_cannot_be_judged_is_an_error(tmp_path: Path) -> None:
    files = {form: str(tmp_path / form) for form in ("junit", "sarif", "json", "github")}
    options = [part for form, file in files.items() for part in ("--format", form, "--output", file)]
    run("analyze", "none.pcap", *options)
    suite = ElementTree.parse(files["junit"]).getroot()[0]
    (case,) = suite.findall("testcase")
    assert suite.attrib["errors"] == "1"
    assert case[0].tag == "error"
    assert case[0].attrib["message"].startswith("none.pcap: No such file")
    # Its name is that of the run that works, so that the one mends the other in a job's history.
    assert suite.attrib["name"] == "pcapcheck none.pcap"
    (invocation,) = json.loads(Path(files["sarif"]).read_text())["runs"][0]["invocations"]
    assert (invocation["executionSuccessful"], invocation["exitCode"]) == (False, 2)
    assert json.loads(Path(files["json"]).read_text())["verdict"] == "not-checked"
    (annotation,) = read_annotations(Path(files["github"]).read_text())
    assert annotation.kind == "error"


def test_nothing_checked_is_an_error() -> None:
    since = ["--since", "2099-01-01T00:00:00Z"]
    found = run("analyze", HEALTHY, *since, "--format", "junit")
    assert found.exit_code == 2
    assert ElementTree.fromstring(found.stdout)[0].attrib["errors"] == "1"
    *_, verdict = read_annotations(run("analyze", HEALTHY, *since, "--format", "github").stdout)
    assert verdict.kind == "error"


def test_a_capture_that_cannot_be_read_is_not_written_over(tmp_path: Path) -> None:
    """Which files of a folder would have been read is not known then."""
    whole = tmp_path / "cap.pcap0"
    shutil.copy(BROKEN, whole)
    (tmp_path / "cap.pcap1").write_bytes(Path(BROKEN).read_bytes()[:10])
    before = whole.read_bytes()
    result = run("analyze", str(tmp_path), "--format", "junit", "--output", str(whole))
    assert result.exit_code == 2
    assert whole.read_bytes() == before


def test_job_summaries_are_added_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of one step, by whichever commands."""
    summary = tmp_path / "summary.md"
    summary.write_text("# Before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    for capture in (BROKEN, HEALTHY, "none.pcap"):
        run("analyze", capture, "--format", "markdown", "--output", str(summary))
    heads = [line[:8] for line in summary.read_text().splitlines() if re.match("##? ", line)]
    assert heads == ["# Before", "## ❌ FAI", "## ✅ PAS", "## ❔ NOT"]


def test_exit_zero_leaves_failures_in_the_file(tmp_path: Path) -> None:
    output = tmp_path / "report.xml"
    assert run("analyze", BROKEN, "--exit-zero", "--format", "junit", "--output", str(output)).exit_code == 0
    assert ElementTree.parse(output).getroot()[0].attrib["failures"] == "1"


def test_nothing_new_is_loaded_for_text_and_json() -> None:
    """Startup time: the other formats' modules and the XML library wait until they are asked for."""
    code = (
        "import sys; from click.testing import CliRunner; from pcapcheck.cli.main import main;"
        "[CliRunner().invoke(main, ['analyze', sys.argv[1], '--format', form]) for form in ('text', 'json')];"
        "print([name for name in sys.modules if 'junit' in name or 'xml' in name or 'sarif' in name])"
    )
    done = subprocess.run([sys.executable, "-c", code, BROKEN], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_hard_link_of_an_input_is_not_written_over(tmp_path: Path) -> None:
    capture = tmp_path / "cali14e7d81007d.pcap"
    shutil.copy(HEALTHY, capture)
    (tmp_path / "other").hardlink_to(capture)
    result = run("analyze", str(capture), "--output", str(tmp_path / "other"))
    assert (result.exit_code, capture.read_bytes()) == (2, Path(HEALTHY).read_bytes())
    assert "that is one of the inputs" in result.stderr


@pytest.mark.parametrize("name", ["-", ""])
def test_what_is_no_name_of_a_file(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("analyze", HEALTHY, "--output", name)
    assert (result.exit_code, list(tmp_path.iterdir())) == (2, [])
    assert "without --output a report goes to standard output" in result.stderr
    assert run("analyze", HEALTHY, "--evidence", "").stderr.startswith("pcapcheck: error: --evidence: no name")


def test_evidence_that_cannot_be_kept_does_not_cost_the_report(tmp_path: Path) -> None:
    (tmp_path / "gateway-arp-answered.pcapng").write_text("mine")
    result = run("analyze", BROKEN, "--evidence", str(tmp_path))
    assert (result.exit_code, result.stdout[:4]) == (2, "FAIL")
    assert "not written by pcapcheck, so it stays as it is" in result.stderr
