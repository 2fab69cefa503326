"""Where lost packets may have met a firewall: on the node of either end, and inside the pod that was asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from pcapcheck import protocols
from pcapcheck.calico import kind_of_name
from pcapcheck.nodestate.forwarding import decide
from pcapcheck.nodestate.gateway import LOCAL
from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.policy_routing import RoutedPacket as Routed
from pcapcheck.paths.losses import AT_NIC, AT_POD, BETWEEN, DECAPSULATION, IN_NODE, REPLY, REQUEST, TO_POD_LINK
from pcapcheck.protocols import ECHO_REPLY, ECHO_REQUEST, TCP_ACK, TCP_SYN
from pcapcheck.triage.firewall.lost import LostPackets
from pcapcheck.triage.firewall.lost_packet import FORWARDED, INVALID, SENT, TAKEN_IN, UNTRACKED, LostPacket
from pcapcheck.triage.firewall.translated_packet import Carried
from pcapcheck.triage.firewall.translation import Translation, translations
from pcapcheck.triage.firewall.walk import walk
from pcapcheck.triage.firewall.wrapped import IPIP, VXLAN, WIREGUARD, TunnelEnds, address_of, tunnel_on_way
from pcapcheck.triage.interfaces import default_nic
from pcapcheck.triage.packet_evidence.case_exchanges import TCP
from pcapcheck.values import Value, is_ipv4, is_public

# By what was asked for and the version of IP.
PROTOCOLS = {
    **{(REQUEST, 4): protocols.ICMP, (REQUEST, 6): protocols.ICMPV6},
    **{(TCP, 4): protocols.TCP, (TCP, 6): protocols.TCP},
}
ON_RETURN = "on-return"
KINDS, NIC = (VXLAN, IPIP, WIREGUARD), "host-nic"


@dataclass(frozen=True)
class End:
    """One end of what was asked: its node and its pod as far as the state describes them, and its link's interface.

    ``outward`` is the interface by which packets were seen coming to its node from the other end's.
    """

    node: Host | None
    pod: Host | None
    interface: str | None
    outward: str | None = None


@dataclass(frozen=True)
class StageSeen:
    """Where the captures show that packets were lost (``lost``, ``place`` and ``encap`` as of the table ``case``).

    ``interface`` is that on which they were seen last, ``outer`` the addresses of the tunnel that they were in there.
    ``spoken`` are addresses that the asker's node, or whose pods alone were recorded, speaks ARP with on pods' links,
    ``spoken_there`` those of the node of the pod that was asked. ``direction`` is request or reply, where one of them
    was lost; ``recorded`` are kinds of capture points that were recorded, ``empty`` those of which a file is empty.
    ``carried`` is how requests looked there, where addresses had been translated.
    """

    lost: str | None
    place: str | None
    interface: str | None
    encap: str | None
    outer: tuple[int | None, int | None] = (None, None)
    spoken: frozenset[int] = frozenset()
    spoken_there: frozenset[int] = frozenset()
    direction: str | None = None
    recorded: frozenset[str] = frozenset()
    empty: frozenset[str] = frozenset()
    carried: Carried | None = None

    @classmethod
    def of(cls, packet_evidence: Mapping[str, Value | None], spoken: frozenset[int] = frozenset()) -> StageSeen:
        def word(name: str) -> str | None:
            value = packet_evidence.get(name)
            return value if isinstance(value, str) else None

        def address(name: str) -> int | None:
            value = packet_evidence.get(name)
            return value if isinstance(value, int) else None

        lost = word("lost")
        place = word("lost.place") if lost == ON_RETURN else lost
        outer = address("outer.src"), address("outer.dst")
        encap = word("outer.encap") or word("encap")
        last = word("last_seen.interface")
        return cls(lost, place, last, encap, outer, spoken, direction=word("lost.direction"))

    @property
    def device(self) -> str | None:
        """The tunnel's device on which they were seen last, not in the tunnel yet or no longer."""
        return self.interface if self.interface is not None and kind_of_name(self.interface) == "tunnel" else None


@dataclass(frozen=True)
class Stage:
    """A host that lost packets may have been stopped by, and what it saw of them.

    ``spoken`` are addresses that it speaks ARP with on pods' links.
    """

    host: Host
    packet: LostPacket
    spoken: frozenset[int] = frozenset()


