"""``netstat -s``: the kernel's counters in words, kept under the names that nstat has for them.

net-tools (statistics.c) has words for some counters; the others it prints as NAME: NUMBER below their protocol.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.listing import Listing
from pcapcheck.nodestate.packet_facts import Counter
from pcapcheck.nodestate.readers.nstat import NSTAT
from pcapcheck.nodestate.readers.state_reader import StateReader
from pcapcheck.nodestate.source_lines import Line

NAME = "protocol-counters"
HEADING = re.compile(
    r"(Ip|Icmp|IcmpMsg|Tcp|Udp|UdpLite|TcpExt|IpExt|MPTcpExt|Sctp|Ip6|Icmp6|Udp6|UdpLite6)(?:: ?|:\s*\(.*\))"
)
# The protocol that words belong to where no heading says it, and the words without their number, in the old spelling
# or today's -> the counter's name without its protocol.
WORDS: dict[str, dict[str, str]] = {
    "Ip": {
        "total packets received": "InReceives",
        "with invalid headers": "InHdrErrors",
        "with invalid addresses": "InAddrErrors",
        "forwarded": "ForwDatagrams",
        "incoming packets discarded": "InDiscards",
        "incoming packets delivered": "InDelivers",
        "requests sent out": "OutRequests",
        "outgoing packets dropped": "OutDiscards",
        "dropped because of missing route": "OutNoRoutes",
        "fragments dropped after timeout": "ReasmTimeout",
        "reassemblies required": "ReasmReqds",
        "packets reassembled ok": "ReasmOKs",
        "packet reassembles failed": "ReasmFails",
        "packet reassemblies failed": "ReasmFails",
        "fragments received ok": "FragOKs",
        "outgoing packets fragmented ok": "FragOKs",
        "fragments failed": "FragFails",
        "outgoing packets failed fragmentation": "FragFails",
    },
    "Tcp": {
        "segments received": "InSegs",
        "segments sent out": "OutSegs",
        "segments retransmitted": "RetransSegs",
        "bad segments received": "InErrs",
        "resets sent": "OutRsts",
    },
    "Udp": {
        "packets received": "InDatagrams",
        "packets to unknown port received": "NoPorts",
        "packet receive errors": "InErrors",
        "receive buffer errors": "RcvbufErrors",
        "send buffer errors": "SndbufErrors",
    },
    "TcpExt": {
        "passive connections rejected because of time stamp": "PAWSPassive",
        "active connections rejected because of time stamp": "PAWSActive",
        "packets rejected in established connections because of timestamp": "PAWSEstab",
        "times the listen queue of a socket overflowed": "ListenOverflows",
        "SYNs to LISTEN sockets dropped": "ListenDrops",
        "SYNs to LISTEN sockets ignored": "ListenDrops",
    },
    "IpExt": {"incoming packets with no route": "InNoRoutes"},
}
OWNERS = {words: (protocol, name) for protocol, some in WORDS.items() for words, name in some.items()}
# Names that people search for: a line of its own shows whose each is.
SOUGHT = {"IPReversePathFilter": "TcpExt"}
_NUMBERED = re.compile(r"(\d{1,19}) (\S.*?)\.?")
_NAMED = re.compile(r"([A-Z][A-Za-z0-9]+): (\d{1,19})")


def read_protocol_counters(lines: Iterable[Line], into: Host, _: Listing | None = None) -> list[Line]:
    """Keep the counters that nstat has by the same names; words for others are passed over."""
    strange = []
    protocol = ""
    for line in lines:
        text = line.text.strip()
        if heading := HEADING.fullmatch(text):
            protocol = heading[1]
        elif counter := _counter(protocol, text, line):
            into.counters.append(counter)
        elif text and not line.text[:1].isspace():
            strange.append(line)
    return strange


def _counter(protocol: str, text: str, line: Line) -> Counter | None:
    if named := _NAMED.fullmatch(text):
        whose = protocol or SOUGHT.get(named[1], "")
        return Counter(NSTAT, whose + named[1], int(named[2]), line) if whose else None
    numbered = _NUMBERED.fullmatch(text)
    owner = OWNERS.get(numbered[2]) if numbered else None
    if numbered is None or owner is None:
        return None
    return Counter(NSTAT, (protocol or owner[0]) + owner[1], int(numbered[1]), line)


def looks_like_protocol_counters(text: str, _: list[str]) -> bool:
    """Whether a line by itself is one of ``netstat -s``: a heading, or a counter whose words are no other program's."""
    if HEADING.fullmatch(text):
        return True
    if named := _NAMED.fullmatch(text):
        return named[1] in SOUGHT
    numbered = _NUMBERED.fullmatch(text)
    return numbered is not None and len(numbered[2].split()) > 1 and numbered[2] in OWNERS


PROTOCOL_COUNTERS_READER = StateReader(
    name=NAME, looks_like=looks_like_protocol_counters, read_host=read_protocol_counters
)
