"""To whom a watch is shown: the options, and the displays that they ask for."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import click

from pcapcheck.cli.output import complain, drop_output

if TYPE_CHECKING:
    from pcapcheck.watch.display import Display
    from pcapcheck.watch.watching import Watching

UNTIL = click.option("--until", type=click.Choice(["pass", "fail"]), help="End as soon as this verdict is certain.")
DISPLAYS = (
    click.option("--jsonl", is_flag=True, help="Write an event a line to standard output, as JSON, and no report."),
    click.option(
        "--metrics",
        metavar="ADDRESS",
        help="Serve metrics for Prometheus at this [HOST:]PORT. Needs pcapcheck[metrics].",
    ),
)


def displays_of(watching: Watching, jsonl: bool, metrics: str | None, stack: ExitStack) -> Iterator[Display]:
    """What the options ask for; on a terminal a screen, else lines on standard error."""
    from rich.console import Console

    from pcapcheck.watch.event_lines import JsonEvents, PlainLines

    if metrics is not None:
        from pcapcheck.watch.metrics import Metrics

        served = Metrics(metrics)
        stack.callback(served.close)
        complain(f"metrics: http://{served.address}/metrics")
        yield served
    if jsonl:

        def nobody_reads() -> None:
            # Whoever read the events has seen enough.
            drop_output()
            watching.interrupt()

        yield JsonEvents(sys.stdout, nobody_reads)
    console = Console(stderr=True)
    if console.is_terminal and not console.is_dumb_terminal:
        from pcapcheck.watch.screen import Screen

        screen = Screen(sys.stderr)
        stack.callback(screen.close)
        yield screen
    elif not jsonl:
        yield PlainLines(sys.stderr, lambda: None)
