"""Capture points: where frames were recorded, and what kind of interface that was."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from msgspec import Struct, field

from pcapcheck.brief import Brief
from pcapcheck.calico import cali_name, find_cali_name, is_interface, is_machines_own, kind_of_name, parse_pod
from pcapcheck.capture.record import Interface
from pcapcheck.capture.rotated_set import Captured
from pcapcheck.capture.rotation import bare_name
from pcapcheck.decode.decoded_links import COOKED
from pcapcheck.decode.frame_group import FrameGroup
from pcapcheck.exchanges.claims import Claim
from pcapcheck.exchanges.gateway_talk import GatewayTalk
from pcapcheck.links.link_networks import ELSE, LinkNetworks, looks_like_one_of_several, named_network
from pcapcheck.links.pod_like import may_be_of_a_pod
from pcapcheck.networks import (
    CALICO,
    GATEWAY,
    NAME,
    NOTHING_KNOWN,
    PACK,
    PROXY_MAC,
    STATE,
    KnownNetwork,
    Likeness,
    Network,
    by_device,
    by_mac,
    is_of_another,
    network_of,
)
from pcapcheck.values import clean, is_multicast_mac

# (number of the capture in the observation, number of the interface in it, ifindex inside a cooked capture)
PointKey = tuple[int, int, int | None]
# What a node has besides its pod links.
NODE_KINDS = ("host-nic", "tunnel")
# What the node's end of a pod link is called, by whether the link is Calico's.
CALI_END, NODE_END = "cali", "node"


class CapturePoint(Brief, Struct):
    """One interface as one capture recorded it. ``name`` comes from the user, the capture, the file name or the state.

    ``file`` is what the capture is called among others. ``network`` is the id of the network that it is a pod link of,
    as far as anything shows it; ``calico`` is by what it is shown to be one of Calico (None: it is not, or nothing
    shows it), ``likeness`` the other network that it looks like. ``host`` is the machine that a bundle names.
    """

    key: PointKey
    path: Path
    file: str
    interface: Interface
    name: str
    named_by: str
    groups: dict[int, FrameGroup] = field(default_factory=dict)
    gateway: GatewayTalk = field(default_factory=GatewayTalk)
    kind: str = "unknown"
    network: str | None = None
    calico: str | None = None
    likeness: Likeness | None = None
    host: str | None = None

    @property
    def number(self) -> int:
        """What --interface calls it: the ifindex in a cooked capture, else the number in the file."""
        return self.interface.number if self.key[2] is None else self.key[2]

    @property
    def frames(self) -> int:
        return sum(group.count for group in self.groups.values())

    @property
    def first(self) -> int | None:
        return min((group.first for group in self.groups.values() if group.first is not None), default=None)

    @property
    def last(self) -> int | None:
        return max((group.last for group in self.groups.values() if group.last is not None), default=None)

    @property
    def link_type(self) -> int:
        return self.interface.link_type

    @property
    def by_direction(self) -> bool:
        """Whether a frame's direction shows its sender. Without an ifindex a cooked capture mixes links."""
        return self.link_type != COOKED and all(group.direction is not None for group in self.groups.values())

    @property
    def is_nameless(self) -> bool:
        """Whether its name leaves open what it is: inside a pod it is called eth0 like many a NIC."""
        if self.kind not in ("unknown", "host-nic") or self.network is not None or is_machines_own(self.name):
            return False
        return not self.named_by or by_device(self.name) is None

    @property
    def is_bridged(self) -> bool:
        """Whether this is a pod link that ends in a bridge, where more than two machines are heard."""
        return self.network is not None and self.network != CALICO and network_of(self.network).is_bridged

    @property
    def asks_gateway_alone(self) -> bool:
        """Whether this is a link of another network than Calico's on which a pod asks for nobody but its gateway."""
        return self.network not in (None, CALICO) and not self.is_bridged

    @property
    def is_bridge(self) -> bool:
        """Whether this is the bridge itself, by its name: a device that hears the frames of all its ports."""
        network = by_device(self.name) if self.kind == "unknown" else None
        return network is not None and network.is_bridged and not network.has_link(self.name)

    @property
    def node_end(self) -> str:
        """What the node's end of this link is called."""
        return CALI_END if self.network == CALICO else NODE_END

    @property
    def shows_no_macs(self) -> bool:
        """Whether this is a text that identifies senders by their addresses alone."""
        return self.interface.printed and all(group.src is None for group in self.groups.values())

    def decide_kind(
        self,
        proxy_mac: int,
        prefix: str,
        known: KnownNetwork = NOTHING_KNOWN,
        networks: LinkNetworks = LinkNetworks(),  # noqa: B008 (it cannot change)
        claims: Iterable[Claim] = (),
        asked: Iterable[tuple[int, int]] = (),
    ) -> None:
        """A pod link is one that something shows to be of a network that rules are about; names show the other kinds.

        Rules are about pod links of their own network. So that no network is held to what another does, this is the one
        place where a capture point becomes one. ``claims`` are those of its capture, ``asked`` are
        its frame groups with the addresses that they asked for.
        """
        by_name = kind_of_name(self.name, prefix) if self.named_by else None
        if networks.named in (None, CALICO):
            self.calico = self._shown_calico(by_name, proxy_mac, known, networks)
            if self.calico is None and networks.named == CALICO and self._may_be_pod_link(by_name, None, claims):
                self.calico = PACK
        if networks.of_pod is not None:
            self.calico, self.kind, self.network = None, "pod-link", networks.of_pod
            self.likeness = Likeness(network_of(networks.of_pod), by=ELSE)
            return
        if self.calico:
            self.kind, self.network = "pod-link", CALICO
            self._take_name(known)
            self._take_name_of_pod(prefix)
            return
        self.kind = by_name if by_name in NODE_KINDS else "unknown"
        self.likeness = self._looks_like()
        other = self._other_network(by_name, networks, claims, asked)
        if other is not None:
            self.network = other.id
            self.kind = "pod-link" if other.id in networks.judged else self.kind

    def _may_be_pod_link(self, by_name: str | None, network: Network | None, claims: Iterable[Claim]) -> bool:
        """Whether a link may be a pod's where somebody says which network it is of (None: Calico's).

        Inside a pod it is called eth0, as NICs are, and of a machine's interfaces that only have numbers, some are no
        pods'.
        """
        device = by_device(self.name) if self.named_by else None
        if by_name == "host-nic" or (self.key[2] is not None and not self.named_by):
            if self.named_by and is_machines_own(self.name):
                return False
            here = [claim for claim in claims if claim.point == self.key[1:]]
            is_bridged = network is not None and network.is_bridged
            return bool(self.gateway.askers) or may_be_of_a_pod(self.groups.values(), here, is_bridged)
        if network is not None and not network.is_bridged and not self.named_by and self._is_crowded():
            return False
        return by_name != "tunnel" and (device is None or device.has_link(self.name))

    def _is_crowded(self) -> bool:
        """Whether more than two machines are heard, which a pod's link does not have: links in one recording."""
        return len(self._macs()[0] - {None}) > 2

    def _other_network(
        self,
        by_name: str | None,
        networks: LinkNetworks,
        claims: Iterable[Claim],
        asked: Iterable[tuple[int, int]],
    ) -> Network | None:
        """The network other than Calico's that it is a pod link of."""
        named = None if networks.named is None else named_network(networks.named)
        if named is not None:
            if not self._may_be_pod_link(by_name, named, claims):
                return None
            self.likeness = Likeness(named, by="--pack")
            return named
        shared = networks.share_the_gateway
        if shared and self.likeness is None and self.gateway.askers and self._may_be_pod_link(by_name, None, claims):
            self.likeness = Likeness(network_of(shared), by=ELSE)
        likeness = self.likeness
        if likeness is None or self.kind in NODE_KINDS or likeness.network.has_device(self.name):
            return None
        if likeness.network.may_be:
            here = [claim for claim in claims if claim.point == self.key[1:]]
            likeness = looks_like_one_of_several(likeness, self.name, self.groups, here, asked, networks.shown)
            self.likeness = likeness
        return None if likeness.network.may_be else likeness.network

    def _shown_calico(
        self, by_name: str | None, proxy_mac: int, known: KnownNetwork, networks: LinkNetworks
    ) -> str | None:
        """Name first, then traffic: who asks for the gateway is a pod; only a cali sends from the proxy MAC.

        Inside a pod the interface is called eth0 like many a NIC, so there what it sends or receives decides. A name
        that another plugin gives is stronger than a request for the gateway: its pods may have the same one.
        """
        another = bool(self.named_by) and is_of_another(self.name)
        if by_name == "tunnel":
            return None
        if by_name == "pod-link" and not another:
            return NAME
        sources, destinations = self._macs()
        from_proxy, to_proxy = proxy_mac in sources, proxy_mac in destinations
        if (from_proxy and (by_name != "host-nic" or self.name == "eth0")) or (to_proxy and by_name != "host-nic"):
            return PROXY_MAC
        another = another or networks.share_the_gateway is not None
        if not another and self._asked_as_calico(proxy_mac, by_name, known):
            return GATEWAY
        if by_name is None and not another and self._described(known):
            return STATE
        return None

    def _described(self, known: KnownNetwork) -> set[str | None]:
        """What the state calls the links of the pods that send or receive here."""
        sources, destinations = self._macs()
        return {known.links[mac] for mac in sources | destinations if mac is not None and mac in known.links}

    def _take_name(self, known: KnownNetwork) -> None:
        """Name a link as the state does, if nothing else names it."""
        names = [] if self.named_by else list(self._described(known))
        if len(names) == 1 and names[0] is not None:
            self.name, self.named_by = names[0], "state"

    def _take_name_of_pod(self, prefix: str) -> None:
        """Name a link after the pod in its description, if it is called after something else, like a container."""
        pod = self.interface.pod
        if pod and self.named_by == "capture" and not (kind_of_name(self.name, prefix) or by_device(self.name)):
            self.name, self.named_by = cali_name(*parse_pod(pod), prefix), "description"

    def _macs(self) -> tuple[set[int | None], set[int | None]]:
        return {group.src for group in self.groups.values()}, {group.dst for group in self.groups.values()}

    def _asked_as_calico(self, proxy_mac: int, by_name: str | None, known: KnownNetwork) -> bool:
        """Whether the gateway is asked for as Calico's pods do: by broadcast.

        Pods of AWS and Azure have an entry for the same address that their plugin sets, and merely see to it that it
        still holds, at a MAC of their own network. On a NIC anybody may ask.
        """
        if not self.gateway.askers or (known.others and not known.calico):
            return False
        if by_mac(self._macs()[0] | self.gateway.macs) or (
            by_name == "host-nic" and self.named_by and is_machines_own(self.name)
        ):
            return False
        asked = {self.groups[number].dst for number in self.gateway.askers}
        return any(mac is None or mac == proxy_mac or is_multicast_mac(mac) for mac in asked)

    def _looks_like(self) -> Likeness | None:
        """Another network, by the interface's name or by MACs that it gives to its links."""
        network = by_device(self.name)
        if network is not None:
            return Likeness(network)
        sources, destinations = self._macs()
        found = by_mac(sources | destinations | self.gateway.macs) if self.kind == "unknown" else None
        return Likeness(*found) if found else None

    def decide_end(self, prefix: str) -> str | None:
        """cali (or node, of other networks) or pod: the end of the pod link at which this was recorded.

        Its name shows it, or the gateway's request.
        """
        if self.kind != "pod-link":
            return None
        if self.network != CALICO and self.named_by and is_of_another(self.name):
            return NODE_END
        if self.named_by not in ("", "state", "description") and find_cali_name(self.name, prefix):
            return CALI_END
        # A file's name does not show where -i any was recorded.
        if self.named_by and kind_of_name(self.name, prefix) == "host-nic":
            return "pod" if self.named_by != "file name" or not self.by_direction else self._end_by_gateway()
        return self._end_by_gateway()

    def _end_by_gateway(self) -> str | None:
        if self.is_bridged:
            # What another pod asks for comes out of every port.
            return None
        directions = {self.groups[group].direction for group in self.gateway.askers}
        return {"in": self.node_end, "out": "pod"}.get(directions.pop() or "") if len(directions) == 1 else None


