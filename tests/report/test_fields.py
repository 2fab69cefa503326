"""The vocabulary of rules: printed whole, and the page of documentation that is made of it (tests/test_docs.py)."""

from __future__ import annotations

import re
from io import StringIO

from click.testing import CliRunner

from pcapcheck.cli.main import main
from pcapcheck.columns import COLUMNS
from pcapcheck.report.vocabulary import write_fields, write_markdown


def fields(*arguments: str) -> str:
    return CliRunner().invoke(main, ["rules", "fields", *arguments]).stdout


def test_both_forms_name_every_column() -> None:
    text, page = StringIO(), StringIO()
    write_fields(text)
    write_markdown(page)
    for table, columns in COLUMNS.items():
        section = text.getvalue().split(f"\ntable {table}: ")[1].split("\n\n")[0]
        on_page = page.getvalue().split(f"\n## Table {table}\n")[1].split("\n## ")[0]
        assert re.findall(r"^  (\S+) ", section, re.M) == list(columns)
        assert re.findall(r"^\| `(\S+)` \|", on_page, re.M) == list(columns)


def test_rows_of_the_page_are_whole() -> None:
    """A bar in a help text would begin another cell; each row has as many as its heading."""
    for table in re.findall(r"(?:^\|.*\|\n)+", fields("--format", "markdown"), re.M):
        widths = {len(re.findall(r"(?<!\\)\|", row)) for row in table.splitlines()}
        assert widths in ({3}, {4}), table.splitlines()[0]


def test_links_of_the_page_lead_somewhere() -> None:
    headings = re.findall(r"^## (.*)$", fields("--format", "markdown"), re.M)
    links = re.findall(r"^- \[(.*)\]\(#(.*)\)$", fields("--format", "markdown"), re.M)
    assert links == [(heading, heading.lower().replace(" ", "-")) for heading in headings]
