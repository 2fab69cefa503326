"""Whether a rule that may stop a packet stopped the lost ones, and in words why, or why not."""

from __future__ import annotations

import re

from msgspec import Struct

from pcapcheck.nodestate.firewall.chains import REJECT, UNKNOWN, Chain, FirewallRule, FirewallTable, Match
from pcapcheck.nodestate.firewall.keys import ARP_FAMILY
from pcapcheck.nodestate.source_lines import Line, quote
from pcapcheck.protocols import ICMP, ICMPV6, SCTP, TCP, UDP
from pcapcheck.triage.firewall.lost import ARP_ASKED, LostPackets
from pcapcheck.triage.firewall.walked import Hit, Miss

# Conditions on the contents or the length of packets: nft(8), "raw payload expression"; iptables-extensions(8).
CONTENTS = re.compile(
    r"(?:ip6? length|meta length|udp length|@(?:ih|th|nh|ll)\b"
    r"|(?:! )?(?:-m )?(?:--)?(?:string|hex-string|length|u32|bpf)\b|xt match \"?(?:string|length|u32|bpf))"
)
# With fewer packets a counter may match by chance.
FEWEST = 3
FITS, MAY_FIT, NO = "fits", "may-fit", "no"
# Errors for forwarded packets that come only from a rule, or from a prohibit route.
PROHIBITED = {(4, 3, 2), (4, 3, 9), (4, 3, 10), (4, 3, 13), (6, 1, 1), (6, 1, 5), (6, 1, 6)}
PROTOCOLS = {ICMP: "ICMP", TCP: "TCP", UDP: "UDP", ICMPV6: "ICMPv6", SCTP: "SCTP"}
# Why a rule cannot have stopped the packets, by the field that does not match: for one rule and for several.
ABOUT = {
    "family": ("is for the other version of IP", "are for the other version of IP"),
    "arp": ("is for ARP", "are for ARP"),
    "ip": ("is for IP", "are for IP"),
    "arp_operation": ("is for another ARP operation", "are for other ARP operations"),
    "hop_limit": ("is for another TTL or hop limit", "are for another TTL or hop limit"),
    "src_mac": ("is for packets from another MAC", "are for packets from other MACs"),
    "nd_target": ("is for questions for another address", "are for questions for other addresses"),
    "sport": ("is for another port", "are for other ports"),
    "dport": ("is for another port", "are for other ports"),
    "icmp_type": ("is for another ICMP type", "are for other ICMP types"),
    "icmp_code": ("is for another ICMP code", "are for other ICMP codes"),
    "saddr": ("is for packets from another address", "are for packets from other addresses"),
    "daddr": ("is for packets to another address", "are for packets to other addresses"),
    "iif": ("is for another incoming interface", "are for other incoming interfaces"),
    "oif": ("is for another outgoing interface", "are for other outgoing interfaces"),
    "ct_state": ("is for connections in another state", "are for connections in another state"),
    "ct_direction": ("is for the other direction", "are for the other direction"),
    "mark": ("wants a mark that they do not have", "want a mark that they do not have"),
    "tcp_flags": ("is for other TCP flags", "are for other TCP flags"),
    "src_type": ("is for packets of the host itself", "are for packets of the host itself"),
    "way_back": ("wants a way back that is another", "want a way back that is another"),
    "any_way_back": ("wants a way back that is another", "want a way back that is another"),
    "socket": ("is for packets of the host's own programs", "are for packets of the host's own programs"),
    "owner": ("is for packets of the host's own programs", "are for packets of the host's own programs"),
    "pkttype": ("is for frames to many", "are for frames to many"),
    "dst_type": ("is for packets to the host itself", "are for packets to the host itself"),
    "set": ("wants an address or port of another set", "want an address or port of another set"),
}
WHY = {
    "counter": ("has counted no packet", "have counted no packet"),
    "hook": ("stands in a chain that such packets do not pass", "stand in chains that such packets do not pass"),
    "after": ("is not come to: an earlier rule decides", "are not come to: an earlier rule decides"),
    "between": ("would have stopped others like them too", "would have stopped others like them too"),
    "answer": ("answers with an error, and none came", "answer with an error, and none came"),
    "silent": ("drops silently, and an error came", "drop silently, and an error came"),
    "other-answer": ("answers with another error than came", "answer with other errors than came"),
    "other-host": ("is of another host than answered", "are of another host than answered"),
    "reverse": ("is for the other direction", "are for the other direction"),
}


class Said(Struct, frozen=True):
    """The answer about a rule: FITS, MAY_FIT or NO; ``words`` for one rule, ``kind`` of the reason if it is NO.

    ``many`` are the words for several rules with the same reason.
    """

    status: str
    words: str
    line: Line | None
    many: str = ""


def place_of(table: FirewallTable, chain: Chain) -> str:
    """Where a rule stands, in words, if that is shown."""
    if not chain.name:
        return "in a chain that is not shown"
    return f"in chain {chain.name}" + (f" of {table.title}" if table.name else "")


