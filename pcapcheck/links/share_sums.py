# cython: language_level=3, annotation_typing=False, boundscheck=False, wraparound=False, cdivision=True
# cython: initializedcheck=False
"""Sum up cells (``spreading``) by pod, peer, pair, port or size, and choose the few shares that somebody looks at.

A scan asks a hundred thousand hosts: whatever is done for each of them is done here.

The loops run as plain Python or compiled by Cython with the C types in ``share_sums.pxd``.
"""

from __future__ import annotations

from array import array

try:
    import cython
except ImportError:
    from pcapcheck import _cython_stub as cython

if not cython.compiled:
    from pcapcheck.exchanges import spreading_layout as cell_layout
    from pcapcheck.hash_table import entry_of, insert_all, place_at, seek, stir
    from pcapcheck.links import share_layout as layout


def enter_shares(shares: array[int], slots: array[int], count: int) -> None:
    """Enter the first shares into a new table."""
    insert_all(shares, layout.SHARE_FIELDS, layout.H_HOME, slots, 0, count)


def find_key(shares: array[int], slots: array[int], key: array[int]) -> int:
    """The slot of the share with a key, whose first number is its home, or the empty one where it belongs."""
    mask = len(slots) - 1
    home = key[layout.H_HOME]
    slot = seek(slots, mask, home, home & mask)
    while slots[slot] >= 0:
        row = place_at(slots, slot) * layout.SHARE_FIELDS
        same = 0
        for number in range(layout.H_KEYS, layout.H_KEYS + layout.MOST_KEYS):
            same = same + (shares[row + number] == key[number])
        if same == layout.MOST_KEYS:
            break
        slot = seek(slots, mask, home, (slot + 1) & mask)
    return slot


def set_home(key: array[int]) -> None:
    """Put the hash of a key before it."""
    mixed = 0
    for number in range(layout.H_KEYS, layout.H_KEYS + layout.MOST_KEYS):
        mixed = stir(mixed, key[number])
    key[layout.H_HOME] = mixed >> 2


def find_share(shares: array[int], slots: array[int], key: array[int]) -> int:
    """The place of the share with a key, or -1."""
    set_home(key)
    return place_at(slots, find_key(shares, slots, key))


def counts_in(cells: array[int], cell: int, kind: int, good: array[int], respect: int, needed: int) -> bool:
    """Whether a cell is of this kind and respect, of a frame group that counts, and has a port if that is needed."""
    group = cells[cell + cell_layout.C_GROUP]
    return (
        cells[cell + cell_layout.C_KIND] == kind
        and cells[cell + cell_layout.C_RESPECT] == respect
        and group < len(good)
        and good[group] != 0
        and (needed == 0 or cells[cell + cell_layout.C_PORT] > 0)
    )


def sum_cells(
    cells: array[int], count: int, kind: int, good: array[int], respect: int, needed: int, columns: array[int],
    key: array[int], shares: array[int], slots: array[int], state: array[int]
) -> None:  # fmt: skip
    """Add the cells from ``state[T_CELL]`` on to the shares of their values in ``columns``, until there is no room.

    ``good`` says which frame groups count; ``key`` is room for one key.
    """
    with cython.nogil:
        number = state[layout.T_CELL]
        while number < count and (state[layout.T_SHARES] + 1) * layout.SHARE_FIELDS <= len(shares):
            cell = number * cell_layout.CELL_FIELDS
            number = number + 1
            if not counts_in(cells, cell, kind, good, respect, needed):
                continue
            failed = cells[cell + cell_layout.C_SILENT] + cells[cell + cell_layout.C_ERRED]
            asked = failed + cells[cell + cell_layout.C_REPLIED]
            if asked == 0:
                continue
            for column in range(len(columns)):
                key[layout.H_KEYS + column] = cells[cell + columns[column]]
            set_home(key)
            slot = find_key(shares, slots, key)
            if slots[slot] < 0:
                slots[slot] = entry_of(key[layout.H_HOME], state[layout.T_SHARES])
                state[layout.T_SHARES] = state[layout.T_SHARES] + 1
                row = place_at(slots, slot) * layout.SHARE_FIELDS
                for field in range(layout.H_ASKED):
                    shares[row + field] = key[field]
                for field in range(layout.H_ASKED, layout.SHARE_FIELDS):
                    shares[row + field] = 0
            row = place_at(slots, slot) * layout.SHARE_FIELDS
            shares[row + layout.H_ASKED] = shares[row + layout.H_ASKED] + asked
            shares[row + layout.H_FAILED] = shares[row + layout.H_FAILED] + failed
            shares[row + layout.H_ERRED] = shares[row + layout.H_ERRED] + cells[cell + cell_layout.C_ERRED]
        state[layout.T_CELL] = number


