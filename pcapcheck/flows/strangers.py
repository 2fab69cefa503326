"""Strangers: questions from public addresses, most of which are the noise of the internet, and which of them are not.

Whoever scans a network sends a SYN and never asks again. A client that the node serves (a NodePort, a load balancer, a
pod with a public address) is known by this: its packets were seen going on from where they came in, translated or
not, or it repeats its SYN as kernels do (net.ipv4.tcp_syn_retries; RFC 6298).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pcapcheck.flows.unanswered import QUESTIONS, Unanswered
from pcapcheck.flows.way import Way
from pcapcheck.values import is_public

# So often a client has asked that means it, and not one that only tries.
IN_EARNEST = 3
# Where nodes listen for services, unless told otherwise (Kubernetes: kube-apiserver --service-node-port-range).
NODE_PORTS = range(30000, 32768)


def without_noise(
    found: Iterable[Unanswered], between: Mapping[tuple[str | None, int, int | None], list[Way]], has_pods: bool
) -> list[Unanswered]:
    """The questions but those of strangers that nothing shows to be meant for what the node serves.

    ``between`` are the ways of packets by kind, source and destination; ``has_pods``: a pod's link was recorded, so
    that what the NIC alone shows is mostly of others.
    """
    return [
        one
        for one in found
        if not (one.opens and is_public(one.asker)) or _went_on(one, between) or _is_in_earnest(one, has_pods)
    ]


def _went_on(one: Unanswered, between: Mapping[tuple[str | None, int, int | None], list[Way]]) -> bool:
    """Whether its packets were seen at another point than where they came in."""
    ways = between.get((QUESTIONS.get(one.protocol), one.asker, one.asked), ())
    return any(len(way.steps) > 1 for way in ways)


def _is_in_earnest(one: Unanswered, has_pods: bool) -> bool:
    if one.protocol != "TCP" or one.attempts < IN_EARNEST:
        return False
    return not has_pods or one.port in NODE_PORTS
