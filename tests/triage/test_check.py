"""``rules check``: rules, causes and expectation files, in whatever mixture."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from pcapcheck.cli.main import main
from pcapcheck.errors import RuleError
from pcapcheck.ruleset.files import EVERY_PACK, OF_THE_PACK, pack, packs_folder
from pcapcheck.triage.rule_check import check_files
from tests.support.lab import CAPTURES

CAUSE = packs_folder() / "causes" / "proxy-arp-off.yml"
RULE = pack("calico") / "echo-answered.yml"
PACK = len(list(pack("calico").glob("*.yml")))
SHIPPED_RULES = sum(file.name != OF_THE_PACK for name in EVERY_PACK for file in pack(name).glob("*.yml"))
SHIPPED_CAUSES = len(list((packs_folder() / "causes").glob("*.yml")))
EXPECTATION = """\
extends: calico
variables: {{peer: {peer}}}
rules:
  - id: mine
    select: {{table: echo, dst: $peer}}
    expect: {{replied: true}}
"""


def written(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.yml").write_text(text)
    return folder


def test_what_ships_is_sound() -> None:
    assert str(check_files([packs_folder()])) == f"{SHIPPED_RULES} rules, {SHIPPED_CAUSES} causes"


def test_kinds_are_counted_apart(tmp_path: Path) -> None:
    written(tmp_path, cause=CAUSE.read_text(), rule=RULE.read_text(), case=EXPECTATION.format(peer="10.0.0.1"))
    # That of the file, the expectation file's own, and the pack that it extends.
    assert str(check_files([tmp_path])) == f"{2 + PACK} rules, 1 cause"
    assert str(check_files([Path("calico")])) == f"{PACK} rules"


def test_each_expectation_file_is_about_a_recording_of_its_own(tmp_path: Path) -> None:
    """Another value for a variable, a rule of the same name: no contradiction between two of them."""
    written(tmp_path, one=EXPECTATION.format(peer="10.0.0.1"), two=EXPECTATION.format(peer="10.0.0.2"))
    assert str(check_files([tmp_path])) == f"{2 + PACK} rules"
    written(tmp_path, three=EXPECTATION.format(peer="10.0.0.300"))
    with pytest.raises(RuleError, match=r"three\.yml:5:32: '10\.0\.0\.300"):
        check_files([tmp_path])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            ("explains: [", "explains: [echo-answred, "),
            "there is no rule 'echo-answred'; did you mean 'echo-answered'?",
        ),
        (("rank:", "rnak:"), "a cause has no key 'rnak'; did you mean 'rank'?"),
        (("id: proxy-arp-off", "id: Proxy ARP"), "'Proxy ARP': an id is lower-case words joined by hyphens"),
        (("{interface}", "{interfaces}"), "has no column 'interfaces'"),
    ],
)
def test_errors_of_a_cause_name_the_place(change: tuple[str, str], message: str, tmp_path: Path) -> None:
    text = CAUSE.read_text()
    assert change[0] in text
    written(tmp_path, cause=text.replace(*change, 1))
    with pytest.raises(RuleError, match=re.escape(message)) as raised:
        check_files([tmp_path])
    assert re.match(rf"{re.escape(str(tmp_path))}/cause\.yml:\d+:\d+: ", str(raised.value))


def test_two_of_one_name(tmp_path: Path) -> None:
    written(tmp_path, one=CAUSE.read_text(), two=CAUSE.read_text())
    with pytest.raises(RuleError, match=r"two\.yml:1:1: there is a cause 'proxy-arp-off' already"):
        check_files([tmp_path])
    for path in (tmp_path / "one.yml", tmp_path / "two.yml"):
        path.write_text(RULE.read_text())
    with pytest.raises(RuleError, match=r"two\.yml:1:1: a rule 'echo-answered' is already in .*one\.yml:1"):
        check_files([tmp_path / "one.yml", tmp_path / "two.yml"])


def test_a_cause_may_explain_a_rule_that_is_checked_with_it(tmp_path: Path) -> None:
    cause = re.sub(r"explains: \[.*\]", "explains: [mine]", CAUSE.read_text())
    written(tmp_path, cause=cause, rule=RULE.read_text().replace("id: echo-answered", "id: mine"))
    assert str(check_files([tmp_path])) == "1 rule, 1 cause"
    with pytest.raises(RuleError, match="there is no rule 'mine'"):
        check_files([tmp_path / "cause.yml"])


def test_nothing_to_check(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match=r"no \.yml or \.yaml file with a rule in this folder"):
        check_files([packs_folder(), tmp_path])


def test_values_of_variables_are_checked_too() -> None:
    """A gateway where a MAC stands: rules that use it fit no more."""
    with pytest.raises(RuleError, match="arp_wait"):
        check_files([packs_folder()], {"arp_wait": "soon"})


def test_all_errors_are_reported_at_once(tmp_path: Path) -> None:
    (tmp_path / "cause.yml").write_text(
        'id: c\ntitle: "{nope}"\nwhy: x\nexplains: [nosuch]\nrank: first\nconfirm: ["{bad}"]\nseen: {foo: 1}\n'
    )
    (tmp_path / "expectation.yml").write_text(
        "extends: calico\n"
        "variables: {Foo: 1}\n"
        "adjust: {nosuch: {severity: fatal, reason: x}, echo-answered: {severity: off}}\n"
        'accept: [{rule: echo-answered, reason: "", until: x}]\n'
    )
    (tmp_path / "rule.yml").write_text("id: x\nselect: {table: arp}\n")
    result = CliRunner().invoke(main, ["rules", "check", str(tmp_path)])
    assert result.exit_code == 2
    reported = re.findall(r"^pcapcheck: error: .*/(\w+)\.yml:(\d+):\d+: ", result.stderr, re.M)
    assert reported == [
        *(("cause", str(line)) for line in (1, 2, 5, 6, 7)),
        *(("expectation", str(line)) for line in (2, 3, 3, 4, 4)),
        *[("rule", "1")] * 4,
    ]
    capture = str(CAPTURES / "walkthrough" / "cali14e7d81007d.pcap")
    arguments = ["analyze", "--rules", str(tmp_path / "rule.yml"), "--format", "json", capture]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 2
    assert result.stderr.count("rule.yml:1:1: ") == 4
    document = json.loads(result.stdout)
    assert document["verdict"] == "not-checked"
    assert document["headline"].count("rule.yml:1:1: ") == 4
