"""What the pairing of questions for MACs means, in plain Python: slow, and without a bound on memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from pcapcheck.exchanges.arp_row import ArpRow, between
from pcapcheck.exchanges.resolving_layout import AMBIGUOUS, ENOUGH, KEPT, MOST_EARLY, OUT_OF_ORDER, PATIENCE, STEP_BACK
from pcapcheck.exchanges.waiting import with_margin

# Who asks whom: asker, the asker's MAC if both sides show it, target.
Key = tuple[int | None, int | None, int]


@dataclass(frozen=True)
class Asked:
    """A question, an answer, or (``kind`` neither) an announcement. ``asker`` is None in an answer that names none."""

    kind: str
    asker: int | None
    target: int
    asker_mac: int | None
    mac: int | None
    time: int | None
    number: int = 0

    def key(self, discovery: bool) -> Key:
        return self.asker, None if discovery else self.asker_mac, self.target


@dataclass
class Resolution:
    """One that is open."""

    first: Asked
    latest: Asked
    previous: int | None = None
    attempts: int = 1
    requests: list[int] = field(default_factory=list)
    count: int = 0
    # Each with its latency.
    answers: list[tuple[Asked, int | None]] = field(default_factory=list)
    uncertain: bool = False

    def macs(self) -> frozenset[int]:
        return frozenset(answer.mac for answer, _ in self.answers if answer.mac is not None)

    def row(self, family: int, outcome: str) -> ArpRow:
        gap = between(self.previous, self.latest.time)
        first = self.answers[0] if self.answers else None
        assert self.first.asker is not None
        return ArpRow(
            1,
            family,
            self.first.asker,
            self.first.asker_mac,
            self.first.target,
            self.first.time,
            self.latest.time,
            "broadcast",
            self.attempts,
            outcome,
            self.count,
            between(self.first.time, first[0].time) if first else None,
            first[1] if first and (gap is None or gap >= AMBIGUOUS) else None,
            None if self.uncertain else self.macs() or None,
            self.macs() or None,
            self.requests + [answer.number for answer, _ in self.answers],
        )


@dataclass
class Model:
    """Pairs what was asked over one capture point."""

    wait: int
    discovery: bool = False
    printed: bool = False
    open: dict[Key, Resolution] = field(default_factory=dict)
    early: dict[Key, Asked] = field(default_factory=dict)
    # Of a text: those that wait, in the order of their questions, and by target and MAC the one that was answered last.
    waiting: list[Key] = field(default_factory=list)
    answered: dict[tuple[object, ...], Key] = field(default_factory=dict)
    slowest: int = 0

    @property
    def family(self) -> int:
        return 6 if self.discovery else 4

    def take(self, asked: Asked) -> Iterator[ArpRow]:
        """The resolutions that this closes."""
        if asked.kind == "request":
            yield from self.ask(asked)
        elif asked.kind == "reply":
            self.answer(asked)

    def finish(self, last: int | None) -> Iterator[ArpRow]:
        for known in self.open.values():
            waited = between(known.first.time, last)
            wait = max(self.wait, with_margin(self.slowest))
            due = known.attempts >= ENOUGH if waited is None else waited >= wait
            yield known.row(self.family, "answered" if known.count else "unanswered" if due else "in-flight")

    def ask(self, asked: Asked) -> Iterator[ArpRow]:
        key = asked.key(self.discovery)
        known = self.open.get(key)
        early = None
        if known is not None:
            pause = between(known.latest.time, asked.time)
            if not known.count and (pause is None or pause <= PATIENCE * self.wait):
                known.attempts += 1
                known.previous, known.latest = known.latest.time, asked
                known.requests += [asked.number] if len(known.requests) < KEPT else []
                return
            late = known.answers[-1][0].time if known.answers else None
            if late is not None and asked.time is not None and late > asked.time:
                if len(known.answers) == 1:
                    known.attempts += 1
                    known.previous, known.latest = known.latest.time, asked
                    known.answers = [(known.answers[0][0], between(asked.time, late))]
                    return
                early = known.answers.pop()[0]
                known.count -= 1
            del self.open[key]
            self.forget(key)
            yield known.row(self.family, "answered" if known.count else "unanswered")
        self.open[key] = Resolution(asked, asked, requests=[asked.number])
        early = early or self.early.pop(key, None)
        if self.printed:
            self.waiting.append(key)
            for mac in (asked.asker_mac, None):
                early = early or self.early.pop((None, mac, asked.target), None)
        gap = None if early is None or early.time is None or asked.time is None else early.time - asked.time
        if early is not None and gap is not None and -STEP_BACK <= gap <= OUT_OF_ORDER:
            self.answer(early)

    def answer(self, asked: Asked) -> None:
        key: Key | None = asked.key(self.discovery)
        if asked.asker is None:
            key = self.whose(asked) or key
        assert key is not None
        known = self.open.get(key)
        if known is None:
            self.early[key] = asked
            if len(self.early) > MOST_EARLY:
                del self.early[next(iter(self.early))]
            return
        if self.printed:
            if asked.asker_mac is None and not known.uncertain and known.macs() and asked.mac not in known.macs():
                known.uncertain = True
            self.waiting = [other for other in self.waiting if other != key]
            self.answered |= {(key[2], "any"): key, (key[2], key[1]): key}
        latency = between(known.latest.time, asked.time)
        if latency is not None and not known.answers:
            self.slowest = max(self.slowest, latency)
        known.count += 1
        if len(known.answers) < KEPT:
            known.answers.append((asked, latency))

    def whose(self, asked: Asked) -> Key | None:
        """Whom an answer is for that names no asker: who has waited longest, or was answered last."""
        whose = [asked.asker_mac, None] if asked.asker_mac is not None else ["any"]
        waiting = [key for mac in whose for key in self.waiting if key[2] == asked.target and mac in (key[1], "any")]
        answered = [self.answered[asked.target, mac] for mac in whose if (asked.target, mac) in self.answered]
        return next(iter(waiting + answered), None)

    def forget(self, key: Key) -> None:
        self.waiting = [other for other in self.waiting if other != key]
        self.answered = {place: other for place, other in self.answered.items() if other != key}
