"""The JSON Schema (draft 7, which editors know) of rule and expectation files, from the tables that check them.

Editors use it to complete and check while the user types. ``pcapcheck rules check`` finds what it lets through, such as
a column compared with a value out of range, or a file that does not exist.
"""

from __future__ import annotations

from typing import Any

from pcapcheck.column import ADDRESS, BOOL, DURATION, MAC, NUMBER, Column
from pcapcheck.columns import COLUMNS
from pcapcheck.networks import ALIASES, NETWORK_IDS
from pcapcheck.ruleset.acceptance import OPTIONAL as ACCEPTING
from pcapcheck.ruleset.acceptance import REQUIRED as ACCEPTED
from pcapcheck.ruleset.aggregate import AGGREGATES, BOUNDS, RATIO
from pcapcheck.ruleset.conditions import OPERATORS
from pcapcheck.ruleset.expectation import ADJUSTMENT, KEYS, OFF
from pcapcheck.ruleset.files import EVERY_PACK
from pcapcheck.ruleset.rule import BRIEF, OPTIONAL, REQUIRED, SEVERITIES
from pcapcheck.ruleset.variables import VARIABLES
from pcapcheck.table_names import TABLES

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
TEXTS: Schema = {"type": "array", "items": TEXT}
SEVERAL: Schema = {"anyOf": [TEXT, TEXTS]}
# The types that YAML gives a scalar; the tool reads all of them as text.
SCALAR: Schema = {"type": ["string", "number", "boolean"]}
NO_DATE = ["number", "boolean", "array", "object", "null"]
VARIABLE: Schema = {"type": "string", "pattern": "^\\$[a-z]"}
ID: Schema = {"type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$"}
RATIO_VALUE: Schema = {
    "anyOf": [{"type": "number", "minimum": 0, "maximum": 1}, {"type": "string", "pattern": "^[0-9.]+ ?%?$"}, VARIABLE]
}
VALUES: dict[str, Schema] = {
    NUMBER.name: {"type": ["integer", "string"], "pattern": "^(-?[0-9]|\\$)"},
    MAC.name: {"type": "string", "pattern": "^([0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){5}|\\$.*)$"},
    ADDRESS.name: {"type": "string", "pattern": "^([0-9a-fA-F:.]+|\\$.*)$"},
    DURATION.name: {"type": "string", "pattern": "^([0-9.]+ *(ns|us|µs|ms|s|m|h)|\\$.*)$"},
    BOOL.name: {"type": "boolean"},
}


def rule_schema() -> Schema:
    """One schema for both types of file; a file with several documents is checked document by document."""
    definitions: Schema = {"rule": _rule(REQUIRED), "brief": _rule({key: "" for key in REQUIRED if key not in BRIEF})}
    for table, what in TABLES.items():
        definitions[f"{table}-conditions"] = _conditions(table, what)
        definitions[f"{table}-bounds"] = _bounds(table)
    definitions["expectation"] = _expectation()
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "pcapcheck rules and expectations",
        "definitions": definitions,
        "if": {"anyOf": [{"required": ["id"]}, {"required": ["select"]}]},
        "then": {"$ref": "#/definitions/rule"},
        "else": {"$ref": "#/definitions/expectation"},
    }


def _rule(required: dict[str, str]) -> Schema:
    kinds: dict[str, Schema] = {
        "id": ID,
        "severity": {"enum": list(SEVERITIES)},
        "select": {
            "type": "object",
            "required": ["table"],
            "properties": {"table": {"enum": list(TABLES)}},
        },
        "expect": {"type": "object"},
        "count": {
            "type": "object",
            "properties": {"min": {"type": "integer", "minimum": 0}, "max": {"type": "integer", "minimum": 0}},
            "additionalProperties": False,
            "minProperties": 1,
        },
        "occasional": {"type": "boolean"},
        **{name: {"type": "object"} for name in AGGREGATES},
        RATIO: _bound(RATIO_VALUE),
        **dict.fromkeys(("references", "needs", "next"), TEXTS),
    }
    return {
        "type": "object",
        "required": list(required),
        "additionalProperties": False,
        "properties": {
            name: {**kinds.get(name, TEXT), "description": help_} for name, help_ in (REQUIRED | OPTIONAL).items()
        },
        "anyOf": [{"required": [name]} for name in ("expect", "count", *AGGREGATES)],
        "dependencies": {RATIO: ["expect"]},
        "allOf": [_of_table(table) for table in TABLES],
    }


def _of_table(table: str) -> Schema:
    """What a rule about this table may say about its columns."""
    select = {"type": "object", "properties": {"table": {"const": table}}, "required": ["table"]}
    conditions = {"$ref": f"#/definitions/{table}-conditions"}
    bounds = {"$ref": f"#/definitions/{table}-bounds"}
    return {
        "if": {"properties": {"select": select}, "required": ["select"]},
        "then": {
            "properties": {
                "select": conditions,
                # Keys next to a $ref are ignored.
                "expect": {"allOf": [conditions], "minProperties": 1},
                **{name: bounds for name in AGGREGATES if name != RATIO},
            }
        },
    }


