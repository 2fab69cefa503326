# cython: language_level=3, annotation_typing=False, boundscheck=True, wraparound=False, cdivision=True
# cython: initializedcheck=False
"""Open resolutions of a text, found by an answer that does not name whom it answers.

tcpdump prints who has the address, not who asked: with -e the destination of the frame is the asker's MAC, without it
the reply may be for any asker. It counts for the asker that has waited longest, or else for the last one answered. So
the askers of an address stand in two lists, in the order of their questions: that of all, and that of their MAC.

The loops run as plain Python or compiled by Cython with the C types in ``printed_askers.pxd``.
"""

from __future__ import annotations

try:
    import cython
except ImportError:
    from pcapcheck import _cython_stub as cython

if not cython.compiled:
    from pcapcheck.exchanges import resolving_layout as layout
    from pcapcheck.exchanges.pending import Pending
    from pcapcheck.hash_table import insert, place_at, remove, seek, stir
    from pcapcheck.linked_list import append, take_out


def enter_targets(pending: Pending, count: int) -> None:
    """Enter those of the first lists that are in use into a new table."""
    for place in range(count):
        if pending.targets[place * layout.TARGET_FIELDS + layout.T_MEMBERS] > 0:
            home = pending.targets[place * layout.TARGET_FIELDS + layout.T_HOME]
            insert(pending.target_slots, len(pending.target_slots) - 1, home, place)


def list_home(point: int, address: int, mac: int) -> int:
    """A hash of what a list is of."""
    mixed = stir(stir(stir(0, point), address), mac)
    return (mixed ^ (mixed >> 29)) >> 2


def find_list(pending: Pending, point: int, address: int, mac: int) -> int:
    """The askers of an address with this MAC: the place of their list, or -1."""
    mask = len(pending.target_slots) - 1
    home = list_home(point, address, mac)
    slot = seek(pending.target_slots, mask, home, home & mask)
    while pending.target_slots[slot] >= 0:
        row = place_at(pending.target_slots, slot) * layout.TARGET_FIELDS
        if (
            pending.targets[row + layout.T_POINT] == point
            and pending.targets[row + layout.T_ADDRESS] == address
            and pending.targets[row + layout.T_MAC] == mac
        ):
            return place_at(pending.target_slots, slot)
        slot = seek(pending.target_slots, mask, home, (slot + 1) & mask)
    return -1


def make_list(pending: Pending, point: int, address: int, mac: int) -> int:
    """A new list of askers; there is room for it."""
    place = pending.state[layout.S_TARGET_FREE]
    row = place * layout.TARGET_FIELDS
    pending.state[layout.S_TARGET_FREE] = pending.targets[row + layout.T_NEXT]
    pending.state[layout.S_TARGETS] = pending.state[layout.S_TARGETS] + 1
    pending.targets[row + layout.T_HOME] = list_home(point, address, mac)
    pending.targets[row + layout.T_POINT] = point
    pending.targets[row + layout.T_ADDRESS] = address
    pending.targets[row + layout.T_MAC] = mac
    pending.targets[row + layout.T_FIRST] = -1
    pending.targets[row + layout.T_LAST] = -1
    pending.targets[row + layout.T_ANSWERED] = -1
    pending.targets[row + layout.T_MEMBERS] = 0
    insert(pending.target_slots, len(pending.target_slots) - 1, pending.targets[row + layout.T_HOME], place)
    return place


