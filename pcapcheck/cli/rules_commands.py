"""pcapcheck rules list, packs, show, check, fields and schema."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pcapcheck.cli.options import OUTPUT, SET, one_line_errors, parse_assignments, rules_option
from pcapcheck.cli.output import FILE, writing
from pcapcheck.cli.rule_completion import complete_every_pack, complete_rules
from pcapcheck.errors import RuleError

if TYPE_CHECKING:
    from pcapcheck.ruleset.rule import Rule

RULES = rules_option("Use these rules instead of those that ship with pcapcheck. Repeatable.")
FORMAT = click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)


@click.group()
def rules() -> None:
    """List, explain and check rules."""


@rules.command("list")
@RULES
@click.option(
    "--pack",
    metavar="NAME",
    shell_complete=complete_every_pack,
    help="List the rules of this pack; pcapcheck rules packs lists the packs.",
)
@FORMAT
@one_line_errors
def list_rules(rule_paths: tuple[Path, ...], pack: str | None, form: str) -> None:
    """Print a line per rule: id, severity, table, title."""
    from pcapcheck.report.rule_list import write_json, write_text
    from pcapcheck.ruleset.files import PACKS

    loaded = _load(rule_paths, PACKS) if pack is None else _of_pack(pack, rule_paths)
    with writing(None) as stream:
        (write_json if form == "json" else write_text)(loaded, stream)


@rules.command("packs")
@FORMAT
@one_line_errors
def list_packs(form: str) -> None:
    """Print a line per pack: its names, how many rules it has, and which links it judges."""
    from pcapcheck.report.pack_list import packs, write_json, write_text

    with writing(None) as stream:
        (write_json if form == "json" else write_text)(packs(), stream)


@rules.command()
@click.argument("rule_id", metavar="ID", shell_complete=complete_rules)
@RULES
@one_line_errors
def show(rule_id: str, rule_paths: tuple[Path, ...]) -> None:
    """Print a rule as it is written, with its mechanism, limits and references."""
    from pcapcheck.ruleset.files import EVERY_PACK
    from pcapcheck.ruleset.variables import suggest

    loaded = {rule.id: rule for rule in _load(rule_paths, EVERY_PACK)}
    if rule_id not in loaded:
        raise RuleError(f"there is no rule {rule_id!r}{suggest(rule_id, loaded)}")
    with writing(None) as stream:
        stream.write(f"# {loaded[rule_id].file}\n{loaded[rule_id].text.rstrip()}\n")


@rules.command()
@click.argument("paths", metavar="[PATH...]", nargs=-1, type=FILE)
@SET
@one_line_errors
def check(paths: tuple[Path, ...], assignments: tuple[str, ...]) -> None:
    """Check files of rules, causes and expectations: every key, column, operator and value.

    A PATH is a file, a folder or a pack. Without a PATH, the rules that ship with pcapcheck are checked,
    with the values given by --set.
    """
    from pcapcheck.ruleset.files import packs_folder
    from pcapcheck.triage.rule_check import check_files

    click.echo(f"{check_files(paths or (packs_folder(),), parse_assignments(assignments))}: no errors")


@rules.command()
@click.option("--format", "form", type=click.Choice(["text", "markdown"]), default="text", show_default=True)
@OUTPUT
@one_line_errors
def fields(form: str, output: str | None) -> None:
    """Print the tables, columns, operators and variables that a rule may name."""
    from pcapcheck.report.vocabulary import write_fields, write_markdown

    with writing(output) as stream:
        (write_markdown if form == "markdown" else write_fields)(stream)


@rules.command()
@OUTPUT
@one_line_errors
def schema(output: str | None) -> None:
    """Print the JSON Schema of rule and expectation files, for editors."""
    import json

    from pcapcheck.ruleset.schema import rule_schema

    with writing(output) as stream:
        stream.write(json.dumps(rule_schema(), indent=2, ensure_ascii=False) + "\n")


def _load(rule_paths: tuple[Path, ...], packs: tuple[str, ...]) -> list[Rule]:
    from pcapcheck.ruleset.files import pack
    from pcapcheck.ruleset.load import load_ruleset

    return load_ruleset(rule_paths or map(pack, packs)).rules


def _of_pack(name: str, rule_paths: tuple[Path, ...]) -> list[Rule]:
    """The rules of a pack, and of these files for its network. Raises UsageError if there is no such pack."""
    from pcapcheck.networks import ALIASES, id_of
    from pcapcheck.ruleset.choose_packs import no_such_pack
    from pcapcheck.ruleset.files import EVERY_PACK, pack_called
    from pcapcheck.ruleset.load import load_ruleset

    folder = pack_called(name)
    if folder is None:
        raise no_such_pack(name, (*EVERY_PACK, *ALIASES))
    return load_ruleset([folder, *rule_paths], network=id_of(name)).rules
