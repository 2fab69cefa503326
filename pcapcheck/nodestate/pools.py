"""IP pools of Calico, from which pods get their addresses."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from pcapcheck.nodestate.source_lines import Line
from pcapcheck.values import is_ipv4


class Pool(Struct, frozen=True):
    """A pool: its network, and whether what its pods send out of all pools gets the node's address (natOutgoing).

    ``vxlan`` is its vxlanMode in small letters: never, always, crosssubnet; empty if it is not shown.
    """

    network: int
    prefix: int
    nat_outgoing: bool
    line: Line
    vxlan: str = ""

    def holds(self, ip: int) -> bool:
        """Whether an address is in its network."""
        if is_ipv4(ip) != is_ipv4(self.network):
            return False
        spare = (32 if is_ipv4(ip) else 128) - self.prefix
        return ip >> spare == self.network >> spare


def pool_of(pools: Iterable[Pool], ip: int) -> Pool | None:
    """The pool that an address is in; pools do not overlap."""
    return next((pool for pool in pools if pool.holds(ip)), None)


def must_be_translated(pools: Iterable[Pool], src: int, dst: int) -> bool:
    """Whether Calico translates the source of what one address sends to another (felix/rules/nat.go)."""
    every = tuple(pools)
    own = pool_of(every, src)
    return own is not None and own.nat_outgoing and pool_of(every, dst) is None
