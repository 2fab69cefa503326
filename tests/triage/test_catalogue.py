"""The catalogue of causes: complete, and honest about what it refers to."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pcapcheck.errors import RuleError
from pcapcheck.networks import CALICO, PACKED
from pcapcheck.ruleset.files import pack, packs_folder
from pcapcheck.ruleset.load import load_ruleset
from pcapcheck.ruleset.variables import Settings
from pcapcheck.ruleset.yaml_tree import load_documents
from pcapcheck.triage.case_columns import CASE_COLUMNS
from pcapcheck.triage.catalogue import load_catalogue
from pcapcheck.triage.cause import QUESTIONS, Cause, read_cause
from pcapcheck.triage.state_evidence.state_columns import STATE_COLUMNS

SETTINGS = Settings()
RULES = load_ruleset([pack(CALICO)]).rules
FILES = sorted((packs_folder() / "causes").glob("*.yml"))
NAMES = {*(rule.id for rule in RULES), *QUESTIONS}
CATALOGUE = {cause.id: cause for cause in load_catalogue(NAMES, SETTINGS)}
PLACEHOLDER = re.compile(r"[<{][a-z. ]+[>}]")


def test_every_rule_of_a_network_pack_has_a_cause() -> None:
    """Of its own; a second machine that answers is looked for as on any link."""
    rules = {rule.id for rule in load_ruleset(map(pack, PACKED)).rules} - {rule.id for rule in RULES}
    causes = load_catalogue(rules, SETTINGS)
    assert rules - {"arp-answer-is-own"} == {name for cause in causes for name in cause.explains} & rules
    assert all(cause.any_network for cause in causes)


def test_every_rule_of_the_pack_has_a_cause() -> None:
    explained = {name for cause in CATALOGUE.values() for name in cause.explains}
    assert {rule.id for rule in RULES} <= explained


@pytest.mark.parametrize("name", sorted(NAMES))
def test_the_causes_of_one_failure_are_those_that_explain_it(name: str) -> None:
    documents = [document for file in FILES for document in load_documents(file.read_text(), file.name)]
    shipped = [read_cause(document, SETTINGS) for document in documents]
    explaining = {cause.id for cause in shipped if name in cause.explains}
    assert {cause.id for cause in load_catalogue([name], SETTINGS)} == explaining


def test_every_column_of_the_state_has_a_function() -> None:
    assert {name for name in CASE_COLUMNS if name.startswith("state.")} == set(STATE_COLUMNS)


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.stem)
def test_a_file_holds_the_cause_of_its_name(file: Path) -> None:
    (document,) = load_documents(file.read_text(), str(file))
    cause = read_cause(document, SETTINGS)
    assert cause.id == file.stem
    assert cause.confirm
    assert cause.fix
    assert cause.title[0].islower() or cause.title[0] in "{<"
    assert not cause.title.endswith(".")


@pytest.mark.parametrize("cause", CATALOGUE.values(), ids=lambda cause: cause.id)
def test_explained_rules_exist(cause: Cause) -> None:
    folders = [
        folder
        for folder in packs_folder().iterdir()
        if folder.is_dir() and folder.name not in ("causes", "__pycache__")
    ]
    known = {rule.id for folder in folders for rule in load_ruleset([folder]).rules}
    assert set(cause.explains) <= known | {*QUESTIONS}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("explains:", "explain:"), "a cause has no key 'explain'; did you mean 'explains'?"),
        (("rank: 30", "rank: first"), "'first' is not a whole number"),
        (("gateway: unanswered", "gateway: silent"), "'silent' is not one of: not-asked, unanswered, late, answered"),
        (("state.proxy_arp", "state.proxy_apr"), "has no column 'state.proxy_apr'; did you mean 'state.proxy_arp'?"),
        (("{interface}", "{interfaces}"), "has no column 'interfaces'"),
        (("title:", "why:"), "'why' stands here twice"),
    ],
)
def test_errors_name_the_place(change: tuple[str, str], message: str) -> None:
    text = (packs_folder() / "causes" / "proxy-arp-off.yml").read_text()
    assert change[0] in text

    def read() -> None:
        for document in load_documents(text.replace(*change), "cause.yml"):
            read_cause(document, SETTINGS)

    with pytest.raises(RuleError, match=re.escape(message)) as raised:
        read()
    assert re.match(r"cause\.yml:\d+:\d+: ", str(raised.value))
