# cython: language_level=3, annotation_typing=False, boundscheck=False, wraparound=False, cdivision=True
"""Sum up finished resolutions: how many were answered by frame group, who talks about the gateway, who asks in vain.

Takes the rows that ``resolving`` writes out. Memory grows with how many different groups, addresses and durations there
are, up to a bound, not with how many resolutions.

The loops run as plain Python or compiled by Cython with the C types in ``tallying.pxd``.
"""

from __future__ import annotations

from array import array

try:
    import cython
except ImportError:
    from pcapcheck import _cython_stub as cython

if not cython.compiled:
    from pcapcheck.exchanges import resolving_layout as rows
    from pcapcheck.exchanges import tallying_layout as layout
    from pcapcheck.exchanges.binning import bucket_of
    from pcapcheck.hash_table import entry_of, insert, insert_all, place_at, remove, seek, seek_key, stir


def enter_durations(durations: array[int], slots: array[int], count: int) -> None:
    """Enter the first buckets into a new table."""
    insert_all(durations, layout.DURATION_FIELDS, layout.D_HOME, slots, 0, count)


def enter_remarks(remarks: array[int], slots: array[int], count: int) -> None:
    """Enter the first remarks into a new table."""
    insert_all(remarks, layout.REMARK_FIELDS, layout.R_HOME, slots, 0, count)


def key_home(first: int, second: int, third: int) -> int:
    """A hash of three numbers."""
    mixed = stir(stir(stir(0, first), second), third)
    return (mixed ^ (mixed >> 29)) >> 2


def find_duration(durations: array[int], slots: array[int], home: int, group: int, bucket: int) -> int:
    """The slot of a bucket of durations of a frame group, or the empty one where it belongs."""
    mask = len(slots) - 1
    return seek_key(durations, layout.DURATION_FIELDS, slots, mask, home, layout.D_GROUP, 2, group, bucket, 0, 0, 0)


def count_duration(durations: array[int], slots: array[int], state: array[int], group: int, bucket: int) -> None:
    """Count a duration of a frame group in its bucket; with too many different ones, only those that are known."""
    home = key_home(group, bucket, 0)
    slot = find_duration(durations, slots, home, group, bucket)
    if slots[slot] < 0 and state[layout.S_DURATIONS] < layout.MOST_DURATIONS:
        slots[slot] = entry_of(home, state[layout.S_DURATIONS])
        state[layout.S_DURATIONS] = state[layout.S_DURATIONS] + 1
        row = place_at(slots, slot) * layout.DURATION_FIELDS
        durations[row + layout.D_HOME] = home
        durations[row + layout.D_GROUP] = group
        durations[row + layout.D_BUCKET] = bucket
        durations[row + layout.D_COUNT] = 0
    if slots[slot] >= 0:
        row = place_at(slots, slot) * layout.DURATION_FIELDS
        durations[row + layout.D_COUNT] = durations[row + layout.D_COUNT] + 1


def count_outcome(
    out: array[int], at: int, tallies: array[int], durations: array[int], duration_slots: array[int], state: array[int]
) -> None:
    """What a resolution adds to the tally of its frame group."""
    group = out[at + rows.ARP_GROUP]
    outcome = out[at + rows.ARP_OUTCOME]
    tally = group * layout.TALLY_FIELDS
    if tallies[tally + layout.N_RANK] == 0:
        state[layout.S_GROUPS] = state[layout.S_GROUPS] + 1
        tallies[tally + layout.N_RANK] = state[layout.S_GROUPS]
        tallies[tally + layout.N_LEAST] = rows.ABSENT
        tallies[tally + layout.N_MOST] = rows.ABSENT
    tallies[tally + outcome] = tallies[tally + outcome] + 1
    tallies[tally + layout.N_ATTEMPTS] = tallies[tally + layout.N_ATTEMPTS] + out[at + rows.ARP_ATTEMPTS]
    state[layout.S_FINISHED] = state[layout.S_FINISHED] + 1
    if outcome == rows.ANSWERED:
        state[layout.S_ANSWERED] = state[layout.S_ANSWERED] + 1
    duration = out[at + rows.ARP_LATENCY_FIRST]
    if duration != rows.ABSENT:
        if tallies[tally + layout.N_LEAST] == rows.ABSENT or duration < tallies[tally + layout.N_LEAST]:
            tallies[tally + layout.N_LEAST] = duration
        if duration > tallies[tally + layout.N_MOST]:
            tallies[tally + layout.N_MOST] = duration
        count_duration(durations, duration_slots, state, group, bucket_of(duration))


def is_remark(remarks: array[int], place: int, kind: int, group: int, high: int, low: int) -> bool:
    """Whether the remark at a place is this one."""
    row = place * layout.REMARK_FIELDS
    return (
        remarks[row + layout.R_LOW] == low
        and remarks[row + layout.R_GROUP] == group
        and remarks[row + layout.R_KIND] == kind
        and remarks[row + layout.R_HIGH] == high
    )


