"""Senders: who an ICMP error came from, in words, if something shows it: the node, a router, the pod itself.

In: failing rows and unanswered questions whose sentences name an error's source by its address. Out: the same
sentences with what that address is (``address_roles``); an address about which nothing is known stays bare.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec.structs import replace

from pcapcheck.ruleset.finding import FAIL, Evidence, Finding
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.triage.address_roles import NODE_ROLE, POD_ROLE, ROUTER, AddressRoles
from pcapcheck.values import as_number, parse_address

if TYPE_CHECKING:
    from pcapcheck.nodestate.state import State

NAMED = (NODE_ROLE, POD_ROLE, ROUTER)
# How sentences name the sender of an error (decode/icmp_words.py, exchanges/echo_row.py).
SAYS = re.compile(r"(?<!the )\b([0-9a-f.:]+) says (?=.*\(\d+/\d+\))")
BY = re.compile(r"\b(refused by|prohibited by) ([0-9a-f.:]+)(?= \()|(\(\d+/\d+\)(?:, MTU \d+)? from) ([0-9a-f.:]+)")


def name_senders(judgement: Judgement, state: State | None) -> Judgement:
    """Name the sender of an error in failing rows and unanswered questions."""
    findings = [finding for finding in judgement.findings if _has_sender(finding)]
    if not findings and not any(SAYS.search(question.wording) for question in judgement.unanswered):
        return judgement
    roles = AddressRoles(judgement, state)
    return replace(
        judgement,
        findings=[_with_senders(finding, roles) if _has_sender(finding) else finding for finding in judgement.findings],
        unanswered=[
            replace(question, wording=_reworded(question.wording, _namer(roles, question.asked)))
            if SAYS.search(question.wording)
            else question
            for question in judgement.unanswered
        ],
    )


def _has_sender(finding: Finding) -> bool:
    return finding.status == FAIL and any(evidence.row.get("refusal") for evidence in finding.evidence)


def _with_senders(finding: Finding, roles: AddressRoles) -> Finding:
    return replace(
        finding,
        evidence=[
            _named(evidence, roles) if evidence.row.get("refusal") else evidence for evidence in finding.evidence
        ],
    )


def _named(evidence: Evidence, roles: AddressRoles) -> Evidence:
    asked = evidence.row.get("dst")
    name = _namer(roles, as_number(asked))
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
