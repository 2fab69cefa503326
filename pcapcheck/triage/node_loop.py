"""Loops in the routes of nodes: each sends packets for an address to the next, and the last back to the first."""

from __future__ import annotations

from collections.abc import Iterable

from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.source_lines import Line, Sourced


def loop_of(nodes: Iterable[Host], start: Host | None, address: int | None) -> Sourced[bool] | None:
    """Whether packets for an address come back to a node that had them, with the routes that send them on.

    None if a route leads to a machine that the state does not show.
    """
    owners = {address.ip: node for node in nodes for address in node.addresses}
    passed: dict[int, Line] = {}
    node = start
    while node is not None and address is not None:
        best = next(iter(node.routes_to(address)), None)
        if best is None or best.leads_nowhere or (best.via is None and best.dev is not None):
            # It ends here, or is handed to the host that has the address.
            return Sourced(False, () if best is None else (best.line,))
        passed[id(node)] = best.line
        node = owners.get(best.via) if best.via is not None else None
        if node is not None and id(node) in passed:
            return Sourced(True, tuple(passed.values()))
    return None
