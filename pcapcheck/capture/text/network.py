"""The lines of tcpdump for IP datagrams (its print-ip.c, print-ip6.c).

With -v a datagram takes several lines; ``Lines`` hands them out in turn.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from msgspec import Struct

from pcapcheck import protocols
from pcapcheck.capture.text.dns import dns
from pcapcheck.capture.text.icmp import icmp, icmp6
from pcapcheck.capture.text.names import PrintedAddresses, family_of, split_port
from pcapcheck.capture.text.printed_packet import Datagram, Icmp, PrintedPacket, PrintedTunnel, Transport
from pcapcheck.capture.text.printed_sums import header_checksum, marked_checksum
from pcapcheck.capture.text.segment import SEGMENT, segment
from pcapcheck.protocols import DNS_PORT, SCTP, TCP, UDP

# How deep datagrams inside datagrams are followed.
DEEPEST = 4

# How lines begin of protocols that are not read further.
_BEGINNING = re.compile(r"(?:igmp(?= )|DCCP(?= \()|GRE(?=v\d)|(?:ESP|AH)(?=\()|EIGRP|(?:OSPF|PIM|VRRP)(?=v\d))")
_BEGINNINGS = {
    "igmp": protocols.IGMP,
    "DCCP": protocols.DCCP,
    "GRE": protocols.GRE,
    "ESP": protocols.ESP,
    "AH": protocols.AH,
    "EIGRP": protocols.EIGRP,
    "OSPF": protocols.OSPF,
    "PIM": protocols.PIM,
    "VRRP": protocols.VRRP,
}
# A parenthesis with others in it, but none in those.
_PARENTHESIS = re.compile(r"\s*\(([^()]*(?:\([^()]*\)[^()]*)*)\)")
LONGEST_PARENTHESIS = 600
# Fields of the header that -v prints.
_TTL, _IDENT, _OFFSET = re.compile(r"\bttl +(\d+)"), re.compile(r"\bid (\d+)"), re.compile(r"\boffset (\d+)")
_LENGTH = re.compile(r"\b(?:length|len):? (\d+)")
_PROTOCOL = re.compile(r"\bproto:? [^,()]{0,40}\(?(\d+)\)?")
_FLAGS = re.compile(r"flags \[([^\]]*)\]")
_HOP_LIMIT, _PAYLOAD = re.compile(r"\bhlim (\d+)"), re.compile(r"payload length: (\d+)")
_NEXT_HEADER = re.compile(r"next-header [^,()]{1,40}\((\d+)\)")
_ENDS = re.compile(r"\s*(\S{1,280}) > (\S{1,280}?):(?=\s|$)")
_TROUBLE = re.compile(
    r"\s*(?:truncated-ip6? - \d+ bytes missing ?!|bad-len \d+|bad-hlen \d+|wrong link-layer encapsulation)\s*"
)
_CHECKSUM = re.compile(r"\s*\[(?:bad )?(?:icmp6|udp|tcp|no) (?:sum|cksum)[^\]]{0,60}\]\s*")
_MARKED_SUM = re.compile(r"\[(?:bad )?(?:icmp6|udp|tcp|no) (?:sum|cksum)")
_EXTENSION = re.compile(r"\s*(?:HBH|DSTOPT|RT6|srcrt|AH|mobility)\b(?:\s*\((?:[^()]|\([^()]*\)){0,300}\)){0,8}:?")
_FRAGMENT = re.compile(r"\s*frag \((?:0x([0-9a-f]+):)?(\d+)\|\d+\)\s*")
_ALONE = re.compile(r"(?:ip-proto-(\d+)|([a-z0-9-]{2,12}))\s*(\d*)\s*$")
_ERRORS = (
    protocols.ICMP_UNREACHABLE,
    protocols.ICMP_SOURCE_QUENCH,
    protocols.ICMP_REDIRECT,
    protocols.ICMP_TIME_EXCEEDED,
    protocols.ICMP_PARAMETER_PROBLEM,
)
_OLD_ICMP = re.compile(r"icmp(?: \d+)?: ")
_OLD_TCP = re.compile(r"([SFRPWE]{1,6}|\.) (?:\[[^\]]*\] )?(?:\d+:\d+\(\d+\)|ack \d+|win \d+)")
_QUIET_TCP = re.compile(r"tcp \d+\b")
# tcpdump takes the kernel's port of VXLAN for OTV's, whose header has an instance where VXLAN has its identifier.
_VXLAN = re.compile(
    r"(?:VXLAN, flags \[[^\]]*\] \(0x[0-9a-f]+\), vni"
    r"|OTV, flags \[I\] \(0x[0-9a-f]+\), overlay \d+, instance) (\d+)\s*"
)
_WITHIN = re.compile(r"(?:IP6? )?\(|IP6? (?:\(|\S+ > )")
# sctp (1) [INIT] [init tag: 1]; the first of a packet's chunks.
_CHUNK = re.compile(r"\[([A-Z -]{4,20})\]")
_CHUNKS = {"INIT": 1, "INIT ACK": 2, "HB REQ": 4, "HB ACK": 5, "ABORT": 6, "COOKIE ECHO": 10, "COOKIE ACK": 11}
_DATA = re.compile(r"\blength (\d{1,5})\s*$")

# Flags [P.], seq 1:50, ack 1, win 63, length 49 63723+ A? api.example.org. (47); older ones print a colon.
_OVER_TCP = re.compile(r", length \d{1,10}:? (?=\d)")

_CUT = re.compile(r"\s*\[\|\w")
# A message of ICMP that the snapshot length cut before its type.
_CUT_ICMP = re.compile(r"\[\|icmp6?\]")


class Lines(Struct):
    """The lines of one packet, those from ``place`` on still unread; ``frame`` reads a frame inside VXLAN."""

    lines: list[str]
    frame: Callable[[str, Lines], PrintedPacket | None]
    addresses: PrintedAddresses
    place: int = 0
    depth: int = 0

    def take(self) -> str:
        """The next line; empty after the last."""
        line = self.peek()
        self.place += 1
        return line

    def peek(self) -> str:
        return self.lines[self.place] if self.place < len(self.lines) else ""

    @property
    def rest(self) -> list[str]:
        return self.lines[self.place :]


def datagram(text: str, lines: Lines, version: int | None = None) -> Datagram | None:
    """An IP datagram from what follows ``IP`` or ``IP6``; None where it is not understood.

    ``version`` if the line gives it. Further lines are taken from ``lines``.
    """
    if _CUT.match(text):
        return Datagram(version or 4)
    trouble = _TROUBLE.match(text)
    if trouble:
        text = text[trouble.end() :]
    found = Datagram(version or 4, cut=trouble is not None)
    head = _parenthesis(text)
    if head:
        if "hlim" in head or "next-header" in head:
            found.version = version or 6
        _header(found, head)
        text = text[text.index("(") + len(head) + 2 :]
        if not text.strip():
            if not _ENDS.match(lines.peek()):
                # The line with the addresses is not here.
                return found
            text = lines.take()
    ends = _ENDS.match(text)
    if ends is None:
        return found if trouble and not text.strip() else None
    if version is None and not head:
        found.version = family_of(ends[1]) or family_of(ends[2]) or 4
    upper(found, ends[1], ends[2], text[ends.end() :], lines)
    return None if found.src is None or found.dst is None else found


def without_name(text: str) -> str:
    """A text without the name of the protocol that it may begin with."""
    return text.removeprefix("IP ") if text.startswith("IP ") else text.removeprefix("IP6 ")


def _parenthesis(text: str) -> str | None:
    """The content of the parenthesis that begins the text; it may hold others."""
    match = _PARENTHESIS.match(text)
    if match and len(match[0].lstrip()) <= LONGEST_PARENTHESIS:
        return match[1]
    start = len(text) - len(text.lstrip())
    if text[start : start + 1] != "(":
        return None
    depth = 0
    for place in range(start, min(len(text), start + LONGEST_PARENTHESIS)):
        depth += (text[place] == "(") - (text[place] == ")")
        if not depth:
            return text[start + 1 : place]
    return None


def _header(found: Datagram, head: str) -> None:
    """The fields of -v: (tos 0x0, ttl 64, id 37455, offset 0, flags [DF], proto ICMP (1), length 84)."""

    def number(pattern: re.Pattern[str]) -> int | None:
        match = pattern.search(head)
        return int(match[1]) if match else None

    if found.version == 6:
        found.ttl = number(_HOP_LIMIT)
        found.length = number(_PAYLOAD)
        found.protocol = number(_NEXT_HEADER)
        return
    found.ttl = number(_TTL)
    found.ident = number(_IDENT)
    found.offset = number(_OFFSET)
    found.length = number(_LENGTH)
    found.protocol = number(_PROTOCOL)
    found.checksum = header_checksum(head)
    flags = _FLAGS.search(head)
    if flags:
        found.df, found.mf = "DF" in flags[1], "+" in flags[1]
    found.later = bool(found.offset)


def upper(found: Datagram, src: str, dst: str, text: str, lines: Lines) -> None:
    """Fill in the addresses and what a datagram carries; ``text`` is what follows its two ends."""
    text = _extensions(found, text)
    checksum = None
    if (mark := _MARKED_SUM.search(text)) is not None:
        # Anything may stand in a payload; old tcpdumps print TCP's flags first.
        checksum = marked_checksum(text, mark.start()) if len(text[: mark.start()].split()) <= 1 else None
        text = _CHECKSUM.sub("", text, count=1)
    text = text.strip()
    ports = ""
    if not found.later and (match := SEGMENT.match(text)) is not None:
        ports = "tcp"
        found.upper = segment(match[1], text[match.end() :])
    elif text.startswith("ICMP ") or _OLD_ICMP.match(text):
        message = icmp(text[5:] if text.startswith("ICMP ") else text[text.index(": ") + 2 :], lines.addresses)
        found.understood = message is not None
        found.upper = message or Icmp()
        if message is not None and message.icmp_type in _ERRORS:
            message.quoted = _quoted(lines)
    elif text.startswith("ICMP6") or text.startswith("icmp6: "):
        message = icmp6(text[5:].lstrip(",: "), lines.rest, lines.addresses)
        found.understood = message is not None or bool(re.search(r"length \d+ \(invalid\)|\[\|", text))
        found.upper = message or Icmp()
    elif _WITHIN.match(text) and found.protocol not in (TCP, UDP):
        found.upper = PrintedTunnel(inner=_inner(text, lines))
    elif _CUT_ICMP.match(text) and not found.later:
        found.upper = Icmp()
    elif found.later:
        # Ports stand in the first fragment alone: the last label of a name is none (print-ip.c).
        pass
    elif _CUT.match(text):
        ports = "udp" if found.version == 4 and all(_has_port(end) for end in (src, dst)) else ""
        if ports and not text.startswith("[|tcp"):
            # Its own printer found too little of it.
            found.upper = Transport(UDP)
    elif (match := _VXLAN.match(text)) is not None:
        ports = "udp"
        found.upper = PrintedTunnel(vni=int(match[1]))
        _vxlan(found.upper, text[match.end() :], lines)
    elif _OLD_TCP.match(text) or _QUIET_TCP.match(text):
        ports = "tcp"
        found.upper = Transport(TCP)
    else:
        ports = _by_protocol(found, src, dst, text, lines)
    if checksum is not None and found.upper is not None and found.upper.checksum is None:
        found.upper.checksum = checksum
    if ports:
        src, src_port = split_port(src, ports)
        dst, dst_port = split_port(dst, ports)
        if isinstance(found.upper, PrintedTunnel):
            found.upper.src_port, found.upper.dst_port = src_port, dst_port
        elif isinstance(found.upper, Transport):
            found.upper.src_port, found.upper.dst_port = src_port, dst_port
            if found.upper.protocol == UDP:
                size = _DATA.search(text) if "length" in text else None
                found.upper.size = int(size[1]) if size else None
                found.upper.dns = dns(text, src_port, dst_port)
            elif DNS_PORT in (src_port, dst_port) and (match := _OVER_TCP.search(text)) is not None:
                found.upper.dns = dns(text[match.end() :], src_port, dst_port)
    found.src, found.dst = lines.addresses.of(src, found.version), lines.addresses.of(dst, found.version)


def _by_protocol(found: Datagram, src: str, dst: str, text: str, lines: Lines) -> str:
    """Read what is neither ICMP nor clearly TCP, by the printed protocol or the words; return whose ports it has."""
    has_ports = all(_has_port(end) for end in (src, dst))
    if text.startswith("sctp") and has_ports:
        # With -vv its chunks follow on lines of their own.
        chunk = _CHUNK.search(text) or _CHUNK.search(lines.peek())
        found.upper = Transport(SCTP, flags=_CHUNKS.get(chunk[1]) if chunk else None)
        return "sctp"
    alone = _ALONE.match(text)
    if alone and not text.startswith(("tcp", "udp")) and (alone[1] or alone[2] in protocols.PROTOCOL_NAMES):
        found.protocol = int(alone[1]) & 255 if alone[1] else protocols.PROTOCOL_NAMES[alone[2]]
        # print-ip.c prints the length of a datagram whose protocol it does not know, but not of fragments.
        found.later = found.later or not alone[3]
        return ""
    beginning = _BEGINNING.match(text)
    if beginning:
        found.protocol = _BEGINNINGS[beginning[0]]
        return "udp" if found.protocol == protocols.DCCP else ""
    printed = found.protocol if found.version == 4 else None
    if printed in (None, TCP, UDP) and has_ports and (text or family_of(src) == 4):
        # All printers of TCP say its flags, or "tcp".
        found.upper = Transport(TCP if printed == TCP else UDP)
        return "tcp" if printed == TCP else "udp"
    return ""


def _has_port(end: str) -> bool:
    family = family_of(end)
    if family == 4:
        return end.count(".") == 4
    return "." in end


def _extensions(found: Datagram, text: str) -> str:
    """Pass over IPv6 extension headers, noting a fragment header."""
    if found.version != 6:
        return text
    while match := _EXTENSION.match(text) or _FRAGMENT.match(text):
        if match.re is _FRAGMENT:
            found.ident = int(match[1], 16) if match[1] else None
            found.offset = int(match[2])
            found.later = found.offset > 0
        found.protocol = None
        text = text[match.end() :]
    return text


def _quoted(lines: Lines) -> Datagram | None:
    """The datagram that an ICMP error quotes, on the next line (-v)."""
    text = lines.peek().strip()
    if not text.startswith(("(tos", "IP (tos")) or lines.depth >= DEEPEST:
        return None
    lines.take()
    lines.depth += 1
    quoted = datagram(text.removeprefix("IP "), lines, 4)
    # Without its addresses it does not say what the error is about.
    return quoted if quoted is not None and quoted.src is not None else None


def _inner(text: str, lines: Lines) -> Datagram | None:
    """The datagram inside IP in IP."""
    if lines.depth >= DEEPEST:
        return None
    lines.depth += 1
    version = 6 if text.startswith("IP6 ") else 4 if text.startswith("IP ") else None
    found = datagram(without_name(text), lines, version)
    return found if found is not None and found.src is not None else None


def _vxlan(tunnel: PrintedTunnel, text: str, lines: Lines) -> None:
    """The frame inside VXLAN: after it or on the next line, with -e its MACs."""
    if not text.strip():
        text = lines.take()
    if lines.depth >= DEEPEST or not text.strip():
        return
    lines.depth += 1
    inside = lines.frame(text.strip(), lines)
    if inside is not None:
        tunnel.src_mac, tunnel.dst_mac = inside.eth_src, inside.eth_dst
        if isinstance(inside.body, Datagram) and inside.body.src is not None:
            tunnel.inner = inside.body
