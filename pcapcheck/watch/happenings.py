"""What happened between two snapshots, as events."""

from __future__ import annotations

from collections.abc import Iterator

from pcapcheck.table_names import ARP, CONNECTIONS, DNS, ECHO
from pcapcheck.watch.certainty import Certainty
from pcapcheck.watch.snapshot import Snapshot, Tally, WatchedPod
from pcapcheck.watch.watch_event import WatchEvent, failure_event

# Pods whose first sight was said, and problems of streams; of more nothing is said.
MOST_SAID = 1 << 14
NAMES = {ARP: "ARP request", DNS: "DNS query", CONNECTIONS: "TCP connection", ECHO: "echo request"}
PLURALS = {ARP: "ARP requests", DNS: "DNS queries", CONNECTIONS: "TCP connections", ECHO: "echo requests"}
PodKey = tuple[str, str]


class Happenings:
    """Compares snapshots. What may still change is said only when the next snapshot has it too."""

    def __init__(self, certainty: Certainty) -> None:
        self.certainty = certainty
        self._said: set[PodKey | str] = set()
        self._before: dict[PodKey, WatchedPod] = {}
        # Losses by pod and kind: how many were said, and whether it has been answered since.
        self._lost: dict[tuple[str, str, str], int] = {}
        self._failing: set[tuple[str, str, str]] = set()
        self._verdict = ""
        self._drops = 0

    def take(self, snapshot: Snapshot, is_last: bool = False) -> Iterator[WatchEvent]:
        """The events that lead from the snapshot before to this one."""
        settled = self.certainty.finish(snapshot) if is_last else self.certainty.take(snapshot)
        clock = snapshot.clock
        pods = {(pod.name, pod.link): pod for pod in snapshot.pods}
        for key, pod in pods.items():
            if self._is_new(key):
                yield WatchEvent("pod", clock, f"{pod.name} is seen on {pod.link}", pod=pod.name, link=pod.link)
            yield from self._changes(pod, self._before.get(key), clock, is_last)
        self._before = pods
        kept = pods.keys()
        self._lost = {key: count for key, count in self._lost.items() if key[:2] in kept}
        self._failing = {key for key in self._failing if key[:2] in kept}
        if snapshot.drops > self._drops:
            count, self._drops = snapshot.drops - self._drops, snapshot.drops
            yield WatchEvent("drops", clock, f"the recorder lost {count} packets", count=count)
        for problem in snapshot.problems:
            if " lost " not in problem and self._is_new(problem):
                yield WatchEvent("problem", clock, problem)
        for failure in settled.found:
            yield failure_event("failure", failure, clock)
        for failure in settled.explained:
            yield failure_event("cause", failure, clock)
        for failure in settled.withdrawn:
            text = f"holds after all: {failure.rule or failure.sentence} on {failure.link}"
            yield WatchEvent("withdrawn", clock, text, rule=failure.rule, link=failure.link)
        if not is_last and snapshot.verdict != self._verdict:
            self._verdict = snapshot.verdict
            yield verdict_event("verdict", snapshot)

    def _changes(
        self, pod: WatchedPod, before: WatchedPod | None, clock: int | None, is_last: bool
    ) -> Iterator[WatchEvent]:
        for kind, tally in pod.tallies.items():
            key = (pod.name, pod.link, kind)
            earlier = before.tallies.get(kind, Tally()) if before is not None else Tally()
            stands = tally.lost if is_last else min(tally.lost, earlier.lost)
            count = stands - self._lost.get(key, 0)
            if count > 0:
                self._lost[key] = stands
                self._failing.add(key)
                named = NAMES[kind] if count == 1 else PLURALS[kind]
                text = f"{count} {named} of {pod.name} got no answer"
                yield WatchEvent("lost", clock, text, pod=pod.name, link=pod.link, kind=kind, count=count)
            elif key in self._failing and tally.answered > earlier.answered and tally.lost == earlier.lost:
                self._failing.discard(key)
                more = tally.answered - earlier.answered
                text = f"{pod.name}'s {PLURALS[kind]} are answered again"
                yield WatchEvent("answered", clock, text, pod=pod.name, link=pod.link, kind=kind, count=more)

    def _is_new(self, said: PodKey | str) -> bool:
        if said in self._said or len(self._said) >= MOST_SAID:
            return False
        self._said.add(said)
        return True


def verdict_event(event: str, snapshot: Snapshot) -> WatchEvent:
    """The verdict: so far, or at the ``end``."""
    is_end = event == "end"
    said = f"{snapshot.heading.replace('-', ' ').upper()}{'' if is_end else ' so far'}: {snapshot.headline}"
    return WatchEvent(
        event,
        snapshot.clock,
        said,
        frames=snapshot.frames,
        verdict=snapshot.verdict,
        headline=snapshot.headline,
        preliminary=not is_end,
        exit_code=snapshot.exit_code if is_end else None,
    )
