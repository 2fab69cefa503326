"""Where lost packets may have met a firewall: on the node of either end, and inside the pod that was asked."""

from __future__ import annotations

from msgspec.structs import replace

from pcapcheck import protocols
from pcapcheck.nodestate.host import Host
from pcapcheck.paths.losses import AT_NIC, AT_POD, BETWEEN, IN_NODE, REPLY, REQUEST, TO_POD_LINK
from pcapcheck.triage.firewall.lost import LostPackets
from pcapcheck.triage.firewall.lost_packet import INVALID, SENT, TAKEN_IN, UNTRACKED, LostPacket
from pcapcheck.triage.firewall.node_passage import arriving, destinations, forwarded, through
from pcapcheck.triage.firewall.question_packets import question_packets
from pcapcheck.triage.firewall.stage import ON_RETURN, End, Stage, StageSeen
from pcapcheck.triage.firewall.translated_packet import Carried
from pcapcheck.triage.firewall.tunnel_stages import tunnel_stages
from pcapcheck.triage.firewall.walk import walk
from pcapcheck.triage.interfaces import default_nic


def stages_on_nodes(loss: LostPackets, here: End, there: End, seen: StageSeen) -> list[Stage]:
    """The nodes on the path, except those that the packets were seen to get past."""
    return [
        replace(stage, spoken=seen.spoken if stage.host is here.node else seen.spoken_there)
        for stage in _stages_on_nodes(loss, here, there, seen)
    ]


def _stages_on_nodes(loss: LostPackets, here: End, there: End, seen: StageSeen) -> list[Stage]:
    request, reply = question_packets(loss, seen.lost)
    if seen.carried is not None:
        # Conntrack gives replies the service's address back when they leave the last node, after these chains.
        reply = replace(reply, src=seen.carried.dst, sports=seen.carried.dports)
    found: list[Stage] = []
    if seen.lost != ON_RETURN:
        found += _on_way(request, here, there, seen)
    if seen.lost == BETWEEN and there.node is None and here.node is not None:
        # The request left for where nobody recorded: the reply may have come back, and died here.
        found.append(Stage(here.node, replace(forwarded(here.node, reply, there, here), iif=seen.interface)))
    if seen.lost in (ON_RETURN, None) and loss.error is None:
        known = here.node is not None and here.node is there.node
        found += _on_way(_answering(here.node, request, reply, here) if known else reply, there, here, seen)
    return found


def _answering(node: Host | None, request: LostPacket, reply: LostPacket, here: End) -> LostPacket:
    """Replies that pass the node of their requests: conntrack knows these, unless a rule turned it off (notrack).

    If it did not track the request, a SYN-ACK or an echo reply is invalid, and a UDP datagram opens a flow of its own
    (kernel: net/netfilter/nf_conntrack_proto_tcp.c, tcp_new; nf_conntrack_proto_icmp.c; nf_conntrack_proto_udp.c).
    """
    if node is None or node.firewall is None:
        return reply
    passed = walk(node.firewall, replace(request, iif=here.interface)).packet
    if passed is None or "untracked" not in passed.states:
        return reply
    alone = frozenset(("new",)) if reply.protocol == protocols.UDP else INVALID
    return replace(reply, states=alone if passed.states == UNTRACKED else reply.states | alone)


def _on_way(packet: LostPacket, here: End, there: End, seen: StageSeen) -> list[Stage]:
    """The nodes between two ends where packets were lost, or may have been."""
    found: list[Stage] = []
    far = there.node if there.node is not here.node else None
    if seen.place in (IN_NODE, None) and here.node is not None:
        sent = packet
        if packet.is_reply and seen.carried is not None and there.node is not here.node:
            # They answer the source address that the other node saw.
            sent = replace(packet, dst=seen.carried.src, dports=seen.carried.sports)
        found += [Stage(here.node, packet) for packet in through(here.node, sent, here, there, seen)]
    beyond = _as_carried(packet, here, seen.carried)
    if seen.place == TO_POD_LINK and there.node is not None:
        found += [Stage(there.node, packet) for packet in arriving(there.node, beyond, seen.interface, there, seen)]
    if far is not None and seen.place in (BETWEEN, AT_NIC, None):
        found += [Stage(far, packet) for packet in arriving(far, beyond, None, there, seen)]
    if seen.direction in (None, REPLY if packet.is_reply else REQUEST):
        found += tunnel_stages(packet, here, far, there, seen)
    return found


def _as_carried(packet: LostPacket, here: End, carried: Carried | None) -> LostPacket:
    """Packets as they reach the node of the pod that was asked: as seen, or as the first node's rules make them."""
    if packet.is_reply:
        return packet
    if carried is None:
        found = destinations(here.node, packet, here.interface) if here.node is not None else []
        only = found[0] if len(found) == 1 else None
        if only is None:
            return packet
        return replace(packet, dst=only.ip, dports=packet.dports if only.port is None else frozenset((only.port,)))
    return replace(packet, src=carried.src, dst=carried.dst, sports=carried.sports, dports=carried.dports)


def stages_in_pod(loss: LostPackets, there: End, seen: StageSeen) -> list[Stage]:
    """The pod that was asked: it takes in requests and sends replies."""
    if there.pod is None or seen.lost not in (AT_POD, None):
        return []
    request, reply = question_packets(loss, seen.lost)
    name = own_interface(there.pod)
    back = replace(reply, hooks=SENT, states=frozenset(("established",)))
    return [
        Stage(there.pod, replace(request, iif=name, oif="", hooks=TAKEN_IN)),
        Stage(there.pod, replace(back, iif="", oif=name)),
    ]


def own_interface(pod: Host) -> str:
    """A pod's interface, by its default route; tunl0 and the like are in every namespace once the node has them."""
    return default_nic(pod) or next((link.name for link in pod.links.values() if link.name != "lo"), "eth0")
