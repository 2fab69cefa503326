"""Circumstances: what the node's state says about a case, each value with the lines that say it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from itertools import combinations, pairwise

from pcapcheck.calico import is_shortened, kind_of_name
from pcapcheck.columns import COLUMNS, DNS, STATE
from pcapcheck.links.capture_points import NODE_KINDS, PointKey
from pcapcheck.links.point_facts import UNNAMED
from pcapcheck.links.point_facts import PointFacts as CapturedLink
from pcapcheck.networks import CALICO_PROTOCOLS
from pcapcheck.nodestate.host import POD, Host
from pcapcheck.nodestate.host_routes import NOWHERE, lost_way, way_to_pod
from pcapcheck.nodestate.next_hops import RESOLVED
from pcapcheck.nodestate.node_facts import Device
from pcapcheck.nodestate.pod_links import LinkNames, own_calis
from pcapcheck.nodestate.readers.sysctls import value_of
from pcapcheck.nodestate.source_lines import Line, Quoted, Sourced, quote
from pcapcheck.nodestate.state import PodEntry, PodLink, State
from pcapcheck.nodestate.state_row import StateRow
from pcapcheck.nodestate.state_rows import state_rows
from pcapcheck.nodestate.unresolved_pods import FAILED
from pcapcheck.paths.losses import REPLY, REQUEST
from pcapcheck.questions.unanswered import Unanswered
from pcapcheck.ruleset.result import Result
from pcapcheck.triage import back_ends, service_evidence, tunnel_ends
from pcapcheck.triage.back_ends import Asked, BackEnd
from pcapcheck.triage.case import Case
from pcapcheck.triage.case_columns import THERE
from pcapcheck.triage.crossing import Crossing, CrossingEnds
from pcapcheck.triage.drop_places import CounterEnd as WayEnd
from pcapcheck.triage.drop_places import way_of
from pcapcheck.triage.drops import Drops, Lost
from pcapcheck.triage.firewall.firewalls import Firewalls, ttl_rules
from pcapcheck.triage.firewall.neighbour_questions import Asking, of_next_hop
from pcapcheck.triage.firewall.other_node import owner_of
from pcapcheck.triage.firewall.stages import End
from pcapcheck.triage.firewall.translated_packet import Carried, carried
from pcapcheck.triage.interfaces import default_nic
from pcapcheck.triage.machines import Machines, short
from pcapcheck.triage.node_loop import loop_of
from pcapcheck.triage.packet_evidence import KINDS, exchanges_of
from pcapcheck.triage.partly_known import PartlyKnownSettings, settings_of
from pcapcheck.triage.path_mtus import limits_on_way
from pcapcheck.triage.tunnel_device import device_state
from pcapcheck.values import Value, format_address, is_ipv4

DNS_PORT = 53
# Columns of the pod's link that the table ``state`` has under the same name; then those that have another there, of the
# pod's link and of dst's: case column -> row attribute.
OF_LINK = ("proxy_arp", "forwarding", "rp_filter", "proxy_delay", "gateway_route", "gateway6", "cali_mac")
OF_POD = {"gateway_neighbour": "gateway_mac", "pod_mac": "pod_mac"}
OF_DST = {"dst_mac": "pod_mac"}
# A time before a line, as ``ip -t`` and ``-ts`` print it.
STAMP = re.compile(r"\[(\d{4}-\d\d-\d\dT[\d:.]+)\]")
DAY = 86_400 * 10**9


@dataclass(frozen=True)
class Ground:
    """What a case needs to know of the network that it is about."""

    gateway: int
    gateway6: int
    prefix: str


@dataclass
class Situation:
    """A state with its rows of the table ``state``; ``foreign`` are addresses of which the captures say otherwise.

    ``elsewhere``: it is of another node, or of another time. ``earlier``: it was taken before the packets.
    """

    state: State
    ground: Ground
    foreign: frozenset[int]
    rows: list[StateRow]
    elsewhere: bool = False
    earlier: bool = False

    def find(self, interface: str | None, address: int | None) -> tuple[PodLink | None, StateRow | None]:
        """A pod's link with its row, by the name of its interface, else by its address; nothing where it has none."""
        if self.elsewhere or address in self.foreign:
            return None, None
        link = self.state.pod_for(cali=interface) if interface else None
        if link is None and address is not None:
            link = self.state.pod_for(ip=address)
        if link is None and interface:
            # A pod of which only the inside was shown, by kubectl exec: the name of its link follows from its own.
            alone = (one for one in self.state.links if one.cali_name is None and one.pod is not None)
            link = next((one for one in alone if interface in self._own_calis(one)), None)
        if link is not None and link.ips:
            number = next(number for number, one in enumerate(self.state.links) if one is link)
            return link, self.rows[number]
        return self._completed(link or PodLink(), interface, address)

    def holds(self, address: int) -> bool:
        """Whether the state shows the address inside a pod whose link on the node it knows."""
        link = self.state.pod_for(ip=address)
        return link is not None and link.node is not None and link.pod is not None and address in link.ips

    def _own_calis(self, link: PodLink) -> list[str]:
        return own_calis(link.pod, LinkNames.of(self.state.pods, self.ground.prefix)) if link.pod else []

    def _completed(
        self, link: PodLink, interface: str | None, address: int | None
    ) -> tuple[PodLink | None, StateRow | None]:
        """A link of which the state says less than the captures do: they tell its name and its pod's address."""
        unknown = [host for host in self.state.hosts if host.role is None and not host.contradictions]
        # Of several nodes, one that contradicts itself among them, none is known to be the right one.
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


