"""The screen: verdict, pods, failures and the latest events, drawn a few times a second."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import IO

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from pcapcheck.report.marks import FAILED, PLAIN_MARKS, WARNED, can_show
from pcapcheck.report.pod_table import aligned
from pcapcheck.table_names import ARP, CONNECTIONS, DNS, ECHO
from pcapcheck.values import format_duration, format_durations
from pcapcheck.watch.display import Scene
from pcapcheck.watch.event_lines import in_words
from pcapcheck.watch.snapshot import Snapshot, Tally, WatchedFailure, WatchedPod
from pcapcheck.watch.watch_event import WatchEvent

# Seconds between two drawings.
EVERY = 0.25
STYLES = {"pass": "bold green", "fail": "bold red", "warn": "bold yellow", "not-checked": "bold yellow"}
NONE = "–"
SECOND = 10**9
# Rows that are for failures and events, if there is that much to say; pods get the rest.
FAILURES, EVENTS = 8, 6
# Lines that a sentence may take.
SENTENCE = 3
Column = tuple[str, Callable[[WatchedPod], str]]


def _answered(kind: str) -> Callable[[WatchedPod], str]:
    def show(pod: WatchedPod) -> str:
        tally = pod.tallies.get(kind, Tally())
        settled = tally.answered + tally.lost
        open_ = f" ({tally.open} open)" if tally.open else ""
        return f"{tally.answered} of {settled}{open_}" if settled else (NONE if not open_ else open_.strip())

    return show


def _lost(pod: WatchedPod) -> str:
    return str(pod.lost) if pod.tallies else NONE


def _rtt(pod: WatchedPod) -> str:
    tally = pod.tallies.get(ECHO, Tally())
    return NONE if tally.rtt is None else format_durations(list(tally.rtt))


def _most(pod: WatchedPod) -> str:
    tally = pod.tallies.get(ECHO, Tally())
    return NONE if tally.rtt is None else format_duration(tally.rtt[-1])


LAYOUTS: tuple[tuple[Column, ...], ...] = (
    (
        ("ARP answered", _answered(ARP)),
        ("DNS answered", _answered(DNS)),
        ("TCP answered", _answered(CONNECTIONS)),
        ("echo replied", _answered(ECHO)),
        ("lost", _lost),
        ("rtt min/median/p99/max", _rtt),
    ),
    (
        ("ARP", _answered(ARP)),
        ("DNS", _answered(DNS)),
        ("TCP", _answered(CONNECTIONS)),
        ("echo", _answered(ECHO)),
        ("lost", _lost),
        ("rtt max", _most),
    ),
    (("ARP", _answered(ARP)), ("echo", _answered(ECHO)), ("lost", _lost)),
    (("lost", _lost),),
)


class Screen:
    """Draws the scene on a terminal; it is gone when the watch ends, since the report says it all."""

    def __init__(self, stream: IO[str]) -> None:
        self._console = Console(file=stream, highlight=False, emoji=False, markup=False)
        self._marked = can_show(stream)
        self._live = Live(console=self._console, auto_refresh=False, transient=True)
        self._drawn = 0.0
        self._live.start()

    def tell(self, event: WatchEvent) -> None:
        """The scene has the events."""

    def show(self, scene: Scene) -> None:
        """Draw the scene, if it was drawn some time ago."""
        now = time.monotonic()
        if now - self._drawn >= EVERY:
            self._drawn = now
            try:
                self._live.update(Group(*self.lines(scene)), refresh=True)
            except OSError:
                # The terminal is gone; the verdict does not need it.
                self._drawn = float("inf")

    def close(self) -> None:
        """Give the terminal back."""
        with suppress(OSError):
            self._live.stop()

    def lines(self, scene: Scene) -> list[Text]:
        """The lines of the scene: no more than the terminal is high, none wider than it."""
        width, height = self._console.width, self._console.height - 1
        snapshot = scene.snapshot
        lines = [*self._wrapped(self._verdict(snapshot), width), self._read(scene)]
        failures = [] if snapshot is None else [self._failure(each, scene, width) for each in snapshot.failures]
        events = [Text(in_words(event, self._marked), "dim") for event in scene.events]
        room = height - len(lines)
        below = [*_few(failures, max(1, min(FAILURES, room // 2))), *events[-max(1, min(EVENTS, room // 3)) :]]
        room -= len(below)
        if snapshot is not None and snapshot.pods and room > 1:
            lines += _pods(snapshot, width, room)
        return [self._fit(line) for line in (*lines, *below)][:height]

    def _verdict(self, snapshot: Snapshot | None) -> Text:
        if snapshot is None:
            return Text("waiting for packets", "bold")
        heading = snapshot.heading.replace("-", " ").upper()
        return Text.assemble((heading, STYLES.get(snapshot.heading, "bold")), (" so far  ", "dim"), snapshot.headline)

    def _read(self, scene: Scene) -> Text:
        elapsed = format_duration(int(scene.elapsed) * SECOND) if scene.elapsed >= 1 else "0 s"
        said = f"{scene.frames:,} frames in {elapsed}"
        if scene.snapshot is not None:
            said += f" · {scene.snapshot.words}"
            said += f" · {scene.snapshot.drops:,} lost by the recorder" if scene.snapshot.drops else ""
        return Text(said, "dim")

    def _failure(self, failure: WatchedFailure, scene: Scene, width: int) -> list[Text]:
        is_error = failure.severity == "error"
        mark = FAILED if is_error else WARNED
        mark = mark if self._marked else PLAIN_MARKS.get(mark, mark)
        line = Text(f"{mark} {failure.sentence}", "red" if is_error else "yellow")
        if failure.key not in scene.certain:
            line.append(" (not certain so far)", "dim")
            return self._wrapped(line, width)
        cause = f"  {'cause' if failure.is_proved else 'possible cause'}: {failure.cause}"
        return [*self._wrapped(line, width), *(self._wrapped(Text(cause), width) if failure.cause else ())]

    def _wrapped(self, text: Text, width: int) -> list[Text]:
        """A sentence on as many lines as it takes, within reason."""
        lines = list(text.wrap(self._console, width))
        for line in lines:
            line.rstrip()
        return [*lines[: SENTENCE - 1], Text(" ").join(lines[SENTENCE - 1 :])] if len(lines) > SENTENCE else lines

    def _fit(self, line: Text) -> Text:
        """A line that the terminal can show: cut at its width, and with substitutes for characters that it lacks."""
        if not self._marked:
            shown = line.plain.encode(self._console.encoding, "pcapcheck.kernels").decode(self._console.encoding)
            line = Text(shown, line.style)
        line.no_wrap, line.overflow = True, "ellipsis" if self._marked else "crop"
        return line


def _few(failures: list[list[Text]], most: int) -> list[Text]:
    """The first failures that find room on ``most`` lines, and how many more there are."""
    lines: list[Text] = []
    for number, failure in enumerate(failures):
        is_last = number == len(failures) - 1
        if lines and len(lines) + len(failure) > most - (not is_last):
            return [*lines, Text(f"and {len(failures) - number} more failures", "dim")]
        lines += failure
    return lines


def _pods(snapshot: Snapshot, width: int, room: int) -> list[Text]:
    """The worst pods in the widest layout that fits."""
    pods = snapshot.pods[: max(1, room - 1)]
    hidden = len(snapshot.pods) + snapshot.more_pods - len(pods)
    if hidden and len(pods) > 1:
        pods, hidden = pods[:-1], hidden + 1
    for columns in LAYOUTS:
        rows = [["pod", *(title for title, _ in columns)]]
        rows += [[pod.name, *(show(pod) for _, show in columns)] for pod in pods]
        lines = aligned(rows)
        if max(map(len, lines)) <= width or columns is LAYOUTS[-1]:
            break
    said = [Text(line, "dim" if number == 0 else "") for number, line in enumerate(lines)]
    return [*said, *([Text(f"and {hidden:,} more pods", "dim")] if hidden else [])]
