"""Chance: how probable it is that this many of a sample are marked by chance (the hypergeometric distribution)."""

from __future__ import annotations

from functools import lru_cache
from math import exp, lgamma, log

# Chance is ruled out if it is less probable than this, after the correction.
ALPHA = 0.001
# The same if all of one sort were lost and none of the others.
SHARPLY = 0.02
# Fewer losses than this say nothing about how they are spread.
FEWEST = 5


@lru_cache(maxsize=4096)
def log_tail(total: int, marked: int, drawn: int, found: int) -> float:
    """The logarithm of the probability that at least ``found`` of ``drawn`` out of ``total`` are marked."""
    most = min(marked, drawn)
    if found <= max(0, drawn + marked - total):
        return 0.0

    def term(hits: int) -> float:
        return log_ways(marked, hits) + log_ways(total - marked, drawn - hits) - log_ways(total, drawn)

    largest = max(term(found), -1e6)
    sum_, hits = 0.0, found
    while hits <= most:
        part = exp(min(50.0, term(hits) - largest))
        sum_ += part
        if part < 1e-12 * sum_:
            break
        hits += 1
    return min(0.0, largest + log(sum_)) if sum_ > 0 else -1e6


def log_ways(total: int, drawn: int) -> float:
    """The logarithm of the number of ways to draw this many out of ``total``."""
    if drawn < 0 or drawn > total:
        return -1e9
    return lgamma(total + 1) - lgamma(drawn + 1) - lgamma(total - drawn + 1)