class StateEvidence:
    """What the state says of one case; a column is absent where it does not say it.

    What it says of a pod counts only if it is the pod in the captures.
    """

    def __init__(
        self,
        situation: Situation,
        case: Case,
        interface: str | None,
        symptoms: dict[str, Value | None] | None = None,
        result: Result | None = None,
    ) -> None:
        self.symptoms = symptoms or {}
        self.port = _port_of(case)
        self.elsewhere, self.earlier = situation.elsewhere, situation.earlier
        self.state = situation.state
        self.ground = situation.ground
        self.pod, self.dst = case.lead.pod, case.lead.dst
        self.pod_is_foreign = self.pod in situation.foreign
        self.dst_is_foreign = self.dst in situation.foreign
        lead = case.lead
        dst_interface = (
            lead.dst_link.node_interface if lead.dst_link else lead.described if lead.dst is not None else None
        )
        self.link, self.row = situation.find(interface, self.pod)
        speaks = lead.dst_link is not None and self.dst in lead.dst_link.pod_ips
        if not speaks and self.dst is not None and situation.holds(self.dst):
            # The node asks for it where its route leads, which may be another pod's link.
            dst_interface = None
        self.dst_link, self.dst_row = situation.find(dst_interface, self.dst)
        alone = at = self.state.nodes[0] if len(self.state.nodes) == 1 else None
        if result is not None:
            machines = Machines.of(self.state, result.followed.hosts, result.links)
            alone, at = self._by_name(case, machines, alone)
        if self.symptoms.get("dst.same_node") is False:
            alone = self._part(alone, self._owner(case, result))
        self.alone = alone
        ends = CrossingEnds(
            None if self.pod_is_foreign else self.pod,
            None if self.dst_is_foreign else self.dst,
            self.link,
            self.dst_link,
            self.interface or (interface if interface != UNNAMED else None),
            self._dst_cali(dst_interface),
        )
        self.crossing = (
            Crossing.of(self.state, self.symptoms, ends, self.ground.prefix, alone, at)
            if not situation.elsewhere
            else None
        )
        self.far_spoken = _spoken_at(lead.link if self._lost_replies else lead.dst_link, result)
        self.firewalls: Firewalls | None = None
        self.asking: Asking | None = None
        if symptoms is not None and result is not None and not situation.elsewhere:
            far = (self.dst_link.node if self.dst_link else None) or tunnel_ends.node_at(self.state, self.dst)
            if case.question is not None and lead.link is None and far is not None:
                # Whoever asked is none of the pods of that node.
                alone = None
            if far is None and self.dst_link is None and not self.dst_is_foreign:
                far = _seen_at(case, self.state)
            spoken = _spoken(case, result)
            if far is None and self.dst in spoken and lead.link is None and len(self.state.nodes) == 1:
                # The only node shows no addresses of its own, and is the one asked by the ARP on its pods' links.
                far = None if self.state.nodes[0].addresses else self.state.nodes[0]
                alone = None
            here = End(self._node or alone, None, interface if interface != UNNAMED else None)
            as_last_seen = carried(case, result)
            if dst_interface is None and self.dst_link is None:
                behind = self._behind(as_last_seen)
                recorded = as_last_seen.interface if as_last_seen is not None else None
                dst_interface = behind.cali_name if behind is not None else recorded
                far = far or (behind.node if behind is not None else None)
            there = End(far, self._dst_pod(), self._dst_cali(dst_interface), _came_by(case, result))
            unknown = here.node is None or (here.node is far and lead.link is None)
            if unknown and case.question is not None and _came_back(case.question, far):
                # Whoever asked is behind the interface of the node asked, by which the answer has to leave.
                here = End(far, None, case.question.interface)
                there = replace(there, interface=there.interface or case.question.last_seen_on)
            spoken_there = _spoken_at(lead.dst_link, result)
            self.firewalls = Firewalls.of(case, result, symptoms, here, there, spoken, spoken_there, as_last_seen)
            self.asking = Asking.of(case, result, symptoms, here, there)
        if self.crossing is not None and result is not None:
            self.crossing.heard = result.followed.cards.heard
            self.crossing.receivers = self.far_spoken
        if self.crossing is not None and self.firewalls is not None:
            packet = self.crossing.packet
            mark = self.firewalls.mark(self.crossing.node, packet.src, packet.dst)
            self.crossing.packet = replace(packet, mark=mark)
            if result is not None:
                self.asking = self._asking_next_hop(case, result) or self.asking
        self.drops = self._drops(result, interface, dst_interface) if result is not None else None

    def _behind(self, as_last_seen: Carried | None) -> PodLink | None:
        """The link of the pod behind a service, by what was seen of it or by the rules of the asker's node."""
        name = as_last_seen.interface if as_last_seen is not None else None
        link = self.state.pod_for(cali=name) if name else None
        address = as_last_seen.dst if as_last_seen is not None else back_ends.first_of(self.back_ends)
        link = link or (self.state.pod_for(ip=address) if address is not None else None)
        return link if self._is_described(link) else None

    def _owner(self, case: Case, result: Result | None) -> str | None:
        """Whose node the only one of the state is: ``pod`` or ``dst``, by its name or by what its rules name."""
        links = case.lead.link, case.lead.dst_link
        if len(self.state.nodes) != 1 or result is None or links[0] is None or links[1] is None:
            return None
        hosts = result.followed.hosts
        names = [hosts.name(one.point.key) for one in links if one is not None]
        calis = [one.node_interface or "" for one in links if one is not None]
        return owner_of(self.state.nodes[0], names, calis)

    def _asking_next_hop(self, case: Case, result: Result) -> Asking | None:
        """The node's own question for its next hop, where it calls it unreachable."""
        refused = self.symptoms.get("refused"), self.symptoms.get("refused.by")
        hop = self.next_hop
        if self.crossing is None or hop is None or refused != ("host-unreachable", "node"):
            return None
        times = [one.evidence.time for one in case.items if one.evidence.time is not None]
        speaks = bool(times) and _spoke_on_cards(result, hop, min(times))
        return of_next_hop(self.crossing.node, hop, asked=self.symptoms.get("next_hop") == hop, speaks=speaks)

    def _by_name(self, case: Case, machines: Machines, alone: Host | None) -> tuple[Host | None, Host | None]:
        """What names say of the nodes: which is that of the asker, and at which the packets were seen last.

        ``alone`` is the state's only node, which is either unless something speaks against it.
        """
        lead = case.lead
        if self._is_strange(self.link, lead.link, machines):
            self.link = self.row = None
        if self._is_strange(self.dst_link, lead.dst_link, machines):
            self.dst_link = self.dst_row = None
        last = case.question.last_seen if case.question is not None else lead.evidence.last_seen
        at = machines.named(last.host) if last is not None else None
        elsewhere = last is not None and last.host is not None and at is None and short(last.host) in machines.names
        mine = None if machines.are_apart(lead.link, alone) else alone
        return mine, at or (None if elsewhere and alone is not None and machines.is_recorded(alone) else alone)

    def _is_strange(self, link: PodLink | None, recorded: CapturedLink | None, machines: Machines) -> bool:
        """Whether a link was taken for one of a node of another name."""
        return link is not None and not self._is_described(link) and machines.are_apart(recorded, link.node)

    def _part(self, alone: Host | None, owner: str | None = None) -> Host | None:
        """Pod and dst are on different nodes: that of one is not taken for that of the other, of which nothing is said.

        ``owner``: whose node the state's only one is, where that is known. Returns the node that may stand for the
        asker's, if ``alone`` still may.
        """
        described = [self._is_described(one) for one in (self.link, self.dst_link)]
        if not any(described) and owner is not None:
            described = [owner == "pod", owner == "dst"]
        if self.link is not None and self.dst_link is not None and self.link.node is self.dst_link.node:
            if described == [False, True]:
                self.link = self.row = None
            elif described == [True, False]:
                self.dst_link = self.dst_row = None
        return None if described == [False, True] and self.dst_link and self.dst_link.node is alone else alone

    def _is_described(self, link: PodLink | None) -> bool:
        """Whether the state itself shows on which node a link is."""
        if link is None or link.node is None:
            return False
        return link.cali_name is not None and link.cali_name in link.node.devices()

    @property
    def interface(self) -> str | None:
        return self.link.cali_name if self.link else None

    @property
    def dst_interface(self) -> str | None:
        """The link of the pod that was asked, or was to be sent to."""
        return self.dst_link.cali_name if self.dst_link and not self.dst_is_foreign else None

    @property
    def nic(self) -> str | None:
        """The node's network card."""
        return default_nic(self._node)

    def look_up(self, attribute: str) -> Quoted[Value] | None:
        """A ``state`` column, by its attribute, with its lines."""
        name = attribute.removeprefix("state_")
        if name in OF_LINK:
            return _cell(self.row, name)
        if name == "pod_neighbour":
            return None if self.pod_is_foreign else _neighbour(self.link, self.pod)
        if name == "dst_neighbour":
            return None if self.dst_is_foreign else _neighbour(self.dst_link, self.dst)
        if name in OF_POD:
            return None if self.pod_is_foreign else _cell(self.row, OF_POD[name])
        if name in OF_DST:
            return None if self.dst_is_foreign else _cell(self.dst_row, OF_DST[name])
        find: Callable[[], Quoted[Value] | None] = getattr(self, f"_{name}")
        return find()

    def settings(self, attribute: str) -> PartlyKnownSettings:
        """The sysctls of the node behind a column, and those of them that are missing."""
        return settings_of(attribute, self._node, self.interface)

    @property
    def same_node(self) -> bool | None:
        """Whether pod and dst are on one node; None where the state does not tell of both."""
        nodes = [link.node for link in (self.link, self.dst_link) if link is not None and link.node is not None]
        return nodes[0] is nodes[1] if len(nodes) == 2 else None

    @property
    def next_hop(self) -> int | None:
        """The next hop that is amiss, by the state."""
        hop = self.crossing.hop() if self.crossing else None
        return hop.address if hop is not None and hop.state != RESOLVED else None

    @property
    def has_node(self) -> bool:
        """Whether the state tells of a node that the case is about."""
        far = self.dst_link.node if self.dst_link is not None else tunnel_ends.node_at(self.state, self.dst)
        return self._node is not None or (far is not None and not self.elsewhere)

    def lacking(self, attribute: str) -> str | None:
        """What it takes to know a ``state`` column of a link that the state tells of; None where that is not known."""
        name = attribute.removeprefix("state_")
        row = self.dst_row if name in OF_DST else self.row
        name = OF_DST.get(name) or OF_POD.get(name) or (name if name in OF_LINK else "")
        if row is None or not name or getattr(row, name) is not None:
            return None
        column = next(one for one in COLUMNS[STATE].values() if one.attribute == name)
        return row.lacking.get(column.name) or column.absence

    @property
    def _node(self) -> Host | None:
        return self.link.node if self.link else None

    @property
    def _cali(self) -> Device | None:
        return self.link.cali if self.link else None

    def _pod_route(self) -> Quoted[Value] | None:
        return None if self.pod_is_foreign else self._route(self.link, self.row, self.pod)

    def _dst_route(self) -> Quoted[Value] | None:
        """Only of a pod on the same node: to another node the way leads elsewhere."""
        node = self.dst_link.node if self.dst_link is not None else None
        if node is None or self.dst_is_foreign or (self._node is not None and node is not self._node):
            return None
        return _known(self._route(self.dst_link, self.dst_row, self.dst))

    def _far_route(self) -> Quoted[Value] | None:
        """The same on another node, which is dst's."""
        node = self._dst_node
        if node is None or node is self._node or self.dst_is_foreign or self.dst is None:
            return None
        if self.dst_link is None or self.dst_link.node is None:
            # Of its link nothing is told: only that no route can be the one to it.
            way = lost_way(node, self.dst)
            return _quoted(way)
        if self._node is None and not self._is_apart:
            return None
        return _known(self._route(self.dst_link, self.dst_row, self.dst))

    @property
    def _dst_node(self) -> Host | None:
        """The node that dst is on: by its link, else where what was sent to it was seen to arrive last."""
        if self.dst_link is not None and self.dst_link.node is not None:
            return self.dst_link.node
        crossing = self.crossing
        arrived = crossing is not None and not crossing.sends and not self._lost_replies
        return crossing.node if crossing is not None and arrived and crossing.node is not self._node else None

    @property
    def _is_apart(self) -> bool:
        """Whether pod and dst are known to be on different nodes."""
        arrived = self.crossing is not None and not self.crossing.sends and not self._lost_replies
        return arrived or self.symptoms.get("dst.same_node") is False

    def _mtu_fits(self) -> Quoted[Value] | None:
        """Whether what was lost fits every interface on its way, as far as the state shows them.

        Only what no packet contradicts: neither one as large that passed, nor a router that tells of another limit.
        """
        asked, answered = (self.link, self.dst_link, self.dst), (self.dst_link, self.link, self.pod)
        here, there, address = answered if self._lost_replies else asked
        limits = [] if self.dst_is_foreign else limits_on_way(here, there, address)
        size, passed = self.symptoms.get("size"), self.symptoms.get("size.arrived")
        said = self.symptoms.get("refused.mtu")
        for limit in limits:
            lost = not isinstance(size, int) or size > limit.mtu
            if lost and (not isinstance(passed, int) or passed <= limit.mtu) and said in (None, limit.mtu):
                narrower = self._sends_more(here, limit.mtu)
                if narrower is not None:
                    return Quoted(False, _quotes(*narrower, *limit.lines))
        fits = _cell(self.row, "mtu_fits")
        return fits if fits is not None and fits.value else None

    @staticmethod
    def _sends_more(link: PodLink | None, mtu: int) -> tuple[Line, ...] | None:
        """The line of a pod's link that lets larger packets pass than this; nothing where its MTU is not shown."""
        ends = (link.cali, link.end) if link is not None else ()
        shown = [one for one in ends if one is not None and one.mtu is not None]
        larger = [one for one in shown if (one.mtu or 0) > mtu]
        return (larger[0].line,) if larger else None if shown else ()

    def _route(self, link: PodLink | None, row: StateRow | None, address: int | None) -> Quoted[Value] | None:
        """Where the host route to an address of a pod leads, in the words of a case."""
        if row is None or row.host_route is None:
            return None
        leads, dev, lines = row.host_route, row.host_route_dev, row.source_lines.get("host_route", ())
        if link is not None and link.node is not None and address in link.ips and len(link.ips) > 1:
            # The row is about all of the pod's addresses: what another one lacks is not this one's.
            way = way_to_pod(link.node, replace(link, ips=[address]))
            if way.leads_there is None:
                return None
            leads, dev, lines = way.leads_there, way.dev, _quotes(*way.lines)
        if leads:
            return Quoted("own-interface", lines)
        if dev is None:
            return Quoted("not-there", lines)
        if dev == NOWHERE:
            return Quoted("none", lines)
        if " " in dev:
            return Quoted("dead-end", lines)
        pod_link = kind_of_name(dev, self.ground.prefix) == "pod-link" or is_shortened(dev, self.ground.prefix)
        return Quoted(("other-pod-link" if pod_link else "elsewhere"), lines)

    def _bridge(self) -> Quoted[Value] | None:
        return None if self._cali is None else Quoted(self._cali.master is not None, _quotes(self._cali.line))

    def _dst_end(self) -> Device | None:
        return None if self.dst_link is None or self.dst_is_foreign else self.dst_link.end

    def _dst_pod(self) -> Host | None:
        return None if self.dst_link is None or self.dst_is_foreign else self.dst_link.pod

    def _dst_cali(self, name: str | None) -> str | None:
        known = self.dst_link.cali_name if self.dst_link else None
        return known or (name if name != UNNAMED else None)

    def _dst_up(self) -> Quoted[Value] | None:
        ends = [one for one in (self._dst_end(), self.dst_link.cali if self.dst_link else None) if one is not None]
        down = [one for one in ends if one.up is False]
        if down:
            return Quoted(False, _quotes(*(one.line for one in down)))
        return (
            Quoted(True, _quotes(*(one.line for one in ends)))
            if len(ends) == 2 and all(one.up for one in ends)
            else None
        )

    def _dst_ended(self) -> Quoted[Value] | None:
        """By the list of pods: a pod that has ended keeps its address there."""
        listed = [one for one in self.state.pods if one.ip is not None and one.ip == self.dst]
        running = [one for one in listed if one.holds_address]
        return Quoted(not running, _quotes(*(one.line for one in running or listed))) if listed else None

    def _dst_address(self) -> Quoted[Value] | None:
        host = self._dst_pod()
        if host is None or self.dst is None:
            return None
        for one in host.addresses:
            if one.ip == self.dst:
                return Quoted(True, _quotes(one.line))
        family = f"addresses{4 if is_ipv4(self.dst) else 6}"
        return Quoted(False, _quotes(host.lacks(family, "no such address"))) if family in host.whole else None

    def _dst_arp_ignore(self) -> Quoted[Value] | None:
        host, end = self._dst_pod(), self._dst_end()
        if host is None:
            return None
        found = [host.sysctl("all", "arp_ignore"), host.sysctl(end.name if end else "eth0", "arp_ignore")]
        values = [value for one in found if (value := value_of(one)) is not None]
        # The kernel takes the larger (IN_DEV_ARP_IGNORE): that both are small must be known of both.
        if not values or (max(values) < 2 and len(values) < 2):
            return None
        return Quoted(max(values), _quotes(*(one.line for one in found if one is not None)))

    def _dst_leaves_by_link(self) -> Quoted[Value] | None:
        """Whether dst answers over its link: the node, which asks from its own addresses, or the pod that asked."""
        host, end = self._dst_pod(), self._dst_end()
        node = self.dst_link.node if self.dst_link else None
        family = 6 if self.dst is not None and not is_ipv4(self.dst) else 4
        listing = f"routes{family}"
        if host is None or end is None or listing not in host.whole:
            return None
        at_pod = self.symptoms.get("lost") == "at-pod"
        if at_pod:
            asking = [self.pod] if self.pod is not None else []
        else:
            own = node.addresses if node is not None else []
            asking = [one.ip for one in own if one.family == family and one.dev != "lo" and one.scope != "link"]
        ways = [(ip, next(iter(host.routes_to(ip)), None)) for ip in asking]
        lost = next((ip for ip, way in ways if way is None), None)
        if lost is not None and at_pod:
            return Quoted(False, _quotes(host.lacks(listing, f"no route to {format_address(lost)}")))
        dead = [way for _, way in ways if way is not None and way.leads_nowhere]
        if dead and at_pod:
            return Quoted(False, _quotes(dead[0].line))
        routes = [way for _, way in ways if way is not None and not way.leads_nowhere]
        wrong = [one for one in routes if one.dev != end.name]
        if wrong:
            return Quoted(False, _quotes(wrong[0].line))
        return Quoted(True, _quotes(routes[0].line)) if routes else None

    def _dst_ignores_echo(self) -> Quoted[Value] | None:
        host = self._dst_pod()
        setting = host.sysctls.get("net.ipv4.icmp_echo_ignore_all") if host is not None else None
        value = value_of(setting)
        return None if setting is None or value is None else Quoted(value != 0, _quotes(setting.line))

    def _dst_firewall(self) -> Quoted[Value] | None:
        return self.firewalls.dst_firewall() if self.firewalls else None

    def _node_firewall(self) -> Quoted[Value] | None:
        return self.firewalls.node_firewall() if self.firewalls else None

    def _node_arp_rules(self) -> Quoted[Value] | None:
        return self.asking.node() if self.asking else None

    def _dst_arp_rules(self) -> Quoted[Value] | None:
        return self.asking.receiver() if self.asking else None

    def _node_rejects(self) -> Quoted[Value] | None:
        return self.firewalls.node_rejects() if self.firewalls else None

    def _no_endpoints(self) -> Quoted[Value] | None:
        return self.firewalls.no_endpoints() if self.firewalls else None

    def _policy(self) -> Quoted[Value] | None:
        return self.firewalls.policy() if self.firewalls else None

    def _tunnel_source(self) -> Quoted[Value] | None:
        return self.firewalls.tunnel_source() if self.firewalls else None

    def _conntrack_full(self) -> Quoted[Value] | None:
        """Of the node, as of when its state was taken (kernel: nf_conntrack_core.c, __nf_conntrack_alloc)."""
        held, most = (
            self._node.sysctls.get(f"net.netfilter.nf_conntrack_{name}") if self._node is not None else None
            for name in ("count", "max")
        )
        count, limit = value_of(held), value_of(most)
        if held is None or most is None or count is None or not limit:
            return None
        return Quoted(count >= limit, _quotes(held.line, most.line))

    def _drops(self, result: Result, interface: str | None, dst_interface: str | None) -> Drops | None:
        """What may have dropped the packets; nothing where the state is of another node or time."""
        count, asked = self.symptoms.get("lost.count"), self.symptoms.get("lost.asked")
        if self.elsewhere or not isinstance(count, int) or not isinstance(asked, int):
            return None
        own = self.link if not self.pod_is_foreign else None
        end = own.end if own else None
        dst_end = self._dst_end()
        here = WayEnd(
            self._node or self.alone,
            interface if interface != UNNAMED else None,
            own.pod if own else None,
            end.name if end else None,
        )
        there = WayEnd(
            self.dst_link.node if self.dst_link else None,
            self._dst_cali(dst_interface),
            self._dst_pod(),
            dst_end.name if dst_end else None,
        )
        names = Counter(one.point.name for one in result.links)
        frames = {one.point.name: one.point.frames for one in result.links if names[one.point.name] == 1}
        began, ended = (self.symptoms.get(name) for name in ("began", "ended"))
        lost = Lost(
            count, asked, began if isinstance(began, int) else None, ended if isinstance(ended, int) else None, frames
        )
        return Drops(lost, way_of(self.symptoms, here, there, self.ground.prefix))

    def _queue_drops(self) -> Quoted[Value] | None:
        return self.drops.queues() if self.drops else None

    def _netem_drops(self) -> Quoted[Value] | None:
        return self.drops.emulators() if self.drops else None

    def _policer_drops(self) -> Quoted[Value] | None:
        return self.drops.policers() if self.drops else None

    def _damaged_frames(self) -> Quoted[Value] | None:
        return self.drops.damages() if self.drops else None

    def _conntrack_drops(self) -> Quoted[Value] | None:
        first = self.symptoms.get("lost.first")
        return self.drops.tracking(first_only=first if isinstance(first, bool) else None) if self.drops else None

    def _neighbours_full(self) -> Quoted[Value] | None:
        """Of the receiver's node, which asks for it; not where it has the receiver's MAC."""
        back = self._lost_replies
        known = self.look_up("state_pod_neighbour" if back else "state_dst_neighbour")
        return self.drops.neighbours(known=known.source_lines if known else ()) if self.drops else None

    def _card_failed(self) -> Quoted[Value] | None:
        return self.drops.cards() if self.drops else None

    def _node_ttl_rule(self) -> Quoted[Value] | None:
        lines = ttl_rules(self._node)
        return Quoted(True, _quotes(*lines[:2])) if lines else None

    def _dst_mtu_differs(self) -> Quoted[Value] | None:
        row = self.dst_row
        if row is None or self.dst_is_foreign or row.cali_mtu is None or row.pod_mtu is None:
            return None
        size = self.symptoms.get("size")
        if row.cali_mtu != row.pod_mtu and isinstance(size, int) and size <= min(row.cali_mtu, row.pod_mtu):
            # So small a packet passes both.
            return None
        return Quoted(
            row.cali_mtu != row.pod_mtu,
            (
                *row.source_lines.get("cali.mtu", ()),
                *row.source_lines.get("pod.mtu", ()),
            ),
        )

    def _policy_rule(self) -> Quoted[Value] | None:
        return _quoted(self.crossing.diverted()) if self.crossing else None

    def _way(self) -> Quoted[Value] | None:
        return _quoted(self.crossing.way()) if self.crossing else None

    def _next_hop(self) -> Quoted[Value] | None:
        hop = self.crossing.hop() if self.crossing else None
        return _quoted(Sourced(hop.state, hop.lines)) if hop else None

    def _source_check(self) -> Quoted[Value] | None:
        return _quoted(self.crossing.source_check()) if self.crossing else None

    def _forwards(self) -> Quoted[Value] | None:
        return _quoted(self.crossing.forwards()) if self.crossing else None

    def _managed(self) -> Quoted[Value] | None:
        listed = self._node.managed if self._node is not None else []
        for one in listed:
            if one.owned and kind_of_name(one.dev, self.ground.prefix) in ("pod-link", "tunnel"):
                return Quoted(True, _quotes(one.line))
        return Quoted(False, _quotes(listed[0].line)) if listed else None

    def _route_deleted(self) -> Quoted[Value] | None:
        """Of a pod that is still there: with the pod and its link the route goes as it should.

        Not where the route is there again, nor where it went on another day than the packets.
        """
        removed = self._node.removed if self._node is not None else {}
        for link, route in ((self.link, self._pod_route()), (self.dst_link, self._dst_route())):
            line = removed.get(link.cali_name) if link is not None and link.cali_name else None
            if line is None or (route is not None and route.value == "own-interface"):
                continue
            if not self._at_that_time(line):
                continue
            return Quoted(True, _quotes(line))
        return None

    def _at_that_time(self, line: Line) -> bool:
        """Whether the time that a line tells, if it does, is within a day of the packets: it may be in any zone."""
        stamp = STAMP.match(line.text.strip())
        began, ended = self.symptoms.get("began"), self.symptoms.get("ended")
        if stamp is None or not isinstance(began, int) or not isinstance(ended, int):
            return True
        try:
            stamped = datetime.fromisoformat(stamp[1]).replace(tzinfo=UTC).timestamp() * 1e9
        except ValueError:
            return True
        return began - DAY <= stamped <= ended + DAY

    def _checksum_offload(self) -> Quoted[Value] | None:
        for name in ("vxlan.calico", "vxlan-v6.calico"):
            features = self._node.features.get(name, {}) if self._node is not None else {}
            feature = features.get("tx-checksum-ip-generic")
            if feature is not None:
                return Quoted(feature.on, _quotes(feature.line))
        return None

    def _duplicate(self) -> Quoted[Value] | None:
        return self._twice(lambda one, other: True)

    def _duplicate_here(self) -> Quoted[Value] | None:
        return self._twice(lambda one, other: one.node is None or other.node is None or one.node == other.node)

    def _twice(self, counts: Callable[[PodEntry, PodEntry], bool]) -> Quoted[Value] | None:
        """Whether two pods hold the address of pod or dst at one time."""
        for address in (self.pod, self.dst):
            if address is None:
                continue
            listed = [one for one in self.state.pods if one.ip == address and one.holds_address]
            pairs = ((one, other) for one, other in combinations(listed, 2) if one.label != other.label)
            pair = next((pair for pair in pairs if counts(*pair)), None)
            if pair is not None:
                return Quoted(True, _quotes(*(one.line for one in pair)))
            held = [own for host in self.state.pod_hosts for own in host.addresses if own.ip == address]
            if len(held) > 1:
                return Quoted(True, _quotes(*(one.line for one in held[:2])))
        return None

    def _dst_service(self) -> Quoted[Value] | None:
        return _quoted(service_evidence.is_service(self.state, self.dst))

    def _dst_service_empty(self) -> Quoted[Value] | None:
        return _quoted(service_evidence.is_empty(self.state, self.dst, self.port))

    @cached_property
    def back_ends(self) -> list[BackEnd]:
        """Those behind dst, as the node of the asker serves it."""
        kind, nodes = self.symptoms.get("asked"), self.state.nodes
        node = self._node or (nodes[0] if len(nodes) == 1 else None)
        if self.elsewhere or node is None or self.pod is None or self.dst is None or not isinstance(kind, str):
            return []
        name = self.symptoms.get("interface")
        known = name if isinstance(name, str) and name != UNNAMED else None
        asked = Asked(kind, self.pod, self.dst, self.port)
        return back_ends.back_ends(self.state, node, self.interface or known, asked)

    def _loop(self) -> Quoted[Value] | None:
        back = self._lost_replies
        node = self.dst_link.node if back and self.dst_link is not None else self._node
        return None if self.elsewhere else _quoted(loop_of(self.state.nodes, node, self.pod if back else self.dst))

    def _back_end(self) -> Quoted[Value] | None:
        standing = back_ends.standing(self.back_ends)
        if standing is None:
            return None
        shown = [one for one in self.back_ends if one.there is (standing == THERE)]
        return Quoted(standing, _quotes(*(line for one in shown[:2] for line in one.lines)))

    def _dst_answers_pings(self) -> Quoted[Value] | None:
        nodes = [self._node] if self._node is not None else self.state.nodes
        return _quoted(service_evidence.answers_pings(nodes, self.dst))

    def _block_blackholed(self) -> Quoted[Value] | None:
        """Of the node that has the block: Calico puts the blackhole there only (felix/dataplane/linux; BIRD)."""
        node = self._dst_node or (self._node if not self._is_apart else None)
        if node is None or self.dst is None or self.dst_is_foreign:
            return None
        best = next(iter(node.routes_to(self.dst)), None)
        if best is None or best.is_default:
            return None
        gone = best.kind == "blackhole" and not best.is_host and best.proto in CALICO_PROTOCOLS
        whole = f"routes{best.family}"
        if gone and whole not in node.whole:
            return None
        lacking = node.lacks(whole, f"no route to {format_address(self.dst)} alone") if gone else None
        return Quoted(gone, _quotes(best.line, lacking))

    def _vni_differs(self) -> Quoted[Value] | None:
        """By the device of the node that the packets are addressed to, else of the node that dst is on."""
        if self.elsewhere:
            return None
        seen, to = self.symptoms.get("vni"), self.symptoms.get("vni.to")
        near, far = self._ends
        far = tunnel_ends.node_at(self.state, to if isinstance(to, int) else None) or far
        return _quoted(tunnel_ends.identifiers_differ(near, far, seen if isinstance(seen, int) else None))

    def _vxlan_port_differs(self) -> Quoted[Value] | None:
        return None if self.elsewhere else _quoted(tunnel_ends.ports_differ(*self._ends))

    def _tunnel_device(self) -> Quoted[Value] | None:
        """Of the node at the far end, which the packets are addressed to or where they were seen to arrive."""
        name, to = self.symptoms.get("tunnel"), self.symptoms.get("outer.dst")
        if self.elsewhere or not isinstance(name, str):
            return None
        near, far = self._ends
        arrived = self.crossing.node if self.crossing is not None and not self.crossing.sends else None
        node = tunnel_ends.node_at(self.state, to if isinstance(to, int) else None) or arrived or far
        return None if node is None or node is near else _quoted(device_state(node, name))

    def _vtep(self) -> Quoted[Value] | None:
        near, far = self._ends
        target = self.pod if self._lost_replies else self.dst
        if near is not None and near is far:
            return None
        astray = self.symptoms.get("astray") is True
        return _quoted(tunnel_ends.far_end(near, far, target, spoken=self.far_spoken, astray=astray))

    @property
    def _ends(self) -> tuple[Host | None, Host | None]:
        """The node that sent the lost packets, and the one that they were going to."""
        there = self.dst_link.node if self.dst_link is not None and not self.dst_is_foreign else None
        return (there, self._node) if self._lost_replies else (self._node, there)

    @property
    def _lost_replies(self) -> bool:
        return self.symptoms.get("lost.direction") == REPLY

    def _ebpf(self) -> Quoted[Value] | None:
        if self._node is None:
            return None
        if self._node.ebpf is not None:
            return Quoted(True, _quotes(self._node.ebpf))
        whole = "links" in self._node.whole
        return Quoted(False, _quotes(self._node.lacks("links", "no bpfin.cali"))) if whole else None