def find_remark(
    remarks: array[int], slots: array[int], home: int, kind: int, group: int, high: int, low: int
) -> int:  # fmt: skip
    """The slot of a remark, or the empty one where it belongs."""
    mask = len(slots) - 1
    return seek_key(remarks, layout.REMARK_FIELDS, slots, mask, home, layout.R_KIND, 4, kind, group, high, low, 0)


def make_remark(
    remarks: array[int], slots: array[int], state: array[int], kind: int, group: int, high: int, low: int, point: int
) -> int:  # fmt: skip
    """The place of a remark, new if need be; -1 where there are too many."""
    home = key_home(kind, group, low)
    slot = find_remark(remarks, slots, home, kind, group, high, low)
    if slots[slot] >= 0:
        return place_at(slots, slot)
    if kind == layout.ASKS_OTHERS and state[layout.S_ASKED] >= layout.MOST_ASKED:
        return -1
    if state[layout.S_REMARKS] >= layout.MOST_REMARKS:
        return -1
    if kind == layout.ASKS_OTHERS:
        state[layout.S_ASKED] = state[layout.S_ASKED] + 1
    slots[slot] = entry_of(home, state[layout.S_REMARKS])
    state[layout.S_REMARKS] = state[layout.S_REMARKS] + 1
    row = place_at(slots, slot) * layout.REMARK_FIELDS
    remarks[row + layout.R_HOME] = home
    remarks[row + layout.R_KIND] = kind
    remarks[row + layout.R_GROUP] = group
    remarks[row + layout.R_HIGH] = high
    remarks[row + layout.R_LOW] = low
    remarks[row + layout.R_POINT] = point
    remarks[row + layout.R_ANSWERED] = 0
    return place_at(slots, slot)


def remark(
    remarks: array[int], slots: array[int], tallies: array[int], state: array[int], kind: int, group: int, high: int,
    low: int, point: int, answered: int
) -> None:  # fmt: skip
    """Remember who talks about what; where there are too many remarks, only known ones count."""
    # Mostly a group talks about the same again.
    latest = group * layout.TALLY_FIELDS + layout.N_REMARK
    place = tallies[latest] - 1 if latest < len(tallies) else -1
    if place < 0 or not is_remark(remarks, place, kind, group, high, low):
        place = make_remark(remarks, slots, state, kind, group, high, low, point)
        if latest < len(tallies):
            tallies[latest] = place + 1
    if place >= 0 and answered > 0:
        remarks[place * layout.REMARK_FIELDS + layout.R_ANSWERED] = 1


def is_gateway(gateways: array[int], high: int, low: int) -> bool:
    """Whether an address is the gateway's; ``gateways`` holds two halves of each."""
    found = False
    for at in range(0, len(gateways), 2):
        if gateways[at + 1] == low and gateways[at] == high:
            found = True
    return found


def note_gateway(
    out: array[int], at: int, answers: array[int], first: int, remarks: array[int], slots: array[int],
    tallies: array[int], state: array[int]
) -> None:  # fmt: skip
    """Who asked for the gateway, and who answered."""
    point = out[at + rows.ARP_POINT]
    remark(
        remarks, slots, tallies, state, layout.ASKS_GATEWAY, out[at + rows.ARP_GROUP], out[at + rows.ARP_ASKER_HIGH],
        out[at + rows.ARP_ASKER_LOW], point, out[at + rows.ARP_ANSWER_ROWS]
    )  # fmt: skip
    # If two machines answered a question, their answers do not show which of them is the node.
    if out[at + rows.ARP_REPLY_ETH_SRCS] == 1:
        for number in range(first, first + out[at + rows.ARP_ANSWER_ROWS]):
            group = answers[number * rows.ANSWER_FIELDS + rows.ANSWER_REPLY_GROUP]
            if group != 0:
                remark(remarks, slots, tallies, state, layout.ANSWERS_GATEWAY, group, 0, 0, point, 0)


def note_talk(
    out: array[int], at: int, answers: array[int], first: int, gateways: array[int], remarks: array[int],
    slots: array[int], tallies: array[int], state: array[int]
) -> None:  # fmt: skip
    """Who talked about the gateway, or asked for another address. ``first`` is the first of the answers to it."""
    high = out[at + rows.ARP_TARGET_HIGH]
    low = out[at + rows.ARP_TARGET_LOW]
    if not is_gateway(gateways, high, low):
        remark(
            remarks, slots, tallies, state, layout.ASKS_OTHERS, out[at + rows.ARP_GROUP], high, low,
            out[at + rows.ARP_POINT], 0
        )  # fmt: skip
    elif out[at + rows.ARP_GROUP] != 0:
        # Group 0 belongs to no sender: it takes all frames that found no room.
        note_gateway(out, at, answers, first, remarks, slots, tallies, state)


