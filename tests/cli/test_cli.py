"""The command line: exit codes, options, one-line errors."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from pcapcheck.cli.main import main
from pcapcheck.version import __version__
from tests.support.lab import CAPTURES, ROOT
from tests.support.wire import BEGIN, SECOND, answer, ask, reply, request, write_pcap

HEALTHY = str(CAPTURES / "healthy" / "cali14e7d81007d.pcap")
OTHER_LINK = str(CAPTURES / "healthy" / "calieabe7761b00.pcap")
BROKEN = str(CAPTURES / "proxy-arp-off" / "cali14e7d81007d.pcap")
SLOW = str(CAPTURES / "proxy-delay-80" / "cali14e7d81007d.pcap")
ANY = str(CAPTURES / "any" / "any.pcap")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def status(result: Result, rule: str) -> str:
    return next(str(entry["status"]) for entry in json.loads(result.stdout)["rules"] if entry["id"] == rule)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([HEALTHY], 0),
        ([BROKEN], 1),
        ([SLOW], 0),
        ([BROKEN, "--exit-zero"], 0),
        ([HEALTHY, OTHER_LINK, "--strict"], 0),
        ([HEALTHY, "--strict"], 1),
        ([ANY, "--strict"], 1),
        ([SLOW, "--require", "gateway-arp-prompt"], 0),
        # Neither DNS nor the node's ARP for a pod need be there; but what is demanded must.
        ([SLOW, "--require", "dns-answered"], 1),
        ([ANY, "--require", "pod-frames-to-proxy-mac"], 1),
        ([ANY, "--require", "pod-frames-to-proxy-mac", "--exit-zero"], 0),
        ([HEALTHY, "--since", "2099-01-01T00:00:00Z"], 2),
        ([HEALTHY, "--since", "2099-01-01T00:00:00Z", "--exit-zero"], 2),
    ],
)
def test_exit_codes(arguments: list[str], code: int) -> None:
    result = run("analyze", *arguments)
    assert result.exit_code == code, result.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--strict"], "strict: hop-macs-rewritten was not checked: a cooked capture (-i any) holds no"),
        (
            ["--require", "pod-frames-to-proxy-mac"],
            "pod-frames-to-proxy-mac is required, and was not checked: a cooked",
        ),
    ],
)
def test_what_is_demanded_and_missing_is_a_failure(arguments: list[str], message: str) -> None:
    result = run("analyze", ANY, *arguments)
    assert result.stdout.startswith(f"FAIL  {message}")
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["analyze", "none.pcap"], "none.pcap: No such file"),
        (["analyze", str(ROOT / "rules")], "no capture in there"),
        (["analyze", str(ROOT / "*.pcap")], "no file matches"),
        (["analyze", HEALTHY, "--unpack-limit", "much"], "'much' is not a size like 500M or 20G"),
        (["analyze", str(ROOT / "pyproject.toml")], "neither pcap nor pcapng"),
        (["analyze", HEALTHY, "--set", "gatewy=1.2.3.4"], "did you mean 'gateway'"),
        (["analyze", HEALTHY, "--set", "gateway"], "write NAME=VALUE"),
        (["analyze", HEALTHY, "--interface", "x"], "write FILE=NAME"),
        (["analyze", HEALTHY, "--since", "yesterday"], "'yesterday' is not a time"),
        (
            ["analyze", HEALTHY, "--pod", "10.9.9.9"],
            "no such pod in the capture; known there: 10.244.1.10, cali14e7d81007d",
        ),
        (["analyze", HEALTHY, "--pod", "pod-a"], "give the pod's address or NAMESPACE/POD"),
        (["analyze", HEALTHY, "--pod", "a/b/c"], "give the pod's address or NAMESPACE/POD"),
        (["analyze", HEALTHY, "--output", HEALTHY], "that is one of the inputs"),
        (["export", HEALTHY, "--table", "arp", "--output", HEALTHY], "that is one of the inputs"),
        (["analyze", HEALTHY, "--interface", "other.pcap=cali14e7d81007d"], "no capture of this call has that name"),
        (["analyze", ANY, "--interface", "any.pcap=cali14e7d81007d"], "name one of any.pcap#3, any.pcap#4"),
        (["analyze", ANY, "--interface", "any.pcap#9=cali14e7d81007d"], "no such interface; there are #3, #4"),
        (["analyze", HEALTHY, "--since", "9" * 20], "is not a time"),
        (["analyze", HEALTHY, "--set", "arp_wait=999999999999s"], "longer than a year"),
        (["analyze", HEALTHY, "--output", "/dev/full"], "No space left on device"),
        (["interface", "a/b c"], "write NAMESPACE/POD"),
        (["analyze", HEALTHY, "--require", "echo-answerd"], "did you mean 'echo-answered'"),
        (["analyze", HEALTHY, "--rules", "none.yml"], "none.yml: No such file"),
        (["analyze", HEALTHY, "--output", "/nowhere/x"], "--output /nowhere/x: No such file"),
        (["export", HEALTHY, "--table", "arp", "--format", "parquet"], "name a file with --output"),
        (["interface", "pod-a"], "write NAMESPACE/POD"),
        (["rules", "show", "echo-answred"], "did you mean 'echo-answered'"),
    ],
)
def test_one_line_errors(arguments: list[str], message: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1
    assert result.stderr.startswith("pcapcheck: error: ")
    assert message in result.stderr


@pytest.mark.parametrize(("capture", "code"), [(HEALTHY, 0), (BROKEN, 1)])
def test_reader_that_goes_away_does_not_change_the_verdict(capture: str, code: int) -> None:
    command = [sys.executable, "-m", "pcapcheck", "analyze", capture]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT)
    assert process.stdout is not None
    process.stdout.close()
    _, errors = process.communicate()
    assert process.returncode == code
    assert errors == b""


def test_full_disk() -> None:
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "pcapcheck", "analyze", HEALTHY]
        result = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, cwd=ROOT, text=True)
    assert result.returncode == 2
    assert result.stderr == "pcapcheck: error: cannot write the result: No space left on device\n"


def test_terminal_that_knows_only_ascii() -> None:
    result = subprocess.run(
        [sys.executable, "-m", "pcapcheck", "analyze", HEALTHY],
        capture_output=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )
    assert result.returncode == 0
    assert b"\nok passed (rows checked): gateway-arp-answered (" in result.stdout


def test_file_name_that_is_no_text(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/a\xff.pcap"))
    path.write_bytes(Path(HEALTHY).read_bytes())
    for arguments in (["analyze"], ["export", "--table", "echo"]):
        result = subprocess.run([sys.executable, "-m", "pcapcheck", *arguments, path], capture_output=True, cwd=ROOT)
        assert result.returncode == 0, result.stderr
        assert b"dcff.pcap" in result.stdout


def test_empty_and_cut_files(tmp_path: Path) -> None:
    empty = tmp_path / "empty.pcap"
    empty.write_bytes(b"")
    assert "the file is empty" in run("analyze", str(empty)).stderr
    cut = tmp_path / "cut.pcap"
    cut.write_bytes(Path(HEALTHY).read_bytes()[:-5])
    result = run("analyze", str(cut))
    assert result.exit_code == 0
    assert "the capture is cut inside frame 8" in result.stdout
    assert run("analyze", str(cut), "--strict").exit_code == 1


@pytest.mark.parametrize(
    ("pod", "name"),
    [
        ("default/pod-a-68c8f9cccd-sgtvg", "cali14e7d81007d"),
        ("default/pod-b-68c8f9cccd-gr4hw", "calieabe7761b00"),
    ],
)
def test_interface(pod: str, name: str) -> None:
    assert run("interface", pod).stdout == f"{name}\n"


def test_interface_with_another_prefix() -> None:
    result = run("interface", "default/pod-a-68c8f9cccd-sgtvg", "--set", "interface_prefix=tap")
    assert result.stdout == "tap14e7d81007d\n"


def test_output_file(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    result = run("analyze", HEALTHY, "--format", "json", "--output", str(path))
    assert result.stdout == ""
    assert json.loads(path.read_text())["verdict"] == "pass"


def test_name_of_an_interface_of_an_any_capture() -> None:
    result = run("analyze", ANY, "--format", "json", "--interface", "any.pcap#3=cali14e7d81007d")
    (capture,) = json.loads(result.stdout)["captures"]
    names = {interface["ifindex"]: interface["name"] for interface in capture["interfaces"]}
    assert names[3] == "cali14e7d81007d"
    assert names[4] == "ifindex 4"


def test_name_makes_a_pod_link(tmp_path: Path) -> None:
    """Nothing on the wire tells what this is."""
    frame = request(eth=("5a:8a:10:57:e2:03", "02:50:56:aa:17:c3"))
    path = str(write_pcap(tmp_path / "x.pcap", [(BEGIN, frame), (BEGIN + SECOND, frame)]))
    assert run("analyze", path).exit_code == 2
    named = run("analyze", path, "--interface", f"{path}=cali14e7d81007d", "--format", "json")
    assert status(named, "pod-frames-to-proxy-mac") == "fail"


def test_since_and_until(tmp_path: Path) -> None:
    frames = [(BEGIN, ask()), (BEGIN + 9 * SECOND, request()), (BEGIN + 9 * SECOND + 1000, reply())]
    path = str(write_pcap(tmp_path / "cali14e7d81007d.pcap", frames))
    assert run("analyze", path).exit_code == 1
    begin = BEGIN // SECOND
    assert run("analyze", path, "--since", str(begin + 1)).exit_code == 0
    assert run("analyze", path, "--since", "2023-11-14T22:13:21Z").exit_code == 0
    early = run("analyze", path, "--until", str(begin + 1), "--format", "json")
    assert status(early, "gateway-arp-answered") == status(early, "echo-answered") == "not-checked"


def test_pod_narrows(tmp_path: Path) -> None:
    files = [str(path) for path in sorted((CAPTURES / "duplicate-ip").glob("*.pcap"))]
    assert run("analyze", *files).exit_code == 1
    assert run("analyze", *files, "--pod", "default/pod-a-68c8f9cccd-sgtvg").exit_code == 0
    assert run("analyze", *files, "--pod", "10.244.1.10").exit_code == 0


def test_set_changes_what_is_expected(tmp_path: Path) -> None:
    frames = [(BEGIN, ask()), (BEGIN + SECOND // 2, answer()), (BEGIN + 9 * SECOND, request())]
    path = str(write_pcap(tmp_path / "cali14e7d81007d.pcap", frames))
    assert status(run("analyze", path, "--format", "json"), "gateway-arp-answered") == "pass"
    strict = run("analyze", path, "--format", "json", "--set", "arp_wait=100ms")
    assert status(strict, "gateway-arp-answered") == "fail"


@pytest.mark.parametrize(("capture", "status_"), [("direction-in", "not-checked"), ("healthy", "pass")])
def test_silence_is_no_proof_that_there_was_no_error(capture: str, status_: str, tmp_path: Path) -> None:
    rule = tmp_path / "rule.yml"
    rule.write_text(
        "id: no-error\ntitle: x\nwhy: x\nseverity: error\n"
        "select: {table: echo, asker_side: pod}\nexpect: {error: none}\n"
    )
    path = str(CAPTURES / capture / "cali14e7d81007d.pcap")
    assert status(run("analyze", path, "--rules", str(rule), "--format", "json"), "no-error") == status_


def test_own_rules(tmp_path: Path) -> None:
    rule = tmp_path / "slow.yml"
    rule.write_text(
        "id: ttl-is-64\ntitle: TTL\nwhy: x\nseverity: error\nselect: {table: frames, icmp.type: 8}\n"
        "expect: {ip.ttl: 63}\n"
    )
    result = run("analyze", HEALTHY, "--rules", str(rule), "--format", "json")
    assert result.exit_code == 1
    (finding,) = json.loads(result.stdout)["rules"]
    assert (finding["checked"], finding["failed"]) == (3, 3)
    assert finding["evidence"][0]["observed"] == "ip.ttl = 64"


@pytest.mark.parametrize(
    ("bounds", "code"), [("{min: 3}", 0), ("{max: 3}", 0), ("{min: 4}", 1), ("{max: 2}", 1), ("{min: 3, max: 3}", 0)]
)
def test_count(bounds: str, code: int, tmp_path: Path) -> None:
    rule = tmp_path / "count.yml"
    rule.write_text(
        "id: three\ntitle: three echoes\nwhy: x\nseverity: error\n"
        f"select: {{table: echo, asker_side: pod}}\ncount: {bounds}\n"
    )
    assert run("analyze", HEALTHY, "--rules", str(rule)).exit_code == code


def test_rules_commands() -> None:
    _, *listed = run("rules", "list").stdout.splitlines()
    packs = [ROOT / "rules" / name for name in ("calico", "state")]
    assert len(listed) == sum(len(list(pack.glob("*.yml"))) for pack in packs)
    shown = run("rules", "show", "echo-answered").stdout
    assert (ROOT / "rules" / "calico" / "echo-answered.yml").read_text() in shown
    assert run("rules", "check", *map(str, packs)).stdout == f"{len(listed)} rules: no errors\n"
    fields = run("rules", "fields").stdout
    assert "eth.dst" in fields
    assert "headline" in fields
    assert "same_as" in fields
    assert "$proxy_mac" in fields


def test_rules_check_fails_on_a_bad_rule(tmp_path: Path) -> None:
    (tmp_path / "bad.yml").write_text("id: x\n")
    result = run("rules", "check", str(tmp_path))
    assert result.exit_code == 2
    assert "bad.yml:1:1: a rule needs the key 'title'" in result.stderr


def commands(group: click.Group, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        found.append((*path, name))
        if isinstance(command, click.Group):
            found += commands(command, (*path, name))
    return found


@pytest.mark.parametrize("path", commands(main), ids=" ".join)
def test_every_command_has_help_and_is_documented(path: tuple[str, ...]) -> None:
    result = run(*path, "--help")
    assert result.exit_code == 0
    assert len(result.stdout.splitlines()[2].strip()) > 20
    documented = "".join(page.read_text() for page in (ROOT / "docs").glob("*.md"))
    assert f"pcapcheck {' '.join(path)}" in documented


def test_version() -> None:
    assert run("--version").stdout in (
        f"pcapcheck {__version__} (compiled)\n",
        f"pcapcheck {__version__} (plain Python)\n",
    )


def loaded(code: str) -> set[str]:
    heavy = "numpy pandas pyarrow rich dpkt yaml"
    script = f"import sys\n{code}\nprint(*[name for name in '{heavy}'.split() if name in sys.modules])"
    output = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(output.stdout.splitlines()[-1].split())


def test_help_loads_nothing_heavy() -> None:
    assert loaded("from pcapcheck.cli.main import main\nmain(['analyze', '--help'], standalone_mode=False)") == set()
    assert loaded("from pcapcheck.cli.main import main\nmain(['--version'], standalone_mode=False)") == set()


def loaded_modules(*args: str) -> set[str]:
    """The modules of pcapcheck that a command imports."""
    code = (
        f"import sys\nfrom pcapcheck.cli.main import main\ntry:\n    main({list(args)!r})\nexcept SystemExit:\n"
        "    print(*[name for name in sys.modules if name.startswith('pcapcheck.')])"
    )
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    return {name.removeprefix("pcapcheck.") for name in output.stdout.splitlines()[-1].split()}


def test_help_loads_only_the_command_line() -> None:
    loads = {name for name in loaded_modules("--help") if not name.startswith("cli")}
    folders = {"capture", "decode", "exchanges", "links", "paths", "report", "report.tables", "ruleset"}
    small = {
        "errors",
        "kernels",
        "report.formats",
        "report.github_runner",
        "report.marks",
        "skipped",
        "table_names",
    }
    assert loads <= {*folders, *small, "values", "version"}


def test_a_command_loads_no_other_command() -> None:
    commands = {name for name in loaded_modules("analyze", "--help") if re.match(r"cli\.\w+_commands?$", name)}
    assert commands == {"cli.analyze_command"}


def test_a_healthy_capture_loads_nothing_that_explains_failures() -> None:
    loads = loaded_modules("analyze", HEALTHY)
    assert not {name for name in loads if name.startswith("nodestate")}
    producers = ("producers", "exchange_producers", "text_producers", "remark_subject")
    assert {name for name in loads if name.startswith("triage.")} == {
        "triage.remarks",
        *(f"triage.remarks.{name}" for name in producers),
    }
    assert not loads & {"capture.not_a_capture", "report.wording"}


def test_verdict_loads_no_pandas() -> None:
    code = f"from pcapcheck import analyze\nanalyze({HEALTHY!r}).to_dict()"
    assert loaded(code) <= {"yaml"}


def test_unanswered_arp_loads_no_numpy() -> None:
    failing = f"{ROOT}/fixtures/calico/gateway-arp-answered/fail.pcap"
    code = f"from pcapcheck import analyze\nassert analyze({failing!r}).to_dict()['diagnoses']"
    assert loaded(code) <= {"yaml"}


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="no /proc here")
def test_the_program_has_no_threads_for_algebra() -> None:
    """NumPy's would look for work all the time while the first thread reads a capture."""
    code = "import os, pcapcheck.cli, numpy\nprint(len(os.listdir('/proc/self/task')))"
    env = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT, env=env)
    assert output.stdout == "1\n"


