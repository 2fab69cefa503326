"""Ids of rules, names of packs and of variables, as a shell completes them."""

from __future__ import annotations

import click
from click.shell_completion import CompletionItem


def complete_rules(_context: click.Context, _parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """The rules that ship with pcapcheck and whose ids begin like this, with their titles."""
    from pcapcheck.ruleset.files import PACKS, pack
    from pcapcheck.ruleset.load import load_ruleset

    rules = load_ruleset(map(pack, PACKS)).rules
    return [CompletionItem(rule.id, help=rule.title) for rule in rules if rule.id.startswith(begun)]


def complete_packs(_context: click.Context, _parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """The packs for networks whose names begin like this, also as other people call them."""
    from pcapcheck.networks import ALIASES, NAMED

    names = (*NAMED, *ALIASES)
    return [CompletionItem(name, help=ALIASES.get(name)) for name in names if name.startswith(begun)]


def complete_every_pack(_context: click.Context, _parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """The packs whose names begin like this, also those that are for no network."""
    from pcapcheck.networks import ALIASES
    from pcapcheck.ruleset.files import EVERY_PACK

    names = (*EVERY_PACK, *ALIASES)
    return [CompletionItem(name, help=ALIASES.get(name)) for name in names if name.startswith(begun)]


def complete_variables(_context: click.Context, _parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """The variables of rules whose names begin like this, up to the value."""
    from pcapcheck.ruleset.variables import VARIABLES

    found = (variable for variable in VARIABLES.values() if variable.name.startswith(begun))
    return [CompletionItem(f"{variable.name}=", help=f"{variable.help} [{variable.default}]") for variable in found]