def with_way_back(host: Host, packet: LostPacket) -> LostPacket:
    """A packet with the interfaces by which its host's routes lead back to its source, as far as the state tells."""
    if packet.src is None or packet.iif is None or packet.family not in (4, 6):
        return packet
    back = decide(host, Routed(packet.dst, packet.src, "lo"))
    if back is None or back.leads == LOCAL:
        return packet
    # A less specific route by the interface is a way back too, for nft alone.
    others = {route.dev for route in host.routes_to(packet.src) if route.dev}
    if packet.iif in others - back.devices:
        return packet
    return replace(packet, back=frozenset(back.devices))


def stages_on_nodes(loss: LostPackets, here: End, there: End, seen: StageSeen) -> list[Stage]:
    """The nodes on the way, but where it was seen that the packets got past them."""
    return [
        replace(stage, spoken=seen.spoken if stage.host is here.node else seen.spoken_there)
        for stage in _stages_on_nodes(loss, here, there, seen)
    ]


def _stages_on_nodes(loss: LostPackets, here: End, there: End, seen: StageSeen) -> list[Stage]:
    request, reply = _packets(loss, seen.lost)
    if seen.carried is not None:
        # Conntrack gives replies the service's address back where they leave the last node, behind these chains.
        reply = replace(reply, src=seen.carried.dst, sports=seen.carried.dports)
    found: list[Stage] = []
    if seen.lost != ON_RETURN:
        found += _on_way(request, here, there, seen)
    if seen.lost == BETWEEN and there.node is None and here.node is not None:
        # It left the node for where nobody looked: the reply may have come back, and died here.
        found.append(Stage(here.node, replace(_forwarded(here.node, reply, there, here), iif=seen.interface)))
    if seen.lost in (ON_RETURN, None) and loss.error is None:
        known = here.node is not None and here.node is there.node
        found += _on_way(_answering(here.node, request, reply, here) if known else reply, there, here, seen)
    return found


def destinations(node: Host, packet: LostPacket, interface: str | None) -> list[Translation]:
    """What a node's rules may make of the destination of packets that come in by an interface."""
    own = {address.ip for address in node.addresses}
    hooks = SENT if packet.src in own else TAKEN_IN if packet.dst in own else packet.hooks
    return translations(node.firewall, replace(packet, iif="" if hooks is SENT else interface, hooks=hooks))


def _answering(node: Host | None, request: LostPacket, reply: LostPacket, here: End) -> LostPacket:
    """Replies that come back through the node that their requests passed: conntrack knows these, unless told not to.

    A SYN-ACK, or an echo reply, whose request it did not track is invalid, a datagram of UDP opens a flow of its own
    (kernel: net/netfilter/nf_conntrack_proto_tcp.c, tcp_new; nf_conntrack_proto_icmp.c; nf_conntrack_proto_udp.c).
    """
    if node is None or node.firewall is None:
        return reply
    passed = walk(node.firewall, replace(request, iif=here.interface)).packet
    if passed is None or "untracked" not in passed.states:
        return reply
    alone = frozenset(("new",)) if reply.protocol == protocols.UDP else INVALID
    return replace(reply, states=alone if passed.states == UNTRACKED else reply.states | alone)


def _arriving(node: Host, packet: LostPacket, interface: str | None, there: End, seen: StageSeen) -> list[LostPacket]:
    """Packets that come in to a node from outside: for itself, to be forwarded, or to whom its rules translate them."""
    coming = replace(packet, iif=interface)
    found = [] if packet.is_reply else destinations(node, coming, interface)
    if found:
        return [replace(coming, to=(one.ip, one.port), oif=_way_out(node, one.ip)) for one in found]
    if _is_own(node, packet.dst, seen):
        return [replace(coming, oif="", hooks=TAKEN_IN)]
    leaves = there.interface or (_way_out(node, packet.dst) if packet.dst is not None else None)
    return [replace(coming, oif=leaves)]


def _is_own(node: Host, address: int | None, seen: StageSeen) -> bool:
    """Whether an address is the node's own: by its listing, or, where it shows none, by the ARP of the captures."""
    own = {address.ip for address in node.addresses if address.dev != "lo"}
    return address in own or (not own and address in seen.spoken)


