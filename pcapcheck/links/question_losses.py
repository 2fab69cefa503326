"""Question losses: how many questions of pods got no answer, and what stands out.

``loss_spread`` works them out. What finds that there are none does without it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from pcapcheck.links.facts import Facts
from pcapcheck.links.sides import POD

if TYPE_CHECKING:
    from pcapcheck.links.shares import Shares

POD_, PEER, PAIR, PORT, SIZE, TIME = "pod", "peer", "pair", "port", "size", "time"
# Each connection is lost whole or not at all (``whole``).
CONNECTION = "connection"
# In an outage at least this share is lost.
OUT = 0.5

Who = int | tuple[int, ...]


class Share(Struct, frozen=True):
    """``failed`` of ``asked`` questions got no answer; ``icmp_errors`` of these were ended by an ICMP error.

    ``who`` is an address, a pair of them, a pair and a port, a port, or a size in bytes.
    """

    who: Who
    asked: int
    failed: int
    icmp_errors: int


class Outage(Struct, frozen=True):
    """From the first to the last that failed (nanoseconds), ``failed`` of the ``asked`` of that time.

    ``over``: something got an answer after it.
    """

    first: int
    last: int
    asked: int
    failed: int
    over: bool = False


class Losses(Struct, frozen=True):
    """What failed in one table. ``pods``, ``peers``, ``pairs`` and ``sizes`` are the shares of each.

    ``targets`` are those of pairs; of connections, of pairs and ports.
    ``follows`` is what stands out (pod, peer, pair, port, size, time or connection); None if nothing does, or if too
    little was lost to say (``is_conclusive`` is False). ``suspect`` is the share that stands out, except for time and
    connection. ``passing`` is the largest size that lost nothing, if all sizes from ``suspect``'s on lost everything.
    ``partial``: some target lost some questions and answered others. ``outages`` are those that stand out, in order.
    """

    table: str
    asked: int
    failed: int
    icmp_errors: int
    pods: Shares
    peers: Shares
    pairs: Shares
    sizes: Shares
    targets: Shares
    outages: tuple[Outage, ...]
    partial: bool
    is_conclusive: bool
    follows: str | None = None
    suspect: Share | None = None
    passing: int | None = None

    @property
    def share(self) -> float:
        return self.failed / self.asked


def counts(facts: Facts, capture: int, number: int, table: str) -> bool:
    """Whether what was asked in a frame group counts: by a pod on its own link, where silence proves something."""
    point = facts.point(capture, number)
    if point is None or not point.judged or point.kind != "pod-link" or table in point.silence:
        return False
    return point.sides.of(point.groups[number])[0] == POD
