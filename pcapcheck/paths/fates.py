"""Fates: where packets were last seen and what they never reached, in words for headlines and evidence."""

from __future__ import annotations

from pcapcheck.links.capture_points import NODE_KINDS, CapturePoint
from pcapcheck.links.sides import NODE, POD
from pcapcheck.paths.hosts import Hosts
from pcapcheck.paths.losses import AT_POD, BETWEEN, IN_NODE, REPLY, PathLoss
from pcapcheck.paths.path import PathStep
from pcapcheck.plural import does
from pcapcheck.values import format_mac

# What tunnels are called.
TUNNELS = {"ipip": "IPIP", "vxlan": "VXLAN", "wireguard": "WireGuard"}


def fate(loss: PathLoss, hosts: Hosts, several: bool = True) -> str:
    """What became of packets, as the rest of a sentence about several of them, or about one.

    ``arrive at node1's eth0 and never reach cali6c3c078bd24``
    """
    last = loss.last
    here = last.spot.point.capture_point
    back = loss.direction == REPLY
    if loss.place == IN_NODE and not back:
        node = hosts.name(here.key) or "the node"
        return f"{does('enter', several)} {node} on {here.name} and {does('are', several)} seen nowhere after"
    never = never_reached(loss, hosts)
    seen = f"{does('are', several)} last seen on {place_of(last, hosts)}"
    if not never:
        return seen
    if loss.is_beyond and loss.arrived and not back:
        node = hosts.name(here.key) or "the receiver's node"
        return f"{does('arrive', several)} at {node} on {here.name} and never {does('reach', several)} {never}"
    if loss.place == BETWEEN or here.kind not in NODE_KINDS or loss.devices:
        return f"{seen}, and never on {never}"
    came = f"{does('come', several)} back to" if back else f"{does('arrive', several)} at"
    return f"{came} {place_of(last, hosts)} and never {does('reach', several)} {never}"


def went_on(loss: PathLoss, hosts: Hosts) -> str:
    """Where packets were seen last, where nothing is known that had to show them next; as a clause."""
    heading = ""
    if loss.place == AT_POD:
        heading = ", going to the pod"
    elif loss.place == IN_NODE:
        heading = ", entering the node"
    elif loss.flooded and loss.last.spot.group.dst is not None:
        heading = f", on its way to {format_mac(loss.last.spot.group.dst)}, which is not that machine's MAC"
    elif loss.place == BETWEEN:
        heading = ", leaving the node"
    elif loss.arrived:
        heading = ", arriving at the node"
    return f"last seen on {place_of(loss.last, hosts)}{heading}"


def first_seen(step: PathStep, hosts: Hosts) -> str:
    """Where packets were seen first, and from which end they came there; as a clause."""
    coming = {POD: ", coming from the pod", NODE: ", coming from the node"}
    heading = coming.get(step.spot.side or "", "") if step.spot.point.kind == "pod-link" else ""
    return f"first seen on {place_of(step, hosts)}{heading}"


def came_back(loss: PathLoss, asker: str, hosts: Hosts, several: bool = True) -> str:
    """Where answers were seen last that did not come to the interface of their asker."""
    if loss.last.spot.point.kind in NODE_KINDS and loss.arrived is not False:
        came, reach, go = does("come", several), does("reach", several), does("go", several)
        # What comes in for a NodePort by the interface that its answers come back to.
        rest = f"{go} no further" if loss.last.spot.point.name == asker else f"never {reach} {asker}"
        return f"{came} back to {place_of(loss.last, hosts)} and {rest}"
    return f"{does('are', several)} {went_on(loss, hosts)}, and never on {asker}"


def place_of(step: PathStep, hosts: Hosts) -> str:
    """A capture point by its node's name and its own, and in which tunnel a packet was there."""
    tunnel = f" inside {TUNNELS[step.encap]}" if step.encap in TUNNELS else ""
    return f"{named(step.spot.point.capture_point, hosts)}{tunnel}"


def named(capture_point: CapturePoint, hosts: Hosts) -> str:
    """``node1's eth0``, or the interface alone, or the file where the interface has no name."""
    node = hosts.name(capture_point.key) if capture_point.kind in NODE_KINDS else None
    return f"{node}'s {capture_point.name}" if node else capture_point.name


def never_reached(loss: PathLoss, hosts: Hosts) -> str:
    """What had to show the packets next: the tunnel's device, which comes before the pod's link, or that link."""
    if loss.devices:
        return f"its {loss.devices[0].name}"
    return " and ".join(named(point.capture_point, hosts) for point in loss.missing)
