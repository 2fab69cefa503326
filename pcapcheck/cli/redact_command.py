"""pcapcheck redact."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from pcapcheck.cli.options import UNPACK_LIMIT, one_line_errors, parse_unpack_limit
from pcapcheck.cli.output import FILE, complain
from pcapcheck.cli.redact_options import KEY

PLURALS = {"address": "es", "network": "s", "MAC": "s", "name": "s"}


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=FILE)
@click.option("--output", "folder", metavar="DIR", required=True, type=FILE, help="Write the files to this folder.")
@KEY
@click.option(
    "--mapping", "table", metavar="FILE", type=FILE, help="Write what became of what to this file, as CSV. Keep it."
)
@UNPACK_LIMIT
@one_line_errors
def redact(
    files: tuple[Path, ...], folder: Path, key_file: Path | None, table: Path | None, unpack_limit: str | None
) -> None:
    """Write captures, texts and a node's state again, without addresses, MACs, names and payload of yours.

    A FILE is a capture, a text, a folder or an archive, or - for standard input. All of them get one mapping, so that
    they fit together as before: pcapcheck comes to the same verdict and the same causes. What cannot be redacted is
    left out. Nothing is written over.

    Exit code 1: a file was left out. 2: none could be redacted, or nothing could be written.

    \b
    Example:
      pcapcheck redact cali14e7d81007d.pcap NODE.txt --output redacted
    """
    from pcapcheck.redaction.redacted_files import Redaction
    from pcapcheck.redaction.redaction_key import redaction_key
    from pcapcheck.redaction.written_files import mapping_table, write_files

    redaction = Redaction([list(files)], redaction_key(key_file), parse_unpack_limit(unpack_limit))
    with mapping_table(table, redaction.mapping):
        written = write_files(redaction, folder, complain)
    if not redaction.mapping.is_complete:
        complain("more was changed than the mapping's table can hold; the first million of each kind are in it")
    counts = redaction.mapping.counts()
    said = ", ".join(f"{count} {kind if count == 1 else kind + PLURALS[kind]}" for kind, count in counts.items())
    click.echo(f"{written.count} of {written.given} files written to {folder}; changed: {said}")
    if written.count < written.given:
        sys.exit(1 if written.count else 2)
