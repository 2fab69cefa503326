"""pcapcheck fleet."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import Any

import click

from pcapcheck.cli.fleet_options import fleet_options, judging_of, parse_time_limit
from pcapcheck.cli.options import one_line_errors
from pcapcheck.cli.output import complain, writing


@click.command()
@click.argument("sources", metavar="SOURCE...", nargs=-1, required=True)
@click.option("--output", metavar="DIR", required=True, help="Write tables and the ledger to this folder.")
@click.option(
    "--per",
    type=click.Choice(["file", "folder"]),
    default="file",
    show_default=True,
    help="What is one observation: each file, or all files of a folder.",
)
@click.option(
    "--group-by",
    metavar="PATTERN",
    help="Files with the same names in this pattern are one observation, as in '{cluster}/{node}/{test}-*.pcap*'. "
    "The names become columns.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["parquet", "jsonl", "csv"]),
    default="parquet",
    show_default=True,
    help="Format of the tables.",
)
@click.option("--html", "with_page", is_flag=True, help="Write index.html too, with a report for each observation.")
@fleet_options
@click.option("--workers", type=click.IntRange(1), metavar="N", help="Processes [default: one per processor].")
@click.option("--scheduler", metavar="ADDRESS", help="Use the workers of this Dask scheduler, as in tcp://HOST:8786.")
@click.option(
    "--timeout",
    metavar="TIME",
    default="1h",
    show_default=True,
    help="What one observation may take, with fetching its files; none for no limit.",
)
@click.option("-v", "--verbose", is_flag=True, help="List all that failed, not only the worst.")
@click.option("--exit-zero", is_flag=True, help="Exit 0 instead of 1. If something could not be judged, still exit 2.")
@one_line_errors
def fleet(
    sources: tuple[str, ...],
    output: str,
    per: str,
    group_by: str | None,
    form: str,
    workers: int | None,
    scheduler: str | None,
    timeout: str,
    verbose: bool,
    exit_zero: bool,
    **how: Any,
) -> None:
    """Judge many observations, and keep what they came to.

    A SOURCE is a folder, a file, a pattern, or an address such as s3://BUCKET/FOLDER. The same command again judges
    only what is new or has changed; all, if rules, options of judging or version have changed.

    Exit code 0: no observation failed, and at least one was checked. 1: one failed. 2: one could not be judged, or
    none was checked.

    \b
    Examples:
      pcapcheck fleet captures/ --output results
      pcapcheck fleet s3://captures/nightly --output results --group-by '{cluster}/{node}/*.pcap*'
    """
    from pcapcheck.fleet.fleet_progress import FleetProgress
    from pcapcheck.fleet.fleet_request import FleetRequest
    from pcapcheck.fleet.fleet_run import run_fleet
    from pcapcheck.fleet.overview_text import write_overview
    from pcapcheck.report.console import Page

    request = FleetRequest(sources, judging_of(**how), per, group_by, workers, scheduler, parse_time_limit(timeout))
    # A batch system that wants this to end sends no Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with FleetProgress() as progress:
        run = run_fleet(request, Path(output), form, progress.tell)
    for line in run.left_out.lines:
        complain(line)
    with writing(None) as stream:
        write_overview(run.overview, Page(stream, verbose=verbose))
    if run.interrupted:
        complain("interrupted; the same command goes on from here")
        sys.exit(2)
    code = run.overview.exit_code
    sys.exit(0 if code == 1 and exit_zero else code)
