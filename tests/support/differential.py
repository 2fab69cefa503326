"""Compare our reading of a capture with tshark's, frame by frame: container fields, then ARP, IP and ICMP fields."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address

from pcapcheck.capture.record import Interface
from pcapcheck.decode.decoder import Decoder
from pcapcheck.decode.frame_layout import INTERFACE
from pcapcheck.decode.frame_row import FrameRow
from pcapcheck.errors import CaptureError
from tests.support.meant import Difference
from tests.support.reading import frame_rows, open_bytes
from tests.support.tshark import Dissection, nanoseconds

# What a frame's protocol list must begin with for the frame to be one that is decoded. Of tunnels the outer addresses
# are compared here, since of a field that occurs several times tshark is asked for the first.
_LINK = r"(?:(?:eth|sll|raw|null|loop)(?::ethertype|:llc|:vlan|:ieee8021ad)*:)?"
_EXTENSIONS = r"(?::ipv6\.hopopts|:ipv6\.routing|:ipv6\.dstopts|:ipv6\.fraghdr|:ah)*"
_TUNNELS = rf"(?:ip(?:v6{_EXTENSIONS})?:(?:udp:vxlan:eth:ethertype:)?(?=ip))*"
_CARRIES_ARP = re.compile(rf"{_LINK}arp(?::|$)")
_CARRIES_IP = re.compile(rf"{_LINK}ip(?::|$)")
_CARRIES_IPV6 = re.compile(rf"{_LINK}ipv6(?::|$)")
_CARRIES_ICMP = re.compile(rf"{_LINK}{_TUNNELS}ip:icmp(?::|$)")
_CARRIES_ICMPV6 = re.compile(rf"{_LINK}{_TUNNELS}ipv6{_EXTENSIONS}:icmpv6(?::|$)")

# Our column -> tshark's field.
_ARP = {
    "arp_opcode": "arp.opcode",
    "arp_src_hw_mac": "arp.src.hw_mac",
    "arp_src_proto_ipv4": "arp.src.proto_ipv4",
    "arp_dst_hw_mac": "arp.dst.hw_mac",
    "arp_dst_proto_ipv4": "arp.dst.proto_ipv4",
}
_IP = {"ip_src": "ip.src", "ip_dst": "ip.dst", "ip_ttl": "ip.ttl"}
_IPV6 = {"ip_src": "ipv6.src", "ip_dst": "ipv6.dst", "ip_ttl": "ipv6.hlim"}
_ICMP = {"icmp_type": "icmp.type", "icmp_code": "icmp.code", "icmp_ident": "icmp.ident", "icmp_seq": "icmp.seq"}
_ICMPV6 = {
    "icmp_type": "icmpv6.type",
    "icmp_code": "icmpv6.code",
    "icmp_ident": "icmpv6.echo.identifier",
    "icmp_seq": "icmpv6.echo.sequence_number",
}
# ICMP types that have an identifier and a sequence number of their own.
ECHO_LIKE = frozenset({0, 8, *range(13, 19)})
ECHO6 = frozenset({128, 129})
PROTOCOL_COLUMNS = {**_ARP, **_IP, **_ICMP}

# LINKTYPE_ number -> Wireshark's number for it (wiretap/wtap.h), for those that occur in the captures here.
ENCAPSULATIONS = {
    0: 15,  # NULL
    1: 1,  # Ethernet
    8: 3,  # SLIP
    9: 4,  # PPP
    50: 4,  # PPP in HDLC-like framing
    100: 10,  # RFC 1483 ATM
    101: 7,  # raw IP
    104: 28,  # Cisco HDLC
    105: 20,  # IEEE 802.11
    106: 11,  # Linux classical IP over ATM
    107: 26,  # Frame Relay
    108: 174,  # OpenBSD loopback
    113: 25,  # Linux cooked
    123: 13,  # SunATM
    127: 23,  # radiotap
    129: 9,  # Linux ARCNET
    137: 67,  # Juniper ATM1
    140: 42,  # MTP2
    149: 47,  # user 2
    160: 58,  # user 13
    165: 63,  # BACnet MS/TP
    178: 83,  # Juniper Ethernet
    192: 97,  # PPI
    195: 104,  # IEEE 802.15.4
    226: 124,  # IPNET
    228: 129,  # raw IPv4
    229: 130,  # raw IPv6
    231: 146,  # D-Bus
    239: 141,  # NFLOG
    242: 180,  # IP over InfiniBand
    258: 171,  # Apple PKTAP
    271: 185,  # vSocket monitor
    276: 210,  # Linux cooked, version 2
}


@dataclass(frozen=True)
class Frame:
    """A frame as we read it: container fields, and the columns that tshark has too, of tunnels the outer addresses."""

    number: int
    time: int | None
    captured: int
    length: int
    interface: Interface
    eth_type: int | None
    columns: dict[str, int]
    tunnel: bool


@dataclass(frozen=True)
class Against(Difference):
    """A difference from tshark, with what both say of the frame and how tshark ended."""

    our: Frame | None = None
    their: Mapping[str, str] = field(default_factory=dict)
    errors: str = ""

    @property
    def protocols(self) -> str:
        return self.their.get("frame.protocols", "")


@dataclass(frozen=True)
class Frames:
    """Every frame of a capture as far as it can be read, and why it cannot be read at all."""

    frames: list[Frame]
    refusal: str


def read_frames(data: bytes) -> Frames:
    """The frames of a capture that is held in memory."""
    frames: list[Frame] = []
    try:
        reader = open_bytes(data)
    except CaptureError as error:
        return Frames(frames, str(error))
    decoder = Decoder(keep_all=True)
    for records in reader.batches():
        batch = decoder.decode(records)
        frames.extend(_frame(row, reader.interfaces) for row in frame_rows(batch))
    return Frames(frames, "")


def _frame(row: FrameRow, interfaces: list[Interface]) -> Frame:
    columns = {name: getattr(row, name) for name in PROTOCOL_COLUMNS}
    tunnel = row.encap in ("ipip", "vxlan")
    if tunnel:
        columns |= {"ip_src": row.outer_src, "ip_dst": row.outer_dst, "ip_ttl": None}
    return Frame(
        row.frames[0],
        row.time,
        row.frame_cap_len,  # type: ignore[arg-type]
        row.frame_len,  # type: ignore[arg-type]
        interfaces[row.field(INTERFACE)],
        row.eth_type,  # type: ignore[arg-type]
        {name: value for name, value in columns.items() if value is not None},
        tunnel,
    )


def compare(ours: Frames, dissection: Dissection) -> Iterator[Against]:
    """Every difference; frames that only one side has are one difference of the whole capture."""
    packets = []
    for theirs in dissection.frames:
        if "frame.encap_type" in theirs:
            packets.append(theirs)
        else:
            yield Against(int(theirs["frame.number"]), "packet", None, "one without a link type", their=theirs)
    if len(ours.frames) != len(packets):
        found = ours.frames[0] if ours.frames else None
        yield Against(0, "frames", len(ours.frames), len(packets), found, errors=dissection.errors)
    # tshark counts interfaces from the start again in each section, we go on counting.
    before: dict[str, int] = {}
    for our, their in zip(ours.frames, packets, strict=False):
        section = their.get("frame.section_number", "1")
        first = our.interface.number - int(their.get("frame.interface_id", "0"))
        before.setdefault(section, first if before else 0)
        differing = [*_container(our, their, before[section]), *_protocols(our, their)]
        for name, value, other in differing:
            yield Against(our.number, name, value, other, our, their)


# The name of what differs, our value, theirs.
Values = Iterator[tuple[str, object, object]]


def _container(our: Frame, their: Mapping[str, str], before: int) -> Values:
    time = nanoseconds(their["frame.time_epoch"]) if "frame.time_epoch" in their else None
    compared = {
        "time": (our.time, time),
        "cap_len": (our.captured, int(their["frame.cap_len"])),
        "len": (our.length, int(their["frame.len"])),
        "interface": (our.interface.number - before, int(their.get("frame.interface_id", "0"))),
        "interface_name": (our.interface.name, their.get("frame.interface_name")),
        "encap_type": (ENCAPSULATIONS.get(our.interface.link_type), int(their["frame.encap_type"])),
    }
    return ((name, ours, theirs) for name, (ours, theirs) in compared.items() if ours != theirs)


def _protocols(our: Frame, their: Mapping[str, str]) -> Values:
    protocols = their.get("frame.protocols", "")
    expected: dict[str, int] = {}
    if _CARRIES_ARP.match(protocols):
        expected = _values(_ARP, their)
    elif _CARRIES_IP.match(protocols):
        expected = _values(_IP, their)
    elif _CARRIES_IPV6.match(protocols):
        expected = _values(_IPV6, their)
    if _CARRIES_ICMP.match(protocols):
        expected |= _values(_ICMP, their, ECHO_LIKE)
    elif _CARRIES_ICMPV6.match(protocols):
        expected |= _values(_ICMPV6, their, ECHO6)
    if our.tunnel:
        # The TTL of a tunnel's outer header is not kept.
        expected.pop("ip_ttl", None)
    for name in sorted(expected.keys() | our.columns.keys()):
        if expected.get(name) != our.columns.get(name):
            yield name, our.columns.get(name), expected.get(name)


def _values(names: dict[str, str], theirs: Mapping[str, str], numbered: frozenset[int] | None = None) -> dict[str, int]:
    """tshark's values under our names; of types that are not ``numbered`` the numbers are the quoted datagram's."""
    values = {ours: _number(theirs[name]) for ours, name in names.items() if name in theirs}
    if numbered is not None and values.get("icmp_type") not in numbered:
        values.pop("icmp_ident", None)
        values.pop("icmp_seq", None)
    return values


def _number(text: str) -> int:
    """tshark's text of a number, MAC or address, as our columns hold it."""
    if re.fullmatch(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}", text):
        return int(text.replace(":", ""), 16)
    if ":" in text:
        return int(ip_address(text))
    if "." in text:
        return 0xFFFF00000000 | int(ip_address(text))
    return int(text, 0)
