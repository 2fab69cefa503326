"""Why a rule had nothing to check, and what to record next time."""

from __future__ import annotations

import re

from pcapcheck.links.facts import Facts
from pcapcheck.links.point_facts import UNNAMED, PointFacts
from pcapcheck.links.unjudged import why_unjudged
from pcapcheck.networks import link_names
from pcapcheck.ruleset.rule import Rule
from pcapcheck.table_names import HOPS, PATHS, STATE

# A command in parentheses that names a pod's link.
NAMING = re.compile(r" \([^()]*\{interface\}[^()]*\)")
# How names of links' ends on the node begin, which differs from network to network.
LINKS = "{links}"
NOUNS = {
    "frames": "frame",
    "arp": "ARP or neighbour discovery exchange",
    "answers": "answer to ARP or neighbour discovery",
    "echo": "echo request",
    "connections": "attempt at a TCP connection",
    "transfers": "TCP connection that goes beyond its handshake",
    "dns": "DNS query",
    "addresses": "claim of an address",
    "paths": "packet",
    "hops": "packet",
    "state": "pod link",
}


def nothing_to_check(rule: Rule, seen: int, facts: Facts) -> str:
    """The reason; ``seen`` counts the rows of the rule's table, selected or not."""
    if rule.table == STATE:
        if facts.not_calico:
            return facts.not_calico
        none = "the state shows no pod link"
        return rule.absent or f"{none} of the kind that this is about" if seen else none
    named = {leaf.column.name for leaf in rule.select.leaves()}
    if not facts.points:
        return "no frame was recorded, or none lies between --since and --until"
    wants_link = "kind" in named or (not facts.calico and bool({"calico", "entered"} & named or rule.table == HOPS))
    links = sum(_is_link(point, rule) for point in facts.points.values())
    if wants_link and not links:
        return why_unjudged(facts.points.values(), rule.networks, facts.not_calico)
    if rule.table in (HOPS, PATHS) and facts.followed:
        return _not_there(rule, facts, links)
    if rule.table in (HOPS, PATHS) and links > 1:
        # The rule's advice, to record a second link, was followed already.
        which = "both" if links == 2 else f"two of the {links}"
        return f"no packet that this rule is about was seen on {which} recorded pod links"
    return (
        _advice(rule, facts)
        or f"the capture holds no {NOUNS[rule.table]}{' of the kind this is about' if seen else ''}"
    )


def _is_link(point: PointFacts, rule: Rule) -> bool:
    """Whether a rule is about this pod link."""
    return point.kind == "pod-link" and point.judged and point.is_held_to(rule.networks)


def _advice(rule: Rule, facts: Facts) -> str:
    """What the rule advises; without a command that names a pod's link if no such link is known."""
    judged = [point for point in facts.points.values() if _is_link(point, rule)]
    absent = rule.absent.replace(LINKS, _links(judged, rule))
    if "{interface}" not in absent:
        return absent
    name = next((point.node_interface for point in judged if point.node_interface != UNNAMED), None)
    return absent.replace("{interface}", name) if name else NAMING.sub("", absent)


def _links(judged: list[PointFacts], rule: Rule) -> str:
    """How names of links of the networks that were recorded begin; if none was, of those that the rule is for."""
    networks = [point.network for point in judged if point.kind == "pod-link" and point.network is not None]
    return link_names(networks or rule.networks)


def _not_there(rule: Rule, facts: Facts, links: int) -> str:
    """Why there is nothing to judge although some packets were followed."""
    if rule.table == PATHS:
        return "packets were followed from link to link, but none of the kind that this rule is about"
    if any(point.capture_point.shows_no_macs for point in facts.points.values()):
        return "the text shows no MACs and no TTL; print it with -e and -v (tcpdump -nn -e -v)"
    where = "packets were followed to a NIC or a tunnel, but to no second pod link"
    if links > 1:
        return where
    names = _links([point for point in facts.points.values() if _is_link(point, rule)], rule)
    return f"{where}; capture the other pod's {names} interface too, at the same time"
