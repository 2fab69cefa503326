"""Words that pages, help, reports, docstrings, comments and test names do without.

One folder: ``pytest tests/test_words.py -k paths``.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from pcapcheck import analyze
from pcapcheck.cli.main import main
from tests.support.formats import written
from tests.support.lab import CAPTURES, ROOT
from tests.support.pages import pages

# The word, and what to say instead.
INSTEAD = {
    "told": "said, known, shown, reported; 'told apart' is 'distinguished'",
    "untold": "absent, not shown",
    "anew": "again",
    "of which": "whose, some of them, a sentence of its own",
    "whither": "where",
    "whence": "from where",
    "so many": "a number, or leave it out",
    "as far as can be told": "leave it out, or say what is not known",
    "beside": "next to, with; 'besides' is another word",
}
# "The interface out of which it goes" is plain English.
FORBIDDEN = re.compile(rf"\b(?<!out )({'|'.join(sorted(INSTEAD, key=len, reverse=True))})\b", re.IGNORECASE)
# Where a word is meant, by the file that says it and the line's text: {("pcapcheck/x.py", "the line")}.
MEANT: set[tuple[str, str]] = set()
PACKAGE = [ROOT / "pcapcheck", *sorted(path.parent for path in (ROOT / "pcapcheck").glob("*/__init__.py"))]
TESTS = [ROOT / "tests", *sorted(path for path in (ROOT / "tests").iterdir() if any(path.glob("*.py")))]
FOLDERS = [*PACKAGE, *TESTS, ROOT / "fixtures"]
PAGES = [*pages(), *(ROOT / f"{name}.md" for name in ("CONTRIBUTING", "SECURITY", "RELEASE"))]
SCENARIOS = sorted(path for path in CAPTURES.iterdir() if path.is_dir())


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def found_in(lines: Iterator[tuple[int, str]], name: str) -> list[str]:
    """The lines that hold a forbidden word, with what to say instead."""
    found = []
    for number, line in lines:
        for word in FORBIDDEN.findall(line):
            if (name, line.strip()) not in MEANT:
                found.append(f"{name}:{number}: {word} -> {INSTEAD[word.lower()]}: {line.strip()}")
    return found


def spoken(path: Path) -> Iterator[tuple[int, str]]:
    """What a Python file says to people: docstrings, comments, and what its tests are called."""
    source = path.read_text()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(node, clean=False):
            text = node.body[0]
            yield from enumerate((ast.get_docstring(node, clean=False) or "").splitlines(), text.lineno)
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield node.lineno, node.name.replace("_", " ")
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


@pytest.mark.parametrize("folder", FOLDERS, ids=named)
def test_code(folder: Path) -> None:
    """A folder with all below it; the package's own and those of the tests without."""
    paths = folder.glob("*.py") if folder in (ROOT / "pcapcheck", ROOT / "tests") else folder.rglob("*.py")
    found = [line for path in sorted(paths) if path != Path(__file__) for line in found_in(spoken(path), named(path))]
    assert not found, "\n".join([f"{len(found)} lines", *found])


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_page(page: Path) -> None:
    found = found_in(iter(enumerate(page.read_text().splitlines(), 1)), named(page))
    assert not found, "\n".join(found)


@pytest.mark.parametrize("pack", ["calico", "causes", "state"])
def test_rules(pack: str) -> None:
    paths = sorted((ROOT / "rules" / pack).glob("*.yml"))
    found = [
        line for path in paths for line in found_in(iter(enumerate(path.read_text().splitlines(), 1)), named(path))
    ]
    assert not found, "\n".join(found)


def helps(command: click.Command, context: click.Context) -> Iterator[tuple[str, str]]:
    yield context.command_path, command.get_help(context)
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from helps(inner, click.Context(inner, parent=context, info_name=name))


def test_help() -> None:
    shown = helps(main, click.Context(main, info_name="pcapcheck"))
    found = [line for name, text in shown for line in found_in(iter(enumerate(text.splitlines(), 1)), name)]
    assert not found, "\n".join(found)


@pytest.mark.corpus
@pytest.mark.parametrize("scenario", SCENARIOS, ids=[path.name for path in SCENARIOS])
def test_reports(scenario: Path) -> None:
    """The report for people and the JSON document, of packets alone and with the node's state."""
    analyses = [analyze(scenario)]
    state = scenario / "state.txt"
    if state.exists():
        analyses.append(analyze(scenario, node_state=[state]))
    for analysis in analyses:
        for form in ("text", "json"):
            text = written(analysis, form)
            found = found_in(iter(enumerate(text.splitlines(), 1)), f"{scenario.name} as {form}")
            assert not found, "\n".join(found)
