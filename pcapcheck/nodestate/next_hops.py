"""Next hops: whether the neighbour that a node sends packets to is there, by its neighbour entries and links.

Kernel: net/core/neighbour.c; net/ipv4/arp.c, arp_error_report: if a neighbour does not answer, the node sends host
unreachable for the packets that wait for it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType

from msgspec import Struct

from pcapcheck.calico import kind_of_name
from pcapcheck.nodestate.forwarding import OUT, Decision, Hop, decide
from pcapcheck.nodestate.hop_states import NEXT_HOPS
from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.node_facts import Neighbour
from pcapcheck.nodestate.policy_routing import RoutedPacket
from pcapcheck.nodestate.source_lines import Line
from pcapcheck.nodestate.state import State
from pcapcheck.nodestate.unresolved_pods import UNANSWERED

RESOLVED, UNRESOLVED, DOWN, WRONG, PARTLY = NEXT_HOPS

# Address -> the MACs under which it was heard to speak ARP.
Heard = Mapping[int, Collection[int]]
NOTHING_HEARD: Heard = MappingProxyType({})


class NextHop(Struct, frozen=True):
    """``state`` is one of ``NEXT_HOPS``; ``address`` is the faulty hop's, else the first hop's."""

    state: str
    address: int
    lines: tuple[Line, ...]


def next_hop(
    state: State, node: Host, decision: Decision, dst: int, prefix: str, heard: Heard = NOTHING_HEARD
) -> NextHop | None:
    """What is known of the hops by which packets for ``dst`` leave a node; None if that is not known.

    Neighbours on pods' links are no next hops. For a tunnel it is the hop to the node at its other end.
    """
    found = [next_ for hop in decision.hops if (next_ := _of_hop(state, node, hop, dst, prefix, heard)) is not None]
    if not found or len(found) < len(decision.hops):
        return None
    amiss = next((hop for hop in found if hop.state != RESOLVED), None)
    if amiss is None:
        return found[0]
    lines = tuple(dict.fromkeys((*decision.lines, *amiss.lines)))
    partly = any(hop.state == RESOLVED for hop in found)
    return NextHop(PARTLY if partly else amiss.state, amiss.address, lines)


def _of_hop(state: State, node: Host, hop: Hop, dst: int, prefix: str, heard: Heard) -> NextHop | None:
    kind = kind_of_name(hop.dev, prefix)
    if kind == "pod-link":
        return None
    link = node.links.get(hop.dev)
    target = hop.via if hop.via is not None else dst
    if link is not None and (link.up is False or link.carrier is False):
        return NextHop(DOWN, target, (hop.line, link.line))
    if kind == "tunnel":
        return _of_tunnel(state, node, hop, prefix, heard)
    entry = next((neighbour for neighbour in reversed(node.neighbours_of(target)) if neighbour.dev == hop.dev), None)
    if entry is None or entry.proxy:
        return None
    if entry.state in UNANSWERED:
        return NextHop(UNRESOLVED, target, (hop.line, entry.line))
    if entry.mac is None:
        return None
    theirs = _contradicted(state, node, entry)
    if theirs is not None:
        return NextHop(WRONG, target, (hop.line, entry.line, theirs))
    if entry.state == "PERMANENT" and entry.mac not in heard.get(target, (entry.mac,)):
        return NextHop(WRONG, target, (hop.line, entry.line))
    return NextHop(RESOLVED, target, (hop.line, entry.line))


def _of_tunnel(state: State, node: Host, hop: Hop, prefix: str, heard: Heard) -> NextHop | None:
    """The hop of a tunnel's packets: to the forwarding entry's end, or for IP in IP to the next hop itself."""
    if hop.via is None:
        return None
    entry = next(
        (
            neighbour
            for neighbour in node.neighbours_of(hop.via)
            if neighbour.dev == hop.dev and neighbour.mac is not None
        ),
        None,
    )
    ends = [held.dst for held in node.forwarding if entry and (held.mac, held.dev) == (entry.mac, hop.dev)]
    outer = next((end for end in ends if end is not None), hop.via if hop.dev.startswith("tunl") else None)
    way = decide(node, RoutedPacket(None, outer, "lo")) if outer is not None else None
    if outer is None or way is None or way.leads != OUT or hop.dev in way.devices:
        return None
    found = next_hop(state, node, way, outer, prefix, heard)
    return found and NextHop(found.state, found.address, (hop.line, *found.lines))


def _contradicted(state: State, node: Host, entry: Neighbour) -> Line | None:
    """The line of the interface that has the entry's address, if its MAC differs.

    Only for static entries: in some clouds a router answers for all neighbours.
    """
    if entry.state != "PERMANENT":
        return None
    for other in state.nodes:
        held = (
            next((address for address in other.addresses if address.ip == entry.ip), None)
            if other is not node
            else None
        )
        link = other.links.get(held.dev) if held is not None else None
        if link is not None and link.mac is not None and link.mac != entry.mac:
            return link.line
    return None
