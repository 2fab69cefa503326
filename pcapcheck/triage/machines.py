"""Machines: which node of a state a recorded link is of, by what files and prompts call them; nothing is guessed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pcapcheck.links.point_facts import PointFacts
from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.state import State
from pcapcheck.paths.hosts import Hosts


@dataclass(frozen=True)
class Machines:
    """The nodes of a state against the machines of the captures; ``names`` are what files call these."""

    state: State
    hosts: Hosts
    names: frozenset[str | None]

    @classmethod
    def of(cls, state: State, hosts: Hosts, points: Iterable[PointFacts]) -> Machines:
        """``links`` are all that were recorded."""
        return cls(state, hosts, frozenset(short(hosts.name(one.key)) for one in points))

    def named(self, name: str | None) -> Host | None:
        """The node of the state that has this name."""
        found = [one for one in self.state.nodes if short(name) is not None and short(_name(one)) == short(name)]
        return found[0] if len(found) == 1 and not found[0].contradictions else None

    def is_recorded(self, node: Host) -> bool:
        """Whether something was recorded on a machine of this node's name."""
        return short(_name(node)) in self.names - {None}

    def are_apart(self, point: PointFacts | None, node: Host | None) -> bool:
        """Whether a link is of another machine than this node, of which something else was recorded.

        A file may be called after anything; where another is called after the node, names are those of machines.
        """
        name = short(self.hosts.name(point.key)) if point is not None else None
        own = short(_name(node)) if node is not None else None
        return name is not None and own in self.names - {name, None}


def recorded(state: State, names: Iterable[str | None], spoken: frozenset[int]) -> bool:
    """Whether one of the state's nodes is called as a machine of the captures is, or has an address that spoke there.

    ``spoken`` are those that were heard to speak ARP for themselves on network cards.
    """
    known = {short(one) for one in names} - {None}
    nodes = [one for one in state.nodes if not one.contradictions]
    return any(short(_name(one)) in known or own_addresses(one) & spoken for one in nodes)


def own_addresses(node: Host) -> set[int]:
    """A node's own addresses, by its interfaces or as the kernel's routes have them for source."""
    held = {one.ip for one in node.addresses if one.dev != "lo" and one.scope in (None, "global")}
    return held | {one.src for one in node.routes if one.src is not None and one.proto == "kernel" and one.dev != "lo"}


def short(name: str | None) -> str | None:
    """A host's name without its domain."""
    return name.partition(".")[0].lower() if name else None


def _name(node: Host) -> str | None:
    return None if node.assumed else node.name
