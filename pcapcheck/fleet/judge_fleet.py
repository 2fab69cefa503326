"""Judge many observations: the largest first, a bounded number at a time, each as often as its worker dies."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait

from msgspec import Struct

from pcapcheck.fleet.engines import Engine
from pcapcheck.fleet.fleet_observation import FleetObservation
from pcapcheck.fleet.fleet_rows import unjudged_rows
from pcapcheck.fleet.judge_observation import DIED, Judged, Judging, judge_observation, packed
from pcapcheck.values import clean

# A process may be killed for another's sake; an observation over which this many died is to blame.
ATTEMPTS = 4


class Ordered(Struct):
    """An observation to be judged, the digest that it had, and how many workers died over it."""

    observation: FleetObservation
    known_digest: str = ""
    deaths: int = 0


def judge_fleet(wanted: Iterable[Ordered], judging: Judging, engine: Engine) -> Iterator[Judged]:
    """Each observation as it is judged: the largest begin first, so that none is left alone at the end."""
    waiting = deque(sorted(wanted, key=lambda one: (-one.observation.size, one.observation.name)))
    running: dict[Future[Judged], Ordered] = {}
    while waiting or running:
        while waiting and len(running) < engine.slots:
            one = waiting.popleft()
            running[engine.submit(judge_observation, one.observation, judging, one.known_digest)] = one
        done, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in done:
            one = running.pop(future)
            error = future.exception()
            if error is None:
                yield future.result()
            elif not engine.has_died(error):
                raise error
            else:
                one.deaths += 1
                if one.deaths < ATTEMPTS:
                    waiting.append(one)
                else:
                    yield _died(one.observation)


def _died(observation: FleetObservation) -> Judged:
    said = (
        f"{clean(observation.name)}: {ATTEMPTS} processes that judged it died, for example because memory ran out; "
        "analyze it by itself"
    )
    return Judged(observation, packed(unjudged_rows(said, DIED, len(observation.files), observation.size)))
