"""Check files of rules, causes and expectations: every key, column, operator and value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from msgspec import Struct

from pcapcheck.ruleset.expectation import is_expectation
from pcapcheck.ruleset.faults import Faults, each
from pcapcheck.ruleset.files import OF_THE_PACK, PACKS, pack, pack_or, read_files
from pcapcheck.ruleset.load import load_ruleset
from pcapcheck.ruleset.rule import Rule
from pcapcheck.ruleset.variables import Settings, suggest
from pcapcheck.ruleset.yaml_tree import Node
from pcapcheck.triage.cause import QUESTIONS, is_cause, read_cause, read_causes


class Checked(Struct, frozen=True):
    """How many there were of each; a rule that several expectation files extend counts once."""

    rules: int
    causes: int

    def __str__(self) -> str:
        counts = (self.rules, "rule"), (self.causes, "cause")
        return ", ".join(f"{count} {what}{'' if count == 1 else 's'}" for count, what in counts if count)


def check_files(paths: Iterable[Path], overrides: Mapping[str, str] | None = None) -> Checked:
    """Check packs, files and folders.

    Rules are checked together, as are causes. Expectation files are about a recording each, so each is checked by
    itself, with all that it extends. Raises RuleError with all that is wrong, each with file, line and column.
    """
    faults = Faults()
    rules: list[Rule] = []
    files: list[Path] = []
    causes: list[Node] = []
    for path in paths:
        for file, _, documents in read_files(pack_or(path), faults):
            if any(map(is_expectation, documents)):
                # A pack holds rules that are files next to this one, too.
                whole = file.parent if file.name == OF_THE_PACK and file != path else file
                with faults.noted():
                    rules += load_ruleset([whole], overrides).rules
            elif documents and all(map(is_cause, documents)):
                causes += documents
            elif documents:
                files.append(file)
    if files:
        with faults.noted():
            rules += load_ruleset(files, overrides).rules
    if causes:
        faults.each(lambda node: read_cause(node, Settings(overrides)), causes)
    faults.check()
    _check_causes(causes, {rule.id for rule in rules}, overrides)
    return Checked(len({(rule.file, rule.line) for rule in rules}), len(causes))


def _check_causes(nodes: list[Node], rules: set[str], overrides: Mapping[str, str] | None) -> None:
    if not nodes:
        return
    read_causes(nodes, Settings(overrides))
    known = rules | {*QUESTIONS, *(rule.id for rule in load_ruleset(map(pack, PACKS), overrides).rules)}

    def check(name: Node) -> None:
        if name.value not in known:
            raise name.error(f"there is no rule {name.value!r}{suggest(str(name.value), known)}")

    each(check, [name for node in nodes for name in node.items("a cause")["explains"].entries("'explains'")])
