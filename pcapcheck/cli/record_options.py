"""The options of pcapcheck record."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from pcapcheck.cli.options import PACK, SET, rules_option
from pcapcheck.cli.report_options import JUDGING
from pcapcheck.cli.watch_displays import DISPLAYS, UNTIL
from pcapcheck.report.formats import FORMATS, TEXT

F = TypeVar("F", bound=Callable[..., Any])
OPTIONS = (
    click.option(
        "--probe",
        metavar="PROBE",
        help="What FROM asks: ping (TO, or its node), dns=NAME[@SERVER], tcp=HOST:PORT or none [default: ping, for an "
        "interface none].",
    ),
    click.option(
        "--count", default=10, show_default=True, metavar="N", help="How many pings; three large ones follow."
    ),
    click.option(
        "--for",
        "duration",
        metavar="TIME",
        help="Record for at least this long, as in 60s or 5m. With neither this nor a probe, until Ctrl-C.",
    ),
    click.option("--watch", is_flag=True, help="Show the verdict as it forms, while it records."),
    UNTIL,
    *DISPLAYS,
    click.option("--filter", "capture_filter", default="", metavar="TEXT", help="A capture filter, for every point."),
    click.option("--no-flush", is_flag=True, help="Leave the neighbour entries as they are; ARP may not be seen then."),
    click.option("--no-state", is_flag=True, help="Do not collect the nodes' state."),
    click.option(
        "--output",
        metavar="BUNDLE",
        type=click.Path(path_type=Path),
        help="Keep what is recorded in this new folder or archive (.tar.gz) [default: a folder named after the time].",
    ),
    click.option(
        "--via",
        type=click.Choice(["kubectl", "ssh"]),
        default="kubectl",
        show_default=True,
        help="How to reach the nodes of pods.",
    ),
    click.option("--context", metavar="NAME", help="The context of kubectl to use."),
    click.option(
        "--image",
        default="nicolaka/netshoot",
        show_default=True,
        metavar="IMAGE",
        help="An image with tcpdump, ip, ping and nsenter, for --via kubectl.",
    ),
    click.option(
        "--namespace",
        default="default",
        show_default=True,
        metavar="NAME",
        help="Where the job that --via kubectl makes on each node is; it must allow privileged pods.",
    ),
    click.option("--dry-run", is_flag=True, help="Print the commands, and record nothing."),
    rules_option("Use this rule file, folder or pack instead of the Calico pack. Repeatable."),
    PACK,
    SET,
    click.option(
        "--format", "form", type=click.Choice(list(FORMATS)), default=TEXT, show_default=True, help="Output format."
    ),
    *JUDGING,
)


def record_options(command: F) -> F:
    """The options that say what is recorded, where it is kept, and how it is judged."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command
