"""Remarks on next hops that do not say their MAC: nothing that a host's routes send to them ever leaves it."""

from __future__ import annotations

from collections.abc import Iterator

from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.node_facts import Neighbour, Route
from pcapcheck.nodestate.source_lines import quote
from pcapcheck.nodestate.state import State
from pcapcheck.triage.remarks.remark import Remark
from pcapcheck.values import clean, format_address, is_link_local

SILENT = ("FAILED", "INCOMPLETE")
MOST = 3


def unresolved_gateway_remarks(state: State) -> list[Remark]:
    """A remark per next hop, the first few of them."""
    hosts = (host for host in state.hosts if not host.contradictions)
    return [remark for host in hosts for remark in _of(host)][:MOST]


def _of(host: Host) -> Iterator[Remark]:
    said = set()
    for route in host.routes:
        # The link-local next hops of pods have rules of their own; others are no concern of a route that is not used.
        if route.via is None or route.via in said or is_link_local(route.via) or route.dead or route.linkdown:
            continue
        entry = _silent(host, route)
        if entry is not None:
            said.add(route.via)
            yield _remark(host, route, entry)


def _silent(host: Host, route: Route) -> Neighbour | None:
    """The entry of a next hop that does not answer, if no other entry of it has a MAC."""
    entries = [each for each in host.neighbours_of(route.via or 0) if route.dev in (None, each.dev) and not each.proxy]
    return entries[0] if entries and all(each.state in SILENT and each.mac is None for each in entries) else None


def _remark(host: Host, route: Route, entry: Neighbour) -> Remark:
    via = format_address(entry.ip)
    what = "default gateway" if route.is_default else "next hop"
    sentence = f"{via}, the {what} of {clean(host.label)}, does not say its MAC"
    return Remark(
        f"{sentence}: what the route sends there never leaves, answers to others among it, as a SYN that comes in and "
        f"gets no SYN-ACK. Either nobody there has the address, and the route names the wrong one, or whoever has it "
        f"does not answer on {clean(entry.dev or route.dev or 'this link')} (arping -I "
        f"{clean(entry.dev or route.dev or 'DEVICE')} {via}; a VLAN, a switch, a hypervisor's port security)",
        lines=(quote(route.line), quote(entry.line)),
        short=sentence,
        warning=sentence,
    )