def total_up(shares: array[int], state: array[int]) -> None:
    """Sum up all shares, in ``state``."""
    with cython.nogil:
        for field in range(layout.T_ASKED, layout.T_STATE):
            state[field] = 0
        for place in range(state[layout.T_SHARES]):
            row = place * layout.SHARE_FIELDS
            asked = shares[row + layout.H_ASKED]
            failed = shares[row + layout.H_FAILED]
            state[layout.T_ASKED] = state[layout.T_ASKED] + asked
            state[layout.T_FAILED] = state[layout.T_FAILED] + failed
            state[layout.T_ERRED] = state[layout.T_ERRED] + shares[row + layout.H_ERRED]
            if failed > 0:
                state[layout.T_LOSING] = state[layout.T_LOSING] + 1
            if 0 < failed < asked:
                state[layout.T_PARTIAL] = state[layout.T_PARTIAL] + 1
            if failed == asked:
                state[layout.T_DEAD] = state[layout.T_DEAD] + failed
                if failed > state[layout.T_MOST_DEAD]:
                    state[layout.T_MOST_DEAD] = failed


def keep_failing(shares: array[int], count: int, but: int, kept: array[int]) -> int:
    """Copy the shares that lost something, other than the one at ``but``, to ``kept``; returns how many they are."""
    found = 0
    with cython.nogil:
        for place in range(count):
            row = place * layout.SHARE_FIELDS
            if shares[row + layout.H_FAILED] > 0 and place != but:
                into = found * layout.SHARE_FIELDS
                found = found + 1
                for field in range(layout.SHARE_FIELDS):
                    kept[into + field] = shares[row + field]
    return found


def count_asked_by(shares: array[int], count: int, high: int, low: int) -> int:
    """How many keys begin with these halves of an address."""
    found = 0
    with cython.nogil:
        for place in range(count):
            row = place * layout.SHARE_FIELDS + layout.H_KEYS
            if shares[row] == high and shares[row + 1] == low:
                found = found + 1
    return found


def are_between(shares: array[int], count: int, addresses: int, least: int, most: int) -> bool:
    """Whether the first ``addresses`` of all keys have no upper half, and a lower one from ``least`` to ``most``."""
    found = True
    with cython.nogil:
        place = 0
        while found and place < count:
            row = place * layout.SHARE_FIELDS + layout.H_KEYS
            place = place + 1
            for number in range(addresses):
                if shares[row + 2 * number] != 0 or not least <= shares[row + 2 * number + 1] <= most:
                    found = False
    return found


def is_worse(shares: array[int], one: int, other: int, by_key: bool) -> bool:
    """Whether a share lost more than another, or as many of fewer; ``by_key``: or as many of as many and is before."""
    if shares[one + layout.H_FAILED] != shares[other + layout.H_FAILED]:
        return shares[one + layout.H_FAILED] > shares[other + layout.H_FAILED]
    if shares[one + layout.H_ASKED] != shares[other + layout.H_ASKED]:
        return shares[one + layout.H_ASKED] < shares[other + layout.H_ASKED]
    return by_key and is_before(shares, one, other)


def is_before(shares: array[int], one: int, other: int) -> bool:
    """Whether the key of a share comes before that of another."""
    number = layout.H_KEYS
    while number < layout.H_KEYS + layout.MOST_KEYS and shares[one + number] == shares[other + number]:
        number = number + 1
    return number < layout.H_KEYS + layout.MOST_KEYS and shares[one + number] < shares[other + number]


def find_worst(shares: array[int], count: int, by_key: bool, places: array[int]) -> int:
    """Fill ``places`` with those of the shares that lost most, the worst first; returns how many they are.

    Of shares that are alike the first ones stay, or, ``by_key``, those whose key comes first.
    """
    found = 0
    with cython.nogil:
        for place in range(count):
            row = place * layout.SHARE_FIELDS
            at = found
            while at > 0 and is_worse(shares, row, places[at - 1] * layout.SHARE_FIELDS, by_key):
                if at < len(places):
                    places[at] = places[at - 1]
                at = at - 1
            if at < len(places):
                places[at] = place
                if found < len(places):
                    found = found + 1
    return found


def find_alike(shares: array[int], count: int, like: int, places: array[int]) -> int:
    """Fill ``places`` with those of the shares that lost as much as the one at ``like``, or more; returns how many."""
    found = 0
    with cython.nogil:
        for place in range(count):
            if not is_worse(shares, like * layout.SHARE_FIELDS, place * layout.SHARE_FIELDS, False):
                places[found] = place
                found = found + 1
    return found


def find_most_above(shares: array[int], count: int, asked: int, failed: int) -> int:
    """The place of the share with the most losses beyond its part of all; of several the one who asked least."""
    best = 0
    best_lack = 0.0
    with cython.nogil:
        for place in range(count):
            row = place * layout.SHARE_FIELDS
            at_best = best * layout.SHARE_FIELDS
            part = shares[row + layout.H_ASKED] * failed
            lack = part / asked - shares[row + layout.H_FAILED]
            better = lack < best_lack
            if lack == best_lack:
                better = shares[row + layout.H_ASKED] < shares[at_best + layout.H_ASKED]
                if shares[row + layout.H_ASKED] == shares[at_best + layout.H_ASKED]:
                    better = is_before(shares, row, at_best)
            if place == 0 or better:
                best = place
                best_lack = lack
    return best
