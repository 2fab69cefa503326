"""Events of a watch: what a person would say aloud while looking on, one at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from pcapcheck.values import format_time
from pcapcheck.watch.snapshot import WatchedFailure

# The names of events, and what each is about.
KINDS = {
    "listening": "what happens from now on is seen: the recorders of all interfaces listen",
    "pod": "a pod is seen for the first time",
    "failure": "a failure is certain: the time limit has passed",
    "cause": "more is known of a certain failure: another cause is more likely now, or one is proved",
    "withdrawn": "a certain failure does not hold any more, since an answer came after all",
    "lost": "questions of a pod got no answer",
    "answered": "a pod's questions are answered again",
    "drops": "the recorder lost packets",
    "problem": "something is wrong with the stream",
    "verdict": "the verdict so far is another one",
    "so-far": "how much was read, and the verdict so far",
    "end": "the final verdict",
}


class WatchEvent(Struct, frozen=True, omit_defaults=True):
    """An event. ``event`` is its name (``KINDS``), ``text`` says it in words.

    ``clock`` is the capture's, in nanoseconds since 1970. ``kind`` is a table of questions, ``count`` how many of them,
    or how many packets. A ``verdict`` is ``preliminary`` until the end.
    """

    event: str
    clock: int | None
    text: str
    pod: str = ""
    link: str = ""
    kind: str = ""
    rule: str = ""
    severity: str = ""
    cause: str = ""
    command: str = ""
    is_proved: bool = False
    count: int = 0
    frames: int = 0
    verdict: str = ""
    headline: str = ""
    preliminary: bool = False
    exit_code: int | None = None

    def fields(self) -> dict[str, Any]:
        """As a line of JSON has it: only what it is about, and its time as RFC 3339."""
        time = None if self.clock is None else format_time(self.clock)
        said: dict[str, Any] = {"event": self.event, "time": time, "text": self.text}
        for name in self.__struct_fields__[3:]:
            value = getattr(self, name)
            if value not in ("", 0, False, None) or (name == "exit_code" and value == 0):
                said[name] = value
        return said


def failure_event(event: str, failure: WatchedFailure, clock: int | None) -> WatchEvent:
    """A failure that is certain, with its cause: when it is found, or when more is known (``cause``)."""
    cause = f"; {'cause' if failure.is_proved else 'possible cause'}: {failure.cause}" if failure.cause else ""
    return WatchEvent(
        event,
        clock,
        failure.sentence + cause,
        link=failure.link,
        rule=failure.rule,
        severity=failure.severity,
        cause=failure.cause,
        command=failure.command,
        is_proved=failure.is_proved,
        count=failure.failed,
    )


def listening_event(names: Sequence[str], clock: int) -> WatchEvent:
    """The recorders of these interfaces have begun; whoever waits to try something may do so."""
    return WatchEvent("listening", clock, f"listening on {', '.join(names)}; what happens from now on is seen")
