"""dpkt, which decodes what people look at, says the same of every committed frame as the columns."""

from __future__ import annotations

from pathlib import Path

import dpkt
import pytest

from pcapcheck.values import Value
from tests.support.captures import CALICO, LAB, MADE, name_of
from tests.support.reading import read_frame_columns

LINKS = {
    1: dpkt.ethernet.Ethernet,
    101: None,
    113: dpkt.sll.SLL,
    228: dpkt.ip.IP,
    229: dpkt.ip6.IP6,
    276: dpkt.sll2.SLL2,
}
# What dpkt stumbles over, or reads otherwise: it goes by lengths that are not there, or not at all by those that are.
NOT_COMPARED = {
    "arp-oddities.pcap": "dpkt takes every ARP for one with six and four byte addresses",
    "ip-lengths.pcap": "dpkt reads nothing of a datagram whose total length is 0",
    "link-null-little.pcap": "dpkt does not read the BSD loopback header of every system",
    "link-null-big.pcap": "dpkt does not read the BSD loopback header of every system",
    "link-loop.pcap": "dpkt does not read the OpenBSD loopback header",
    "link-radiotap.pcap": "not decoded",
    "link-snap.pcap": "dpkt does not read SNAP behind a tag",
}


def dpkt_columns(link: int, data: bytes) -> dict[str, Value]:
    """The columns of a frame as dpkt sees them; none where it stumbles."""
    try:
        layer = (LINKS[link] or (dpkt.ip6.IP6 if data[0] >> 4 == 6 else dpkt.ip.IP))(data)
    except (dpkt.Error, IndexError, ValueError):
        return {}
    columns: dict[str, Value] = {}
    if isinstance(layer, dpkt.ethernet.Ethernet):
        columns = {"eth_src": number(layer.src), "eth_dst": number(layer.dst)}
    while not isinstance(layer, (bytes, dpkt.arp.ARP, dpkt.ip.IP, dpkt.ip6.IP6)):
        layer = layer.data
    layer = innermost(layer)
    if isinstance(layer, dpkt.arp.ARP):
        columns |= {
            "arp_opcode": layer.op,
            "arp_src_hw_mac": number(layer.sha),
            "arp_src_proto_ipv4": address(layer.spa),
            "arp_dst_hw_mac": number(layer.tha),
            "arp_dst_proto_ipv4": address(layer.tpa),
        }
    elif isinstance(layer, (dpkt.ip.IP, dpkt.ip6.IP6)):
        four = isinstance(layer, dpkt.ip.IP)
        columns |= {
            "ip_version": 4 if four else 6,
            "ip_src": address(layer.src),
            "ip_dst": address(layer.dst),
            "ip_ttl": layer.ttl if four else layer.hlim,
        }
        columns |= upper_columns(layer.data)
    return columns


def innermost(layer: object) -> object:
    """The IP packet inside IP in IP and VXLAN; dpkt leaves what is inside UDP as bytes."""
    while isinstance(layer, (dpkt.ip.IP, dpkt.ip6.IP6)):
        inside = layer.data
        if isinstance(inside, dpkt.udp.UDP) and inside.dport in (4789, 8472) and len(inside.data) > 8:
            inside = dpkt.ethernet.Ethernet(inside.data[8:]).data
        if not isinstance(inside, (dpkt.ip.IP, dpkt.ip6.IP6)):
            break
        layer = inside
    return layer


def upper_columns(layer: object) -> dict[str, Value]:
    if isinstance(layer, (dpkt.icmp.ICMP, dpkt.icmp6.ICMP6)):
        columns: dict[str, Value] = {"icmp_type": layer.type, "icmp_code": layer.code}
        if isinstance(layer.data, (dpkt.icmp.ICMP.Echo, dpkt.icmp6.ICMP6.Echo)):
            columns |= {"icmp_ident": layer.data.id, "icmp_seq": layer.data.seq}
        return columns
    if isinstance(layer, dpkt.tcp.TCP):
        return {"tcp_srcport": layer.sport, "tcp_dstport": layer.dport}
    if isinstance(layer, dpkt.udp.UDP):
        return {"udp_srcport": layer.sport, "udp_dstport": layer.dport}
    return {}


def number(data: bytes) -> int:
    return int.from_bytes(data, "big")


def address(data: bytes) -> int:
    return number(data) if len(data) == 16 else 0xFFFF00000000 | number(data)


@pytest.mark.parametrize(
    "path", [path for path in [*MADE, *LAB, *CALICO] if path.name not in NOT_COMPARED], ids=name_of
)
def test_dpkt_agrees(path: Path) -> None:
    for frame, (link, data, columns) in enumerate(read_frame_columns(path.read_bytes()), 1):
        for name, value in dpkt_columns(link, data).items():
            assert columns.get(name) == value, f"frame {frame}: {name}"


@pytest.mark.slow
def test_dpkt_had_something_to_say() -> None:
    """Of the frames recorded in the lab dpkt decodes nearly all."""
    silent = frames = 0
    for path in LAB:
        for link, data, _columns in read_frame_columns(path.read_bytes()):
            frames += 1
            silent += len(dpkt_columns(link, data)) < 4
    assert silent * 20 < frames