def _through(node: Host, packet: LostPacket, here: End, there: End, seen: StageSeen) -> list[LostPacket]:
    """Packets on their way through the node of the end that they come from, for each back end that they may go to."""
    plain = _forwarded(node, packet, here, there)
    if plain.hooks is FORWARDED and _is_own(node, packet.dst, seen):
        plain = replace(packet, iif=here.interface, oif="", hooks=TAKEN_IN)
    found = [] if packet.is_reply else destinations(node, packet, here.interface)
    if not found:
        return [plain]
    hooks = SENT if plain.hooks is SENT else FORWARDED
    return [
        replace(plain, to=(one.ip, one.port), oif=_way_out(node, one.ip), hooks=hooks, translated=False)
        for one in found
    ]


def _way_out(node: Host, address: int) -> str | None:
    best = next(iter(node.routes_to(address)), None)
    return None if best is None or best.leads_nowhere else best.dev


def _on_way(packet: LostPacket, here: End, there: End, seen: StageSeen) -> list[Stage]:
    """The nodes that packets from one end to the other pass where they were lost, or may have been."""
    found: list[Stage] = []
    far = there.node if there.node is not here.node else None
    if seen.place in (IN_NODE, None) and here.node is not None:
        sent = packet
        if packet.is_reply and seen.carried is not None and there.node is not here.node:
            # They answer whoever the other node said had asked.
            sent = replace(packet, dst=seen.carried.src, dports=seen.carried.sports)
        found += [Stage(here.node, packet) for packet in _through(here.node, sent, here, there, seen)]
    beyond = _as_carried(packet, here, seen.carried)
    if seen.place == TO_POD_LINK and there.node is not None:
        found += [Stage(there.node, packet) for packet in _arriving(there.node, beyond, seen.interface, there, seen)]
    if far is not None and seen.place in (BETWEEN, AT_NIC, None):
        found += [Stage(far, packet) for packet in _arriving(far, beyond, None, there, seen)]
    if seen.direction in (None, REPLY if packet.is_reply else REQUEST):
        found += _wrapped(packet, here, far, there, seen)
    return found


def _as_carried(packet: LostPacket, here: End, carried: Carried | None) -> LostPacket:
    """Packets as they come to the node of the pod that was asked: as seen, or as the rules of the first node say."""
    if packet.is_reply:
        return packet
    if carried is None:
        found = destinations(here.node, packet, here.interface) if here.node is not None else []
        only = found[0] if len(found) == 1 else None
        if only is None:
            return packet
        return replace(packet, dst=only.ip, dports=packet.dports if only.port is None else frozenset((only.port,)))
    return replace(packet, src=carried.src, dst=carried.dst, sports=carried.sports, dports=carried.dports)


def _wrapped(packet: LostPacket, here: End, far: Host | None, there: End, seen: StageSeen) -> list[Stage]:
    """The same of the tunnel's packets with them inside, on the node that sends these and that which takes them in."""
    found: list[Stage] = []
    if here.node is not None and here.node is there.node:
        return found
    spoken = (seen.spoken_there, seen.spoken) if packet.is_reply else (seen.spoken, seen.spoken_there)
    tunnel = tunnel_on_way(here.node, packet.dst, seen.device) if here.node is not None else None
    if seen.encap in KINDS:
        device = tunnel.device if tunnel is not None and tunnel.encap == seen.encap else None
        tunnel = TunnelEnds(seen.encap, device, *seen.outer)
    elif tunnel is None and seen.device is not None and far is not None:
        back = tunnel_on_way(far, packet.src, seen.device)
        tunnel = TunnelEnds(back.encap, back.device, back.dst, back.src) if back is not None else None
    if tunnel is None:
        return found
    family = tunnel.family
    src = tunnel.src or address_of(here.node, family) or _alone(spoken[0], family)
    dst = tunnel.dst or address_of(far, family) or _alone(spoken[1], family)
    tunnel = replace(tunnel, src=src, dst=dst)
    unseen = seen.encap not in KINDS
    if here.node is not None and unseen and _is_before_sending(seen):
        found.append(Stage(here.node, tunnel.sent_by(here.node)))
    # A card on which nobody saw a packet shows that none left.
    left = not unseen or (seen.device is not None and NIC not in seen.empty)
    if far is not None and left and seen.place in (BETWEEN, AT_NIC, DECAPSULATION, None):
        by = seen.interface if seen.place in (AT_NIC, DECAPSULATION) else None
        found.append(Stage(far, tunnel.taken_by(far, by)))
    return found


