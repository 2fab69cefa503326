"""Loops: packets that pass one capture point again and again, their TTL falling, until it is used up.

Between two machines that each hand them to the other they come and go by one interface, with the MACs of both. What a
traceroute sends has many TTLs as well, but leaves by one MAC only, and has them on its sender's link already.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pcapcheck.links.capture_points import PointKey
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.triage.address_roles import NODE_ROLE, AddressRoles, called
from pcapcheck.triage.case import Case
from pcapcheck.triage.packet_evidence import TCP, UDP
from pcapcheck.values import Value, clean, format_mac

# Packets that go round, by what is asked: requests, or what answers them.
KINDS: dict[Value | None, tuple[str, ...]] = {"echo": ("request", "reply"), "tcp": (TCP,), "dns": (UDP,)}
# So many TTLs make a loop; of a packet in one direction so many lie between the first and the last.
TTLS, FALL = 3, 4
SHOWN = 4


@dataclass
class Loop:
    """Columns of a case, and the frames behind them by column, as they are quoted."""

    columns: dict[str, Value | None] = field(default_factory=lambda: {"loops": False, "loop.between": None})
    lines: dict[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass
class _Passing:
    """What passed one capture point: frames by TTL, and the MACs that sent them."""

    link: PointFacts
    frames: dict[int, int] = field(default_factory=dict)
    senders: dict[int, int] = field(default_factory=dict)

    @property
    def comes_round(self) -> bool:
        return len(self.frames) >= TTLS and (len(self.senders) > 1 or max(self.frames) - min(self.frames) >= FALL)


def looping(case: Case, result: Judgement, roles: AddressRoles, asked: Value | None) -> Loop:
    """Whether packets between the two of a case go round, and between whom."""
    found, pod, dst = Loop(), case.lead.pod, case.lead.dst
    passing: dict[tuple[PointKey, bool], _Passing] = {}
    for path in result.followed.found:
        if path.packet not in KINDS.get(asked, ()) or {path.src, path.dst} != {pod, dst}:
            continue
        for number, step in enumerate(path.steps):
            point, group = step.spot.point, step.spot.group
            one = passing.setdefault((point.key, path.src == pod), _Passing(point))
            if step.ttl is not None:
                frame = path.samples[0].frames[number]
                one.frames[step.ttl] = min(frame, one.frames.get(step.ttl, frame))
            if group.src is not None:
                one.senders[group.src] = max(step.ttl or 0, one.senders.get(group.src, 0))
    for (_, onward), one in passing.items():
        starts = [len(each.frames) for (_, same), each in passing.items() if same is onward and _is_start(each, case)]
        if one.link.kind == "pod-link" or not one.comes_round or (len(one.senders) < 2 and starts != [1]):
            continue
        found.columns["loops"] = True
        found.columns["loop.between"] = _between(one, result, roles, onward and bool(starts))
        name = clean(result.captures[one.link.key[0]].source.short_name)
        ttls = sorted(one.frames, reverse=True)
        frames = ", ".join(str(one.frames[ttl]) for ttl in ttls[:SHOWN])
        found.lines["loops"] = (
            f"{name}: the same packets pass {one.link.name} with {len(ttls)} TTLs, from {ttls[0]} down to "
            f"{ttls[-1]} (frame {frames} …)",
        )
        break
    return found


def _is_start(one: _Passing, case: Case) -> bool:
    """Whether packets begin there: on a pod's own link."""
    return one.link.kind == "pod-link" and {case.lead.pod, case.lead.dst} & set(one.link.pod_ips) != set()


def _between(one: _Passing, result: Judgement, roles: AddressRoles, from_pod: bool) -> str | None:
    """The two machines by what their MACs are known for; nothing where there are not two.

    ``from_pod``: the packets are a pod's, whose link was recorded.
    """
    if len(one.senders) != 2:
        return None
    claims = result.captures[one.link.key[0]].exchanges.claims.all()
    owners = {claim.mac: claim.ip for claim in claims if claim.own and claim.point == one.link.key[1:]}

    def name(mac: int, role: str | None) -> str:
        ip = owners.get(mac)
        return f"the MAC {format_mac(mac)}" if ip is None else called(ip, role or roles.of(ip))

    # Whose MAC they have first there, the highest TTL, is the node that took them from the pod.
    first, second = sorted(one.senders, key=lambda mac: -one.senders[mac])
    return f"between {name(first, NODE_ROLE if from_pod else None)} and {name(second, None)}"
