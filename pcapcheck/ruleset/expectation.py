"""Expectations: a file that says what must hold on one recording. It extends a pack, adjusts it and adds rules."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct, field

from pcapcheck.networks import NETWORK_IDS, id_of
from pcapcheck.ruleset.acceptance import read_acceptance
from pcapcheck.ruleset.faults import Faults, each
from pcapcheck.ruleset.files import OF_THE_PACK
from pcapcheck.ruleset.rule import SEVERITIES, keyed, reason_of
from pcapcheck.ruleset.variables import VARIABLES, suggest
from pcapcheck.ruleset.yaml_tree import Node

# The severity that accepts every failure of a rule, and the word that switches a rule off.
INFO, OFF = "info", "off"
KEYS = {
    "extends": "further rules that must hold: a pack, or a file or folder relative to this file; or a list of them",
    "include": "PACK: ids of rules that hold here as well, whichever network that pack is for",
    "network": "network that the rules of this file (in pack.yml: of its folder) are for, as in network: aws-vpc-cni",
    "captures": "the recording: files, folders or patterns, relative to this file",
    "interfaces": "FILE or FILE#IFINDEX: name of the interface that it was recorded on",
    "node_state": "files with the output of commands on the node and in its pods",
    "pods": "files with the output of kubectl get pods -A -o json (or -o wide)",
    "filter_used": "capture filter that tcpdump ran with",
    "variables": "NAME: VALUE for variables of the rules, or for your own, used as $NAME",
    "adjust": "ID: {severity, reason} for a rule from extends; severity off switches it off",
    "accept": "list of accepted failures: {rule, where, until, reason}; where and until are optional",
    "require": "ids of rules that count as failed if they could not be checked",
    "strict": "true: whatever could not be checked counts as failed",
    "rules": "list of your own rules; title, why and severity are optional",
}
ADJUSTMENT = {
    "severity": f"one of {', '.join(SEVERITIES)}, or {OFF}",
    "reason": "why this is acceptable here",
}
_OWN_NAME = re.compile(r"[a-z][a-z0-9_]*")


class Adjustment(Struct, frozen=True):
    """Another severity for a rule, or ``off``, and the reason for it."""

    severity: str
    reason: str
    node: Node


class Recording(Struct, frozen=True):
    """What an expectation file says of its recording; ``interfaces`` as ``--interface`` takes them.

    ``place`` is file and line of its ``captures``.
    """

    captures: tuple[str, ...] = ()
    interfaces: tuple[str, ...] = ()
    node_state: tuple[Path, ...] = ()
    pods: tuple[Path, ...] = ()
    filter_used: str | None = None
    place: str = ""


class Expectation(Struct, frozen=True):
    """One expectation file as written; neither what it extends nor its own rules have been read."""

    extends: tuple[Node, ...]
    variables: dict[str, Node]
    adjustments: dict[str, Adjustment]
    accepted: dict[str, list[Node]]
    rules: tuple[Node, ...]
    required: tuple[Node, ...] = ()
    strict: bool = False
    recording: Recording = field(default_factory=Recording)
    network: str | None = None
    included: tuple[tuple[Node, tuple[Node, ...]], ...] = ()


def is_expectation(node: Node) -> bool:
    """Whether a document is meant as an expectation file: no rule, and pack.yml or with a key of these files alone."""
    if not isinstance(node.value, dict) or {"id", "select"} & set(node.value):
        return False
    return _is_of_the_pack(node) or bool(set(KEYS) & set(node.value))


def _is_of_the_pack(node: Node) -> bool:
    return Path(node.file).name == OF_THE_PACK


def read_expectation(node: Node) -> Expectation:
    """Read one expectation file from its YAML. Raises RuleError with file, line and column."""
    faults = Faults()
    items = node.items("an expectation file")
    with faults.noted():
        keyed(node, "an expectation file", {}, KEYS)
    with faults.noted():
        # The rules of a pack are files next to its own.
        if not ({"extends", "rules", "include"} & set(items) or (_is_of_the_pack(node) and "network" in items)):
            raise node.error("an expectation file needs 'extends' (as in extends: calico), 'include' or 'rules'")
    readers: dict[str, Callable[[], object]] = {
        "extends": lambda: _several(items, "extends"),
        "variables": lambda: _variables(items["variables"]) if "variables" in items else {},
        "adjustments": lambda: _adjustments(items["adjust"]) if "adjust" in items else {},
        "accepted": lambda: _accepted(items["accept"]) if "accept" in items else {},
        "rules": lambda: tuple(items["rules"].entries("'rules'")) if "rules" in items else (),
        "required": lambda: _several(items, "require"),
        "strict": lambda: _is_strict(items["strict"]) if "strict" in items else False,
        "recording": lambda: _recording(items, Path(node.file).parent),
        "network": lambda: _network(items["network"]) if "network" in items else None,
        "included": lambda: _included(items["include"]) if "include" in items else (),
    }
    read = faults.fields(readers)
    faults.check()
    return Expectation(**read)


def _is_strict(node: Node) -> bool:
    strict = node.text("'strict'")
    if strict not in ("true", "false"):
        raise node.error(f"{strict!r} is neither true nor false")
    return strict == "true"


def _several(items: dict[str, Node], name: str) -> tuple[Node, ...]:
    """A text, or a list of them."""
    if name not in items:
        return ()
    node = items[name]
    nodes = node.value if isinstance(node.value, list) else [node]
    for node in nodes:
        if not isinstance(node.value, str):
            raise node.error(f"{name!r} must be text, or a list of texts")
    return tuple(nodes)


def _network(node: Node) -> str:
    """The id of the network that rules are for."""
    id_ = id_of(node.text("'network'"))
    if id_ not in NETWORK_IDS:
        raise node.error(f"there is no network {id_!r}{suggest(id_, NETWORK_IDS)}")
    return id_


def _included(node: Node) -> tuple[tuple[Node, tuple[Node, ...]], ...]:
    """The packs by the places of their names, with the ids that are taken from each."""
    items = node.items("'include'")
    return tuple((node.key(name), _several(items, name)) for name in items)


def _variables(node: Node) -> dict[str, Node]:
    items = node.items("'variables'")

    def check(name: str) -> None:
        items[name].text(f"variable {name!r}")
        if name not in VARIABLES and not _OWN_NAME.fullmatch(name):
            raise node.key(name).error(f"{name!r}: a variable is named with lower-case letters, digits and _")

    each(check, items)
    return items


def _adjustments(node: Node) -> dict[str, Adjustment]:
    def read(given: tuple[str, Node]) -> tuple[str, Adjustment]:
        id_, adjustment = given
        items = keyed(adjustment, "an adjustment", ADJUSTMENT, {})
        severity = items["severity"].text("'severity'")
        if severity not in (*SEVERITIES, OFF):
            raise items["severity"].error(f"severity {severity!r} is not one of: {', '.join((*SEVERITIES, OFF))}")
        return id_, Adjustment(severity, reason_of(items["reason"]), node.key(id_))

    return dict(each(read, node.items("'adjust'").items()))


def _accepted(node: Node) -> dict[str, list[Node]]:
    """The acceptances by rule; the rule's table gives their conditions a meaning."""
    accepted: dict[str, list[Node]] = {}
    read = each(lambda node: (read_acceptance(node)["rule"].text("'rule'"), node), node.entries("'accept'"))
    for rule, node in read:
        accepted.setdefault(rule, []).append(node)
    return accepted


def _recording(items: dict[str, Node], folder: Path) -> Recording:
    def paths(name: str) -> tuple[Path, ...]:
        return tuple(folder / node.text(name) for node in _several(items, name))

    interfaces = items["interfaces"].items("'interfaces'") if "interfaces" in items else {}
    return Recording(
        captures=tuple(str(path) for path in paths("captures")),
        interfaces=tuple(
            f"{file if '/' not in file else folder / file}={name.text('the name of an interface')}"
            for file, name in interfaces.items()
        ),
        node_state=paths("node_state"),
        pods=paths("pods"),
        filter_used=items["filter_used"].text("'filter_used'") if "filter_used" in items else None,
        place=f"{items['captures'].file}:{items['captures'].line}" if "captures" in items else "",
    )