def capture_points_of(
    capture: int,
    source: Captured,
    interfaces: list[Interface],
    groups: Iterable[FrameGroup],
    given: dict[int | None, str],
    prefix: str,
) -> dict[PointKey, CapturePoint]:
    """The capture points of one capture, with the frame groups of each (by the groups' numbers).

    ``given`` holds the names that the user gave, by ifindex, or by None for the whole capture.
    """
    capture_points: dict[PointKey, CapturePoint] = {}
    # Group 0 holds frames of too many senders, of whichever interfaces.
    numbered = [(number, group) for number, group in enumerate(groups) if group.count and number]
    single = len({group.point for _, group in numbered}) == 1
    for number, group in numbered:
        key = (capture, group.interface, group.ifindex)
        if key not in capture_points:
            interface = interfaces[group.interface]
            name, named_by = _name(source, interface, group.ifindex, given, single, prefix)
            point = CapturePoint(key, source.path, clean(source.short_name), interface, name, named_by)
            point.host = source.host
            capture_points[key] = point
        capture_points[key].groups[number] = group
    return capture_points


def _name(
    source: Captured, interface: Interface, ifindex: int | None, given: dict[int | None, str], single: bool, prefix: str
) -> tuple[str, str]:
    """A point's name and where it comes from ('' if it is a stand-in for an interface's name)."""
    path = source.path
    which = ifindex if ifindex is not None else interface.number
    if which in given:
        return clean(given[which]), "user"
    if None in given and single:
        return clean(given[None]), "user"
    if ifindex is not None and not single and not (interface.printed and interface.name):
        return f"ifindex {ifindex}", ""
    cali = find_cali_name(interface.name, prefix) if interface.name else None
    if interface.name and interface.doubtful and not (cali and single):
        # The name of the interface with that number on the machine that printed the text.
        known = cali or (interface.name if by_device(interface.name) else f"ifindex {ifindex}")
        return clean(known), ""
    if interface.name and interface.name != "any":
        return clean(cali or interface.name), "capture"
    if single:
        whole = bare_name(path)
        stem = whole.split(".")[0]
        # node-1_eth0.pcap, worker2-vxlan.calico.pcap, node-cilium_vxlan.pcap: the interface stands last.
        last = re.split(r"[-_]", whole)[-1]
        for candidate in (find_cali_name(path.name, prefix), stem, whole, last, whole.rpartition("-")[2]):
            if candidate and (kind_of_name(candidate, prefix) or by_device(candidate)):
                return candidate, "file name"
        if is_interface(last):
            # A name, but it does not show what the interface is or on which machine.
            return last, ""
    return (f"interface {interface.number}" if not single else clean(source.short_name)), ""
