"""Questions for a neighbour's MAC (ARP, neighbour discovery), or their answers, that a firewall may have stopped.

A host's rules see them where it takes them in and where it sends them, never where it forwards (kernel: net/ipv4/arp.c,
NF_ARP_IN and NF_ARP_OUT; net/ipv6/ndisc.c). What was recorded on a link has passed the rules of its sender, and not yet
those of its receiver. Connection tracking leaves neighbour discovery alone (net/netfilter/nf_conntrack_proto_icmpv6.c).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from pcapcheck.nodestate.firewall.chains import INPUT, OUTPUT, POSTROUTING, PREROUTING
from pcapcheck.nodestate.firewall.keys import ARP_FAMILY
from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.source_lines import Quoted
from pcapcheck.nodestate.unresolved_pods import UNANSWERED
from pcapcheck.protocols import ARP_REPLY, ARP_REQUEST, ICMPV6, NEIGHBOR_ADVERTISEMENT, NEIGHBOR_SOLICITATION
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.table_names import ARP
from pcapcheck.triage.case import Case, Item, asked_for
from pcapcheck.triage.firewall.answer import DROPS, POLICY, RATES, REJECTS, Answers
from pcapcheck.triage.firewall.lost import ARP_ASKED, ND_ASKED, LostPackets
from pcapcheck.triage.firewall.lost_packet import UNTRACKED, LostPacket
from pcapcheck.triage.firewall.stage import End, Stage
from pcapcheck.triage.firewall.stages import own_interface
from pcapcheck.values import Value, is_ipv4, is_multicast_mac

# The hooks where a host takes in such packets, and where it sends them.
IN = {4: ("ingress", INPUT), 6: ("ingress", PREROUTING, INPUT)}
OUT = {4: (OUTPUT, "egress"), 6: (OUTPUT, POSTROUTING, "egress")}
# The multicast address of a question: ff02::1:ff00:0 with the target's last 24 bits (RFC 4291, 2.7.1).
SOLICITED = 0xFF0200000000000000000001FF000000
# How often the kernel asks before it calls a neighbour unreachable (net/ipv4/arp.c, NEIGH_VAR_MCAST_PROBES).
TRIES = 3
# The hop limit of neighbour discovery, without which it is ignored (RFC 4861, 7.1).
HOP_LIMIT = 255


class Inquiry(Struct, frozen=True):
    """Who asked, with which MAC, for which address, without success.

    ``to_group``: none of its packets is known to be unicast to the target.
    """

    asker: int | None
    target: int
    family: int
    to_group: bool = True
    mac: int | None = None

    def question(self) -> LostPacket:
        if self.family == 4:
            return LostPacket(ARP_FAMILY, 0, self.asker, self.target, arp_operation=ARP_REQUEST, src_mac=self.mac)
        to = SOLICITED | (self.target & 0xFFFFFF) if self.to_group else None
        return replace(self._discovery(NEIGHBOR_SOLICITATION, self.asker, to), src_mac=self.mac)

    def answer(self) -> LostPacket:
        if self.family == 4:
            return LostPacket(ARP_FAMILY, 0, self.target, self.asker, arp_operation=ARP_REPLY)
        return self._discovery(NEIGHBOR_ADVERTISEMENT, self.target, self.asker)

    def _discovery(self, kind: int, src: int | None, dst: int | None) -> LostPacket:
        return LostPacket(
            6, ICMPV6, src, dst, icmp_type=kind, states=UNTRACKED, nd_target=self.target, hop_limit=HOP_LIMIT
        )

    def takes(self, host: Host, packet: LostPacket, interface: str | None) -> Stage:
        return Stage(host, replace(packet, iif=interface, oif="", hooks=IN[self.family]))

    def sends(self, host: Host, packet: LostPacket, interface: str | None) -> Stage:
        return Stage(host, replace(packet, iif="", oif=interface, hooks=OUT[self.family]))


class Asking(Struct):
    """What the rules on the node, and those in the pod that it asked, say of such questions."""

    nodes: Answers
    pod: Answers

    @classmethod
    def of(
        cls, case: Case, judgement: Judgement, packet_evidence: Mapping[str, Value | None], here: End, there: End
    ) -> Asking | None:
        """None if a case is about no such question."""
        if case.lead.unanswered:
            return _of_gateway(case, here)
        return _of_receiver(case, judgement, packet_evidence, there)

    def node(self) -> Quoted[Value] | None:
        return self.nodes.of(DROPS, POLICY, REJECTS, RATES)

    def receiver(self) -> Quoted[Value] | None:
        return self.pod.of(DROPS, POLICY, REJECTS, RATES)


def _of_gateway(case: Case, here: End) -> Asking | None:
    """A pod asks its node for the gateway: the question was recorded, an answer was not."""
    finding = case.lead.finding
    target = case.lead.evidence.row.get("target")
    if not isinstance(target, int) or finding is None:
        return None
    asked = [item for item in case.items if item.unanswered and item.link is case.lead.link]
    items = [item for item in asked if item.evidence.row.get("target") == target]
    inquiry = _inquiry(items, target)
    least = _attempts(items)
    shown = finding.failed <= len(finding.evidence)
    loss = _loss(inquiry, least, least if shown else max(least, finding.failed))
    stages = []
    if here.node is not None:
        stages = [
            inquiry.takes(here.node, inquiry.question(), here.interface),
            inquiry.sends(here.node, inquiry.answer(), here.interface),
        ]
    return Asking(Answers(loss, stages), Answers(loss, []))


def _of_receiver(
    case: Case, judgement: Judgement, packet_evidence: Mapping[str, Value | None], there: End
) -> Asking | None:
    """A node asks for a pod that it has packets for: no answer comes, or the node does not take it.

    The error that the node sends after asking, or the recorded questions, show that it found nobody.
    """
    dst = case.lead.dst
    if dst is None:
        return None
    asked, answers = packet_evidence.get("dst.asked"), packet_evidence.get("dst.answers")
    in_vain = packet_evidence.get("refused") == "host-unreachable" and packet_evidence.get("refused.by") == "node"
    in_vain = in_vain and packet_evidence.get("refused.late") is not False
    if not in_vain and (asked is not True or answers is not False):
        return None
    items = [
        item for item in case.items if item.table == ARP and item.dst == dst and item.evidence.row.get("answers") == 0
    ]
    inquiry = _inquiry(items, dst)
    question, answer = inquiry.question(), inquiry.answer()
    least = _attempts(items) if items else TRIES
    failed = [item.finding.failed - len(item.finding.evidence) for item in items if item.finding is not None]
    most = least + max(0, *failed) if failed else least
    on_node: list[Stage] = []
    in_pod: list[Stage] = []
    if asked is not True and there.node is not None:
        on_node.append(inquiry.sends(there.node, question, there.interface))
    if asked is not False and answers is not False and there.node is not None:
        on_node.append(inquiry.takes(there.node, answer, there.interface))
        if answers is True:
            least = most = max(TRIES, _answered(case, judgement))
    if asked is not False and answers is not True and there.pod is not None:
        name = own_interface(there.pod)
        in_pod = [inquiry.takes(there.pod, question, name), inquiry.sends(there.pod, answer, name)]
    loss = _loss(inquiry, least, most)
    return Asking(Answers(loss, on_node), Answers(loss, in_pod))


def of_next_hop(node: Host, hop: int, *, asked: bool, speaks: bool) -> Asking | None:
    """A node calls its next hop unreachable: whether its own rules stop its questions or the answers.

    ``asked``: its questions were recorded, ``speaks``: so was the next hop's own ARP while packets were lost. None
    where the node's neighbours show no such attempt, or what was recorded leaves nothing to its rules.
    """
    tried = next((neighbour for neighbour in reversed(node.neighbours_of(hop)) if neighbour.state in UNANSWERED), None)
    if tried is None or (asked and not speaks):
        return None
    inquiry = Inquiry(None, hop, 4 if is_ipv4(hop) else 6)
    stages = [inquiry.takes(node, inquiry.answer(), tried.dev)]
    if not speaks:
        stages.insert(0, inquiry.sends(node, inquiry.question(), tried.dev))
    loss = _loss(inquiry, TRIES, TRIES)
    return Asking(Answers(loss, stages), Answers(loss, []))


def _inquiry(items: Sequence[Item], target: int) -> Inquiry:
    """What the questions have in common; if none was recorded, only the target is known."""
    points = ((item.link or item.dst_link, item.evidence.group) for item in items)
    sent = [point.groups.get(number) if point is not None else None for point, number in points]
    known = [group.dst for group in sent if group is not None and group.dst is not None]
    asker = _only({item.evidence.row.get("asker_ip") for item in items})
    mac = _only({group.src if group is not None else None for group in sent})
    return Inquiry(asker, target, 4 if is_ipv4(target) else 6, all(map(is_multicast_mac, known)), mac)


def _only(values: set[Value | None] | set[int | None]) -> int | None:
    found = next(iter(values)) if len(values) == 1 else None
    return found if isinstance(found, int) else None


def _attempts(items: Sequence[Item]) -> int:
    counted = [item.evidence.row.get("attempts") for item in items]
    return sum(count for count in counted if isinstance(count, int)) or 1


def _answered(case: Case, judgement: Judgement) -> int:
    """How many of the node's questions for the pod were answered on its link."""
    point, dst = case.lead.dst_link, case.lead.dst
    if point is None:
        return 0
    tallies = judgement.captures[point.key[0]].tallies
    groups = [group for group in asked_for(judgement, point, dst) if (ARP, group) in tallies]
    return sum(tallies[ARP, group].outcomes["answered"] for group in groups)


def _loss(inquiry: Inquiry, least: int, most: int) -> LostPackets:
    kind = ARP_ASKED if inquiry.family == 4 else ND_ASKED
    return LostPackets(
        kind,
        inquiry.asker or 0,
        inquiry.target,
        least,
        most,
        error=None,
        error_from=None,
        between=False,
        answered=False,
        sports=frozenset(),
        dports=frozenset(),
        unheard=True,
    )
