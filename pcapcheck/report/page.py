"""A page of text: wrapped to a terminal, whole lines where the output is a file or a pipe."""

from __future__ import annotations

from typing import IO

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

PIPED_WIDTH = 120


class Terminal(Console):
    """A console that leaves it to its caller what a reader's going away means for the exit code."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


class Page:
    """Prints lines with an indent: wrapped to the terminal, whole where the output is a file or a pipe."""

    def __init__(self, stream: IO[str]) -> None:
        self.console = Terminal(file=stream, highlight=False, emoji=False)
        if not self.console.is_terminal:
            self.console.width = PIPED_WIDTH

    def command(self, text: str, indent: int) -> None:
        """A line to copy: never broken, however narrow the terminal."""
        self.console.print(Text(" " * indent + text), soft_wrap=True)

    def line(self, text: Text | str = "", indent: int = 0) -> None:
        """One paragraph."""
        if not self.console.is_terminal:
            self.console.print(Text(" " * indent) + (Text(text) if isinstance(text, str) else text), soft_wrap=True)
        else:
            self.console.print(Padding(Text(text) if isinstance(text, str) else text, (0, 0, 0, indent)))
