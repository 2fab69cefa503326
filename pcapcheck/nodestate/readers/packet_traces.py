"""What netfilter says of single packets: ``nft monitor trace``, ``xtables-monitor``, LOG and TRACE in the kernel's log.

nftables: src/netlink.c, trace_print_*; iptables: iptables/xtables-monitor.c; kernel: net/netfilter/nf_log_syslog.c. A
line of the kernel's log says which rule a packet met, not what became of it.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.listing import Listing
from pcapcheck.nodestate.numbers import address, number
from pcapcheck.nodestate.packet_facts import DROPPED, LOGGED, REJECTED, StoppedPacket, TracedHeaders, TracedPacket
from pcapcheck.nodestate.readers.kernel_log import SECOND, SINCE_START, time_of
from pcapcheck.nodestate.readers.state_reader import StateReader
from pcapcheck.nodestate.readers.trace_headers import headers_of_fields, headers_of_words
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
_ECHO = re.compile(r"\bPROTO=ICMP(?:v6)? TYPE=(?:8|0|128|129) CODE=\d+ ID=(\d+) SEQ=(\d+)")
_WORDS = {
    "src": re.compile(r"\bip6? saddr (\S+)"),
    "dst": re.compile(r"\bip6? daddr (\S+)"),
    "protocol": re.compile(r"\b(icmpv6|icmp|tcp|udp|sctp) (?:type|sport)\b|\bip6? (?:protocol|nexthdr) (\S+)"),
    "sport": re.compile(r"\b(?:tcp|udp|sctp) sport (\d+)"),
    "dport": re.compile(r"\b(?:tcp|udp|sctp) dport (\d+)"),
    "ident": re.compile(r"\bicmp(?:v6)? id (\d+)"),
    "seq": re.compile(r"\bicmp(?:v6)? sequence (\d+)"),
}
_PROTOCOLS = {"icmp": ICMP, "icmpv6": ICMPV6, "ipv6-icmp": ICMPV6, "tcp": TCP, "udp": UDP, "sctp": SCTP}
_REFUSES = re.compile(r"drop|block|den(?:y|ied)|reject", re.IGNORECASE)
_REJECTS = re.compile(r"\breject\b|-j REJECT\b")


class Ends(Struct, frozen=True):
    """Of a packet: its addresses, its protocol, its two ports, and of an echo identifier and sequence number."""

    src: int | None = None
    dst: int | None = None
    protocol: int | None = None
    sport: int | None = None
    dport: int | None = None
    ident: int | None = None
    seq: int | None = None
    headers: TracedHeaders = TracedHeaders()


NOBODY = Ends()


class LoggedTraces:
    """The packets that the target TRACE logged: of each the chain that saw it last, under the addresses it came with.

    A packet is known again by its IP identification and by what no translation on its way through the rules changes.
    """

    def __init__(self, into: Host) -> None:
        self._into = into
        self._places: OrderedDict[tuple[object, ...], int] = OrderedDict()

    def take(self, ends: Ends, packet: int | None, table: str, chain: str, line: Line) -> None:
        """A line about a packet with the identification ``packet``."""
        key = (packet, ends.src, ends.protocol, ends.sport, ends.ident, ends.seq)
        place = self._places.get(key) if packet is not None else None
        if place is not None:
            before = self._into.traces[place]
            self._into.traces[place] = replace(before, line=line, table=table, chain=chain, headers=ends.headers)
            return
        self._places[key] = len(self._into.traces)
        _take(ends, LOGGED, table, chain, line, self._into)
        if len(self._places) > MOST_OPEN:
            self._places.popitem(last=False)


def read_traces(lines: Iterable[Line], into: Host, _: Listing | None = None) -> list[Line]:
    """Read the verdicts that end a packet, and the packets that are logged; returns the other lines."""
    strange: list[Line] = []
    packets: OrderedDict[str, Ends] = OrderedDict()
    logged = LoggedTraces(into)
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
            _log(match, line, logged, into)
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


def _log(match: re.Match[str], line: Line, logged: LoggedTraces, into: Host) -> None:
    before = match["before"]
    traced = _TRACED.search(before)
    head = _HEAD.match(before)
    prefix = before[head.end() if head else 0 :].strip()
    ends = _of_fields(f"IN={match['iif']} OUT={match['oif']} {match['fields']}")
    since = SINCE_START.match(before)
    uptime = int(since[1]) * SECOND + int(since[2]) * 1000 if since else None
    ends = replace(ends, headers=replace(ends.headers, uptime=uptime, time=None if since else time_of(before)))
    if traced:
        logged.take(ends, ends.headers.ip_id, traced[1], traced[2], line)
    else:
        _take(ends, LOGGED, "", prefix if _REFUSES.search(prefix) else "", line, into, prefix)


def _take(ends: Ends, verdict: str | None, table: str, chain: str, line: Line, into: Host, prefix: str = "") -> None:
    if verdict is not None and ends.src is not None and ends.dst is not None:
        packet = ends.protocol, ends.sport, ends.dport, ends.ident, ends.seq, prefix, ends.headers
        into.traces.append(TracedPacket(line, ends.src, ends.dst, verdict, table, chain, *packet))
    elif verdict in (DROPPED, REJECTED):
        into.stopped.append(StoppedPacket(line, verdict, table, chain))


def _keep(packets: OrderedDict[str, Ends], ident: str, ends: Ends) -> None:
    """Remember what a packet is; a hook that says less of it takes nothing away."""
    before = packets.pop(ident, NOBODY)
    is_same = (before.src, before.dst) == (ends.src, ends.dst)
    packets[ident] = before if is_same and ends.protocol is None else ends
    if len(packets) > MOST_OPEN:
        packets.popitem(last=False)


def _of_words(text: str) -> Ends:
    said = {}
    for name, pattern in _WORDS.items():
        match = pattern.search(text)
        said[name] = next((group for group in match.groups() if group), "") if match else ""
    return Ends(
        address(said["src"]),
        address(said["dst"]),
        _PROTOCOLS.get(said["protocol"], number(said["protocol"])),
        sport=number(said["sport"]),
        dport=number(said["dport"]),
        ident=number(said["ident"]),
        seq=number(said["seq"]),
        headers=headers_of_words(text),
    )


def _of_fields(text: str) -> Ends:
    # An error quotes a packet in brackets.
    fields: dict[str, str] = {}
    for name, value in _FIELD.findall(text.partition("[")[0]):
        fields.setdefault(name, value)
    protocol = fields.get("PROTO", "").lower()
    echo = _ECHO.search(text)
    return Ends(
        address(fields.get("SRC")),
        address(fields.get("DST")),
        _PROTOCOLS.get(protocol, number(protocol)),
        number(fields.get("SPT", fields.get("SPORT"))),
        number(fields.get("DPT", fields.get("DPORT"))),
        ident=number(echo[1]) if echo else None,
        seq=number(echo[2]) if echo else None,
        headers=headers_of_fields(fields, text),
    )


def looks_like_a_trace(text: str, _: list[str]) -> bool:
    """Whether a line is about a single packet."""
    if "trace id " in text or "PACKET: " in text or "TRACE: " in text:
        return any(pattern.match(text) for pattern in (_NFT, _XT_PACKET, _XT_TRACE)) or _LOGGED.match(text) is not None
    return "IN=" in text and _LOGGED.match(text) is not None


TRACE_READER = StateReader(
    name="trace", commands=("xtables-monitor",), looks_like=looks_like_a_trace, read_host=read_traces
)
