"""What is known of a node and its pods: facts, each with the line that it stands in.

Addresses are numbers of 128 bits (IPv4 as IPv4-mapped), MACs of 48, as everywhere. Text of a line is as it was pasted;
show it through ``values.clean``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING

from pcapcheck.brief import Brief
from pcapcheck.values import is_ipv4

if TYPE_CHECKING:
    from pcapcheck.nodestate.firewall.chains import Firewall

NODE, POD = "node", "pod"
# Kinds of routes that lead nowhere (rtnetlink(7), RTN_*).
DEAD_ENDS = ("blackhole", "unreachable", "prohibit", "throw")
# What kubectl says of pods that run no more.
ENDED = ("Succeeded", "Completed", "Failed", "Error", "Evicted", "OOMKilled", "ContainerStatusUnknown")
MOST_PROBLEMS = 50
BPF_DEVICES = ("bpfin.cali", "bpfout.cali")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a file, numbered from 1, as it was pasted."""

    file: str
    number: int
    text: str


@dataclass(slots=True)
class Device:
    """A network interface. ``peer_index`` is what ``eth0@if331`` names; ``netns`` names the namespace of the other end.

    ``up`` (set up by somebody) and ``carrier`` (the other end is up too) are None where no flags were printed.
    ``programs``: BPF programs are attached (``xdp`` or ``tc``, as the listing says). ``vni``: of a VXLAN device, its
    network identifier, ``vni_line`` where that stands, and ``vxlan_port`` its UDP port.
    """

    name: str
    line: Line
    index: int | None = None
    peer_index: int | None = None
    peer_name: str | None = None
    mac: int | None = None
    mtu: int | None = None
    up: bool | None = None
    carrier: bool | None = None
    kind: str | None = None
    master: str | None = None
    netnsid: int | None = None
    netns: str | None = None
    programs: bool = False
    vni: int | None = None
    vni_line: Line | None = None
    vxlan_port: int | None = None


@dataclass(frozen=True, slots=True)
class Address:
    """An address of an interface with its prefix length, counted in the address's own family."""

    ip: int
    prefix: int
    dev: str
    line: Line
    scope: str | None = None

    @property
    def family(self) -> int:
        return 4 if is_ipv4(self.ip) else 6

    @property
    def is_host(self) -> bool:
        """Whether it is a /32 or a /128."""
        return self.prefix == (32 if self.family == 4 else 128)


@dataclass(frozen=True, slots=True)
class Route:
    """A route. The destination of a default is 0/0 of its family; ``via`` may be of the other family.

    ``dead``: its interface is down, and the kernel passes it over; ``linkdown``: that has no carrier. ``mtu`` is its
    own, where it has one.
    """

    destination: int
    prefix: int
    family: int
    line: Line
    kind: str = "unicast"
    via: int | None = None
    dev: str | None = None
    scope: str | None = None
    src: int | None = None
    proto: str | None = None
    metric: int | None = None
    table: str = "main"
    onlink: bool = False
    dead: bool = False
    linkdown: bool = False
    mtu: int | None = None

    @property
    def is_default(self) -> bool:
        return self.prefix == 0

    @property
    def is_host(self) -> bool:
        """Whether it is for one address."""
        return self.prefix == (32 if self.family == 4 else 128)

    @property
    def leads_nowhere(self) -> bool:
        return self.kind in DEAD_ENDS

    @property
    def network(self) -> int:
        """The destination without the bits that the prefix leaves open, shifted to the right."""
        return self.destination >> ((32 if self.family == 4 else 128) - self.prefix)


@dataclass(frozen=True, slots=True)
class PolicyRule:
    """A line of ``ip rule``. ``is_default``: one of the three that every kernel has."""

    priority: int
    text: str
    line: Line
    family: int = 4
    table: str | None = None
    action: str | None = None
    is_default: bool = False


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A neighbour (ARP, ND) entry; ``proxy``: an address that the host answers for."""

    ip: int
    dev: str | None
    line: Line
    mac: int | None = None
    state: str | None = None
    proxy: bool = False


@dataclass(frozen=True, slots=True)
class Forwarding:
    """An entry of ``bridge fdb``: behind which tunnel end ``dst`` a VXLAN device has a MAC, if it is one's."""

    mac: int
    dev: str | None
    line: Line
    dst: int | None = None


