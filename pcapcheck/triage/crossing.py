"""Crossing: the node that was to forward lost packets, as far as captures and state show it, and what it did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pcapcheck.calico import TUNNELS, kind_of_name, tunnel_device
from pcapcheck.networks import CALICO_PROTOCOLS
from pcapcheck.nodestate.forwarding import OUT, Decision, by_table, decide
from pcapcheck.nodestate.gateway import LOCAL
from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.next_hops import Heard, NextHop, next_hop
from pcapcheck.nodestate.node_facts import Route
from pcapcheck.nodestate.policy_routing import RoutedPacket, diversions
from pcapcheck.nodestate.readers.sysctls import line_of, value_of
from pcapcheck.nodestate.source_check import fails_source_check
from pcapcheck.nodestate.source_lines import Line, Sourced
from pcapcheck.nodestate.state import PodLink, State
from pcapcheck.paths.losses import AT_NIC, BETWEEN, DECAPSULATION, IN_NODE, REPLY, TO_POD_LINK
from pcapcheck.values import Value, is_ipv4

RIGHT, DEFAULT, UNLISTED, POD_LINK, AWAY, WRONG_NODE, UNROUTED, DEAD = WAYS = (
    *("right", "default", "unlisted", "pod-link", "away", "wrong-node", "none", "dead-end"),
)
# What the kernel calls the routes that Felix writes itself; with BIRD they are BIRD's.
FELIX = "80"
ON_RETURN = "on-return"
# The protocols whose routes without a next hop are to a network that the node is in (rt_protos).
OF_NETWORK = ("kernel", "ra", "dhcp")


@dataclass(frozen=True)
class CrossingEnds:
    """Sender and receiver of the packets that were lost: address, link as the state knows it, its name on the node."""

    src: int | None
    dst: int | None
    here: PodLink | None
    there: PodLink | None
    here_name: str | None
    there_name: str | None

    def turned(self) -> CrossingEnds:
        """The same for what comes back."""
        return CrossingEnds(self.dst, self.src, self.there, self.here, self.there_name, self.here_name)


@dataclass
class Crossing:
    """``home`` is the interface of the receiver on this node, None if it is not on this node.

    ``sends``: it is the node of the sender. ``left`` is the interface by which the packets were seen leaving it.
    ``wrapped`` are the addresses of the tunnel's packets that came to it, with their interface. ``entered``: they were
    seen entering it from their sender's link, and nowhere after. ``some``: others between the same two passed.
    ``astray``: they were seen to come to a third machine.
    ``heard`` are the MACs under which addresses spoke ARP on network cards, ``receivers`` the addresses with which the
    receiver's node spoke it to its pod.
    """

    state: State
    node: Host
    packet: RoutedPacket
    home: str | None
    sends: bool
    prefix: str
    left: str | None = None
    wrapped: RoutedPacket | None = None
    receiver: Host | None = None
    entered: bool = False
    some: bool = False
    astray: bool = False
    heard: Heard = field(default_factory=dict)
    receivers: frozenset[int] = frozenset()
    _decision: Decision | None = field(default=None, repr=False)

    @classmethod
    def of(
        cls,
        state: State,
        packet_evidence: Mapping[str, Value | None],
        ends: CrossingEnds,
        prefix: str,
        alone: Host | None,
        at: Host | None = None,
    ) -> Crossing | None:
        """``ends`` are those of the requests; ``alone`` is the only node of the state, if it has but one.

        ``at`` is the node at which they were seen last, by its name, else the only one as well.
        """
        lost = packet_evidence.get("lost")
        if packet_evidence.get("lost.direction") == REPLY or lost == ON_RETURN:
            ends = ends.turned()
        src_node = ends.here.node if ends.here is not None else None
        dst_node = ends.there.node if ends.there is not None else None
        place = packet_evidence.get("lost.place") or (lost if lost != ON_RETURN else None)
        if place is None and lost == ON_RETURN:
            # Between two pods of one node there is no other place.
            place = IN_NODE if src_node is not None and src_node is dst_node else lost
        if ends.dst is None or place == ON_RETURN:
            return None
        astray = packet_evidence.get("astray") is True
        if astray:
            # The sender to a third machine is asked.
            place = BETWEEN
        last, kind = _text(packet_evidence.get("last_seen.interface")), packet_evidence.get("last_seen.kind")
        if place in (TO_POD_LINK, AT_NIC, DECAPSULATION):
            apart = packet_evidence.get("dst.same_node") is False and src_node is alone
            node = dst_node or (at if ends.there is None and not apart else None)
            if node is None:
                return None
            iif, wrapped = last, None
            encap = _text(packet_evidence.get("encap"))
            if encap in TUNNELS and kind == "host-nic":
                outer = packet_evidence.get("outer.src"), packet_evidence.get("outer.dst")
                iif = tunnel_device(encap, ends.dst) if place == AT_NIC else None
                if isinstance(outer[0], int) and isinstance(outer[1], int):
                    wrapped = RoutedPacket(outer[0], outer[1], last)
            if iif is None and wrapped is None:
                return None
            packet = RoutedPacket(ends.src, ends.dst, iif)
            return cls(state, node, packet, ends.there_name, False, prefix, wrapped=wrapped, receiver=dst_node)
        if place not in (IN_NODE, BETWEEN, None):
            return None
        entered = last if place == IN_NODE and kind == "pod-link" else None
        node = src_node or (alone if ends.here is None and packet_evidence.get("refused.by") == "node" else None)
        node = node or (_only_with(state, entered) if ends.here is None else None)
        if node is None:
            return None
        left = last if place == BETWEEN and not astray and kind in ("host-nic", "tunnel") else None
        home = ends.there_name if dst_node is node else None
        packet = RoutedPacket(ends.src, ends.dst, ends.here_name or entered)
        entered = entered if entered in (None, packet.iif) else None
        some = packet_evidence.get("only_tcp") is True
        seen = entered is not None
        return cls(
            state, node, packet, home, True, prefix, left, receiver=dst_node, entered=seen, some=some, astray=astray
        )

    @property
    def decision(self) -> Decision | None:
        """What the node does with them; None also if they were seen leaving by another interface than it says."""
        if self._decision is None:
            self._decision = decide(self.node, self.packet)
        found = self._decision
        if found is None or (self.left is not None and self.left in self.node.links and self.left not in found.devices):
            return None
        return found

    def way(self) -> Sourced[Value] | None:
        """Where it leads, as one of ``WAYS``."""
        found = self.decision
        if found is None or found.leads == LOCAL:
            return None
        if found.leads != OUT:
            return Sourced(found.leads, found.lines)
        if self.home is not None:
            others = [hop for hop in found.hops if hop.dev != self.home]
            leads = RIGHT if not others else POD_LINK if self._is_pod_link(others[0].dev) else AWAY
            return Sourced(leads, found.lines)
        if any(self._is_pod_link(hop.dev) for hop in found.hops):
            return Sourced(POD_LINK, found.lines)
        wrong = self._wrong_node(found)
        if wrong is not None:
            return Sourced(WRONG_NODE, (*found.lines, wrong))
        if self.astray:
            # Whether this node or a router behind it sent them there is not known.
            return None
        if self._is_ruled(found):
            # What a rule's table does is due to the rule, which has a column of its own.
            return None
        if (astray := self._astray(found)) is not None:
            return Sourced(AWAY, astray)
        if found.specific:
            return Sourced(RIGHT, found.lines)
        shared = self._exchanged()
        return Sourced(UNLISTED, (*found.lines, shared)) if shared is not None else Sourced(DEFAULT, found.lines)

    def _is_ruled(self, found: Decision) -> bool:
        """Whether an ip rule led to a table other than main."""
        return any(line == rule.line for line in found.lines for rule in self.node.rules)

    def _is_pod_link(self, name: str) -> bool:
        return kind_of_name(name, self.prefix) == "pod-link"

    def _wrong_node(self, found: Decision) -> Line | None:
        """The line of an address of the next hop, if it is a node that the receiver is not on."""
        if self.receiver is None or self.receiver is self.node or len(found.hops) != 1:
            return None
        via = found.hops[0].via
        if via is None or any(address.ip == via for address in self.receiver.addresses) or not self.receiver.addresses:
            return None
        others = [node for node in self.state.nodes if node is not self.receiver]
        return next((held.line for node in others for held in node.addresses if held.ip == via), None)

    def _exchanged(self) -> Line | None:
        """A route that shows that nodes tell each other their blocks, so that the default is not all that is needed.

        One from the receiver's node to the sender, or one of this node's to another node: BIRD's, or Felix's into a
        tunnel. Without a tunnel Felix writes those to nodes of the same subnet only, and with any the blackholes of its
        own blocks (felix/dataplane/linux/route_mgr.go, updateRoutes); the routers may have to know the rest.
        """
        if self.receiver is not None and self.receiver is not self.node and self.packet.src is not None:
            back = next(iter(self.receiver.routes_to(self.packet.src)), None)
            if back is not None and _to_a_node(back):
                return back.line
        near = self._is_near()
        for route in self.node.routes:
            if route.table != "main" or (route.family == 4) != is_ipv4(self.packet.dst):
                continue
            tunnelled = kind_of_name(route.dev or "", self.prefix) == "tunnel"
            if _to_a_node(route) and (near or tunnelled or route.proto != FELIX):
                return route.line
            if near and route.kind == "blackhole" and route.proto == FELIX:
                return route.line
        return None

    def _is_near(self) -> bool:
        """Whether the receiver's node is in a network that this node is in too."""
        own = {address.ip for address in self.receiver.addresses} if self.receiver is not None else set()
        ways = (next(iter(self.node.routes_to(ip)), None) for ip in own | self.receivers)
        return any(way is not None and way.via is None and way.proto == "kernel" for way in ways)

    def _astray(self, found: Decision) -> tuple[Line, ...] | None:
        """The lines of a route that is not Calico's, if it takes packets from Calico's own or leads to no next hop.

        Calico's routes to another node's pods name a next hop, except out of its own tunnels' devices; a route more
        specific than the block's (a VPN's, a static one) takes precedence.
        """
        routes = [route for route in self.node.routes_to(self.packet.dst) if not route.dead]
        best = routes[0] if routes and found.devices == {routes[0].dev} else None
        if best is not None and best.proto in CALICO_PROTOCOLS:
            return None
        ways = {(hop.dev, hop.via) for hop in found.hops}
        for other in routes if best is not None else ():
            theirs = other.proto in CALICO_PROTOCOLS and other.kind == "unicast"
            if theirs and not other.is_default and (other.dev, other.via) not in ways:
                return (*found.lines, other.line)
        strange = [None] if best is None or best.proto in OF_NETWORK else [None, "host-nic"]
        direct = all(hop.via is None and kind_of_name(hop.dev, self.prefix) in strange for hop in found.hops)
        return found.lines if direct and found.specific else None

    def hop(self) -> NextHop | None:
        """Whether the next hop is there; None if the route is to a pod of this node, or there is none."""
        found = self.decision
        if found is None or found.leads != OUT or self.home is not None:
            return None
        return next_hop(self.state, self.node, found, self.packet.dst, self.prefix, self.heard)

    def diverted(self) -> Sourced[Value] | None:
        """Whether a rule certainly sends them elsewhere than the main table would; else None."""
        found = diversions(self.node, self.packet)
        family = 4 if is_ipv4(self.packet.dst) else 6
        if not found:
            whole = f"rules{family}" in self.node.whole
            own = [rule.line for rule in self.node.rules if not rule.is_default and rule.family == family][:2]
            lacking = self.node.lacks(f"rules{family}", "no rule but the kernel's")
            said = tuple(own) or ((lacking,) if lacking else ())
            return Sourced(False, said) if whole else None
        # Whichever of the rules that may match does match, the packets must fare the same.
        away = {
            True if diversion.ends else self._leads_away(diversion.route) if diversion.route else None
            for diversion in found
        }
        if not found[-1].certain or len(away) > 1 or None in away:
            return None
        if self.some and "fwmark" not in found[-1].rule.text.split():
            # It also took packets that passed.
            return None
        seen = {diversion.route.dev for diversion in found if diversion.route is not None}
        if self.left is not None and self.left in self.node.links and seen != {self.left}:
            return None
        return Sourced(away == {True}, found[-1].lines)

    def _leads_away(self, route: Route) -> bool | None:
        if self.home is not None:
            return route.dev != self.home
        main = by_table(self.node, self.packet.dst)
        if main is None or main.leads != OUT:
            # If main has nothing better, the rule may be what makes it work.
            return None
        if route.leads_nowhere:
            return True
        strange = route.dev is not None and kind_of_name(route.dev, self.prefix) is None
        if not main.specific and not (strange and self.left is None and main.devices != {route.dev}):
            return None
        return all((hop.dev, hop.via) != (route.dev, route.via) for hop in main.hops)

    def source_check(self) -> Sourced[Value] | None:
        """Whether the reverse-path check drops them as they come in by a NIC or a tunnel, wrapped or not."""
        if self.sends:
            return fails_source_check(self.node, self.packet) if self.entered else None
        checked = [
            fails_source_check(self.node, packet) for packet in (self.wrapped, self.packet) if packet and packet.iif
        ]
        failed = next((check for check in checked if check and check.value), None)
        return failed or (checked[-1] if checked and None not in checked else None)

    def forwards(self) -> Sourced[Value] | None:
        """Whether it forwards what comes in there (net/ipv4/route.c, ip_route_input_slow: IN_DEV_FORWARD).

        IPv6 asks for all interfaces at once (net/ipv6/ip6_output.c, ip6_forward).
        """
        family = 4 if is_ipv4(self.packet.dst) else 6
        name = self.packet.iif if family == 4 else "all"
        setting = self.node.sysctl(name, "forwarding", family=family) if name else None
        value, line = value_of(setting), line_of(setting)
        return None if value is None or line is None else Sourced(value != 0, (line,))


def _to_a_node(route: Route) -> bool:
    """Whether a route is Calico's to the pods of another node."""
    return route.proto in CALICO_PROTOCOLS and route.via is not None and not route.is_default


def _only_with(state: State, interface: str | None) -> Host | None:
    """The only node that has an interface with the name of a pod's link."""
    found = [node for node in state.nodes if interface in node.links]
    return found[0] if len(found) == 1 and not found[0].contradictions else None


def _text(value: Value | None) -> str | None:
    return value if isinstance(value, str) else None
