"""Where a command writes: standard output, or a file that is not one of its inputs."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import click

from pcapcheck.errors import UNREADABLE, CaptureError, UsageError
from pcapcheck.report.github_runner import harmless, on_github
from pcapcheck.report.marks import ERRORS, is_ascii_locale
from pcapcheck.values import clean

# Errors of files are reported, in our own words, when they are read or written.
PLAIN = click.Path(readable=False)
FILE = click.Path(path_type=Path, readable=False)


def complain(text: str) -> None:
    """One line on standard error; if that takes nothing, on a full disk say, it costs neither report nor exit code."""
    line = f"pcapcheck: {clean(text)}"
    try:
        click.echo(harmless(line) if on_github() else line, err=True)
    except OSError:
        _lead_nowhere(2)


def spare(output: str | None, inputs: Iterable[Path], option: str = "--output") -> None:
    """Raise UsageError if a file to be written, which an ``option`` names, is one of the inputs."""
    for path in inputs:
        if output is not None and _is_same(Path(output), path):
            raise UsageError(f"{option} {output}: that is one of the inputs; name another file")


def appends(output: str | None) -> bool:
    """Whether a file is the job summary of a GitHub step, to which the commands of the step append."""
    return output is not None and output == os.environ.get("GITHUB_STEP_SUMMARY")


def _is_same(path: Path, other: Path) -> bool:
    """Whether two names are names of the same file, perhaps through a link."""
    try:
        return os.path.realpath(path) == os.path.realpath(other) or path.samefile(other)
    except OSError:
        return False


@contextmanager
def writing(output: str | None) -> Iterator[IO[str]]:
    """Standard output, or the file that --output names."""
    if output is None:
        if isinstance(sys.stdout, io.TextIOWrapper):
            # A character that the output cannot show is replaced, so that it costs no report.
            sys.stdout.reconfigure(encoding="ascii" if is_ascii_locale() else None, errors=ERRORS)
        try:
            yield sys.stdout
            sys.stdout.flush()
        except BrokenPipeError:
            # The reader has seen enough, as head does; the exit code still gives the verdict.
            drop_output()
        return
    try:
        with Path(output).open("a" if appends(output) else "w", encoding="utf-8") as stream:
            yield stream
    except OSError as error:
        raise CaptureError(
            f"--output {output}: {error.strerror}; name a file that can be written", UNREADABLE
        ) from None


def drop_output() -> None:
    """Discard buffered output, or the interpreter would fail on it again when it exits."""
    _lead_nowhere(1)


def _lead_nowhere(stream: int) -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
