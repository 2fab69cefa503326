"""Whose rules those of a state's only node are, where pod and dst are on different nodes and nothing else tells."""

from __future__ import annotations

from collections.abc import Sequence

from pcapcheck.nodestate.firewall.chains import Chain
from pcapcheck.nodestate.host import Host
from pcapcheck.triage.machines import short

POD, DST = "pod", "dst"


def owner_of(node: Host, names: Sequence[str | None], calis: Sequence[str]) -> str | None:
    """POD or DST; None where nothing tells, or both. ``names`` are those of their hosts by the captures.

    ``calis`` are their interfaces, of which a node has its own pods' alone: Calico's chains are called after them
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
    """Whether a chain is called after an interface, or rules of it ask for that very one."""
    if interface in chain.name:
        return True
    return any(interface in match.names and not match.negated for rule in chain.rules for match in rule.matches)
