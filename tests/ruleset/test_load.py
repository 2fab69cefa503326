"""Rule files: what is wrong in one is said with file, line, column and the nearest known word."""

from __future__ import annotations

import pickle
import re
from pathlib import Path

import pytest

from pcapcheck.errors import RuleError
from pcapcheck.networks import CALICO
from pcapcheck.ruleset.files import pack
from pcapcheck.ruleset.load import load_ruleset
from pcapcheck.ruleset.variables import Settings

GOOD = """\
id: some-rule
title: Something holds
why: because
severity: error
select:
  table: echo
  dst: 10.0.0.1
expect:
  replied: true
"""


def load(tmp_path: Path, text: str, **variables: str) -> None:
    (tmp_path / "x.yml").write_text(text)
    load_ruleset([tmp_path / "x.yml"], variables)


def test_good(tmp_path: Path) -> None:
    load(tmp_path, GOOD)


WRONG = [
    ("replied: true", "repleid: true", "9:3", "no column 'repleid'; did you mean 'replied'?"),
    ("replied: true", "replied: yes", "9:12", "'yes' is neither true nor false"),
    ("replied: true", "rtt: {le: 5}", "9:13", "'5' is not a duration like 100ms"),
    ("replied: true", "rtt: {lee: 5ms}", "9:9", "no operator 'lee'; did you mean 'le'?"),
    ("replied: true", "eth_dst: {gt: ee:ee:ee:ee:ee:ee}", "9:13", "'gt' needs a number"),
    ("replied: true", "eth_dst: $proxy_mak", "9:12", "no variable '$proxy_mak'; did you mean '$proxy_mac'?"),
    ("replied: true", "eth_dst: {same_as: ttl}", "9:22", "ttl is a number, eth_dst a MAC"),
    ("replied: true", "outcome: answered", "9:12", "'answered' is not one of: replied"),
    ("replied: true", "ttl: {cidr: 10.0.0.0/8}", "9:9", "'cidr' needs an address"),
    ("replied: true", "dst: {cidr: 10.0.0.1/8}", "9:15", "not a network"),
    ("replied: true", "ttl: {mac_prefix: ee}", "9:9", "'mac_prefix' needs a MAC"),
    ("replied: true", "ttl: []", "9:8", "an empty list never holds"),
    ("replied: true", "any: []", "9:8", "needs at least one condition"),
    ("dst: 10.0.0.1", "dst: 10.0.0.256", "7:8", "'10.0.0.256' is not an IPv4 or IPv6 address"),
    ("severity: error", "severity: fatal", "4:11", "severity 'fatal' is not one of"),
    ("table: echo", "table: ecko", "6:10", "no table 'ecko'; did you mean 'echo'?"),
    ("title: Something holds", "titel: Something holds", "2:1", "no key 'titel'; did you mean 'title'?"),
    ("id: some-rule", "id: Some Rule", "1:5", "lower-case words joined by hyphens"),
    ("why: because", "title: again", "3:1", "'title' stands here twice (first on line 2)"),
    ("why: because", "why: &a because\nlimits: *a", "4:9", "aliases (*name) are not allowed"),
    ("why: because", "why: because\ncount: {min: -1}", "4:14", "'-1' is not a whole number"),
    ("why: because", "why: because\nobserved: '{rtd}'", "4:11", "no column 'rtd'; did you mean 'rtt'?"),
    ("why: because", "why: because\nobserved: '{rtt'", "4:11", "'observed': expected '}'"),
    ("why: because", "why: because\nobserved: '{rtt:d}'", "4:11", "only the name of a column may stand in braces"),
    ("replied: true", "ttl: {in: []}", "9:13", "an empty list never holds"),
    ("replied: true", "dst: {cidr: []}", "9:15", "an empty list never holds"),
    ("replied: true", "eth_dst: {mac_prefix: zz}", "9:25", "not the beginning of a MAC address"),
    ("replied: true", "eth_dst: {mac_prefix: ''}", "9:25", "not the beginning of a MAC address"),
    ("replied: true", f"ttl: {'9' * 5000}", "9:8", "is longer than any value"),
    ("why: because", "why: because\ncount: {min: 20, max: 10}", "4:8", "'count' never holds: min is more than max"),
    ("why: because", f"why: because\ncount: {{max: {'9' * 5000}}}", "4:14", "not a whole number of at most 12"),
    ("why: because", "why: because\nexpected: a $peeer", "4:11", "no variable '$peeer'"),
    ("  replied: true", "  {}", "9:3", "an empty one would always hold"),
    ("replied: true", "eth_dst: ee:ee:ee:ee:ee:e", "9:12", "is not a MAC address"),
]