def test_help_is_a_command_too() -> None:
    assert run("help", "analyze").stdout == run("analyze", "--help").stdout
    assert run("help", "rules", "list").stdout == run("rules", "list", "--help").stdout
    assert run("help").stdout == run("--help").stdout
    unknown = run("help", "analyse")
    assert unknown.exit_code == 2
    assert unknown.stderr == "pcapcheck: error: there is no command 'analyse'; did you mean 'analyze'?\n"


def test_help_shows_how_it_is_called() -> None:
    assert "\n    pcapcheck analyze cali14e7d81007d.pcap\n" in run("analyze", "-h").stdout


def test_rules_are_listed_under_headings_and_as_json() -> None:
    head, *rows = run("rules", "list").stdout.splitlines()
    assert head.split() == ["ID", "SEVERITY", "TABLE", "WHAT", "MUST", "HOLD"]
    listed = json.loads(run("rules", "list", "--format", "json").stdout)
    assert [entry["id"] for entry in listed] == [row.split()[0] for row in rows]
    assert all(
        entry["severity"] in ("error", "warning", "info") and entry["why"] and entry["title"] for entry in listed
    )


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_there(shell: str) -> None:
    given = {**os.environ, "_PCAPCHECK_COMPLETE": f"{shell}_source"}
    command = [sys.executable, "-m", "pcapcheck"]
    script = subprocess.run(command, capture_output=True, text=True, env=given, check=False).stdout
    assert f"_PCAPCHECK_COMPLETE={shell}_complete" in script
