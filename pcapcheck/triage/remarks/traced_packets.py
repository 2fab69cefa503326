"""Remarks on packets that netfilter traced or logged: which chain dropped them."""

from __future__ import annotations

import re

from pcapcheck.nodestate.packet_facts import LOGGED, TracedPacket
from pcapcheck.nodestate.source_lines import Line, quote
from pcapcheck.nodestate.state import State
from pcapcheck.protocols import name_protocol
from pcapcheck.triage.remarks.remark import Remark
from pcapcheck.values import clean, format_address

MOST_SHOWN = 3
# The tables whose chains see a packet last before its route is chosen, and these chains of iptables and Calico.
LAST_BEFORE_ROUTING = ("mangle", "nat")
BEFORE_ROUTING = ("PREROUTING", "cali-PREROUTING")
# Words in the prefixes of rules that log what the next one drops: those of firewalld (LogDenied), of ufw, of people.
STOPPED = re.compile(r"(?i)(?<!\bno[-_ ])(?<!\bnot[-_ ])(?<!\bun)(?:drop|reject|den(?:y|ied)|block)")

# ufw's prefixes for what it lets pass and for all that begins, whatever becomes of it (ufw(8), LOGGING).
PASSED = re.compile(r"\[UFW (?:ALLOW|AUDIT|LIMIT ALLOW)\]")


def traced_packet_remarks(state: State) -> list[Remark]:
    """A remark for the packets of each chain that stopped some, the most frequent first."""
    found: dict[tuple[str, str], list[Line]] = {}
    for host in state.hosts:
        for packet in host.traces:
            if PASSED.fullmatch((packet.prefix or "").strip()):
                continue
            found.setdefault((_what(packet, host.label), _at_routing(packet)), []).append(packet.line)
    ordered = sorted(found.items(), key=lambda each: -len(each[1]))
    remarks = [
        Remark(f"{text} ({len(lines)}x){behind}", tuple(map(quote, lines[:1])), short=text)
        for (text, behind), lines in ordered[:MOST_SHOWN]
    ]
    if len(ordered) > MOST_SHOWN:
        remarks.append(Remark(f"and {len(ordered) - MOST_SHOWN} more packets that were traced or logged"))
    return remarks


def _what(packet: TracedPacket, host: str) -> str:
    ends = f"{format_address(packet.src)} > {format_address(packet.dst)}"
    if packet.protocol is not None:
        ends += f" {name_protocol(packet.protocol)}"
    if packet.dport is not None:
        ends += f" port {packet.dport}"
    if not packet.table:
        where = f" ({clean(packet.prefix)})" if packet.prefix else ""
        what = "logged, which does not say what became of it"
        if STOPPED.search(packet.prefix or ""):
            what = "logged by a firewall rule as what it stops, by the words of the log"
        return f"{what}: {ends}{where}{_way(packet)} on {host}"
    return f"{ends}, {last_chain(packet, host)}"


def _at_routing(packet: TracedPacket) -> str:
    """What may have taken a packet that no chain behind the choice of its route saw, by what was logged of it.

    Kernel: net/ipv4/ip_input.c, ip_rcv_finish; net/ipv4/route.c, ip_route_input_slow (martian source).
    """
    if packet.verdict != LOGGED or packet.chain not in BEFORE_ROUTING or packet.table not in LAST_BEFORE_ROUTING:
        return ""
    src, dst = format_address(packet.src), format_address(packet.dst)
    came = clean(packet.headers.in_interface or "") or "INTERFACE"
    return (
        f": if that is all that was logged of it, it was lost where its route is chosen: the reverse-path check "
        f"(rp_filter), {src} as an address of this host itself (martian source), or no route (ip route get {dst} from "
        f"{src} iif {came})"
    )


def last_chain(packet: TracedPacket, host: str) -> str:
    """What saw a packet last: ``last seen in chain cali-tw-… of ip filter on worker-1, dropped there``."""
    if not packet.table:
        prefix = f' as "{clean(packet.prefix)}"' if packet.prefix else ""
        return f"last seen in the log of {host}{prefix}{_way(packet)}, which does not say what became of it"
    end = "" if packet.verdict == LOGGED else f", {packet.verdict} there"
    if not end and f":{packet.chain}:policy:" in packet.line.text:
        end = (
            ", where no rule decided: its policy did, and what it lets pass another table may drop "
            "(iptables-legacy-save and iptables-nft-save are two)"
        )
    if not packet.verdict or packet.verdict == LOGGED:
        end += _before_route(packet)
    return f"last seen in chain {clean(packet.chain)} of {clean(packet.table)} on {host}{end}"


def _before_route(packet: TracedPacket) -> str:
    """What follows the rules that saw a packet last, if these are all before its route is chosen."""
    came, leaves = packet.headers.in_interface, packet.headers.out_interface
    if not came or leaves or ("PREROUTING" not in packet.chain and packet.table not in ("raw", "nat")):
        return ""
    return (
        ", before its route is chosen: what no chain sees after that, the reverse-path check drops (rp_filter; ip "
        f"route get {format_address(packet.dst)} from {format_address(packet.src)} iif {clean(came)}), or no route"
    )


def _way(packet: TracedPacket) -> str:
    """Between which interfaces: before the route is chosen only that by which it came in is known."""
    came, leaves = packet.headers.in_interface, packet.headers.out_interface
    return (f", in by {clean(came)}" if came else "") + (f", out by {clean(leaves)}" if leaves else "")
