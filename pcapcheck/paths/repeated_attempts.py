"""Repeats: questions to a port that a second pod's link shows too, so that each is counted once.

A connection from one recorded pod to another is seen on both links, as a ping is. The rules judge pings on the asker's
link only. They judge connections, and what else asks a port (``ASKED_BY_PORT``), wherever they come from, so if both
links show one, the receiver's link is left out.
Following the packets shows which are the same, behind address translation too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from pcapcheck.exchanges import spreading_layout
from pcapcheck.exchanges.loss_cells import Row
from pcapcheck.exchanges.paired_kinds import NUMBERS
from pcapcheck.links.facts import Repeats
from pcapcheck.links.read_capture import Capture
from pcapcheck.links.sides import NODE, POD
from pcapcheck.paths.path import Path
from pcapcheck.table_names import ASKED_BY_PORT, ASSOCIATIONS, CONNECTIONS, DATAGRAMS
from pcapcheck.values import address_of

REPLIED, UNANSWERED, ERROR = "replied", "unanswered", "error"
# By what their packets are called where they are followed.
TABLES = {"tcp": CONNECTIONS, "udp": DATAGRAMS, "other": ASSOCIATIONS}
# Whose frames: capture, frame group, the table that the questions are in; and between whom.
Group = tuple[int, int, str]
Pair = tuple[int, int]


def repeated_attempts(captures: Iterable[Capture], paths: Iterable[Path]) -> Repeats:
    """How many of the attempts recorded on the receiver's link are on the asker's own link as well."""
    same = {}
    for path in paths:
        first = path.steps[0].spot
        table = TABLES.get(path.packet or "")
        if table is None or first.side != POD or first.kind != "pod-link" or not first.point.judged:
            continue
        for step in path.steps[1:]:
            spot = step.spot
            if spot.kind == "pod-link" and spot.side == NODE and spot.key != first.key:
                same[(spot.capture, spot.number, table), (step.src, step.dst)] = first, (path.src, path.dst)
    if not same:
        return {}
    counted = _counted(captures)
    nothing: dict[Group, Counter[str]] = {}
    found: dict[Group, Counter[str]] = {}
    for (group, pair), (asking, asked) in same.items():
        there = counted.get(pair, nothing).get(group, Counter())
        here: Counter[str] = Counter()
        for (capture, number, table), outcomes in counted.get(asked, nothing).items():
            if capture == asking.capture and number in asking.point.groups and table == group[2]:
                here.update(outcomes)
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


def _counted(captures: Iterable[Capture]) -> dict[Pair, dict[Group, Counter[str]]]:
    """The outcomes of attempts, by address pair and frame group."""
    layout = spreading_layout
    counted: dict[Pair, dict[Group, Counter[str]]] = {}
    for capture in captures:
        tables = {NUMBERS[table]: table for table, _ in capture.tallies if table in ASKED_BY_PORT}
        for cell in capture.exchanges.paired.cells.table() if tables else ():
            table = tables.get(cell[layout.C_KIND])
            if table is None or cell[layout.C_RESPECT] != layout.PAIR:
                continue
            group = capture.number, cell[layout.C_GROUP], table
            known = counted.setdefault(_pair(cell), {}).setdefault(group, Counter())
            known[REPLIED] += cell[layout.C_REPLIED]
            known[UNANSWERED] += cell[layout.C_SILENT]
            known[ERROR] += cell[layout.C_ERRED] + cell[layout.C_EXPIRED]
    return counted


def _pair(cell: Row) -> Pair:
    layout = spreading_layout
    src = address_of(cell[layout.C_SRC_HIGH], cell[layout.C_SRC_LOW])
    dst = address_of(cell[layout.C_DST_HIGH], cell[layout.C_DST_LOW])
    return src, dst
