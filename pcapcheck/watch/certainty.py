"""Which failures are certain: those that still stand when an answer would be too late."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from pcapcheck.links.read_capture import Reading
from pcapcheck.table_names import ADDRESSES, ANSWERS, ARP, ECHO, FRAMES, HOPS, PATHS
from pcapcheck.watch.snapshot import Snapshot, WatchedFailure

Key = tuple[str, str, str]
# Tables whose rows are made of what several streams show.
SEVERAL = (PATHS, HOPS)


def waits_of(reading: Reading) -> dict[str, int]:
    """How long an answer may take, by table (nanoseconds); for other tables it is the wait for DNS, the longest."""
    return {
        **dict.fromkeys((ARP, ANSWERS, FRAMES, ADDRESSES), reading.arp_wait),
        **dict.fromkeys((ECHO, PATHS, HOPS), reading.echo_wait),
        "": max(reading.arp_wait, reading.echo_wait, reading.dns_wait),
    }


class Settled(Struct, frozen=True):
    """What a snapshot settles: failures ``found`` to be certain, those whose cause is another one now or is proved
    now (``explained``), and those that turn out to be none (``withdrawn``).
    """

    found: list[WatchedFailure]
    explained: list[WatchedFailure]
    withdrawn: list[WatchedFailure]


class Certainty:
    """Follows failures from snapshot to snapshot. ``certain`` are those that are final, as far as anything is.

    A failure is certain when as long as an answer may take has passed since, by the capture's clock: since its first
    row or, if that has no time, since it was seen first. What is about packets that one stream shows and another does
    not is certain when that has passed in all of them.
    """

    def __init__(self, waits: Mapping[str, int]) -> None:
        self.certain: dict[Key, WatchedFailure] = {}
        self._waits = waits
        self._since: dict[Key, int] = {}

    def take(self, snapshot: Snapshot) -> Settled:
        """What is certain from this snapshot on."""
        standing = {failure.key: failure for failure in snapshot.failures}
        self._since = {key: since for key, since in self._since.items() if key in standing}
        withdrawn = [failure for key, failure in self.certain.items() if key not in standing]
        before = self.certain
        certain: dict[Key, WatchedFailure] = {}
        for key, failure in standing.items():
            clock = snapshot.heard_by_all if failure.table in SEVERAL else snapshot.clock
            if key in before or self._has_stood(key, failure, clock):
                certain[key] = failure
        found = [failure for key, failure in certain.items() if key not in before]
        explained = [
            failure
            for key, failure in certain.items()
            if key in before and (failure.cause, failure.is_proved) != (before[key].cause, before[key].is_proved)
        ]
        self.certain = certain
        return Settled(found, explained, withdrawn)

    def finish(self, snapshot: Snapshot) -> Settled:
        """The same at the end, when nothing can change any more."""
        self._waits, self._since = {"": 0}, {}
        return self.take(snapshot)

    def _has_stood(self, key: Key, failure: WatchedFailure, clock: int | None) -> bool:
        wait = self._waits.get(failure.table, self._waits[""])
        if not wait:
            return True
        if clock is None:
            return False
        if failure.time is not None:
            return clock - failure.time >= wait
        # A clock that was set back makes it wait longer, not less.
        since = self._since[key] = min(clock, self._since.get(key, clock))
        return clock - since >= wait
