"""Remarks on what counts or logs its drops, where a node's state is all that was given.

Next to captures these are causes of what was lost there, or of nothing. By themselves they are what there is to see.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pcapcheck.nodestate.firewall.chains import DROP, ENDING, Chain, FirewallRule
from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.packet_facts import Counter, LogEntry
from pcapcheck.nodestate.readers.kernel_log import CONNTRACK_FULL, MARTIAN, NEIGHBOURS_FULL
from pcapcheck.nodestate.readers.link_counters import LINK
from pcapcheck.nodestate.readers.nstat import NSTAT
from pcapcheck.nodestate.readers.per_processor import CONNTRACK, NEIGHBOURS
from pcapcheck.nodestate.source_lines import Line, quote
from pcapcheck.nodestate.state import State
from pcapcheck.triage.remarks.remark import Remark
from pcapcheck.values import clean, format_address

CROSS_DEVICE = "Invalid cross-device link"
SOURCE_CHECK = "the reverse-path check (rp_filter)"
REASSEMBLED = (
    "each for a piece that was lost: something on the way drops fragments, as many clouds, security groups and "
    "firewalls do (tcpdump -nnv 'ip[6:2] & 0x3fff != 0' on both ends)"
)
# Who counts, and what -> what dropped the packets, and what to look at. Kernel: net/ipv4/proc.c, snmp4_net_list;
# net/netfilter/nf_conntrack_core.c; net/core/neighbour.c, neigh_alloc.
COUNTED = {
    (NSTAT, "TcpExtIPReversePathFilter"): (
        f"{SOURCE_CHECK} dropped",
        "whose route back leads out of another interface than they came in by (ip route get ADDRESS from SOURCE iif "
        "INTERFACE: Invalid cross-device link)",
    ),
    (NSTAT, "TcpExtPAWSPassive"): ("older timestamps made the node drop", "from clients behind one address (NAT)"),
    (NSTAT, "UdpInCsumErrors"): ("wrong checksums made the node drop", "of UDP (ethtool -k vxlan.calico)"),
    (NSTAT, "TcpInCsumErrors"): ("wrong checksums made the node drop", "of TCP (ethtool -k vxlan.calico)"),
    (NSTAT, "IpReasmFails"): ("fragments that did not come made the node drop", REASSEMBLED),
    (NSTAT, "Ip6ReasmFails"): ("fragments that did not come made the node drop", REASSEMBLED),
    (NSTAT, "UdpRcvbufErrors"): (
        "full buffers of sockets dropped",
        "of UDP, whose program reads too slowly (ss -uam; net.core.rmem_max)",
    ),
    (NSTAT, "TcpExtListenOverflows"): ("full queues of listening ports dropped", "that opened connections (ss -lnt)"),
    (CONNTRACK, "insert_failed"): (
        "connection tracking dropped",
        "since two first packets of one socket met, as A and AAAA queries to a DNS service do: each costs 5 s",
    ),
    (CONNTRACK, "drop"): ("connection tracking dropped", "for which its table had no room, or the node no memory"),
    (CONNTRACK, "invalid"): (
        "connection tracking knows no connection for",
        "(invalid), which are not translated, and which Calico and kube-proxy drop",
    ),
    (NEIGHBOURS, "table_fulls"): ("the full table of neighbours dropped", "(net.ipv4.neigh.default.gc_thresh3)"),
}
# Counters that grow a little on healthy nodes -> what counts what passed: only a share of that tells.
SHARES = {
    "IpReasmFails": "IpReasmOKs",
    "Ip6ReasmFails": "Ip6ReasmOKs",
    "UdpRcvbufErrors": "UdpInDatagrams",
}
SMALL = 0.01
BACKWARD = " that checks the reverse path (the route back leads out of another interface)"
INVALID = " for what connection tracking calls INVALID"
POLICY = " for what no network policy or profile of the pod allows"
# felix/rules/endpoints.go: the comments of the rules that end the chains of an endpoint.
POLICY_WORDS = re.compile(r"Drop if no (?:policies|profiles)\b")
DROPPING = re.compile(r"DROP|REJECT|drop|reject")
MOST = 5


def counted_drop_remarks(state: State) -> list[Remark]:
    """A remark per thing that dropped packets, the first few of them."""
    found = [
        remark
        for host in state.hosts
        for remark in (*_checked(host), *_logged(host), *_counted(host), *_by_rules(host))
    ]
    return found[:MOST]


def _remark(sentence: str, advice: str, line: Line) -> Remark:
    return Remark(f"{sentence}{advice}", short=sentence, lines=(quote(line),))


def _checked(host: Host) -> Iterator[Remark]:
    """Routes that were looked up as the check does it, and failed."""
    for lookup in host.lookups:
        if lookup.error and CROSS_DEVICE in lookup.error:
            source = f" from {format_address(lookup.source)}" if lookup.source is not None else ""
            dev = f" on {clean(lookup.iif)}" if lookup.iif else ""
            yield _remark(
                f"{SOURCE_CHECK} of {host.label} drops what comes{source} to {format_address(lookup.target)}{dev}",
                ": its route back leads out of another interface; rp_filter 2 there, or a route back out of it",
                lookup.line,
            )


def _logged(host: Host) -> Iterator[Remark]:
    martians: dict[tuple[tuple[int, ...], str | None], list[LogEntry]] = {}
    for entry in host.log:
        if entry.event == MARTIAN and len(entry.addresses) == 2:
            martians.setdefault((entry.addresses, entry.dev), []).append(entry)
    looked_up = {(lookup.source, lookup.target) for lookup in host.lookups if lookup.error}
    for (ends, dev), entries in martians.items():
        if ends not in looked_up:
            yield _remark(
                f"{SOURCE_CHECK} of {host.label} drops what comes from {format_address(ends[0])} on "
                f"{clean(dev or '?')} (martian source, {len(entries)}x in the log)",
                ": its route back leads out of another interface, or the address is the host's own; rp_filter 2 there, "
                "or a route back out of it",
                entries[0].line,
            )
    for event, what in ((CONNTRACK_FULL, "connection tracking"), (NEIGHBOURS_FULL, "neighbours")):
        full = [entry for entry in host.log if entry.event == event]
        if full:
            yield _remark(
                f"the table of {what} of {host.label} is full, {len(full)}x in the log",
                ": what needs a new entry is dropped",
                full[0].line,
            )


def _counted(host: Host) -> Iterator[Remark]:
    latest = {counter.key: counter for counter in host.counters}
    for counter in latest.values():
        known = COUNTED.get((counter.source, counter.name))
        if known is not None and counter.value > 0 and not _is_small(counter, host):
            what, whose = known
            yield _remark(
                f"{what} {_packets(counter)} on {host.label}",
                f", {whose}; that is since the counters began: read them twice to see whether they grow",
                counter.line,
            )
    yield from _of_interfaces(host, [counter for counter in latest.values() if counter.source == LINK])


def _is_small(counter: Counter, host: Host) -> bool:
    """Whether it is next to nothing of what passed."""
    passed = [other.value for other in host.counters if other.name == SHARES.get(counter.name)]
    return bool(passed) and counter.value < SMALL * passed[-1]


def _of_interfaces(host: Host, counters: list[Counter]) -> Iterator[Remark]:
    """Interfaces that dropped packets: the one that dropped the most is named."""
    dropping = sorted(
        (counter for counter in counters if counter.name == "dropped" and counter.value > 0 and counter.dev),
        key=lambda counter: -counter.value,
    )
    if dropping:
        most = dropping[0]
        many = f", and {len(dropping) - 1} more counters" if len(dropping) > 1 else ""
        of = f" (of {most.passed} that passed)" if most.passed else ""
        direction = "that came in" if most.direction == "in" else "that were to leave"
        yield _remark(
            f"{clean(most.dev or '')} of {host.label} dropped {_packets(most)} {direction}{of}{many}",
            ": a few, once, are what came before a program or the other end was there; read the counters twice (ip -s "
            "link) to see whether they grow",
            most.line,
        )


def _by_rules(host: Host) -> Iterator[Remark]:
    """The policy and the rule that dropped most."""
    tables = host.firewall.tables if host.firewall is not None else ()
    policies = [
        (chain.policy_packets, f"the policy of {clean(chain.name)}", chain.line)
        for table in tables
        for chain in table.chains.values()
        if chain.policy == DROP and chain.policy_packets and chain.line is not None
    ]
    rules = [
        (rule.packets, f"a rule{_of(chain, rule)}{_about(rule)}", rule.line)
        for table in tables
        for chain, rule in table.rules(DROPPING)
        if rule.packets and rule.verdict is not None and rule.verdict.kind in ENDING
    ]
    for found in (policies, rules):
        if found:
            packets, what, line = max(found, key=lambda each: each[0])
            yield _remark(
                f"{what} dropped {in_words(packets)} on {host.label}",
                ": perhaps only what it is meant to drop; see whether it counts the packets that are missed, too",
                line,
            )


def _of(chain: Chain, rule: FirewallRule) -> str:
    """Whose rule it is. Calico drops in chains of its own: one below a chain of iptables was found by a search."""
    if chain.hook and rule.comment.startswith("cali:"):
        return " of Calico's"
    return f" of {clean(chain.name)}" if chain.name else ""


def _about(rule: FirewallRule) -> str:
    """What the rule is for, where a word of it says so (felix/rules/static.go; iptables-extensions(8), rpfilter)."""
    if "INVALID" in rule.line.text.split() or "ct state invalid" in rule.line.text:
        return INVALID
    if POLICY_WORDS.search(rule.line.text):
        return POLICY
    return BACKWARD if "rpfilter" in rule.line.text or "fib saddr" in rule.line.text else ""


def _packets(counter: Counter) -> str:
    return in_words(counter.value)


def in_words(count: int) -> str:
    """A number of packets."""
    return f"{count} packet{'' if count == 1 else 's'}"
