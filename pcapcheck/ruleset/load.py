"""Find rule files and load them: the packs that ship with the package, and what ``--rules`` names."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pcapcheck.errors import RuleError
from pcapcheck.ruleset.document import MOST_BYTES, load_documents
from pcapcheck.ruleset.rule import Rule, read_rule
from pcapcheck.ruleset.variables import Settings

SUFFIXES = (".yml", ".yaml")


def packs_folder() -> Path:
    """The folder of rule packs: the copy inside the installed package, else the checkout's ``rules/``."""
    package = Path(__file__).resolve().parents[1]
    packaged = package / "rules"
    return packaged if packaged.is_dir() else package.parent / "rules"


def load_rules(paths: Iterable[Path], settings: Settings) -> list[Rule]:
    """The rules of the given files and folders, in order of path.

    Raises RuleError where one cannot be read, holds no rule, or two rules have one id.
    """
    rules: dict[str, Rule] = {}
    for path in paths:
        found = 0
        for file in _files(path):
            for rule in _load_file(file, settings):
                found += 1
                earlier = rules.get(rule.id)
                if earlier is not None:
                    raise RuleError(
                        f"{rule.file}:{rule.line}: a rule {rule.id!r} is already in {earlier.file}:{earlier.line}"
                    )
                rules[rule.id] = rule
        if not found:
            here = "no .yml or .yaml file with a rule in this folder" if path.is_dir() else "the file holds no rule"
            raise RuleError(f"{path}: {here}")
    return list(rules.values())


def calico_pack(settings: Settings) -> list[Rule]:
    return load_rules([packs_folder() / "calico"], settings)


def state_pack(settings: Settings) -> list[Rule]:
    """The rules about the state of a node and its pods, which need no capture."""
    return load_rules([packs_folder() / "state"], settings)


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(file for file in path.rglob("*") if file.suffix in SUFFIXES and file.is_file())
    return [path]


def _load_file(file: Path, settings: Settings) -> list[Rule]:
    try:
        with file.open("rb") as stream:
            data = stream.read(MOST_BYTES + 1)
        text = data.decode("utf-8")
    except OSError as error:
        raise RuleError(f"{file}: {error.strerror}; give a rule file or a folder of them") from None
    except UnicodeDecodeError:
        raise RuleError(f"{file}: not UTF-8 text; a rule file is YAML") from None
    documents = load_documents(text, str(file))
    return [read_rule(document, settings, text if len(documents) == 1 else "") for document in documents]
