"""State roles: which addresses are nodes', pods', services' or default next hops, by the nodes' state alone."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from pcapcheck.calico import is_calico_tunnel, kind_of_name

if TYPE_CHECKING:
    from pcapcheck.nodestate.host import Host
    from pcapcheck.nodestate.state import State

# The device on which the kernel keeps the addresses of services (kube-proxy's mode ipvs; pkg/proxy/ipvs/proxier.go).
IPVS_DEVICE = "kube-ipvs0"


class StateRoles:
    """The addresses of a state by role; none without a state. ``prefix`` is how the names of pods' links begin."""

    def __init__(self, state: State | None, prefix: str) -> None:
        self._state = state
        self._prefix = prefix

    @property
    def _hosts(self) -> list[Host]:
        return self._state.nodes if self._state else []

    @cached_property
    def nodes(self) -> frozenset[int]:
        own = {address.ip for host in self._hosts for address in host.addresses if address.dev != IPVS_DEVICE}
        pods = self._state.pods if self._state else ()
        return frozenset(own | {pod.ip for pod in pods if pod.host_network and pod.ip is not None})

    @cached_property
    def node_macs(self) -> frozenset[int]:
        """The MACs of the nodes' own interfaces by their state, except pods' links, which all have the same."""
        links = (device for host in self._hosts for device in host.links.values())
        return frozenset(
            device.mac
            for device in links
            if device.mac is not None and kind_of_name(device.name, self._prefix) != "pod-link"
        )

    @cached_property
    def pods(self) -> frozenset[int]:
        if self._state is None:
            return frozenset()
        listed = {pod.ip for pod in self._state.pods if pod.ip is not None and not pod.host_network}
        # Behind a pod's link there is nothing but the pod.
        behind = {
            neighbour.ip
            for host in self._hosts
            for neighbour in host.neighbours
            if neighbour.dev is not None and kind_of_name(neighbour.dev, self._prefix) == "pod-link"
        }
        return frozenset(listed | behind | {ip for link in self._state.links for ip in link.ips})

    @cached_property
    def behind_links(self) -> dict[int, str]:
        """Pods on the only node that the state describes, by its host routes, each with the file that shows it."""
        if len(self._hosts) != 1:
            return {}
        return {
            route.network: route.line.file
            for route in self._hosts[0].routes
            if route.is_host and route.dev is not None and kind_of_name(route.dev, self._prefix) == "pod-link"
        }

    @cached_property
    def inside(self) -> frozenset[tuple[str, str, int]]:
        """Addresses of pods' own interfaces, each with the file that shows it, and the interface."""
        return frozenset(
            (address.line.file, address.dev, address.ip)
            for host in (self._state.pod_hosts if self._state else ())
            for address in host.addresses
        )

    def in_block(self, address: int) -> bool:
        """Whether a node's state shows that the address is in a block that Calico gives to pods.

        Felix and BIRD write a blackhole for each block of the node itself and a route for those of others, each with
        its own protocol (felix/dataplane/linux/dataplanedefs, confd's bird_ipam.cfg).
        """
        for host in self._hosts:
            best = next((route for route in host.routes_to(address) if not route.is_default), None)
            if best is not None and best.proto in ("80", "bird") and not best.is_host:
                return True
            if best is not None and best.dev is not None and is_calico_tunnel(best.dev):
                return True
        return False

    @cached_property
    def services(self) -> frozenset[int]:
        if self._state is None:
            return frozenset()
        held = {address.ip for host in self._hosts for address in host.addresses if address.dev == IPVS_DEVICE}
        listed = {service.ip for service in self._state.services.listed if not service.doubtful}
        return frozenset(held | listed)

    @cached_property
    def default_next_hops(self) -> frozenset[int]:
        routes = (route for host in self._hosts for route in host.routes)
        return frozenset(route.via for route in routes if route.is_default and route.via is not None)