def begin_waiting(pending: Pending, place: int) -> None:
    """A resolution was opened: its asker comes last in both lists."""
    row = place * layout.POOL_FIELDS
    pending.pool[row + layout.WAITS] = 1
    for which in range(2):
        mac = pending.pool[row + layout.ARP_ASKER_MAC] if which else layout.ALL
        found = find_list(pending, pending.pool[row + layout.ARP_POINT], pending.pool[row + layout.ARP_TARGET_LOW], mac)
        if found < 0:
            found = make_list(
                pending, pending.pool[row + layout.ARP_POINT], pending.pool[row + layout.ARP_TARGET_LOW], mac
            )
        target = found * layout.TARGET_FIELDS
        pending.targets[target + layout.T_MEMBERS] = pending.targets[target + layout.T_MEMBERS] + 1
        pending.pool[row + layout.BY_TARGET + which] = found
        append(
            pending.pool, layout.POOL_FIELDS, layout.OLDER_ASKER + which, layout.NEWER_ASKER + which, pending.targets,
            target + layout.T_FIRST, target + layout.T_LAST, place
        )  # fmt: skip


def stop_waiting(pending: Pending, place: int) -> None:
    """Take an asker that waits out of both lists."""
    row = place * layout.POOL_FIELDS
    pending.pool[row + layout.WAITS] = 0
    for which in range(2):
        target = pending.pool[row + layout.BY_TARGET + which] * layout.TARGET_FIELDS
        take_out(
            pending.pool, layout.POOL_FIELDS, layout.OLDER_ASKER + which, layout.NEWER_ASKER + which, pending.targets,
            target + layout.T_FIRST, target + layout.T_LAST, place
        )  # fmt: skip


def note_answered(pending: Pending, place: int) -> None:
    """A resolution was answered: others that wait come first from now on."""
    if pending.pool[place * layout.POOL_FIELDS + layout.WAITS] != 0:
        stop_waiting(pending, place)
    for which in range(2):
        target = pending.pool[place * layout.POOL_FIELDS + layout.BY_TARGET + which] * layout.TARGET_FIELDS
        pending.targets[target + layout.T_ANSWERED] = place


def forget_asker(pending: Pending, place: int) -> None:
    """A resolution is closed."""
    if pending.pool[place * layout.POOL_FIELDS + layout.WAITS] != 0:
        stop_waiting(pending, place)
    for which in range(2):
        found = pending.pool[place * layout.POOL_FIELDS + layout.BY_TARGET + which]
        target = found * layout.TARGET_FIELDS
        pending.targets[target + layout.T_MEMBERS] = pending.targets[target + layout.T_MEMBERS] - 1
        if pending.targets[target + layout.T_ANSWERED] == place:
            pending.targets[target + layout.T_ANSWERED] = -1
        if pending.targets[target + layout.T_MEMBERS] == 0:
            home = pending.targets[target + layout.T_HOME]
            remove(pending.target_slots, len(pending.target_slots) - 1, home, found)
            pending.targets[target + layout.T_NEXT] = pending.state[layout.S_TARGET_FREE]
            pending.state[layout.S_TARGET_FREE] = found
            pending.state[layout.S_TARGETS] = pending.state[layout.S_TARGETS] - 1


def find_asker(pending: Pending, point: int, address: int, mac: int) -> int:
    """The place of the resolution that an answer is for, or -1; with a MAC, of an asker with that MAC or with none."""
    first = find_list(pending, point, address, layout.ALL if mac == layout.ABSENT else mac)
    other = -1 if mac == layout.ABSENT else find_list(pending, point, address, layout.ABSENT)
    if first >= 0 and pending.targets[first * layout.TARGET_FIELDS + layout.T_FIRST] >= 0:
        return pending.targets[first * layout.TARGET_FIELDS + layout.T_FIRST]
    if other >= 0 and pending.targets[other * layout.TARGET_FIELDS + layout.T_FIRST] >= 0:
        return pending.targets[other * layout.TARGET_FIELDS + layout.T_FIRST]
    if first >= 0 and pending.targets[first * layout.TARGET_FIELDS + layout.T_ANSWERED] >= 0:
        return pending.targets[first * layout.TARGET_FIELDS + layout.T_ANSWERED]
    if other >= 0:
        return pending.targets[other * layout.TARGET_FIELDS + layout.T_ANSWERED]
    return -1
