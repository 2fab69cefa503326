"""Remarks on hosts of the packets for which a host of the state has no MAC: it drops what it has for them.

Its entry (ip neigh, arp) is FAILED or INCOMPLETE: it asked, and nobody answered (kernel: net/core/neighbour.c). On
Calico's nodes rules judge that, and causes name the router.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcapcheck.errors import CaptureError
from pcapcheck.links.frames_again import rows_of
from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.node_facts import Neighbour
from pcapcheck.nodestate.source_lines import quote
from pcapcheck.nodestate.state import State
from pcapcheck.nodestate.unresolved_pods import UNANSWERED
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.triage.remarks.remark import Remark
from pcapcheck.values import as_number, clean, format_address, is_ipv4, is_multicast_address

# How many frames are looked at, and how many entries are shown.
NEAR, MOST = 500, 3


def missing_neighbour_remarks(judgement: Judgement, state: State) -> list[Remark]:
    """A remark per entry, the first few of them: of who was asked in vain, or is sent packets and sends none."""
    failed = [
        (host, entry)
        for host in state.hosts
        for entry in host.neighbours
        if entry.state in UNANSWERED and entry.mac is None and not entry.proxy
    ]
    if state.calico or not failed:
        return []
    silent = _silent(judgement)
    found: dict[tuple[int, str | None], Remark] = {}
    for host, entry in failed:
        for ip, asked in silent.items():
            if ip == entry.ip or entry.ip in _next_hops(host, ip):
                found.setdefault((entry.ip, entry.dev), _remark(host, entry, ip, asked))
                break
    return list(found.values())[:MOST]


def _silent(judgement: Judgement) -> dict[int, str]:
    """Who gave no answer, each with what was sent there."""
    silent = {
        question.asked: f"{format_address(question.asker)}'s {question.about}"
        for question in judgement.unanswered
        if question.asked is not None
    }
    for src, dst in _one_way(judgement):
        silent.setdefault(dst, f"what {format_address(src)} sends")
    return silent


def _one_way(judgement: Judgement) -> Iterator[tuple[int, int]]:
    """From whom to whom packets go, where the other sends none to anybody."""
    for capture in judgement.captures:
        try:
            rows = rows_of(capture, judgement.reading, set(range(1, NEAR + 1)))
            ways = [(as_number(row.ip_src), as_number(row.ip_dst)) for row in rows]
        except CaptureError:
            # A stream, or a file that is gone by now, cannot be read again.
            continue
        heard = {src for src, _ in ways}
        # Nobody answers for a group.
        yield from (
            (src, dst)
            for src, dst in ways
            if src is not None and dst is not None and dst not in heard and not is_multicast_address(dst)
        )


def _next_hops(host: Host, ip: int) -> list[int]:
    """The router by which the host's routes lead there, if one does."""
    routes = host.routes_to(ip)[:1]
    return [route.via for route in routes if route.via is not None]


def _remark(host: Host, entry: Neighbour, ip: int, asked: str) -> Remark:
    address, asks = format_address(entry.ip), "ARP" if is_ipv4(entry.ip) else "neighbour solicitation"
    device, packets = clean(entry.dev or "an interface"), "arp" if is_ipv4(entry.ip) else "icmp6"
    whose = "" if ip == entry.ip else f", the router to {format_address(ip)}"
    sentence = f"{host.label} has no MAC for {address}{whose} ({entry.state} on {device})"
    return Remark(
        f"{sentence}: nobody answers its {asks} there, so it drops what it has for {format_address(ip)}, as "
        f"{clean(asked)}; {address} is gone or down, or it is not behind {device}: no port of the bridge, another VLAN "
        f"or network (tcpdump -nn -i {device} {packets}, while ping {address} runs there)",
        lines=(quote(entry.line),),
        short=sentence,
    )
