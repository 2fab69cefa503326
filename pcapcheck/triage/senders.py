"""Senders: who an ICMP error came from, in words, where something shows it: the node, a router, the pod itself.

In: failing rows and unanswered questions whose sentences name an error's source by its address. Out: the same
sentences with what that address is (``address_roles``); one of which nothing is known stays a bare address.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from pcapcheck.ruleset.finding import FAIL, Evidence
from pcapcheck.ruleset.result import Result
from pcapcheck.triage.address_roles import NODE_ROLE, POD_ROLE, ROUTER, AddressRoles
from pcapcheck.values import parse_address

if TYPE_CHECKING:
    from pcapcheck.nodestate.state import State

NAMED = (NODE_ROLE, POD_ROLE, ROUTER)
# How sentences name who sent an error (decode/icmp_words.py, exchanges/echo_row.py).
SAYS = re.compile(r"(?<!the )\b([0-9a-f.:]+) says (?=.*\(\d+/\d+\))")
BY = re.compile(r"\b(refused by|prohibited by) ([0-9a-f.:]+)(?= \()|(\(\d+/\d+\)(?:, MTU \d+)? from) ([0-9a-f.:]+)")


def name_senders(result: Result, state: State | None) -> None:
    """Say in failing rows and unanswered questions who sent an error."""
    told = [
        (finding, number, one)
        for finding in result.findings
        if finding.status == FAIL
        for number, one in enumerate(finding.evidence)
        if one.row.get("refusal")
    ]
    questions = [number for number, one in enumerate(result.unanswered) if SAYS.search(one.wording)]
    if not told and not questions:
        return
    roles = AddressRoles(result, state)
    for finding, number, evidence in told:
        finding.evidence[number] = _named(evidence, roles)
    for number in questions:
        one = result.unanswered[number]
        result.unanswered[number] = replace(one, wording=_reworded(one.wording, _namer(roles, one.asked)))


def _named(evidence: Evidence, roles: AddressRoles) -> Evidence:
    asked = evidence.row.get("dst")
    name = _namer(roles, asked if isinstance(asked, int) else None)
    return replace(evidence, headline=_reworded(evidence.headline, name), observed=_reworded(evidence.observed, name))


def _namer(roles: AddressRoles, asked: int | None) -> Callable[[str], str]:
    """What to call the sender of an error about packets to ``asked``."""

    def name(text: str) -> str:
        try:
            address = parse_address(text)
        except ValueError:
            return text
        role = roles.of(address)
        return f"the {role} {text}{' itself' if address == asked else ''}" if role in NAMED else text

    return name


def _reworded(sentence: str, name: Callable[[str], str]) -> str:
    said = SAYS.sub(lambda match: f"{name(match[1])} says ", sentence)
    return BY.sub(lambda match: f"{match[1] or match[3]} {name(match[2] or match[4])}", said)