def _seen_at(case: Case, state: State) -> Host | None:
    """The node at which requests arrived and were seen last, where captures and state name it alike.

    Answers come to the asker's node; that of an asker outside, who asked no pod, is the node that was asked.
    """
    last = case.question.last_seen if case.question is not None else case.lead.evidence.last_seen
    if last is None or last.host is None or last.arrived is not True:
        return None
    if last.direction == REPLY and (case.question is None or case.lead.link or case.lead.dst_link):
        return None
    found = [one for one in state.nodes if one.name == last.host and not one.assumed and not one.contradictions]
    return found[0] if len(found) == 1 else None


def _came_back(question: Unanswered, node: Host | None) -> bool:
    """Whether an answer came as far as the node that was asked, and is to leave it for whoever asked."""
    last = question.last_seen
    if last is None or last.direction != REPLY or node is None:
        return False
    return last.arrived is True or last.interface in node.links


def _spoke_on_cards(result: Result, address: int, since: int) -> bool:
    """Whether an address still spoke ARP on a network card at some time or later."""
    claims = (one for _, one in result.followed.cards.claims if one.ip == address)
    return any(one.last_time is not None and one.last_time >= since for one in claims)


def _spoken_at(link: CapturedLink | None, result: Result | None) -> frozenset[int]:
    """Addresses that the node of a pod's link speaks ARP with there."""
    if link is None or result is None or link.point.kind != "pod-link":
        return frozenset()
    return frozenset(result.followed.node_addresses(link))


