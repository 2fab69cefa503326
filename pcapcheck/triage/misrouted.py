"""Misrouted packets: signs that a node's routing leads elsewhere than to the receiver.

Columns of a case. The node asks for a neighbour before it sends, so whom it asks for, and where, shows its routes.
"""

from __future__ import annotations

from pcapcheck.calico import find_cali_name, find_tunnel_name, tunnel_device
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.paths.address_locations import to_pod
from pcapcheck.paths.losses import REPLY, PathLoss
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.triage.case import Case, asked_for
from pcapcheck.triage.unanswered_neighbours import asked_in_vain
from pcapcheck.values import Value, is_ipv4

# A kernel asks for a neighbour three times, a second apart (net/core/neighbour.c).
ASKING = 3 * 10**9
# The names of the tunnel devices that packets come out of.
DEVICES = {"vxlan": ("vxlan", "flannel", "cilium_vxlan"), "ipip": ("tunl",)}


def strays(case: Case, judgement: Judgement, losses: list[PathLoss], error_from: int | None) -> dict[str, Value | None]:
    """``losses`` are those of the case; ``error_from`` sent the ICMP error that came back, if one did."""
    lead = case.lead
    back = bool(losses) and all(loss.direction == REPLY for loss in losses)
    receiver = lead.pod if back else lead.dst
    sender = lead.dst_link if back else lead.link
    home = next((point for point in judgement.points if receiver in point.pod_ips and point.kind == "pod-link"), None)
    found: dict[str, Value | None] = {
        "dst.same_node": _same_node(judgement, lead.link, lead.dst_link, losses),
        "astray": _astray(judgement, lead.link if back else lead.dst_link, losses),
        "flooded": False if losses else None,
        "handed_to": _handed_to(judgement, receiver, home, losses),
        "empty_link": None if home is not None else _empty_link(judgement, receiver),
        "empty_tunnel": _empty_tunnel(judgement, {loss.last.encap for loss in losses}, receiver),
        **_asked_outside(case, judgement, losses, receiver, sender, error_from),
    }
    outer = {loss.last.outer for loss in losses}
    ends = outer.pop() if len(outer) == 1 else None
    encaps = {loss.last.encap for loss in losses} - {"none"}
    encap = next(iter(encaps)) if len(encaps) == 1 else None
    if losses and all(loss.flooded for loss in losses):
        owners = [ip for loss in losses for ip in judgement.followed.cards.owners(loss.last)]
        found["flooded"] = True
        # Via a router they would have the router's MAC.
        found["next_hop"] = found["next_hop"] or next(iter(owners), None)
    return found | {
        "tunnel": _device(losses, encap, receiver),
        "outer.src": ends[0] if ends else None,
        "outer.dst": ends[1] if ends else None,
        "outer.encap": encap,
    }


def _device(losses: list[PathLoss], encap: str | None, receiver: int | None) -> str | None:
    """The name of the device that packets come out of: by their tunnel, else by the device that they entered."""
    seen = {loss.last.spot.point.name for loss in losses if loss.last.spot.point.kind == "tunnel"}
    seen = seen if len(seen) == 1 and not any(loss.arrived for loss in losses) else set()
    return next(iter(seen), None) or (tunnel_device(encap, receiver) if encap and receiver is not None else None)


def _same_node(
    judgement: Judgement, point: PointFacts | None, dst_link: PointFacts | None, losses: list[PathLoss]
) -> bool | None:
    if point is None or dst_link is None:
        return None
    hosts = judgement.followed.hosts
    here, there = point.key, dst_link.key
    same = hosts.same(here, there)
    if same is None and here[0] != there[0]:
        same = judgement.followed.nodes.on_one_node(point, dst_link)
    if same is not None:
        return same
    names = hosts.name(here), hosts.name(there)
    if None not in names:
        return names[0] == names[1]
    nics = {step.spot.point.key for loss in losses for step in loss.path.steps if step.encap == "none"}
    nics &= {point.key for point in judgement.points if point.kind == "host-nic"}
    # A file with the links of two nodes was merged; and what two cards saw went to another machine.
    return None if here[0] == there[0] or len(nics) > 1 else True


