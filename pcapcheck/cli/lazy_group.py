"""A group of commands, each imported when it is called or listed."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click

from pcapcheck.cli.entry import OneLineIfInterrupted

# What the names of environment variables that stand for options begin with.
ENVIRONMENT = "PCAPCHECK_"


class LazyGroup(click.Group):
    """A group whose commands are named by module: ``{"analyze": "pcapcheck.cli.analyze_command:analyze"}``.

    The group's own help imports all of them for their first lines, so their modules import little.
    """

    def __init__(self, *args: Any, places: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.places = places

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, sorted as click does."""
        return sorted({*self.places, *self.commands})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported if need be. For an unknown name all are: click then suggests a similar one."""
        wanted = [cmd_name] if cmd_name in self.list_commands(ctx) else list(self.places)
        for name in wanted:
            if name not in self.commands:
                module, _, attribute = self.places[name].partition(":")
                command = getattr(import_module(module), attribute)
                name_variables(command)
                self.add_command(command, name)
        return super().get_command(ctx, cmd_name)

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        """The same; a Ctrl-C is what it is anywhere, where click would end with the exit code of a failure."""
        with OneLineIfInterrupted():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        """The same; so is one while a command is imported, or works. A wrong value is said to be whose it is."""
        with OneLineIfInterrupted():
            try:
                return super().invoke(ctx)
            except click.BadParameter as error:
                if error.ctx is not None and error.param in _from_environment(error.ctx):
                    error.param_hint = f"{error.param.envvar} (environment)"
                raise


def variables_used(context: click.Context) -> list[str]:
    """The environment variables that stand for options of this call."""
    return [str(option.envvar) for option in _from_environment(context)]


def _from_environment(context: click.Context) -> list[click.Parameter]:
    source = click.core.ParameterSource.ENVIRONMENT
    return [option for option in context.command.params if context.get_parameter_source(option.name or "") is source]


def name_variables(command: click.Command) -> None:
    """Let the environment stand for options: ``PCAPCHECK_FORMAT`` for ``--format``, in every command that has it."""
    for option in command.params:
        if isinstance(option, click.Option) and option.envvar is None:
            longest = max(option.opts, key=len)
            option.envvar = ENVIRONMENT + longest.lstrip("-").replace("-", "_").upper()
    if isinstance(command, click.Group):
        for within in command.commands.values():
            name_variables(within)
