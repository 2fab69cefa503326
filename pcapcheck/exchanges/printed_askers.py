# cython: language_level=3, annotation_typing=False, boundscheck=True, wraparound=False, cdivision=True
"""Open resolutions of a text, found by an answer that does not name whom it answers.

tcpdump prints who has the address, not who asked: with -e the destination of the frame is the asker's MAC, without it
the reply may be for any asker. It counts for the asker that has waited longest, or else for the last one answered. So
the askers of an address stand in two lists, in the order of their questions: that of all, and that of their MAC.

The loops run as plain Python or compiled by Cython with the C types in ``printed_askers.pxd``.
"""

from __future__ import annotations

from array import array

try:
    import cython
except ImportError:
    from pcapcheck import _cython_stub as cython

if not cython.compiled:
    from pcapcheck.exchanges import resolving_layout as layout
    from pcapcheck.hash_table import insert, remove, seek, stir
    from pcapcheck.linked_list import append, take_out


def enter_targets(targets: array[int], slots: array[int], count: int) -> None:
    """Enter those of the first lists that are in use into a new table."""
    for place in range(count):
        if targets[place * layout.TARGET_FIELDS + layout.T_MEMBERS] > 0:
            insert(targets, layout.TARGET_FIELDS, layout.T_HOME, slots, len(slots) - 1, place)


def list_home(point: int, address: int, mac: int) -> int:
    """A hash of what a list is of."""
    mixed = stir(stir(stir(0, point), address), mac)
    return (mixed ^ (mixed >> 29)) >> 2


def find_list(targets: array[int], slots: array[int], point: int, address: int, mac: int) -> int:
    """The askers of an address with this MAC: the place of their list, or -1."""
    mask = len(slots) - 1
    home = list_home(point, address, mac)
    slot = seek(targets, layout.TARGET_FIELDS, layout.T_HOME, slots, mask, home, home & mask)
    while slots[slot] >= 0:
        row = slots[slot] * layout.TARGET_FIELDS
        if (
            targets[row + layout.T_POINT] == point
            and targets[row + layout.T_ADDRESS] == address
            and targets[row + layout.T_MAC] == mac
        ):
            return slots[slot]
        slot = seek(targets, layout.TARGET_FIELDS, layout.T_HOME, slots, mask, home, (slot + 1) & mask)
    return -1


def make_list(
    targets: array[int], slots: array[int], state: array[int], point: int, address: int, mac: int
) -> int:  # fmt: skip
    """A new list of askers; there is room for it."""
    place = state[layout.S_TARGET_FREE]
    row = place * layout.TARGET_FIELDS
    state[layout.S_TARGET_FREE] = targets[row + layout.T_NEXT]
    state[layout.S_TARGETS] = state[layout.S_TARGETS] + 1
    targets[row + layout.T_HOME] = list_home(point, address, mac)
    targets[row + layout.T_POINT] = point
    targets[row + layout.T_ADDRESS] = address
    targets[row + layout.T_MAC] = mac
    targets[row + layout.T_FIRST] = -1
    targets[row + layout.T_LAST] = -1
    targets[row + layout.T_ANSWERED] = -1
    targets[row + layout.T_MEMBERS] = 0
    insert(targets, layout.TARGET_FIELDS, layout.T_HOME, slots, len(slots) - 1, place)
    return place


def begin_waiting(pool: array[int], place: int, targets: array[int], slots: array[int], state: array[int]) -> None:
    """A resolution was opened: its asker comes last in both lists."""
    row = place * layout.POOL_FIELDS
    pool[row + layout.WAITS] = 1
    for which in range(2):
        mac = pool[row + layout.ARP_ASKER_MAC] if which else layout.ALL
        found = find_list(targets, slots, pool[row + layout.ARP_POINT], pool[row + layout.ARP_TARGET_LOW], mac)
        if found < 0:
            found = make_list(
                targets, slots, state, pool[row + layout.ARP_POINT], pool[row + layout.ARP_TARGET_LOW], mac
            )
        target = found * layout.TARGET_FIELDS
        targets[target + layout.T_MEMBERS] = targets[target + layout.T_MEMBERS] + 1
        pool[row + layout.BY_TARGET + which] = found
        append(
            pool, layout.POOL_FIELDS, layout.OLDER_ASKER + which, layout.NEWER_ASKER + which, targets,
            target + layout.T_FIRST, target + layout.T_LAST, place
        )  # fmt: skip


def stop_waiting(pool: array[int], place: int, targets: array[int]) -> None:
    """Take an asker that waits out of both lists."""
    row = place * layout.POOL_FIELDS
    pool[row + layout.WAITS] = 0
    for which in range(2):
        target = pool[row + layout.BY_TARGET + which] * layout.TARGET_FIELDS
        take_out(
            pool, layout.POOL_FIELDS, layout.OLDER_ASKER + which, layout.NEWER_ASKER + which, targets,
            target + layout.T_FIRST, target + layout.T_LAST, place
        )  # fmt: skip


def note_answered(pool: array[int], place: int, targets: array[int]) -> None:
    """A resolution was answered: others that wait come first from now on."""
    if pool[place * layout.POOL_FIELDS + layout.WAITS] != 0:
        stop_waiting(pool, place, targets)
    for which in range(2):
        target = pool[place * layout.POOL_FIELDS + layout.BY_TARGET + which] * layout.TARGET_FIELDS
        targets[target + layout.T_ANSWERED] = place


def forget_asker(pool: array[int], place: int, targets: array[int], slots: array[int], state: array[int]) -> None:
    """A resolution is closed."""
    if pool[place * layout.POOL_FIELDS + layout.WAITS] != 0:
        stop_waiting(pool, place, targets)
    for which in range(2):
        found = pool[place * layout.POOL_FIELDS + layout.BY_TARGET + which]
        target = found * layout.TARGET_FIELDS
        targets[target + layout.T_MEMBERS] = targets[target + layout.T_MEMBERS] - 1
        if targets[target + layout.T_ANSWERED] == place:
            targets[target + layout.T_ANSWERED] = -1
        if targets[target + layout.T_MEMBERS] == 0:
            remove(targets, layout.TARGET_FIELDS, layout.T_HOME, slots, len(slots) - 1, found)
            targets[target + layout.T_NEXT] = state[layout.S_TARGET_FREE]
            state[layout.S_TARGET_FREE] = found
            state[layout.S_TARGETS] = state[layout.S_TARGETS] - 1


def find_asker(targets: array[int], slots: array[int], point: int, address: int, mac: int) -> int:
    """The place of the resolution that an answer is for, or -1; with a MAC, of an asker with that MAC or with none."""
    first = find_list(targets, slots, point, address, layout.ALL if mac == layout.ABSENT else mac)
    other = -1 if mac == layout.ABSENT else find_list(targets, slots, point, address, layout.ABSENT)
    if first >= 0 and targets[first * layout.TARGET_FIELDS + layout.T_FIRST] >= 0:
        return targets[first * layout.TARGET_FIELDS + layout.T_FIRST]
    if other >= 0 and targets[other * layout.TARGET_FIELDS + layout.T_FIRST] >= 0:
        return targets[other * layout.TARGET_FIELDS + layout.T_FIRST]
    if first >= 0 and targets[first * layout.TARGET_FIELDS + layout.T_ANSWERED] >= 0:
        return targets[first * layout.TARGET_FIELDS + layout.T_ANSWERED]
    if other >= 0:
        return targets[other * layout.TARGET_FIELDS + layout.T_ANSWERED]
    return -1
