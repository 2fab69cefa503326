"""Where a node's way to an address leads, as far as its state tells: what ``ip route get`` said, else its routes."""

from __future__ import annotations

from dataclasses import dataclass

from pcapcheck.triage.state.model import Host, Line

# What the kernel says where no route covers an address, and where one that leads nowhere does (rtnetlink(7)).
NO_ROUTE = "Network is unreachable"


@dataclass(frozen=True)
class Way:
    """``kind`` is route, local, dead-end or none; ``dev`` is where it leads; ``host`` whether for one address only."""

    kind: str
    line: Line | None
    dev: str | None = None
    host: bool = False


def way_to(host: Host, address: int) -> Way | None:
    """The way to an address, or None where the state does not tell.

    A route for the one address decides in any case; others only where the whole table is known, since a more specific
    one may be missing from a part of it (kernel: net/ipv4/fib_trie.c, fib_table_lookup).
    """
    for lookup in host.lookups_of(address):
        if lookup.iif is not None or lookup.source is not None:
            continue
        if lookup.error is not None:
            return Way("none" if NO_ROUTE in lookup.error else "dead-end", lookup.line)
        if lookup.kind == "local":
            return Way("local", lookup.line, lookup.dev, True)
        specific = next((one for one in host.routes_to(address) if one.is_host), None)
        return Way("dead-end" if lookup.fails else "route", lookup.line, lookup.dev, specific is not None)
    for own in host.addresses:
        if own.ip == address:
            return Way("local", own.line, own.dev, True)
    family = "4" if address >> 32 == 0xFFFF else "6"
    whole = f"routes{family}" in host.whole
    for route in host.routes_to(address):
        if not (whole or route.is_host):
            return None
        if route.kind == "local":
            return Way("local", route.line, route.dev, True)
        return Way("dead-end" if route.leads_nowhere else "route", route.line, route.dev, route.is_host)
    return Way("none", None) if whole else None
