"""An address row: who claims an address on a capture point, judged next to the other claims of the same address."""

from __future__ import annotations

from msgspec import Struct

from pcapcheck.links.capture_points import PointKey
from pcapcheck.values import format_mac

# How the words about other claimants go on if those are behind links of other nodes.
BEHIND = " behind "


class AddressRow(Struct, frozen=True):
    """A claim, judged next to the other claims of the same address.

    ``point`` is where it was made; ``until`` is when it ended: claims of one machine may end with its last frame.
    ``other_interfaces`` are other links on which some of ``other_claimants`` claim the address, ``other_nodes`` such
    links of other nodes, with their names.
    """

    point: PointKey
    group: int
    outcome: str
    interface: str
    node_interface: str
    kind: str
    calico: str | None
    ip: int
    mac: int
    side: str | None
    first_time: int | None
    last_time: int | None
    proxied: bool
    claimants: int | None
    other_claimants: frozenset[int] | None
    frames: list[int]
    until: int | None = None
    other_interfaces: str | None = None
    other_nodes: str | None = None

    @property
    def others(self) -> str | None:
        """The other claimants in words."""
        if self.other_claimants is None:
            return None
        where = f" on {self.other_interfaces}" if self.other_interfaces else ""
        where += f"{BEHIND}{self.other_nodes}" if self.other_nodes else ""
        return ", ".join(map(format_mac, sorted(self.other_claimants))) + where

    @property
    def time(self) -> int | None:
        return self.first_time