@pytest.mark.parametrize(("said", "instead", "where", "message"), WRONG)
def test_wrong(said: str, instead: str, where: str, message: str, tmp_path: Path) -> None:
    assert GOOD.count(said) == 1
    with pytest.raises(RuleError) as caught:
        load(tmp_path, GOOD.replace(said, instead))
    assert f"x.yml:{where}: " in str(caught.value)
    assert message in str(caught.value)


@pytest.mark.parametrize("key", ["id", "title", "why", "severity", "select"])
def test_missing_key(key: str, tmp_path: Path) -> None:
    lines = [line for line in GOOD.splitlines() if not line.startswith((f"{key}:", "  table", "  dst"))]
    with pytest.raises(RuleError, match=f"needs the key '{key}'|needs a table|must be a map"):
        load(tmp_path, "\n".join(lines))


def test_not_yaml(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match=r"x.yml:\d+:\d+: not YAML: "):
        load(tmp_path, GOOD.replace("why: because", "why: ["))


def test_neither_expect_nor_count(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match="needs 'expect'"):
        load(tmp_path, GOOD.split("expect:")[0])


def test_yaml_1_1_makes_no_numbers_of_macs(tmp_path: Path) -> None:
    """10:20:30:40:50:06 is an integer in base 60 there."""
    load(tmp_path, GOOD.replace("replied: true", "eth_dst: 10:20:30:40:50:06"))


def test_same_id_twice(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match=r"x.yml:\d+:1: a rule 'some-rule' is already in .*x.yml:1"):
        load(tmp_path, f"{GOOD}---\n{GOOD}")


@pytest.mark.parametrize(
    "text",
    ["a: " + "[" * 2000, "a: " + "[" * 60 + "]" * 60, "a: " + "[\n" * 2000, "a: " + "[{b: " * 400, "- " * 3000],
    ids=["open", "closed", "lines", "maps", "blocks"],
)
def test_deep_nesting(text: str, tmp_path: Path) -> None:
    """Said in the same words whichever of PyYAML's own limits it meets first."""
    with pytest.raises(RuleError, match=r"\.yml:\d+:\d+: nested more than 50 deep"):
        load(tmp_path, text)


def test_alias_bomb(tmp_path: Path) -> None:
    bomb = "a: &a [x, x]\n" + "".join(f"b{n}: &b{n} [*a, *a]\n" for n in range(40))
    with pytest.raises(RuleError, match="aliases"):
        load(tmp_path, bomb)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"\x80abc"])
def test_not_text(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.yml").write_bytes(content)
    with pytest.raises(RuleError, match="not UTF-8"):
        load_ruleset([tmp_path / "x.yml"])


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match="No such file"):
        load_ruleset([tmp_path / "none.yml"])


def test_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match=r"no \.yml or \.yaml file with a rule"):
        load_ruleset([tmp_path])


def test_variables() -> None:
    with pytest.raises(RuleError, match="no variable 'gatewy'; did you mean 'gateway'"):
        Settings({"gatewy": "1.2.3.4"})
    with pytest.raises(RuleError, match="'soon' is not a duration"):
        Settings({"arp_wait": "soon"})


def test_endless_file() -> None:
    with pytest.raises(RuleError, match="larger than 1 MiB"):
        load_ruleset([Path("/dev/zero")])


def test_control_characters_stay_out_of_reports(tmp_path: Path) -> None:
    (tmp_path / "x.yml").write_text(GOOD.replace("Something holds", '"Some\\e[31mthing"'))
    (rule,) = load_ruleset([tmp_path / "x.yml"]).rules
    assert rule.title == "Some\\x1b[31mthing"


