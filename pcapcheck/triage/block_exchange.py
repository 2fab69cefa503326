"""Block exchange: whether Calico's nodes tell each other their blocks, and routes that take packets from Calico's."""

from __future__ import annotations

from msgspec import Struct

from pcapcheck.calico import kind_of_name
from pcapcheck.networks import CALICO_PROTOCOLS
from pcapcheck.nodestate.forwarding import Decision
from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.node_facts import Route
from pcapcheck.nodestate.source_lines import Line
from pcapcheck.values import is_ipv4

# What the kernel calls the routes that Felix writes itself; with BIRD they are BIRD's.
FELIX = "80"
# The protocols whose routes without a next hop are to a network that the node is in (rt_protos).
OF_NETWORK = ("kernel", "ra", "dhcp")


class BlockExchange(Struct, frozen=True):
    """What ``node`` and ``receiver``, the receiver's node, show of it.

    ``receivers`` are the addresses with which the receiver's node spoke ARP to its pod.
    """

    node: Host
    receiver: Host | None
    receivers: frozenset[int]
    prefix: str

    def proof(self, src: int | None, dst: int) -> Line | None:
        """A route that shows that nodes tell each other their blocks, so that the default is not all that is needed.

        It leads from the receiver's node to the sender, or from this node to another node: BIRD's route, or Felix's
        into a tunnel. Without a tunnel Felix writes routes to nodes of the same subnet only, and with any route the
        blackholes of its own blocks (felix/dataplane/linux/route_mgr.go, updateRoutes); the routers may have to know
        the rest.
        """
        if self.receiver is not None and self.receiver is not self.node and src is not None:
            back = next(iter(self.receiver.routes_to(src)), None)
            if back is not None and _to_a_node(back):
                return back.line
        near = self._is_near()
        for route in self.node.routes:
            if route.table != "main" or (route.family == 4) != is_ipv4(dst):
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
        routes = (next(iter(self.node.routes_to(ip)), None) for ip in own | self.receivers)
        return any(route is not None and route.via is None and route.proto == "kernel" for route in routes)


def bypass_of_calico(node: Host, dst: int, found: Decision, prefix: str) -> tuple[Line, ...] | None:
    """The lines of a route that is not Calico's, if it takes packets from Calico's own or leads to no next hop.

    Calico's routes to another node's pods name a next hop, except out of its own tunnels' devices; a route more
    specific than the block's (a VPN's, a static route) takes precedence.
    """
    routes = [route for route in node.routes_to(dst) if not route.dead]
    best = routes[0] if routes and found.devices == {routes[0].dev} else None
    if best is not None and best.proto in CALICO_PROTOCOLS:
        return None
    hops = {(hop.dev, hop.via) for hop in found.hops}
    for other in routes if best is not None else ():
        of_calico = other.proto in CALICO_PROTOCOLS and other.kind == "unicast"
        if of_calico and not other.is_default and (other.dev, other.via) not in hops:
            return (*found.lines, other.line)
    strange = [None] if best is None or best.proto in OF_NETWORK else [None, "host-nic"]
    direct = all(hop.via is None and kind_of_name(hop.dev, prefix) in strange for hop in found.hops)
    return found.lines if direct and found.specific else None


def _to_a_node(route: Route) -> bool:
    """Whether a route is Calico's to the pods of another node."""
    return route.proto in CALICO_PROTOCOLS and route.via is not None and not route.is_default
