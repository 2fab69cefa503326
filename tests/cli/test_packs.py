"""``--pack``, wherever captures are judged, and what a file of rules says of its own network."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from pcapcheck.cli.main import main
from pcapcheck.errors import RuleError
from pcapcheck.networks import NAMED
from pcapcheck.ruleset.files import packs_folder
from pcapcheck.ruleset.load import load_ruleset
from tests.support.fleet import run_inline
from tests.support.lab import FIXTURES

NETWORKS = FIXTURES / "networks"
UNSAID = NETWORKS / "ptp" / "gateway-missing" / "veth8a3f01c2.pcap"
AWS = NETWORKS / "aws-vpc-cni" / "entry-missing" / "eni3f0a91c7d52.pcap"


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, list(map(str, arguments)))


def failed(document: dict[str, Any]) -> list[str]:
    return [rule["id"] for rule in document["rules"] if (rule["status"], rule["severity"]) == ("fail", "error")]


def test_the_command_line_says_which_network_it_is() -> None:
    named = json.loads(run("analyze", UNSAID, "--pack", "kindnet", "--format", "json").stdout)
    assert (named["verdict"], failed(named)) == ("fail", ["gateway-answers-arp"])
    assert {network for rule in named["rules"] for network in rule["networks"]} == {"ptp"}
    assert named["captures"][0]["interfaces"][0]["network"] == "ptp"
    unsaid = run("analyze", UNSAID)
    assert unsaid.exit_code == 2
    assert "--pack ptp, bridge or flannel" in unsaid.stdout


def test_each_format_names_the_network() -> None:
    for form in ("text", "markdown", "html"):
        assert "AWS VPC CNI pod link" in run("analyze", AWS, "--format", form).stdout


def test_the_project_file_says_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".pcapcheck.toml").write_text('pack = "kindnet"\n')
    assert failed(json.loads(run("analyze", UNSAID, "--format", "json").stdout)) == ["gateway-answers-arp"]
    (tmp_path / ".pcapcheck.toml").write_text('pack = "kindnett"\n')
    assert "pack: there is no such pack; did you mean 'kindnet'?" in run("analyze", UNSAID).stderr


def test_a_table_has_the_network_and_the_node_s_mac() -> None:
    table = run("export", "--table", "arp", "--format", "jsonl", "--pack", "ptp", UNSAID).stdout
    rows = [json.loads(line) for line in table.splitlines()]
    assert {(row["kind"], row["network"], row["end"], row["calico"]) for row in rows} == {
        ("pod-link", "ptp", "node", None)
    }
    assert {row["node.mac"] for row in rows} == {"8e:4b:10:77:2a:c5"}


@pytest.mark.slow
def test_a_watch_knows_networks_by_names_and_by_what_is_said() -> None:
    command = [sys.executable, "-m", "pcapcheck", "watch", "--format", "json"]
    named = subprocess.run([*command, str(AWS), "--for", "1s"], capture_output=True, check=False, timeout=120)
    assert failed(json.loads(named.stdout)) == ["gateway-entry-or-answer"]
    said = subprocess.run([*command, "-", "--pack", "ptp"], input=UNSAID.read_bytes(), capture_output=True, check=False)
    assert failed(json.loads(said.stdout)) == ["gateway-answers-arp"]


def test_a_fleet_judges_each_observation_by_its_network(tmp_path: Path) -> None:
    from pcapcheck.fleet.judging import Judging

    for path in (UNSAID, AWS):
        (tmp_path / "fleet").mkdir(exist_ok=True)
        shutil.copy(path, tmp_path / "fleet" / path.name)
    run_inline(tmp_path / "fleet", output=tmp_path / "out")
    rows = [json.loads(line) for line in (tmp_path / "out" / "observations.jsonl").read_text().splitlines()]
    assert sorted(row["verdict"] for row in rows) == ["fail", "not-checked"]
    run_inline(tmp_path / "fleet", output=tmp_path / "ptp", judging=Judging(pack="kindnet"))
    rows = [json.loads(line) for line in (tmp_path / "ptp" / "observations.jsonl").read_text().splitlines()]
    assert [row["verdict"] for row in rows].count("fail") >= 1


def write(folder: Path, **files: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.yml").write_text(text)
    return folder


RULE = """\
id: asks-nobody
title: The pod asks for nobody
why: It has an entry.
severity: error
select: {table: arp, kind: pod-link, asker_side: pod, network: aws-vpc-cni}
expect: {cast: unicast}
"""


def test_a_folder_is_a_pack_for_the_network_that_it_names(tmp_path: Path) -> None:
    pack = write(tmp_path / "ours", rule=RULE, pack="network: aws\ninclude: {calico: [pod-answers-arp]}\n")
    rules = load_ruleset([pack]).rules
    assert {rule.id: rule.networks for rule in rules} == {
        "pod-answers-arp": ("aws-vpc-cni",),
        "asks-nobody": ("aws-vpc-cni",),
    }
    assert failed(json.loads(run("analyze", AWS, "--rules", pack, "--format", "json").stdout)) == ["asks-nobody"]


def test_a_rule_that_names_no_network_is_about_calico_s_links(tmp_path: Path) -> None:
    rules = write(tmp_path / "ours", rule=RULE)
    assert [rule.networks for rule in load_ruleset([rules]).rules] == [("calico",)]
    done = run("analyze", AWS, "--rules", rules)
    assert done.exit_code == 2
    assert "looks like an AWS VPC CNI pod link (by its name), and the rules are about Calico's pod links" in done.stdout
    said = json.loads(run("analyze", AWS, "--rules", rules, "--pack", "aws-vpc-cni", "--format", "json").stdout)
    assert "asks-nobody" in failed(said)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("network: cilum\nrules: []\n", "1:10: there is no network 'cilum'; did you mean 'cilium'?"),
        (
            "include: {calico: [echo-answerd]}\n",
            "there is no rule 'echo-answerd' in there; did you mean 'echo-answered'?",
        ),
        ("include: {calicoo: [echo-answered]}\n", "there is no pack 'calicoo'"),
        ("include: {calicoo: [echo-answered]}\n", "; did you mean 'calico'?"),
        ("extends: kindnt\n", "; did you mean 'kindnet'?"),
        ("netwrk: cilium\n", "an expectation file has no key 'netwrk'; did you mean 'network'?"),
        ("strict: true\n", "needs 'extends' (as in extends: calico), 'include' or 'rules'"),
        # Itself: its folder, the folder above, a link that leads to nothing but itself.
        ("extends: .\n", "1:10: '.' extends this file in turn"),
        ("extends: ..\n", "1:10: '..' extends this file in turn"),
        ("include: {../ours: [asks-nobody]}\n", "'../ours' extends this file in turn"),
        ("extends: loop.yaml\n", "there is no pack 'loop.yaml', and no file "),
    ],
)
def test_what_is_wrong_in_a_pack_is_said(text: str, message: str, tmp_path: Path) -> None:
    pack = write(tmp_path / "ours", rule=RULE, pack=text)
    (pack / "loop.yaml").symlink_to("loop.yaml")
    with pytest.raises(RuleError) as caught:
        load_ruleset([pack])
    assert message in str(caught.value)
    assert "pack.yml:" in str(caught.value)
    assert run("rules", "check", pack).stderr == "".join(f"pcapcheck: error: {line}\n" for line in caught.value.lines)


@pytest.mark.parametrize("text", ["network: aws-vpc-cni\n", "network: aws\nrules: []\n"])
def test_a_pack_of_own_rules_alone(text: str, tmp_path: Path) -> None:
    pack = write(tmp_path / "ours", rule=RULE, pack=text)
    assert [rule.networks for rule in load_ruleset([pack]).rules] == [("aws-vpc-cni",)]
    assert run("rules", "check", pack).stdout == "1 rule: no errors\n"
    # By itself it holds no rule.
    assert run("rules", "check", pack / "pack.yml").stderr.endswith("pack.yml: no rule in there\n")


def test_other_names_of_packs() -> None:
    assert run("rules", "list", "--rules", "kindnet").stdout == run("rules", "list", "--rules", "ptp").stdout


def test_packs_are_listed_with_all_their_names_and_rules() -> None:
    listed = {pack["pack"]: pack for pack in json.loads(run("rules", "packs", "--format", "json").stdout)}
    folders = {path.name for path in packs_folder().iterdir() if path.is_dir()} - {"causes"}
    assert set(listed) == folders
    assert listed["ptp"]["aliases"] == ["kindnet"]
    lines = run("rules", "packs").stdout.splitlines()
    assert [line.split()[0] for line in lines[1:]] == list(listed)
    for name, pack in listed.items():
        rules = json.loads(run("rules", "list", "--pack", name, "--format", "json").stdout)
        assert [rule["id"] for rule in rules] == pack["rules"]
    assert "ptp          kindnet      19     veth*  ptp plugin pod links" in lines


def test_the_rules_of_a_pack_are_listed_with_those_of_files(tmp_path: Path) -> None:
    rules = write(tmp_path / "ours", rule=RULE)
    aws = run("rules", "list", "--pack", "aws")
    assert aws.stdout == run("rules", "list", "--rules", "aws-vpc-cni").stdout
    both = run("rules", "list", "--pack", "aws", "--rules", rules).stdout.splitlines()
    assert set(both) >= {line.rstrip() for line in aws.stdout.splitlines()}
    assert any(line.startswith("asks-nobody") for line in both)
    wrong = run("rules", "list", "--pack", "any-netwrk")
    assert (wrong.exit_code, wrong.stdout) == (2, "")
    assert wrong.stderr == ("pcapcheck: error: --pack any-netwrk: there is no such pack; did you mean 'any-network'?\n")


@pytest.mark.parametrize("command", ["analyze", "export", "fleet", "record", "watch"])
def test_help_names_the_packs_that_there_are(command: str) -> None:
    assert f"({', '.join(NAMED)})" in " ".join(run(command, "--help").stdout.split())


def test_packs_are_looked_up_when_help_is_shown() -> None:
    """What lists them takes longer to import than the options of a command."""
    code = "import sys, pcapcheck.cli.analyze_command; print('pcapcheck.networks' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


@pytest.mark.parametrize(
    ("named", "hint"),
    [
        ("cilum", "did you mean the pack 'cilium'?"),
        ("kindnt", "did you mean the pack 'kindnet'?"),
        ("cilium.yml", "give a rule file, a folder of them or a pack"),
        ("ours/rules", "give a rule file, a folder of them or a pack"),
    ],
)
def test_a_pack_that_is_not_there(named: str, hint: str) -> None:
    done = run("analyze", AWS, "--rules", named)
    assert (done.exit_code, done.stderr) == (2, f"pcapcheck: error: {named}: No such file or directory; {hint}\n")
