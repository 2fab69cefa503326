"""Remarks on kube-proxy's rules for services that have no pod on their node, whose externalTrafficPolicy is Local.

On most nodes of a healthy cluster there are such rules. They are worth a word where they have dropped something, or
where somebody picked them out of the others.
"""

from __future__ import annotations

from pcapcheck.nodestate.firewall.chains import FirewallRule
from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.source_lines import quote
from pcapcheck.nodestate.state import State
from pcapcheck.triage.local_drops import local_drops, name_of
from pcapcheck.triage.remarks.remark import Remark
from pcapcheck.values import clean

MOST = 3


def local_service_remarks(state: State) -> list[Remark]:
    """A remark per service, the first few of them."""
    said: dict[str, Remark] = {}
    for host in state.hosts:
        for rule in local_drops(host):
            if rule.packets or _is_picked(host):
                said.setdefault(name_of(rule), _remark(host, rule))
    return list(said.values())[:MOST]


def _remark(host: Host, rule: FirewallRule) -> Remark:
    name = clean(name_of(rule))
    counted = f", {rule.packets}x so far" if rule.packets else ""
    sentence = f"kube-proxy on {host.label} drops what comes from outside for {name}: no pod of it is on this node"
    return Remark(
        f"{sentence}{counted} (externalTrafficPolicy: Local); if one is, kube-proxy does not know it for its own: is "
        "the name of the node (--hostname-override) the one in kubectl get nodes?",
        lines=(quote(rule.line),),
        short=sentence,
    )


def _is_picked(host: Host) -> bool:
    """Whether only some of the rules were shown: none of a chain that packets enter by."""
    tables = host.firewall.tables if host.firewall is not None else ()
    return not any(chain.hook for table in tables for chain in table.chains.values())
