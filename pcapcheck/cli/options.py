"""Options and arguments that several commands take, and what their texts mean."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import click

from pcapcheck.cli.lazy_group import variables_used
from pcapcheck.cli.output import FILE, PLAIN, complain, drop_output
from pcapcheck.cli.rule_completion import complete_packs, complete_variables
from pcapcheck.errors import PcapcheckError, RuleError, UsageError

if TYPE_CHECKING:
    from pcapcheck.analysis import Analysis
    from pcapcheck.given import Taken

P = ParamSpec("P")
F = TypeVar("F", bound=Callable[..., Any])


def _after_the_project_file(
    context: click.Context, _parameter: click.Parameter, assignments: tuple[str, ...]
) -> tuple[str, ...]:
    """The variables that a project file sets, then these, which win."""
    return (*(context.find_root().obj or ()), *assignments)


SET = click.option(
    "--set",
    "assignments",
    multiple=True,
    metavar="NAME=VALUE",
    callback=_after_the_project_file,
    shell_complete=complete_variables,
    help="Override a variable of the rules. Repeatable.",
)


class _PackOption(click.Option):
    """``--pack``: its help names the packs that there are, which is looked up when it is shown and no sooner."""

    @property
    def help(self) -> str:
        from pcapcheck.networks import NAMED

        return (
            f"Judge the pod links by the pack for this network ({', '.join(NAMED)}), unless all that they show is "
            "another's."
        )

    @help.setter  # noqa: A003 (click's name)
    def help(self, _text: str | None) -> None:
        """What click sets before anybody asks."""


PACK = click.option("--pack", metavar="NETWORK", shell_complete=complete_packs, cls=_PackOption)
PODS = click.option(
    "--pods",
    "pods_files",
    multiple=True,
    metavar="FILE",
    type=FILE,
    help="Output of kubectl get pods -A -o json (or -o wide), so that the report names the pods. Repeatable.",
)
OUTPUT = click.option("--output", metavar="FILE", type=PLAIN, help="Write to this file instead of standard output.")
UNPACK_LIMIT = click.option(
    "--unpack-limit",
    metavar="SIZE",
    help="Unpack at most this much of a compressed capture or an archive, for example 20G [default: 1G, or 250 times "
    "its size].",
)
SINCE = click.option("--since", metavar="TIME", help="Ignore frames before this time (RFC 3339 or seconds since 1970).")
UNTIL_TIME = click.option("--until", metavar="TIME", help="Ignore frames from this time on.")
FILTER_USED = click.option("--filter-used", metavar="TEXT", help="The capture filter that tcpdump ran with.")
SCOPE = (
    click.option(
        "--interface",
        "interfaces",
        multiple=True,
        metavar="FILE[#IFINDEX]=NAME",
        help="Name the interface that a capture, or one ifindex of an -i any capture, was recorded on. Repeatable.",
    ),
    SINCE,
    UNTIL_TIME,
    click.option(
        "--pod",
        "pods",
        multiple=True,
        metavar="POD",
        help="Judge only this pod: its address, or NAMESPACE/POD. Repeatable.",
    ),
    FILTER_USED,
    UNPACK_LIMIT,
    PACK,
    SET,
)


def one_line_errors(command: Callable[P, None]) -> Callable[P, None]:
    """Turn the library's errors into one line each and exit code 2."""

    @wraps(command)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except PcapcheckError as error:
            for line in error.lines if isinstance(error, RuleError) else [str(error)]:
                complain(f"error: {line}")
            used = variables_used(click.get_current_context())
            if used:
                # Nobody looks for --pack on a command line where it does not stand.
                complain(f"options from the environment: {', '.join(used)}")
            sys.exit(2)
        except OSError as error:
            complain(f"error: cannot write the result: {error.strerror or error}")
            drop_output()
            sys.exit(2)

    return guarded


def scope_options(command: F) -> F:
    """The options that describe the captures and limit what is judged."""
    for option in reversed(SCOPE):
        command = option(command)
    return command


def rules_option(help_: str) -> Callable[[F], F]:
    """The option that names the rules to use."""
    return click.option("--rules", "rule_paths", multiple=True, metavar="PATH", type=FILE, help=help_)


def run_analysis(
    captures: tuple[Taken, ...],
    rule_paths: tuple[Path, ...],
    interfaces: tuple[str, ...],
    since: str | None,
    until: str | None,
    pods: tuple[str, ...],
    filter_used: str | None,
    unpack_limit: str | None,
    pack: str | None,
    assignments: tuple[str, ...],
    keep_all: bool = False,
    node_state: tuple[Taken, ...] = (),
    pods_files: tuple[Taken, ...] = (),
) -> Analysis:
    """Analyze captures as ``scope_options`` say, with a progress line."""
    from pcapcheck.links.scope import Scope, parse_interface_names, parse_moment
    from pcapcheck.pipeline import analyze
    from pcapcheck.report.progress import ProgressLine

    scope = Scope(
        parse_interface_names(interfaces),
        parse_moment("--since", since),
        parse_moment("--until", until),
        pods,
        filter_used,
    )
    with ProgressLine(tuple(path for path in captures if isinstance(path, Path))) as progress:
        return analyze(
            *captures,
            rules=rule_paths or None,
            variables=parse_assignments(assignments),
            scope=scope,
            progress=progress.tell,
            unpack_limit=parse_unpack_limit(unpack_limit),
            keep_all=keep_all,
            node_state=node_state or None,
            pods=pods_files or None,
            pack=pack,
        )


def parse_unpack_limit(text: str | None) -> int | None:
    """The bytes that ``--unpack-limit`` allows. Raises UsageError if it is no size."""
    from pcapcheck.values import parse_size

    try:
        return None if text is None else parse_size(text)
    except ValueError as error:
        raise UsageError(f"--unpack-limit {text}: {error}") from None


def parse_assignments(assignments: tuple[str, ...]) -> dict[str, str]:
    """The variables of ``--set``. Raises RuleError if one has no value."""
    pairs = {}
    for text in assignments:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise RuleError(f"--set {text}: write NAME=VALUE, as in --set arp_wait=2s")
        pairs[name] = value
    return pairs


def interface_prefix(assignments: tuple[str, ...]) -> str:
    """What Calico's interface names begin with."""
    from pcapcheck.ruleset.variables import Settings

    return Settings(parse_assignments(assignments)).texts["interface_prefix"]


def named_pod(text: str) -> tuple[str, str]:
    """Namespace and name of a pod. Raises UsageError if the text is not NAMESPACE/POD."""
    from pcapcheck.calico import parse_pod

    try:
        return parse_pod(text)
    except ValueError as error:
        raise UsageError(str(error)) from None
