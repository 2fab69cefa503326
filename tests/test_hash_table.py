"""Hash tables over rows find each row that was entered and not taken out, whatever homes the rows have."""

from __future__ import annotations

from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcapcheck.hash_table import (
    PLACE_BITS,
    empty_slots,
    enough_slots,
    insert,
    insert_all,
    place_at,
    place_with,
    remove,
    seek,
    seek_key,
)

# Few different homes, so that most rows are in each other's way; some differ only where an entry has no room for them.
HOMES = st.sampled_from([0, 1, 2, 7, 8, (1 << 61) + 1, (1 << 62) - 1, (1 << 38) + 7])


def find(slots: array[int], homes: list[int], place: int) -> int:
    """The slot of a row, which is known by its place alone, or an empty one."""
    mask = len(slots) - 1
    slot = seek(slots, mask, homes[place], homes[place] & mask)
    while slots[slot] >= 0 and place_at(slots, slot) != place:
        slot = seek(slots, mask, homes[place], (slot + 1) & mask)
    return slot


@given(st.lists(st.tuples(HOMES, st.booleans()), min_size=1, max_size=14))
def test_rows_are_found_until_they_are_taken_out(rows: list[tuple[int, bool]]) -> None:
    homes = [home for home, _ in rows]
    slots = empty_slots(8)
    for place, home in enumerate(homes):
        insert(slots, len(slots) - 1, home, place)
    for place, (home, leaves) in enumerate(rows):
        if leaves:
            remove(slots, len(slots) - 1, home, place)
    for place, (_, leaves) in enumerate(rows):
        assert place_at(slots, find(slots, homes, place)) == (-1 if leaves else place)
    assert sum(entry >= 0 for entry in slots) == sum(not leaves for _, leaves in rows)


def test_a_place_comes_with_its_home_alone() -> None:
    """What an entry says of a home is enough to pass over most others without a look at their rows."""
    slots = empty_slots(2)
    insert(slots, len(slots) - 1, (7 << 20) + 1, 5)
    assert [place_with(slots, 1, home) for home in ((7 << 20) + 1, (8 << 20) + 1)] == [5, -1]
    assert place_with(slots, 2, 2) == -1


def test_a_key_is_distinguished_from_another_with_the_same_hash() -> None:
    # Two rows: home, then a key of two numbers.
    rows = array("q", [5, 10, 20, 5, 10, 21])
    slots = empty_slots(2)
    insert_all(rows, 3, 0, slots, 0, 2)
    mask = len(slots) - 1
    found = [place_at(slots, seek_key(rows, 3, slots, mask, 5, 1, 2, 10, last, 0, 0, 0)) for last in (20, 21, 22)]
    assert found == [0, 1, -1]


@pytest.mark.parametrize(
    ("places", "most"), [(1, 9), (3, 9), (256, 1 << 16), (120_000, 120_000), (131_072, 280_577), (280_577, 280_577)]
)
def test_slots_leave_a_third_empty_and_stay_while_they_suffice(places: int, most: int) -> None:
    slots = enough_slots(array("q"), places, most)
    assert len(slots) & (len(slots) - 1) == 0
    assert len(slots) >= places * 1.5 - 1
    assert set(slots) == {-1}
    assert enough_slots(slots, places, most) is slots
    # The last place that is counted on has room in an entry.
    insert(slots, len(slots) - 1, len(slots) - 1, (1 << PLACE_BITS) - 1)
    assert place_at(slots, len(slots) - 1) == (1 << PLACE_BITS) - 1
