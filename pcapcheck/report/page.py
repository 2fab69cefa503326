"""A page of text: wrapped to a terminal, whole lines where the output is a file or a pipe."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from pcapcheck.report.names import TOKEN, name_of

if TYPE_CHECKING:
    from pcapcheck.triage.pods import Pods

PIPED_WIDTH = 120


class Terminal(Console):
    """A console that leaves it to its caller what a reader's going away means for the exit code."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


class Page:
    """Prints lines with an indent: wrapped to the terminal, whole where the output is a file or a pipe.

    Behind addresses and interfaces of ``pods`` it puts their names. A ``plain`` one has no colours, whatever the
    environment asks for.
    """

    def __init__(self, stream: IO[str], pods: Pods | None = None, plain: bool = False) -> None:
        self.pods = pods
        self.console = Terminal(file=stream, highlight=False, emoji=False, force_terminal=False if plain else None)
        if not self.console.is_terminal:
            self.console.width = PIPED_WIDTH

    def command(self, text: str, indent: int) -> None:
        """A line to copy: never broken, however narrow the terminal."""
        self.console.print(Text(" " * indent + text), soft_wrap=True)

    def line(self, text: Text | str = "", indent: int = 0) -> None:
        """One paragraph, with pods named."""
        text = named(Text(text) if isinstance(text, str) else text, self.pods)
        if not self.console.is_terminal:
            self.console.print(Text(" " * indent) + text, soft_wrap=True)
        else:
            self.console.print(Padding(text, (0, 0, 0, indent)))


def named(text: Text, pods: Pods | None) -> Text:
    """The text with the name of each pod behind the first mention of its address or interface."""
    if pods is None:
        return text
    out, done = Text(), 0
    told: set[str] = set()
    for match in TOKEN.finditer(text.plain):
        name = name_of(match[0], pods)
        if name is not None and name not in told:
            told.add(name)
            out.append_text(text[done : match.end()])
            out.append(f" [{name}]", "dim")
            done = match.end()
    return out.append_text(text[done:]) if told else text
