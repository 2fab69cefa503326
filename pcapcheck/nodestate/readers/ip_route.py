"""Routing tables: ``ip route`` and ``ip -6 route``, ``route -n`` and ``netstat -rn`` (net-tools, busybox)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.listing import Listing
from pcapcheck.nodestate.node_facts import DEAD_ENDS, Route
from pcapcheck.nodestate.numbers import address, after, mask_bits, network, number
from pcapcheck.nodestate.readers.state_reader import StateReader
from pcapcheck.nodestate.source_lines import Line
from pcapcheck.values import MAPPED, is_ipv4

KINDS = (
    "unicast",
    "local",
    "broadcast",
    "multicast",
    "anycast",
    "blackhole",
    "unreachable",
    "prohibit",
    "throw",
    "nat",
)
ATTRIBUTES = (
    *("via", "dev", "proto", "scope", "src", "metric", "table", "nexthop", "mtu", "onlink", "linkdown", "dead"),
    *("nhid", "encap", "pref", "error", "advmss", "realm", "expires", "rtt"),
)
HEADERS = ("Kernel", "Destination", "Iface")
REJECT = "!"


def read_routes(lines: Iterable[Line], into: Host, listing: Listing | None = None) -> list[Line]:
    """Read routes of ``ip route``; a route with several next hops is one route per hop. Returns the other lines."""
    strange = []
    above: Route | None = None
    for line in lines:
        words = line.text.split()
        if not words:
            continue
        if words[0] == "nexthop" and above is not None:
            into.routes.append(
                Route(
                    above.destination,
                    above.prefix,
                    above.family,
                    line,
                    above.kind,
                    next_hop(words),
                    after(words, "dev"),
                    above.scope,
                    above.src,
                    above.proto,
                    above.metric,
                    above.table,
                    "onlink" in words,
                    "dead" in words,
                    "linkdown" in words,
                )
            )
            continue
        route = parse_route(line, listing)
        if route is None:
            if not (line.text[:1].isspace() and above is not None) and words[0] not in ("cache", "Deleted"):
                strange.append(line)
            continue
        above = route
        if "nexthop" not in words and (
            route.dev or route.via is not None or route.leads_nowhere or route.kind == "local"
        ):
            into.routes.append(route)
    if listing is not None:
        _leave_out_others(into, listing)
    return strange


def _leave_out_others(into: Host, listing: Listing) -> None:
    """Routes of one version of IP alone list nothing of the other completely: a file may be misnamed, or filtered."""
    shown = {str(route.family) for route in into.routes}
    if shown:
        listing.whole -= {name for name in listing.whole if name[-1:] in {"4", "6"} - shown}


def parse_route(line: Line, listing: Listing | None = None) -> Route | None:
    """The route in a line of ``ip route``; None: it has none."""
    words = line.text.split()
    kind = "unicast"
    if words and words[0] in KINDS:
        kind, words = words[0], words[1:]
    if not words:
        return None
    via = next_hop(words)
    family = (listing.families[0] if len(listing.families) == 1 else 0) if listing else 0
    if words[0] in ("default", "all", "any"):
        family = family or (6 if via is not None and not is_ipv4(via) else _family_by_pref(words))
        destination, bits = (MAPPED if family == 4 else 0), 0
    else:
        held = network(words[0])
        if held is None or (len(words) > 1 and words[1] not in ATTRIBUTES and words[1] != "from"):
            return None
        destination, bits = held
        family = 4 if is_ipv4(destination) else 6
    return Route(
        destination,
        bits,
        family,
        line,
        kind,
        via,
        # "ip route show dev X" leaves the device out.
        after(words, "dev") or (listing.dev if listing else None),
        after(words, "scope"),
        address(after(words, "src")),
        after(words, "proto"),
        number(after(words, "metric")),
        after(words, "table") or (listing.table if listing else "main"),
        "onlink" in words,
        "dead" in words,
        "linkdown" in words,
        # "mtu lock 1400": path MTU discovery does not lower it.
        number(after(words, "lock") if after(words, "mtu") == "lock" else after(words, "mtu")),
    )


def next_hop(words: list[str]) -> int | None:
    """``via 10.0.0.1``, or ``via inet6 fe80::1`` for the other family."""
    named = after(words, "via")
    return address(after(words, "inet", "inet6") if named in ("inet", "inet6") else named)


def _family_by_pref(words: list[str]) -> int:
    """Only IPv6 routes have a preference (``pref medium``)."""
    return 6 if "pref" in words else 4


def read_route_table(lines: Iterable[Line], into: Host, listing: Listing | None = None) -> list[Line]:
    """Read routes of ``route -n`` and ``netstat -rn``; returns the other lines.

    Without the line "Kernel IP routing table" the listing was trimmed.
    """
    strange = []
    headed = False
    for line in lines:
        words = line.text.split()
        if not words:
            continue
        if words[0] in HEADERS:
            headed = headed or words[0] == "Kernel"
        elif not (_four(words, line, into) or _six(words, line, into)):
            strange.append(line)
    if listing and not headed:
        listing.whole.clear()
    return strange


def _four(words: list[str], line: Line, into: Host) -> bool:
    """Destination, gateway, mask, flags, three numbers, interface."""
    if len(words) < 8 or not re.fullmatch(r"[UGHRDMAC!]+", words[3]):
        return False
    destination = address("0.0.0.0" if words[0] == "default" else words[0])
    bits = mask_bits(words[2])
    if destination is None or bits is None or not is_ipv4(destination):
        return False
    via = address(words[1]) if "G" in words[3] else None
    rejects = REJECT in words[3] or words[-1] in ("*", "-")
    into.routes.append(
        Route(
            destination,
            bits,
            4,
            line,
            "unreachable" if rejects else "unicast",
            via,
            None if rejects else words[-1],
            # These programs do not print scopes; a route without a gateway has scope link.
            None if via is not None or rejects else "link",
            metric=number(words[4]),
        )
    )
    return True


def _six(words: list[str], line: Line, into: Host) -> bool:
    """Destination/prefix, next hop, flags, metric, two numbers, interface."""
    held = network(words[0])
    if held is None or is_ipv4(held[0]) or len(words) < 6:
        return False
    via = address(words[1])
    rejects = REJECT in words[2]
    into.routes.append(
        Route(
            *held,
            6,
            line,
            "unreachable" if rejects else "unicast",
            via if via else None,
            None if rejects else words[-1],
            metric=number(words[3]),
        )
    )
    return True


def _looks_like_a_route(text: str, words: list[str]) -> bool:
    if len(words) < 2 or not (words[0] == "default" or words[0] in KINDS or network(words[0]) is not None):
        return False
    says_where = any(word in ("dev", "via") for word in words[1:]) or words[0] in DEAD_ENDS
    return says_where and parse_route(Line("", 0, text)) is not None


def _looks_like_a_table(_: str, words: list[str]) -> bool:
    if words[0] in ("Destination", "Kernel"):
        return "Genmask" in words or "routing" in words or "Iface" in words
    if len(words) == 7 and (held := network(words[0])) is not None and not is_ipv4(held[0]):
        return re.fullmatch(r"!?[UGHRDMACcn!]{1,8}", words[2]) is not None
    return len(words) == 8 and address(words[0]) is not None and mask_bits(words[2]) is not None


ROUTES_READER = StateReader(
    name="routes", looks_like=_looks_like_a_route, read_host=read_routes, expected="routes, as of ip route"
)
ROUTE_TABLE_READER = StateReader(
    name="route-table",
    commands=("route", "netstat"),
    looks_like=_looks_like_a_table,
    read_host=read_route_table,
    expected="routes, as of route -n",
)
