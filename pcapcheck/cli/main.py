"""The command line: reads options, calls the library, writes what it returns. Nothing is decided here."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from pcapcheck.cli.lazy_group import LazyGroup
from pcapcheck.cli.output import complain, writing
from pcapcheck.cli.project_file import find_project_file, read_project_file
from pcapcheck.cli.unknown_variables import tell_unknown
from pcapcheck.errors import UsageError
from pcapcheck.kernels import is_compiled
from pcapcheck.version import __version__

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

COMMANDS = {
    "analyze": "pcapcheck.cli.analyze_command:analyze",
    "capture-plan": "pcapcheck.cli.script_commands:capture_plan",
    "completion": "pcapcheck.cli.completion_command:completion",
    "export": "pcapcheck.cli.export_command:export",
    "fleet": "pcapcheck.cli.fleet_command:fleet",
    "history": "pcapcheck.cli.history_command:history",
    "interface": "pcapcheck.cli.script_commands:interface",
    "node-script": "pcapcheck.cli.script_commands:node_script",
    "record": "pcapcheck.cli.record_command:record",
    "redact": "pcapcheck.cli.redact_command:redact",
    "rules": "pcapcheck.cli.rules_commands:rules",
    "state": "pcapcheck.cli.state_command:state",
    "watch": "pcapcheck.cli.watch_command:watch",
}
# The commands that a project file has something to say to.
JUDGING = ("analyze", "export", "fleet", "record", "state", "watch")


@click.group(
    cls=LazyGroup,
    places=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, message=f"pcapcheck %(version)s ({'compiled' if is_compiled() else 'plain Python'})")
@click.pass_context
def main(context: click.Context) -> None:
    """Tell, from a packet capture, whether a Calico node did its part, and if not, why not."""
    tell_unknown(context)
    if context.invoked_subcommand in JUDGING:
        _use_project_file(context, context.invoked_subcommand)


def _use_project_file(context: click.Context, command: str) -> None:
    """Let a project file say what options and the environment do not."""
    try:
        file = find_project_file()
        if file is None:
            return
        values = read_project_file(file)
    except UsageError as error:
        complain(f"error: {error}")
        sys.exit(2)
    # --set adds to the file's variables; the other options replace what the file says.
    context.obj = values.pop("assignments", [])
    context.default_map = {command: values}
    complain(f"{file} is used")


def _complete_commands(context: click.Context, _parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """The commands that ``help`` explains, and behind the name of a group those in it."""
    from click.shell_completion import CompletionItem

    group: click.Command | None = context.find_root().command
    for name in context.params.get("names") or ():
        group = group.get_command(context, name) if isinstance(group, click.Group) else None
    known = group.list_commands(context) if isinstance(group, click.Group) else []
    return [CompletionItem(name) for name in known if name.startswith(begun)]


@main.command("help")
@click.argument("names", metavar="[COMMAND...]", nargs=-1, shell_complete=_complete_commands)
@click.pass_context
def help_(context: click.Context, names: tuple[str, ...]) -> None:
    """Show the help of a command.

    For example: pcapcheck help rules list
    """
    from pcapcheck.ruleset.variables import suggest

    shown = context.find_root()
    for name in names:
        group = shown.command
        command = group.get_command(shown, name) if isinstance(group, click.Group) else None
        if command is None:
            known = group.list_commands(shown) if isinstance(group, click.Group) else []
            complain(f"error: there is no command {' '.join(names)!r}{suggest(name, known)}")
            sys.exit(2)
        shown = click.Context(command, info_name=name, parent=shown)
    with writing(None) as stream:
        stream.write(f"{shown.get_help()}\n")
