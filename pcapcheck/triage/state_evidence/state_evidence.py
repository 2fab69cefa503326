"""What the node's state says about a case: the pods, and what the node did with their packets."""

from __future__ import annotations

from msgspec.structs import replace

from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.next_hops import RESOLVED
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.triage import tunnel_ends
from pcapcheck.triage.case import Case
from pcapcheck.triage.crossing import Crossing
from pcapcheck.triage.drops import Drops
from pcapcheck.triage.find_crossing import CrossingEnds, CrossingSearch
from pcapcheck.triage.firewall.answer import Answers
from pcapcheck.triage.firewall.firewalls import Firewalls
from pcapcheck.triage.firewall.neighbour_questions import Asking, of_next_hop
from pcapcheck.triage.firewall.reset_rules import reset_rules
from pcapcheck.triage.partly_known import PartlyKnownSettings, settings_of
from pcapcheck.triage.state_evidence.described_pods import DescribedPods
from pcapcheck.triage.state_evidence.lost_counts import drops_of
from pcapcheck.triage.state_evidence.packet_ends import packet_ends
from pcapcheck.triage.state_evidence.situation import Situation
from pcapcheck.triage.state_evidence.spoken_addresses import spoke_on_cards, spoken_at
from pcapcheck.values import Value


class StateEvidence(DescribedPods):
    """What the state says of one case: of its pods, of the node that they crossed, of firewalls and of counters."""

    crossing: Crossing | None = None
    firewalls: Firewalls | None = None
    resets: Answers | None = None
    asking: Asking | None = None
    drops: Drops | None = None

    def __init__(
        self,
        situation: Situation,
        case: Case,
        interface: str | None,
        packet_evidence: dict[str, Value | None],
        judgement: Judgement,
    ) -> None:
        super().__init__(situation, case, interface, packet_evidence, judgement)
        self.far_spoken = spoken_at(case.lead.link if self.lost_replies else case.lead.dst_link, judgement)
        if situation.elsewhere:
            return
        self.crossing = self._crossing(judgement)
        self._ask_firewalls(case, judgement)

    def _crossing(self, judgement: Judgement) -> Crossing | None:
        pair = CrossingEnds(
            None if self.pod_is_foreign else self.pod,
            None if self.dst_is_foreign else self.dst,
            self.link,
            self.dst_link,
            self.interface or self.recorded_interface,
            self.dst_cali(self.recorded_dst_interface),
        )
        crossing = CrossingSearch(self.state, self.packet_evidence, self.ground.prefix, self.alone, self.at).find(pair)
        if crossing is not None:
            crossing.heard = judgement.followed.cards.heard
            crossing.receivers = self.far_spoken
        return crossing

    def _ask_firewalls(self, case: Case, judgement: Judgement) -> None:
        """Hold the rules of the firewalls, and the counters, against the packets."""
        evidence = self.packet_evidence
        ends = packet_ends(self, case, judgement)
        spoken_there = spoken_at(case.lead.dst_link, judgement)
        self.firewalls = Firewalls.of(
            case, judgement, evidence, ends.here, ends.there, ends.spoken, spoken_there, ends.as_last_seen
        )
        self.resets = reset_rules(case, ends.here, ends.there)
        self.asking = Asking.of(case, judgement, evidence, ends.here, ends.there)
        if self.crossing is not None and self.firewalls is not None:
            packet = self.crossing.packet
            mark = self.firewalls.mark(self.crossing.node, packet.src, packet.dst)
            self.crossing.packet = replace(packet, mark=mark)
            self.asking = self._asking_next_hop(case, judgement) or self.asking
        self.drops = drops_of(self, judgement, ends.dst_interface)

    def _asking_next_hop(self, case: Case, judgement: Judgement) -> Asking | None:
        """The node's own question for its next hop, if it calls it unreachable."""
        refused = self.packet_evidence.get("refused"), self.packet_evidence.get("refused.by")
        hop = self.next_hop
        if self.crossing is None or hop is None or refused != ("host-unreachable", "node"):
            return None
        times = [item.evidence.time for item in case.items if item.evidence.time is not None]
        speaks = bool(times) and spoke_on_cards(judgement, hop, min(times))
        return of_next_hop(self.crossing.node, hop, asked=self.packet_evidence.get("next_hop") == hop, speaks=speaks)

    def settings(self, column: str) -> PartlyKnownSettings:
        """The sysctls of the node behind a column, and those of them that are missing."""
        return settings_of(column, self.node, self.interface)

    @property
    def next_hop(self) -> int | None:
        """The next hop that is wrong, by the state."""
        hop = self.crossing.hop() if self.crossing else None
        return hop.address if hop is not None and hop.state != RESOLVED else None

    @property
    def has_node(self) -> bool:
        """Whether the state shows a node that the case is about."""
        far = self.dst_link.node if self.dst_link is not None else tunnel_ends.node_at(self.state, self.dst)
        return self.node is not None or (far is not None and not self.elsewhere)

    @property
    def dst_node(self) -> Host | None:
        """The node that dst is on: by its link, else the node at which packets for it were seen to arrive last."""
        if self.dst_link is not None and self.dst_link.node is not None:
            return self.dst_link.node
        crossing = self.crossing
        arrived = crossing is not None and not crossing.sends and not self.lost_replies
        return crossing.node if crossing is not None and arrived and crossing.node is not self.node else None

    @property
    def is_apart(self) -> bool:
        """Whether pod and dst are known to be on different nodes."""
        arrived = self.crossing is not None and not self.crossing.sends and not self.lost_replies
        return arrived or self.packet_evidence.get("dst.same_node") is False
