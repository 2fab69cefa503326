"""Pods by name: the pod's name follows an address or a cali interface in a report."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pcapcheck.values import parse_address

if TYPE_CHECKING:
    from pcapcheck.triage.pods import Pods

# A word that may be an address or the name of an interface.
TOKEN = re.compile(
    r"(?<![\w.:/-])(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,7}|[A-Za-z]{2,8}[0-9a-f]{11})"
    r"(?![\w:/-]|\.\w)"
)
# What is quoted is a command to copy, or a line as it was read: it stays as it is.
QUOTED = re.compile(r""""[^"]*"|(?<!\w)'[^']*'""")


def name_of(token: str, pods: Pods, only_pods: bool = False) -> str | None:
    """NAMESPACE/POD of an address or an interface, else what a capture calls the address unless ``only_pods``."""
    by_interface = pods.by_interface(token)
    if by_interface is not None:
        return by_interface
    try:
        address = parse_address(token)
    except ValueError:
        return None
    return pods.by_address(address) if only_pods else pods.name_of_address(address)


def mentions(text: str, pods: Pods) -> Iterator[tuple[int, str]]:
    """Where the first mention of each pod's address or interface ends, with the pod's name."""
    named: set[str] = set()
    quoted = [match.span() for match in QUOTED.finditer(text)]
    for match in TOKEN.finditer(text):
        if any(begin < match.start() < end for begin, end in quoted):
            continue
        name = name_of(match[0], pods)
        if name is not None and name not in named:
            named.add(name)
            yield match.end(), name


def with_names(text: str, pods: Pods | None) -> str:
    """The text with the name of each pod after the first mention of its address or interface."""
    if pods is None:
        return text
    parts, done = [], 0
    for end, name in mentions(text, pods):
        parts.append(f"{text[done:end]} [{name}]")
        done = end
    return "".join(parts) + text[done:]


def names_in(value: Any, pods: Pods, only_pods: bool = True) -> dict[str, str]:
    """The addresses and interfaces anywhere in a document that are known pods', with their names.

    Without ``only_pods`` what captures call addresses counts too.
    """
    if isinstance(value, dict):
        return {name: pod for item in value.values() for name, pod in names_in(item, pods, only_pods).items()}
    if isinstance(value, list):
        return {name: pod for item in value for name, pod in names_in(item, pods, only_pods).items()}
    if not isinstance(value, str):
        return {}
    found = {match[0]: name_of(match[0], pods, only_pods) for match in TOKEN.finditer(value)}
    return {token: name for token, name in found.items() if name is not None}
