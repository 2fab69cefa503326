"""Compare our reading of a capture with tshark's, frame by frame: container fields, then ARP, IP and ICMP fields."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address

from pcapcheck.capture.pcapng import MAGIC
from pcapcheck.capture.record import Interface
from pcapcheck.decode.fields import FrameRow, frame_rows
from pcapcheck.decode.frames import LINKS, Decoder
from pcapcheck.decode.layout import INTERFACE
from pcapcheck.errors import CaptureError
from tests.support.reading import open_bytes
from tests.support.tshark import Dissection, nanoseconds

# What a frame's protocol list must begin with for the frame to be one that is decoded. Of tunnels only the outer
# addresses are compared here, since of a field that occurs several times tshark is asked for the first.
_LINK = r"(?:(?:eth|sll|raw|null|loop)(?::ethertype|:llc|:vlan|:ieee8021ad)*:)?"
_CARRIES_ARP = re.compile(rf"{_LINK}arp(?::|$)")
_CARRIES_IP = re.compile(rf"{_LINK}ip(?::|$)")
_CARRIES_IPV6 = re.compile(rf"{_LINK}ipv6(?::|$)")
_CARRIES_ICMP = re.compile(rf"{_LINK}ip:icmp(?::|$)")
_CARRIES_ICMPV6 = re.compile(
    rf"{_LINK}ipv6(?::ipv6\.hopopts|:ipv6\.routing|:ipv6\.dstopts|:ipv6\.fraghdr|:ah)*:icmpv6(?::|$)"
)

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
# The last address of each header, and all of them.
LAST_ADDRESSES = frozenset({"arp_dst_proto_ipv4", "ip_dst"})
HEADER_ADDRESSES = LAST_ADDRESSES | {"arp_src_hw_mac", "arp_src_proto_ipv4", "arp_dst_hw_mac", "ip_src"}
REVERSE_ARP = 0x8035
PROTOCOL_COLUMNS = {**_ARP, **_IP, **_ICMP}


@dataclass(frozen=True)
class Difference:
    """A value that we and tshark read differently. Frame 0 stands for the whole capture."""

    frame: int
    field: str
    ours: object
    theirs: object

    def __str__(self) -> str:
        return f"frame {self.frame}: {self.field} is {self.ours}, tshark says {self.theirs}"


@dataclass(frozen=True)
class Frame:
    """One frame as we read it: container fields, and the columns that tshark has too."""

    number: int
    time: int | None
    captured: int
    length: int
    interface: int | None
    decoded: bool
    columns: dict[str, int]
    tunnel: bool = False


def read_frames(data: bytes) -> tuple[list[Frame], list[Interface], str]:
    """Every frame of a capture as far as it can be read, its interfaces, and why it cannot be read at all."""
    frames: list[Frame] = []
    try:
        reader = open_bytes(data)
    except CaptureError as error:
        return frames, [], str(error)
    # tshark counts interfaces anew in each section, we go on counting.
    sections = data.count(MAGIC)
    decoder = Decoder(keep_all=True)
    for records in reader.batches():
        batch = decoder.decode(records)
        frames.extend(_frame(row, reader.interfaces, sections) for row in frame_rows(batch))
    return frames, reader.interfaces, ""


def _frame(row: FrameRow, interfaces: list[Interface], sections: int) -> Frame:
    columns = {name: getattr(row, name) for name in PROTOCOL_COLUMNS}
    tunnel = row.encap in ("ipip", "vxlan")
    if tunnel:
        columns = {"ip_src": row.outer_src, "ip_dst": row.outer_dst}
    interface = row.field(INTERFACE)
    # RARP, which has the layout of ARP, is not decoded.
    decoded = interfaces[interface].link_type in LINKS and row.eth_type != REVERSE_ARP
    return Frame(
        row.frames[0],
        row.time,
        row.frame_cap_len,  # type: ignore[arg-type]
        row.frame_len,  # type: ignore[arg-type]
        interface if sections < 2 else None,
        decoded,
        {name: value for name, value in columns.items() if value is not None},
        tunnel,
    )


def compare(frames: list[Frame], dissection: Dissection) -> Iterator[Difference]:
    """Every difference; frames that only one side has are one difference of the whole capture."""
    # tshark counts pcapng custom blocks as frames; they alone have no link type.
    packets = [frame for frame in dissection.frames if "frame.encap_type" in frame]
    if len(frames) != len(packets):
        yield Difference(0, "frames", len(frames), len(packets))
    for ours, theirs in zip(frames, packets, strict=False):
        yield from _compare_container(ours, theirs)
        if ours.decoded:
            yield from _compare_protocols(ours, theirs)


def _compare_container(ours: Frame, theirs: dict[str, str]) -> Iterator[Difference]:
    time = nanoseconds(theirs["frame.time_epoch"]) if "frame.time_epoch" in theirs else None
    if ours.time != time:
        yield Difference(ours.number, "time", ours.time, time)
    captured = int(theirs["frame.cap_len"])
    if ours.captured != captured:
        yield Difference(ours.number, "cap_len", ours.captured, captured)
    # A wire length below the captured one is raised to it.
    length = max(captured, int(theirs["frame.len"]))
    if ours.length != length:
        yield Difference(ours.number, "len", ours.length, length)
    interface = int(theirs.get("frame.interface_id", "0"))
    if ours.interface is not None and ours.interface != interface:
        yield Difference(ours.number, "interface", ours.interface, interface)


def _compare_protocols(ours: Frame, theirs: dict[str, str]) -> Iterator[Difference]:
    protocols = theirs.get("frame.protocols", "")
    expected: dict[str, int] = {}
    if _CARRIES_ARP.match(protocols):
        expected = _values(_ARP, theirs)
    elif _CARRIES_IP.match(protocols):
        expected = _values(_IP, theirs)
        if _CARRIES_ICMP.match(protocols):
            expected |= _values(_ICMP, theirs, ECHO_LIKE)
    elif _CARRIES_IPV6.match(protocols):
        expected = _values(_IPV6, theirs)
        if _CARRIES_ICMPV6.match(protocols):
            expected |= _values(_ICMPV6, theirs, ECHO6)
    names = expected.keys() | ours.columns.keys()
    if ours.tunnel:
        names &= {"ip_src", "ip_dst"}
    if not names & LAST_ADDRESSES:
        # Cut inside the header: tshark shows no address of such an ARP, one of such an IP; we keep what is there.
        names -= HEADER_ADDRESSES
    for name in sorted(names):
        if expected.get(name) != ours.columns.get(name):
            yield Difference(ours.number, name, ours.columns.get(name), f"{expected.get(name)} in {protocols}")


def _values(names: dict[str, str], theirs: dict[str, str], numbered: frozenset[int] | None = None) -> dict[str, int]:
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