def _conditions(table: str, what: str) -> Schema:
    nested = {"$ref": f"#/definitions/{table}-conditions"}
    several = {"type": "array", "minItems": 1, "items": nested}
    return {
        "description": what,
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "table": {"const": table},
            "all": {**several, "description": "all of these must hold"},
            "any": {**several, "description": "one of these must hold"},
            "not": {"allOf": [nested], "description": "this must not hold"},
            **{column.name: _column(column) for column in COLUMNS[table].values()},
        },
    }


def _column(column: Column) -> Schema:
    value = _value(column)
    several = {"type": "array", "items": value, "minItems": 1}
    operands: dict[str, Schema] = {
        "in": several,
        "cidr": {"anyOf": [TEXT, {**TEXTS, "minItems": 1}]},
        "mac_prefix": {"type": "string", "pattern": "^([0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){0,5}|\\$.*)$"},
        "exists": {"type": "boolean"},
        "same_as": {"enum": [other.name for other in COLUMNS[column.table].values() if other.type is column.type]},
    }
    operators = {
        name: {**operands.get(name, value), "description": operator.help}
        for name, operator in OPERATORS.items()
        if (column.type.ordered or not operator.ordered)
        and (column.type is ADDRESS or name != "cidr")
        and (column.type is MAC or name != "mac_prefix")
    }
    return {
        "description": column.help,
        "anyOf": [
            value,
            several,
            {"type": "object", "properties": operators, "additionalProperties": False, "minProperties": 1},
        ],
    }


def _value(column: Column) -> Schema:
    if column.words:
        return {"anyOf": [{"enum": list(column.words)}, VARIABLE]}
    return VALUES.get(column.type.name, SCALAR)


def _bounds(table: str) -> Schema:
    return {
        "type": "object",
        "additionalProperties": False,
        "minProperties": 1,
        "properties": {
            column.name: {**_bound(_value(column)), "description": column.help}
            for column in COLUMNS[table].values()
            if column.type in (NUMBER, DURATION) and not column.deferred
        },
    }


def _bound(value: Schema) -> Schema:
    return {
        "type": "object",
        "additionalProperties": False,
        "minProperties": 1,
        "properties": {name: {**value, "description": OPERATORS[name].help} for name in BOUNDS},
    }


def _acceptance() -> Schema:
    """Only the rule says which table the conditions are about."""
    kinds: dict[str, Schema] = {
        "rule": ID,
        "reason": {**TEXT, "minLength": 1},
        # YAML 1.1 reads it as a date, which JSON does not have.
        "until": {"not": {"type": NO_DATE}, "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},
        "where": {"anyOf": [{"$ref": f"#/definitions/{table}-conditions"} for table in TABLES]},
    }
    return {
        "type": "object",
        "required": list(ACCEPTED),
        "additionalProperties": False,
        "properties": {name: {**kinds[name], "description": help_} for name, help_ in (ACCEPTED | ACCEPTING).items()},
    }


def _expectation() -> Schema:
    one_adjustment = {
        "type": "object",
        "required": list(ADJUSTMENT),
        "additionalProperties": False,
        "properties": {
            # YAML 1.1 reads a bare off as false.
            "severity": {"enum": [*SEVERITIES, OFF, False], "description": ADJUSTMENT["severity"]},
            "reason": {**TEXT, "minLength": 1, "description": ADJUSTMENT["reason"]},
        },
    }
    kinds: dict[str, Schema] = {
        "extends": {"anyOf": [{"enum": list(EVERY_PACK)}, TEXT, TEXTS]},
        "include": {"type": "object", "additionalProperties": SEVERAL},
        "network": {"enum": [*NETWORK_IDS, *ALIASES]},
        "captures": SEVERAL,
        "node_state": SEVERAL,
        "pods": SEVERAL,
        "require": SEVERAL,
        "interfaces": {"type": "object", "additionalProperties": TEXT},
        "variables": {
            "type": "object",
            "properties": {name: {**SCALAR, "description": variable.help} for name, variable in VARIABLES.items()},
            "propertyNames": {"pattern": "^[a-z][a-z0-9_]*$"},
            "additionalProperties": SCALAR,
        },
        "adjust": {"type": "object", "additionalProperties": one_adjustment},
        "accept": {"type": "array", "items": _acceptance()},
        "strict": {"type": "boolean"},
        "rules": {"type": "array", "items": {"$ref": "#/definitions/brief"}},
    }
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {name: {**kinds.get(name, TEXT), "description": help_} for name, help_ in KEYS.items()},
        # The network alone is enough in pack.yml, whose rules are files next to it.
        "anyOf": [{"required": [name]} for name in ("extends", "include", "rules", "network")],
    }