def _came_by(case: Case, result: Result) -> str | None:
    """The interface by which what the pod asked came to dst's node, as far as it was recorded; None where several.

    What dst answers leaves by it again, unless the node's routes say otherwise.
    """
    lead, same = case.lead, result.followed.hosts.same
    if lead.dst_link is None or lead.pod is None:
        return None
    kind = KINDS.get(lead.table, REQUEST)
    there = [
        one.point
        for one in result.links
        if one.point.kind in NODE_KINDS
        and same(one.point.key, lead.dst_link.point.key)
        and any(exchanges_of(kind, result, lead.pod, lead.dst, one))
    ]
    tunnels = {one.name for one in there if one.kind == "tunnel"}
    ways = (way for way in result.followed.found if (way.src, way.dst) == (lead.pod, lead.dst))
    if not tunnels and any(step.encap != "none" for way in ways for step in way.steps):
        return None
    found = tunnels or {one.name for one in there}
    return found.pop() if len(found) == 1 else None


def _spoken(case: Case, result: Result) -> frozenset[int]:
    """Addresses that the node of the asker speaks ARP with on its link; else those on every pod link recorded.

    A node that speaks with none on the asker's link, whose MAC it has, may do so on others that it was seen to join.
    """
    asked = case.lead.link
    if asked is not None and asked.point.kind == "pod-link":
        spoken = result.followed.node_addresses(asked)
        joined = [] if spoken else _joined(asked, result)
        return frozenset(spoken).union(*map(result.followed.node_addresses, joined))
    said = [result.followed.node_addresses(one) for one in result.links if one.point.kind == "pod-link"]
    return frozenset.intersection(*(frozenset(one) for one in said)) if said else frozenset()


