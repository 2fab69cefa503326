"""The way of a packet with places: where each stop and leg stands in a drawing, in one row or two."""

from __future__ import annotations

from functools import cached_property

from msgspec import Struct

from pcapcheck.report.pictures.ladder import LOST
from pcapcheck.report.pictures.way import Leg, Stop, Way

# Stops in one row; what is longer than a page is wide cannot be read.
MOST_IN_ROW = 5
GAP, ROW, EDGE = 200, 170, 80
# From the middle of a stop to its rim.
BOX, DOT = 70, 9
# From the last stop of a row to where its leg breaks off.
STUB = 86
# The width of a bold letter, about.
LETTER = 7.4


class DrawnLeg(Struct, frozen=True):
    """From ``a`` to ``b`` at the height ``y``; ``breaks``: it goes on in the next row, or comes from the row above.

    ``label`` is where the middle of its text stands. ``goes_on``: packets were seen behind it.
    """

    leg: Leg
    a: int
    b: int
    y: int
    label: int
    goes_on: bool
    breaks: bool = False
    is_rest: bool = False


class DrawnWay(Struct, frozen=True, dict=True):
    """Coordinates in pixels."""

    way: Way

    @cached_property
    def rows(self) -> list[range]:
        """The stops of each row, by number: broken where one machine ends, if both parts fit."""
        count = len(self.way.stops)
        if count <= MOST_IN_ROW:
            return [range(count)]
        ends = [last + 1 for _, _, last in self.machines_in_a_row]
        fitting = [end for end in ends if end <= MOST_IN_ROW and count - end <= MOST_IN_ROW]
        cut = max(fitting, default=(count + 1) // 2)
        return [range(cut), range(cut, count)]

    @property
    def machines_in_a_row(self) -> list[tuple[str, int, int]]:
        """The machines that stops in a row are on: name, first and last stop by number."""
        found: list[tuple[str, int, int]] = []
        for number, stop in enumerate(self.way.stops):
            if stop.machine and found and found[-1][0] == stop.machine and found[-1][2] == number - 1:
                found[-1] = (stop.machine, found[-1][1], number)
            elif stop.machine:
                found.append((stop.machine, number, number))
        return found

    @property
    def width(self) -> int:
        return 2 * EDGE + (max(map(len, self.rows)) - 1) * GAP + (STUB - EDGE + 20 if len(self.rows) > 1 else 0)

    @property
    def height(self) -> int:
        return ROW * len(self.rows)

    @property
    def stops(self) -> list[tuple[Stop, int, int]]:
        """Each stop with the middle of its mark."""
        return [(stop, *self._at(number)) for number, stop in enumerate(self.way.stops)]

    @property
    def machines(self) -> list[tuple[str, int, int, int]]:
        """A frame for each machine and row: name, left, width and top."""
        found = []
        for name, first, last in self.machines_in_a_row:
            for row in self.rows:
                own = [number for number in row if first <= number <= last]
                if own:
                    left, top = self._at(own[0])
                    found.append((name, left - 67, self._at(own[-1])[0] - left + 134, top - 62))
        return found

    @property
    def legs(self) -> list[DrawnLeg]:
        found = []
        for number, leg in enumerate(self.way.legs):
            (x, y), (end, below) = self._at(number), self._at(number + 1)
            goes_on = bool(self.way.stops[number + 1].seen)
            a = x + self._rim(number)
            b = end - self._rim(number + 1) if y == below else x + STUB
            found.append(DrawnLeg(leg, a, b, y, self._label(leg, (a + b) // 2), goes_on, breaks=y != below))
            if y != below:
                rest = end - self._rim(number + 1)
                found.append(DrawnLeg(leg, end - STUB + 10, rest, below, 0, goes_on, is_rest=True))
        return found

    def _label(self, leg: Leg, middle: int) -> int:
        """A text over a place where packets end may be longer than the leg, but not leave the drawing."""
        half = round(LETTER * (len(leg.text) + 2) / 2) if leg.state == LOST else 0
        return max(half, min(middle, self.width - half))

    def _at(self, number: int) -> tuple[int, int]:
        row = next(at for at, stops in enumerate(self.rows) if number in stops)
        return EDGE + (number - self.rows[row][0]) * GAP, 74 + row * ROW

    def _rim(self, number: int) -> int:
        return BOX if self.way.stops[number].is_end else DOT
