"""Crossing: the node that was to forward lost packets, and what its routes and settings did with them."""

from __future__ import annotations

from msgspec import Struct, field

from pcapcheck.calico import kind_of_name
from pcapcheck.nodestate.forwarding import OUT, Decision, by_table, decide
from pcapcheck.nodestate.gateway import LOCAL
from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.next_hops import Heard, NextHop, next_hop
from pcapcheck.nodestate.node_facts import Route
from pcapcheck.nodestate.policy_routing import RoutedPacket, diversions
from pcapcheck.nodestate.readers.sysctls import line_of, value_of
from pcapcheck.nodestate.source_check import fails_source_check, way_back_differs
from pcapcheck.nodestate.source_lines import Line, Sourced
from pcapcheck.nodestate.state import State
from pcapcheck.triage.block_exchange import BlockExchange, bypass_of_calico
from pcapcheck.triage.state_words import WAYS
from pcapcheck.values import Value, is_ipv4

RIGHT, DEFAULT, UNLISTED, POD_LINK, AWAY, WRONG_NODE, UNROUTED, DEAD = WAYS


class Crossing(Struct):
    """``home`` is the receiver's interface on this node; None if the receiver is not on this node.

    ``sends``: it is the sender's node. ``left`` is the interface by which the packets were seen leaving it.
    ``wrapped`` are the addresses of the tunnel's packets that came to it, with their interface. ``entered``: they were
    seen entering it from their sender's link, and nowhere after. ``some``: other packets between the same two passed.
    ``astray``: they were seen coming to a third machine.
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
    _decision: Decision | None = None

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
        if (bypass := bypass_of_calico(self.node, self.packet.dst, found, self.prefix)) is not None:
            return Sourced(AWAY, bypass)
        if found.specific:
            return Sourced(RIGHT, found.lines)
        shared = self._exchanges_blocks()
        return Sourced(UNLISTED, (*found.lines, shared)) if shared is not None else Sourced(DEFAULT, found.lines)

    def _exchanges_blocks(self) -> Line | None:
        blocks = BlockExchange(self.node, self.receiver, self.receivers, self.prefix)
        return blocks.proof(self.packet.src, self.packet.dst)

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

    def way_back_differs(self) -> Sourced[Value] | None:
        """Whether the route back to their source leaves by another interface than they came in by."""
        if self.sends:
            return None
        came = [way_back_differs(self.node, packet) for packet in (self.wrapped, self.packet) if packet and packet.iif]
        return next((each for each in came if each and each.value), None)

    def forwards(self) -> Sourced[Value] | None:
        """Whether it forwards what comes in there (net/ipv4/route.c, ip_route_input_slow: IN_DEV_FORWARD).

        IPv6 asks for all interfaces at once (net/ipv6/ip6_output.c, ip6_forward).
        """
        family = 4 if is_ipv4(self.packet.dst) else 6
        name = self.packet.iif if family == 4 else "all"
        setting = self.node.sysctl(name, "forwarding", family=family) if name else None
        value, line = value_of(setting), line_of(setting)
        return None if value is None or line is None else Sourced(value != 0, (line,))
