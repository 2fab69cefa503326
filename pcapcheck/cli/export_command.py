"""pcapcheck export."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from pcapcheck.cli.options import OUTPUT, one_line_errors, run_analysis, scope_options
from pcapcheck.cli.output import FILE, complain, spare, writing
from pcapcheck.errors import UsageError
from pcapcheck.table_names import ARP, FRAMES, HOPS, PAIRED, PATHS, TRANSFERS


@click.command()
@click.argument("captures", metavar="CAPTURE...", nargs=-1, required=True, type=FILE)
@click.option(
    "--table",
    type=click.Choice([FRAMES, ARP, *PAIRED, TRANSFERS, PATHS, HOPS]),
    required=True,
    help="The table to export.",
)
@click.option("--format", "form", type=click.Choice(["csv", "parquet", "jsonl"]), default="csv", show_default=True)
@scope_options
@OUTPUT
@one_line_errors
def export(captures: tuple[Path, ...], table: str, form: str, output: str | None, **scope: Any) -> None:
    """Write the frames or exchanges of captures as a table. Parquet needs pcapcheck[parquet] and --output.

    Exit code 1: the table was written, but a capture that was named does not exist or cannot be read.
    """
    from pcapcheck.report.export import write_parquet, write_text_table
    from pcapcheck.report.left_out import skipped_lines

    if form == "parquet" and output is None:
        raise UsageError("--format parquet writes binary data; name a file with --output")
    analysis = run_analysis(captures, (), **scope, keep_all=True)
    for line in skipped_lines(analysis):
        complain(line)
    if table not in (PATHS, HOPS):
        analysis.followed.forget_packets()
    spare(output, (file for capture in analysis.captures for file in capture.source.files))
    if form == "parquet":
        write_parquet(analysis, table, str(output))
    else:
        with writing(output) as stream:
            write_text_table(analysis, table, form, stream)
    if any(skipped.demanded for skipped in analysis.skipped):
        sys.exit(1)