@dataclass(frozen=True, slots=True)
class Lookup:
    """The answer to ``ip route get``. ``error`` is the kernel's refusal in its own words.

    "Invalid cross-device link" is a failed reverse-path check, "Invalid argument" often a blackhole.
    """

    target: int
    line: Line
    source: int | None = None
    iif: str | None = None
    kind: str = "unicast"
    via: int | None = None
    dev: str | None = None
    src: int | None = None
    error: str | None = None

    @property
    def fails(self) -> bool:
        return self.error is not None or self.kind in DEAD_ENDS


@dataclass(frozen=True, slots=True)
class Sysctl:
    """A kernel setting in dotted form, ``net.ipv4.conf.<interface>.<key>``; an interface's own dots are kept.

    ``group`` is conf or neigh and ``interface`` what stands behind it (also all and default), where it has one.
    """

    name: str
    value: str
    line: Line
    family: int = 4
    group: str = ""
    interface: str | None = None
    key: str = ""


@dataclass(frozen=True, slots=True)
class Feature:
    """An offload of ``ethtool -k``."""

    dev: str
    name: str
    on: bool
    line: Line


@dataclass(frozen=True, slots=True)
class Counter:
    """What the kernel counted, by its name, when one output was printed.

    ``source`` is nstat, or what counts: link, queue, conntrack, backlog, neighbours. ``dev`` is an interface and
    ``direction`` "in" or "out" as its own host sees it; ``kind`` the queueing discipline with its handle, or the family
    of neighbours. ``passed`` is how many packets the same thing let through meanwhile.
    """

    source: str
    name: str
    value: int
    line: Line
    dev: str | None = None
    direction: str | None = None
    kind: str | None = None
    passed: int | None = None

    @property
    def key(self) -> tuple[str | None, ...]:
        """What two readings of one counter have in common."""
        return self.source, self.name, self.dev, self.direction, self.kind


@dataclass(frozen=True, slots=True)
class LogEntry:
    """A line of the kernel's log that tells of lost packets: ``event`` is one of ``kernel_log.EVENTS``.

    ``time`` is in nanoseconds since the epoch where the line tells it, ``uptime`` in nanoseconds since the kernel's
    start. ``addresses`` are those that the line names, ``dev`` the interface.
    """

    event: str
    line: Line
    time: int | None = None
    uptime: int | None = None
    dev: str | None = None
    addresses: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Managed:
    """What a network manager says of a device; ``owned``: it may change its addresses and routes."""

    manager: str
    dev: str
    state: str
    owned: bool
    line: Line


