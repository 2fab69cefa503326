"""Ids of rules, as a shell completes them."""

from __future__ import annotations

import click
from click.shell_completion import CompletionItem


def complete_rules(_context: click.Context, _parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """The rules that ship with pcapcheck and whose ids begin like this, with their titles."""
    from pcapcheck.ruleset.files import PACKS, pack
    from pcapcheck.ruleset.load import load_ruleset

    rules = load_ruleset(map(pack, PACKS)).rules
    return [CompletionItem(rule.id, help=rule.title) for rule in rules if rule.id.startswith(begun)]
