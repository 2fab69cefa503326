# cython: language_level=3, annotation_typing=False, boundscheck=False, wraparound=False, cdivision=True
# cython: initializedcheck=False
"""Answers that are kept: those of open resolutions, and early ones, which came before their request.

A recorder with several queues may put an answer before its request. The places of messages are chained: a free one to
the next free one, an answer to the next of the same resolution, an early one to the next younger.

The steps run as plain Python or compiled by Cython with the C types in ``kept_answers.pxd``.
"""

from __future__ import annotations

try:
    import cython
except ImportError:
    from pcapcheck import _cython_stub as cython

if not cython.compiled:
    from pcapcheck.copying import copy_numbers
    from pcapcheck.decode import frame_layout
    from pcapcheck.exchanges import resolving_layout as layout
    from pcapcheck.exchanges.pending import Pending, between, home_of, key_mac
    from pcapcheck.exchanges.printed_askers import note_answered
    from pcapcheck.hash_table import insert, place_at, remove, seek
    from pcapcheck.linked_list import append, take_out


def keep(pending: Pending, at: int) -> int:
    """Keep a message; the place that it gets. There is room for it."""
    place = pending.state[layout.S_KEPT_FREE]
    row = place * layout.KEPT_FIELDS
    pending.state[layout.S_KEPT_FREE] = pending.kept[row + layout.K_NEXT]
    copy_numbers(pending.messages, at, pending.kept, row, frame_layout.MESSAGE_FIELDS)
    pending.kept[row + layout.K_NEXT] = -1
    return place


def let_go(pending: Pending, place: int) -> None:
    """Give the place of a message back."""
    pending.kept[place * layout.KEPT_FIELDS + layout.K_NEXT] = pending.state[layout.S_KEPT_FREE]
    pending.state[layout.S_KEPT_FREE] = place


def is_uncertain(pending: Pending, row: int, answer: int) -> bool:
    """Whether a further answer in a text, which shows no receiver, has another MAC than those before."""
    further = answer * layout.KEPT_FIELDS
    if pending.kept[further + frame_layout.M_TARGET_MAC] != layout.ABSENT:
        return False
    differs = False
    before = pending.pool[row + layout.FIRST_ANSWER]
    while before >= 0:
        mac = pending.kept[before * layout.KEPT_FIELDS + frame_layout.M_SENDER_MAC]
        if mac == pending.kept[further + frame_layout.M_SENDER_MAC] and mac != layout.ABSENT:
            return False
        differs = differs or mac != layout.ABSENT
        before = pending.kept[before * layout.KEPT_FIELDS + layout.K_NEXT]
    return differs


def hold_answer(pending: Pending, row: int, answer: int) -> None:
    """A kept answer is one more of its resolution."""
    last = pending.pool[row + layout.LAST_ANSWER]
    if last >= 0:
        pending.kept[last * layout.KEPT_FIELDS + layout.K_NEXT] = answer
    else:
        pending.pool[row + layout.FIRST_ANSWER] = answer
    pending.pool[row + layout.LAST_ANSWER] = answer
    pending.pool[row + layout.HELD] = pending.pool[row + layout.HELD] + 1


def note_answer(pending: Pending, place: int, answer: int) -> None:
    """A kept answer is that of the open resolution at a place."""
    row = place * layout.POOL_FIELDS
    message = answer * layout.KEPT_FIELDS
    if pending.kept[message + frame_layout.M_KIND] & frame_layout.M_PRINTED:
        if is_uncertain(pending, row, answer):
            pending.pool[row + layout.UNCERTAIN] = 1
        note_answered(pending, place)
    latency = between(pending.pool[row + layout.ARP_LATEST_TIME], pending.kept[message + frame_layout.M_TIME])
    pending.kept[message + layout.K_LATENCY] = latency
    group = pending.kept[message + frame_layout.M_GROUP]
    if pending.pool[row + layout.HELD] == 0 and latency > pending.slowest[group]:
        pending.slowest[group] = latency
    if pending.pool[row + layout.ARP_OUTCOME] != layout.ANSWERED:
        pending.pool[row + layout.ARP_OUTCOME] = layout.ANSWERED
        pending.state[layout.S_OPEN_ANSWERED] = pending.state[layout.S_OPEN_ANSWERED] + 1
    pending.pool[row + layout.ARP_ANSWERS] = pending.pool[row + layout.ARP_ANSWERS] + 1
    if pending.pool[row + layout.HELD] < layout.KEPT:
        hold_answer(pending, row, answer)
    else:
        let_go(pending, answer)


def take_answer(pending: Pending, at: int, place: int) -> None:
    """A message answers the open resolution at a place."""
    note_answer(pending, place, keep(pending, at))


def take_back(pending: Pending, row: int) -> int:
    """Remove the latest answer, which belongs to another resolution; its place."""
    last = pending.pool[row + layout.LAST_ANSWER]
    answer = pending.pool[row + layout.FIRST_ANSWER]
    while pending.kept[answer * layout.KEPT_FIELDS + layout.K_NEXT] != last:
        answer = pending.kept[answer * layout.KEPT_FIELDS + layout.K_NEXT]
    pending.kept[answer * layout.KEPT_FIELDS + layout.K_NEXT] = -1
    pending.pool[row + layout.LAST_ANSWER] = answer
    pending.pool[row + layout.HELD] = pending.pool[row + layout.HELD] - 1
    pending.pool[row + layout.ARP_ANSWERS] = pending.pool[row + layout.ARP_ANSWERS] - 1
    return last


