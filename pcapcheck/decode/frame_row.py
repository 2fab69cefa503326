"""Frame rows by column name: where each column of the table ``frames`` stands in a row."""

from __future__ import annotations

from array import array
from dataclasses import dataclass

from pcapcheck.capture.record import AddressOf
from pcapcheck.capture.scan_layout import ABSENT_TIME
from pcapcheck.columns import CARRIES, DIRECTIONS, ENCAPS
from pcapcheck.decode import frame_layout
from pcapcheck.decode.decoder import FrameBatch
from pcapcheck.protocols import TCP, UDP
from pcapcheck.values import Value, address_of

# Column attribute -> field.
NUMBERS = {
    "frame_number": frame_layout.NUMBER,
    "frame_len": frame_layout.LENGTH,
    "frame_cap_len": frame_layout.CAPTURED,
    "sll_ifindex": frame_layout.IFINDEX,
    "eth_src": frame_layout.ETH_SRC,
    "eth_dst": frame_layout.ETH_DST,
    "eth_type": frame_layout.ETH_TYPE,
    "vlan_id": frame_layout.VLAN,
    "arp_opcode": frame_layout.ARP_OPCODE,
    "arp_src_hw_mac": frame_layout.ARP_SRC_MAC,
    "arp_dst_hw_mac": frame_layout.ARP_DST_MAC,
    "ip_version": frame_layout.IP_VERSION,
    "ip_ttl": frame_layout.IP_TTL,
    "ip_id": frame_layout.IP_ID,
    "ip_proto": frame_layout.IP_PROTO,
    "ip_len": frame_layout.IP_LENGTH,
    "ip_frag_offset": frame_layout.IP_FRAGMENT,
    "ip_flags_df": frame_layout.IP_DF,
    "ip_flags_mf": frame_layout.IP_MF,
    "icmp_type": frame_layout.ICMP_TYPE,
    "icmp_code": frame_layout.ICMP_CODE,
    "icmp_ident": frame_layout.ICMP_IDENT,
    "icmp_seq": frame_layout.ICMP_SEQ,
    "icmp_mtu": frame_layout.ICMP_MTU,
    "quoted_proto": frame_layout.QUOTED_PROTO,
    "quoted_ttl": frame_layout.QUOTED_TTL,
    "quoted_icmp_type": frame_layout.QUOTED_TYPE,
    "quoted_icmp_ident": frame_layout.QUOTED_IDENT,
    "quoted_icmp_seq": frame_layout.QUOTED_SEQ,
    "quoted_srcport": frame_layout.QUOTED_SRC_PORT,
    "quoted_dstport": frame_layout.QUOTED_DST_PORT,
    "nd_mac": frame_layout.ND_MAC,
    "tcp_flags": frame_layout.TCP_FLAGS,
    "vxlan_vni": frame_layout.VNI,
    "inner_eth_src": frame_layout.INNER_ETH_SRC,
    "inner_eth_dst": frame_layout.INNER_ETH_DST,
}

# Column attribute -> field: the lower half of an address, whose upper half is 0.
ARP_ADDRESSES = {
    "arp_src_proto_ipv4": frame_layout.ARP_SRC_IP,
    "arp_dst_proto_ipv4": frame_layout.ARP_DST_IP,
}

# Column attribute -> (the field of the address's upper half, the bit of HAS that says it is there).
ADDRESSES = {
    "ip_src": (frame_layout.IP_SRC_HIGH, frame_layout.HAS_ADDRESSES),
    "ip_dst": (frame_layout.IP_DST_HIGH, frame_layout.HAS_ADDRESSES),
    "quoted_src": (frame_layout.QUOTED_SRC_HIGH, frame_layout.HAS_QUOTED),
    "quoted_dst": (frame_layout.QUOTED_DST_HIGH, frame_layout.HAS_QUOTED),
    "outer_src": (frame_layout.OUTER_SRC_HIGH, frame_layout.HAS_OUTER),
    "outer_dst": (frame_layout.OUTER_DST_HIGH, frame_layout.HAS_OUTER),
    "nd_target": (frame_layout.ND_TARGET_HIGH, frame_layout.HAS_TARGET),
}

# Column attribute -> (field, IP protocol whose column it is).
PORTS = {
    "tcp_srcport": (frame_layout.SRC_PORT, TCP),
    "tcp_dstport": (frame_layout.DST_PORT, TCP),
    "udp_srcport": (frame_layout.SRC_PORT, UDP),
    "udp_dstport": (frame_layout.DST_PORT, UDP),
}


@dataclass(frozen=True)
class FrameRow:
    """One frame of a batch; its early columns are its attributes, absent ones None.

    Its field ``f`` is ``rows[f * field_step + begin]``.
    """

    rows: array[int]
    field_step: int
    begin: int
    address_of: AddressOf = address_of
    outcome: str = ""

    def __getattr__(self, name: str) -> Value | None:
        if name in NUMBERS:
            value = self.field(NUMBERS[name])
            return None if value == frame_layout.ABSENT else value
        if name in ADDRESSES:
            high, bit = ADDRESSES[name]
            if not self.field(frame_layout.HAS) & bit:
                return None
            return self.address_of(self.field(high), self.field(high + 1))
        if name in ARP_ADDRESSES:
            value = self.field(ARP_ADDRESSES[name])
            return None if value == frame_layout.ABSENT else self.address_of(0, value)
        if name in PORTS:
            number, protocol = PORTS[name]
            value = self.field(number)
            return value if value != frame_layout.ABSENT and self.field(frame_layout.IP_PROTO) == protocol else None
        raise AttributeError(name)

    def field(self, number: int) -> int:
        return self.rows[number * self.field_step + self.begin]

    @property
    def group(self) -> int:
        return self.field(frame_layout.GROUP)

    @property
    def frames(self) -> list[int]:
        return [self.field(frame_layout.NUMBER)]

    @property
    def time(self) -> int | None:
        value = self.field(frame_layout.TIME)
        return None if value == ABSENT_TIME else value

    @property
    def frame_time(self) -> int | None:
        return self.time

    @property
    def direction(self) -> str | None:
        value = self.field(frame_layout.DIRECTION)
        return None if value == frame_layout.ABSENT else DIRECTIONS[value]

    @property
    def carries(self) -> str:
        return CARRIES[self.field(frame_layout.CARRIES)]

    @property
    def encap(self) -> str | None:
        value = self.field(frame_layout.ENCAP)
        return None if value == frame_layout.ABSENT else ENCAPS[value]


def frame_row(batch: FrameBatch, row: int) -> FrameRow:
    """One row of a batch, valid until the next batch is decoded."""
    return FrameRow(batch.rows, batch.field_step, row, batch.address_of)
