"""Where the columns of the table ``frames`` lie in a frame row."""

from __future__ import annotations

from pcapcheck.capture import checksum_layout
from pcapcheck.capture.scan_layout import ABSENT_TIME
from pcapcheck.column_words import CARRIES, CHECKSUMS, DIRECTIONS, ENCAPS
from pcapcheck.decode import frame_layout as layout
from pcapcheck.decode.frame_batch import FrameBatch
from pcapcheck.decode.frame_row import FrameRow
from pcapcheck.protocols import TCP, UDP
from pcapcheck.raw_rows import ZERO, Field, RawRows, Requirement, TableFields
from pcapcheck.table_names import FRAMES


def _address(high: int, bit: int) -> Field:
    """An address whose halves stand one after the other, there if HAS has the bit."""
    return Field(high + 1, high=high, when=(Requirement(layout.HAS, bit, mask=bit),))


def _arp_address(position: int) -> Field:
    return Field(position, high=ZERO, when=(Requirement(position, layout.ABSENT, equal=False),))


def _port(position: int, protocol: int) -> Field:
    return Field(position, when=(Requirement(layout.IP_PROTO, protocol),))


def _checksum(place: int) -> Field:
    shift = place * checksum_layout.SUM_BITS
    return Field(layout.CHECKSUMS, shift, checksum_layout.SUM_ABSENT, most=checksum_layout.SUM_UNKNOWN, words=CHECKSUMS)


COLUMNS = {
    "frame.number": Field(layout.NUMBER),
    "frame.time": Field(layout.TIME, least=ABSENT_TIME + 1),
    "frame.len": Field(layout.LENGTH),
    "frame.cap_len": Field(layout.CAPTURED),
    "direction": Field(layout.DIRECTION, words=DIRECTIONS),
    "carries": Field(layout.CARRIES, words=CARRIES),
    "sll.ifindex": Field(layout.IFINDEX),
    "eth.src": Field(layout.ETH_SRC),
    "eth.dst": Field(layout.ETH_DST),
    "eth.type": Field(layout.ETH_TYPE),
    "vlan.id": Field(layout.VLAN),
    "arp.opcode": Field(layout.ARP_OPCODE),
    "arp.src.hw_mac": Field(layout.ARP_SRC_MAC),
    "arp.src.proto_ipv4": _arp_address(layout.ARP_SRC_IP),
    "arp.dst.hw_mac": Field(layout.ARP_DST_MAC),
    "arp.dst.proto_ipv4": _arp_address(layout.ARP_DST_IP),
    "ip.version": Field(layout.IP_VERSION),
    "ip.src": _address(layout.IP_SRC_HIGH, layout.HAS_ADDRESSES),
    "ip.dst": _address(layout.IP_DST_HIGH, layout.HAS_ADDRESSES),
    "ip.ttl": Field(layout.IP_TTL),
    "ip.id": Field(layout.IP_ID),
    "ip.proto": Field(layout.IP_PROTO),
    "ip.len": Field(layout.IP_LENGTH),
    "ip.frag_offset": Field(layout.IP_FRAGMENT),
    "ip.flags.df": Field(layout.IP_DF),
    "ip.flags.mf": Field(layout.IP_MF),
    "icmp.type": Field(layout.ICMP_TYPE),
    "icmp.code": Field(layout.ICMP_CODE),
    "icmp.ident": Field(layout.ICMP_IDENT),
    "icmp.seq": Field(layout.ICMP_SEQ),
    "icmp.mtu": Field(layout.ICMP_MTU),
    "quoted.src": _address(layout.QUOTED_SRC_HIGH, layout.HAS_QUOTED),
    "quoted.dst": _address(layout.QUOTED_DST_HIGH, layout.HAS_QUOTED),
    "quoted.proto": Field(layout.QUOTED_PROTO),
    "quoted.ttl": Field(layout.QUOTED_TTL),
    "quoted.icmp.type": Field(layout.QUOTED_TYPE),
    "quoted.icmp.ident": Field(layout.QUOTED_IDENT),
    "quoted.icmp.seq": Field(layout.QUOTED_SEQ),
    "quoted.srcport": Field(layout.QUOTED_SRC_PORT),
    "quoted.dstport": Field(layout.QUOTED_DST_PORT),
    "nd.target": _address(layout.ND_TARGET_HIGH, layout.HAS_TARGET),
    "nd.mac": Field(layout.ND_MAC),
    "encap": Field(layout.ENCAP, words=ENCAPS),
    "outer.src": _address(layout.OUTER_SRC_HIGH, layout.HAS_OUTER),
    "outer.dst": _address(layout.OUTER_DST_HIGH, layout.HAS_OUTER),
    "vxlan.vni": Field(layout.VNI),
    "inner.eth.src": Field(layout.INNER_ETH_SRC),
    "inner.eth.dst": Field(layout.INNER_ETH_DST),
    "ip.checksum": _checksum(0),
    "checksum": _checksum(1),
    "outer.ip.checksum": _checksum(2),
    "outer.checksum": _checksum(3),
    "tcp.srcport": _port(layout.SRC_PORT, TCP),
    "tcp.dstport": _port(layout.DST_PORT, TCP),
    "tcp.flags": Field(layout.TCP_FLAGS),
    "udp.srcport": _port(layout.SRC_PORT, UDP),
    "udp.dstport": _port(layout.DST_PORT, UDP),
}


FRAME_FIELDS = TableFields(FRAMES, COLUMNS, Field(layout.GROUP), None, FrameRow)


def raw_frames(batch: FrameBatch) -> RawRows:
    """The frame rows of a batch, valid until the next batch is decoded."""
    return RawRows(
        FRAME_FIELDS,
        batch.rows,
        batch.count,
        1,
        batch.field_step,
        batch.groups,
        layout.GROUP_FIELDS,
        batch.address_of,
    )
