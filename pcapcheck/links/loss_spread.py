"""Losses: how questions of pods that got no answer are spread over pods, peers, ports, sizes and time.

Works on the cells of the captures (``cells``), as columns. Something stands out if it lost so much more than its
share that chance does not explain it: by the hypergeometric distribution (Fisher's exact test, one-sided), corrected
for the number of candidates (Bonferroni).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import log

import numpy as np

from pcapcheck.capture.record import AddressOf
from pcapcheck.exchanges import spreading_layout
from pcapcheck.exchanges.chance import ALPHA, FEWEST, SHARPLY, log_tail
from pcapcheck.exchanges.pair_counts import DST, SRC
from pcapcheck.exchanges.paired_kinds import NUMBERS
from pcapcheck.links.facts import Facts
from pcapcheck.links.outages import Outage, Rows, asked_of, failed_of, outages_of
from pcapcheck.links.read_capture import Capture
from pcapcheck.links.sides import POD
from pcapcheck.values import address_of

POD_, PEER, PAIR, PORT, SIZE, TIME = "pod", "peer", "pair", "port", "size", "time"
# Each connection is lost whole or not at all (``whole``).
CONNECTION = "connection"
# What stands out lost at least this many times what the others did, and holds at least this share of all losses.
TIMES, HOLDS = 2.0, 0.2
# Outages explain a loss if they hold this share of it.
EXPLAINED = 0.8

Who = int | tuple[int, int]
# Who asked whom, and the port of a connection, else 0; how many failed, and of how many.
Target = tuple[int, int, int]
Tally = tuple[int, int]


@dataclass(frozen=True)
class Share:
    """``failed`` of ``asked`` questions got no answer; ``icmp_errors`` of these were ended by an ICMP error.

    ``who`` is an address, a pair of them, a port or a size in bytes.
    """

    who: Who
    asked: int
    failed: int
    icmp_errors: int


@dataclass(frozen=True)
class Losses:
    """What failed in one table. ``pods``, ``peers``, ``pairs`` and ``sizes`` are the shares of each, worst first.

    ``follows`` is what stands out (pod, peer, pair, port, size, time or connection); None if nothing does, or if too
    little was lost to say (``is_conclusive`` is False). ``suspect`` is the share that stands out, except for time and
    connection. ``passing`` is the largest size that lost nothing, if all sizes from ``suspect``'s on lost everything.
    ``partial``: some target lost some questions and answered others. ``outages`` are those that stand out, in order.
    """

    table: str
    asked: int
    failed: int
    icmp_errors: int
    pods: tuple[Share, ...]
    peers: tuple[Share, ...]
    pairs: tuple[Share, ...]
    sizes: tuple[Share, ...]
    outages: tuple[Outage, ...]
    partial: bool
    is_conclusive: bool
    follows: str | None = None
    suspect: Share | None = None
    passing: int | None = None
    _pairs: Rows | None = field(default=None, repr=False)
    _address_of: AddressOf = field(default=address_of, repr=False)

    @cached_property
    def targets(self) -> dict[Target, Tally]:
        """How many questions failed, and of how many, by pair; of connections, by port too."""
        if self._pairs is None:
            return {}
        keys, tallies = _tallies(self._pairs)
        address_of = self._address_of
        return {
            (address_of(*key[:2]), address_of(*key[2:4]), key[4]): tally
            for key, tally in zip(keys.tolist(), tallies, strict=True)
        }

    @property
    def share(self) -> float:
        return self.failed / self.asked


def losses_of(captures: Sequence[Capture], facts: Facts, table: str) -> Losses | None:
    """The losses of what pods asked on their own links; None if nothing failed or silence proves nothing."""
    parts = [part for part in (_asked_by_pods(capture, facts, table) for capture in captures) if len(part)]
    if not parts:
        return None
    cells = np.concatenate(parts)
    # All texts have the same table of names.
    named = (capture.address_of for capture in captures if capture.address_of is not address_of)
    return _weigh(cells, table, next(named, address_of))


def _asked_by_pods(capture: Capture, facts: Facts, table: str) -> Rows:
    """The cells of one capture that count here."""
    cells = capture.exchanges.paired.cells.table()
    cells = cells[cells[:, spreading_layout.C_KIND] == NUMBERS[table]]
    numbers = np.unique(cells[:, spreading_layout.C_GROUP])
    good = [int(number) for number in numbers if counts(facts, capture.number, int(number), table)]
    kept: Rows = cells[np.isin(cells[:, spreading_layout.C_GROUP], good)]
    return kept


def counts(facts: Facts, capture: int, number: int, table: str) -> bool:
    """Whether what was asked in a frame group counts: by a pod on its own link, where silence proves something."""
    point = facts.point(capture, number)
    if point is None or not point.judged or point.kind != "pod-link" or table in point.silence:
        return False
    return point.sides.of(point.groups[number])[0] == POD


def _weigh(cells: Rows, table: str, address_of: AddressOf) -> Losses | None:
    pairs = cells[cells[:, spreading_layout.C_RESPECT] == spreading_layout.PAIR]
    asked, failed = asked_of(pairs), failed_of(pairs)
    if not failed.sum():
        return None
    by_pair = list(_shares(pairs, [*SRC, *DST], address_of))
    by_pod, by_peer = list(_shares(pairs, [*SRC], address_of)), list(_shares(pairs, [*DST], address_of))
    sized = cells[cells[:, spreading_layout.C_RESPECT] == spreading_layout.SIZED]
    by_size = list(_shares(sized, [spreading_layout.C_SRC_LOW], address_of))
    total = Share(0, int(asked.sum()), int(failed.sum()), int(pairs[:, spreading_layout.C_ERRED].sum()))
    by_port = list(_shares(pairs[pairs[:, spreading_layout.C_PORT] > 0], [spreading_layout.C_PORT], address_of))
    partial = any(0 < failed < asked for failed, asked in _tallies(pairs)[1])
    outages = tuple(outages_of(cells[cells[:, spreading_layout.C_RESPECT] == spreading_layout.MOMENT], partial))
    is_conclusive = total.failed >= FEWEST
    follows, suspect = (
        _standing_out(total, by_pod, by_peer, by_pair, by_port, by_size) if is_conclusive else (None, None)
    )
    passing, sharp = _size_limit(total, by_size)
    if sharp is not None and follows in (None, SIZE):
        follows, suspect = SIZE, sharp
    lasting = partial and bool(outages) and not outages[-1].over
    if (
        follows is None
        and (is_conclusive or lasting)
        and sum(outage.failed for outage in outages) >= EXPLAINED * total.failed
    ):
        follows = TIME
    return Losses(
        table,
        total.asked,
        total.failed,
        total.icmp_errors,
        _worst_first(by_pod),
        _worst_first(by_peer),
        _worst_first(by_pair),
        _worst_first(by_size),
        outages,
        partial,
        is_conclusive,
        follows,
        suspect,
        passing if follows == SIZE else None,
        pairs,
        address_of,
    )


def _tallies(pairs: Rows) -> tuple[Rows, list[Tally]]:
    """The columns of each target, and how many of its questions failed."""
    keys, place = np.unique(pairs[:, [*SRC, *DST, spreading_layout.C_PORT]], axis=0, return_inverse=True)
    failed, asked = (
        np.bincount(place.ravel(), weights=column, minlength=len(keys)).astype(int).tolist()
        for column in (failed_of(pairs), asked_of(pairs))
    )
    return keys, list(zip(failed, asked, strict=True))


def _size_limit(total: Share, sizes: list[Share]) -> tuple[int | None, Share | None]:
    """The largest size that lost nothing, and the share of all larger sizes, if these lost everything.

    Size is such a common reason that fewer losses are enough than for other things that stand out.
    """
    failing = [share for share in sizes if share.failed]
    least = min((_size(share) for share in failing), default=0)
    above = [share for share in sizes if _size(share) >= least]
    below = [_size(share) for share in sizes if _size(share) < least]
    asked, failed = sum(share.asked for share in above), sum(share.failed for share in above)
    if not below or failed < asked or log_tail(total.asked, total.failed, asked, failed) >= log(SHARPLY):
        return None, None
    return max(below), Share(least, asked, failed, sum(share.icmp_errors for share in above))


def _size(share: Share) -> int:
    return share.who if isinstance(share.who, int) else 0


def _worst_first(shares: list[Share]) -> tuple[Share, ...]:
    return tuple(sorted(shares, key=lambda share: (-share.failed, share.asked, str(share.who))))


def _shares(cells: Rows, columns: list[int], address_of: AddressOf) -> Iterator[Share]:
    """A share per combination of values in these columns."""
    if not len(cells):
        return
    keys, place = np.unique(cells[:, columns], axis=0, return_inverse=True)
    place = place.ravel()
    sums = [
        np.bincount(place, weights=column, minlength=len(keys))
        for column in (asked_of(cells), failed_of(cells), cells[:, spreading_layout.C_ERRED])
    ]
    for key, asked, failed, icmp_errors in zip(keys.tolist(), *(column.tolist() for column in sums), strict=True):
        if asked:
            halves = [address_of(*key[at : at + 2]) for at in range(0, len(key), 2)] if len(key) > 1 else key
            yield Share(
                halves[0] if len(halves) == 1 else (halves[0], halves[1]), int(asked), int(failed), int(icmp_errors)
            )


def _standing_out(
    total: Share, pods: list[Share], peers: list[Share], pairs: list[Share], ports: list[Share], sizes: list[Share]
) -> tuple[str | None, Share | None]:
    """What stands out most, if anything does. A pair stands for a pod or peer that has no other."""
    best: tuple[float, str, Share] | None = None
    respects = ((PEER, peers), (POD_, pods), (PAIR, pairs), (PORT, ports), (SIZE, sizes))
    for name, shares in respects:
        if len(shares) < 2:
            continue
        worst = max(shares, key=lambda share: (share.failed - share.asked * total.failed / total.asked, -share.asked))
        rest = total.failed - worst.failed
        others = max(1, total.asked - worst.asked)
        if worst.failed < HOLDS * total.failed or worst.failed / worst.asked < TIMES * rest / others:
            continue
        chance = log_tail(total.asked, total.failed, worst.asked, worst.failed) + log(len(respects) * len(shares))
        if chance < log(ALPHA) and (best is None or chance < best[0]):
            best = chance, name, worst
    return (best[1], best[2]) if best is not None else (None, None)
