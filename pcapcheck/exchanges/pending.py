# cython: language_level=3, annotation_typing=False, boundscheck=False, wraparound=False, cdivision=True
# cython: initializedcheck=False
"""Open resolutions: what somebody asked and may still be answered, found by who asked whom, oldest first.

They stand in a pool with a hash table over it, in the order of their first requests. A resolution stays there, answered
or not, until its asker asks again.

Source: RFC 826 (ARP). The steps run as plain Python or compiled by Cython with the C types in ``pending.pxd``.
"""

from __future__ import annotations

from array import array

try:
    import cython
except ImportError:
    from pcapcheck import _cython_stub as cython

if not cython.compiled:
    from pcapcheck.capture import scan_layout
    from pcapcheck.decode import frame_layout
    from pcapcheck.exchanges import resolving_layout as layout
    from pcapcheck.hash_table import insert, insert_all, place_at, remove, seek, stir
    from pcapcheck.linked_list import append, take_out


class Pending:
    """What the steps of ``resolving`` hand on: all that pairing keeps from one message to the next.

    Numbers, row by row (``resolving_layout``). ``pool``: open resolutions, ``slots`` the table over them; ``kept``:
    messages that may be needed later, ``early`` the table over those that are answers without a request; ``targets``:
    the askers in a text by the address that they ask for, ``target_slots`` the table over them. ``slowest`` holds, by
    frame group, how long first answers took (nanoseconds). ``messages`` are those of the batch, as the decoder wrote
    them down. ``out`` and ``out_answers`` take the rows of finished resolutions, and of their answers.

    Compiled by Cython it is a C structure, with the types in ``pending.pxd``; an array in it cannot grow.
    """

    def __init__(self) -> None:
        self.pool = array("q")
        self.slots = array("q")
        self.kept = array("q")
        self.early = array("q")
        self.targets = array("q")
        self.target_slots = array("q")
        self.slowest = array("q")
        self.messages = array("q")
        self.out = array("q")
        self.out_answers = array("q")
        self.state = array("q")


def enter_open(pending: Pending, count: int) -> None:
    """Enter the first places of the pool into a new table."""
    insert_all(pending.pool, layout.POOL_FIELDS, layout.HOME, pending.slots, 0, count)


def between(start: int, end: int) -> int:
    """A duration, ABSENT if either time is; 0 if the clock stepped back."""
    if start == scan_layout.ABSENT_TIME or end == scan_layout.ABSENT_TIME:
        return layout.ABSENT
    return end - start if end > start else 0


def home_of(point: int, asker: int, mac: int, target: int) -> int:
    """A hash of what identifies a resolution; of the addresses, the lower halves do."""
    mixed = stir(stir(stir(0, asker), mac ^ (point << 20)), target)
    return (mixed ^ (mixed >> 29)) >> 2


def is_asked(
    pending: Pending, place: int, point: int, asker_high: int, asker_low: int, mac: int, target_high: int,
    target_low: int
) -> bool:  # fmt: skip
    """Whether the resolution at a place has this key."""
    row = place * layout.POOL_FIELDS
    return (
        pending.pool[row + layout.ARP_TARGET_LOW] == target_low
        and pending.pool[row + layout.ARP_ASKER_LOW] == asker_low
        and pending.pool[row + layout.KEY_MAC] == mac
        and pending.pool[row + layout.ARP_POINT] == point
        and pending.pool[row + layout.ARP_TARGET_HIGH] == target_high
        and pending.pool[row + layout.ARP_ASKER_HIGH] == asker_high
    )


def find_open(
    pending: Pending, point: int, asker_high: int, asker_low: int, mac: int, target_high: int, target_low: int
) -> int:
    """The place of the open resolution with this key, or -1."""
    # Mostly the one that was asked last is answered.
    place = pending.state[layout.S_LATEST]
    if place >= 0 and is_asked(pending, place, point, asker_high, asker_low, mac, target_high, target_low):
        return place
    mask = len(pending.slots) - 1
    home = home_of(point, asker_low, mac, target_low)
    slot = seek(pending.slots, mask, home, home & mask)
    while pending.slots[slot] >= 0 and not is_asked(
        pending, place_at(pending.slots, slot), point, asker_high, asker_low, mac, target_high, target_low
    ):
        slot = seek(pending.slots, mask, home, (slot + 1) & mask)
    return place_at(pending.slots, slot)


def key_mac(pending: Pending, at: int, field: int) -> int:
    """The asker's MAC, in this field of a message, where it belongs to what question and answer have in common."""
    if pending.messages[at + frame_layout.M_KIND] & frame_layout.M_ND:
        return layout.NO_KEY_MAC
    return pending.messages[at + field]


def find_question(pending: Pending, at: int) -> int:
    """The place of the open resolution that a request repeats or ends, or -1."""
    return find_open(
        pending, pending.messages[at + frame_layout.M_POINT], pending.messages[at + frame_layout.M_SENDER_HIGH],
        pending.messages[at + frame_layout.M_SENDER_LOW], key_mac(pending, at, frame_layout.M_SENDER_MAC),
        pending.messages[at + frame_layout.M_TARGET_HIGH], pending.messages[at + frame_layout.M_TARGET_LOW]
    )  # fmt: skip


def link_newest(pending: Pending, place: int) -> None:
    """Put a resolution at the young end of the list of open ones."""
    append(
        pending.pool,
        layout.POOL_FIELDS,
        layout.OLDER,
        layout.NEWER,
        pending.state,
        layout.S_OLDEST,
        layout.S_NEWEST,
        place,
    )


