"""A fair choice: a few of many failing rows, spread over pods, peers and time, so that no one hides another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import inf
from typing import NamedTuple

Key = object


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
    pods: Counter[Key] = Counter()
    peers: Counter[Key] = Counter()
    pairs: Counter[Key] = Counter()
    # How far in time each is from all that were chosen.
    left: dict[int, float] = dict.fromkeys(range(len(candidates)), inf)

    def turn(number: int) -> tuple[float, ...]:
        one = candidates[number]
        return pairs[one.pair], pods[one.pod], peers[one.peer], -left[number], number

    chosen: list[int] = []
    while left and len(chosen) < most:
        number = min(left, key=turn)
        del left[number]
        taken = candidates[number]
        pods[taken.pod] += 1
        peers[taken.peer] += 1
        pairs[taken.pair] += 1
        for other in left:
            left[other] = min(left[other], abs(candidates[other].when - taken.when))
        chosen.append(number)
    return chosen