def _astray(judgement: Judgement, home: PointFacts | None, losses: list[PathLoss]) -> bool | None:
    """Whether all that was lost was last seen arriving at another machine than that of the receiver's link."""
    if home is None or not losses or not all(loss.arrived for loss in losses):
        return None
    same = {judgement.followed.hosts.same(loss.last.spot.point.key, home.key) for loss in losses}
    return None if None in same else same == {False}


def _handed_to(
    judgement: Judgement, receiver: int | None, home: PointFacts | None, losses: list[PathLoss]
) -> str | None:
    """Another pod's link that got the packets; any other link than the receiver's own, if that was recorded."""
    if receiver is None:
        return None
    handed = {
        step.spot.point.key for loss in losses for step in loss.path.steps if to_pod(step) and step.dst == receiver
    }
    for point in judgement.points:
        if point.kind != "pod-link" or receiver in point.pod_ips or point.sides.crowded or point.sides.folded:
            continue
        if point.key not in handed and not asked_for(judgement, point, receiver):
            continue
        if home is None and not any(is_ipv4(ip) == is_ipv4(receiver) for ip in point.pod_ips):
            continue
        if home is None or not (point.pod_macs & home.pod_macs or _apart(judgement, point, home)):
            return point.name
    return None


def _apart(judgement: Judgement, point: PointFacts, other: PointFacts) -> bool:
    """Whether two links are on two nodes, or are the two ends of a single link."""
    return judgement.followed.hosts.same(point.key, other.key) is False or point.end != other.end


def _empty_link(judgement: Judgement, receiver: int | None) -> str | None:
    """The name of a pod's link whose file holds no frame, unless another is known to be the receiver's."""
    known = judgement.facts.known.homes.get(receiver) if receiver is not None else None
    names = [find_cali_name(file, judgement.reading.prefix) for file in empty_files(judgement)]
    return next((name for name in names if name is not None and known in (None, name)), None)


def _empty_tunnel(judgement: Judgement, encaps: set[str], receiver: int | None) -> str | None:
    """The name of a tunnel's device whose file holds no frame, if packets of that tunnel were to come out there.

    The receiver's address is of the family of what is inside, and so of the device.
    """
    if receiver is None or len(encaps) != 1:
        return None
    words = DEVICES.get(next(iter(encaps)), ())
    names = [name for name in map(find_tunnel_name, empty_files(judgement)) if name is not None]
    fitting = (name for name in names if name.startswith(words) and ("-v6" in name) != is_ipv4(receiver))
    return next(fitting, None) if words else None


def empty_files(judgement: Judgement) -> list[str]:
    """The names of files without a frame."""
    return [
        capture.source.short_name for capture in judgement.captures if not any(group.count for group in capture.groups)
    ]


def _asked_outside(
    case: Case,
    judgement: Judgement,
    losses: list[PathLoss],
    receiver: int | None,
    sender: PointFacts | None,
    error_from: int | None,
) -> dict[str, Value | None]:
    """The neighbours for which the node of the sender asked in vain on its NIC while packets were lost."""
    times = [item.evidence.time for item in case.items if item.evidence.time is not None]
    times += [time for loss in losses for time in (loss.path.first, loss.path.last)]
    own = {error_from} if error_from is not None else set()
    own |= judgement.followed.nodes.addresses(sender) if sender is not None else set()
    if not times:
        return {"next_hop": None, "asked_outside": None}
    targets = {
        vain.target
        for vain in asked_in_vain(judgement)
        if (vain.on_card or vain.target != receiver)
        and vain.first <= max(times) + ASKING
        and vain.until >= min(times)
        and (
            vain.asker in own
            or (vain.on_card and sender is not None and judgement.followed.hosts.same(sender.key, vain.point))
        )
    }
    hops = targets - {receiver}
    return {
        # If there are several, it is not known which is meant.
        "next_hop": next(iter(hops)) if len(hops) == 1 else None,
        "asked_outside": True if receiver in targets else None,
    }