def say_hit(hit: Hit, loss: LostPackets, answered: bool | None = True) -> Said:
    """Whether a matching rule stopped the packets. ``answered``: the error, if one came, is from its host."""
    line = hit.chain.line if hit.rule is None else hit.rule.line
    where = place_of(hit.table, hit.chain)
    if hit.rule is None:
        where = f"the policy of chain {hit.chain.name} of {hit.table.title}"
    no = _answers_otherwise(hit, loss)
    certain = not hit.doubts and not hit.sometimes
    if no is None and loss.between and certain and not hit.before and (hit.packets or 0) < loss.most:
        # Unless its counter says otherwise: then it was there only for a while.
        no = "between"
    if no is None and hit.packets == 0:
        no = "counter"
    if no is None and loss.error_from is not None and answered is False:
        no = "other-host"
    if no is not None:
        return Said(NO, WHY[no][0], line, WHY[no][1])
    if loss.error_from is not None and answered is None:
        return Said(MAY_FIT, f"{where}; whether the answer came from this host is not known", line)
    if hit.doubts and _asks_contents(hit, loss):
        return Said(FITS, f"{where}; it stopped {_count(hit.packets or 0)}, as many as are missing", line)
    if hit.doubts:
        return Said(MAY_FIT, f"{where}; it is not known whether {hit.doubts[0].text} holds for these packets", line)
    if hit.packets is None and _is_witnessed(hit, loss):
        return Said(FITS, f"{where}; it would match, and its answer is the one that came", line)
    if hit.packets is None:
        return Said(MAY_FIT, f"{where}; it would match, but has no counter that shows whether it did", line)
    missing = f"at least {loss.least:,} {'is' if loss.least == 1 else 'are'} missing"
    counted = " (its last rules count them)" if hit.rule is None and hit.chain.policy_packets is None else ""
    stopped = f"{where}; it stopped {_count(hit.packets)}{counted}, {missing}"
    if hit.packets < loss.most:
        return Said(MAY_FIT, f"{stopped}", line)
    if hit.before and not hit.narrow:
        return Said(MAY_FIT, f"{stopped}, but an earlier rule may let them pass: {quote(hit.before[0].line)}", line)
    if not hit.shown and not hit.narrow:
        return Said(MAY_FIT, f"{stopped}, but what comes before it is not shown", line)
    return Said(FITS, stopped, line)


def _asks_contents(hit: Hit, loss: LostPackets) -> bool:
    """Whether only conditions on the packets' contents are unknown, and the rule's counter answers them.

    It does if the rule names these packets otherwise, and counted exactly the lost ones.
    """
    exact = hit.packets == loss.least == loss.most and loss.least >= FEWEST
    sure = hit.narrow and hit.shown and not hit.before and not hit.sometimes
    return exact and sure and all(doubt.about == UNKNOWN and CONTENTS.match(doubt.text) for doubt in hit.doubts)


def _is_witnessed(hit: Hit, loss: LostPackets) -> bool:
    """Whether the answer that came shows that a rule without a counter matched: the rule names that very answer.

    A reset that is not from the end whose address it has is the node's. A closed port answers with 3/3, so that shows
    nothing; RFC 1812, 5.2.7.1 leaves 9, 10 and 13 of type 3 to administrators, RFC 4443, 3.1 the codes 1, 5 and 6 of
    type 1. ICMP, TCP and UDP no Linux host calls unknown (3/2).
    """
    verdict = hit.rule.verdict if hit.rule is not None else None
    if verdict is None or hit.sometimes or not hit.shown:
        return False
    if loss.reset:
        return verdict.reset
    return loss.error is not None and loss.error in verdict.errors and loss.error in PROHIBITED


def _count(number: int) -> str:
    return f"{number:,} packet" + ("s" if number != 1 else "")


def _answers_otherwise(hit: Hit, loss: LostPackets) -> str | None:
    """Whether what the sender heard contradicts the rule."""
    verdict = hit.rule.verdict if hit.rule is not None else None
    rejects = verdict is not None and verdict.kind == REJECT
    if loss.reset:
        plain = verdict is not None and not verdict.reset and bool(verdict.errors)
        return "silent" if not rejects else "other-answer" if plain else None
    if loss.error is None:
        return "answer" if rejects and not loss.unheard else None
    if not rejects or verdict is None:
        return "silent"
    if verdict.reset or (verdict.errors and loss.error not in verdict.errors):
        return "other-answer"
    return None


def say_miss(miss: Miss, loss: LostPackets) -> Said:
    """Why a rule is excluded."""
    if miss.why == "family" or (miss.match is not None and miss.match.about == "family"):
        arp = miss.table.family == "arp" or (miss.match is not None and (ARP_FAMILY, ARP_FAMILY) in miss.match.spans)
        one, many = ABOUT["ip" if loss.kind == ARP_ASKED else "arp" if arp else "family"]
    elif miss.match is None:
        one, many = WHY[miss.why]
    elif miss.match.about == "protocol":
        names = [PROTOCOLS.get(low, str(low)) for low, high in miss.match.spans if low == high]
        named = " and ".join(names) if names and not miss.match.negated else "other protocols"
        one, many = f"is for {named}", f"are for {named}"
    elif _reversed(miss.rule, loss):
        one, many = WHY["reverse"]
    else:
        one, many = ABOUT.get(miss.match.about, ("does not match", "do not match"))
    return Said(NO, one, miss.rule.line, many)


def _reversed(rule: FirewallRule, loss: LostPackets) -> bool:
    """Whether a rule asks for the two addresses the other way round."""

    def has(about: str, address: int) -> bool:
        return any(m.about == about and not m.negated and _holds(m, address) for m in rule.matches)

    return has("saddr", loss.dst) and has("daddr", loss.src)


def _holds(match: Match, address: int) -> bool:
    return any(low <= address <= high for low, high in match.spans)
