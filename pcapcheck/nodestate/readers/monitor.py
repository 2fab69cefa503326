"""``ip monitor``: changes while it ran. The last event about a thing counts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TypeVar

from msgspec import Struct, field
from msgspec.structs import replace

from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.listing import Listing
from pcapcheck.nodestate.node_facts import Address, Neighbour, Note, Route
from pcapcheck.nodestate.readers.ip_link import HEADER, read_links
from pcapcheck.nodestate.readers.ip_neigh import read_neighbours
from pcapcheck.nodestate.readers.ip_route import parse_route
from pcapcheck.nodestate.readers.state_reader import StateReader
from pcapcheck.nodestate.source_lines import Line

LABELS = "NEIGH|LINK|ROUTE|ADDR|RULE|NETCONF|NSID|PREFIX|NEXTHOP|STATS|MROUTE"
# Labels (ip monitor all, -label), times (-ts) before them; -t prints a line with the time.
MARKS = re.compile(rf"(?:\[(?:{LABELS}|\d{{4}}-[^\]]*|nsid [^\]]*)\]\s*)*")
LABELLED = re.compile(
    rf"(?:\[\d{{4}}-[^\]]*\]\s*)?(?:\[nsid [^\]]*\]\s*(?:\[(?:{LABELS})\]\s*)?|\[(?:{LABELS})\]\s*)\S.*"
)
DELETED = re.compile(rf"(?:{MARKS.pattern})Deleted\s+(\S.*)")
TIMESTAMP = re.compile(r"Timestamp: \w{3} \w{3} +\d.* us(?:ec)?")

# Routes that were deleted and came back, how often.
RETURNS = "route-returns"

K = TypeVar("K")
V = TypeVar("V")


class _Events(Struct):
    """The facts that hold after the events so far."""

    links: dict[str, list[Line]] = field(default_factory=dict)
    neighbours: dict[tuple[int, str | None], Neighbour] = field(default_factory=dict)
    routes: dict[tuple[object, ...], Route] = field(default_factory=dict)
    addresses: dict[tuple[int, str], Address] = field(default_factory=dict)
    removed: dict[str, Line] = field(default_factory=dict)
    gone: dict[str, Line] = field(default_factory=dict)
    said: dict[str, Line] = field(default_factory=dict)
    # How often a route was deleted and came back, and the line that deleted it last.
    deleted: dict[tuple[object, ...], Line] = field(default_factory=dict)
    returns: dict[tuple[object, ...], tuple[int, Line]] = field(default_factory=dict)


def read_monitor(lines: Iterable[Line], into: Host, _: Listing | None = None) -> list[Line]:
    """Read events of all sorts; returns the other lines."""
    events = _Events()
    strange: list[Line] = []
    link: list[Line] | None = None
    for line in lines:
        text = line.text.strip()
        if not text or TIMESTAMP.fullmatch(text):
            continue
        if line.text[:1].isspace():
            if link is not None:
                link.append(line)
            continue
        bare = MARKS.sub("", text, count=1)
        deleted = bare.startswith("Deleted ")
        event = replace(line, text=bare.removeprefix("Deleted ").strip())
        link = _event(event, line, events, deleted=deleted)
        if link is None and not _is_known(text):
            strange.append(line)
    _settle(events, into)
    return strange


def _event(event: Line, line: Line, events: _Events, *, deleted: bool) -> list[Line] | None:
    """Take an event. Returns the list for the lines below that belong to it; None: it is not understood."""
    header = HEADER.match(event.text)
    if header and " mtu " in event.text:
        name = header[2]
        if deleted:
            # A deleted interface takes its routes and entries with it, as it should.
            events.gone[name] = line
            events.links.pop(name, None)
            _forget(name, events)
            return []
        events.gone.pop(name, None)
        # A later event about a link replaces the earlier one: it is printed whole each time.
        events.links[name] = [event]
        events.said[name] = line
        return events.links[name]
    scratch = Host()
    if header or " inet" in event.text[:80]:
        read_links([event], scratch)
        for address in scratch.addresses:
            _put(events.addresses, (address.ip, address.dev), replace(address, line=line), deleted=deleted)
        return [] if scratch.addresses else None
    if not read_neighbours([event], scratch):
        for entry in scratch.neighbours:
            _put(events.neighbours, (entry.ip, entry.dev), replace(entry, line=line), deleted=deleted)
        return []
    route = parse_route(event)
    if route is None:
        return None
    key = (route.destination, route.prefix, route.dev, route.table)
    if deleted:
        events.deleted[key] = line
    elif (before := events.deleted.pop(key, None)) is not None:
        events.returns[key] = (events.returns.get(key, (0, line))[0] + 1, before)
    _put(events.routes, key, replace(route, line=line), deleted=deleted)
    if route.is_host and route.dev:
        _put(events.removed, route.dev, line, deleted=not deleted)
    return []


def _put(known: dict[K, V], key: K, value: V, *, deleted: bool) -> None:
    known.pop(key, None)
    if not deleted:
        known[key] = value


def _forget(name: str, events: _Events) -> None:
    events.removed.pop(name, None)
    events.neighbours = {key: event for key, event in events.neighbours.items() if event.dev != name}
    events.routes = {key: event for key, event in events.routes.items() if event.dev != name}
    events.addresses = {key: event for key, event in events.addresses.items() if event.dev != name}


def _settle(events: _Events, into: Host) -> None:
    for name, lines in events.links.items():
        read_links(lines, into)
        if name in into.links:
            # Quoted as it was pasted.
            into.links[name].line = events.said[name]
    into.addresses += events.addresses.values()
    into.routes += events.routes.values()
    into.neighbours += events.neighbours.values()
    into.removed |= {name: line for name, line in events.removed.items() if name not in events.gone}
    into.notes += [Note("gone", name, line) for name, line in events.gone.items()]
    into.notes += [Note(RETURNS, str(count), line) for count, line in events.returns.values()]


def event_in(text: str) -> str:
    """What an event is about, without the marks before it."""
    return MARKS.sub("", text.strip(), count=1).removeprefix("Deleted ").strip()


def _is_known(text: str) -> bool:
    """Whether it is an event of no use here: settings, rules, namespaces."""
    return LABELLED.fullmatch(text) is not None or DELETED.fullmatch(text) is not None


MONITOR_READER = StateReader(
    name="monitor",
    looks_like=lambda text, _: any(form.fullmatch(text) for form in (LABELLED, DELETED, TIMESTAMP)),
    read_host=read_monitor,
)