def _is_before_sending(seen: StageSeen) -> bool:
    """Whether packets may have been stopped after they were put into the tunnel, on the node that sends it.

    They were seen on its device, or neither there nor behind it, and nobody recorded the device.
    """
    if seen.device is not None:
        return seen.place in (BETWEEN, None)
    return seen.place in (IN_NODE, None) and "tunnel" not in seen.recorded


def _alone(addresses: frozenset[int], family: int) -> int | None:
    """The only address, if it is of a version of IP."""
    only = next(iter(addresses)) if len(addresses) == 1 else None
    return only if only is None or is_ipv4(only) == (family == 4) else None


def stages_in_pod(loss: LostPackets, there: End, seen: StageSeen) -> list[Stage]:
    """The pod that was asked: it takes requests in and sends replies."""
    if there.pod is None or seen.lost not in (AT_POD, None):
        return []
    request, reply = _packets(loss, seen.lost)
    name = own_interface(there.pod)
    back = replace(reply, hooks=SENT, states=frozenset(("established",)))
    return [
        Stage(there.pod, replace(request, iif=name, oif="", hooks=TAKEN_IN)),
        Stage(there.pod, replace(back, iif="", oif=name)),
    ]


def own_interface(pod: Host) -> str:
    """A pod's interface by its default route; tunl0 and the like stand in every namespace once the node has them."""
    return default_nic(pod) or next((link.name for link in pod.links.values() if link.name != "lo"), "eth0")


def _packets(loss: LostPackets, lost: str | None) -> tuple[LostPacket, LostPacket]:
    family = 4 if is_ipv4(loss.src) else 6
    protocol = PROTOCOLS.get((loss.kind, family), 17)
    asked, answered = (ECHO_REQUEST[family], ECHO_REPLY[family]) if loss.kind == REQUEST else (None, None)
    # What follows a reply within one flow is established: a ping keeps its identifier, a resolver its port.
    fresh = frozenset(("new",)) if loss.kind == TCP or not loss.answered else frozenset(("new", "established"))
    if loss.begun:
        # Data of a connection, of which conntrack knows, unless it has lost track of it.
        fresh = frozenset(("established", "invalid"))
    # A reply whose request this node did not see is invalid.
    back = frozenset(("established",)) if lost == "on-return" else frozenset(("established", "invalid", "new"))
    request = LostPacket(
        family,
        protocol,
        loss.src,
        loss.dst,
        loss.sports,
        loss.dports,
        asked,
        None if loss.kind != TCP else TCP_ACK if loss.begun else TCP_SYN,
        fresh,
    )
    # The back end's own address is translated back once the packet leaves (kernel: net/netfilter/nf_nat_core.c).
    source, ports = loss.answerer or (loss.dst, loss.dports)
    reply = LostPacket(
        family,
        protocol,
        source,
        loss.src,
        ports,
        loss.sports,
        answered,
        None if loss.kind != TCP else TCP_ACK if loss.begun else TCP_SYN | TCP_ACK,
        back,
        is_reply=True,
    )
    return request, reply


def _forwarded(node: Host, request: LostPacket, here: End, there: End) -> LostPacket:
    """Packets on their way through the node of the end that they come from."""
    own = {address.ip for address in node.addresses}
    if request.src in own:
        return replace(request, iif="", hooks=SENT, oif=there.interface)
    if request.dst in own:
        return replace(request, iif=here.interface, oif="", hooks=TAKEN_IN)
    oif, translated = there.interface if there.node is node else None, False
    if oif is None and request.dst is not None:
        routes = node.routes_to(request.dst)
        dev = routes[0].dev if routes and not routes[0].leads_nowhere else None
        # What only the default route leads to may be a service's address, behind which a pod stands.
        translated = (not routes or routes[0].is_default) and not is_public(request.dst)
        oif = None if translated else dev
        if not node.routes and here.outward is not None:
            oif, translated = here.outward, False
    return replace(request, iif=here.interface, oif=oif, translated=translated)
