"""Remarks on rules that give packets another source: all packets that pass, or an address that is not the node's.

What MASQUERADE or SNAT catches between pods comes from the node: policies and logs see the node instead of the pod, and
an answer to an address that is not the node's goes to whoever has it (iptables-extensions(8), MASQUERADE and SNAT).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pcapcheck.nodestate.firewall.chains import ENDING, POSTROUTING, Chain, FirewallRule
from pcapcheck.nodestate.host import POD, Host
from pcapcheck.nodestate.numbers import address
from pcapcheck.nodestate.source_lines import quote
from pcapcheck.nodestate.state import State
from pcapcheck.triage.remarks.counted_drops import in_words
from pcapcheck.triage.remarks.remark import Remark
from pcapcheck.values import clean, format_address, is_ipv4

CHANGING = re.compile(r"MASQUERADE|SNAT|masquerade|snat")
# The one address that a rule gives, as iptables-save, iptables -L and nft print it.
GIVEN = re.compile(
    r"(?:--to-source |\bto:|\bsnat (?:ip6? )?to )([\da-fA-F.]+|\[[\da-fA-F:]+\]|[\da-fA-F:]*::[\da-fA-F:]*)"
)
# What a rule for all may still name.
WHOEVER = ("family", "saddr")
MOST = 3


def changed_source_remarks(state: State) -> list[Remark]:
    """A remark per such rule, the first few of them."""
    found = (remark for host in state.hosts if host.role != POD for remark in _remarks(host))
    return [remark for _, remark in zip(range(MOST), found, strict=False)]


def _remarks(host: Host) -> Iterator[Remark]:
    for table in host.firewall.tables if host.firewall is not None else ():
        for chain in table.chains.values():
            if not chain.mentions(CHANGING):
                continue
            for at, rule in enumerate(chain.rules):
                if rule.translates == "saddr" and rule.packets:
                    yield from _of_stranger(host, chain, rule)
                    if chain.hook == POSTROUTING and _is_for_all(rule, chain.rules[:at]):
                        yield _of_all(host, chain, rule, table.whole)


def _is_for_all(rule: FirewallRule, before: Sequence[FirewallRule]) -> bool:
    """Whether it catches what goes from pod to pod: whatever its destination, by whatever interface.

    Rules above that let something go by its destination, or its mark, are made to leave that out.
    """
    if any(match.about not in WHOEVER for match in rule.matches) or any(match.negated for match in rule.matches):
        return False
    return not any(
        other.verdict is not None
        and other.verdict.kind not in ENDING
        and not other.translates
        and any(match.about in ("daddr", "oif", "mark", "dst_type") for match in other.matches)
        for other in before
    )


def _of_all(host: Host, chain: Chain, rule: FirewallRule, whole: bool) -> Remark:
    """``whole``: no rule above it was left out, as by grep, that may let go what is for pods."""
    whose = next((match.text.split()[-1] for match in rule.matches if match.about == "saddr"), "")
    what = f"all that {clean(whose)} sends" if whose else "all that leaves it"
    sentence = (
        f"a rule of {clean(chain.name)} on {host.label} gives {what} another source "
        f"({in_words(rule.packets or 0)} so far)"
    )
    unless = "" if whole else ", unless rules above it that are not shown leave that out"
    return Remark(
        f"{sentence}: from pod to pod too{unless}, where policies and logs then see the node's address instead of the "
        "pod's, and the address of one card or tunnel may be one that the other end does not answer to; let it apply "
        "only to what leaves the cluster (! -d NETWORK OF PODS, -o CARD)",
        lines=(quote(rule.line),),
        short=sentence if whole else "",
    )


def _of_stranger(host: Host, chain: Chain, rule: FirewallRule) -> Iterator[Remark]:
    given = GIVEN.search(rule.line.text)
    source = address(given[1].strip("[]")) if given else None
    if source is None or f"addresses{4 if is_ipv4(source) else 6}" not in host.whole or host.contradictions:
        return
    held = {entry.ip for entry in host.addresses}
    if source not in held:
        sentence = (
            f"a rule of {clean(chain.name or 'a chain')} on {host.label} gives {in_words(rule.packets or 0)} the "
            f"source {format_address(source)}, which is no address of {host.label}"
        )
        yield Remark(
            f"{sentence}: answers come back only if others route that address to it; else they go to whoever has it, "
            "or nowhere (ip addr; arping)",
            lines=(quote(rule.line),),
            short=sentence,
        )
