"""The sides of a link with two ends, by who routes, and by who is heard together with a known end."""

from __future__ import annotations

from pcapcheck.links.party_signs import PartySigns
from pcapcheck.links.sides import NODE, OPPOSITE, POD, DecidedSides, Party


def add_other_ends(decided: DecidedSides, every: dict[Party, PartySigns]) -> None:
    """A link has two ends: a party that was heard together with one end, and is not that end, is the other.

    A pod that was recreated has a new MAC, but not while the old one is still heard.
    """
    for party, signs in every.items():
        if party in decided:
            continue
        heard = {known: decided[known] for known in decided if known in every and known != party}
        beside = [found for known, found in heard.items() if len(every) == 2 or every[known].overlaps(signs)]
        if not beside or any(side != beside[0][0] for side, _ in beside):
            continue
        side, evidence = beside[0]
        # Who sends to the proxy MAC is no node: rather the same pod with another MAC, in a recording of one direction.
        if not (side == POD and signs.to_proxy and not signs.from_proxy):
            decided[party] = (OPPOSITE[side], evidence)


def add_by_routing(decided: DecidedSides, every: dict[Party, PartySigns]) -> bool:
    """Decide by who routes: a router (decremented TTLs, ICMP errors for others) is the node, a mere host is a pod.

    False if that contradicts itself, or contradicts who sends from and to the proxy MAC.
    """
    undecided = {party: signs for party, signs in every.items() if party not in decided}
    routers = {party for party, signs in undecided.items() if signs.routes}
    if len(routers) > 1:
        return False
    for party in routers:
        others = [signs for known, signs in every.items() if known != party]
        if every[party].to_proxy or any(signs.from_proxy for signs in others):
            return False
        # A lone router may be a pod that routes, unless it sends from the proxy MAC.
        if others or every[party].from_proxy:
            decided[party] = (NODE, "ttl")
    for party, signs in undecided.items():
        if party not in routers and signs.original and (routers or len(every) == 1):
            if signs.from_proxy:
                return not routers
            decided[party] = (POD, "ttl")
    return True
