"""A host's identity at one time, and contradictions to it: output of another host or of another time."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

from msgspec import Struct, field

from pcapcheck.calico import find_cali_name, is_shortened, kind_of_name
from pcapcheck.nodestate.host import NODE, Host
from pcapcheck.nodestate.node_facts import Contradiction
from pcapcheck.nodestate.source_lines import Line, where
from pcapcheck.values import format_address, format_mac

# Devices that every host has alike, and addresses of services that are everywhere.
ALIKE = ("lo", "docker0", "cni0", "virbr0", "tunl0", "kube-ipvs0", "nodelocaldns", "dummy0", "kube-dummy-if", "sit0")
FEW = 3
PROXY_MAC = 0xEEEEEEEEEEEE


class Identity(Struct):
    """What identifies a host; ``add`` reports what contradicts it in another output."""

    prefix: str
    role: str | None = NODE
    single: dict[Hashable, tuple[str, Line]] = field(default_factory=dict)
    addresses: dict[tuple[str, int], dict[int, Line]] = field(default_factory=dict)
    own: dict[int, Line] = field(default_factory=dict)
    others: dict[int, Line] = field(default_factory=dict)
    calis: dict[str, dict[str, Line]] = field(default_factory=dict)

    def add(self, part: Host) -> list[Contradiction]:
        """Add the facts of an output, in time proportional to its size."""
        found: list[Contradiction] = []
        self._links(part, found)
        self._addresses(part, found)
        if self.role == NODE:
            self._routes(part, found)
            self._neighbours(part, found)
            self._calis(part, found)
        return found

    def is_akin(self, other: Identity) -> bool:
        """Whether a MAC, an own address or a cali shows that both are one host."""
        macs = [
            self.single[key][0] == other.single[key][0]
            for key in self.single.keys() & other.single.keys()
            if isinstance(key, tuple) and key[0] == "MAC"
        ]
        mine, its = set(self._named_calis()), set(other._named_calis())
        return any(macs) or bool(self.own.keys() & other.own.keys()) or bool(mine & its)

    def _named_calis(self) -> Iterable[str]:
        for named in self.calis.values():
            yield from named

    def _one(self, key: tuple[Hashable, ...], what: str, value: str, line: Line, found: list[Contradiction]) -> None:
        """A fact with a single value."""
        known = self.single.setdefault(key, (value, line))
        if known[0] != value:
            found.append(Contradiction(f"{what} is {value} here and {known[0]} in line {where(known[1], line)}", line))

    def _links(self, part: Host, found: list[Contradiction]) -> None:
        for name, link in part.links.items():
            if name in ALIKE or (self.role == NODE and self._is_pods(name)):
                continue
            if link.mac and link.mac != PROXY_MAC:
                self._one(("MAC", name), f"the MAC of {name}", format_mac(link.mac), link.line, found)
            if link.index is not None:
                self._one(("index", name), f"the number of {name}", str(link.index), link.line, found)
            if link.peer_index is not None and self.role != NODE:
                self._one(("peer", name), f"the other end of {name}", f"if{link.peer_index}", link.line, found)

    def _addresses(self, part: Host, found: list[Contradiction]) -> None:
        here: dict[tuple[str, int], dict[int, Line]] = {}
        for address in part.addresses:
            if address.scope in (None, "global") and address.dev not in ALIKE:
                here.setdefault((address.dev, address.family), {}).setdefault(address.ip, address.line)
        for key, listed in here.items():
            before = self.addresses.get(key)
            if before and not before.keys() & listed.keys():
                (ip, line), (other, known) = next(iter(listed.items())), next(iter(before.items()))
                said = (
                    f"{key[0]} has {format_address(ip)} here and {format_address(other)} in line {where(known, line)}"
                )
                found.append(Contradiction(said, line))
            self.addresses[key] = listed
            # The first address is the interface's own; others come and go (virtual addresses of a service).
            ip, line = next(iter(listed.items()))
            self._is_own(ip, line, found)

    def _routes(self, part: Host, found: list[Contradiction]) -> None:
        for route in part.routes:
            if route.table != "main" or route.dev in ALIKE:
                continue
            to = f"{format_address(route.destination)}/{route.prefix}"
            key = (route.destination, route.prefix, route.dev, route.metric)
            if route.src is not None and route.proto == "kernel" and route.dev:
                self._one(
                    ("src", *key), f"the source for {to} on {route.dev}", format_address(route.src), route.line, found
                )
                self._is_own(route.src, route.line, found)
                own = self.addresses.get((route.dev, route.family))
                if own and route.src not in own:
                    ip, known = next(iter(own.items()))
                    text = f"{route.dev} has {format_address(route.src)} here and {format_address(ip)} in line"
                    found.append(Contradiction(f"{text} {where(known, route.line)}", route.line))
            if not route.is_host and not route.is_default and route.proto in ("bird", "80"):
                # An address block belongs to this node or to another.
                way = "this node's own" if route.kind == "blackhole" else "another node's"
                self._one(("block", *key[:2]), f"the block {to}", way, route.line, found)
            # Cilium routes pods via the node's own address.
            if route.via is not None and route.via != route.src:
                self._met(route.via, route.line, found)

    def _neighbours(self, part: Host, found: list[Contradiction]) -> None:
        for neighbour in part.neighbours:
            if (
                neighbour.mac is not None
                and not neighbour.proxy
                and neighbour.dev not in ALIKE
                and not self._is_pods(neighbour.dev or "")
            ):
                self._met(neighbour.ip, neighbour.line, found)

    def _is_own(self, ip: int, line: Line, found: list[Contradiction]) -> None:
        self.own.setdefault(ip, line)
        if ip in self.others:
            found.append(self._is_another(ip, line, self.others[ip]))

    def _met(self, ip: int, line: Line, found: list[Contradiction]) -> None:
        """Another machine's address."""
        self.others.setdefault(ip, line)
        if ip in self.own:
            found.append(self._is_another(ip, line, self.own[ip]))

    def _is_another(self, ip: int, line: Line, known: Line) -> Contradiction:
        later, earlier = (line, known) if line.number >= known.number else (known, line)
        text = f"{format_address(ip)} is the host's own address and another machine's, here and in line"
        return Contradiction(f"{text} {where(earlier, later)}", later)

    def _calis(self, part: Host, found: list[Contradiction]) -> None:
        """Complete listings of links and of routes name calis; listings of one host have some in common."""
        listed = {
            "links": {name: link.line for name, link in part.links.items()},
            "routes": {
                route.dev: route.line for route in part.routes if route.is_host and route.dev and route.family == 4
            },
            "settings": {
                setting.interface: setting.line
                for setting in part.sysctls.values()
                if setting.interface and setting.group == "conf"
            },
            "neighbours": {neighbour.dev: neighbour.line for neighbour in part.neighbours if neighbour.dev},
        }
        whole = {
            # A listing that was cut by hand has lost its lo.
            "links": "links" in part.whole and "lo" in part.links,
            "routes": "routes4" in part.whole or any(route.is_default for route in part.routes),
        }
        for kind, named in listed.items():
            calis = {name: line for name, line in named.items() if find_cali_name(name, self.prefix) == name}
            for other in (kind, "links") if whole.get(kind) else ("links",):
                before = self.calis.get(f"all {other}")
                # A listing that was cut down to one pod may lack the lines of others.
                few = other != kind and len(before or ()) + len(calis) < FEW
                if before and calis and not few and not before.keys() & calis.keys():
                    (name, line), (known, at) = next(iter(calis.items())), next(iter(before.items()))
                    text = f"pod links here ({name}) are none of those in line {where(at, line)} ({known})"
                    found.append(Contradiction(text, line))
            if calis and whole.get(kind):
                self.calis[f"all {kind}"] = calis
            self.calis.setdefault(kind, {}).update(calis)

    def _is_pods(self, name: str) -> bool:
        return kind_of_name(name, self.prefix) == "pod-link" or is_shortened(name, self.prefix)
