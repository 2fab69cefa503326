"""The ends of lost packets: the hosts and interfaces by which they came and were to go."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from pcapcheck.links.capture_points import NODE_KINDS
from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.state import PodLink, State
from pcapcheck.paths.losses import REPLY, REQUEST
from pcapcheck.questions.unanswered import Unanswered
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.triage import tunnel_ends
from pcapcheck.triage.case import Case
from pcapcheck.triage.firewall.stage import End
from pcapcheck.triage.firewall.translated_packet import Carried, carried
from pcapcheck.triage.packet_evidence.case_exchanges import PACKETS, exchanges_of
from pcapcheck.triage.state_evidence.described_pods import DescribedPods
from pcapcheck.triage.state_evidence.spoken_addresses import spoken_addresses


class PacketEnds(Struct, frozen=True):
    """Where the lost packets came from and where they were going, as the rules of firewalls have it."""

    here: End
    there: End
    spoken: frozenset[int]
    as_last_seen: Carried | None
    dst_interface: str | None


def packet_ends(pods: DescribedPods, case: Case, judgement: Judgement) -> PacketEnds:
    """The ends by the state and, if it does not show them, by where packets and answers were seen."""
    alone, dst_interface, lead = pods.alone, pods.recorded_dst_interface, case.lead
    far = (pods.dst_link.node if pods.dst_link else None) or tunnel_ends.node_at(pods.state, pods.dst)
    if case.question is not None and lead.link is None and far is not None:
        # The asker is none of the pods of that node.
        alone = None
    if far is None and pods.dst_link is None and not pods.dst_is_foreign:
        far = _seen_at(case, pods.state)
    spoken = spoken_addresses(case, judgement)
    if far is None and pods.dst in spoken and lead.link is None and len(pods.state.nodes) == 1:
        # The only node shows no addresses of its own, and the ARP on its pods' links shows that it was asked.
        far = None if pods.state.nodes[0].addresses else pods.state.nodes[0]
        alone = None
    here = End(pods.node or alone, None, pods.recorded_interface)
    as_last_seen = carried(case, judgement)
    if dst_interface is None and pods.dst_link is None:
        behind = _behind(pods, as_last_seen)
        recorded = as_last_seen.interface if as_last_seen is not None else None
        dst_interface = behind.cali_name if behind is not None else recorded
        far = far or (behind.node if behind is not None else None)
    there = End(far, pods.dst_pod(), pods.dst_cali(dst_interface), _came_by(case, judgement))
    unknown = here.node is None or (here.node is far and lead.link is None)
    if unknown and case.question is not None and _came_back(case.question, far):
        # The asker is behind that interface of the node by which the answer has to leave.
        here = End(far, None, case.question.interface)
        there = replace(there, interface=there.interface or case.question.last_seen_on)
    return PacketEnds(here, there, spoken, as_last_seen, dst_interface)


def _behind(pods: DescribedPods, as_last_seen: Carried | None) -> PodLink | None:
    """The link of the pod behind a service, by what was seen of it or by the rules of the asker's node."""
    name = as_last_seen.interface if as_last_seen is not None else None
    link = pods.state.pod_for(cali=name) if name else None
    address = as_last_seen.dst if as_last_seen is not None else pods.first_back_end
    link = link or (pods.state.pod_for(ip=address) if address is not None else None)
    return link if pods.is_described(link) else None


def _seen_at(case: Case, state: State) -> Host | None:
    """The node at which requests arrived and were seen last, if captures and state give it the same name.

    Answers come to the asker's node; that of an asker outside, who asked no pod, is the node that was asked.
    """
    last = case.question.last_seen if case.question is not None else case.lead.evidence.last_seen
    if last is None or last.host is None or last.arrived is not True:
        return None
    if last.direction == REPLY and (case.question is None or case.lead.link or case.lead.dst_link):
        return None
    found = [node for node in state.nodes if node.name == last.host and not node.assumed and not node.contradictions]
    return found[0] if len(found) == 1 else None


def _came_back(question: Unanswered, node: Host | None) -> bool:
    """Whether an answer came as far as the node that was asked, and is to leave it for the asker."""
    last = question.last_seen
    if last is None or last.direction != REPLY or node is None:
        return False
    return last.arrived is True or last.interface in node.links


def _came_by(case: Case, judgement: Judgement) -> str | None:
    """The interface by which the pod's questions came to dst's node, if they were recorded on one only.

    The answers leave by it again, unless the node's routes say otherwise.
    """
    lead, same = case.lead, judgement.followed.hosts.same
    if lead.dst_link is None or lead.pod is None:
        return None
    packet = PACKETS.get(lead.table, REQUEST)
    there = [
        point.capture_point
        for point in judgement.points
        if point.kind in NODE_KINDS
        and same(point.key, lead.dst_link.key)
        and any(exchanges_of(packet, judgement, lead.pod, lead.dst, point))
    ]
    tunnels = {capture_point.name for capture_point in there if capture_point.kind == "tunnel"}
    paths = (path for path in judgement.followed.found if (path.src, path.dst) == (lead.pod, lead.dst))
    if not tunnels and any(step.encap != "none" for path in paths for step in path.steps):
        return None
    found = tunnels or {capture_point.name for capture_point in there}
    return found.pop() if len(found) == 1 else None
