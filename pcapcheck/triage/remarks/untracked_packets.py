"""Remarks on rules that take packets out of connection tracking, or answer handshakes in a server's place.

An untracked packet belongs to no connection: it is not translated, and no rule for ESTABLISHED lets its answer pass
(kernel: net/netfilter/xt_CT.c). SYNPROXY makes the connection with the client first, with a window of 0, and the one
with the server afterwards (net/netfilter/nf_synproxy_core.c).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pcapcheck.nodestate.firewall.chains import Chain, FirewallRule
from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.source_lines import quote
from pcapcheck.nodestate.state import State
from pcapcheck.triage.remarks.counted_drops import in_words
from pcapcheck.triage.remarks.remark import Remark
from pcapcheck.values import clean

UNTRACKED = re.compile(r"NOTRACK|notrack")
PROXIED = re.compile(r"SYNPROXY|synproxy")
# What names what a rule is for, in the order of a sentence.
NAMED = ("protocol", "saddr", "sport", "daddr", "dport")
WORDS = re.compile(r"(?:-\w|--\w+|ip6? [sd]addr|(?:tcp|udp|th|sctp) [sd]port) ")
# NodeLocal DNSCache leaves its own traffic untracked, as it should (dns/cmd/node-cache); so does Felix what tunnels
# carry and what its doNotTrack policies name.
NODE_LOCAL = re.compile(r"NodeLocal|169\.254\.20\.10")
NODE_LOCAL_PORTS = re.compile(r"[sd]p(?:or)?t[: ]+(?:53|8080|8181|9253|9353)\b")
LOOPBACK = re.compile(r"(?:^|\s)(?:127\.|lo\b)")
TUNNELS = re.compile(r"dp(?:or)?t[: ]+(?:4789|8472)\b")
CALICO = "cali:"
MOST = 3
PROXYING = (
    "the client gets a SYN-ACK with a window of 0, and its data waits until the server has answered a SYN of the "
    "node's: if that answer does not come back through this rule, connections are made and carry nothing (it takes CT "
    "--notrack for the SYNs in raw, net.netfilter.nf_conntrack_tcp_loose=0, and the way back through this node)"
)


def untracked_packet_remarks(state: State) -> list[Remark]:
    """A remark for the rules of a host that leave packets untracked, and one for those that answer handshakes."""
    return [remark for host in state.hosts for remark in (*_untracked(host), *_proxied(host))][:MOST]


def _untracked(host: Host) -> Iterator[Remark]:
    found = [
        (chain, rule)
        for table in (host.firewall.tables if host.firewall is not None else ())
        for chain, rule in _foreign(list(table.rules(UNTRACKED)))
    ]
    if found:
        chain, rule = max(found, key=lambda each: each[1].packets or 0)
        more = f", and {len(found) - 1} more like it" if len(found) > 1 else ""
        sentence = (
            f"a rule of {clean(chain.name or 'a chain')} on {host.label} keeps connection tracking from seeing "
            f"{_subject(rule)}{_so_far(rule)}{more}"
        )
        yield Remark(
            f"{sentence} (NOTRACK): such packets are not translated, so a service's address leads nowhere and an "
            "answer keeps its back end's; and no rule for ESTABLISHED lets their answers pass, so a policy that denies "
            "what comes in drops them. Take the rule out, or let both directions pass by rules of their own",
            lines=(quote(rule.line),),
            short=sentence,
        )


def _foreign(rules: list[tuple[Chain, FirewallRule]]) -> Iterator[tuple[Chain, FirewallRule]]:
    """The rules of a table that are nobody's who knows what they do."""
    node_local = any(NODE_LOCAL.search(rule.line.text) for _, rule in rules)
    for chain, rule in rules:
        text = rule.line.text
        is_usual = (
            rule.comment.startswith(CALICO)
            or (node_local and (NODE_LOCAL.search(text) or NODE_LOCAL_PORTS.search(text)))
            or LOOPBACK.search(text)
            or TUNNELS.search(text)
        )
        if rule.notrack and rule.packets != 0 and not is_usual:
            yield chain, rule


def _proxied(host: Host) -> Iterator[Remark]:
    for table in host.firewall.tables if host.firewall is not None else ():
        for chain, rule in table.rules(PROXIED):
            if PROXIED.search(rule.line.text) and rule.packets != 0:
                sentence = (
                    f"a rule of {clean(chain.name or 'a chain')} on {host.label} makes connections in the place of "
                    f"their server (SYNPROXY): {_subject(rule)}{_so_far(rule)}"
                )
                yield Remark(
                    f"{sentence}; {PROXYING}",
                    lines=(quote(rule.line),),
                    short=sentence,
                )
                return


def _subject(rule: FirewallRule) -> str:
    """``tcp to 10.0.0.1 port 80``: what a rule is for, by its conditions."""
    held = {match.about: match for match in rule.matches}
    said = {
        about: ("other than " if match.negated else "") + clean(WORDS.sub("", match.text.removeprefix("! ")))
        for about, match in held.items()
        if about in NAMED
    }
    words = [said.get("protocol", "what comes")]
    for address, port, way in (("saddr", "sport", "from"), ("daddr", "dport", "to")):
        if address in said or port in said:
            words += [
                way,
                *([said[address]] if address in said else []),
                *([f"port {said[port]}"] if port in said else []),
            ]
    return " ".join(words)


def _so_far(rule: FirewallRule) -> str:
    return f", {in_words(rule.packets)} so far" if rule.packets else ""
