"""How the parts of a line lie in numbers, for the loop in ``line_writing``."""

from __future__ import annotations

# A part of each line: what it is, where the numbers of its rows begin, and its first text (of a number or a moment,
# what stands in its place where it is absent).
PART_KIND = 0
PART_NUMBERS = 1
PART_TEXT = 2
PART_FIELDS = 3

# What a part may be: the same text in each row; the text with the row's number; the number; the moment of a day,
# in nanoseconds since midnight.
CONSTANT = 0
TEXT = 1
NUMBER = 2
CLOCK = 3

# In the place of an absent number.
ABSENT = -9223372036854775807
# The most bytes that a number takes, and those that a moment takes.
NUMBER_BYTES = 20
CLOCK_BYTES = 18

NANOSECONDS = 1000000000
