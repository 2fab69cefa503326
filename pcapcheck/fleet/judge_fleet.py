"""Judge many observations: the largest first, a bounded number at a time.

One over which a worker died, or that needed more memory than a worker has, is judged again when nothing else is.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import Any

from msgspec import Struct

from pcapcheck.errors import CaptureError
from pcapcheck.fleet.engine import Engine
from pcapcheck.fleet.fleet_observation import FleetObservation
from pcapcheck.fleet.fleet_rows import unjudged_rows
from pcapcheck.fleet.judge_observation import DIED, LATE, MEMORY, Judged, judge_observation, packed
from pcapcheck.fleet.judging import Judging
from pcapcheck.fleet.time_limit import OutOfTime
from pcapcheck.values import clean

# A process may be killed for another's sake; an observation over which this many died is to blame.
ATTEMPTS = 6
# Seconds between looks at what takes too long.
LOOK = 0.5


class Ordered(Struct):
    """An observation to be judged, the digest that it had, how many workers died over it, and whether it is alone."""

    observation: FleetObservation
    known_digest: str = ""
    deaths: int = 0
    alone: bool = False


def judge_fleet(wanted: Iterable[Ordered], judging: Judging, engine: Engine) -> Iterator[Judged]:
    """Each observation as it is judged: the largest begin first, so that none is left alone at the end."""
    waiting = deque(sorted(wanted, key=lambda one: (-one.observation.size, one.observation.name)))
    apart: deque[Ordered] = deque()
    running: dict[Future[Judged], Ordered] = {}
    while waiting or apart or running:
        while waiting and len(running) < engine.slots:
            one = waiting.popleft()
            running[_begun(one, judging, engine)] = one
        if not running:
            one = apart.popleft()
            running[_begun(one, judging, engine)] = one
        done, _ = wait(running, timeout=LOOK, return_when=FIRST_COMPLETED)
        for future in engine.end_overdue():
            yield _late(running.pop(future).observation)
        for future in done:
            one = running.pop(future)
            judged = _came_of(future, one, engine)
            if judged is None:
                one.alone = True
                apart.append(one)
            else:
                yield judged


def _begun(one: Ordered, judging: Judging, engine: Engine) -> Future[Judged]:
    arguments: tuple[Any, ...] = (one.observation, judging, one.known_digest)
    try:
        return engine.submit(judge_observation, *arguments, alone=one.alone)
    except Exception as error:
        raise _stopped(error) from None


def _came_of(future: Future[Judged], one: Ordered, engine: Engine) -> Judged | None:
    """What came of an observation; None if it has to be judged once more."""
    try:
        judged = future.result()
    except OutOfTime:
        return _late(one.observation)
    except Exception as error:
        if not engine.has_died(error):
            raise _stopped(error) from None
        one.deaths += 1
        return None if one.deaths < ATTEMPTS else _died(one.observation)
    return None if judged.problem == MEMORY and not one.alone else judged


def _stopped(error: Exception) -> CaptureError:
    """Nobody is there any more to judge: a scheduler went away, or no process can be started."""
    said = f"{type(error).__name__}: {clean(str(error))}".removesuffix(": ")
    return CaptureError(f"judging stopped ({said}); see what became of the workers: the same command goes on from here")


def _late(observation: FleetObservation) -> Judged:
    said = "not judged within --timeout; see what its source waits for, or allow more time"
    return _unjudged(observation, said, LATE)


def _died(observation: FleetObservation) -> Judged:
    said = f"{ATTEMPTS} processes that judged it died, for example because memory ran out; analyze it by itself"
    return _unjudged(observation, said, DIED)


def _unjudged(observation: FleetObservation, said: str, problem: str) -> Judged:
    rows = unjudged_rows(f"{clean(observation.name)}: {said}", problem, len(observation.files), observation.size)
    return Judged(observation, packed(rows), problem=problem)
