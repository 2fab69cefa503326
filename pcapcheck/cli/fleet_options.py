"""The options of ``pcapcheck fleet`` that say how each observation is judged: those of ``analyze`` that fit many."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from pcapcheck.cli.options import (
    FILTER_USED,
    PACK,
    PODS,
    SET,
    SINCE,
    UNPACK_LIMIT,
    UNTIL_TIME,
    parse_assignments,
    parse_unpack_limit,
    rules_option,
)
from pcapcheck.cli.output import FILE
from pcapcheck.errors import UsageError
from pcapcheck.values import clean

if TYPE_CHECKING:
    from pcapcheck.fleet.judging import Judging

F = TypeVar("F", bound=Callable[..., Any])
NO_LIMIT = "none"
OPTIONS = (
    rules_option("Use this rule file, expectation file, folder or pack instead of the Calico pack. Repeatable."),
    PACK,
    SET,
    click.option(
        "--node-state",
        multiple=True,
        metavar="FILE",
        type=FILE,
        help="State of a node that is true of all observations, besides those found next to captures. Repeatable.",
    ),
    PODS,
    click.option(
        "--interface",
        "interfaces",
        multiple=True,
        metavar="FILE[#IFINDEX]=NAME",
        help="Name the interface that captures of this name or path were recorded on. Repeatable.",
    ),
    SINCE,
    UNTIL_TIME,
    FILTER_USED,
    UNPACK_LIMIT,
    click.option(
        "--strict",
        is_flag=True,
        help="An observation fails also if a rule was not checked, a row is unknown or an input has a problem.",
    ),
    click.option(
        "--require",
        "required",
        multiple=True,
        metavar="ID",
        help="An observation fails unless this rule was checked. Repeatable.",
    ),
)


def fleet_options(command: F) -> F:
    """The options that say how each observation is judged."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def judging_of(
    rule_paths: tuple[Path, ...],
    pack: str | None,
    assignments: tuple[str, ...],
    node_state: tuple[Path, ...],
    pods_files: tuple[Path, ...],
    interfaces: tuple[str, ...],
    since: str | None,
    until: str | None,
    filter_used: str | None,
    unpack_limit: str | None,
    strict: bool,
    required: tuple[str, ...],
    with_page: bool,
) -> Judging:
    """What the options mean. Raises UsageError or RuleError if one of them means nothing."""
    from pcapcheck.fleet.judging import Judging
    from pcapcheck.links.scope import parse_moment

    return Judging(
        rules=tuple(map(str, rule_paths)),
        pack=pack,
        variables=parse_assignments(assignments),
        unpack_limit=parse_unpack_limit(unpack_limit),
        with_page=with_page,
        strict=strict,
        required=required,
        node_state=tuple(map(str, node_state)),
        pods=tuple(map(str, pods_files)),
        since=parse_moment("--since", since),
        until=parse_moment("--until", until),
        filter_used=filter_used,
        interfaces=interfaces,
    )


def parse_time_limit(text: str) -> float | None:
    """The seconds that ``--timeout`` allows; None: as many as it takes. Raises UsageError if it is no duration."""
    from pcapcheck.values import parse_duration

    if text == NO_LIMIT:
        return None
    try:
        seconds = parse_duration(text) / 1e9
    except ValueError as error:
        raise UsageError(f"--timeout {clean(text)}: {error}; or give {NO_LIMIT}") from None
    if not seconds:
        raise UsageError(f"--timeout {clean(text)}: nothing can be judged in no time; give {NO_LIMIT} for no limit")
    return seconds
