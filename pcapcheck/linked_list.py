"""Linked lists over the rows of an array, for loops that run as plain Python: what ``linked_list.pxd`` does in C.

A list has an oldest and a newest row. The row at a place is ``width`` numbers from ``rows[place * width]`` on; its
fields ``older_at`` and ``newer_at`` hold the places of its neighbours, -1 where it has none. ``ends[oldest_at]`` and
``ends[newest_at]`` hold the places at the ends, -1 while the list is empty.
"""

from __future__ import annotations

from array import array


def append(
    rows: array[int], width: int, older_at: int, newer_at: int, ends: array[int], oldest_at: int, newest_at: int,
    place: int
) -> None:  # fmt: skip
    """Put a row at the newest end."""
    newest = ends[newest_at]
    rows[place * width + older_at] = newest
    rows[place * width + newer_at] = -1
    if newest >= 0:
        rows[newest * width + newer_at] = place
    else:
        ends[oldest_at] = place
    ends[newest_at] = place


def take_out(
    rows: array[int], width: int, older_at: int, newer_at: int, ends: array[int], oldest_at: int, newest_at: int,
    place: int
) -> None:  # fmt: skip
    """Take a row out, from wherever it stands."""
    older = rows[place * width + older_at]
    newer = rows[place * width + newer_at]
    if older >= 0:
        rows[older * width + newer_at] = newer
    else:
        ends[oldest_at] = newer
    if newer >= 0:
        rows[newer * width + older_at] = older
    else:
        ends[newest_at] = older
