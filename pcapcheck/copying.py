"""Copies from one array to another, for loops that run as plain Python: what ``copying.pxd`` does in C."""

from __future__ import annotations

from array import array


def copy_numbers(source: array[int], start: int, target: array[int], at: int, count: int) -> None:
    """Copy ``count`` numbers, one at least, from ``source[start]`` on to ``target[at]`` on; they must not overlap."""
    for step in range(count):
        target[at + step] = source[start + step]


def copy_bytes(source: bytes, start: int, target: bytearray, at: int, count: int) -> None:
    """Copy ``count`` bytes, one at least, from ``source[start]`` on to ``target[at]`` on; they must not overlap."""
    target[at : at + count] = source[start : start + count]
