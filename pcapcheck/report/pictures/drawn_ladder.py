"""A ladder with places: where each of its arrows stands in a drawing."""

from __future__ import annotations

from itertools import pairwise

from msgspec import Struct

from pcapcheck.report.pictures.ladder import LOST, SEEN, Arrow, Ladder, time_words

LEFT, RIGHT, TOP, BOTTOM = 110, 90, 66, 22
# Between arrows: at least this, and what time between them adds to all of them together.
ROW, LEG, STRETCH = 36, 22, 150
NARROW, WIDE = 108, 280
WIDTH = 860
# The width of a letter, about; how far from where a packet ends its note stands, or how far below without room there.
LETTER, ASIDE, BELOW = 6.4, 96, 17


class DrawnLadder(Struct, frozen=True):
    """Coordinates in pixels. Time between packets is drawn in proportion."""

    ladder: Ladder

    @property
    def gap(self) -> int:
        """Between two lifelines."""
        spaces = max(1, len(self.ladder.lifelines) - 1)
        return min(WIDE, max(NARROW, (WIDTH - LEFT - RIGHT) // spaces))

    @property
    def width(self) -> int:
        return max(WIDTH, LEFT + RIGHT + self.gap * (len(self.ladder.lifelines) - 1))

    @property
    def letters(self) -> int:
        """How long the text of an arrow may be."""
        return int((self.width - LEFT) / LETTER)

    @property
    def name_letters(self) -> int:
        """How long the name of a lifeline may be."""
        return int(self.gap / (LETTER + 0.8))

    def x(self, lifeline: int) -> int:
        return LEFT + lifeline * self.gap

    def is_below(self, arrow: Arrow) -> bool:
        """Whether a note has no room next to the cross where a packet ends."""
        side = 1 if arrow.end > arrow.start else -1
        end = self.x(arrow.start) + side * (ASIDE + LETTER * (len(arrow.note) + 2))
        return arrow.state == LOST and not 0 <= end <= self.width

    @property
    def height(self) -> int:
        return round(self.arrows[-1][1] + BOTTOM + BELOW) if self.ladder.arrows else TOP + BOTTOM

    @property
    def arrows(self) -> list[tuple[Arrow, float, str]]:
        """Each arrow with its height and the time that stands next to it."""
        arrows = self.ladder.arrows
        # The legs of one packet stand close together, however long it takes.
        waits = [0] + [_wait(before, arrow) for before, arrow in pairwise(arrows)]
        whole = max(1, sum(waits))
        placed: list[tuple[Arrow, float, str]] = []
        y = float(TOP)
        for number, (arrow, wait) in enumerate(zip(arrows, waits, strict=True)):
            goes_on = number > 0 and arrows[number - 1].packet == arrow.packet
            if goes_on:
                # A leg that nothing shows is drawn on from where the packet was seen.
                y += LEG if arrow.state == SEEN else 0
            elif number:
                y += ROW + STRETCH * wait / whole + (BELOW if self.is_below(arrows[number - 1]) else 0)
            placed.append((arrow, round(y, 1), "" if goes_on else time_words(arrow.after)))
        return placed


def _wait(before: Arrow, arrow: Arrow) -> int:
    """Nanoseconds from one packet to the next."""
    if before.packet == arrow.packet or before.after is None or arrow.after is None:
        return 0
    return max(0, arrow.after - before.after)
