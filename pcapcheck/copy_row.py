"""Copy a row of numbers between arrays, for loops that run as plain Python: ``copy_row.pxd`` does it in C."""

from __future__ import annotations

from array import array


def copy_row(source: array[int], start: int, target: array[int], to: int, count: int) -> None:
    """Copy ``count`` numbers."""
    target[to : to + count] = source[start : start + count]
