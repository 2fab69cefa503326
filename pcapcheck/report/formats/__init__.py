"""The report formats, by name. The module of a format is imported when a report in that format is written.

To add a format, write its module and enter it in ``FORMATS``: the command line and the tests go by that table.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from pcapcheck.analysis import Analysis

TEXT, GITHUB = "text", "github"
# Writes a report to a stream; verbose shows all rows, files and remarks, in formats for people.
Writer = Callable[["Analysis", IO[str], bool], None]


def _text(analysis: Analysis, stream: IO[str], verbose: bool) -> None:
    from pcapcheck.report.formats.text import write_text

    write_text(analysis, stream, verbose)


def text_with_ladder(analysis: Analysis, stream: IO[str], verbose: bool) -> None:
    """The text report with ladders of what failed."""
    from pcapcheck.report.formats.text import write_text

    write_text(analysis, stream, verbose, ladder=True)


def _json(analysis: Analysis, stream: IO[str], verbose: bool) -> None:
    from pcapcheck.report.formats.json import write_json

    write_json(analysis, stream)


def _jsonl(analysis: Analysis, stream: IO[str], verbose: bool) -> None:
    from pcapcheck.report.formats.jsonl import write_jsonl

    write_jsonl(analysis, stream)


def _junit(analysis: Analysis, stream: IO[str], verbose: bool) -> None:
    from pcapcheck.report.formats.junit import write_junit

    write_junit(analysis, stream)


def _sarif(analysis: Analysis, stream: IO[str], verbose: bool) -> None:
    from pcapcheck.report.formats.sarif import write_sarif

    write_sarif(analysis, stream)


def _github(analysis: Analysis, stream: IO[str], verbose: bool) -> None:
    from pcapcheck.report.formats.github import write_github

    write_github(analysis, stream)


def _markdown(analysis: Analysis, stream: IO[str], verbose: bool) -> None:
    from pcapcheck.report.formats.markdown import write_markdown

    write_markdown(analysis, stream, verbose)


def _html(analysis: Analysis, stream: IO[str], verbose: bool) -> None:
    from pcapcheck.report.formats.html import write_html

    write_html(analysis, stream, verbose)


FORMATS: dict[str, Writer] = {
    TEXT: _text,
    "json": _json,
    "jsonl": _jsonl,
    "junit": _junit,
    "sarif": _sarif,
    GITHUB: _github,
    "markdown": _markdown,
    "html": _html,
}
