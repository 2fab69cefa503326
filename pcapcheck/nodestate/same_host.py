"""Hosts that were described in several places: which are one, by what they hold and where it stands."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from itertools import combinations
from pathlib import PurePath

from msgspec import Struct
from msgspec.structs import replace

from pcapcheck.nodestate.headings import SUBJECTS
from pcapcheck.nodestate.host import POD, Host
from pcapcheck.nodestate.host_identity import Identity
from pcapcheck.nodestate.merged_host import Gathered, differ, own_addresses
from pcapcheck.nodestate.session_blocks import HostPart
from pcapcheck.nodestate.source_lines import Line

# A text with more headings that may be hosts has other things in mind.
MOST_SECTIONS = 50


def by_owner(parts: Iterable[HostPart]) -> list[list[HostPart]]:
    """The parts of each owner. Headings that may be names are, where the same is listed below several of them."""
    groups: dict[str, list[HostPart]] = {}
    for part in parts:
        groups.setdefault(part.owner.label, []).append(part)
    return [some for group in groups.values() for some in _by_section(group)]


def _by_section(group: list[HostPart]) -> list[list[HostPart]]:
    sections: dict[str | None, list[HostPart]] = {}
    for part in group:
        sections.setdefault(part.owner.section, []).append(part)
    listed = [{part.reader for part in some} for some in sections.values()]
    if not 1 < len(sections) <= MOST_SECTIONS or not any(readers & other for readers, other in combinations(listed, 2)):
        return [group]
    return [
        [replace(part, owner=replace(part.owner, label=f"{part.owner.label}#{section}")) for part in some]
        for section, some in sections.items()
    ]


class _KnownHost(Struct):
    """A host as far as it was found, with the place of its first part among all."""

    hosts: list[Host]
    place: int
    prefix: str
    identity: Identity


def merge_same(hosts: list[Host], prefix: str) -> list[Host]:
    """One host that was looked into from two shells, or in two files, is one."""
    kept: list[_KnownHost] = []
    by_address: dict[int, list[_KnownHost]] = {}
    # Whose output has no name may be that of one that has.
    for place, host in sorted(enumerate(hosts), key=lambda item: item[1].name is None or item[1].assumed):
        addresses = own_addresses(host.addresses) if host.role == POD else set()
        identity = Identity(prefix, host.role)
        identity.add(host)
        new = _KnownHost([host], place, prefix, identity)
        # A pod is known again by its address; of nodes there are few.
        likely = [some for ip in addresses for some in by_address.get(ip, ())] if host.role == POD else kept
        same = _the_same(likely, new)
        if same is None:
            same = new
            kept.append(new)
        else:
            same.hosts.append(host)
            same.place = min(same.place, place)
            same.identity.add(host)
        for ip in addresses:
            by_address.setdefault(ip, []).append(same)
    kept.sort(key=lambda known: known.place)
    merged = [_merged(known.hosts, prefix) for known in kept]
    nameless = [host for host in merged if host.name is None and host.role != POD and host.place_name]
    for host in nameless:
        # What only the whole bundle is called is the name of its host if there is one.
        if host.place or len(nameless) == 1:
            host.name, host.assumed = host.place_name, True
    return merged


def _the_same(likely: list[_KnownHost], new: _KnownHost) -> _KnownHost | None:
    """The one that this is: by name, by what it holds, else the only one that it can be."""
    (host,) = new.hosts
    if host.role == POD:
        return next((known for known in likely if _may_be(known.hosts[0], host)), None)
    akin = [known for known in likely if _may_be(known.hosts[0], host) and _is_akin(known, new)]
    if akin:
        return akin[0]
    possible = [known for known in likely if _may_be(known.hosts[0], host) and _goes_with(known, new)]
    return possible[0] if len(possible) == 1 else None


def _may_be(host: Host, other: Host) -> bool:
    if host.role != other.role and (POD in (host.role, other.role) or host.name or other.name):
        return False
    if host.name and other.name and host.name != other.name and not (host.assumed or other.assumed):
        return False
    if host.netns and other.netns and host.netns != other.netns:
        return False
    if host.through and other.through and host.through != other.through:
        # Each node has a pod of a daemon set; of two that look alike host may have been copied from the other.
        return False
    return host.role != POD or not any(
        name != "lo" and name in other.links and differ(link, other.links[name]) for name, link in host.links.items()
    )


def _is_akin(known: _KnownHost, new: _KnownHost) -> bool:
    """Whether name or content say that they are one; what contradicts itself shows when they are put together."""
    first, other = known.hosts[0], new.hosts[0]
    if first.name and first.name == other.name and not (first.assumed or other.assumed):
        return True
    return known.identity.is_akin(new.identity) and not _contradict(known, new)


def _goes_with(known: _KnownHost, new: _KnownHost) -> bool:
    """Whether nothing speaks against it: the one goes on in the same text, or has in a file what the other lacks."""
    first, other = known.hosts[0], new.hosts[0]
    if first.name and other.name and first.name != other.name:
        return False
    if first.through or other.through:
        # The pod's own name is no reason to take it for the node at whose prompt it was named.
        return False
    if first.role is None and (first.name or other.name):
        return False
    if first.place is not None or other.place is not None:
        # In a bundle, what stands in one place is one node's, and never another's.
        return other.place in {host.place for host in known.hosts} and not _contradict(known, new)
    here, there = _files(known.hosts), _files(new.hosts)
    if first.role != other.role and here & there:
        return False
    if not here & there:
        alike = {_stem(file) for file in here} & {_stem(file) for file in there}
        if not alike or _kinds(known.hosts) & _kinds(new.hosts):
            return False
    return not _contradict(known, new)


def _contradict(known: _KnownHost, new: _KnownHost) -> bool:
    together = Identity(known.prefix, known.hosts[0].role)
    for host in known.hosts:
        together.add(host)
    return bool(together.add(new.hosts[0]))


def _merged(hosts: list[Host], prefix: str) -> Host:
    if len(hosts) == 1:
        return hosts[0]
    name = next((host.name for host in hosts if host.name and not host.assumed), None)
    name = name or next((host.name for host in hosts if host.name), None)
    through = next((host.through for host in hosts if host.through), None)
    role = next((host.role for host in hosts if host.role), None)
    gathered = Gathered(Host(name, role, netns=hosts[0].netns, through=through), prefix)
    gathered.host.place, gathered.host.place_name = _place_of(hosts)
    for host in hosts:
        gathered.add(host)
        gathered.host.netns = gathered.host.netns or host.netns
    return gathered.finish()


def _place_of(hosts: list[Host]) -> tuple[str | None, str | None]:
    """Where most of them stand in a bundle; some may have been put into another host's folder."""
    (most, count), *others = Counter((host.place, host.place_name) for host in hosts).most_common()
    return (None, None) if others and others[0][1] == count else most


