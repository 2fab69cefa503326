"""Packets as tshark -V prints them, and as Wireshark exports them with all details: a line per field, by its title.

    Frame 3: 98 bytes on wire (784 bits), 98 bytes captured (784 bits)
        [Protocols in frame: eth:ethertype:ip:icmp:data]
    Internet Protocol Version 4, Src: 10.244.1.10, Dst: 10.244.1.11
        Time to Live: 64

The titles are those of Wireshark's dissectors (epan/dissectors/packet-frame.c, packet-ip.c …).
"""

from __future__ import annotations

import re

from msgspec import Struct, field

from pcapcheck.capture.text.dissected_fields import Fields

# More of a line is not looked at, and more values of a packet are not kept.
MOST_CHARACTERS = 400
MOST_VALUES = 400
_FRAME = re.compile(r"\s*Frame (\d{1,9}): (\d{1,9}) bytes on wire\b")
# How the part of a protocol begins, and where its titles come from.
_PARTS = (
    ("eth", re.compile(r"Ethernet II, |IEEE 802\.3 Ethernet")),
    ("sll", re.compile(r"Linux cooked capture")),
    ("vlan", re.compile(r"802\.1(?:Q|ad) ")),
    ("arp", re.compile(r"Address Resolution Protocol")),
    ("ip", re.compile(r"Internet Protocol Version 4\b")),
    ("ipv6", re.compile(r"Internet Protocol Version 6\b")),
    ("icmp", re.compile(r"Internet Control Message Protocol(?! v6)")),
    ("icmpv6", re.compile(r"Internet Control Message Protocol v6")),
    ("tcp", re.compile(r"Transmission Control Protocol\b")),
    ("udp", re.compile(r"User Datagram Protocol\b")),
    ("sctp", re.compile(r"Stream Control Transmission Protocol\b")),
    ("vxlan", re.compile(r"Virtual eXtensible Local Area Network")),
    ("dns", re.compile(r"Domain Name System|Multicast Domain Name System")),
)
_TITLES = {
    "frame": {
        "Interface name": "interface_name",
        "Epoch Time": "time_epoch",
        "Epoch Arrival Time": "time_epoch",
        "Protocols in frame": "protocols",
    },
    "eth": {"Type": "type"},
    "sll": {"Packet type": "pkttype", "Interface index": "ifindex", "Source": "src.eth", "Protocol": "etype"},
    "vlan": {"ID": "id", "Type": "etype"},
    "arp": {
        "Opcode": "opcode",
        "Sender MAC address": "src.hw_mac",
        "Sender IP address": "src.proto_ipv4",
        "Target MAC address": "dst.hw_mac",
        "Target IP address": "dst.proto_ipv4",
    },
    "ip": {
        "Total Length": "len",
        "Identification": "id",
        "Don't fragment": "flags.df",
        "More fragments": "flags.mf",
        "Fragment Offset": "frag_offset",
        "Fragment offset": "frag_offset",
        "Time to Live": "ttl",
        "Time to live": "ttl",
        "Protocol": "proto",
    },
    "ipv6": {"Payload Length": "plen", "Next Header": "nxt", "Hop Limit": "hlim"},
    "icmp": {
        "Type": "type",
        "Code": "code",
        "Identifier (BE)": "ident",
        "Sequence Number (BE)": "seq",
        "MTU of next hop": "mtu",
    },
    "icmpv6": {
        "Type": "type",
        "Code": "code",
        "Identifier": "echo.identifier",
        "Sequence": "echo.sequence_number",
        "MTU": "mtu",
        "Link-layer address": "opt.linkaddr",
    },
    "tcp": {
        "Source Port": "srcport",
        "Destination Port": "dstport",
        "TCP Segment Len": "len",
        "Sequence Number": "seq",
        "Sequence number": "seq",
        "Sequence Number (raw)": "seq_raw",
        "Acknowledgment Number": "ack",
        "Acknowledgment number": "ack",
        "Acknowledgment number (raw)": "ack_raw",
        "Header Length": "hdr_len",
        "Flags": "flags",
        "Window": "window_size_value",
        "MSS Value": "options.mss_val",
        "Timestamp value": "options.timestamp.tsval",
    },
    "udp": {"Source Port": "srcport", "Destination Port": "dstport", "Length": "length"},
    "sctp": {"Source port": "srcport", "Destination port": "dstport", "Chunk type": "chunk_type"},
    "vxlan": {"VXLAN Network Identifier (VNI)": "vni"},
    "dns": {
        "Transaction ID": "id",
        "Flags": "flags",
        "Questions": "count.queries",
        "Answer RRs": "count.answers",
        "Authority RRs": "count.auth_rr",
        "Additional RRs": "count.add_rr",
        "Response": "flags.response",
        "Reply code": "flags.rcode",
        "Name": "qry.name",
        "Type": "qry.type",
    },
}
# What is in a part is indented by so much more.
STEP = 4
_QUERIES = "Queries"
_DNS_PARTS = (_QUERIES, "Answers", "Authoritative nameservers", "Additional records")
# Values that are no number but what stands there.
_WORDS = frozenset(("interface_name", "protocols", "time_epoch", "qry.name", "flags.df", "flags.mf"))
_ADDRESSES = frozenset(("src.eth", "src.hw_mac", "dst.hw_mac", "src.proto_ipv4", "dst.proto_ipv4", "opt.linkaddr"))
_ENDS = re.compile(r"(Src|Dst): ([^,\s]+)(?: \(([^)]+)\))?")
# The bits of a flag stand before its title: ..0. .... .... .... = More fragments: Not set
_TITLE = re.compile(r"\s+\[?(?:[01.][01. ]{3,40}= )?([^:]{1,40}): (.*)")
_NUMBER = re.compile(r"0x[0-9a-fA-F]+|\d+")
_IN_PARENTHESES = re.compile(r"\((\d{1,10})\)")
_MAC_OR_IP = re.compile(r"\(([0-9a-fA-F.:]{3,45})\)\s*$")
_TARGET = re.compile(r"\s+Target Address: (\S+)")
# What else may stand in the first column while a packet is printed: another protocol, bytes, a heading of bytes.
_GOES_ON = re.compile(r"[A-Z][\w./-]* ?[\w(]|[0-9a-f]{4,8}  [0-9a-f]{2} |\[")


