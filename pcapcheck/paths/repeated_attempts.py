"""Repeats: attempts at TCP connections that a second pod's link shows too, so that each is counted once.

A connection from one recorded pod to another is seen on both links, as a ping is. The rules judge pings on the asker's
link only. They judge connections wherever they come from, so if both links show one, the receiver's link is left out.
Following the packets shows which are the same, behind address translation too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from pcapcheck.exchanges import pairing_layout, spreading_layout
from pcapcheck.exchanges.loss_cells import Row
from pcapcheck.links.facts import Repeats
from pcapcheck.links.read_capture import Capture
from pcapcheck.links.sides import NODE, POD
from pcapcheck.paths.path import Path
from pcapcheck.table_names import CONNECTIONS
from pcapcheck.values import address_of

REPLIED, UNANSWERED, ERROR = "replied", "unanswered", "error"
# Whose frames: capture, frame group; and between whom.
Group = tuple[int, int]
Pair = tuple[int, int]


def repeated_attempts(captures: Iterable[Capture], paths: Iterable[Path]) -> Repeats:
    """How many of the attempts recorded on the receiver's link are on the asker's own link as well."""
    same = {}
    for path in paths:
        first = path.steps[0].spot
        if path.packet != "tcp" or first.side != POD or first.point.kind != "pod-link" or not first.point.judged:
            continue
        for step in path.steps[1:]:
            spot = step.spot
            if spot.point.kind == "pod-link" and spot.side == NODE and spot.point.key != first.point.key:
                home = frozenset((first.capture, number) for number in first.point.groups)
                same[(spot.capture, spot.number), (step.src, step.dst)] = home, (path.src, path.dst)
    if not same:
        return {}
    counted = _counted(captures)
    found: dict[Group, Counter[str]] = {}
    for (group, pair), (home, asked) in same.items():
        there = counted.get((group, pair), Counter())
        here = sum((counted.get((group, asked), Counter()) for group in home), Counter[str]())
        found.setdefault(group, Counter()).update(_shared(here, there))
    return found


def _shared(here: Counter[str], there: Counter[str]) -> Counter[str]:
    """As many of those ``there`` as there are ``here``: first those with the same outcome."""
    shared = here & there
    left = here.total() - shared.total()
    for outcome in (REPLIED, UNANSWERED, ERROR):
        more = min(left, there[outcome] - shared[outcome])
        shared[outcome] += more
        left -= more
    return shared


def _counted(captures: Iterable[Capture]) -> dict[tuple[Group, Pair], Counter[str]]:
    """The outcomes of attempts, by frame group and address pair."""
    layout = spreading_layout
    counted: dict[tuple[Group, Pair], Counter[str]] = {}
    for capture in captures:
        if not any(table == CONNECTIONS for table, _ in capture.tallies):
            continue
        for cell in capture.exchanges.paired.cells.table():
            if cell[layout.C_KIND] != pairing_layout.KIND_CONNECTION or cell[layout.C_RESPECT] != layout.PAIR:
                continue
            known = counted.setdefault(_key(capture.number, cell), Counter())
            known[REPLIED] += cell[layout.C_REPLIED]
            known[UNANSWERED] += cell[layout.C_SILENT]
            known[ERROR] += cell[layout.C_ERRED] + cell[layout.C_EXPIRED]
    return counted


def _key(capture: int, cell: Row) -> tuple[Group, Pair]:
    layout = spreading_layout
    src = address_of(cell[layout.C_SRC_HIGH], cell[layout.C_SRC_LOW])
    dst = address_of(cell[layout.C_DST_HIGH], cell[layout.C_DST_LOW])
    return (capture, cell[layout.C_GROUP]), (src, dst)
