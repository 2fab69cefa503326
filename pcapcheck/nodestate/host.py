"""A host: the network namespace of a node or a pod, and the facts that its outputs show."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from pcapcheck.brief import Brief
from pcapcheck.nodestate.node_facts import (
    Address,
    BgpSession,
    Contradiction,
    Device,
    Feature,
    Forwarding,
    Lookup,
    Managed,
    Neighbour,
    Note,
    PolicyRule,
    Route,
    Sysctl,
)
from pcapcheck.nodestate.packet_facts import Counter, LogEntry, StoppedPacket, TracedPacket, TrackedFlow
from pcapcheck.nodestate.source_lines import Line
from pcapcheck.values import is_ipv4

if TYPE_CHECKING:
    from pcapcheck.nodestate.firewall.chains import Firewall

NODE, POD = "node", "pod"
BPF_DEVICES = ("bpfin.cali", "bpfout.cali")


class Host(Brief, Struct):
    """The network namespace of a node or a pod.

    ``pod`` is NAMESPACE/POD, ``netns`` the node's name for it. ``whole`` names the listings that are complete: links,
    addresses4/6, routes4/6 (main), local4/6 (the local table), neighbours4/6, rules4/6, fdb, and routes out of one
    interface (``listing.routes_of``) or the fdb of one (``listing.fdb_of``). Silence of another listing proves nothing;
    ``listed`` holds the command of each. ``missing`` are sysctls that the kernel says it does not have. ``removed`` are
    the interfaces whose host route ``ip monitor`` saw go while the interface stayed. ``assumed``: the name is from a
    heading that may mean something else. ``counters`` are in the order of reading, so the later of
    two readings shows the growth. ``booted`` is when the kernel started, in nanoseconds since the epoch.
    ``through`` is the pod on its network that a node was looked into from, where its own name is not known.
    ``place`` is where in a bundle its files stand, with ``place_name``, the name of that.
    Nothing is concluded from a host with ``contradictions``: lines of two hosts, or of two times. ``doubted`` are
    facts that two files show differently and that do not count, by what they are about (``disagreement.key_of``).
    """

    name: str | None = None
    role: str | None = None
    pod: str | None = None
    netns: str | None = None
    links: dict[str, Device] = field(default_factory=dict)
    addresses: list[Address] = field(default_factory=list)
    routes: list[Route] = field(default_factory=list)
    rules: list[PolicyRule] = field(default_factory=list)
    neighbours: list[Neighbour] = field(default_factory=list)
    forwarding: list[Forwarding] = field(default_factory=list)
    lookups: list[Lookup] = field(default_factory=list)
    sysctls: dict[str, Sysctl] = field(default_factory=dict)
    missing: dict[str, Line] = field(default_factory=dict)
    features: dict[str, dict[str, Feature]] = field(default_factory=dict)
    counters: list[Counter] = field(default_factory=list)
    log: list[LogEntry] = field(default_factory=list)
    traces: list[TracedPacket] = field(default_factory=list)
    stopped: list[StoppedPacket] = field(default_factory=list)
    tracked: list[TrackedFlow] = field(default_factory=list)
    bgp: list[BgpSession] = field(default_factory=list)
    booted: int | None = None
    firewall: Firewall | None = None
    managed: list[Managed] = field(default_factory=list)
    removed: dict[str, Line] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    whole: set[str] = field(default_factory=set)
    listed: dict[str, Line] = field(default_factory=dict)
    assumed: bool = False
    through: str | None = None
    place: str | None = None
    place_name: str | None = None
    contradictions: list[Contradiction] = field(default_factory=list)
    doubted: dict[tuple[Hashable, ...], Contradiction] = field(default_factory=dict)
    _routes: dict[tuple[str, int, int], dict[int, list[Route]]] | None = None
    _neighbours: dict[int, list[Neighbour]] | None = None
    _lookups: dict[tuple[int, str | None], list[Lookup]] | None = None

    @property
    def label(self) -> str:
        """Its name in reports."""
        return (
            self.pod
            or self.name
            or self.netns
            or (f"the node of {self.through}" if self.through else None)
            or ("the node" if self.role == NODE else "a pod" if self.role == POD else "a host")
        )

    def add_link(self, link: Device) -> Device:
        """Add a listing's facts about a link to those known; the later fact wins. Returns the merged link."""
        known = self.links.setdefault(link.name, link)
        for name in link.__struct_fields__ if known is not link else ():
            value = getattr(link, name)
            if value is not None and value is not False:
                setattr(known, name, value)
        if link.up is False:
            known.up = False
        if link.carrier is False:
            known.carrier = False
        if link.hairpin is False:
            known.hairpin = False
        return known

    def sysctl(self, interface: str, key: str, group: str = "conf", family: int = 4) -> Sysctl | None:
        """A setting of an interface (or of ``all``, ``default``)."""
        return self.sysctls.get(f"net.ipv{family}.{group}.{interface}.{key}")

    def addresses_of(self, dev: str, family: int = 0) -> list[Address]:
        return [address for address in self.addresses if address.dev == dev and family in (0, address.family)]

    def routes_to(self, address: int, table: str = "main") -> list[Route]:
        """Routes that cover an address, the most specific first, lower metric before higher."""
        if self._routes is None:
            self._routes = {}
            for route in self.routes:
                key = (route.table, route.family, route.prefix)
                self._routes.setdefault(key, {}).setdefault(route.network, []).append(route)
        family = 4 if is_ipv4(address) else 6
        found = []
        for (named, of, prefix), networks in self._routes.items():
            if named == table and of == family:
                found += networks.get(address >> ((32 if of == 4 else 128) - prefix), [])
        return sorted(found, key=lambda route: (-route.prefix, route.metric or 0))

    def lookups_of(self, target: int, iif: str | None = None) -> list[Lookup]:
        """Answers to ``ip route get TARGET``: for the host's own packets, or for packets that come in by ``iif``."""
        if self._lookups is None:
            self._lookups = {}
            for lookup in self.lookups:
                if lookup.iif is not None or lookup.source is None:
                    self._lookups.setdefault((lookup.target, lookup.iif), []).append(lookup)
        return self._lookups.get((target, iif), [])

    def devices(self) -> Iterator[str]:
        """Every interface that any fact names, links first; a name may come several times."""
        yield from self.links
        named = [
            *(route.dev for route in self.routes),
            *(setting.interface for setting in self.sysctls.values() if setting.interface not in ("all", "default")),
            *(neighbour.dev for neighbour in self.neighbours),
            *(lookup.dev for lookup in self.lookups),
            *(lookup.iif for lookup in self.lookups),
            *(address.dev for address in self.addresses),
        ]
        yield from (name for name in named if name)

    def neighbours_of(self, ip: int) -> list[Neighbour]:
        """The entries for an address."""
        if self._neighbours is None:
            self._neighbours = {}
            for neighbour in self.neighbours:
                self._neighbours.setdefault(neighbour.ip, []).append(neighbour)
        return self._neighbours.get(ip, [])

    def lacks(self, listing: str, what: str) -> Line | None:
        """The command of a complete listing, and what is missing from its output."""
        line = self.listed.get(listing)
        return replace(line, text=f"{line.text.strip()}  ({what} there)") if line else None

    def notes_of(self, kind: str) -> list[Note]:
        return [note for note in self.notes if note.kind == kind]

    @property
    def kernel(self) -> str | None:
        """The kernel's release."""
        notes = self.notes_of("kernel")
        return notes[-1].text if notes else None

    @property
    def ebpf(self) -> Line | None:
        """The line that shows Calico's eBPF data plane; None if none does."""
        for name in BPF_DEVICES:
            if name in self.links:
                return self.links[name].line
        for route in self.routes:
            if route.dev in BPF_DEVICES:
                return route.line
        notes = self.notes_of("bpf")
        return notes[0].line if notes else None

    @property
    def size(self) -> int:
        """The number of known facts."""
        listed = (self.links, self.addresses, self.routes, self.rules, self.neighbours, self.lookups, self.sysctls)
        others = (self.missing, self.features, self.managed, self.removed, self.notes, self.forwarding)
        counted = (
            self.counters,
            self.log,
            self.traces,
            self.stopped,
            self.tracked,
            self.bgp,
            () if self.booted is None else (self.booted,),
        )
        return sum(map(len, (*listed, *others, *counted))) + (self.firewall.size if self.firewall else 0)
