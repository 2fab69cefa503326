"""Which end the only node of a state belongs to, if pod and dst are on different nodes and nothing else shows it."""

from __future__ import annotations

from collections.abc import Sequence

from pcapcheck.nodestate.firewall.chains import Chain
from pcapcheck.nodestate.host import Host
from pcapcheck.triage.machines import short

POD, DST = "pod", "dst"


def owner_of(node: Host, names: Sequence[str | None], calis: Sequence[str]) -> str | None:
    """POD or DST; None if nothing shows it, or both fit. ``names`` are their hosts' names in the captures.

    ``calis`` are their interfaces; a node has only its own pods'. Calico's chains are named after them
    (felix/rules/rule_defs.go), and rules ask for them.
    """
    name = short(node.name) if not node.assumed else None
    known = [short(name) for name in names]
    if name is not None and known[0] != known[1] and name in known:
        return (POD, DST)[known.index(name)]
    tables = node.firewall.tables if node.firewall is not None else ()
    chains = [chain for table in tables for chain in table.chains.values()]
    named = [bool(cali) and any(_names(chain, cali) for chain in chains) for cali in calis]
    return (POD, DST)[named.index(True)] if named.count(True) == 1 else None


def _names(chain: Chain, interface: str) -> bool:
    """Whether a chain is named after an interface, or one of its rules asks for it."""
    if interface in chain.name:
        return True
    return any(interface in match.names and not match.negated for rule in chain.rules for match in rule.matches)
