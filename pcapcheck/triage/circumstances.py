"""Circumstances: what the node's state says about a case, each value with the lines that say it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from pcapcheck.triage.case import Case
from pcapcheck.triage.routing import Way, way_to
from pcapcheck.triage.state.model import Host, Line, Link, PodLink, State, Sysctl
from pcapcheck.values import Value, is_ipv4
from pcapcheck.workload import kind_of_name

Told = tuple[Value, list[Line]]
# Felix and the CNI plugin give the gateway's network to no interface; who has an address in it answers by itself.
TUNNELS = ("vxlan.calico", "vxlan-v6.calico", "tunl0", "wireguard.cali", "wg-v6.cali")
DROPPING = ("drop", "reject")


@dataclass(frozen=True)
class Ground:
    """What a case needs to know of the network that it is about."""

    gateway: int
    gateway6: int
    prefix: str


class Circumstances:
    """What the state says of one case; a column is absent where it does not say it.

    What it says of a pod counts only if it is the pod in the captures: ``foreign`` are the addresses of which the
    captures say otherwise.
    """

    def __init__(self, state: State, case: Case, interface: str | None, ground: Ground, foreign: set[int]) -> None:
        self.state = state
        self.ground = ground
        self.pod = case.lead.pod
        self.dst = case.lead.dst
        self.foreign = foreign
        self.link = self._find(interface, self.pod)
        dst_link = case.lead.dst_link
        self.dst_link = self._find(dst_link.node_interface if dst_link else None, self.dst)

    def told(self, attribute: str) -> Told | None:
        """A ``state`` column, by its attribute, with its lines."""
        find: Callable[[], Told | None] | None = getattr(self, f"_{attribute.removeprefix('state_')}", None)
        return find() if find is not None else None

    @property
    def interface(self) -> str | None:
        return self.link.cali_name if self.link else None

    @property
    def dst_interface(self) -> str | None:
        return self.dst_link.cali_name if self.dst_link else None

    @cached_property
    def node(self) -> Host | None:
        """The node of the pod's link; where the state describes one node only, that."""
        if self.link is not None and self.link.node is not None:
            return self.link.node
        return self.state.nodes[0] if len(self.state.nodes) == 1 else None

    @cached_property
    def dst_node(self) -> Host | None:
        if self.dst_link is not None and self.dst_link.node is not None:
            return self.dst_link.node
        return None

    def _find(self, interface: str | None, address: int | None) -> PodLink | None:
        by_name = self.state.pod_for(cali=interface) if interface else None
        return by_name or (self.state.pod_for(ip=address) if address is not None else None)

    @property
    def _cali(self) -> Link | None:
        return self.link.cali if self.link else None

    def _setting(
        self, host: Host | None, interface: str | None, key: str, combine: bool, group: str = "conf"
    ) -> Told | None:
        """A number from an interface's setting; with ``combine`` the larger of it and that of ``all``."""
        if host is None or interface is None:
            return None
        family = 4 if self.pod is None or is_ipv4(self.pod) else 6
        own = host.sysctl(interface, key, group, family)
        every = host.sysctl("all", key, group, family) if combine else None
        found = [(number, one) for one in (own, every) if one is not None and (number := _number(one)) is not None]
        if not found:
            return None
        # Where one of the two is not known, only a value that the other cannot lower is.
        if combine and len(found) < 2 and found[0][0] == 0:
            return None
        return max(number for number, _ in found), [one.line for _, one in found]

    def _proxy_arp(self) -> Told | None:
        told = self._setting(self.node, self.interface, "proxy_arp", combine=True)
        if told is None and self.node is not None and self.interface is not None:
            # The setting of all is 0 by default and Calico leaves it so: the interface's own is nearly all of it.
            told = self._setting(self.node, self.interface, "proxy_arp", combine=False)
        return None if told is None else (told[0] != 0, told[1])

    def _forwarding(self) -> Told | None:
        told = self._setting(self.node, self.interface, "forwarding", combine=False)
        return None if told is None else (told[0] != 0, told[1])

    def _rp_filter(self) -> Told | None:
        return self._setting(self.node, self.interface, "rp_filter", combine=True)

    def _proxy_delay(self) -> Told | None:
        return self._setting(self.node, self.interface, "proxy_delay", combine=False, group="neigh")

    def _gateway_route(self) -> Told | None:
        if self.node is None or (self.pod is not None and not is_ipv4(self.pod)):
            return None
        return self._route(way_to(self.node, self.ground.gateway), self.interface, by_host=False)

    def _pod_route(self) -> Told | None:
        if self.node is None or self.pod is None or self.pod in self.foreign:
            return None
        return self._route(way_to(self.node, self.pod), self.interface)

    def _dst_route(self) -> Told | None:
        """Only of a pod on the same node: to another node the way leads elsewhere."""
        if self.dst_link is None or self.dst is None or self.dst_node is None or self.dst_node is not self.node:
            return None
        if self.dst in self.foreign:
            return None
        return self._route(way_to(self.dst_node, self.dst), self.dst_interface)

    def _route(self, way: Way | None, interface: str | None, by_host: bool = True) -> Told | None:
        if way is None:
            return None
        lines = [way.line] if way.line is not None else []
        if way.kind != "route":
            return way.kind, lines
        if interface is None:
            return None
        if way.dev == interface:
            return "own-interface", lines
        other = way.dev is not None and kind_of_name(way.dev, self.ground.prefix) == "pod-link"
        return ("other-pod-link" if other and by_host else "elsewhere"), lines

    def _link_address(self) -> Told | None:
        if self.node is None or self.interface is None:
            return None
        for one in self.node.addresses_of(self.interface, 4):
            shift = 32 - one.prefix
            if self.ground.gateway >> shift == one.ip >> shift and one.ip != self.ground.gateway:
                return True, [one.line]
        return (False, []) if "addresses4" in self.node.whole else None

    def _gateway6(self) -> Told | None:
        if self.node is None or self.interface is None:
            return None
        for one in self.node.addresses_of(self.interface, 6):
            if one.ip == self.ground.gateway6:
                return True, [one.line]
        return (False, []) if "addresses6" in self.node.whole else None

    def _cali_mac(self) -> Told | None:
        cali = self._cali
        return None if cali is None or cali.mac is None else (cali.mac, [cali.line])

    def _bridge(self) -> Told | None:
        cali = self._cali
        return None if cali is None else (cali.master is not None, [cali.line])

    def _up(self) -> Told | None:
        cali = self._cali
        return None if cali is None or cali.up is None else (cali.up, [cali.line])

    def _gateway_neighbour(self) -> Told | None:
        gateways = (self.ground.gateway, self.ground.gateway6)
        if self.link is None or self.link.pod is None or self.pod in self.foreign:
            return None
        for one in self.link.pod.neighbours:
            if one.ip in gateways and one.mac is not None:
                return one.mac, [one.line]
        return None

    def _dst_neighbour(self) -> Told | None:
        host = self.dst_node
        for one in host.neighbours if host is not None else ():
            if one.ip == self.dst and one.mac is not None and one.dev in (self.dst_interface, None):
                return one.mac, [one.line]
        return None

    def _dst_end(self) -> Link | None:
        return None if self.dst_link is None or self.dst in self.foreign else self.dst_link.end

    def _dst_mac(self) -> Told | None:
        end = self._dst_end()
        return None if end is None or end.mac is None else (end.mac, [end.line])

    def _dst_up(self) -> Told | None:
        ends = [one for one in (self._dst_end(), self.dst_link.cali if self.dst_link else None) if one is not None]
        down = [one for one in ends if one.up is False]
        if down:
            return False, [one.line for one in down]
        return (True, [one.line for one in ends]) if len(ends) == 2 and all(one.up for one in ends) else None

    def _dst_pod(self) -> Host | None:
        return None if self.dst_link is None or self.dst in self.foreign else self.dst_link.pod

    def _dst_address(self) -> Told | None:
        host = self._dst_pod()
        if host is None or self.dst is None:
            return None
        for one in host.addresses:
            if one.ip == self.dst:
                return True, [one.line]
        return (False, []) if f"addresses{4 if is_ipv4(self.dst) else 6}" in host.whole else None

    def _dst_arp_ignore(self) -> Told | None:
        end = self._dst_end()
        return self._setting(self._dst_pod(), end.name if end else "eth0", "arp_ignore", combine=True)

    def _dst_leaves_by_link(self) -> Told | None:
        """Whether dst answers the node over its link: by the node's own addresses, from which it asks."""
        host, node, end = self._dst_pod(), self.dst_node, self._dst_end()
        if host is None or node is None or end is None:
            return None
        ways = []
        for own in node.addresses:
            if own.dev != "lo" and own.family == 4 and own.scope != "host":
                way = way_to(host, own.ip)
                if way is not None and way.kind == "route":
                    ways.append((way.dev == end.name, own.line, way.line))
        wrong = [one for one in ways if not one[0]]
        if wrong:
            return False, [line for _, _, line in wrong[:1] if line is not None]
        return (True, [line for _, _, line in ways[:1] if line is not None]) if ways else None

    def _dst_ignores_echo(self) -> Told | None:
        host = self._dst_pod()
        one = host.sysctls.get("net.ipv4.icmp_echo_ignore_all") if host is not None else None
        number = _number(one) if one is not None else None
        return None if one is None or number is None else (number != 0, [one.line])

    def _dst_firewall(self) -> Told | None:
        return _firewall(self._dst_pod())

    def _node_firewall(self) -> Told | None:
        return _firewall(self.node)

    def _dst_mtu_differs(self) -> Told | None:
        end, cali = self._dst_end(), self.dst_link.cali if self.dst_link else None
        if end is None or cali is None or end.mtu is None or cali.mtu is None:
            return None
        return end.mtu != cali.mtu, [end.line, cali.line]

    def _mtu_fits(self) -> Told | None:
        """Against the tunnels of the node, or its NICs where it has none."""
        cali, node = self._cali, self.node
        if cali is None or cali.mtu is None or node is None:
            return None
        tunnels = [
            one for one in node.links.values() if one.name in TUNNELS and one.mtu is not None and one.up is not False
        ]
        if not tunnels:
            return None
        smallest = min(tunnels, key=lambda one: one.mtu or 0)
        return cali.mtu <= (smallest.mtu or 0), [cali.line, smallest.line]

    def _policy_rule(self) -> Told | None:
        if self.node is None:
            return None
        own = [one for one in self.node.rules if not one.is_default]
        return (bool(own), [one.line for one in own[:2]]) if own or "rules4" in self.node.whole else None

    def _managed(self) -> Told | None:
        for one in self.node.managed if self.node is not None else ():
            if one.owned and one.dev in (self.interface, self.dst_interface, *TUNNELS):
                return True, [one.line]
        return (False, []) if self.node is not None and self.node.managed else None

    def _checksum_offload(self) -> Told | None:
        for name in TUNNELS[:2]:
            feature = self.node.features.get(name, {}).get("tx-checksum-ip-generic") if self.node is not None else None
            if feature is not None:
                return feature.on, [feature.line]
        return None

    def _duplicate(self) -> Told | None:
        for address in (self.pod, self.dst):
            if address is None:
                continue
            entries = [one for one in self.state.pods if one.ip == address and not one.host_network]
            if len({one.label for one in entries}) > 1:
                return True, [one.line for one in entries[:2]]
            hosts = [own for host in self.state.pod_hosts for own in host.addresses if own.ip == address]
            if len(hosts) > 1:
                return True, [one.line for one in hosts[:2]]
        return None

    def _ebpf(self) -> Told | None:
        line = self.node.ebpf if self.node is not None else None
        return None if line is None else (True, [line])


def _firewall(host: Host | None) -> Told | None:
    notes = host.notes_of("firewall") if host is not None else []
    rules = [one for one in notes if any(word in one.text.lower() for word in DROPPING)]
    return (True, [one.line for one in rules[:2]]) if rules else None


def _number(setting: Sysctl) -> int | None:
    return int(setting.value) if setting.value.isdecimal() else None
