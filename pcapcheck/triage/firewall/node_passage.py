"""How packets pass a node: by which interfaces and hooks, and to which destination its rules send them."""

from __future__ import annotations

from msgspec.structs import replace

from pcapcheck.nodestate.host import Host
from pcapcheck.triage.firewall.lost_packet import FORWARDED, SENT, TAKEN_IN, LostPacket
from pcapcheck.triage.firewall.stage import End, StageSeen
from pcapcheck.triage.firewall.translation import Translation, translations
from pcapcheck.values import is_public


def destinations(node: Host, packet: LostPacket, interface: str | None) -> list[Translation]:
    """The destinations that a node's rules may give to packets that come in by an interface."""
    own = {address.ip for address in node.addresses}
    hooks = SENT if packet.src in own else TAKEN_IN if packet.dst in own else packet.hooks
    return translations(node.firewall, replace(packet, iif="" if hooks is SENT else interface, hooks=hooks))


def forwarded(node: Host, request: LostPacket, here: End, there: End) -> LostPacket:
    """Packets that pass the node of their own end, before its rules translate them."""
    own = {address.ip for address in node.addresses}
    if request.src in own:
        return replace(request, iif="", hooks=SENT, oif=there.interface)
    if request.dst in own:
        return replace(request, iif=here.interface, oif="", hooks=TAKEN_IN)
    oif, translated = there.interface if there.node is node else None, False
    if oif is None and request.dst is not None:
        routes = node.routes_to(request.dst)
        dev = routes[0].dev if routes and not routes[0].leads_nowhere else None
        # An address that only the default route leads to may be a service's, with a pod behind it.
        translated = (not routes or routes[0].is_default) and not is_public(request.dst)
        oif = None if translated else dev
        if not node.routes and here.outward is not None:
            oif, translated = here.outward, False
    return replace(request, iif=here.interface, oif=oif, translated=translated)


def arriving(node: Host, packet: LostPacket, interface: str | None, there: End, seen: StageSeen) -> list[LostPacket]:
    """Packets that come in from outside: for the node, to be forwarded, or for each back end that its rules name."""
    coming = replace(packet, iif=interface)
    found = [] if packet.is_reply else destinations(node, coming, interface)
    if found:
        return [replace(coming, to=(back_end.ip, back_end.port), oif=_way_out(node, back_end.ip)) for back_end in found]
    if _is_own(node, packet.dst, seen):
        return [replace(coming, oif="", hooks=TAKEN_IN)]
    leaves = there.interface or (_way_out(node, packet.dst) if packet.dst is not None else None)
    return [replace(coming, oif=leaves)]


def _is_own(node: Host, address: int | None, seen: StageSeen) -> bool:
    """Whether an address is the node's own: by its listing, or if that shows none, by the ARP of the captures."""
    own = {address.ip for address in node.addresses if address.dev != "lo"}
    return address in own or (not own and address in seen.spoken)


def through(node: Host, packet: LostPacket, here: End, there: End, seen: StageSeen) -> list[LostPacket]:
    """Packets that pass the node of their own end, for each back end that they may go to."""
    plain = forwarded(node, packet, here, there)
    if plain.hooks is FORWARDED and _is_own(node, packet.dst, seen):
        plain = replace(packet, iif=here.interface, oif="", hooks=TAKEN_IN)
    found = [] if packet.is_reply else destinations(node, packet, here.interface)
    if not found:
        return [plain]
    hooks = SENT if plain.hooks is SENT else FORWARDED
    return [
        replace(
            plain,
            to=(back_end.ip, back_end.port),
            oif=_way_out(node, back_end.ip),
            hooks=hooks,
            translated=False,
        )
        for back_end in found
    ]


def _way_out(node: Host, address: int) -> str | None:
    best = next(iter(node.routes_to(address)), None)
    return None if best is None or best.leads_nowhere else best.dev
