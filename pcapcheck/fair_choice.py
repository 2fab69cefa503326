"""A fair choice: a few of many failing rows, spread over pods, peers and time, so that no one hides another."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from itertools import repeat
from math import inf
from operator import sub
from typing import NamedTuple

Key = Hashable
# A pair weighs more than any number of its pod's, and a pod more than any of its peer's.
WEIGHTS = (1 << 40, 1 << 20, 1)


class Candidate(NamedTuple):
    """Who asked whom for what, and when: nanoseconds, or another number that grows with time."""

    pod: Key
    peer: Key
    pair: Key
    when: int


def choose(candidates: Sequence[Candidate], most: int) -> list[int]:
    """The numbers of at most ``most`` candidates, the most telling first.

    The first candidate is the first choice. Then it is a pair's turn that had the fewest so far, of those a pod's,
    then a peer's, and then what is farthest in time from all that were chosen; of equal ones, the earliest.
    """
    # Whose turn it is: how many were chosen of a candidate's pair, its pod and its peer, as one number.
    turns: list[float] = [0] * len(candidates)
    alike: dict[tuple[int, Key], list[int]] = {}
    for number, one in enumerate(candidates):
        for weight, key in zip(WEIGHTS, (one.pair, one.pod, one.peer), strict=True):
            alike.setdefault((weight, key), []).append(number)
    times = [one.when for one in candidates]
    # How far in time each is from all that were chosen.
    apart: list[float] = [inf] * len(candidates)
    chosen: list[int] = []
    for _ in range(min(most, len(candidates))):
        least = min(turns)
        number = max((at for at, turn in enumerate(turns) if turn == least), key=apart.__getitem__)
        chosen.append(number)
        one = candidates[number]
        for weight, key in zip(WEIGHTS, (one.pair, one.pod, one.peer), strict=True):
            for other in alike[weight, key]:
                turns[other] += weight
        turns[number] = inf
        apart = list(map(min, apart, map(abs, map(sub, times, repeat(one.when)))))
    return chosen
