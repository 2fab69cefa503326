"""Outages: the times in which all questions were lost, or far more than at other times.

Works on moments (``loss_cells``), as columns. The probability of chance comes from the hypergeometric
distribution (``chance``), corrected for the number of stretches of time to choose from (Bonferroni).
"""

from __future__ import annotations

from collections.abc import Iterator
from math import log
from typing import Any

import numpy as np

from pcapcheck.capture.scan_layout import ABSENT_TIME
from pcapcheck.exchanges import spreading_layout
from pcapcheck.exchanges.chance import ALPHA, FEWEST, SHARPLY, log_tail, log_ways
from pcapcheck.links.question_losses import OUT, Outage

MOST_OUTAGES = 20
# An outage may be shorter than a moment: in one, this many times the usual share is lost, or the share OUT.
USUAL = 5
# If everything was lost from some moment on, or up to one, fewer losses are enough than to say how they are spread: at
# least this number, with at most this probability.
FEWEST_AT_EDGE, AT_EDGE = 3, 0.1

Rows = np.ndarray[Any, np.dtype[np.int64]]


def asked_of(cells: Rows) -> Rows:
    """How many questions were settled in each cell: answered, ended by an ICMP error, or unanswered."""
    columns = [spreading_layout.C_REPLIED, spreading_layout.C_SILENT, spreading_layout.C_ERRED]
    return np.asarray(cells[:, columns].sum(axis=1))


def failed_of(cells: Rows) -> Rows:
    """How many of them were ended by an ICMP error, or unanswered."""
    return np.asarray(cells[:, [spreading_layout.C_SILENT, spreading_layout.C_ERRED]].sum(axis=1))


def outages_of(moments: Rows, partial: bool) -> Iterator[Outage]:
    """The times in which far more failed than at others, in order.

    ``partial``: some pair lost some questions and answered others. If each pair lost all or nothing, it says nothing
    about time that they were asked one after the other, unless there are many.
    """
    if not len(moments):
        return
    keys, place = np.unique(moments[:, spreading_layout.M_WHEN], return_inverse=True)
    place = place.ravel()
    asked = np.bincount(place, weights=asked_of(moments), minlength=len(keys))
    failed = np.bincount(place, weights=failed_of(moments), minlength=len(keys))
    asked, failed = asked.astype(np.int64), failed.astype(np.int64)
    total, lost = int(asked.sum()), int(failed.sum())
    if len(keys) < 2 or not 0 < lost < total:
        return
    run = _run(asked, failed) if partial else None
    stretches = [run] if run is not None else _dense(asked, failed)
    for start, stop in sorted(stretches):
        within = (place >= start) & (place < stop) & (failed_of(moments) > 0)
        first = moments[within, spreading_layout.C_FIRST]
        last = moments[within, spreading_layout.C_LAST]
        yield Outage(
            int(first[first != ABSENT_TIME].min()),
            int(last.max()),
            int(asked[start:stop].sum()),
            int(failed[start:stop].sum()),
            bool((asked[stop:] > failed[stop:]).any())
            or (run is not None and bool(asked[stop - 1] > failed[stop - 1])),
        )


def _run(asked: Rows, failed: Rows) -> tuple[int, int] | None:
    """The moments of all losses, if nothing was answered between the first and the last, and chance is no reason.

    All are lost from some moment on, or up to one: such a common failure that fewer are enough.
    """
    losing = np.flatnonzero(failed)
    start, last = int(losing[0]), int(losing[-1])
    answered = asked - failed
    if answered[start + 1 : last].any() or (start == last and answered[start]):
        return None
    before, after = answered[: start + 1].any(), answered[last:].any()
    total, lost = int(asked.sum()), int(failed.sum())
    chance = -log_ways(total, lost)
    if before and after:
        fits = lost >= FEWEST and chance + log(total - lost + 1) < log(SHARPLY)
    else:
        fits = lost >= FEWEST or (lost >= FEWEST_AT_EDGE and chance < log(AT_EDGE))
    return (start, last + 1) if fits else None


def _dense(asked: Rows, failed: Rows) -> list[tuple[int, int]]:
    """The stretches of moments in which far more was lost than at others."""
    total, lost_in_all = int(asked.sum()), int(failed.sum())
    usual = lost_in_all / total
    if usual >= OUT:
        return []
    found = []
    left = failed.copy()
    for _ in range(MOST_OUTAGES):
        start, stop = _densest(asked, left, usual)
        there, lost = int(asked[start:stop].sum()), int(left[start:stop].sum())
        if lost < 3 or lost < min(OUT, USUAL * usual) * there:
            break
        if log_tail(total, lost_in_all, there, lost) + 2 * log(len(asked)) >= log(ALPHA):
            break
        # It may begin and end in the middle of a moment.
        start -= start > 0 and left[start - 1] > 0
        stop += stop < len(left) and left[stop] > 0
        found.append((int(start), int(stop)))
        left[start:stop] = 0
    return found


def _densest(asked: Rows, failed: Rows, usual: float) -> tuple[int, int]:
    """The stretch of moments that speaks most for an outage: the greatest sum of log-likelihood ratios (Kadane)."""
    out = min(0.9, USUAL * usual)
    score = failed * log(out / usual) + (asked - failed) * log((1 - out) / (1 - usual))
    best, best_start, best_stop, running, start = 0.0, 0, 0, 0.0, 0
    for place, value in enumerate(score.tolist()):
        if running <= 0:
            running, start = 0.0, place
        running += value
        if running > best:
            best, best_start, best_stop = running, start, place + 1
    return best_start, best_stop