def find_silent(silent: array[int], slots: array[int], out: array[int], at: int, home: int) -> int:
    """The place where an asker's question is remembered that nobody answered, or -1."""
    mask = len(slots) - 1
    slot = seek(slots, mask, home, home & mask)
    while slots[slot] >= 0:
        row = place_at(slots, slot) * layout.SILENT_FIELDS
        if (
            silent[row + rows.ARP_TARGET_LOW] == out[at + rows.ARP_TARGET_LOW]
            and silent[row + rows.ARP_ASKER_LOW] == out[at + rows.ARP_ASKER_LOW]
            and silent[row + rows.ARP_POINT] == out[at + rows.ARP_POINT]
            and silent[row + rows.ARP_TARGET_HIGH] == out[at + rows.ARP_TARGET_HIGH]
            and silent[row + rows.ARP_ASKER_HIGH] == out[at + rows.ARP_ASKER_HIGH]
        ):
            return place_at(slots, slot)
        slot = seek(slots, mask, home, (slot + 1) & mask)
    return -1


def forget_silent(silent: array[int], slots: array[int], place: int, state: array[int]) -> None:
    """An answer came after all: the last one moves to its place."""
    mask = len(slots) - 1
    last = state[layout.S_SILENT] - 1
    remove(slots, mask, silent[place * layout.SILENT_FIELDS + layout.V_HOME], place)
    if place != last:
        home = silent[last * layout.SILENT_FIELDS + layout.V_HOME]
        remove(slots, mask, home, last)
        for field in range(layout.SILENT_FIELDS):
            silent[place * layout.SILENT_FIELDS + field] = silent[last * layout.SILENT_FIELDS + field]
        insert(slots, mask, home, place)
    state[layout.S_SILENT] = last


def add_silent(out: array[int], at: int, silent: array[int], slots: array[int], home: int, state: array[int]) -> None:
    """A resolution in vain that is the first of its asker for this address."""
    place = state[layout.S_SILENT]
    row = place * layout.SILENT_FIELDS
    state[layout.S_SILENT] = place + 1
    state[layout.S_SILENT_RANK] = state[layout.S_SILENT_RANK] + 1
    for field in range(rows.ARP_FIELDS):
        silent[row + field] = out[at + field]
    silent[row + layout.V_ATTEMPTS] = out[at + rows.ARP_ATTEMPTS]
    silent[row + layout.V_UNTIL] = out[at + rows.ARP_LATEST_TIME]
    silent[row + layout.V_RANK] = state[layout.S_SILENT_RANK]
    silent[row + layout.V_HOME] = home
    insert(slots, len(slots) - 1, home, place)


def note_silence(out: array[int], at: int, silent: array[int], slots: array[int], state: array[int]) -> None:
    """Remember who asked for what again and again in vain; an answer to the same asker later takes it back."""
    answered = out[at + rows.ARP_OUTCOME] == rows.ANSWERED and state[layout.S_SILENT] > 0
    in_vain = out[at + rows.ARP_OUTCOME] == rows.UNANSWERED and out[at + rows.ARP_ATTEMPTS] >= layout.ASKED_IN_VAIN
    if answered or in_vain:
        home = key_home(out[at + rows.ARP_POINT], out[at + rows.ARP_ASKER_LOW], out[at + rows.ARP_TARGET_LOW])
        place = find_silent(silent, slots, out, at, home)
        if answered:
            if place >= 0:
                forget_silent(silent, slots, place, state)
        elif place >= 0:
            row = place * layout.SILENT_FIELDS
            silent[row + layout.V_ATTEMPTS] = silent[row + layout.V_ATTEMPTS] + out[at + rows.ARP_ATTEMPTS]
            silent[row + layout.V_UNTIL] = out[at + rows.ARP_LATEST_TIME]
        elif (state[layout.S_SILENT] + 1) * layout.SILENT_FIELDS <= len(silent):
            add_silent(out, at, silent, slots, home, state)


def tally(
    out: array[int], count: int, answers: array[int], gateways: array[int], tallies: array[int],
    durations: array[int], duration_slots: array[int], remarks: array[int], remark_slots: array[int],
    silent: array[int], silent_slots: array[int], state: array[int]
) -> None:  # fmt: skip
    """Take the resolutions from ``state[S_ROW]`` on, until all are taken or something is full (``state[S_STATUS]``).

    ``answers`` are the rows of their answers, in their order.
    """
    with cython.nogil:
        number = state[layout.S_ROW]
        state[layout.S_STATUS] = layout.DONE
        while number < count:
            at = number * rows.ARP_FIELDS
            if (out[at + rows.ARP_GROUP] + 1) * layout.TALLY_FIELDS > len(tallies):
                state[layout.S_STATUS] = layout.GROUPS_FULL
                break
            if (state[layout.S_DURATIONS] + 1) * layout.DURATION_FIELDS > len(durations):
                state[layout.S_STATUS] = layout.DURATIONS_FULL
                break
            if (state[layout.S_REMARKS] + 1 + rows.KEPT) * layout.REMARK_FIELDS > len(remarks):
                state[layout.S_STATUS] = layout.REMARKS_FULL
                break
            count_outcome(out, at, tallies, durations, duration_slots, state)
            note_talk(out, at, answers, state[layout.S_ANSWER], gateways, remarks, remark_slots, tallies, state)
            note_silence(out, at, silent, silent_slots, state)
            state[layout.S_ANSWER] = state[layout.S_ANSWER] + out[at + rows.ARP_ANSWER_ROWS]
            number = number + 1
        state[layout.S_ROW] = number
