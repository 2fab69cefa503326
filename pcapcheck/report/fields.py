"""The vocabulary of rules, printed from the tables that check them."""

from __future__ import annotations

from typing import IO

from pcapcheck.columns import COLUMNS, TABLES
from pcapcheck.ruleset.conditions import OPERATORS
from pcapcheck.ruleset.rule import OPTIONAL, REQUIRED
from pcapcheck.ruleset.variables import VARIABLES


def write_fields(stream: IO[str]) -> None:
    """What a rule may say: its keys, tables with their columns, operators, variables."""
    stream.write("keys of a rule\n")
    for key, help_ in (REQUIRED | OPTIONAL).items():
        stream.write(f"  {key:22} {help_}{'' if key in REQUIRED else ' (optional)'}\n")
    stream.write("\n")
    for table, what in TABLES.items():
        stream.write(f"table {table}: {what}\n")
        for column in COLUMNS[table].values():
            type_ = " | ".join(column.words) if column.words else column.type.name
            late = " (known at the end)" if column.late else ""
            stream.write(f"  {column.name:22} {type_}: {column.help}{late}\n")
        stream.write("\n")
    stream.write("operators\n")
    for operator in OPERATORS.values():
        stream.write(f"  {operator.name:22} {operator.help}\n")
    stream.write("  all, any, not          combine conditions\n\nvariables (--set NAME=VALUE)\n")
    for variable in VARIABLES.values():
        stream.write(f"  ${variable.name:21} {variable.default}: {variable.help}\n")
