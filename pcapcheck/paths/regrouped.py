"""Regrouped segments: TCP data that kernels and cards cut and merged on its way, so that a segment is not seen again.

A sender's kernel passes on segments of up to 64 KiB, which are cut before they leave by a card (GSO, TSO), and what
comes in is merged again (GRO; kernel: Documentation/networking/segmentation-offloads.rst). A segment that is missing
elsewhere is then no loss: its data passed in others, unless it was never acknowledged.
"""

from __future__ import annotations

from collections.abc import Iterable

from pcapcheck.links.read_capture import Capture
from pcapcheck.paths.path import Path
from pcapcheck.table_names import CONNECTIONS
from pcapcheck.values import as_number

TCP = "tcp"
# Bytes of IP. No segment is longer on a wire of the usual MTU.
LONGEST_ON_A_WIRE = 1500
ANSWERED = "replied"
Pair = frozenset[int]


def regrouped_pairs(captures: Iterable[Capture], paths: Iterable[Path]) -> frozenset[Pair]:
    """The hosts, as each step of a path names them, whose segments were regrouped and whose data was acknowledged."""
    merged = {
        frozenset((step.src, step.dst))
        for path in paths
        if path.packet == TCP and path.longest > LONGEST_ON_A_WIRE
        for step in path.steps
    }
    return frozenset(merged - _in_trouble(captures)) if merged else frozenset()


def _in_trouble(captures: Iterable[Capture]) -> set[Pair]:
    """Hosts with a connection that was not answered, stalled or was reset."""
    found: set[Pair] = set()
    for capture in captures:
        for transfer in capture.exchanges.conversations.broken:
            ends = as_number(transfer.src), as_number(transfer.dst)
            found.add(frozenset(number for number in ends if number is not None))
        for some in capture.exchanges.paired.bins_of(CONNECTIONS):
            if some.outcome != ANSWERED:
                found.update(frozenset((row.src, row.dst)) for row in (*some.samples, *some.spread))
    return found
