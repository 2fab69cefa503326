"""Routing loops: packets that pass the same capture point again and again, until their TTL is used up.

Between two machines that hand them to each other, they come and go by the same interface, with the MACs of both. A
traceroute also sends packets with many TTLs, but from a single MAC, and they have them on its sender's link already.
"""

from __future__ import annotations

from msgspec import Struct, field

from pcapcheck.links.capture_points import PointKey
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.triage.address_roles import NODE_ROLE, AddressRoles, called
from pcapcheck.triage.case import Case
from pcapcheck.triage.packet_evidence.case_exchanges import OTHER, TCP, UDP
from pcapcheck.triage.quoted_columns import QuotedColumns
from pcapcheck.values import Value, clean, format_mac

# Packets that may go round, by what is asked: requests, and what answers them.
PACKETS: dict[Value | None, tuple[str, ...]] = {
    "echo": ("request", "reply"),
    "tcp": (TCP,),
    "dns": (UDP,),
    "udp": (UDP,),
    "sctp": (OTHER,),
}
# This many TTLs make a loop; if only one direction is seen, the highest and the lowest differ by this much.
TTLS, FALL = 3, 4
SHOWN = 4


class _Passing(Struct):
    """What passed a capture point: frames by TTL, and the MACs that sent them."""

    link: PointFacts
    frames: dict[int, int] = field(default_factory=dict)
    senders: dict[int, int] = field(default_factory=dict)

    @property
    def comes_round(self) -> bool:
        return len(self.frames) >= TTLS and (len(self.senders) > 1 or max(self.frames) - min(self.frames) >= FALL)


def looping(case: Case, judgement: Judgement, roles: AddressRoles, asked: Value | None) -> QuotedColumns:
    """Whether packets between the two of a case go round, and between whom."""
    found = QuotedColumns({"loops": False, "loop.between": None})
    pod, dst = case.lead.pod, case.lead.dst
    passing: dict[tuple[PointKey, bool], _Passing] = {}
    for path in judgement.followed.of_two(pod, dst):
        if path.packet not in PACKETS.get(asked, ()):
            continue
        for number, step in enumerate(path.steps):
            point, group = step.spot.point, step.spot.group
            here = passing.setdefault((point.key, path.src == pod), _Passing(point))
            if step.ttl is not None:
                frame = path.samples[0].frames[number]
                here.frames[step.ttl] = min(frame, here.frames.get(step.ttl, frame))
            if group.src is not None:
                here.senders[group.src] = max(step.ttl or 0, here.senders.get(group.src, 0))
    for (_, onward), rounds in passing.items():
        starts = [len(each.frames) for (_, same), each in passing.items() if same is onward and _is_start(each, case)]
        if rounds.link.kind == "pod-link" or not rounds.comes_round or (len(rounds.senders) < 2 and starts != [1]):
            continue
        found.columns["loops"] = True
        found.columns["loop.between"] = _between(rounds, judgement, roles, onward and bool(starts))
        name = clean(judgement.captures[rounds.link.key[0]].source.short_name)
        ttls = sorted(rounds.frames, reverse=True)
        frames = ", ".join(str(rounds.frames[ttl]) for ttl in ttls[:SHOWN])
        found.lines["loops"] = (
            f"{name}: the same packets pass {rounds.link.name} with {len(ttls)} TTLs, from {ttls[0]} down to "
            f"{ttls[-1]} (frames {frames} …)",
        )
        break
    return found


def _is_start(passing: _Passing, case: Case) -> bool:
    """Whether packets begin there: on a pod's own link."""
    return passing.link.kind == "pod-link" and {case.lead.pod, case.lead.dst} & set(passing.link.pod_ips) != set()


def _between(passing: _Passing, judgement: Judgement, roles: AddressRoles, from_pod: bool) -> str | None:
    """The two machines, by what is known about their MACs; None if there are not two.

    ``from_pod``: the packets are a pod's, whose link was recorded.
    """
    if len(passing.senders) != 2:
        return None
    claims = judgement.captures[passing.link.key[0]].exchanges.claims.at(passing.link.key[1:])
    owners = {claim.mac: claim.ip for claim in claims if claim.own}

    def name(mac: int, role: str | None) -> str:
        ip = owners.get(mac)
        return f"the MAC {format_mac(mac)}" if ip is None else called(ip, role or roles.of(ip))

    # The MAC that sent the highest TTL, the first seen there, is that of the node that took the packets from the pod.
    first, second = sorted(passing.senders, key=lambda mac: -passing.senders[mac])
    return f"between {name(first, NODE_ROLE if from_pod else None)} and {name(second, None)}"
