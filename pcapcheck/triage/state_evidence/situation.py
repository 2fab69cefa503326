"""The situation of a case: the node's state, and what is known of how it goes with the captures."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from pcapcheck.links.point_facts import UNNAMED
from pcapcheck.nodestate.host import POD
from pcapcheck.nodestate.pod_links import LinkNames, own_calis
from pcapcheck.nodestate.state import PodLink, State
from pcapcheck.nodestate.state_row import StateRow
from pcapcheck.nodestate.state_rows import state_rows


class Ground(Struct, frozen=True):
    """What a case needs to know of the network that it is about."""

    gateway: int
    gateway6: int
    prefix: str


class Situation(Struct):
    """A state with its rows of the table ``state``; ``foreign`` are addresses about which the captures disagree.

    ``elsewhere``: it is of another node, or of another time. ``earlier``: it was taken before the packets.
    """

    state: State
    ground: Ground
    foreign: frozenset[int]
    rows: list[StateRow]
    elsewhere: bool = False
    earlier: bool = False

    def find(self, interface: str | None, address: int | None) -> tuple[PodLink | None, StateRow | None]:
        """A pod's link with its row, by the name of its interface, else by its address; nothing if it has none."""
        if self.elsewhere or address in self.foreign:
            return None, None
        link = self.state.pod_for(cali=interface) if interface else None
        if link is None and address is not None:
            link = self.state.pod_for(ip=address)
        if link is None and interface:
            # If only the inside of a pod is shown, by kubectl exec, the name of its link follows from the pod's name.
            alone = (
                pod_link for pod_link in self.state.links if pod_link.cali_name is None and pod_link.pod is not None
            )
            link = next((pod_link for pod_link in alone if interface in self._own_calis(pod_link)), None)
        if link is not None and link.ips:
            number = next(number for number, pod_link in enumerate(self.state.links) if pod_link is link)
            return link, self.rows[number]
        return self._completed(link or PodLink(), interface, address)

    def holds(self, address: int) -> bool:
        """Whether the state shows the address inside a pod whose link on the node it knows."""
        link = self.state.pod_for(ip=address)
        return link is not None and link.node is not None and link.inside is not None and address in link.ips

    def _own_calis(self, link: PodLink) -> list[str]:
        return own_calis(link.pod, LinkNames.of(self.state.pods, self.ground.prefix)) if link.pod else []

    def _completed(
        self, link: PodLink, interface: str | None, address: int | None
    ) -> tuple[PodLink | None, StateRow | None]:
        """A link about which the state says less than the captures, which show its name and its pod's address."""
        unknown = [host for host in self.state.hosts if host.role is None and not host.contradictions]
        # If one of several nodes contradicts itself, none is known to be the right one.
        mixed = any(host.contradictions for host in self.state.hosts if host.role != POD)
        hosts = [] if mixed else self.state.nodes or unknown
        node = link.node or (hosts[0] if len(hosts) == 1 else None)
        name = link.cali_name or (interface if interface != UNNAMED else None)
        if link.pod is None and (node is None or name is None):
            return (link, None) if link.node else (None, None)
        ips = link.ips or ([address] if address is not None else [])
        cali = link.cali or (node.links.get(name) if node and name else None)
        whole = replace(link, node=node, cali_name=name, cali=cali, ips=ips)
        (row,) = state_rows(
            replace(self.state, links=[whole]), self.ground.gateway, self.ground.prefix, self.ground.gateway6
        )
        return whole, row
