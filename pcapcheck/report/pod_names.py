"""Pods by name: what a report says of an address or a cali interface gets the pod's name behind it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pcapcheck.values import parse_address

if TYPE_CHECKING:
    from pcapcheck.triage.pods import Pods

# What may be an address or the name of an interface, standing by itself.
TOKEN = re.compile(
    r"(?<![\w.:/-])(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,7}|[A-Za-z]{2,8}[0-9a-f]{11})"
    r"(?![\w:/-]|\.\w)"
)


def name_of(token: str, pods: Pods) -> str | None:
    """NAMESPACE/POD of an address or an interface."""
    by_interface = pods.by_interface(token)
    if by_interface is not None:
        return by_interface
    try:
        return pods.by_address(parse_address(token))
    except ValueError:
        return None


def names_in(value: Any, pods: Pods) -> dict[str, str]:
    """The addresses and interfaces anywhere in a document that are known pods', with their names."""
    if isinstance(value, dict):
        return {name: pod for one in value.values() for name, pod in names_in(one, pods).items()}
    if isinstance(value, list):
        return {name: pod for one in value for name, pod in names_in(one, pods).items()}
    if not isinstance(value, str):
        return {}
    found = {match[0]: name_of(match[0], pods) for match in TOKEN.finditer(value)}
    return {token: name for token, name in found.items() if name is not None}
