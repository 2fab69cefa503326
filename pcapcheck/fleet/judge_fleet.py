"""Judge many observations: the largest first, a bounded number at a time, each as often as its worker dies."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait

from msgspec import Struct

from pcapcheck.errors import CaptureError
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
            try:
                future = engine.submit(judge_observation, one.observation, judging, one.known_digest)
            except Exception as error:
                raise _stopped(error) from None
            running[future] = one
        done, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in done:
            one = running.pop(future)
            try:
                judged = future.result()
            except Exception as error:
                if not engine.has_died(error):
                    raise _stopped(error) from None
                one.deaths += 1
                if one.deaths < ATTEMPTS:
                    waiting.append(one)
                    continue
                judged = _died(one.observation)
            yield judged


def _stopped(error: Exception) -> CaptureError:
    """Nobody is there any more to judge: a scheduler went away, or no process can be started."""
    said = f"{type(error).__name__}: {clean(str(error))}".removesuffix(": ")
    return CaptureError(f"judging stopped ({said}); see what became of the workers: the same command goes on from here")


def _died(observation: FleetObservation) -> Judged:
    said = (
        f"{clean(observation.name)}: {ATTEMPTS} processes that judged it died, for example because memory ran out; "
        "analyze it by itself"
    )
    return Judged(observation, packed(unjudged_rows(said, DIED, len(observation.files), observation.size)))
