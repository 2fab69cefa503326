"""Frame rows by column name: where each column of the table ``frames`` stands in a row."""

from __future__ import annotations

from array import array
from dataclasses import dataclass

from pcapcheck.capture.layout import ABSENT_TIME
from pcapcheck.columns import CARRIES, DIRECTIONS, ENCAPS
from pcapcheck.decode import layout
from pcapcheck.decode.frames import FrameBatch
from pcapcheck.values import Value, address_of

ICMP, TCP, UDP, ICMP6 = 1, 6, 17, 58
# The protocols whose fields columns hold, by the first word of their names.
PROTOCOLS = {"icmp": (ICMP, ICMP6), "quoted": (ICMP, ICMP6), "nd": (ICMP6,), "tcp": (TCP,), "udp": (UDP,)}
ETHERTYPES = (0x0800, 0x86DD)
TUNNEL = ("encap", "outer", "vxlan", "inner")

# Column attribute -> field.
NUMBERS = {
    "frame_number": layout.NUMBER,
    "frame_len": layout.LENGTH,
    "frame_cap_len": layout.CAPTURED,
    "sll_ifindex": layout.IFINDEX,
    "eth_src": layout.ETH_SRC,
    "eth_dst": layout.ETH_DST,
    "eth_type": layout.ETH_TYPE,
    "vlan_id": layout.VLAN,
    "arp_opcode": layout.ARP_OPCODE,
    "arp_src_hw_mac": layout.ARP_SRC_MAC,
    "arp_src_proto_ipv4": layout.ARP_SRC_IP,
    "arp_dst_hw_mac": layout.ARP_DST_MAC,
    "arp_dst_proto_ipv4": layout.ARP_DST_IP,
    "ip_version": layout.IP_VERSION,
    "ip_ttl": layout.IP_TTL,
    "ip_id": layout.IP_ID,
    "ip_proto": layout.IP_PROTO,
    "ip_len": layout.IP_LENGTH,
    "ip_frag_offset": layout.IP_FRAGMENT,
    "ip_flags_df": layout.IP_DF,
    "ip_flags_mf": layout.IP_MF,
    "icmp_type": layout.ICMP_TYPE,
    "icmp_code": layout.ICMP_CODE,
    "icmp_ident": layout.ICMP_IDENT,
    "icmp_seq": layout.ICMP_SEQ,
    "icmp_mtu": layout.ICMP_MTU,
    "quoted_proto": layout.QUOTED_PROTO,
    "quoted_ttl": layout.QUOTED_TTL,
    "quoted_icmp_type": layout.QUOTED_TYPE,
    "quoted_icmp_ident": layout.QUOTED_IDENT,
    "quoted_icmp_seq": layout.QUOTED_SEQ,
    "quoted_srcport": layout.QUOTED_SRC_PORT,
    "quoted_dstport": layout.QUOTED_DST_PORT,
    "nd_mac": layout.ND_MAC,
    "tcp_flags": layout.TCP_FLAGS,
    "vxlan_vni": layout.VNI,
    "inner_eth_src": layout.INNER_ETH_SRC,
    "inner_eth_dst": layout.INNER_ETH_DST,
}

# Column attribute -> (the field of the address's upper half, the bit of HAS that says it is there).
ADDRESSES = {
    "ip_src": (layout.IP_SRC_HIGH, layout.HAS_ADDRESSES),
    "ip_dst": (layout.IP_DST_HIGH, layout.HAS_ADDRESSES),
    "quoted_src": (layout.QUOTED_SRC_HIGH, layout.HAS_QUOTED),
    "quoted_dst": (layout.QUOTED_DST_HIGH, layout.HAS_QUOTED),
    "outer_src": (layout.OUTER_SRC_HIGH, layout.HAS_OUTER),
    "outer_dst": (layout.OUTER_DST_HIGH, layout.HAS_OUTER),
    "nd_target": (layout.ND_TARGET_HIGH, layout.HAS_TARGET),
}

# Column attribute -> (field, IP protocol whose column it is).
PORTS = {
    "tcp_srcport": (layout.SRC_PORT, TCP),
    "tcp_dstport": (layout.DST_PORT, TCP),
    "udp_srcport": (layout.SRC_PORT, UDP),
    "udp_dstport": (layout.DST_PORT, UDP),
}


@dataclass(frozen=True)
class FrameRow:
    """One frame of a batch; its early columns are its attributes, absent ones None."""

    rows: array[int]
    capacity: int
    row: int
    outcome: str = ""

    def __getattr__(self, name: str) -> Value | None:
        if name in NUMBERS:
            value = self.field(NUMBERS[name])
            return None if value == layout.ABSENT else value
        if name in ADDRESSES:
            high, bit = ADDRESSES[name]
            return address_of(self.field(high), self.field(high + 1)) if self.field(layout.HAS) & bit else None
        if name in PORTS:
            number, protocol = PORTS[name]
            value = self.field(number)
            return value if value != layout.ABSENT and self.field(layout.IP_PROTO) == protocol else None
        raise AttributeError(name)

    def lacks(self, column: str) -> bool:
        """Whether this frame is known to have nothing of the kind, being of another protocol.

        What is absent otherwise may only not have been captured.
        """
        first = column.partition(".")[0]
        carries = self.carries
        if carries == "undecoded" or first in ("frame", "eth", "sll"):
            return False
        if first == "arp":
            return carries not in ("arp", "other")
        if first in TUNNEL:
            return self.encap in (None, ENCAPS[0])
        if first == "vlan":
            return self.field(layout.ETH_TYPE) != layout.ABSENT
        if carries == "arp":
            return True
        if carries == "other" and self.field(layout.IP_VERSION) == layout.ABSENT:
            # IP of which too little was captured is told from other protocols by its ethertype.
            return self.field(layout.ETH_TYPE) not in (layout.ABSENT, *ETHERTYPES)
        protocol = self.field(layout.IP_PROTO)
        return first in PROTOCOLS and protocol != layout.ABSENT and protocol not in PROTOCOLS[first]

    def field(self, number: int) -> int:
        return self.rows[number * self.capacity + self.row]

    @property
    def group(self) -> int:
        return self.field(layout.GROUP)

    @property
    def frames(self) -> list[int]:
        return [self.field(layout.NUMBER)]

    @property
    def time(self) -> int | None:
        value = self.field(layout.TIME)
        return None if value == ABSENT_TIME else value

    @property
    def frame_time(self) -> int | None:
        return self.time

    @property
    def direction(self) -> str | None:
        value = self.field(layout.DIRECTION)
        return None if value == layout.ABSENT else DIRECTIONS[value]

    @property
    def carries(self) -> str:
        return CARRIES[self.field(layout.CARRIES)]

    @property
    def encap(self) -> str | None:
        value = self.field(layout.ENCAP)
        return None if value == layout.ABSENT else ENCAPS[value]


def frame_rows(batch: FrameBatch) -> list[FrameRow]:
    """The rows of a batch, valid until the next batch is decoded."""
    return [FrameRow(batch.rows, batch.capacity, row) for row in range(batch.count)]


def values_of(rows: list[FrameRow], attribute: str) -> list[Value | None]:
    """A column of consecutive rows of one batch, absent values None."""
    first = rows[0]
    if attribute in NUMBERS:
        start = NUMBERS[attribute] * first.capacity + first.row
        return [None if value == layout.ABSENT else value for value in first.rows[start : start + len(rows)]]
    return [getattr(row, attribute) for row in rows]
