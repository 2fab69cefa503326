"""Gaps: where a capture is damaged, how reading went on after it, and what is said of both."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from pcapcheck.capture.record import Interface, Problem
from pcapcheck.capture.window import Window

# The most gaps that are listed; further ones are counted.
MOST_GAPS = 20
# A capture damaged in more places is not searched further.
MOST_SEARCHES = 100_000
# The most bytes of one capture that are searched for records, over all its gaps.
MOST_SEARCHED = 1 << 26
STEP = 1 << 16

# Where to read on: (buffer, first place, end of places, end of bytes, whether the file ends there) -> place, or -1
Find = Callable[[bytearray, int, int, int, bool], int]


class Gap(Struct):
    """Damage at ``byte``, after ``frame``; reading went on at ``end``, or did not."""

    kind: str
    what: str
    frame: int
    byte: int
    end: int
    went_on: bool

    @property
    def message(self) -> str:
        damage = f"after frame {self.frame} {self.what}" if self.frame else self.what
        if not self.went_on:
            return f"{damage}: nothing readable was found after that"
        if self.end < self.byte:
            return f"{damage}: read on at byte {self.end}, inside frame {self.frame}, whose length is wrong"
        return f"{damage}: read on at byte {self.end}, {self.end - self.byte} bytes skipped"


class Gaps:
    """Searches a capture for records after damage and remembers every gap."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self._gaps: list[Gap] = []
        self._latest: Gap | None = None
        self._unlisted = 0
        self._left = MOST_SEARCHED
        self._searches = 0

    def search(self, find: Find, reach: int, start: int, most: int | None = None) -> bool:
        """Move the window to the first place at or after byte ``start`` that ``find`` finds; False where none is.

        To judge a place ``find`` must see ``reach`` bytes after it. With ``most``, only that many bytes are looked
        through, and the window can be moved back afterwards to where it stood.
        """
        self._searches += 1
        if self._searches > MOST_SEARCHES:
            return False
        window = self.window
        ahead = start - window.offset
        if ahead < 0 or most is None:
            window.position += ahead
            ahead = 0
        if most is not None and not window.gather(ahead + most + STEP + reach) and window.unread < ahead:
            return False
        window.position += ahead
        most = MOST_SEARCHED if most is None else most
        most = min(most, self._left)
        while most > 0:
            window.gather(STEP + reach)
            until = min(window.position + most, window.end if window.at_eof else window.end - reach)
            found = find(window.buffer, window.position, until, window.end, window.at_eof)
            passed = (found if found >= 0 else until) - window.position
            window.position += passed
            self._left -= passed
            most -= passed
            if found >= 0:
                return True
            if not window.unread:
                return False
        return False

    def add(self, kind: str, what: str, frame: int, byte: int, interfaces: list[Interface], went_on: bool) -> None:
        """Remember the damage ``what`` at ``byte``, after ``frame``; reading goes on where the window stands.

        Frames of ``interfaces`` may be missing in between. Damage where reading just went on makes the same gap larger.
        """
        here = self.window.offset
        if went_on:
            for interface in interfaces:
                interface.unread += max(1, here - byte)
        if self._latest is not None and (self._latest.frame, self._latest.end) == (frame, byte):
            self._latest.end = here
            # If nothing follows after all, the gap ends where reading last went on.
            self._latest.went_on = went_on
            return
        self._latest = Gap(kind, what, frame, byte, here, went_on)
        if len(self._gaps) < MOST_GAPS:
            self._gaps.append(self._latest)
        else:
            self._unlisted += 1

    def report_to(self, problems: list[Problem]) -> None:
        """Add the gaps to the other ``problems``, in the order of the file."""
        problems += [Problem(gap.kind, gap.message, gap.frame, gap.byte) for gap in self._gaps]
        problems.sort(key=lambda problem: problem.byte or 0)
        if self._unlisted:
            problems.append(Problem("more-damage", f"{self._unlisted} more places are damaged like those above"))