def _joined(link: CapturedLink, result: Result) -> list[CapturedLink]:
    """Pods' links of the same node: packets lost one of their TTL on the way between that link and this one."""
    found: dict[PointKey, CapturedLink] = {}
    for way in result.followed.found:
        for one, other in pairwise(way.steps):
            links = one.spot.link, other.spot.link
            is_hop = one.ttl is not None and other.ttl is not None and one.ttl - other.ttl == 1
            if is_hop and link in links and all(some.point.kind == "pod-link" for some in links):
                found |= {some.point.key: some for some in links if some is not link}
    same = result.followed.hosts.same
    return [one for one in found.values() if same(one.point.key, link.point.key) is not False]


def _neighbour(link: PodLink | None, address: int | None) -> Quoted[Value] | None:
    """The MAC that the node holds for this address on this link."""
    if link is None or link.node is None or address is None or not link.ips:
        return None
    held = [
        entry
        for entry in link.node.neighbours_of(address)
        if entry.dev == link.cali_name and entry.mac is not None and entry.state not in FAILED
    ]
    macs = tuple(entry.mac for entry in held if entry.mac is not None)
    return Quoted(macs, _quotes(*(entry.line for entry in held))) if macs else None


def _known(way: Quoted[Value] | None) -> Quoted[Value] | None:
    """Nothing where it is only known whither a way does not lead."""
    return None if way is None or way.value == "not-there" else way


def _cell(row: StateRow | None, attribute: str) -> Quoted[Value] | None:
    value: Value | None = getattr(row, attribute) if row is not None else None
    if row is None or value is None:
        return None
    lines = row.source_lines.get(attribute) or row.source_lines.get(attribute.replace("_", ".", 1), ())
    return Quoted(value, lines)


def _port_of(case: Case) -> int | None:
    """The port that was asked."""
    port = case.row("dst_port")
    return port if isinstance(port, int) else DNS_PORT if case.lead.table == DNS else None


def _quoted(sourced: Sourced[Value] | None) -> Quoted[Value] | None:
    return None if sourced is None else Quoted(sourced.value, _quotes(*sourced.source_lines))


def _quotes(*lines: Line | None) -> tuple[str, ...]:
    return tuple(quote(line) for line in lines if line is not None)
