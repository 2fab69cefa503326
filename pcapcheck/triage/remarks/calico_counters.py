"""Remarks on Calico's own rules, by what they counted: tunnels with one direction, networks that it takes for services.

Felix writes what a rule is for into its comment (felix/rules/static.go).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from operator import itemgetter

from pcapcheck.nodestate.firewall.chains import FirewallRule
from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.source_lines import Line, quote
from pcapcheck.nodestate.state import State
from pcapcheck.triage.remarks.counted_drops import in_words
from pcapcheck.triage.remarks.remark import Remark
from pcapcheck.values import clean

TUNNELS = re.compile(
    r"Allow (?:IPv[46] )?(?P<tunnel>IPIP|VXLAN) packets (?P<way>from|to other)\b"
    r"|Allow (?P<wg_way>incoming|outgoing) (?:IPv[46] )?(?P<wg>Wireguard) packets"
)
COMING = ("from", "incoming")
CARRIED_BY = {"IPIP": "IP protocol 4", "VXLAN": "UDP port 4789", "WIREGUARD": "UDP port 51820"}
BLOCK_CHAIN = "cali-cidr-block"
# felix/rules/rule_defs.go: the chains of what comes from a workload, and goes to it.
ENDPOINT_CHAIN = re.compile(r"(?:filter-)?cali-[ft]w-")
DROPS = re.compile(r"\b(?:DROP|REJECT|drop|reject)\b")
ONLY_HASH = re.compile(r"cali:\S+")
ESTABLISHED = re.compile(r"\bESTABLISHED\b|\bct state (?:\S+,)?established\b")
INVALID = re.compile(r"\bINVALID\b|\bct state invalid\b")
# Fewer may be pings to a node that is gone.
ENOUGH = 3


def calico_counter_remarks(state: State) -> list[Remark]:
    """What counters of Calico's rules say by themselves."""
    return [remark for host in state.hosts for remark in (*_one_way_tunnels(host), *_blocked_networks(host))]


def invalid_drop_remarks(state: State) -> list[Remark]:
    """Endpoints whose chain calls more packets INVALID than it knows connections for: nearly all that comes is lost."""
    return [remark for host in state.hosts for remark in _invalid_drops(host)]


def _one_way_tunnels(host: Host) -> Iterator[Remark]:
    """Tunnels by which packets left, and none came: answers would have come by them."""
    counted: dict[str, dict[bool, list[tuple[int, Line]]]] = {}
    for _, rule in _rules(host, TUNNELS):
        if rule.packets is not None and (match := TUNNELS.search(rule.line.text)):
            kind = (match["tunnel"] or match["wg"]).upper()
            comes = (match["way"] or match["wg_way"]) in COMING
            counted.setdefault(kind, {}).setdefault(comes, []).append((rule.packets, rule.line))
    for kind, ways in counted.items():
        came, left = (sum(packets for packets, _ in ways.get(comes, ())) for comes in (True, False))
        if True in ways and came == 0 and left >= ENOUGH:
            sentence = f"{in_words(left)} left {host.label} by {kind} tunnels, and none came"
            yield Remark(
                f"{sentence}: {CARRIED_BY[kind]} is filtered between the nodes (security groups, firewalls), or the "
                "other nodes send none; the counters began when calico-node wrote the rules",
                lines=tuple(quote(max(ways[comes], key=itemgetter(0))[1]) for comes in (False, True)),
                short=sentence,
            )


def _blocked_networks(host: Host) -> Iterator[Remark]:
    for name, rule in _rules(host, DROPS):
        network = _blocked(name, rule)
        if network and rule.packets:
            whose = "Calico" if name == BLOCK_CHAIN else "a rule of Calico's"
            other = "" if name == BLOCK_CHAIN else "; or a policy denies it"
            sentence = f"{whose} on {host.label} dropped {in_words(rule.packets)} to {clean(network)}"
            yield Remark(
                f"{sentence}, as {BLOCK_CHAIN} does with addresses of services that no service has: a BGPConfiguration "
                "names that network as one of services (serviceClusterIPs, serviceExternalIPs, "
                f"serviceLoadBalancerIPs); if pods have it, take it out there{other}",
                lines=(quote(rule.line),),
                short=sentence,
            )


def _blocked(chain: str, rule: FirewallRule) -> str | None:
    """The network that a rule against loops of service addresses is about; a search may leave such a rule alone."""
    matches = [match for match in rule.matches if match.about != "family"]
    if not rule.drops or len(matches) != 1 or matches[0].about != "daddr" or matches[0].negated:
        return None
    if chain != BLOCK_CHAIN and (chain.startswith("cali-") or not ONLY_HASH.fullmatch(rule.comment)):
        return None
    return matches[0].text.split()[-1]


def _invalid_drops(host: Host) -> Iterator[Remark]:
    chains: dict[str, list[FirewallRule]] = {}
    for name, rule in _rules(host, INVALID):
        if ENDPOINT_CHAIN.match(name):
            chains.setdefault(name, []).append(rule)
    for name, rules in chains.items():
        known = sum(rule.packets or 0 for rule in rules if ESTABLISHED.search(rule.line.text))
        for rule in rules:
            dropped = rule.packets or 0 if rule.drops and INVALID.search(rule.line.text) else 0
            if dropped >= ENOUGH and dropped > known:
                sentence = (
                    f"{clean(name)} on {host.label} dropped {in_words(dropped)} that connection tracking calls INVALID"
                )
                yield Remark(
                    f"{sentence}, and passed {known} of connections that it knows: of a first packet that is a "
                    "checksum that is wrong where it arrives (an offload that does not fill it in: ethtool -k, "
                    "tcpdump -vv there), of others a first packet that this node never saw",
                    lines=(quote(rule.line),),
                    short=sentence,
                )


def _rules(host: Host, words: re.Pattern[str]) -> Iterator[tuple[str, FirewallRule]]:
    for table in host.firewall.tables if host.firewall is not None else ():
        for chain, rule in table.rules(words):
            yield chain.name, rule
