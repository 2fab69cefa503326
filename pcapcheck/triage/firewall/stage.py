"""A stage: a host that may have stopped lost packets, and what the captures and the state show of the two ends."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from pcapcheck.calico import kind_of_name
from pcapcheck.nodestate.forwarding import decide
from pcapcheck.nodestate.gateway import LOCAL
from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.policy_routing import RoutedPacket
from pcapcheck.triage.firewall.lost_packet import LostPacket
from pcapcheck.triage.firewall.translated_packet import Carried
from pcapcheck.values import Value, as_number, as_text

ON_RETURN = "on-return"


class End(Struct, frozen=True):
    """One end of a question: its node and pod, if the state describes them, and the interface of its link.

    ``outward`` is the interface by which packets from the other node were seen coming in to this end's node.
    """

    node: Host | None
    pod: Host | None
    interface: str | None
    outward: str | None = None


class StageSeen(Struct, frozen=True):
    """Where the captures show that packets were lost (``lost``, ``place`` and ``encap`` as of the table ``case``).

    ``interface`` is where they were seen last, ``outer`` the addresses of the tunnel that they were in there.
    ``spoken`` are the addresses that the asker's node speaks ARP with on pods' links (or the node whose pods alone were
    recorded), ``spoken_there`` those of the node of the pod that was asked. ``direction`` is request or reply, if one
    was lost; ``recorded`` are the kinds of capture points that were recorded, ``empty`` those that have an empty file.
    ``carried`` is how requests looked where they were seen last, if addresses had been translated.
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
        def text(name: str) -> str | None:
            return as_text(packet_evidence.get(name))

        lost = text("lost")
        place = text("lost.place") if lost == ON_RETURN else lost
        outer = as_number(packet_evidence.get("outer.src")), as_number(packet_evidence.get("outer.dst"))
        encap = text("outer.encap") or text("encap")
        last = text("last_seen.interface")
        return cls(lost, place, last, encap, outer, spoken, direction=text("lost.direction"))

    @property
    def device(self) -> str | None:
        """The tunnel device that they were seen on last, before or after the tunnel."""
        return self.interface if self.interface is not None and kind_of_name(self.interface) == "tunnel" else None


class Stage(Struct, frozen=True):
    """A host that may have stopped lost packets, and the packets as it sees them.

    ``spoken`` are the addresses that it speaks ARP with on pods' links.
    """

    host: Host
    packet: LostPacket
    spoken: frozenset[int] = frozenset()


def with_way_back(host: Host, packet: LostPacket) -> LostPacket:
    """Add the interfaces by which the host's routes lead back to a packet's source, if the state shows them."""
    if packet.src is None or packet.iif is None or packet.family not in (4, 6):
        return packet
    back = decide(host, RoutedPacket(packet.dst, packet.src, "lo"))
    if back is None or back.leads == LOCAL:
        return packet
    # For nft alone a less specific route by the interface leads back too.
    others = {route.dev for route in host.routes_to(packet.src) if route.dev}
    if packet.iif in others - back.devices:
        return packet
    return replace(packet, back=frozenset(back.devices))