@dataclass(frozen=True, slots=True)
class Note:
    """Evidence that is kept as text: ``kind`` is kernel, hostname, bpf, felix, firewall, date …"""

    kind: str
    text: str
    line: Line


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two lines that cannot both be of one host at one time; ``line`` is the later, ``text`` names the other."""

    text: str
    line: Line


@dataclass(slots=True, repr=False)
class Host(Brief):
    """A network namespace that was looked into: a node or a pod.

    ``pod`` is NAMESPACE/POD, ``netns`` what the node calls it. ``whole`` names the listings that are complete: links,
    addresses4/6, routes4/6 (main), local4/6 (the local table), neighbours4/6, rules4/6, fdb, and routes out of one
    interface (``listing.routes_of``) or the fdb of one (``listing.fdb_of``). Silence of another listing proves nothing;
    ``listed`` holds the command of each. ``missing`` are sysctls that the kernel says it does not have. ``removed`` are
    the interfaces of which ``ip monitor`` saw a host route go, though not the interface. ``assumed``: the name is a
    heading's that may mean something else. ``counters`` stand in the order in which they were read, so that of two
    readings of one the later shows how it grew. ``booted`` is when the kernel started, in nanoseconds since the epoch.
    ``through`` is the pod on its network that a node was looked into from, where its own name is not known.
    Nothing is concluded from a host with ``contradictions``: lines of two hosts, or of two times.
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
    booted: int | None = None
    firewall: Firewall | None = None
    managed: list[Managed] = field(default_factory=list)
    removed: dict[str, Line] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    whole: set[str] = field(default_factory=set)
    listed: dict[str, Line] = field(default_factory=dict)
    assumed: bool = False
    through: str | None = None
    contradictions: list[Contradiction] = field(default_factory=list)
    _routes: dict[tuple[str, int, int], dict[int, list[Route]]] | None = field(default=None, repr=False)
    _neighbours: dict[int, list[Neighbour]] | None = field(default=None, repr=False)
    _lookups: dict[tuple[int, str | None], list[Lookup]] | None = field(default=None, repr=False)

    @property
    def label(self) -> str:
        """How reports call it."""
        return (
            self.pod
            or self.name
            or self.netns
            or (f"the node of {self.through}" if self.through else None)
            or ("the node" if self.role == NODE else "a pod" if self.role == POD else "a host")
        )

    def add_link(self, link: Device) -> Device:
        """Add what a listing says of a link to what is known of it; the later word wins. Returns what is kept."""
        known = self.links.setdefault(link.name, link)
        for one in fields(link) if known is not link else ():
            value = getattr(link, one.name)
            if value is not None and value is not False:
                setattr(known, one.name, value)
        if link.up is False:
            known.up = False
        if link.carrier is False:
            known.carrier = False
        return known

    def sysctl(self, interface: str, key: str, group: str = "conf", family: int = 4) -> Sysctl | None:
        """A setting of an interface (or of ``all``, ``default``)."""
        return self.sysctls.get(f"net.ipv{family}.{group}.{interface}.{key}")

    def addresses_of(self, dev: str, family: int = 0) -> list[Address]:
        return [one for one in self.addresses if one.dev == dev and family in (0, one.family)]

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
        return sorted(found, key=lambda one: (-one.prefix, one.metric or 0))

    def lookups_of(self, target: int, iif: str | None = None) -> list[Lookup]:
        """The answers to ``ip route get TARGET``: as the host itself asks, or as if the packet came in by ``iif``."""
        if self._lookups is None:
            self._lookups = {}
            for one in self.lookups:
                if one.iif is not None or one.source is None:
                    self._lookups.setdefault((one.target, one.iif), []).append(one)
        return self._lookups.get((target, iif), [])

    def devices(self) -> Iterator[str]:
        """Every interface that anything here names, links first; one may come several times."""
        yield from self.links
        named = [
            *(one.dev for one in self.routes),
            *(one.interface for one in self.sysctls.values() if one.interface not in ("all", "default")),
            *(one.dev for one in self.neighbours),
            *(one.dev for one in self.lookups),
            *(one.iif for one in self.lookups),
            *(one.dev for one in self.addresses),
        ]
        yield from (name for name in named if name)

    def neighbours_of(self, ip: int) -> list[Neighbour]:
        """The entries for an address."""
        if self._neighbours is None:
            self._neighbours = {}
            for one in self.neighbours:
                self._neighbours.setdefault(one.ip, []).append(one)
        return self._neighbours.get(ip, [])

    def lacks(self, listing: str, what: str) -> Line | None:
        """The command of a complete listing, with what its output does not hold."""
        line = self.listed.get(listing)
        return replace(line, text=f"{line.text.strip()}  ({what} there)") if line else None

    def notes_of(self, kind: str) -> list[Note]:
        return [one for one in self.notes if one.kind == kind]

    @property
    def kernel(self) -> str | None:
        """The kernel's release."""
        notes = self.notes_of("kernel")
        return notes[-1].text if notes else None

    @property
    def ebpf(self) -> Line | None:
        """The line that shows Calico's eBPF data plane, or None where nothing does."""
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
        """How many facts are known of it."""
        listed = (self.links, self.addresses, self.routes, self.rules, self.neighbours, self.lookups, self.sysctls)
        others = (self.missing, self.features, self.managed, self.removed, self.notes, self.forwarding)
        counted = (self.counters, self.log, () if self.booted is None else (self.booted,))
        return sum(map(len, (*listed, *others, *counted))) + (self.firewall.size if self.firewall else 0)


@dataclass(frozen=True, slots=True)
class PodEntry:
    """A line of ``kubectl get pods``."""

    name: str
    line: Line
    namespace: str | None = None
    ip: int | None = None
    node: str | None = None
    phase: str | None = None
    host_network: bool = False

    @property
    def label(self) -> str:
        return f"{self.namespace}/{self.name}" if self.namespace else self.name

    @property
    def holds_address(self) -> bool:
        """Whether its address is its own: the node's is not, and of a pod that has ended the listing keeps it."""
        return self.ip is not None and not self.host_network and self.phase not in ENDED


@dataclass(frozen=True, slots=True)
class Service:
    """An address of a service, and one of its ports where it is told, by a listing or by the rule that serves it.

    ``name`` is NAMESPACE/NAME, or NAME alone. ``empty``: no pod stands behind it (None: the line does not tell).
    ``hits`` are the packets that a rule which refuses them has counted. ``doubtful``: only its shape speaks for it.
    ``servers`` are the addresses of those behind it, where the listing has them.
    """

    ip: int
    line: Line
    name: str | None = None
    protocol: str | None = None
    port: int | None = None
    empty: bool | None = None
    hits: int | None = None
    doubtful: bool = False
    servers: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Endpoints:
    """A line of ``kubectl get endpoints`` or ``endpointslices``: whether any pod is ready behind a service.

    ``addresses`` are those that the line names: of many it shows the first few.
    """

    name: str
    line: Line
    empty: bool
    addresses: tuple[int, ...] = ()