def unlink(pending: Pending, place: int) -> None:
    """Take a resolution out of the list of open ones."""
    take_out(
        pending.pool,
        layout.POOL_FIELDS,
        layout.OLDER,
        layout.NEWER,
        pending.state,
        layout.S_OLDEST,
        layout.S_NEWEST,
        place,
    )


def enter(pending: Pending, at: int) -> int:
    """A place for a question that is not open, with what identifies it. There is room for it."""
    mac = key_mac(pending, at, frame_layout.M_SENDER_MAC)
    place = pending.state[layout.S_FREE]
    row = place * layout.POOL_FIELDS
    pending.state[layout.S_FREE] = pending.pool[row + layout.NEWER]
    pending.state[layout.S_OPEN] = pending.state[layout.S_OPEN] + 1
    pending.pool[row + layout.ARP_POINT] = pending.messages[at + frame_layout.M_POINT]
    pending.pool[row + layout.ARP_FAMILY] = 6 if mac == layout.NO_KEY_MAC else 4
    pending.pool[row + layout.ARP_ASKER_HIGH] = pending.messages[at + frame_layout.M_SENDER_HIGH]
    pending.pool[row + layout.ARP_ASKER_LOW] = pending.messages[at + frame_layout.M_SENDER_LOW]
    pending.pool[row + layout.ARP_TARGET_HIGH] = pending.messages[at + frame_layout.M_TARGET_HIGH]
    pending.pool[row + layout.ARP_TARGET_LOW] = pending.messages[at + frame_layout.M_TARGET_LOW]
    pending.pool[row + layout.KEY_MAC] = mac
    pending.pool[row + layout.HOME] = home_of(
        pending.messages[at + frame_layout.M_POINT], pending.messages[at + frame_layout.M_SENDER_LOW], mac,
        pending.messages[at + frame_layout.M_TARGET_LOW]
    )  # fmt: skip
    insert(pending.slots, len(pending.slots) - 1, pending.pool[row + layout.HOME], place)
    link_newest(pending, place)
    return place


def renew(pending: Pending, place: int) -> None:
    """The question at a place was finished and is asked again: it is the youngest now."""
    if pending.state[layout.S_NEWEST] != place:
        unlink(pending, place)
        link_newest(pending, place)


def begin(pending: Pending, at: int, place: int) -> None:
    """The first request of the question at a place."""
    row = place * layout.POOL_FIELDS
    pending.state[layout.S_LATEST] = place
    pending.pool[row + layout.ARP_GROUP] = pending.messages[at + frame_layout.M_GROUP]
    pending.pool[row + layout.ARP_ASKER_MAC] = pending.messages[at + frame_layout.M_SENDER_MAC]
    pending.pool[row + layout.ARP_FIRST_TIME] = pending.messages[at + frame_layout.M_TIME]
    pending.pool[row + layout.ARP_LATEST_TIME] = pending.messages[at + frame_layout.M_TIME]
    pending.pool[row + layout.ARP_CAST] = pending.messages[at + frame_layout.M_CAST]
    pending.pool[row + layout.ARP_ATTEMPTS] = 1
    pending.pool[row + layout.ARP_OUTCOME] = layout.UNANSWERED
    pending.pool[row + layout.ARP_ANSWERS] = 0
    pending.pool[row + layout.PREVIOUS_TIME] = scan_layout.ABSENT_TIME
    pending.pool[row + layout.FIRST_ANSWER] = -1
    pending.pool[row + layout.LAST_ANSWER] = -1
    pending.pool[row + layout.HELD] = 0
    pending.pool[row + layout.UNCERTAIN] = 0
    pending.pool[row + layout.BY_TARGET] = -1
    pending.pool[row + layout.REQUESTS] = 1
    pending.pool[row + layout.REQUEST] = pending.messages[at + frame_layout.M_NUMBER]


def ask_again(pending: Pending, at: int, row: int) -> None:
    """A repeat of an open question: its latest request."""
    pending.pool[row + layout.ARP_ATTEMPTS] = pending.pool[row + layout.ARP_ATTEMPTS] + 1
    pending.pool[row + layout.PREVIOUS_TIME] = pending.pool[row + layout.ARP_LATEST_TIME]
    pending.pool[row + layout.ARP_LATEST_TIME] = pending.messages[at + frame_layout.M_TIME]
    pending.pool[row + layout.ARP_CAST] = pending.messages[at + frame_layout.M_CAST]


def note_frame(pending: Pending, at: int, row: int) -> None:
    """Keep the number of a request's frame, if it is one of the first."""
    count = pending.pool[row + layout.REQUESTS]
    if count < layout.KEPT:
        pending.pool[row + layout.REQUEST + count] = pending.messages[at + frame_layout.M_NUMBER]
        pending.pool[row + layout.REQUESTS] = count + 1


def release(pending: Pending, place: int) -> None:
    """Give a place of the pool back."""
    remove(pending.slots, len(pending.slots) - 1, pending.pool[place * layout.POOL_FIELDS + layout.HOME], place)
    unlink(pending, place)
    pending.state[layout.S_OPEN] = pending.state[layout.S_OPEN] - 1
    pending.pool[place * layout.POOL_FIELDS + layout.NEWER] = pending.state[layout.S_FREE]
    pending.state[layout.S_FREE] = place
    if pending.state[layout.S_LATEST] == place:
        pending.state[layout.S_LATEST] = -1
