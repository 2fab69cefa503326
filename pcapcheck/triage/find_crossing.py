"""Find the crossing: the node that was to forward lost packets, as far as captures and state show it."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from pcapcheck.calico import TUNNELS, tunnel_device
from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.policy_routing import RoutedPacket
from pcapcheck.nodestate.state import PodLink, State
from pcapcheck.paths.losses import AT_NIC, BETWEEN, DECAPSULATION, IN_NODE, REPLY, TO_POD_LINK
from pcapcheck.triage.crossing import Crossing
from pcapcheck.values import Value, as_text

ON_RETURN = "on-return"


class CrossingEnds(Struct, frozen=True):
    """Sender and receiver of the lost packets: address, link as the state shows it, its name on the node."""

    src: int | None
    dst: int | None
    here: PodLink | None
    there: PodLink | None
    here_name: str | None
    there_name: str | None

    def turned(self) -> CrossingEnds:
        """The same for the answers."""
        return CrossingEnds(self.dst, self.src, self.there, self.here, self.there_name, self.here_name)


class CrossingSearch(Struct, frozen=True):
    """``alone`` is the only node of the state, if it has a single node.

    ``at`` is the node at which the packets were seen last, by its name, else likewise the only node.
    """

    state: State
    packet_evidence: Mapping[str, Value | None]
    prefix: str
    alone: Host | None
    at: Host | None = None

    def find(self, ends: CrossingEnds) -> Crossing | None:
        """``ends`` are those of the requests."""
        lost = self.packet_evidence.get("lost")
        if self.packet_evidence.get("lost.direction") == REPLY or lost == ON_RETURN:
            ends = ends.turned()
        src_node = ends.here.node if ends.here is not None else None
        dst_node = ends.there.node if ends.there is not None else None
        place = self.packet_evidence.get("lost.place") or (lost if lost != ON_RETURN else None)
        if place is None and lost == ON_RETURN:
            # Between two pods of one node there is no other place.
            place = IN_NODE if src_node is not None and src_node is dst_node else lost
        if ends.dst is None or place == ON_RETURN:
            return None
        astray = self.packet_evidence.get("astray") is True
        if astray:
            # The question is why the sender's node sent them to a third machine.
            place = BETWEEN
        if place in (TO_POD_LINK, AT_NIC, DECAPSULATION):
            return self._at_receiver(ends, ends.dst, place)
        return self._at_sender(ends, ends.dst, place, astray) if place in (IN_NODE, BETWEEN, None) else None

    def _at_receiver(self, ends: CrossingEnds, dst: int, place: Value | None) -> Crossing | None:
        """The receiver's node, which the packets reached."""
        evidence = self.packet_evidence
        src_node = ends.here.node if ends.here is not None else None
        dst_node = ends.there.node if ends.there is not None else None
        apart = evidence.get("dst.same_node") is False and src_node is self.alone
        node = dst_node or (self.at if ends.there is None and not apart else None)
        if node is None:
            return None
        last = as_text(evidence.get("last_seen.interface"))
        iif, wrapped = last, None
        encap = as_text(evidence.get("encap"))
        if encap in TUNNELS and evidence.get("last_seen.kind") == "host-nic":
            outer = evidence.get("outer.src"), evidence.get("outer.dst")
            iif = tunnel_device(encap, dst) if place == AT_NIC else None
            if isinstance(outer[0], int) and isinstance(outer[1], int):
                wrapped = RoutedPacket(outer[0], outer[1], last)
        if iif is None and wrapped is None:
            return None
        packet = RoutedPacket(ends.src, dst, iif)
        return Crossing(
            self.state, node, packet, ends.there_name, False, self.prefix, wrapped=wrapped, receiver=dst_node
        )

    def _at_sender(self, ends: CrossingEnds, dst: int, place: Value | None, astray: bool) -> Crossing | None:
        """The sender's node, which the packets did not leave, or left for the wrong place."""
        evidence = self.packet_evidence
        last, kind = as_text(evidence.get("last_seen.interface")), evidence.get("last_seen.kind")
        src_node = ends.here.node if ends.here is not None else None
        dst_node = ends.there.node if ends.there is not None else None
        entered = last if place == IN_NODE and kind == "pod-link" else None
        node = src_node or (self.alone if ends.here is None and evidence.get("refused.by") == "node" else None)
        node = node or (_only_with(self.state, entered) if ends.here is None else None)
        if node is None:
            return None
        packet = RoutedPacket(ends.src, dst, ends.here_name or entered)
        return Crossing(
            self.state,
            node,
            packet,
            home=ends.there_name if dst_node is node else None,
            sends=True,
            prefix=self.prefix,
            left=last if place == BETWEEN and not astray and kind in ("host-nic", "tunnel") else None,
            receiver=dst_node,
            entered=entered is not None and entered == packet.iif,
            some=evidence.get("only_tcp") is True,
            astray=astray,
        )


def _only_with(state: State, interface: str | None) -> Host | None:
    """The only node that has an interface with the name of a pod's link."""
    found = [node for node in state.nodes if interface in node.links]
    return found[0] if len(found) == 1 and not found[0].contradictions else None