def test_texts_name_the_variables_values() -> None:
    rules = {rule.id: rule for rule in load_ruleset([pack(CALICO)], {"proxy_mac": "02:00:00:00:00:09"}).rules}
    assert rules["pod-frames-to-proxy-mac"].expected == "destination MAC 02:00:00:00:00:09"


def test_every_wrong_rule_is_reported(tmp_path: Path) -> None:
    (tmp_path / "x.yml").write_text("id: one\nselekt: 1\n---\nid: two\nwhy: x\ntitel: x\n")
    with pytest.raises(RuleError) as caught:
        load_ruleset([tmp_path])
    assert "x.yml:2:1: a rule has no key 'selekt'" in str(caught.value)
    assert "x.yml:6:1: a rule has no key 'titel'" in str(caught.value)


@pytest.mark.parametrize("text", ["id: x\n\ttitle: y\n", "id: x\nselect:\n\ttable: arp\n"])
def test_a_tab_is_called_a_tab(text: str, tmp_path: Path) -> None:
    (tmp_path / "x.yml").write_text(text)
    with pytest.raises(RuleError, match=r"x\.yml:\d:1: a tab; YAML wants spaces"):
        load_ruleset([tmp_path])


SEVERAL = """id: one
selekt: 1
title: x
why: y
severity: fatal
select: {table: arp, nosuch: 1, kind: pood-link}
expect: {answered: maybe, family: {gt: x, foo: 1}, not: {target: [1.2.3, 10.0.0.1]}}
p99: {latency: {lt: soon}, foo: {lt: 1}}
observed: "{nothing}"
---
id: Two
select: {table: arpp}
"""


def places(error: RuleError) -> list[str]:
    """Where each error stands: the last part of the file's name, line and column."""
    return [re.match(r"(?:.*/)?([^/]+?:\d+:\d+): ", fault)[1] for fault in error.errors]  # type: ignore[index]


def test_all_errors_of_all_files_are_reported(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text(SEVERAL)
    (tmp_path / "b.yml").write_text("id: x\nselect:\n  table: arp\n\texpect: 1\n")
    (tmp_path / "c.yml").write_text(GOOD)
    with pytest.raises(RuleError) as caught:
        load_ruleset([tmp_path / "b.yml", tmp_path / "c.yml", tmp_path / "a.yml"])
    expected = ["2:1", "5:11", "6:22", "6:39", "7:20", "7:40", "7:43", "7:67", "8:21", "8:28", "9:11"]
    expected += ["11:1", "11:1", "11:1", "11:1", "11:5", "12:17"]
    assert places(caught.value) == [*(f"a.yml:{place}" for place in expected), "b.yml:4:1"]
    assert str(caught.value).split("\n") == list(caught.value.errors)
    again = pickle.loads(pickle.dumps(caught.value))
    assert again.errors == caught.value.errors


def test_twenty_errors_and_a_count(tmp_path: Path) -> None:
    path = tmp_path / "x.yml"
    path.write_text(GOOD + "".join(f"wrong{number}: x\n" for number in range(27)))
    with pytest.raises(RuleError) as caught:
        load_ruleset([path])
    assert len(caught.value.errors) == 27
    *lines, last = str(caught.value).split("\n")
    assert (len(lines), last) == (20, "and 7 more")


def test_one_error_is_in_a_list_too() -> None:
    with pytest.raises(RuleError) as caught:
        Settings({"gatewy": "1.2.3.4"})
    assert caught.value.errors == (str(caught.value),)


@pytest.mark.parametrize("says", ["eth_src: {same_as: pod.mac}", "pod.mac: {same_as: eth_src}"])
def test_late_and_early_columns_are_not_compared(says: str, tmp_path: Path) -> None:
    """What is known of each row is forgotten when late columns become known."""
    with pytest.raises(RuleError, match=r"eth_src is known of each row, pod\.mac only of rows counted together"):
        load(tmp_path, GOOD.replace("replied: true", says))
