"""A lost packet as a firewall sees it, and whether a condition of a rule holds for it: true, false or unknown.

A condition on an unknown field of a packet is unknown, never true.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct, field

from pcapcheck.kleene import FALSE, TRUE, UNKNOWN
from pcapcheck.nodestate.firewall.chains import FORWARD, INPUT, ONE_OF, OUTPUT, POSTROUTING, PREROUTING, SET, Match
from pcapcheck.nodestate.firewall.sets import ADDRESS, Sets
from pcapcheck.protocols import ICMP, ICMPV6, TCP, UDP
from pcapcheck.triage.firewall.host_conditions import came_as, has_no_way_back, is_of_socket, owned_by, type_of

# The hooks of packets that a host forwards, takes in, and sends itself (kernel: include/linux/netfilter.h, NF_HOOK).
FORWARDED = ("ingress", PREROUTING, FORWARD, POSTROUTING, "egress")
BEFORE_ROUTING = ("ingress", PREROUTING)
TAKEN_IN = ("ingress", PREROUTING, INPUT)
SENT = (OUTPUT, POSTROUTING, "egress")
# Priorities of destination and source translation and of connection tracking (linux/netfilter_ipv4.h, NF_IP_PRI_*).
DST_NAT, SRC_NAT, CONNTRACK = -100, 100, -200
UNTRACKED, INVALID = frozenset(("untracked",)), frozenset(("invalid",))
# The fixed fields of ARP for IPv4 on Ethernet (RFC 826).
OF_ARP = {"arp_htype": 1, "arp_ptype": 4, "arp_hlen": 6, "arp_plen": 4}
# Numeric fields, and the parts of an ipset element that each is in.
ENDS = {("address", "src"): "saddr", ("address", "dst"): "daddr", ("port", "src"): "sport", ("port", "dst"): "dport"}


class LostPacket(Struct, frozen=True):
    """Alike packets. None, or an empty set, is a field that is not known.

    ``src`` and ``dst`` are the addresses on the link where they were seen last; ``translated``: one may change here.
    In ARP (``family`` ARP_FAMILY) they are the sender and the target; ``nd_target`` is the address that neighbour
    discovery asks for. ``to`` is the destination, with its port, that the host's rules give them. ``states`` are what
    conntrack may call them. ``hooks`` are those that they pass. An empty interface: they have none, as a host's own
    packets come in by none. ``back`` are the interfaces by which the host's routes lead back to their source.
    """

    family: int
    protocol: int
    src: int | None = None
    dst: int | None = None
    sports: frozenset[int] = frozenset()
    dports: frozenset[int] = frozenset()
    icmp_type: int | None = None
    tcp_flags: int | None = None
    states: frozenset[str] = frozenset()
    is_reply: bool = False
    iif: str | None = None
    oif: str | None = None
    hooks: tuple[str, ...] = FORWARDED
    translated: bool = False
    to: tuple[int, int | None] | None = None
    arp_operation: int | None = None
    nd_target: int | None = None
    back: frozenset[str] | None = None
    hop_limit: int | None = None
    src_mac: int | None = None


class HookPlace(Struct):
    """Where a host checks a condition: the hook (None: not known) with its priority, and the mark so far.

    ``mark`` is (known bits, their value).
    """

    hook: str | None
    priority: int = 0
    mark: tuple[int, int] = (0xFFFFFFFF, 0)
    sets: Sets = field(default_factory=dict)

    @property
    def is_before_tracking(self) -> bool:
        """Whether connection tracking has not seen the packet yet."""
        return self.hook == "ingress" or (self.hook in (PREROUTING, OUTPUT) and self.priority < CONNTRACK)


def judge(match: Match, packet: LostPacket, place: HookPlace) -> int:
    """Whether a condition holds: TRUE, FALSE or UNKNOWN."""
    if match.about == SET:
        found = _in_set(match, packet, place)
    elif match.about == ONE_OF:
        found = _any(all_of(option, packet, place) for option in match.options)
    elif match.about in ("iif", "oif"):
        found = _interface(match, packet, place)
    elif match.about in ("saddr", "daddr"):
        found = _address(match, packet, place)
    elif match.about == "ct_state":
        found = _state(match, packet, place)
    elif match.about == "ct_direction":
        found = TRUE if ("reply" if packet.is_reply else "original") in match.names else FALSE
    elif match.about in ("dst_type", "src_type"):
        found = type_of(match, packet, place)
    elif match.about in ("way_back", "any_way_back"):
        found = has_no_way_back(match, packet)
    elif match.about == "socket":
        found = is_of_socket(packet, place)
    elif match.about == "owner":
        found = owned_by(packet, place)
    elif match.about == "pkttype":
        found = came_as(match, packet)
    elif match.about == "mark":
        found = _mark(match, place)
    else:
        found = _number(match, packet, place)
    return -found if match.negated else found


def all_of(matches: Iterable[Match], packet: LostPacket, place: HookPlace) -> int:
    return min((judge(match, packet, place) for match in matches), default=TRUE)


def _any(results: Iterable[int]) -> int:
    found = FALSE
    for result in results:
        if result == TRUE:
            return TRUE
        found = max(found, result)
    return found


def _in_set(match: Match, packet: LostPacket, place: HookPlace) -> int:
    named = place.sets.get(match.names[0])
    if named is None:
        return UNKNOWN
    fields = match.names[1:]
    about = ENDS.get((ADDRESS, fields[0]), fields[0]) if fields else ""
    address = {"saddr": packet.src, "daddr": packet.dst}.get(about)
    if about == "daddr" and packet.to is not None and not _before(about, place):
        address = packet.to[0] if place.hook is not None else None
    # An uncertain address may be in any element.
    is_sure = about not in ("saddr", "daddr") or (address is not None and not _may_change(about, packet, place))
    found = _any(all_of(_named(element, fields), packet, place) for element in named.near(address))
    if found == FALSE and named.elements and not is_sure:
        found = UNKNOWN
    if found == TRUE and any(
        all_of(_named(exception, fields), packet, place) != FALSE for exception in named.exceptions
    ):
        found = UNKNOWN
    return found if found == TRUE or named.whole else UNKNOWN


def _named(element: tuple[Match, ...], fields: tuple[str, ...]) -> list[Match]:
    """The conditions of an element, each on the field that the rule names for it."""
    found = []
    at = 0
    for match in element:
        about = match.about
        if about == "protocol" or about == "unknown":
            about = match.about
        elif at < len(fields):
            end = fields[at]
            about = ENDS.get((about, end), end if end not in ("src", "dst") else "unknown")
        at += about != "protocol" or (at < len(fields) and fields[at] == "protocol")
        found.append(Match(about, match.text, match.spans, match.names, match.negated, match.mask))
    return found


def _interface(match: Match, packet: LostPacket, place: HookPlace) -> int:
    name = packet.iif if match.about == "iif" else packet.oif
    if match.about == "oif" and place.hook in (PREROUTING, INPUT, "ingress"):
        name = ""
    if match.about == "iif" and place.hook == OUTPUT:
        name = ""
    if name is None:
        return TRUE if "*" in match.names else UNKNOWN
    return TRUE if any(fits_name(name, word) for word in match.names) else FALSE


def fits_name(name: str, pattern: str) -> bool:
    return name.startswith(pattern[:-1]) if pattern.endswith("*") else name == pattern


def _address(match: Match, packet: LostPacket, place: HookPlace) -> int:
    value = packet.src if match.about == "saddr" else packet.dst
    if match.about == "daddr" and packet.to is not None:
        if place.hook is None:
            return _among((), [_holds(match, value), _holds(match, packet.to[0])])
        value = value if _before("daddr", place) else packet.to[0]
        return TRUE if _holds(match, value) else FALSE
    if value is None:
        return UNKNOWN
    if any(low <= value <= high for low, high in match.spans):
        return TRUE
    return UNKNOWN if _may_change(match.about, packet, place) else FALSE


def _may_change(about: str, packet: LostPacket, place: HookPlace) -> bool:
    """Whether an address may differ here from that on the link."""
    return packet.translated and not _before(about, place)


def _holds(match: Match, value: int | None) -> bool:
    return value is not None and any(low <= value <= high for low, high in match.spans)


def _before(about: str, place: HookPlace) -> bool:
    """Whether a place is before the translation of this address."""
    if about == "daddr":
        return place.hook in ("ingress",) or (place.hook == PREROUTING and place.priority < DST_NAT)
    return place.hook is not None and (place.hook not in (POSTROUTING, "egress") or place.priority < SRC_NAT)


def _state(match: Match, packet: LostPacket, place: HookPlace) -> int:
    """Before connection tracking has seen a packet it counts as invalid, except one that is not tracked.

    Source: the kernel's net/netfilter/nft_ct.c and xt_conntrack.c.
    """
    states = packet.states
    if place.is_before_tracking:
        states = (states & UNTRACKED) | (INVALID if states != UNTRACKED else frozenset())
    return _among(states, [state in match.names for state in states])


def _mark(match: Match, place: HookPlace) -> int:
    known, value = place.mark
    mask = 0xFFFFFFFF if match.mask is None else match.mask
    if mask & ~known:
        # Some of the known bits may differ already.
        bits = mask & known
        if match.spans and all(low == high and (low & bits) != (value & bits) for low, high in match.spans):
            return FALSE
        return UNKNOWN
    return TRUE if any(low <= (value & mask) <= high for low, high in match.spans) else FALSE


def _number(match: Match, packet: LostPacket, place: HookPlace) -> int:
    values: frozenset[int]
    if match.about in ("sport", "dport"):
        values = packet.sports if match.about == "sport" else _ports(packet, place)
        if packet.protocol not in (TCP, UDP):
            # ``th dport`` alone reads the same bytes in other protocols.
            return UNKNOWN
    else:
        value = {
            "family": packet.family,
            "protocol": packet.protocol,
            "icmp_type": packet.icmp_type,
            "icmp_code": 0 if packet.icmp_type is not None else None,
            "tcp_flags": packet.tcp_flags,
            "arp_operation": packet.arp_operation,
            "nd_target": packet.nd_target,
            "hop_limit": packet.hop_limit,
            "src_mac": packet.src_mac,
            **OF_ARP,
        }.get(match.about)
        if match.about.startswith("icmp") and packet.protocol not in (ICMP, ICMPV6):
            return FALSE
        if match.about == "tcp_flags" and packet.protocol != TCP:
            return FALSE
        values = frozenset() if value is None else frozenset((value,))
    if match.mask is not None:
        values = frozenset(value & match.mask for value in values)
    return _among(values, [any(low <= value <= high for low, high in match.spans) for value in values])


def _ports(packet: LostPacket, place: HookPlace) -> frozenset[int]:
    """The ports that packets may be for at a place: before translation, after it, or either."""
    port = packet.to[1] if packet.to is not None else None
    if port is None:
        return packet.dports
    if place.hook is None:
        return packet.dports | {port}
    return packet.dports if _before("daddr", place) else frozenset((port,))


def _among(values: Iterable[object], fits: list[bool]) -> int:
    """Whether all possible values fit (true) or none (false); else it is unknown."""
    if not fits:
        return UNKNOWN
    return TRUE if all(fits) else UNKNOWN if any(fits) else FALSE
