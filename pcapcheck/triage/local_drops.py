"""Local drops: kube-proxy's rules for services of externalTrafficPolicy Local that have no pod on the node.

They say so in their comments (Kubernetes: pkg/proxy/iptables/proxier.go): in the service's own chain before version
1.24 (KUBE-XLB-…, which KUBE-NODEPORTS jumps to by the port), later in KUBE-EXTERNAL-SERVICES of the table filter.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcapcheck.nodestate.firewall.chains import DROP, JUMP, Chain, FirewallRule
from pcapcheck.nodestate.host import Host

SAID = "has no local endpoints"
# The target that marks what is to be dropped later.
MARKED = "KUBE-MARK-DROP"
PORT = "dport"


def local_drops(host: Host, port: int | None = None) -> list[FirewallRule]:
    """The rules of a host that drop so: all of them, or those for a port."""
    return [rule for chain, rule in _drops(host) if port is None or port in _ports(host, chain, rule)]


def name_of(rule: FirewallRule) -> str:
    """The service that such a rule is about: ``shop/web:http has no local endpoints`` -> ``shop/web``."""
    return rule.comment.partition(" ")[0].partition(":")[0]


def _chains(host: Host) -> Iterator[Chain]:
    for table in host.firewall.tables if host.firewall is not None else ():
        yield from table.chains.values()


def _drops(host: Host) -> Iterator[tuple[Chain, FirewallRule]]:
    for chain in _chains(host):
        for rule in chain.rules:
            verdict = rule.verdict
            if SAID in rule.comment and verdict is not None and (verdict.kind == DROP or verdict.chain == MARKED):
                yield chain, rule


def _ports(host: Host, chain: Chain, rule: FirewallRule) -> set[int]:
    """The ports of a rule, or of those that jump to its chain."""
    own = _of(rule)
    jumps = (each for other in _chains(host) for each in other.rules if _leads_to(each, chain.name))
    return own or {port for each in jumps for port in _of(each)}


def _leads_to(rule: FirewallRule, name: str) -> bool:
    return rule.verdict is not None and rule.verdict.kind == JUMP and rule.verdict.chain == name


def _of(rule: FirewallRule) -> set[int]:
    """The single ports that a rule is for."""
    return {first for match in rule.matches if match.about == PORT for first, last in match.spans if first == last}
