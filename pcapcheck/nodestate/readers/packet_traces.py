"""What netfilter says of single packets: ``nft monitor trace``, ``xtables-monitor``, LOG and TRACE in the kernel's log.

nftables: src/netlink.c, trace_print_*; iptables: iptables/xtables-monitor.c; kernel: net/netfilter/nf_log_syslog.c. A
line of the kernel's log says which rule a packet met, not what became of it.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterable

from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.listing import Listing
from pcapcheck.nodestate.node_facts import DROPPED, LOGGED, REJECTED, TracedPacket
from pcapcheck.nodestate.numbers import address, number
from pcapcheck.nodestate.readers.state_reader import StateReader
from pcapcheck.nodestate.source_lines import Line
from pcapcheck.protocols import ICMP, ICMPV6, SCTP, TCP, UDP

# The most packets that are followed at a time.
MOST_OPEN = 4096
# More of a line is not looked at.
MOST_CHARACTERS = 4000
_NFT = re.compile(r"trace id ([0-9a-f]{1,8}) (\w+) (\S+) (\S+) (packet|rule|policy|verdict|unknown)\b:? ?(.*)")
_VERDICT = re.compile(r"\(verdict (\w+)[^()]*\)\s*$")
_XT_PACKET = re.compile(r"PACKET: \d+ ([0-9a-f]{1,8}) (.*)")
_XT_TRACE = re.compile(
    r"TRACE: \d+ ([0-9a-f]{1,8}) ([^\s:]+):([^\s:]+):(?:rule:0x[0-9a-f]+:|policy:|return:)(\w*)\s*(.*)"
)
_LOGGED = re.compile(r"(?P<before>.*?)\bIN=(?P<iif>\S*) OUT=(?P<oif>\S*) (?P<fields>.*\bSRC=\S+ DST=\S+ .*)")
_TRACED = re.compile(r"TRACE: ([^\s:]+):([^\s:]+):(?:rule|return|policy):\d+ $")
# What precedes the prefix of a rule in a log: times, the machine, the kernel.
_HEAD = re.compile(r"(?:<\d+>)?(?:.*?\bkernel: )?(?:\[[ \d.]{5,}\] |\[\w{3} \w{3} [^\]]{10,30}\] )?")
_FIELD = re.compile(r"\b([A-Z]+)=(\S*)")
_WORDS = {
    "src": re.compile(r"\bip6? saddr (\S+)"),
    "dst": re.compile(r"\bip6? daddr (\S+)"),
    "protocol": re.compile(r"\b(icmpv6|icmp|tcp|udp|sctp) (?:type|sport)\b|\bip6? (?:protocol|nexthdr) (\S+)"),
    "sport": re.compile(r"\b(?:tcp|udp|sctp) sport (\d+)"),
    "dport": re.compile(r"\b(?:tcp|udp|sctp) dport (\d+)"),
}
_PROTOCOLS = {"icmp": ICMP, "icmpv6": ICMPV6, "ipv6-icmp": ICMPV6, "tcp": TCP, "udp": UDP, "sctp": SCTP}
_REFUSES = re.compile(r"drop|block|den(?:y|ied)|reject", re.IGNORECASE)
_REJECTS = re.compile(r"\breject\b|-j REJECT\b")

# Of a packet: its source, its destination, its protocol and its two ports.
Ends = tuple[int | None, int | None, int | None, int | None, int | None]
NOBODY: Ends = (None, None, None, None, None)


def read_traces(lines: Iterable[Line], into: Host, _: Listing | None = None) -> list[Line]:
    """Read the verdicts that end a packet, and the packets that are logged; returns the other lines."""
    strange: list[Line] = []
    packets: OrderedDict[str, Ends] = OrderedDict()
    for line in lines:
        text = line.text.strip()[:MOST_CHARACTERS]
        if match := _NFT.match(text):
            _nft(match, line, packets, into)
        elif match := _XT_PACKET.match(text):
            _keep(packets, match[1], _of_fields(match[2]))
        elif match := _XT_TRACE.match(text):
            verdict = REJECTED if _REJECTS.search(match[5]) else DROPPED if match[4] == "DROP" else None
            _take(packets.get(match[1], NOBODY), verdict, match[2], match[3], line, into)
        elif match := _LOGGED.match(text):
            _log(match, line, into)
        elif text:
            strange.append(line)
    return strange


def _nft(match: re.Match[str], line: Line, packets: OrderedDict[str, Ends], into: Host) -> None:
    ident, family, table, chain, what, rest = match.groups()
    if what == "packet":
        _keep(packets, ident, _of_words(rest))
        return
    said = _VERDICT.search(rest)
    verdict = said[1] if said else rest.split(" ", 1)[0]
    found = DROPPED if verdict == "drop" else None
    if said is not None and _REJECTS.search(rest):
        found = REJECTED
    _take(packets.get(ident, NOBODY), found, f"{family} {table}", chain, line, into)


def _log(match: re.Match[str], line: Line, into: Host) -> None:
    before = match["before"]
    traced = _TRACED.search(before)
    head = _HEAD.match(before)
    prefix = before[head.end() if head else 0 :].strip()
    ends = _of_fields(match["fields"])
    if traced:
        _take(ends, LOGGED, traced[1], traced[2], line, into)
    else:
        _take(ends, LOGGED, "", prefix if _REFUSES.search(prefix) else "", line, into)


def _take(ends: Ends, verdict: str | None, table: str, chain: str, line: Line, into: Host) -> None:
    src, dst, protocol, sport, dport = ends
    if verdict is not None and src is not None and dst is not None:
        into.traces.append(TracedPacket(line, src, dst, verdict, table, chain, protocol, sport, dport))


def _keep(packets: OrderedDict[str, Ends], ident: str, ends: Ends) -> None:
    """Remember what a packet is; a hook that says less of it takes nothing away."""
    before = packets.pop(ident, NOBODY)
    packets[ident] = before if before[:2] == ends[:2] and ends[2] is None else ends
    if len(packets) > MOST_OPEN:
        packets.popitem(last=False)


def _of_words(text: str) -> Ends:
    said = {}
    for name, pattern in _WORDS.items():
        match = pattern.search(text)
        said[name] = next((group for group in match.groups() if group), "") if match else ""
    return (
        address(said["src"]),
        address(said["dst"]),
        _PROTOCOLS.get(said["protocol"], number(said["protocol"])),
        number(said["sport"]),
        number(said["dport"]),
    )


def _of_fields(text: str) -> Ends:
    # An error quotes a packet in brackets.
    fields: dict[str, str] = {}
    for name, value in _FIELD.findall(text.partition("[")[0]):
        fields.setdefault(name, value)
    protocol = fields.get("PROTO", "").lower()
    return (
        address(fields.get("SRC")),
        address(fields.get("DST")),
        _PROTOCOLS.get(protocol, number(protocol)),
        number(fields.get("SPT", fields.get("SPORT"))),
        number(fields.get("DPT", fields.get("DPORT"))),
    )


def looks_like_a_trace(text: str, _: list[str]) -> bool:
    """Whether a line is about a single packet."""
    if "trace id " in text or "PACKET: " in text or "TRACE: " in text:
        return any(pattern.match(text) for pattern in (_NFT, _XT_PACKET, _XT_TRACE)) or _LOGGED.match(text) is not None
    return "IN=" in text and _LOGGED.match(text) is not None


TRACE_READER = StateReader(
    name="trace", commands=("xtables-monitor",), looks_like=looks_like_a_trace, read_host=read_traces
)
