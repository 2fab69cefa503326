# cython: language_level=3, annotation_typing=False, boundscheck=True, wraparound=False, cdivision=True
"""Write rows as lines of text, part by part: texts that recur, numbers, moments of a day.

The loops run as plain Python or compiled by Cython with the C types in ``line_writing.pxd``.
"""

from __future__ import annotations

from array import array

try:
    import cython
except ImportError:
    from pcapcheck import _cython_stub as cython

if not cython.compiled:
    from pcapcheck.copying import copy_bytes
    from pcapcheck.report.tables import line_layout as layout


def write_text(texts: bytes, bounds: array[int], number: int, out: bytearray, at: int) -> int:
    """Write one of the texts; returns where it ends."""
    begin = bounds[number]
    size = bounds[number + 1] - begin
    if size:
        copy_bytes(texts, begin, out, at, size)
    return at + size


def write_digits(value: int, out: bytearray, at: int, size: int) -> int:
    """Write the last ``size`` digits of a number; returns where they end."""
    end = at + size
    place = end
    while place > at:
        place -= 1
        out[place] = 48 + value % 10
        value = value // 10
    return end


def write_number(value: int, out: bytearray, at: int) -> int:
    """Write a number with as many digits as it has; returns where it ends."""
    if value < 0:
        out[at] = 45
        at += 1
        value = -value
    size = 1
    rest = value // 10
    while rest:
        size += 1
        rest = rest // 10
    return write_digits(value, out, at, size)


def write_clock(value: int, out: bytearray, at: int) -> int:
    """Write a moment of a day as hours, minutes, seconds and nanoseconds; returns where it ends."""
    seconds = value // layout.NANOSECONDS
    at = write_digits(seconds // 3600, out, at, 2)
    out[at] = 58
    at = write_digits(seconds // 60 % 60, out, at + 1, 2)
    out[at] = 58
    at = write_digits(seconds % 60, out, at + 1, 2)
    out[at] = 46
    return write_digits(value % layout.NANOSECONDS, out, at + 1, 9)


def write_row(
    parts: array[int], numbers: array[int], texts: bytes, bounds: array[int], row: int, out: bytearray, at: int
) -> int:
    """Write one row's line; returns where it ends."""
    part = 0
    end = len(parts)
    while part < end:
        kind = parts[part + layout.PART_KIND]
        text = parts[part + layout.PART_TEXT]
        if kind == layout.CONSTANT:
            at = write_text(texts, bounds, text, out, at)
        else:
            value = numbers[parts[part + layout.PART_NUMBERS] + row]
            if kind == layout.TEXT:
                at = write_text(texts, bounds, text + value, out, at)
            elif value == layout.ABSENT:
                at = write_text(texts, bounds, text, out, at)
            elif kind == layout.NUMBER:
                at = write_number(value, out, at)
            else:
                at = write_clock(value, out, at)
        part += layout.PART_FIELDS
    return at


def write_lines(
    parts: array[int], numbers: array[int], texts: bytes, bounds: array[int], begin: int, end: int, out: bytearray
) -> int:
    """Write the lines of the rows from ``begin`` to before ``end`` into ``out``; returns how many bytes they take.

    ``parts`` has PART_FIELDS numbers for each part of a line, ``numbers`` those of all rows, part by part;
    text ``n`` is ``texts[bounds[n] : bounds[n + 1]]``. ``out`` must have room for the longest lines.
    """
    at = 0
    with cython.nogil:
        row = begin
        while row < end:
            at = write_row(parts, numbers, texts, bounds, row, out, at)
            row += 1
    return at