def early_mac(pending: Pending, row: int) -> int:
    """The asker's MAC of an early answer, where question and answer have it in common."""
    if pending.kept[row + frame_layout.M_KIND] & frame_layout.M_ND:
        return layout.NO_KEY_MAC
    return pending.kept[row + frame_layout.M_TARGET_MAC]


def find_early(
    pending: Pending, point: int, asker_high: int, asker_low: int, mac: int, target_high: int, target_low: int
) -> int:
    """The place of the early answer to this question, or -1; ``asker_low`` is ABSENT where an answer names no asker."""
    mask = len(pending.early) - 1
    home = home_of(point, asker_low, mac, target_low)
    slot = seek(pending.early, mask, home, home & mask)
    while pending.early[slot] >= 0:
        row = place_at(pending.early, slot) * layout.KEPT_FIELDS
        if (
            pending.kept[row + frame_layout.M_SENDER_LOW] == target_low
            and pending.kept[row + frame_layout.M_TARGET_LOW] == asker_low
            and early_mac(pending, row) == mac
            and pending.kept[row + frame_layout.M_POINT] == point
            and pending.kept[row + frame_layout.M_SENDER_HIGH] == target_high
            and pending.kept[row + frame_layout.M_TARGET_HIGH] == asker_high
        ):
            return place_at(pending.early, slot)
        slot = seek(pending.early, mask, home, (slot + 1) & mask)
    return -1


def take_early(pending: Pending, place: int) -> int:
    """An early answer is none any more: out of their table and list, but still kept."""
    take_out(
        pending.kept,
        layout.KEPT_FIELDS,
        layout.K_OLDER,
        layout.K_NEXT,
        pending.state,
        layout.S_EARLY_OLDEST,
        layout.S_EARLY_NEWEST,
        place,
    )
    remove(pending.early, len(pending.early) - 1, pending.kept[place * layout.KEPT_FIELDS + layout.K_HOME], place)
    pending.state[layout.S_EARLY] = pending.state[layout.S_EARLY] - 1
    pending.kept[place * layout.KEPT_FIELDS + layout.K_NEXT] = -1
    return place


def add_early(pending: Pending, at: int, home: int) -> None:
    """Remember an answer without a request; the oldest is forgotten if there are many."""
    place = keep(pending, at)
    pending.kept[place * layout.KEPT_FIELDS + layout.K_HOME] = home
    append(
        pending.kept,
        layout.KEPT_FIELDS,
        layout.K_OLDER,
        layout.K_NEXT,
        pending.state,
        layout.S_EARLY_OLDEST,
        layout.S_EARLY_NEWEST,
        place,
    )
    pending.state[layout.S_EARLY] = pending.state[layout.S_EARLY] + 1
    insert(pending.early, len(pending.early) - 1, home, place)
    if pending.state[layout.S_EARLY] > layout.MOST_EARLY:
        let_go(pending, take_early(pending, pending.state[layout.S_EARLY_OLDEST]))


def put_early(pending: Pending, at: int) -> None:
    """Remember an answer without a request, instead of an earlier one to the same."""
    point = pending.messages[at + frame_layout.M_POINT]
    asker = pending.messages[at + frame_layout.M_TARGET_LOW]
    mac = key_mac(pending, at, frame_layout.M_TARGET_MAC)
    target = pending.messages[at + frame_layout.M_SENDER_LOW]
    place = find_early(
        pending, point, pending.messages[at + frame_layout.M_TARGET_HIGH], asker, mac,
        pending.messages[at + frame_layout.M_SENDER_HIGH], target
    )  # fmt: skip
    if place < 0:
        add_early(pending, at, home_of(point, asker, mac, target))
    else:
        copy_numbers(
            pending.messages, at, pending.kept, place * layout.KEPT_FIELDS, frame_layout.MESSAGE_FIELDS
        )  # fmt: skip


def early_answer(pending: Pending, at: int) -> int:
    """The place of the answer that came before this request, taken out of the early ones; -1 where there is none.

    In a text it may name no asker: then the MAC to which it went is the asker's, or is absent.
    """
    point = pending.messages[at + frame_layout.M_POINT]
    mac = key_mac(pending, at, frame_layout.M_SENDER_MAC)
    target_low = pending.messages[at + frame_layout.M_TARGET_LOW]
    found = find_early(
        pending, point, pending.messages[at + frame_layout.M_SENDER_HIGH],
        pending.messages[at + frame_layout.M_SENDER_LOW], mac, pending.messages[at + frame_layout.M_TARGET_HIGH],
        target_low
    )  # fmt: skip
    if found < 0 and pending.messages[at + frame_layout.M_KIND] & frame_layout.M_PRINTED:
        found = find_early(pending, point, 0, layout.ABSENT, mac, 0, target_low)
        if found < 0:
            found = find_early(pending, point, 0, layout.ABSENT, layout.ABSENT, 0, target_low)
    return -1 if found < 0 else take_early(pending, found)