class VerbosePackets(Struct):
    """Finds such packets in the lines of a text."""

    fields: Fields | None = None
    first: int = 0
    last: int = 0
    _part: str | None = None
    # How far the part is indented, and whether it is in the questions of DNS.
    _depth: int = 0
    _asking: bool = False
    _values: int = 0
    _discovery: str = ""
    _done: list[tuple[Fields, int, int]] = field(default_factory=list)

    def take(self, number: int, line: str) -> bool:
        """Whether a line belongs to such a packet."""
        begins = _FRAME.match(line[:MOST_CHARACTERS])
        if begins:
            self.close()
            self.fields = {"frame.number": [begins[1]], "frame.len": [begins[2]]}
            self.first = self.last = number
            self._part, self._values, self._discovery = "frame", 0, ""
            return True
        if self.fields is None:
            return False
        text = line[:MOST_CHARACTERS].rstrip()
        if text and not text[0].isspace() and not _GOES_ON.match(text):
            self.close()
            return False
        if text:
            self.last = number
            self._read(text, self.fields)
        return True

    def close(self) -> None:
        """End the packet that was begun."""
        if self.fields is not None:
            self._done.append((self.fields, self.first, self.last))
        self.fields = None

    def finished(self) -> list[tuple[Fields, int, int]]:
        """The packets that ended since the last call, each with its first and last line."""
        done, self._done = self._done, []
        return done

    def _read(self, text: str, fields: Fields) -> None:
        inside = text.lstrip()
        part = next((name for name, pattern in _PARTS if pattern.match(inside)), None)
        if part is not None:
            self._part, self._depth, self._asking = part, len(text) - len(inside), False
            for end, name, resolved in _ENDS.findall(inside) if part in ("eth", "ip", "ipv6") else ():
                self._add(fields, f"{part}.{end.lower()}", resolved or name)
            return
        if text[0] not in " \t":
            self._part = None
        if self._part == "dns" and text.endswith(_DNS_PARTS):
            self._asking = text.endswith(_QUERIES)
        if self._part is None or (title := _TITLE.match(text)) is None or not self._counts(title[1], text):
            return
        if self._part == "icmpv6" and (target := _TARGET.match(text)) and self._discovery:
            self._add(fields, f"icmpv6.{self._discovery}.target_address", target[1])
            return
        name = _TITLES[self._part].get(title[1])
        if name is None:
            return
        value = _value(name, title[2])
        if value is not None:
            self._add(fields, f"{self._part}.{name}", value)
        if (self._part, name) == ("icmpv6", "type"):
            self._discovery = {"135": "nd.ns", "136": "nd.na"}.get(value or "", "")

    def _counts(self, title: str, text: str) -> bool:
        """Whether a title is the part's own: options and records have titles of the same name."""
        if self._part == "dns" and title in ("Name", "Type"):
            return self._asking
        return title != "Type" or len(text) - len(text.lstrip()) == self._depth + STEP

    def _add(self, fields: Fields, name: str, value: str) -> None:
        self._values += 1
        if self._values <= MOST_VALUES:
            fields.setdefault(name, []).append(value)


def _value(name: str, text: str) -> str | None:
    """The value of a field: a number stands first, or last in parentheses behind what it means."""
    if name in _WORDS:
        return text.removesuffix(" seconds").rstrip("] ")
    if name in _ADDRESSES:
        return found[1] if (found := _MAC_OR_IP.search(text)) else text.split(" ")[0]
    if name == "flags.response":
        return "1" if "is a response" in text else "0"
    if (first := _NUMBER.match(text)) and (first.end() == len(text) or text[first.end()] in " ]"):
        return first[0]
    numbers = _IN_PARENTHESES.findall(text)
    return numbers[-1] if numbers else None
