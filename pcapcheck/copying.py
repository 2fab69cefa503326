"""Copies of rows from one array to another, for loops that run as plain Python: what ``copying.pxd`` does in C."""

from __future__ import annotations

from array import array


def copy_numbers(source: array[int], start: int, target: array[int], at: int, count: int) -> None:
    """Copy at least one number from ``source[start]`` on to ``target[at]`` on."""
    target[at : at + count] = source[start : start + count]
