"""Back ends: the addresses that a service stands for, and whether the node's state shows that anybody is there.

A service's address, a node's port and an external IP are nobody's: rules translate them to a pod's address (kube-proxy
keeps that of a pod that is gone until it hears of it, and forever if endpoints are made by hand). In: a state and
who asked for what. Out: the back ends, each with the lines that lead there, and what became of them.
"""

from __future__ import annotations

from msgspec import Struct

from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.source_lines import Line
from pcapcheck.nodestate.state import State
from pcapcheck.nodestate.unresolved_pods import UNANSWERED
from pcapcheck.protocols import TCP_SYN
from pcapcheck.triage.case_words import GONE, SOME_GONE, THERE
from pcapcheck.triage.firewall.lost_packet import LostPacket
from pcapcheck.triage.firewall.node_passage import destinations
from pcapcheck.values import format_address, is_ipv4

# Protocols of what is asked, as packets (IANA) and as listings of services name them.
PROTOCOLS = {"tcp": (6, "tcp"), "dns": (17, "udp"), "udp": (17, "udp"), "sctp": (132, "sctp")}


class BackEnd(Struct, frozen=True):
    """An address behind a service. ``lines`` say that it is, then what became of it.

    ``there`` is whether a pod can be there; None if the state does not show it.
    """

    ip: int
    there: bool | None
    lines: tuple[Line, ...]


class Asked(Struct, frozen=True):
    """What was asked of an address: ``protocol`` as in the column ``asked``."""

    protocol: str
    src: int
    dst: int
    port: int | None


def back_ends(state: State, node: Host, interface: str | None, asked: Asked) -> list[BackEnd]:
    """Back ends that the node's rules lead to; if no rule is shown, those that IPVS or a listing of endpoints names."""
    known = PROTOCOLS.get(asked.protocol)
    if known is None:
        return []
    number, name = known
    packet = LostPacket(
        4 if is_ipv4(asked.dst) else 6,
        number,
        asked.src,
        asked.dst,
        dports=frozenset() if asked.port is None else frozenset((asked.port,)),
        tcp_flags=TCP_SYN if number == PROTOCOLS["tcp"][0] else None,
        states=frozenset(("new",)),
    )
    found = {target.ip: (target.line,) for target in destinations(node, packet, interface) if target.ip != asked.dst}
    return [judged(state, node, ip, lines) for ip, lines in (found or _listed(state, asked, name)).items()]


def standing(found: list[BackEnd]) -> str | None:
    """Whether all or some of them are there; None if nothing is known about any."""
    presence = {back_end.there for back_end in found}
    if False in presence:
        return GONE if presence == {False} else SOME_GONE
    return THERE if presence == {True} else None


def first_of(found: list[BackEnd]) -> int | None:
    """The address to report: the first that is gone, else the only address."""
    gone = [back_end for back_end in found if back_end.there is False]
    return (gone or found)[0].ip if gone or len(found) == 1 else None


def _listed(state: State, asked: Asked, protocol: str) -> dict[int, tuple[Line, ...]]:
    found: dict[int, tuple[Line, ...]] = {}
    for service in state.services.at(asked.dst):
        if service.protocol not in (None, protocol) or len({service.port, asked.port} - {None}) > 1:
            continue
        found |= dict.fromkeys(service.servers, (service.line,))
        behind = state.services.behind(service)
        if behind is not None:
            found |= dict.fromkeys(behind.addresses, (service.line, behind.line))
    return found


def judged(state: State, node: Host, ip: int, lines: tuple[Line, ...] = ()) -> BackEnd:
    """Gone if the best route leads nowhere, the neighbour never answered, or the pod has ended."""
    listed = [pod for pod in state.pods if pod.ip == ip and not pod.host_network]
    running = [pod for pod in listed if pod.holds_address]
    if listed and not running:
        return BackEnd(ip, False, (*lines, listed[0].line))
    best = next(iter(node.routes_to(ip)), None)
    if best is None:
        whole = f"routes{4 if is_ipv4(ip) else 6}"
        line = node.lacks(whole, f"no route to {format_address(ip)}") if whole in node.whole else None
        return BackEnd(ip, None if line is None else False, lines if line is None else (*lines, line))
    if best.leads_nowhere:
        return BackEnd(ip, False, (*lines, best.line))
    if best.is_host and best.dev is not None and best.via is None:
        held = [neighbour for neighbour in node.neighbours_of(ip) if neighbour.dev == best.dev]
        if held and all(neighbour.state in UNANSWERED for neighbour in held):
            return BackEnd(ip, False, (*lines, held[-1].line))
        if any(neighbour.mac is not None and neighbour.state not in UNANSWERED for neighbour in held) or running:
            return BackEnd(ip, True, (*lines, best.line))
    return BackEnd(ip, None, lines)
