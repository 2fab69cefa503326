"""What the firewalls of a case's hosts show: whether a rule of each sort fits, with its lines."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from msgspec import Struct, field
from msgspec.structs import replace

from pcapcheck import protocols
from pcapcheck.nodestate.firewall.chains import IPTABLES, REJECT, SOMETIMES, Chain, FirewallRule, FirewallTable
from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.source_lines import Line, Quoted, quote
from pcapcheck.protocols import PORT_UNREACHABLE, VXLAN_PORT
from pcapcheck.triage.firewall.lost import ARP_ASKED, LostPackets
from pcapcheck.triage.firewall.owner import CALICO, KUBE, NODE, owner
from pcapcheck.triage.firewall.stage import Stage, with_way_back
from pcapcheck.triage.firewall.traced_drops import traced_drops
from pcapcheck.triage.firewall.verdict import FITS, MAY_FIT, NO, Said, say_hit, say_miss
from pcapcheck.triage.firewall.walk import walk
from pcapcheck.triage.firewall.walked import Hit
from pcapcheck.values import is_ipv4

# What may be known of a sort of rule (columns such as ``state.node_firewall``).
NONE_FITS, NONE_SHOWN_FITS = "none-fits", "none-shown-fits"
WORDS = (FITS, MAY_FIT, NONE_FITS, NONE_SHOWN_FITS)
# Sorts of rules, by owner and effect; RATES drop what is beyond a rate, whoever set it.
DROPS, POLICY, REJECTS, ENDPOINTS, TUNNEL, RATES = "drops", "policy", "rejects", "endpoints", "tunnel", "rates"
# A rate, of nft and of iptables; and one that holds for what is beyond it. Others hold for what is below.
RATE = re.compile(r"(?:limit rate|limit name|(?:--|xt match \"?)(?:hash)?limit\b|-m (?:hash)?limit\b)")
BEYOND = re.compile(r"(?:rate over|limit-above)")
UNKNOWN_SOURCE = re.compile(r"packets from non-(?:allowed|Calico) hosts")
# Spans of tunnels: VXLAN's port, and the protocol IP in IP.
TUNNEL_PORTS, IPIP = (((VXLAN_PORT, VXLAN_PORT),),), ((protocols.IPIP, protocols.IPIP),)
QUOTED = 2
REASONS = 3


class _Heard(Struct):
    """What each rule comes to for the packets that it may have met."""

    kind: str
    line: Line | None
    said: list[Said] = field(default_factory=list)

    @property
    def best(self) -> Said:
        order = (FITS, MAY_FIT, NO)
        return min(self.said, key=lambda said: order.index(said.status))


class Answers:
    """The rules on some hosts, checked for the packets of a case."""

    def __init__(self, loss: LostPackets, stages: Iterable[Stage]) -> None:
        self.loss = loss
        self.stages = list(stages)
        self.hosts: dict[int, Host] = {}
        self.heard: dict[object, _Heard] = {}
        for stage in self.stages:
            self.hosts[id(stage.host)] = stage.host
            if stage.host.firewall is None:
                continue
            walked = walk(stage.host.firewall, with_way_back(stage.host, stage.packet), lost=loss.least)
            for hit in walked.hits:
                said = say_hit(hit, loss, has_answered(stage.host, loss, stage.spoken))
                self._hear(hit.table, hit.chain, hit.rule, said, limited=_is_limited(hit, loss))
            for miss in walked.misses:
                self._hear(miss.table, miss.chain, miss.rule, say_miss(miss, loss))

    def _hear(
        self, table: FirewallTable, chain: Chain, rule: FirewallRule | None, said: Said, *, limited: bool = False
    ) -> None:
        key = id(rule) if rule is not None else id(chain)
        heard = self.heard.setdefault(key, _Heard(RATES if limited else self._kind(table, chain, rule), said.line))
        heard.said.append(said)

    def _kind(self, table: FirewallTable, chain: Chain, rule: FirewallRule | None) -> str:
        whose = owner(table, chain)
        rejects = rule is not None and rule.verdict is not None and rule.verdict.kind == REJECT
        if rejects and rule is not None and _is_for_endpoints(chain, rule, whose):
            return ENDPOINTS
        if rule is not None and whose != KUBE and _is_for_tunnels(chain, rule, whose):
            return TUNNEL
        if whose == CALICO:
            return POLICY
        return REJECTS if rejects else DROPS

    def of(self, *kinds: str) -> Quoted[str] | None:
        """Whether a rule of some sorts fits, with its line; None if no listing shows it.

        A trace that says that such a chain dropped these packets is worth more than any listing.
        """
        sorts = {CALICO: POLICY, NODE: DROPS}
        traced = [quote(line) for whose, line in traced_drops(self.stages) if sorts[whose] in kinds]
        if traced:
            return Quoted(FITS, tuple(traced[:QUOTED]))
        asked = [heard for heard in self.heard.values() if heard.kind in kinds]
        for status in (FITS, MAY_FIT):
            some = [heard.best for heard in asked if heard.best.status == status]
            if some:
                return Quoted(status, tuple(_quoted(said) for said in some[:QUOTED]))
        if not asked:
            lacking = [line for host in self.hosts.values() if (line := host.lacks("ruleset", "no such rule"))]
            return Quoted(NONE_SHOWN_FITS, tuple(map(quote, lacking[:QUOTED]))) if lacking else None
        shows_all = _shows_all_of_arp if self.loss.kind == ARP_ASKED else _shows_all
        whole = all(shows_all(host) for host in self.hosts.values())
        return Quoted((NONE_FITS if whole else NONE_SHOWN_FITS), (_summed_up([heard.best for heard in asked]),))


def _is_limited(hit: Hit, loss: LostPackets) -> bool:
    """Whether a rule drops what is beyond a rate: by its own condition, or since one before lets what is below pass.

    Then others like the lost packets passed; and an answer is more than a drop.
    """
    rejects = hit.rule is not None and hit.rule.verdict is not None and hit.rule.verdict.kind == REJECT
    if rejects or not loss.answered:
        return False
    own = _rates([hit.rule] if hit.rule is not None else [])
    return any(map(BEYOND.search, own)) or not all(map(BEYOND.search, _rates(hit.before)))


def _rates(rules: Iterable[FirewallRule]) -> list[str]:
    """The conditions of rules on a rate, as they are written."""
    matches = (match for rule in rules for match in rule.matches if match.about == SOMETIMES)
    return [match.text for match in matches if RATE.search(match.text)]


def has_answered(host: Host, loss: LostPackets, spoken: frozenset[int] = frozenset()) -> bool | None:
    """Whether a host is the one whose error came: by its addresses, where the state lists them, or those that it
    speaks ARP with; None: not known.

    An error has one of its sender's own addresses (kernel: net/ipv4/icmp.c, __icmp_send; net/ipv6/icmp.c, icmp6_send).
    """
    if loss.error_from is None:
        return None
    if any(address.ip == loss.error_from for address in host.addresses):
        return True
    if f"addresses{4 if is_ipv4(loss.error_from) else 6}" in host.whole:
        return False
    return True if loss.error_by == "node" or loss.error_from in spoken else None


def _shows_all(host: Host) -> bool:
    """Whether every rule of a host is listed: nft's, and those that legacy iptables keeps, if any."""
    if host.firewall is None or not {"ruleset", "legacy"} <= host.whole:
        return False
    saved = any(
        table.backend == IPTABLES and table.whole and table.legacy is not False for table in host.firewall.tables
    )
    return host.firewall.legacy is None or saved


