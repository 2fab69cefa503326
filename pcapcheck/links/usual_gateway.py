"""The usual gateway: who asks for it on pod links of networks whose gateway's address no rule names.

Whoever hands out addresses takes the first of the pods' subnet as the gateway's, unless somebody says otherwise
(containernetworking/plugins, plugins/ipam/host-local/backend/allocator/range.go, Canonicalize). So who asks for an
address that ends in 1, from another one, is a pod.
"""

from __future__ import annotations

from collections.abc import Iterable

from pcapcheck.exchanges.claims import Claim
from pcapcheck.links.capture_points import CapturePoint
from pcapcheck.values import is_ipv4, is_name

LAST_OCTET, LAST_HALF = 0xFF, 0xFFFF


def add_usual_gateway(capture_point: CapturePoint, claims: Iterable[Claim], asked: Iterable[tuple[int, int]]) -> None:
    """Add who asked for the usual gateway, and who answered, unless the gateway that rules name was asked for.

    ``claims`` are those of its capture, ``asked`` its frame groups with the addresses that they asked for.
    """
    talk, groups = capture_point.gateway, capture_point.groups
    if talk.askers:
        return
    wanted = {(group, target) for group, target in asked if group in groups and is_usual(target)}
    here = [claim for claim in claims if claim.point == capture_point.key[1:]]
    answers = {claim.ip: claim.mac for claim in here if not claim.own}
    for number, target in wanted:
        mac = groups[number].src
        ips = {claim.ip for claim in here if claim.own and claim.mac == mac}
        if target in ips or any(map(is_usual, ips)):
            continue
        talk.askers.setdefault(number, set()).update(ips)
        if target in answers:
            talk.answered.add(number)
            talk.macs.add(answers[target])
            talk.answerers |= {other for other, group in groups.items() if group.src == answers[target]}


def is_usual(address: int) -> bool:
    """Whether an address may be a gateway that nobody chose: the first of a subnet."""
    if is_name(address):
        return False
    return address & (LAST_OCTET if is_ipv4(address) else LAST_HALF) == 1
