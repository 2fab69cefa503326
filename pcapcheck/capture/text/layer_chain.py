"""Which headers a packet has, in their order, from the fields that tshark prints of it."""

from __future__ import annotations

from collections.abc import Iterable

from pcapcheck import protocols
from pcapcheck.capture.text.dissected_fields import PROTOCOLS, Fields, number_in

IP = ("ip", "ipv6")
UPPER = ("icmp", "icmpv6", "tcp", "udp", "sctp")
# More headers have no packet that is looked at here.
MOST_LAYERS = 64
_UPPER_OF = {
    protocols.ICMP: "icmp",
    protocols.TCP: "tcp",
    protocols.UDP: "udp",
    protocols.SCTP: "sctp",
    protocols.ICMPV6: "icmpv6",
}
_TUNNELS = (protocols.IPIP, protocols.IPV6)
_VXLAN_PORTS = (str(protocols.VXLAN_PORT), "8472")
# Errors that quote a packet.
_ERRORS = {"icmp": ("3", "4", "5", "11", "12"), "icmpv6": ("1", "2", "3", "4")}


def chain_of(fields: Fields) -> list[str] | None:
    """The protocols of a packet from the link layer up; None where the fields do not tell how they follow."""
    if PROTOCOLS in fields:
        return fields[PROTOCOLS][0].split(":")[:MOST_LAYERS]
    link = [layer for layer in ("eth", "sll", "vlan") if _has(fields, layer)]
    if _has(fields, "arp"):
        return [*link, "arp"]
    found = {layer: _occurrences(fields, layer) for layer in IP}
    if sum(found.values()) > 1:
        inside = _nested(fields, found)
        return None if inside is None else link + inside
    for layer, count in found.items():
        if count:
            return [*link, layer, *_carried(fields, layer)]
    # Without addresses the fields of what is above say nothing.
    return link


def _has(fields: Fields, layer: str) -> bool:
    return any(name.startswith(f"{layer}.") for name in fields)


def _occurrences(fields: Fields, layer: str) -> int:
    return max((len(fields.get(f"{layer}.{end}", ())) for end in ("src", "dst", "ttl", "hlim")), default=0)


def _carried(fields: Fields, layer: str) -> list[str]:
    """What a single datagram carries."""
    for upper in UPPER:
        if _has(fields, upper):
            return [upper, "dns"] if upper in ("tcp", "udp") and _has(fields, "dns") else [upper]
    said = fields.get("ip.proto" if layer == "ip" else "ipv6.nxt", [""])
    upper_said = _UPPER_OF.get(number_in(said[0]) or 0)
    return [upper_said] if upper_said is not None and len(said) == 1 else []


def _nested(fields: Fields, found: dict[str, int]) -> list[str] | None:
    """The headers of an error with what it quotes, or of a tunnel with what is in it."""
    outer = [layer for layer in IP if found[layer]]
    layer = outer[0]
    numbers = [number_in(value) for value in fields.get("ip.proto" if layer == "ip" else "ipv6.nxt", ())]
    if len(outer) > 1 or found[layer] != 2:
        return None
    message = "icmp" if layer == "ip" else "icmpv6"
    types = fields.get(f"{message}.type", [])
    first, second = numbers if len(numbers) == 2 else (None, None)
    is_error = bool(types) and types[0] in _ERRORS[message] and not _has(fields, "vxlan")
    if is_error and first in (None, *(number for number, name in _UPPER_OF.items() if name == message)):
        if second is None:
            quoted = [message] if len(types) == 2 else [upper for upper in ("tcp", "udp") if _has(fields, upper)]
        else:
            quoted = [name for number, name in _UPPER_OF.items() if number == second]
        if quoted == ["udp"] and _has(fields, "dns"):
            # tshark takes apart what the quoted datagram carries.
            quoted = ["udp", "dns"]
        return [layer, message, layer, *quoted]
    inner = [name for number, name in _UPPER_OF.items() if number == second]
    if second is None or not inner:
        return None
    if first in _TUNNELS:
        return [layer, layer, *inner]
    if first == protocols.UDP and (_has(fields, "vxlan") or _is_vxlan(fields.get("udp.dstport", []))):
        return [layer, "udp", "vxlan", *(["eth"] if len(fields.get("eth.src", ())) == 2 else []), layer, *inner]
    return None


def _is_vxlan(ports: Iterable[str]) -> bool:
    return next(iter(ports), "") in _VXLAN_PORTS