def _shows_all_of_arp(host: Host) -> bool:
    """Whether every ARP rule is listed: nft's, and those that legacy arptables keeps."""
    if host.firewall is None or not {"ruleset", "arp-legacy"} <= host.whole:
        return False
    return host.firewall.legacy_arp is None or any(
        table.family == "arp" and table.whole for table in host.firewall.tables
    )


def _is_for_endpoints(chain: Chain, rule: FirewallRule, whose: str) -> bool:
    """Whether a reject is kube-proxy's for a service without endpoints, by its chain.

    Its comment says so. nft leaves out comments of iptables; then it is a rule for one address and port.
    """
    if "has no endpoints" in rule.comment:
        return True
    if whose == KUBE:
        return True
    verdict = rule.verdict
    plain = verdict is not None and not verdict.errors.isdisjoint(PORT_UNREACHABLE.values())
    return not chain.name and plain and _is_one(rule, "daddr") and _is_one(rule, "dport")


def _is_for_tunnels(chain: Chain, rule: FirewallRule, whose: str) -> bool:
    """Whether it is Calico's rule against tunnels from hosts that it does not know (felix/rules/static.go).

    Its comment says so. nft leaves out comments of iptables; then it is a rule in a chain of Calico's, or in a chain
    that is not shown, for a tunnel's port or protocol and, as Calico has it, for packets to the host itself.
    """
    if UNKNOWN_SOURCE.search(rule.comment):
        return True
    asked = {match.about: match.spans for match in rule.matches if not match.negated}
    if asked.get("dport") not in TUNNEL_PORTS and asked.get("protocol") != IPIP:
        return False
    return whose == CALICO or (not chain.name and "dst_type" in asked)


def _is_one(rule: FirewallRule, about: str) -> bool:
    return any(match.about == about and not match.negated and _single(match.spans) for match in rule.matches)


def _single(spans: tuple[tuple[int, int], ...]) -> bool:
    return len(spans) == 1 and spans[0][0] == spans[0][1]


def _quoted(said: Said) -> str:
    return f"{quote(said.line)}  ({said.words})" if said.line is not None else said.words


def _summed_up(some: list[Said]) -> str:
    """Excluded rules in one line: one rule in its own words, several by count and reason."""
    if len(some) == 1:
        said = some[0]
        return _quoted(replace(said, words=f"cannot have been it: it {said.words}"))
    reasons = Counter(said.many for said in some)
    ones = {said.many: said.words for said in some}
    parts = [f"{count} {many if count > 1 else ones[many]}" for many, count in reasons.most_common(REASONS)]
    rest = sum(reasons.values()) - sum(count for _, count in reasons.most_common(REASONS))
    if rest:
        parts.append(f"{rest} for other reasons")
    first = min((said.line for said in some if said.line is not None), key=lambda line: (line.file, line.number))
    return f"{first.file}:{first.number}: none of {len(some)} rules from here on: {', '.join(parts)}"