@dataclass(slots=True, repr=False)
class PodLink(Brief):
    """A veth pair between a pod and its node, as far as either was described.

    ``cali_name`` may be known where ``cali`` is not listed: from the pod's name, or from the host route to its address.
    ``name`` is NAMESPACE/POD; ``named_by`` says by what it is known: name (the session said so), address, or cali (by
    the name of the interface, which then proves nothing about that name). ``joined_by`` says how the ends were found to
    belong together: netns, index, name, mac or route. ``apart``: the two are not of one instance of the pod, so
    what was described of its inside says nothing of what is behind this cali. ``foreign``: captures show another
    instance than all that was described. ``calico`` is by what the link is shown to be Calico's (None: it is not
    judged). ``machine``: a virtual machine is behind a bridge inside the pod, and has the pod's address.
    """

    node: Host | None = None
    pod: Host | None = None
    cali_name: str | None = None
    cali: Device | None = None
    end: Device | None = None
    name: str | None = None
    ips: list[int] = field(default_factory=list)
    joined_by: str | None = None
    named_by: str | None = None
    apart: bool = False
    foreign: bool = False
    calico: str | None = None
    machine: bool = False

    @property
    def mac(self) -> int | None:
        """The pod's own MAC."""
        return self.end.mac if self.end else None


@dataclass(frozen=True, slots=True)
class Look:
    """A host that is not Calico's: the network that it looks like, by what, and the lines that show it."""

    host: str
    title: str
    by: str
    lines: tuple[Line, ...]


@dataclass(slots=True)
class Services:
    """What is known of the cluster's services; ``whole`` is the command that listed all of them."""

    listed: list[Service] = field(default_factory=list)
    endpoints: list[Endpoints] = field(default_factory=list)
    whole: Line | None = None

    @property
    def size(self) -> int:
        """How many facts these are."""
        return len(self.listed) + len(self.endpoints)

    def at(self, ip: int | None) -> list[Service]:
        """What is told of an address."""
        return [one for one in self.listed if one.ip == ip]

    def behind(self, service: Service) -> Endpoints | None:
        """What stands behind a service that was listed by name; of several listings the last word counts."""
        found = [one for one in self.endpoints if service.name is not None and _is_of(one.name, service.name)]
        return next((one for one in reversed(found) if not one.empty), found[-1]) if found else None


def _is_of(one: str, other: str) -> bool:
    """Whether two names are of one service, where one of them may lack the namespace."""
    return one == other if "/" in one and "/" in other else one.rpartition("/")[2] == other.rpartition("/")[2]


@dataclass(slots=True, repr=False)
class State(Brief):
    """All that was described, and ``problems``: lines that were not understood, with what was expected.

    Of many problems the first are kept, of the rest the number. ``calico``: a node shows Calico's data path;
    ``looks`` are nodes and pods of other networks.
    """

    hosts: list[Host] = field(default_factory=list)
    pods: list[PodEntry] = field(default_factory=list)
    problems: list[tuple[Line, str]] = field(default_factory=list)
    problems_untold: int = 0
    links: list[PodLink] = field(default_factory=list)
    calico: bool = False
    looks: list[Look] = field(default_factory=list)
    services: Services = field(default_factory=Services)

    def complain(self, line: Line, message: str) -> None:
        """Remember a line that was not understood; of many only the first."""
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append((line, message))
        else:
            self.problems_untold += 1

    @property
    def nodes(self) -> list[Host]:
        """The nodes that something can be concluded from."""
        return [one for one in self.hosts if one.role == NODE and not one.contradictions]

    @property
    def pod_hosts(self) -> list[Host]:
        """The same of pods."""
        return [one for one in self.hosts if one.role == POD and not one.contradictions]

    def links_for(self, *, ip: int | None = None, mac: int | None = None, cali: str | None = None) -> Iterator[PodLink]:
        """The pod links with this address, MAC or cali name, of which a state may hold the beginning only."""
        for one in self.links:
            if (
                (ip is not None and ip in one.ips)
                or (mac is not None and mac == one.mac)
                or (cali is not None and one.cali_name is not None and cali.startswith(one.cali_name))
            ):
                yield one

    def pod_for(self, *, ip: int | None = None, mac: int | None = None, cali: str | None = None) -> PodLink | None:
        """The first of them."""
        return next(self.links_for(ip=ip, mac=mac, cali=cali), None)
