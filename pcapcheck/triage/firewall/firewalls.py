"""The firewalls that the packets of a case may have met, and what each kind of their rules may have done."""

from __future__ import annotations

import re

from msgspec import Struct
from msgspec.structs import replace

from pcapcheck.calico import find_tunnel_name, kind_of_name
from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.source_lines import Line, Quoted
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.triage.case import Case
from pcapcheck.triage.firewall.answer import DROPS, ENDPOINTS, POLICY, RATES, REJECTS, TUNNEL, Answers
from pcapcheck.triage.firewall.lost import loss_of
from pcapcheck.triage.firewall.lost_packet import BEFORE_ROUTING
from pcapcheck.triage.firewall.stage import End, StageSeen
from pcapcheck.triage.firewall.stages import stages_in_pod, stages_on_nodes
from pcapcheck.triage.firewall.translated_packet import Carried
from pcapcheck.triage.firewall.walk import walk
from pcapcheck.triage.misrouted import empty_files
from pcapcheck.values import Value


class Firewalls(Struct):
    """What the rules on the nodes, and in the pod that was asked, may have done in a case."""

    nodes: Answers
    pod: Answers

    @classmethod
    def of(
        cls,
        case: Case,
        judgement: Judgement,
        packet_evidence: dict[str, Value | None],
        here: End,
        there: End,
        spoken: frozenset[int] = frozenset(),
        spoken_there: frozenset[int] = frozenset(),
        as_last_seen: Carried | None = None,
    ) -> Firewalls | None:
        """None if the case is not about lost packets. ``spoken`` and the following as of ``StageSeen``."""
        loss = loss_of(case, judgement, packet_evidence)
        if loss is None:
            return None
        empty = frozenset(
            kind for file in empty_files(judgement) if (kind := _kind_of_file(file, judgement.reading.prefix))
        )
        recorded = frozenset(point.kind for point in judgement.points) | empty
        seen = replace(
            StageSeen.of(packet_evidence, spoken),
            spoken_there=spoken_there,
            recorded=recorded,
            empty=empty,
            carried=as_last_seen,
        )
        on_nodes = stages_on_nodes(loss, here, there, seen)
        return cls(Answers(loss, on_nodes), Answers(loss, stages_in_pod(loss, there, seen)))

    def mark(self, node: Host, src: int | None, dst: int | None) -> tuple[int, int] | None:
        """The mark that packets between two addresses have when a node routes them: (known bits, their value)."""
        packets = [stage.packet for stage in self.nodes.stages if stage.host is node]
        same = next((packet for packet in packets if (packet.src, packet.dst) == (src, dst)), None)
        if same is None or node.firewall is None:
            return None
        return walk(node.firewall, replace(same, hooks=BEFORE_ROUTING)).mark

    def node_firewall(self) -> Quoted[Value] | None:
        return self.nodes.of(DROPS)

    def rate_rule(self) -> Quoted[Value] | None:
        return self.nodes.of(RATES)

    def node_rejects(self) -> Quoted[Value] | None:
        return self.nodes.of(REJECTS)

    def no_endpoints(self) -> Quoted[Value] | None:
        return self.nodes.of(ENDPOINTS)

    def policy(self) -> Quoted[Value] | None:
        return self.nodes.of(POLICY)

    def tunnel_source(self) -> Quoted[Value] | None:
        return self.nodes.of(TUNNEL)

    def dst_firewall(self) -> Quoted[Value] | None:
        return self.pod.of(DROPS, REJECTS, RATES)


def _kind_of_file(name: str, prefix: str) -> str | None:
    """The kind of capture point that a file's name shows: ``node1-eth0`` is a card."""
    return (
        "tunnel" if find_tunnel_name(name) else kind_of_name(re.split(r"[-_ ]", name.partition(".pcap")[0])[-1], prefix)
    )


def ttl_rules(host: Host | None) -> list[Line]:
    """The rules that rewrite the TTL."""
    tables = host.firewall.tables if host is not None and host.firewall is not None else ()
    return [rule.line for table in tables for _, rule in table.rules() if rule.sets_ttl]
