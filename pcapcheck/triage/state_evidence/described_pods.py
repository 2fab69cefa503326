"""The pods of a case in the state: which of its links are those of the pod and of the address that it asked."""

from __future__ import annotations

from functools import cached_property

from pcapcheck.links.point_facts import UNNAMED
from pcapcheck.links.point_facts import PointFacts as CapturedLink
from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.node_facts import Device
from pcapcheck.nodestate.state import PodLink
from pcapcheck.paths.losses import REPLY
from pcapcheck.protocols import DNS_PORT
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.table_names import DNS
from pcapcheck.triage import back_ends
from pcapcheck.triage.back_ends import Asked, BackEnd
from pcapcheck.triage.case import Case
from pcapcheck.triage.firewall.other_node import owner_of
from pcapcheck.triage.interfaces import default_nic
from pcapcheck.triage.machines import Machines, short
from pcapcheck.triage.state_evidence.situation import Situation
from pcapcheck.values import Value, as_number


class DescribedPods:
    """The pod of a case and the pod that it asked, as the state describes them.

    What the state says of a pod counts only if it is the pod in the captures. ``alone`` is the state's only node if it
    may be the asker's, ``at`` the node at which the packets were seen last.
    """

    def __init__(
        self,
        situation: Situation,
        case: Case,
        interface: str | None,
        packet_evidence: dict[str, Value | None],
        judgement: Judgement,
    ) -> None:
        self.packet_evidence = packet_evidence
        self.recorded_interface = interface if interface != UNNAMED else None
        self.port = _port_of(case)
        self.asker_ports = _asker_ports(case)
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
        machines = Machines.of(self.state, judgement.followed.hosts, judgement.points)
        only = self.state.nodes[0] if len(self.state.nodes) == 1 else None
        alone, self.at = self._by_name(case, machines, only)
        if self.packet_evidence.get("dst.same_node") is False:
            alone = self._part(alone, self._owner(case, judgement))
        self.alone = alone
        self.recorded_dst_interface = dst_interface

    def _owner(self, case: Case, judgement: Judgement) -> str | None:
        """Whose node the state's only node is: that of ``pod`` or ``dst``, by its name or by the names in its rules."""
        points = case.lead.link, case.lead.dst_link
        if len(self.state.nodes) != 1 or points[0] is None or points[1] is None:
            return None
        hosts = judgement.followed.hosts
        names = [hosts.name(point.key) for point in points if point is not None]
        calis = [point.node_interface or "" for point in points if point is not None]
        return owner_of(self.state.nodes[0], names, calis)

    def _by_name(self, case: Case, machines: Machines, alone: Host | None) -> tuple[Host | None, Host | None]:
        """Which node is the asker's, and at which the packets were seen last, by the names of the nodes.

        ``alone`` is the state's only node, which is both unless something speaks against it.
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
        """Whether a link was assigned to a node of another name."""
        return link is not None and not self.is_described(link) and machines.are_apart(recorded, link.node)

    def _part(self, alone: Host | None, owner: str | None = None) -> Host | None:
        """Keep pod and dst, which are on different nodes, from sharing the node of one of them.

        ``owner``: whose node the state's only node is, if that is known. Returns the node that may stand for the
        asker's, if ``alone`` still may.
        """
        described = [self.is_described(link) for link in (self.link, self.dst_link)]
        if not any(described) and owner is not None:
            described = [owner == "pod", owner == "dst"]
        if self.link is not None and self.dst_link is not None and self.link.node is self.dst_link.node:
            if described == [False, True]:
                self.link = self.row = None
            elif described == [True, False]:
                self.dst_link = self.dst_row = None
        return None if described == [False, True] and self.dst_link and self.dst_link.node is alone else alone

    def is_described(self, link: PodLink | None) -> bool:
        """Whether the state itself shows on which node a link is."""
        if link is None or link.node is None:
            return False
        return link.cali_name is not None and link.cali_name in link.node.devices()

    @property
    def interface(self) -> str | None:
        return self.link.cali_name if self.link else None

    @property
    def dst_interface(self) -> str | None:
        """The link of the pod that was asked, or that packets were for."""
        return self.dst_link.cali_name if self.dst_link and not self.dst_is_foreign else None

    @property
    def nic(self) -> str | None:
        """The node's network card."""
        return default_nic(self.node)

    @property
    def same_node(self) -> bool | None:
        """Whether pod and dst are on one node; None unless the state shows both."""
        nodes = [link.node for link in (self.link, self.dst_link) if link is not None and link.node is not None]
        return nodes[0] is nodes[1] if len(nodes) == 2 else None

    @property
    def node(self) -> Host | None:
        return self.link.node if self.link else None

    @property
    def cali(self) -> Device | None:
        return self.link.cali if self.link else None

    def dst_end(self) -> Device | None:
        return None if self.dst_link is None or self.dst_is_foreign else self.dst_link.inner_end

    def dst_pod(self) -> Host | None:
        return None if self.dst_link is None or self.dst_is_foreign else self.dst_link.inside

    def dst_cali(self, name: str | None) -> str | None:
        known = self.dst_link.cali_name if self.dst_link else None
        return known or (name if name != UNNAMED else None)

    @property
    def lost_replies(self) -> bool:
        return self.packet_evidence.get("lost.direction") == REPLY

    @cached_property
    def back_ends(self) -> list[BackEnd]:
        """The back ends of dst, as the node of the asker serves it."""
        protocol, nodes = self.packet_evidence.get("asked"), self.state.nodes
        node = self.node or (nodes[0] if len(nodes) == 1 else None)
        if self.elsewhere or node is None or self.pod is None or self.dst is None or not isinstance(protocol, str):
            return []
        name = self.packet_evidence.get("interface")
        known = name if isinstance(name, str) and name != UNNAMED else None
        asked = Asked(protocol, self.pod, self.dst, self.port)
        return back_ends.back_ends(self.state, node, self.interface or known, asked)

    @property
    def first_back_end(self) -> int | None:
        """The back end to report, if there is one."""
        return back_ends.first_of(self.back_ends)


def _asker_ports(case: Case) -> frozenset[int]:
    """The ports that asked, as far as they are known."""
    if case.question is not None:
        return case.question.asker_ports
    ports = (as_number(item.evidence.row.get("src_port")) for item in case.items)
    return frozenset(port for port in ports if port is not None)


def _port_of(case: Case) -> int | None:
    """The port that was asked."""
    port = case.row("dst_port")
    return port if isinstance(port, int) else DNS_PORT if case.lead.table == DNS else None
