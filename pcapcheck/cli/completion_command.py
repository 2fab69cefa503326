"""pcapcheck completion."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from pcapcheck.cli.output import writing

SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print what a shell needs to complete commands, options and rules.

    \b
    Put one of these lines into the shell's start-up file:
      eval "$(pcapcheck completion bash)"      ~/.bashrc
      eval "$(pcapcheck completion zsh)"       ~/.zshrc, after compinit
      pcapcheck completion fish | source       ~/.config/fish/config.fish
    """
    complete = get_completion_class(shell)
    assert complete is not None
    # The variable that click looks for when a shell asks what comes next.
    source = complete(context.find_root().command, {}, "pcapcheck", "_PCAPCHECK_COMPLETE").source()
    with writing(None) as stream:
        stream.write(source)
