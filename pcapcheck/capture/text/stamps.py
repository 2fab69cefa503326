"""The times that tcpdump prints before a packet, in all its styles (-t, -tt, -ttt, -tttt, -ttttt), as nanoseconds."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

_CLOCK = r"\d\d:\d\d:\d\d(?:\.\d{1,9})?"
STAMP = rf"(?:\d{{4}}-\d\d-\d\d[ T]{_CLOCK}|\d{{1,10}}\.\d{{6}}(?:\d{{3}})?|-?{_CLOCK})"
_WHOLE = re.compile(
    r"(?:(?:(?P<date>\d{4}-\d\d-\d\d)[ T])?(?P<sign>-?)(?P<hours>\d\d):(?P<minutes>\d\d):(?P<seconds>\d\d)"
    r"|(?P<epoch>\d{1,10}))"
)
SECOND = 10**9
DAY = 24 * 3600 * SECOND
# What times are by tcpdump's option.
STYLES = {"ttt": "since before", "ttttt": "since first"}
# How many packets are looked at to distinguish times since the packet before from times since the first.
UNDECIDED = 64
# Of fewer packets, times that fall back a little may be either.
FEW = 16
# Times that lie close together are since the packet before if one in four or more is smaller than another before it.
MANY = 4
# Recorders with several queues step back a little. A time further back is another capture; after other
# text, a time that is a little further back, or long after, is too.
LITTLE = 1_000_000
FAR = 5 * SECOND
LONG_AFTER = 600 * SECOND


class Stamp(NamedTuple):
    """A time as printed: nanoseconds since 1970, or since midnight if it is only a ``clock`` time."""

    value: int
    clock: bool


def parse_stamp(text: str) -> Stamp | None:
    """A time as tcpdump prints it; None where there is no such time."""
    seconds, point, fraction = text.partition(".")
    whole = _whole_seconds(seconds)
    if not point or whole is None:
        return whole
    if not fraction.isdecimal() or len(fraction) > 9:
        return None
    nanoseconds = int(fraction) * 10 ** (9 - len(fraction))
    return Stamp(whole.value - nanoseconds if seconds[0] == "-" else whole.value + nanoseconds, whole.clock)


@lru_cache(maxsize=1 << 8)
def _whole_seconds(text: str) -> Stamp | None:
    """A time without its fraction; many packets share it."""
    match = _WHOLE.fullmatch(text)
    if match is None:
        return None
    if match["epoch"]:
        return Stamp(int(match["epoch"]) * SECOND, False)
    hours, minutes, seconds = (int(match[name]) for name in ("hours", "minutes", "seconds"))
    if hours > 23 or minutes > 59 or seconds > 60:
        return None
    of_day = (hours * 3600 + minutes * 60 + seconds) * SECOND
    if not match["date"]:
        return Stamp(-of_day if match["sign"] else of_day, True)
    try:
        date = datetime.fromisoformat(match["date"]).replace(tzinfo=UTC)
    except ValueError:
        return None
    return Stamp(int(date.timestamp()) * SECOND + of_day, False)


class Timeline:
    """The times of one capture, in turn, as nanoseconds since 1970; None where none was printed.

    Times of the day are taken for those of 1970-01-01, UTC, and go on after midnight. A capture that begins with
    00:00:00.000000 has times since its first packet (-ttttt), or, if they fall back by more than a little, or again and
    again, since the packet before (-ttt): until that is known, times are held back. Of only a few packets, times of
    which some are a little smaller than the one before may be either, and none is known. ``option`` is the one that
    tcpdump is known to have run with: ``ttt`` or ``ttttt`` settle it.
    """

    def __init__(self, option: str = "") -> None:
        self._held: list[Stamp | None] = []
        self._style: str | None = STYLES.get(option)
        # How many of those held back are smaller than the one before.
        self._backwards = 0
        self._sum = 0
        self._days = 0
        self._latest: int | None = None
        self._last: Stamp | None = None

    @property
    def undecided(self) -> bool:
        """Whether the times taken so far are held back."""
        return self._style is None and bool(self._held)

    def begins_capture(self, stamp: Stamp | None, apart: bool) -> bool:
        """Whether a time is so far before the last that another capture begins here.

        Where it stands ``apart`` (something else is written before it) a little will do, or a long time after the last.
        """
        if stamp is None or self._last is None or stamp.clock != self._last.clock:
            return False
        if self._style in (None, "since before", "since first", "either"):
            return apart and not stamp.value and stamp.clock
        back = self._last.value - stamp.value
        return (LITTLE if apart else FAR) < back < DAY // 2 or (apart and back < -LONG_AFTER)

    def take(self, stamp: Stamp | None) -> list[int | None]:
        """The times that are known now: of this packet, and of those held back before it."""
        self._last = stamp or self._last
        if self._style is None:
            first = next((held for held in self._held if held is not None), stamp)
            if first is None or not first.clock or first.value:
                self._style = "clock" if first is not None and first.clock else "absolute" if first else None
                if self._style is None:
                    return [None]
            else:
                return self._hold(stamp)
        return [self._time(stamp)]

    def finish(self) -> list[int | None]:
        """The times still held back at the end of the capture."""
        if not self._held:
            return []
        held, self._held = self._held, []
        if self._style is None:
            dense = max((stamp.value for stamp in held if stamp is not None), default=0) <= 2 * LITTLE
            if dense and MANY * self._backwards >= len(held):
                self._style = "since before"
            else:
                self._style = "either" if self._backwards and len(held) < FEW else "since first"
        return [self._time(stamp) for stamp in held]

    def _hold(self, stamp: Stamp | None) -> list[int | None]:
        before = max((held.value for held in self._held if held is not None), default=0)
        self._held.append(stamp)
        if stamp is not None and stamp.value < before:
            self._backwards += 1
            # Of several interfaces some packets are printed a little late, and yet their times grow.
            self._style = "since before" if stamp.value < before - LITTLE else None
        return self.finish() if self._style or len(self._held) >= UNDECIDED else []

    def _time(self, stamp: Stamp | None) -> int | None:
        if stamp is None or self._style == "either":
            return None
        if not stamp.clock:
            return stamp.value
        if self._style == "since before":
            self._sum += stamp.value
            return self._sum
        if self._latest is not None and stamp.value + self._days < self._latest - DAY // 2:
            self._days += DAY
        self._latest = stamp.value + self._days
        return self._latest
