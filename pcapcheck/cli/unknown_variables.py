"""Environment variables that are meant for pcapcheck, and that nothing reads: mostly options, misspelt."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

import click

from pcapcheck.cli.lazy_group import ENVIRONMENT
from pcapcheck.cli.output import complain

# What stands for no option: of the program, of the script that collects a node's state, of the build and of the tests.
OTHERS = frozenset(
    ENVIRONMENT + name
    for name in (
        *("PLAIN", "REDACT_KEY", "NODE"),
        *("WITHOUT_LOOPS", "SNAPSHOTS", "WHOLE_CORPUS", "REPETITIONS", "FIREWALL_ROUNDS", "TEST_BASE"),
    )
)
# What Kubernetes sets in every container next to a Service that is called pcapcheck (or pcapcheck-…).
# Left to be compiled when a variable may be one: mostly there is none.
OF_A_SERVICE = r"\w*?_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)"


def tell_unknown(context: click.Context) -> None:
    """Name the variables that no command knows, in one line. Commands are imported only if one looks like it."""
    group = context.find_root().command
    begun = {
        name
        for name in os.environ
        if name.upper().startswith(ENVIRONMENT) and name not in OTHERS and not re.fullmatch(OF_A_SERVICE, name)
    }
    if not begun:
        return
    own = group.get_command(context, context.invoked_subcommand or "") if isinstance(group, click.Group) else None
    if own is not None and begun <= set(_read_by(own, context)):
        return
    known = {*_read_by(group, context), *OTHERS}
    unknown = sorted(begun - known)
    if unknown:
        complain("; ".join(_line(name, known) for name in unknown))


def _line(name: str, known: set[str]) -> str:
    from pcapcheck.ruleset.variables import closest

    # What all of them begin with makes none of them alike.
    near = closest(_stem(name), map(_stem, known))
    hint = (
        f"did you mean {ENVIRONMENT}{near[0]}?"
        if near
        else "pcapcheck help COMMAND shows the options that variables stand for"
    )
    return f"{name} is in the environment, and nothing reads it; {hint}"


def _stem(name: str) -> str:
    return name[len(ENVIRONMENT) :].upper()


def _read_by(command: click.Command, context: click.Context) -> Iterator[str]:
    """The variables that stand for options of a command, or of those in a group."""
    yield from (str(option.envvar) for option in command.params if option.envvar is not None)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            within = command.get_command(context, name)
            if within is not None:
                yield from _read_by(within, context)
