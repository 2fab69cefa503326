"""Remarks on rules of a firewall that no packet reaches: one before them in their chain rejects or drops everything.

People add an ACCEPT below the REJECT of a distribution or of firewalld, and wonder that it counts nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcapcheck.nodestate.firewall.chains import (
    ACCEPT,
    DROP,
    FORWARD,
    INPUT,
    IPTABLES,
    OUTPUT,
    REJECT,
    Chain,
    FirewallRule,
)
from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.source_lines import quote
from pcapcheck.nodestate.state import State
from pcapcheck.triage.remarks.remark import Remark
from pcapcheck.values import clean

MOST = 3
FAMILY = "family"
HOOKS = (INPUT, FORWARD, OUTPUT)


def unreached_rule_remarks(state: State) -> list[Remark]:
    """A remark per chain in which an ACCEPT is not reached, the first few of them."""
    return [remark for host in state.hosts for remark in _remarks(host)][:MOST]


def _remarks(host: Host) -> Iterator[Remark]:
    for table in host.firewall.tables if host.firewall is not None else ():
        for chain in table.chains.values():
            found = _behind(chain, table.backend == IPTABLES) if _is_entered(chain) else None
            if found is not None:
                ending, lost = found
                word = "rejects" if ending.verdict is not None and ending.verdict.kind == REJECT else "drops"
                sentence = f"a rule of {clean(chain.name)} on {host.label} {word} everything, before one that accepts"
                yield Remark(
                    f"{sentence}: what the rules above it do not accept goes no further, those below it do nothing; "
                    "insert what is to pass above it (iptables -I), or let the firewall's own tool do that",
                    lines=(quote(ending.line), quote(lost.line)),
                    short=sentence,
                )


def _is_entered(chain: Chain) -> bool:
    """Whether packets enter it by a hook, as its name says where a paste shows only its rules."""
    return chain.hook in HOOKS or chain.name.lower() in HOOKS


def _behind(chain: Chain, of_one_version: bool) -> tuple[FirewallRule, FirewallRule] | None:
    """The rule that ends all, and the first below it that accepts.

    ``of_one_version``: the table is for one version of IP, so that no rule leaves the other to those below it.
    """
    ending: FirewallRule | None = None
    for rule in chain.rules:
        kind = rule.verdict.kind if rule.verdict is not None else ""
        if ending is not None and kind == ACCEPT:
            return ending, rule
        is_of_all = all(of_one_version and match.about == FAMILY for match in rule.matches)
        if ending is None and kind in (DROP, REJECT) and is_of_all:
            ending = rule
    return None
