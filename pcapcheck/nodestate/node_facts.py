"""Facts about a node and its pods, each with its line.

Addresses are numbers of 128 bits (IPv4 as IPv4-mapped), MACs of 48, as everywhere. Text of a line is as it was pasted;
show it through ``values.clean``.
"""

from __future__ import annotations

from msgspec import Struct

from pcapcheck.nodestate.source_lines import Line
from pcapcheck.values import is_ipv4, parse_address

# Types of dead-end routes (rtnetlink(7), RTN_*).
DEAD_ENDS = ("blackhole", "unreachable", "prohibit", "throw")


class Device(Struct):
    """A network interface. ``peer_index`` is what ``eth0@if331`` names; ``netns`` names the namespace of the other end.

    ``up`` (administratively) and ``carrier`` (the other end is up too) are None if no flags were printed.
    ``programs``: BPF programs are attached (``xdp`` or ``tc``, as the listing says). ``vni`` is a VXLAN device's
    network identifier, ``vni_line`` its line, and ``vxlan_port`` the UDP port. ``unread_address``: an address of it was
    printed in a form that says nothing, as people hide them. ``hairpin``: a bridge sends what came in by this port
    of it back out of it too, ``hairpin_line`` says so; None: no port of a bridge, or not printed.
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
    unread_address: bool = False
    hairpin: bool | None = None
    hairpin_line: Line | None = None


class Address(Struct, frozen=True):
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


class Route(Struct, frozen=True):
    """A route. The destination of a default is 0/0 of its family; ``via`` may be of the other family.

    ``dead``: its interface is down, and the kernel skips it; ``linkdown``: the interface has no carrier. ``mtu`` is
    the route's own, if it has one.
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
        """The destination's network bits, shifted to the right."""
        return self.destination >> ((32 if self.family == 4 else 128) - self.prefix)


class PolicyRule(Struct, frozen=True):
    """A line of ``ip rule``. ``is_default``: one of the three that every kernel has."""

    priority: int
    text: str
    line: Line
    family: int = 4
    table: str | None = None
    action: str | None = None
    is_default: bool = False


class Neighbour(Struct, frozen=True):
    """A neighbour (ARP, ND) entry; ``proxy``: an address that the host answers for."""

    ip: int
    dev: str | None
    line: Line
    mac: int | None = None
    state: str | None = None
    proxy: bool = False


class Forwarding(Struct, frozen=True):
    """An entry of ``bridge fdb``: for a VXLAN device, the tunnel end ``dst`` that a MAC is behind."""

    mac: int
    dev: str | None
    line: Line
    dst: int | None = None


class Lookup(Struct, frozen=True):
    """The answer to ``ip route get``. ``error`` is the kernel's message if it finds no route.

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


class Sysctl(Struct, frozen=True):
    """A kernel setting in dotted form, ``net.ipv4.conf.<interface>.<key>``; an interface's own dots are kept.

    ``group`` is conf or neigh, and ``interface`` the word after it (also all and default), if there is one.
    """

    name: str
    value: str
    line: Line
    family: int = 4
    group: str = ""
    interface: str | None = None
    key: str = ""


class Feature(Struct, frozen=True):
    """An offload of ``ethtool -k``."""

    dev: str
    name: str
    on: bool
    line: Line


class BgpSession(Struct, frozen=True):
    """A BGP session as BIRD reports it: ``peer`` as it was printed, ``state`` and ``info`` in BIRD's words.

    ``of_mesh``: it is one of the mesh between all nodes; others are with routers or route reflectors, as somebody
    configured. None: not shown.
    """

    peer: str
    state: str
    info: str
    line: Line
    of_mesh: bool | None = None

    @property
    def is_established(self) -> bool:
        # BIRD 1 calls a session so whose routes are still being sent.
        return self.state in ("up", "feed")

    @property
    def address(self) -> int | None:
        """The peer's address; None of one that is called by another name."""
        try:
            return parse_address(self.peer)
        except ValueError:
            return None


class Managed(Struct, frozen=True):
    """A device in a network manager's listing; ``owned``: the manager may change its addresses and routes."""

    manager: str
    dev: str
    state: str
    owned: bool
    line: Line


class NodeAddresses(Struct, frozen=True):
    """By which addresses Calico reaches a node, ``own``, and which Kubernetes lists of it, ``known``."""

    name: str
    own: frozenset[int]
    known: frozenset[int]
    line: Line


class Note(Struct, frozen=True):
    """Evidence that is kept as text: ``kind`` is kernel, hostname, bpf, felix, ufw-denies, date …"""

    kind: str
    text: str
    line: Line


class Contradiction(Struct, frozen=True):
    """Two lines that cannot both be of one host at one time; ``line`` is the later, ``text`` names the other."""

    text: str
    line: Line
