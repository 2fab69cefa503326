"""Hash tables over the rows of an array, for loops that run as plain Python: what ``hash_table.pxd`` does in C.

A table is ``slots``: an ``array("q")`` whose length is a power of two, each an *entry* or -1. An entry is the place of
a row and, above PLACE_BITS of it, as much of the row's *home* as there is room for: a hash of its key that is not
negative. So nothing but slots is read until a row is found, and none of the other rows where one is taken out: mostly
they are not in the processor's cache. An entry is in the first empty slot from its home on. ``mask`` is the number of
slots minus 1; at least one slot stays empty.

A key of a few numbers that stand one after the other is looked up by ``seek_key``; the row at a place is ``width``
numbers from ``rows[place * width]`` on. Who looks up any other compares it where ``seek`` stops; an empty slot is where
the key would be entered::

    slot = seek(slots, mask, home, home & mask)
    while slots[slot] >= 0 and not is_wanted(rows, place_at(slots, slot) * width):
        slot = seek(slots, mask, home, (slot + 1) & mask)
"""

from __future__ import annotations

from array import array

from pcapcheck.reserved import numbers_in_large_pages

MULTIPLY = 0x9E3779B97F4A7C15
LONG = 0xFFFFFFFFFFFFFFFF
# A place is a number of this many bits.
PLACE_BITS = 24
PLACE_MASK = (1 << PLACE_BITS) - 1


def stir(mixed: int, number: int) -> int:
    """A hash of 64 bits with one more number in it; only its upper bits depend on all of both."""
    return ((mixed ^ (mixed >> 29) ^ (number & LONG)) * MULTIPLY) & LONG


def home_of_four(first: int, second: int, third: int, fourth: int) -> int:
    """A home for a key of four numbers; 62 bits, so that it fits wherever it is kept."""
    # Numbers of a key often count up together: each is stirred in before the next is added.
    return stir(stir(stir(first, second), third), fourth) >> 2


def entry_of(home: int, place: int) -> int:
    """What stands in a slot for the row at a place, below 2**PLACE_BITS."""
    return (home << PLACE_BITS) & (LONG >> 1) | place


def place_at(slots: array[int], slot: int) -> int:
    """The place of the row in a slot, or -1 for an empty one."""
    return slots[slot] & PLACE_MASK if slots[slot] >= 0 else -1


def place_with(slots: array[int], slot: int, home: int) -> int:
    """The place of the row in a slot if it has this home, as far as its entry says; else -1."""
    return slots[slot] & PLACE_MASK if slots[slot] >= 0 and slots[slot] & ~PLACE_MASK == entry_of(home, 0) else -1


def seek(slots: array[int], mask: int, home: int, slot: int) -> int:
    """The first slot from ``slot`` on that is empty or has a row with this home, as far as its entry says."""
    wanted = entry_of(home, 0)
    while slots[slot] >= 0 and slots[slot] & ~PLACE_MASK != wanted:
        slot = (slot + 1) & mask
    return slot


def seek_key(
    rows: array[int], width: int, slots: array[int], mask: int, home: int, key_at: int, count: int, first: int,
    second: int, third: int, fourth: int, fifth: int
) -> int:  # fmt: skip
    """The slot of the row whose ``count`` numbers (2 to 5) from field ``key_at`` on are these, or the empty one."""
    key = (first, second, third, fourth, fifth)[:count]
    slot = seek(slots, mask, home, home & mask)
    while slots[slot] >= 0:
        at = place_at(slots, slot) * width + key_at
        if tuple(rows[at : at + count]) == key:
            break
        slot = seek(slots, mask, home, (slot + 1) & mask)
    return slot


def insert(slots: array[int], mask: int, home: int, place: int) -> None:
    """Enter a row that is not in the table."""
    slot = home & mask
    while slots[slot] >= 0:
        slot = (slot + 1) & mask
    slots[slot] = entry_of(home, place)


def insert_all(rows: array[int], width: int, home_at: int, slots: array[int], first: int, end: int) -> None:
    """Enter the rows from ``first`` up to ``end``, not included, whose field ``home_at`` is their home."""
    for place in range(first, end):
        insert(slots, len(slots) - 1, rows[place * width + home_at], place)


def remove(slots: array[int], mask: int, home: int, place: int) -> None:
    """Take a row out of the table, and move up those that it displaced."""
    hole = home & mask
    while slots[hole] != entry_of(home, place):
        hole = (hole + 1) & mask
    slot = (hole + 1) & mask
    while slots[slot] >= 0:
        wanted = (slots[slot] >> PLACE_BITS) & mask
        # It may move into the hole unless its home lies cyclically behind the hole, up to where it stands.
        if ((slot - wanted) & mask) >= ((slot - hole) & mask):
            slots[hole] = slots[slot]
            hole = slot
        slot = (slot + 1) & mask
    slots[hole] = -1


def fetch_slot(slots: array[int], slot: int) -> None:
    """Have a slot in the processor's cache by the time that it is looked at; in plain Python there is no such thing."""


def fetch_small(numbers: memoryview, at: int) -> None:
    """The same of a number of 32 bits."""


def fetch_row(rows: array[int], start: int, count: int) -> None:
    """The same of ``count`` numbers of a row."""


def empty_slots(places: int) -> array[int]:
    """A table without entries that has room to spare for this many."""
    return array("q", [-1]) * (1 << (2 * places - 1).bit_length())


def enough_slots(slots: array[int], places: int, most: int) -> array[int]:
    """The slots of a table over GrowingRows, if there are enough for this many places; else a table without entries.

    That is large enough for twice as many, but no more than ``most``. Up to two thirds of it will be in use.
    """
    if len(slots) >= places + places // 2:
        return slots
    wanted = min(2 * places, most)
    return numbers_in_large_pages(-1, 1 << (wanted + wanted // 2).bit_length())
