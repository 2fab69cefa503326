"""Unjudged: why no capture point is a pod link that rules can be about, and what to record instead."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pcapcheck.calico import is_machines_own
from pcapcheck.links.capture_points import NODE_KINDS
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.networks import CALICO, PACKED, network_of
from pcapcheck.values import format_mac

NAMED = 3
SAY = "say which network it is of: --pack"


def what_it_is(point: PointFacts) -> str:
    """A capture point that looks like another network's: ``AWS VPC CNI pod link``; empty if it does not."""
    capture_point = point.capture_point
    if capture_point.likeness is None:
        return ""
    network = capture_point.likeness.network
    if capture_point.kind == "tunnel":
        return f"{network.title.removeprefix('the ')} tunnel"
    if network.has_device(capture_point.name) and not capture_point.network:
        return f"{network.title.removeprefix('the ')} device"
    return network.link


def looks_like(alike: list[PointFacts]) -> str:
    """Which capture points look like what, and why: they are all alike."""
    capture_point = alike[0].capture_point
    several = len({point.name for point in alike}) > 1
    by = "their names" if several else "its name"
    if capture_point.likeness and capture_point.likeness.mac is not None:
        by = f"the MAC {format_mac(capture_point.likeness.mac)}"
    elif capture_point.likeness and capture_point.likeness.by:
        by = capture_point.likeness.by
    what = what_it_is(alike[0])
    return f"{names_of(alike)} {f'look like {_plural(what)}' if several else f'looks like {_article(what)}'} (by {by})"


def hint(point: PointFacts) -> str:
    """How to have a link judged that may be of one of several networks, or is of one with a pack; else empty."""
    likeness = point.capture_point.likeness
    if point.network in PACKED:
        return f"; to have it judged, {SAY} {point.network}"
    if likeness is None:
        return ""
    if not likeness.network.may_be:
        return ""
    *others, last = likeness.network.may_be
    return f"; to have it judged, {SAY} {', '.join(others)} or {last}"


def why_unjudged(points: Iterable[PointFacts], networks: Sequence[str] = (CALICO,), not_calico: str = "") -> str:
    """Why there is no pod link of these networks. ``not_calico`` is what the node's state shows instead of Calico."""
    there = [point for point in points if point.judged]
    others = [point for point in there if point.capture_point.likeness and point.network not in networks]
    about = f"the rules are about {_whose(networks)} pod links"
    if others:
        alike = [point for point in others if what_it_is(point) == what_it_is(others[0])]
        return f"{looks_like(alike)}, and {about}{hint(others[0])}"
    wrong = wrongly_named(there)
    if wrong:
        return f"{wrong}, which --pack names"
    if CALICO not in networks:
        return f"nothing recorded is shown to be a pod link of {titles(networks)}"
    if not_calico:
        return not_calico
    asked = any(point.capture_point.gateway.askers and not is_machines_own(point.name) for point in there)
    kinds = {point.kind for point in there}
    if not asked and kinds and kinds.issubset(NODE_KINDS):
        singular, plural = ("a host NIC", "host NICs") if kinds == {"host-nic"} else ("a tunnel", "NICs and tunnels")
        is_what = f"is {singular}" if len({point.name for point in there}) == 1 else f"are {plural}"
        return (
            f"{names_of(there)} {is_what}, and the rules are about pods' links; to check a pod's link, record its cali "
            "interface on the node"
        )
    shown, which = "nothing shows that this is a pod link of Calico", "NETWORK"
    if asked:
        shown = "pods ask for their gateway here, whose MAC is not Calico's, as pods of AWS and Azure do"
        which = "aws-vpc-cni or azure-cni"
    return f"{shown}; if it is one of Calico's, say with --interface what the node calls it; if not, {SAY} {which}"


def wrongly_named(points: Iterable[PointFacts]) -> str:
    """Which capture points show another network than the one that somebody named; empty if none does."""
    wrong = [point for point in points if point.capture_point.contradicts]
    return (
        f"nothing on {names_of(wrong)} looks like {titles([str(wrong[0].capture_point.contradicts)])}" if wrong else ""
    )


def titles(networks: Sequence[str]) -> str:
    """What sentences call these networks (ids)."""
    return " or ".join("Calico" if id_ == CALICO else network_of(id_).title for id_ in networks)


def _whose(networks: Sequence[str]) -> str:
    """``Calico's``; of several networks the first counts, as the rules that they share say nothing of any."""
    return "Calico's" if CALICO in networks else f"{titles(networks)}'s"


def names_of(points: list[PointFacts]) -> str:
    """The names of the first few capture points."""
    names = list(dict.fromkeys(point.name for point in points))
    if len(names) > NAMED:
        return f"{', '.join(names[:NAMED])} and {len(names) - NAMED} more"
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _plural(what: str) -> str:
    head, space, rest = what.partition(" of ")
    return f"{head}s{space}{rest}"


def _article(what: str) -> str:
    return f"{'an' if what[0] in 'AEO' else 'a'} {what}"
