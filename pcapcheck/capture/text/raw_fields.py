"""The bytes of fields that tshark prints with -T jsonraw, or -T json -x: ``"ip.ttl_raw": ["40", 22, 1, 0, 4]``.

Wireshark: epan/print.c, write_json_proto_node_hex_dump: the bytes in hexadecimal (of a bit field its value), where they
stand, how many, the bits of a bit field, and the type.
"""

from __future__ import annotations

from pcapcheck.capture.text.dissected_fields import PAYLOAD, PROTOCOLS, Fields, known_name
from pcapcheck.values import format_address

RAW = "_raw"
MEMBERS = 5
# What stands in an object of its own, by the name of a protocol.
LAYERS = ("eth", "vlan", "sll", "arp", "ip", "ipv6", "icmp", "icmpv6", "tcp", "udp", "sctp", "vxlan", "dns")
_MACS = ("eth.src", "eth.dst", "sll.src.eth", "arp.src.hw_mac", "arp.dst.hw_mac", "icmpv6.opt.linkaddr")
_ADDRESSES = {
    **dict.fromkeys(("ip.src", "ip.dst", "arp.src.proto_ipv4", "arp.dst.proto_ipv4"), 4),
    **dict.fromkeys(("ipv6.src", "ipv6.dst", "icmpv6.nd.ns.target_address", "icmpv6.nd.na.target_address"), 16),
}
# The bytes of a relative number are those of the absolute one.
_ABSOLUTE = {"tcp.seq": "tcp.seq_raw", "tcp.ack": "tcp.ack_raw"}
_MAPPED = 0xFFFF << 32


class RawFields:
    """Collects the raw fields of one packet; ``complete`` adds those that it is not printed in words too."""

    def __init__(self) -> None:
        self._fields: Fields = {}
        self._layers: list[str] = []

    def enter(self, name: str) -> None:
        """An object begins that has this name."""
        if name in LAYERS:
            self._layers.append(name)
        if name == "tcp":
            # What it carries stands behind, if anything.
            self._fields.setdefault("tcp.len", []).append("0")

    def take(self, name: str, value: object) -> bool:
        """Whether a member is the raw form of a field, or of several of one name; it is noted then."""
        if not name.endswith(RAW) or not isinstance(value, list):
            return False
        values = value if value and isinstance(value[0], list) else [value]
        if not all(map(_is_raw, values)):
            # Of a field without bytes.
            return bool(values) and all(isinstance(part, int) for each in values for part in each)
        bare = name.removesuffix(RAW)
        if bare == "frame" and values[0][2]:
            self._fields["frame.len"] = [str(values[0][2])]
        if bare == "tcp.payload" and "tcp.len" in self._fields:
            self._fields["tcp.len"][-1] = str(values[0][2])
        known = _ABSOLUTE.get(bare) or known_name(bare)
        if known is not None and bare not in _ABSOLUTE.values():
            said = [text for each in values if (text := _in_words(known, each[0])) is not None]
            self._fields.setdefault(known, []).extend(said)
        return True

    def complete(self, fields: Fields) -> None:
        """Add to the fields of a packet what only its bytes tell."""
        for name, values in self._fields.items():
            if name not in fields and values:
                fields[name] = values
        if self._fields and PROTOCOLS not in fields and self._layers:
            fields[PROTOCOLS] = [":".join(self._layers)]


def _is_raw(value: object) -> bool:
    return (
        isinstance(value, list)
        and len(value) == MEMBERS
        and isinstance(value[0], str)
        and all(isinstance(number, int) for number in value[1:])
    )


def _in_words(name: str, digits: str) -> str | None:
    """A value as it stands elsewhere in tshark's JSON; None of one without bytes, or with too few."""
    if name == PAYLOAD:
        return digits
    if name in _MACS:
        return ":".join(digits[at : at + 2] for at in range(0, 12, 2)) if len(digits) == 12 else None
    try:
        if name == "dns.qry.name":
            return _name_in(bytes.fromhex(digits))
        number = int(digits, 16)
    except ValueError:
        return None
    length = _ADDRESSES.get(name)
    if length is not None:
        return format_address(number | _MAPPED if length == 4 else number) if len(digits) == 2 * length else None
    # Of 32-bit words, in the upper half of the byte.
    return str((number >> 4) * 4 if name == "tcp.hdr_len" else number)


def _name_in(data: bytes) -> str | None:
    """The name that a question holds (RFC 1035, section 4.1.2); nothing of one that is compressed."""
    labels, at = [], 0
    while at < len(data) and data[at]:
        if data[at] > 63 or at + 1 + data[at] > len(data):
            return None
        labels.append(data[at + 1 : at + 1 + data[at]].decode("latin-1"))
        at += 1 + data[at]
    return ".".join(labels)
