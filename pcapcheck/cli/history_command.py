"""pcapcheck history."""

from __future__ import annotations

import json
from pathlib import Path

import click

from pcapcheck.cli.options import one_line_errors
from pcapcheck.cli.output import writing


@click.command()
@click.argument("folder", metavar="DIR")
@click.option("--by", multiple=True, metavar="NAME", help="Tell places by this name of --group-by. Repeatable.")
@click.option(
    "--runs",
    nargs=2,
    type=int,
    metavar="RUN RUN",
    help="Compare these two runs [default: the last two].",
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("-v", "--verbose", is_flag=True, help="Show all that fails and changed.")
@one_line_errors
def history(folder: str, by: tuple[str, ...], runs: tuple[int, int] | None, form: str, verbose: bool) -> None:
    """Show since when rules fail where, what changed between two runs, and losses by day.

    DIR is the --output of pcapcheck fleet. A place is a cluster and a node, if --group-by named them; else the value
    of its first name, the host that a bundle names, or the folder of the captures.
    """
    from contextlib import closing

    from pcapcheck.fleet.history import history as gathered
    from pcapcheck.fleet.history_text import history_document, write_history
    from pcapcheck.fleet.ledger import Ledger
    from pcapcheck.report.console import Page

    with closing(Ledger(Path(folder), must_exist=True)) as ledger:
        shown = gathered(ledger, by, runs or None)
    with writing(None) as stream:
        if form == "json":
            stream.write(json.dumps(history_document(shown), indent=2) + "\n")
        else:
            write_history(shown, Page(stream, verbose=verbose))
