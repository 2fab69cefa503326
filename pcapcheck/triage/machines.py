"""Machines: to which node of a state a recorded link belongs, by the names in files and prompts; nothing is guessed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from msgspec import Struct

from pcapcheck.links.point_facts import PointFacts
from pcapcheck.paths.hosts import Hosts

if TYPE_CHECKING:
    from pcapcheck.nodestate.host import Host
    from pcapcheck.nodestate.state import State


class Machines(Struct, frozen=True):
    """The nodes of a state against the machines of the captures; ``names`` are what files call these."""

    state: State
    hosts: Hosts
    names: frozenset[str | None]

    @classmethod
    def of(cls, state: State, hosts: Hosts, points: Iterable[PointFacts]) -> Machines:
        """``links`` are all that were recorded."""
        return cls(state, hosts, frozenset(short(hosts.name(point.key)) for point in points))

    def named(self, name: str | None) -> Host | None:
        """The node of the state that has this name."""
        found = [node for node in self.state.nodes if short(name) is not None and short(_name(node)) == short(name)]
        return found[0] if len(found) == 1 and not found[0].contradictions else None

    def is_recorded(self, node: Host) -> bool:
        """Whether something was recorded on a machine of this node's name."""
        return short(_name(node)) in self.names - {None}

    def are_apart(self, point: PointFacts | None, node: Host | None) -> bool:
        """Whether a link is on another machine than this node, and something else was recorded on the node.

        A file may have any name; if another file is named after the node, names are those of machines.
        """
        name = short(self.hosts.name(point.key)) if point is not None else None
        own = short(_name(node)) if node is not None else None
        return name is not None and own in self.names - {name, None}


def recorded(state: State, names: Iterable[str | None], spoken: frozenset[int]) -> bool:
    """Whether one of the state's nodes has the name of a machine of the captures, or an address that spoke there.

    ``spoken`` are the addresses that were heard to speak ARP for themselves on network cards.
    """
    known = {short(name) for name in names} - {None}
    nodes = [node for node in state.nodes if not node.contradictions]
    return any(short(_name(node)) in known or own_addresses(node) & spoken for node in nodes)


def own_addresses(node: Host) -> set[int]:
    """A node's own addresses, by its interfaces or by the sources of the kernel's routes."""
    held = {address.ip for address in node.addresses if address.dev != "lo" and address.scope in (None, "global")}
    return held | {
        route.src for route in node.routes if route.src is not None and route.proto == "kernel" and route.dev != "lo"
    }


def short(name: str | None) -> str | None:
    """A host's name without its domain."""
    return name.partition(".")[0].lower() if name else None


def _name(node: Host) -> str | None:
    return None if node.assumed else node.name
