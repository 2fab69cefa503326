"""Outages: the times in which all questions were lost, or far more than at other times.

Works on moments (``loss_cells``). The probability of chance comes from the hypergeometric
distribution (``chance``), corrected for the number of stretches of time to choose from (Bonferroni).
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from math import log
from typing import NamedTuple

from pcapcheck.capture.scan_layout import ABSENT_TIME
from pcapcheck.exchanges.chance import ALPHA, FEWEST, SHARPLY, log_tail, log_ways
from pcapcheck.hash_table import empty_slots
from pcapcheck.links import moment_sums
from pcapcheck.links import share_layout as layout
from pcapcheck.links.question_losses import OUT, Outage

MOST_OUTAGES = 20
# If there are more moments than this, they become LONGER bits longer: of 134 ms, as they are at first, these are 18
# minutes.
MOST_SUMS = 1 << 13
LONGER = 2
# An outage may be shorter than a moment: in one, this many times the usual share is lost, or the share OUT.
USUAL = 5
# If everything was lost from some moment on, or up to one, fewer losses are enough than to say how they are spread: at
# least this number, with at most this probability.
FEWEST_AT_EDGE, AT_EDGE = 3, 0.1


class CountedMoments(NamedTuple):
    """Moments of one capture that count (``loss_cells``): those of one kind, in frame groups that are ``good``.

    A moment is 2^``shift`` nanoseconds.
    """

    moments: array[int]
    moment_count: int
    shift: int
    kind: int
    good: array[int]


class MomentSum(NamedTuple):
    """All that was asked in one moment, on all links, and when the first and the last that failed were asked.

    ``when`` counts moments of the length that all have; other times are nanoseconds, ABSENT_TIME if nothing failed.
    """

    when: int
    asked: int
    failed: int
    first: int
    last: int


def summed_up(moments: Sequence[CountedMoments]) -> list[MomentSum]:
    """The moments of all captures, in order, as long as the longest of them, or longer if there are many."""
    shift = max((some.shift for some in moments), default=0)
    sums, count = _sums(moments, shift)
    while count > MOST_SUMS:
        shift += LONGER
        sums, count = _sums(moments, shift)
    fields = range(layout.U_WHEN, layout.MOMENT_SUM_FIELDS)
    columns = (sums[field : count * layout.MOMENT_SUM_FIELDS : layout.MOMENT_SUM_FIELDS] for field in fields)
    return [MomentSum._make(row) for row in sorted(zip(*columns, strict=True))]


def _sums(moments: Sequence[CountedMoments], shift: int) -> tuple[array[int], int]:
    """Sums of moments of 2^``shift`` nanoseconds (``share_layout``), and how many they are."""
    most = sum(some.moment_count for some in moments)
    sums, slots, count = array("q", bytes(8 * layout.MOMENT_SUM_FIELDS * most)), empty_slots(most), 0
    for some in moments:
        count = moment_sums.sum_moments(
            some.moments, some.moment_count, shift - some.shift, some.kind, some.good, sums, slots, count
        )
    return sums, count


def outages_of(moments: Sequence[MomentSum], partial: bool) -> Iterator[Outage]:
    """The times in which far more failed than at others, in order.

    ``partial``: some pair lost some questions and answered others. If each pair lost all or nothing, it says nothing
    about time that they were asked one after the other, unless there are many.
    """
    asked, failed = [moment.asked for moment in moments], [moment.failed for moment in moments]
    total, lost = sum(asked), sum(failed)
    if len(moments) < 2 or not 0 < lost < total:
        return
    run = _run(asked, failed) if partial else None
    stretches = [run] if run is not None else _dense(asked, failed)
    for start, stop in sorted(stretches):
        within = [some for some in moments[start:stop] if some.failed]
        yield Outage(
            min(some.first for some in within if some.first != ABSENT_TIME),
            max(some.last for some in within),
            sum(asked[start:stop]),
            sum(failed[start:stop]),
            asked[stop:] != failed[stop:] or (run is not None and asked[stop - 1] > failed[stop - 1]),
        )


def _run(asked: list[int], failed: list[int]) -> tuple[int, int] | None:
    """The moments of all losses, if nothing was answered between the first and the last, and chance is no reason.

    All are lost from some moment on, or up to one: such a common failure that fewer are enough.
    """
    losing = [place for place, lost_here in enumerate(failed) if lost_here]
    start, last = losing[0], losing[-1]
    answered = [settled - lost_here for settled, lost_here in zip(asked, failed, strict=True)]
    if any(answered[start + 1 : last]) or (start == last and answered[start]):
        return None
    before, after = any(answered[: start + 1]), any(answered[last:])
    total, lost = sum(asked), sum(failed)
    chance = -log_ways(total, lost)
    if before and after:
        fits = lost >= FEWEST and chance + log(total - lost + 1) < log(SHARPLY)
    else:
        fits = lost >= FEWEST or (lost >= FEWEST_AT_EDGE and chance < log(AT_EDGE))
    return (start, last + 1) if fits else None


def _dense(asked: list[int], failed: list[int]) -> list[tuple[int, int]]:
    """The stretches of moments in which far more was lost than at others."""
    total, lost_in_all = sum(asked), sum(failed)
    usual = lost_in_all / total
    if usual >= OUT:
        return []
    found = []
    left = list(failed)
    for _ in range(MOST_OUTAGES):
        start, stop = _densest(asked, left, usual)
        there, lost = sum(asked[start:stop]), sum(left[start:stop])
        if lost < 3 or lost < min(OUT, USUAL * usual) * there:
            break
        if log_tail(total, lost_in_all, there, lost) + 2 * log(len(asked)) >= log(ALPHA):
            break
        # It may begin and end in the middle of a moment.
        start -= start > 0 and left[start - 1] > 0
        stop += stop < len(left) and left[stop] > 0
        found.append((start, stop))
        left[start:stop] = [0] * (stop - start)
    return found


def _densest(asked: list[int], failed: list[int], usual: float) -> tuple[int, int]:
    """The stretch of moments that speaks most for an outage: the greatest sum of log-likelihood ratios (Kadane)."""
    out = min(0.9, USUAL * usual)
    of_failed, of_answered = log(out / usual), log((1 - out) / (1 - usual))
    score = [lost * of_failed + (settled - lost) * of_answered for settled, lost in zip(asked, failed, strict=True)]
    best, best_start, best_stop, running, start = 0.0, 0, 0, 0.0, 0
    for place, value in enumerate(score):
        if running <= 0:
            running, start = 0.0, place
        running += value
        if running > best:
            best, best_start, best_stop = running, start, place + 1
    return best_start, best_stop
