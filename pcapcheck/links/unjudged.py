"""Unjudged: why no capture point is a pod link that rules can be about, and what to record instead."""

from __future__ import annotations

from collections.abc import Iterable

from pcapcheck.links.capture_points import NODE_KINDS
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.values import format_mac

NAMED = 3


def what_it_is(point: PointFacts) -> str:
    """A capture point that looks like another network's: ``AWS VPC CNI pod link``; empty if it does not."""
    capture_point = point.capture_point
    if capture_point.likeness is None:
        return ""
    network = capture_point.likeness.network
    if capture_point.kind == "tunnel":
        return f"{network.title.removeprefix('the ')} tunnel"
    if network.has_device(capture_point.name):
        return f"{network.title.removeprefix('the ')} device"
    return network.link


def looks_like(alike: list[PointFacts]) -> str:
    """Which capture points look like what, and why: they are all alike."""
    capture_point = alike[0].capture_point
    several = len({point.name for point in alike}) > 1
    by = "their names" if several else "its name"
    if capture_point.likeness and capture_point.likeness.mac is not None:
        by = f"the MAC {format_mac(capture_point.likeness.mac)}"
    what = what_it_is(alike[0])
    return f"{_names(alike)} {f'look like {_plural(what)}' if several else f'looks like {_article(what)}'} (by {by})"


def why_unjudged(points: Iterable[PointFacts], not_calico: str = "") -> str:
    """Why there is no pod link. ``not_calico`` is what the node's state shows instead, if anything."""
    there = [point for point in points if point.judged]
    others = [point for point in there if point.capture_point.likeness]
    if others:
        alike = [point for point in others if what_it_is(point) == what_it_is(others[0])]
        return f"{looks_like(alike)}, and the rules are about Calico's pod links"
    if not_calico:
        return not_calico
    kinds = {point.kind for point in there}
    if kinds and kinds.issubset(NODE_KINDS):
        singular, plural = ("a host NIC", "host NICs") if kinds == {"host-nic"} else ("a tunnel", "NICs and tunnels")
        is_what = f"is {singular}" if len(there) == 1 else f"are {plural}"
        return (
            f"{_names(there)} {is_what}, and the rules are about pods' links; to check a pod's link, record its cali "
            "interface on the node"
        )
    shown = "nothing shows that this is a pod link of Calico"
    if any(point.capture_point.gateway.askers for point in there):
        shown = "pods ask for their gateway here at a MAC that is not Calico's, as pods of AWS and Azure do"
    return f"{shown}; if it is one of Calico's, say with --interface what the node calls it"


def _names(points: list[PointFacts]) -> str:
    names = list(dict.fromkeys(point.name for point in points))
    if len(names) > NAMED:
        return f"{', '.join(names[:NAMED])} and {len(names) - NAMED} more"
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _plural(what: str) -> str:
    head, space, rest = what.partition(" of ")
    return f"{head}s{space}{rest}"


def _article(what: str) -> str:
    return f"{'an' if what[0] in 'AEO' else 'a'} {what}"
