"""A page of text: wrapped to the width of a terminal or of COLUMNS, whole lines in a file or a pipe."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from typing import IO, TYPE_CHECKING

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from pcapcheck.report.marks import PLAIN_MARKS, can_show
from pcapcheck.report.pod_names import mentions

if TYPE_CHECKING:
    from pcapcheck.triage.pods import Pods

PIPED_WIDTH = 100
LEAST_WIDTH = 40
# What COLUMNS may say; anything else counts as unset.
WIDTH = re.compile("0*[1-9][0-9]{0,5}")
# Long lists show this many lines, unless all are asked for.
SHOWN = 5
WORD = re.compile(r"\S+(?: \(\d[\d,.]*(?: of \d+)?\)[,;:.]?)? *")


class Terminal(Console):
    """A console that leaves it to the caller which exit code a closed pipe gives."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


class Page:
    """Prints lines with an indent, and counts them.

    On a terminal, and in a pipe if COLUMNS is set, sentences are wrapped between words; elsewhere each sentence is one
    line, so that grep and head find it whole. Tables and lists always keep to ``width``. The names of ``pods`` follow
    their addresses and interfaces. A ``plain`` page has no colours and no wrapping, whatever the
    environment asks for; a ``verbose`` one shows lists whole.
    """

    def __init__(self, stream: IO[str], pods: Pods | None = None, plain: bool = False, verbose: bool = False) -> None:
        self.pods = pods
        self.verbose = verbose
        self.lines = 0
        columns = os.environ.get("COLUMNS", "")
        set_width = int(columns) if WIDTH.fullmatch(columns) and not plain else 0
        self.console = Terminal(
            file=stream,
            highlight=False,
            emoji=False,
            force_terminal=False if plain else None,
            # Of COLUMNS=0 rich would make a page without a line.
            width=set_width or (PIPED_WIDTH if plain or columns.isdigit() else None),
        )
        self.is_terminal = self.console.is_terminal
        self.wraps = self.is_terminal or set_width > 0
        self.width = max(LEAST_WIDTH, self.console.width if self.is_terminal else set_width or PIPED_WIDTH)
        self._marks = {} if can_show(stream) else PLAIN_MARKS

    @property
    def is_full(self) -> bool:
        """Whether the first lines have scrolled off the screen."""
        return self.is_terminal and self.lines >= self.console.height

    def mark(self, mark: str) -> str:
        """A mark before a line: as it is, or in letters if the output lacks the character."""
        return self._marks.get(mark, mark)

    def command(self, text: Text | str, indent: int) -> None:
        """A line to copy, or of a table: never broken, even on a narrow terminal."""
        self._print(Text(" " * indent) + text if isinstance(text, Text) else Text(" " * indent + text))

    def line(self, text: Text | str = "", indent: int = 0, hang: int = 0, fit: bool = False) -> None:
        """One paragraph, with pods named. Its further lines are indented by ``hang`` more.

        A paragraph that must ``fit`` keeps to the width in a pipe too: a list, whose lines nobody searches for whole.
        """
        text = named(Text(text) if isinstance(text, str) else text, self.pods)
        if not (self.wraps or fit) or not text.plain:
            self._print(Text(" " * indent) + text)
            return
        # Nothing that people copy is cut: a word longer than the line sticks out.
        parts = text.divide(_breaks(text.plain, self.width - indent, self.width - indent - hang))
        for number, part in enumerate(parts):
            part.rstrip()
            self._print(Text(" " * (indent + (hang if number else 0))) + part)

    def few(self, lines: Iterable[Text | str], indent: int = 0, what: str = "more") -> None:
        """A list of lines: the first few, and how many more there are."""
        every = list(lines)
        # A single further line takes no more room than the line that would count it.
        kept = every if self.verbose or len(every) <= SHOWN + 1 else every[:SHOWN]
        for line in kept:
            self.line(line, indent, 2)
        if len(every) > len(kept):
            self.line(Text(f"and {len(every) - len(kept):,} {what} (--verbose shows all)", "dim"), indent)

    def _print(self, text: Text) -> None:
        self.lines += 1 + (max(text.cell_len - 1, 0) // self.width if self.is_terminal else 0)
        self.console.print(text, soft_wrap=True)


def _breaks(text: str, first: int, others: int) -> list[int]:
    """Where to break a text into lines of these widths: between words, but not between a number and its noun."""
    breaks: list[int] = []
    begin, width = 0, first
    for word in WORD.finditer(text):
        if word.start() > begin and cell_len(text[begin : word.end()].rstrip()) > width:
            breaks.append(word.start())
            begin, width = word.start(), others
    return breaks


def named(text: Text, pods: Pods | None) -> Text:
    """The text with the name of each pod after the first mention of its address or interface."""
    if pods is None:
        return text
    out, done = Text(), 0
    for end, name in mentions(text.plain, pods):
        out.append_text(text[done:end])
        out.append(f" [{name}]", "dim")
        done = end
    return out.append_text(text[done:]) if done else text
