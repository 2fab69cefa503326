"""Loops in the routes of nodes: each sends what is for an address to the next, and the last one back to the first."""

from __future__ import annotations

from collections.abc import Iterable

from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.source_lines import Line, Sourced


def loop_of(nodes: Iterable[Host], start: Host | None, address: int | None) -> Sourced[bool] | None:
    """Whether what is for an address comes back to a node that had it, with the routes that send it on.

    None where a route leads to a machine of which the state does not tell.
    """
    owners = {one.ip: node for node in nodes for one in node.addresses}
    passed: dict[int, Line] = {}
    node = start
    while node is not None and address is not None:
        best = next(iter(node.routes_to(address)), None)
        if best is None or best.leads_nowhere or (best.via is None and best.dev is not None):
            # It ends here, or is handed to whoever has the address.
            return Sourced(False, () if best is None else (best.line,))
        passed[id(node)] = best.line
        node = owners.get(best.via) if best.via is not None else None
        if node is not None and id(node) in passed:
            return Sourced(True, tuple(passed.values()))
    return None
