"""Losses: how questions of pods that got no answer are spread over pods, peers, ports, sizes and time.

Works on the cells and moments of the captures (``loss_cells``). Something stands out if it lost so much
more than its share that chance does not explain it: by the hypergeometric distribution (Fisher's exact test,
one-sided), corrected for the number of candidates (Bonferroni).
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from math import log

from pcapcheck.capture.record import AddressOf
from pcapcheck.exchanges import spreading_layout
from pcapcheck.exchanges.chance import ALPHA, FEWEST, SHARPLY, log_tail
from pcapcheck.exchanges.pair_counts import DST, SRC
from pcapcheck.exchanges.paired_kinds import NUMBERS
from pcapcheck.links.facts import Facts
from pcapcheck.links.outages import CountedMoments, outages_of, summed_up
from pcapcheck.links.question_losses import PAIR, PEER, POD_, PORT, SIZE, TIME, Losses, Share, counts
from pcapcheck.links.read_capture import Capture
from pcapcheck.links.shares import CountedCells, Shares
from pcapcheck.values import address_of

# What stands out lost at least this many times what the others did, and holds at least this share of all losses.
TIMES, HOLDS = 2.0, 0.2
# Outages explain a loss if they hold this share of it.
EXPLAINED = 0.8


def losses_of(captures: Sequence[Capture], facts: Facts, table: str) -> Losses | None:
    """The losses of what pods asked on their own links; None if nothing failed or silence proves nothing."""
    cells: list[CountedCells] = []
    moments: list[CountedMoments] = []
    for capture in captures:
        held = capture.exchanges.paired.cells
        good = array("b", (counts(facts, capture.number, group, table) for group in range(held.groups)))
        cells.append(CountedCells(*held.rows, NUMBERS[table], good))
        moments.append(CountedMoments(*held.moments, held.moment_shift, NUMBERS[table], good))
    # All texts have the same table of names.
    named = (capture.address_of for capture in captures if capture.address_of is not address_of)
    return _weigh(cells, moments, table, next(named, address_of))


def _weigh(
    cells: list[CountedCells], moments: list[CountedMoments], table: str, address_of: AddressOf
) -> Losses | None:
    pair, port = spreading_layout.PAIR, spreading_layout.C_PORT
    by_pair = Shares.of_cells(cells, pair, [*SRC, *DST], address_of)
    if not by_pair.failed:
        return None
    by_pod, by_peer = (Shares.of_cells(cells, pair, end, address_of) for end in (SRC, DST))
    by_size = _sizes(cells, address_of)
    total = Share(0, by_pair.asked, by_pair.failed, by_pair.icmp_errors)
    by_port = Shares.of_cells(cells, pair, [port], address_of, of_ports=True)
    targets = Shares.of_cells(cells, pair, [*SRC, *DST, port], address_of)
    partial = targets.any_partial
    outages = tuple(outages_of(summed_up(moments), partial))
    is_conclusive = total.failed >= FEWEST
    follows, suspect = (
        _standing_out(total, by_pod, by_peer, by_pair, by_port, by_size) if is_conclusive else (None, None)
    )
    passing, sharp = _size_limit(by_size)
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
        by_pod,
        by_peer,
        by_pair,
        by_size,
        targets,
        outages,
        partial,
        is_conclusive,
        follows,
        suspect,
        passing if follows == SIZE else None,
    )


def _sizes(cells: list[CountedCells], address_of: AddressOf) -> Shares:
    """By size; of one version of IP if only that lost something, since the headers of the two differ in size."""
    size = [spreading_layout.C_SRC_LOW]
    both = spreading_layout.SIZED, spreading_layout.SIZED6
    losing = [family for family in both if Shares.of_cells(cells, family, size, address_of).failed]
    return Shares.of_cells(cells, losing or both, size, address_of)


def _size_limit(sizes: Shares) -> tuple[int | None, Share | None]:
    """The largest size that lost nothing, and the share of all larger sizes, if these lost everything.

    Size is such a common reason that fewer losses are enough than for other things that stand out.
    """
    failing = [share for share in sizes if share.failed]
    least = min((_size(share) for share in failing), default=0)
    above = [share for share in sizes if _size(share) >= least]
    below = [_size(share) for share in sizes if _size(share) < least]
    asked, failed = sum(share.asked for share in above), sum(share.failed for share in above)
    if not below or failed < asked or log_tail(sizes.asked, sizes.failed, asked, failed) >= log(SHARPLY):
        return None, None
    return max(below), Share(least, asked, failed, sum(share.icmp_errors for share in above))


def _size(share: Share) -> int:
    return share.who if isinstance(share.who, int) else 0


def _standing_out(
    total: Share, pods: Shares, peers: Shares, pairs: Shares, ports: Shares, sizes: Shares
) -> tuple[str | None, Share | None]:
    """What stands out most, if anything does. A pair stands for a pod or peer that has no other."""
    best: tuple[float, str, Share] | None = None
    respects = ((PEER, peers), (POD_, pods), (PAIR, pairs), (PORT, ports), (SIZE, sizes))
    for name, shares in respects:
        if len(shares) < 2:
            continue
        every = Share(0, shares.asked, shares.failed, 0) if name == SIZE else total
        worst = shares.most_above(every)
        rest = every.failed - worst.failed
        others = max(1, every.asked - worst.asked)
        if worst.failed < HOLDS * every.failed or worst.failed / worst.asked < TIMES * rest / others:
            continue
        chance = log_tail(every.asked, every.failed, worst.asked, worst.failed) + log(len(respects) * len(shares))
        if chance < log(ALPHA) and (best is None or chance < best[0]):
            best = chance, name, worst
    return (best[1], best[2]) if best is not None else (None, None)