def _files(hosts: list[Host]) -> set[str]:
    return {line.file for host in hosts for line in _some_lines(host)}


def _some_lines(host: Host) -> Iterable[Line]:
    """A line of each kind of fact: each host is of one file, but for what was merged."""
    links, settings = list(host.links.values())[:1], list(host.sysctls.values())[:1]
    yield from (link.line for link in links)
    yield from (setting.line for setting in settings)
    yield from (address.line for address in host.addresses[:1])
    yield from (route.line for route in host.routes[:1])
    yield from (neighbour.line for neighbour in host.neighbours[:1])
    yield from (rule.line for rule in host.rules[:1])
    yield from (lookup.line for lookup in host.lookups[:1])
    yield from (note.line for note in host.notes[:1])
    yield from host.listed.values()


def _kinds(hosts: list[Host]) -> set[str]:
    names = ("links", "addresses", "routes", "neighbours", "rules", "sysctls", "lookups")
    return {name for name in names for host in hosts if getattr(host, name)} | {
        name for host in hosts for name in host.whole
    }


def _stem(file: str) -> tuple[str, tuple[str, ...]]:
    """A file's folder, and what of its name says whose it is: node1 of node1-route.txt, nothing of ip-route.txt."""
    path = PurePath(file)
    words = re.split(r"[-_. ]+", path.name.lower())
    return str(path.parent), tuple(
        word for word in words if word not in SUBJECTS and word not in ("txt", "json", "out")
    )
