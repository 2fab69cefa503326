# cython: language_level=3, annotation_typing=False, boundscheck=True, wraparound=False, cdivision=True
"""Pair questions for MACs with their answers: messages in the order of the capture in, finished resolutions out.

A message is what the decoder wrote down of an ARP or neighbour discovery packet. What is open stands in a pool with a
hash table over it, in the order of its first requests; it stays there, answered or not, until its asker asks again.
Messages that may be needed later are kept as well: the answers of open resolutions, and answers without a request.

The loops run as plain Python or compiled by Cython with the C types in ``resolving.pxd``.
"""

from __future__ import annotations

from array import array

try:
    import cython
except ImportError:
    from pcapcheck import _cython_stub as cython

if not cython.compiled:
    from pcapcheck.capture import scan_layout
    from pcapcheck.copying import copy_numbers
    from pcapcheck.decode import frame_layout
    from pcapcheck.exchanges import resolving_layout as layout
    from pcapcheck.exchanges.printed_askers import begin_waiting, find_asker, forget_asker, note_answered
    from pcapcheck.hash_table import insert, insert_all, remove, seek, stir
    from pcapcheck.linked_list import append, take_out


def enter_open(pool: array[int], slots: array[int], count: int) -> None:
    """Enter the first places of the pool into a new table."""
    insert_all(pool, layout.POOL_FIELDS, layout.HOME, slots, 0, count)


def between(start: int, end: int) -> int:
    """A duration, ABSENT if either time is; 0 if the clock stepped back."""
    if start == scan_layout.ABSENT_TIME or end == scan_layout.ABSENT_TIME:
        return layout.ABSENT
    return end - start if end > start else 0


def key_mac(messages: array[int], at: int, field: int) -> int:
    """The asker's MAC, in this field of a message, where it belongs to what question and answer have in common."""
    if messages[at + frame_layout.M_KIND] & frame_layout.M_ND:
        return layout.NO_KEY_MAC
    return messages[at + field]


def home_of(point: int, asker: int, mac: int, target: int) -> int:
    """A hash of what identifies a resolution; of the addresses, the lower halves do."""
    mixed = stir(stir(stir(0, asker), mac ^ (point << 20)), target)
    return (mixed ^ (mixed >> 29)) >> 2


def is_asked(
    pool: array[int], place: int, point: int, asker_high: int, asker_low: int, mac: int, target_high: int,
    target_low: int
) -> bool:  # fmt: skip
    """Whether the resolution at a place has this key."""
    row = place * layout.POOL_FIELDS
    return (
        pool[row + layout.ARP_TARGET_LOW] == target_low
        and pool[row + layout.ARP_ASKER_LOW] == asker_low
        and pool[row + layout.KEY_MAC] == mac
        and pool[row + layout.ARP_POINT] == point
        and pool[row + layout.ARP_TARGET_HIGH] == target_high
        and pool[row + layout.ARP_ASKER_HIGH] == asker_high
    )


def find_open(
    pool: array[int], slots: array[int], state: array[int], point: int, asker_high: int, asker_low: int, mac: int,
    target_high: int, target_low: int
) -> int:  # fmt: skip
    """The place of the open resolution with this key, or -1."""
    # Mostly the one that was asked last is answered.
    place = state[layout.S_LATEST]
    if place >= 0 and is_asked(pool, place, point, asker_high, asker_low, mac, target_high, target_low):
        return place
    mask = len(slots) - 1
    home = home_of(point, asker_low, mac, target_low)
    slot = seek(pool, layout.POOL_FIELDS, layout.HOME, slots, mask, home, home & mask)
    while slots[slot] >= 0 and not is_asked(
        pool, slots[slot], point, asker_high, asker_low, mac, target_high, target_low
    ):
        slot = seek(pool, layout.POOL_FIELDS, layout.HOME, slots, mask, home, (slot + 1) & mask)
    return slots[slot]


def keep(messages: array[int], at: int, kept: array[int], state: array[int]) -> int:
    """Keep a message; the place that it gets. There is room for it."""
    place = state[layout.S_KEPT_FREE]
    row = place * layout.KEPT_FIELDS
    state[layout.S_KEPT_FREE] = kept[row + layout.K_NEXT]
    copy_numbers(messages, at, kept, row, frame_layout.MESSAGE_FIELDS)
    kept[row + layout.K_NEXT] = -1
    return place


def let_go(kept: array[int], state: array[int], place: int) -> None:
    """Give the place of a message back."""
    kept[place * layout.KEPT_FIELDS + layout.K_NEXT] = state[layout.S_KEPT_FREE]
    state[layout.S_KEPT_FREE] = place


def find_early(
    kept: array[int], early: array[int], point: int, asker_high: int, asker_low: int, mac: int, target_high: int,
    target_low: int
) -> int:  # fmt: skip
    """The place of the early answer to this question, or -1; ``asker_low`` is ABSENT where an answer names no asker."""
    mask = len(early) - 1
    home = home_of(point, asker_low, mac, target_low)
    slot = seek(kept, layout.KEPT_FIELDS, layout.K_HOME, early, mask, home, home & mask)
    while early[slot] >= 0:
        row = early[slot] * layout.KEPT_FIELDS
        if (
            kept[row + frame_layout.M_SENDER_LOW] == target_low
            and kept[row + frame_layout.M_TARGET_LOW] == asker_low
            and key_mac(kept, row, frame_layout.M_TARGET_MAC) == mac
            and kept[row + frame_layout.M_POINT] == point
            and kept[row + frame_layout.M_SENDER_HIGH] == target_high
            and kept[row + frame_layout.M_TARGET_HIGH] == asker_high
        ):
            return early[slot]
        slot = seek(kept, layout.KEPT_FIELDS, layout.K_HOME, early, mask, home, (slot + 1) & mask)
    return -1


def take_early(kept: array[int], early: array[int], state: array[int], place: int) -> int:
    """An early answer is none any more: out of their table and list, but still kept."""
    take_out(
        kept,
        layout.KEPT_FIELDS,
        layout.K_OLDER,
        layout.K_NEXT,
        state,
        layout.S_EARLY_OLDEST,
        layout.S_EARLY_NEWEST,
        place,
    )
    remove(kept, layout.KEPT_FIELDS, layout.K_HOME, early, len(early) - 1, place)
    state[layout.S_EARLY] = state[layout.S_EARLY] - 1
    return place


def add_early(messages: array[int], at: int, kept: array[int], early: array[int], home: int, state: array[int]) -> None:
    """Remember an answer without a request; the oldest is forgotten if there are many."""
    place = keep(messages, at, kept, state)
    kept[place * layout.KEPT_FIELDS + layout.K_HOME] = home
    append(
        kept,
        layout.KEPT_FIELDS,
        layout.K_OLDER,
        layout.K_NEXT,
        state,
        layout.S_EARLY_OLDEST,
        layout.S_EARLY_NEWEST,
        place,
    )
    state[layout.S_EARLY] = state[layout.S_EARLY] + 1
    insert(kept, layout.KEPT_FIELDS, layout.K_HOME, early, len(early) - 1, place)
    if state[layout.S_EARLY] > layout.MOST_EARLY:
        let_go(kept, state, take_early(kept, early, state, state[layout.S_EARLY_OLDEST]))


def put_early(messages: array[int], at: int, kept: array[int], early: array[int], state: array[int]) -> None:
    """Remember an answer without a request, instead of an earlier one to the same."""
    point = messages[at + frame_layout.M_POINT]
    asker = messages[at + frame_layout.M_TARGET_LOW]
    mac = key_mac(messages, at, frame_layout.M_TARGET_MAC)
    target = messages[at + frame_layout.M_SENDER_LOW]
    place = find_early(
        kept, early, point, messages[at + frame_layout.M_TARGET_HIGH], asker, mac,
        messages[at + frame_layout.M_SENDER_HIGH], target
    )  # fmt: skip
    if place < 0:
        add_early(messages, at, kept, early, home_of(point, asker, mac, target), state)
    else:
        copy_numbers(messages, at, kept, place * layout.KEPT_FIELDS, frame_layout.MESSAGE_FIELDS)


def is_uncertain(pool: array[int], row: int, kept: array[int], messages: array[int], at: int) -> bool:
    """Whether a further answer in a text, which shows no receiver, has another MAC than those before."""
    if messages[at + frame_layout.M_TARGET_MAC] != layout.ABSENT:
        return False
    differs = False
    answer = pool[row + layout.FIRST_ANSWER]
    while answer >= 0:
        mac = kept[answer * layout.KEPT_FIELDS + frame_layout.M_SENDER_MAC]
        if mac == messages[at + frame_layout.M_SENDER_MAC] and mac != layout.ABSENT:
            return False
        differs = differs or mac != layout.ABSENT
        answer = kept[answer * layout.KEPT_FIELDS + layout.K_NEXT]
    return differs


def find_asked(
    messages: array[int], at: int, pool: array[int], slots: array[int], targets: array[int],
    target_slots: array[int], state: array[int]
) -> int:  # fmt: skip
    """The place of the open resolution that an answer is for, or -1."""
    point = messages[at + frame_layout.M_POINT]
    asker_low = messages[at + frame_layout.M_TARGET_LOW]
    target_low = messages[at + frame_layout.M_SENDER_LOW]
    if asker_low == layout.ABSENT and messages[at + frame_layout.M_KIND] & frame_layout.M_PRINTED:
        return find_asker(targets, target_slots, point, target_low, messages[at + frame_layout.M_TARGET_MAC])
    mac = key_mac(messages, at, frame_layout.M_TARGET_MAC)
    return find_open(
        pool, slots, state, point, messages[at + frame_layout.M_TARGET_HIGH], asker_low, mac,
        messages[at + frame_layout.M_SENDER_HIGH], target_low
    )  # fmt: skip


def hold_answer(
    messages: array[int], at: int, latency: int, pool: array[int], row: int, kept: array[int], state: array[int]
) -> None:
    """Keep an answer with its resolution."""
    answer = keep(messages, at, kept, state)
    kept[answer * layout.KEPT_FIELDS + layout.K_LATENCY] = latency
    last = pool[row + layout.LAST_ANSWER]
    if last >= 0:
        kept[last * layout.KEPT_FIELDS + layout.K_NEXT] = answer
    else:
        pool[row + layout.FIRST_ANSWER] = answer
    pool[row + layout.LAST_ANSWER] = answer
    pool[row + layout.HELD] = pool[row + layout.HELD] + 1


def note_answer(
    messages: array[int], at: int, pool: array[int], place: int, kept: array[int], targets: array[int],
    slowest: array[int], state: array[int]
) -> None:  # fmt: skip
    """An answer to an open resolution."""
    row = place * layout.POOL_FIELDS
    if messages[at + frame_layout.M_KIND] & frame_layout.M_PRINTED:
        if is_uncertain(pool, row, kept, messages, at):
            pool[row + layout.UNCERTAIN] = 1
        note_answered(pool, place, targets)
    latency = between(pool[row + layout.ARP_LATEST_TIME], messages[at + frame_layout.M_TIME])
    group = messages[at + frame_layout.M_GROUP]
    if pool[row + layout.HELD] == 0 and latency > slowest[group]:
        slowest[group] = latency
    if pool[row + layout.ARP_OUTCOME] != layout.ANSWERED:
        pool[row + layout.ARP_OUTCOME] = layout.ANSWERED
        state[layout.S_OPEN_ANSWERED] = state[layout.S_OPEN_ANSWERED] + 1
    pool[row + layout.ARP_ANSWERS] = pool[row + layout.ARP_ANSWERS] + 1
    if pool[row + layout.HELD] < layout.KEPT:
        hold_answer(messages, at, latency, pool, row, kept, state)


def take_answer(
    messages: array[int], at: int, pool: array[int], slots: array[int], kept: array[int], early: array[int],
    targets: array[int], target_slots: array[int], slowest: array[int], state: array[int]
) -> None:  # fmt: skip
    """An answer: to an open resolution, or early. ``slowest`` holds, by frame group, how long first answers took."""
    place = find_asked(messages, at, pool, slots, targets, target_slots, state)
    if place < 0:
        put_early(messages, at, kept, early, state)
    else:
        note_answer(messages, at, pool, place, kept, targets, slowest, state)


def take_back(pool: array[int], row: int, kept: array[int]) -> int:
    """Remove the latest answer, which belongs to another resolution; its place."""
    last = pool[row + layout.LAST_ANSWER]
    answer = pool[row + layout.FIRST_ANSWER]
    while kept[answer * layout.KEPT_FIELDS + layout.K_NEXT] != last:
        answer = kept[answer * layout.KEPT_FIELDS + layout.K_NEXT]
    kept[answer * layout.KEPT_FIELDS + layout.K_NEXT] = -1
    pool[row + layout.LAST_ANSWER] = answer
    pool[row + layout.HELD] = pool[row + layout.HELD] - 1
    pool[row + layout.ARP_ANSWERS] = pool[row + layout.ARP_ANSWERS] - 1
    return last


def ask_again(pool: array[int], row: int, messages: array[int], at: int) -> None:
    """A repeat of an open question: its latest request."""
    pool[row + layout.ARP_ATTEMPTS] = pool[row + layout.ARP_ATTEMPTS] + 1
    pool[row + layout.PREVIOUS_TIME] = pool[row + layout.ARP_LATEST_TIME]
    pool[row + layout.ARP_LATEST_TIME] = messages[at + frame_layout.M_TIME]
    pool[row + layout.ARP_CAST] = messages[at + frame_layout.M_CAST]


def note_frame(pool: array[int], row: int, number: int) -> None:
    """Keep the number of a request's frame, if it is one of the first."""
    count = pool[row + layout.REQUESTS]
    if count < layout.KEPT:
        pool[row + layout.REQUEST + count] = number
        pool[row + layout.REQUESTS] = count + 1


def link_newest(pool: array[int], place: int, state: array[int]) -> None:
    """Put a resolution at the young end of the list of open ones."""
    append(pool, layout.POOL_FIELDS, layout.OLDER, layout.NEWER, state, layout.S_OLDEST, layout.S_NEWEST, place)


def unlink(pool: array[int], place: int, state: array[int]) -> None:
    """Take a resolution out of the list of open ones."""
    take_out(pool, layout.POOL_FIELDS, layout.OLDER, layout.NEWER, state, layout.S_OLDEST, layout.S_NEWEST, place)


def enter(messages: array[int], at: int, pool: array[int], slots: array[int], state: array[int]) -> int:
    """A place for a question that is not open, with what identifies it. There is room for it."""
    mac = key_mac(messages, at, frame_layout.M_SENDER_MAC)
    place = state[layout.S_FREE]
    row = place * layout.POOL_FIELDS
    state[layout.S_FREE] = pool[row + layout.NEWER]
    state[layout.S_OPEN] = state[layout.S_OPEN] + 1
    pool[row + layout.ARP_POINT] = messages[at + frame_layout.M_POINT]
    pool[row + layout.ARP_FAMILY] = 6 if messages[at + frame_layout.M_KIND] & frame_layout.M_ND else 4
    pool[row + layout.ARP_ASKER_HIGH] = messages[at + frame_layout.M_SENDER_HIGH]
    pool[row + layout.ARP_ASKER_LOW] = messages[at + frame_layout.M_SENDER_LOW]
    pool[row + layout.ARP_TARGET_HIGH] = messages[at + frame_layout.M_TARGET_HIGH]
    pool[row + layout.ARP_TARGET_LOW] = messages[at + frame_layout.M_TARGET_LOW]
    pool[row + layout.KEY_MAC] = mac
    pool[row + layout.HOME] = home_of(
        messages[at + frame_layout.M_POINT], messages[at + frame_layout.M_SENDER_LOW], mac,
        messages[at + frame_layout.M_TARGET_LOW]
    )  # fmt: skip
    insert(pool, layout.POOL_FIELDS, layout.HOME, slots, len(slots) - 1, place)
    link_newest(pool, place, state)
    return place


def begin(messages: array[int], at: int, pool: array[int], row: int) -> None:
    """The first request of a question."""
    pool[row + layout.ARP_GROUP] = messages[at + frame_layout.M_GROUP]
    pool[row + layout.ARP_ASKER_MAC] = messages[at + frame_layout.M_SENDER_MAC]
    pool[row + layout.ARP_FIRST_TIME] = messages[at + frame_layout.M_TIME]
    pool[row + layout.ARP_LATEST_TIME] = messages[at + frame_layout.M_TIME]
    pool[row + layout.ARP_CAST] = messages[at + frame_layout.M_CAST]
    pool[row + layout.ARP_ATTEMPTS] = 1
    pool[row + layout.ARP_OUTCOME] = layout.UNANSWERED
    pool[row + layout.ARP_ANSWERS] = 0
    pool[row + layout.PREVIOUS_TIME] = scan_layout.ABSENT_TIME
    pool[row + layout.FIRST_ANSWER] = -1
    pool[row + layout.LAST_ANSWER] = -1
    pool[row + layout.HELD] = 0
    pool[row + layout.UNCERTAIN] = 0
    pool[row + layout.BY_TARGET] = -1
    pool[row + layout.REQUESTS] = 1
    pool[row + layout.REQUEST] = messages[at + frame_layout.M_NUMBER]


def add_different(out: array[int], at: int, count_at: int, number: int) -> None:
    """Add a number to those that follow their count, if it is there and not among them."""
    count = out[at + count_at]
    is_new = number != layout.ABSENT
    for place in range(count):
        if out[at + count_at + 1 + place] == number:
            is_new = False
    if is_new:
        out[at + count_at + 1 + count] = number
        out[at + count_at] = count + 1


def write_answer(
    pool: array[int], row: int, kept: array[int], answer: int, out_answers: array[int], state: array[int]
) -> None:
    """One row of the table answers."""
    at = state[layout.S_OUT_ANSWERS] * layout.ANSWER_FIELDS
    state[layout.S_OUT_ANSWERS] = state[layout.S_OUT_ANSWERS] + 1
    out_answers[at + layout.ANSWER_GROUP] = pool[row + layout.ARP_GROUP]
    out_answers[at + layout.ANSWER_FAMILY] = pool[row + layout.ARP_FAMILY]
    out_answers[at + layout.ANSWER_ASKER_HIGH] = pool[row + layout.ARP_ASKER_HIGH]
    out_answers[at + layout.ANSWER_ASKER_LOW] = pool[row + layout.ARP_ASKER_LOW]
    out_answers[at + layout.ANSWER_ASKER_MAC] = pool[row + layout.ARP_ASKER_MAC]
    out_answers[at + layout.ANSWER_TARGET_HIGH] = pool[row + layout.ARP_TARGET_HIGH]
    out_answers[at + layout.ANSWER_TARGET_LOW] = pool[row + layout.ARP_TARGET_LOW]
    out_answers[at + layout.ANSWER_NUMBER] = kept[answer + frame_layout.M_NUMBER]
    out_answers[at + layout.ANSWER_TIME] = kept[answer + frame_layout.M_TIME]
    out_answers[at + layout.ANSWER_LATENCY] = kept[answer + layout.K_LATENCY]
    out_answers[at + layout.ANSWER_REPLY_MAC] = kept[answer + frame_layout.M_SENDER_MAC]
    out_answers[at + layout.ANSWER_REPLY_ETH_SRC] = kept[answer + frame_layout.M_ETH_SRC]
    out_answers[at + layout.ANSWER_REPLY_GROUP] = kept[answer + frame_layout.M_GROUP]


def write_out(
    pool: array[int], row: int, kept: array[int], out: array[int], out_answers: array[int], state: array[int]
) -> None:
    """The row of a resolution, and those of its answers."""
    at = state[layout.S_OUT] * layout.ARP_FIELDS
    state[layout.S_OUT] = state[layout.S_OUT] + 1
    copy_numbers(pool, row, out, at, layout.SHARED)
    out[at + layout.ARP_LATENCY_FIRST] = layout.ABSENT
    out[at + layout.ARP_LATENCY] = layout.ABSENT
    out[at + layout.ARP_REPLY_MACS] = 0
    out[at + layout.ARP_REPLY_ETH_SRCS] = 0
    out[at + layout.ARP_ANSWER_ROWS] = pool[row + layout.HELD]
    frames = pool[row + layout.REQUESTS]
    for place in range(frames):
        out[at + layout.ARP_FRAME + place] = pool[row + layout.REQUEST + place]
    answer = pool[row + layout.FIRST_ANSWER]
    if answer >= 0:
        first = answer * layout.KEPT_FIELDS
        out[at + layout.ARP_LATENCY_FIRST] = between(
            pool[row + layout.ARP_FIRST_TIME], kept[first + frame_layout.M_TIME]
        )
        gap = between(pool[row + layout.PREVIOUS_TIME], pool[row + layout.ARP_LATEST_TIME])
        if gap == layout.ABSENT or gap >= layout.AMBIGUOUS:
            out[at + layout.ARP_LATENCY] = kept[first + layout.K_LATENCY]
    while answer >= 0:
        held = answer * layout.KEPT_FIELDS
        if pool[row + layout.UNCERTAIN] == 0:
            add_different(out, at, layout.ARP_REPLY_MACS, kept[held + frame_layout.M_SENDER_MAC])
        add_different(out, at, layout.ARP_REPLY_ETH_SRCS, kept[held + frame_layout.M_ETH_SRC])
        out[at + layout.ARP_FRAME + frames] = kept[held + frame_layout.M_NUMBER]
        frames = frames + 1
        write_answer(pool, row, kept, held, out_answers, state)
        answer = kept[held + layout.K_NEXT]
    out[at + layout.ARP_FRAMES] = frames


def hand_out(
    pool: array[int], place: int, kept: array[int], targets: array[int], target_slots: array[int], out: array[int],
    out_answers: array[int], state: array[int]
) -> None:  # fmt: skip
    """A resolution is finished: write it out, and let its answers go."""
    row = place * layout.POOL_FIELDS
    if pool[row + layout.ARP_OUTCOME] == layout.ANSWERED:
        state[layout.S_OPEN_ANSWERED] = state[layout.S_OPEN_ANSWERED] - 1
    write_out(pool, row, kept, out, out_answers, state)
    answer = pool[row + layout.FIRST_ANSWER]
    while answer >= 0:
        after = kept[answer * layout.KEPT_FIELDS + layout.K_NEXT]
        let_go(kept, state, answer)
        answer = after
    if pool[row + layout.BY_TARGET] >= 0:
        forget_asker(pool, place, targets, target_slots, state)


def release(pool: array[int], place: int, slots: array[int], state: array[int]) -> None:
    """Give a place of the pool back."""
    remove(pool, layout.POOL_FIELDS, layout.HOME, slots, len(slots) - 1, place)
    unlink(pool, place, state)
    state[layout.S_OPEN] = state[layout.S_OPEN] - 1
    pool[place * layout.POOL_FIELDS + layout.NEWER] = state[layout.S_FREE]
    state[layout.S_FREE] = place
    if state[layout.S_LATEST] == place:
        state[layout.S_LATEST] = -1


def is_repeat(pool: array[int], row: int, time: int, wait: int) -> bool:
    """Whether a request at this time repeats an open question, rather than ask another one."""
    if pool[row + layout.ARP_OUTCOME] == layout.ANSWERED:
        return False
    return between(pool[row + layout.ARP_LATEST_TIME], time) <= layout.PATIENCE * wait


def is_late(pool: array[int], row: int, time: int, kept: array[int]) -> bool:
    """Whether the latest answer to an open question is younger than this request, which the recorder put behind it."""
    last = pool[row + layout.LAST_ANSWER]
    if last < 0 or time == scan_layout.ABSENT_TIME:
        return False
    # An absent time is less than any other.
    return kept[last * layout.KEPT_FIELDS + frame_layout.M_TIME] > time


def early_answer(messages: array[int], at: int, kept: array[int], early: array[int], state: array[int]) -> int:
    """The place of the answer that came before this request, taken out of the early ones; -1 where there is none.

    In a text it may name no asker: then the MAC to which it went is the asker's, or is absent.
    """
    point = messages[at + frame_layout.M_POINT]
    mac = key_mac(messages, at, frame_layout.M_SENDER_MAC)
    target_high = messages[at + frame_layout.M_TARGET_HIGH]
    target_low = messages[at + frame_layout.M_TARGET_LOW]
    found = find_early(
        kept, early, point, messages[at + frame_layout.M_SENDER_HIGH], messages[at + frame_layout.M_SENDER_LOW], mac,
        target_high, target_low
    )  # fmt: skip
    if found < 0 and messages[at + frame_layout.M_KIND] & frame_layout.M_PRINTED:
        found = find_early(kept, early, point, 0, layout.ABSENT, mac, 0, target_low)
        if found < 0:
            found = find_early(kept, early, point, 0, layout.ABSENT, layout.ABSENT, 0, target_low)
    return -1 if found < 0 else take_early(kept, early, state, found)


def is_in_order(asked: int, answered: int) -> bool:
    """Whether an answer that precedes its request in the capture still belongs to that request."""
    if asked == scan_layout.ABSENT_TIME or answered == scan_layout.ABSENT_TIME:
        return False
    return -layout.STEP_BACK <= answered - asked <= layout.OUT_OF_ORDER


def take_early_answer(
    place: int, time: int, pool: array[int], slots: array[int], kept: array[int], early: array[int],
    targets: array[int], target_slots: array[int], slowest: array[int], state: array[int]
) -> None:  # fmt: skip
    """The answer at a place came before its request of this time; it counts if both may be swapped."""
    row = place * layout.KEPT_FIELDS
    if is_in_order(time, kept[row + frame_layout.M_TIME]):
        take_answer(kept, row, pool, slots, kept, early, targets, target_slots, slowest, state)
    let_go(kept, state, place)


def make_room(
    pool: array[int], slots: array[int], kept: array[int], targets: array[int], target_slots: array[int],
    out: array[int], out_answers: array[int], state: array[int]
) -> None:  # fmt: skip
    """Too much is open: close what was opened first."""
    place = state[layout.S_OLDEST]
    row = place * layout.POOL_FIELDS
    if pool[row + layout.ARP_OUTCOME] == layout.UNANSWERED:
        pool[row + layout.ARP_OUTCOME] = layout.EVICTED
        state[layout.S_EVICTED] = state[layout.S_EVICTED] + 1
    hand_out(pool, place, kept, targets, target_slots, out, out_answers, state)
    release(pool, place, slots, state)


def ask_anew(
    messages: array[int], at: int, place: int, most_open: int, pool: array[int], slots: array[int],
    kept: array[int], early: array[int], targets: array[int], target_slots: array[int], slowest: array[int],
    out: array[int], out_answers: array[int], state: array[int]
) -> None:  # fmt: skip
    """The first request of a question; the one before it with the same key, if ``place`` is not -1, is finished."""
    time = messages[at + frame_layout.M_TIME]
    answer = -1
    if place >= 0:
        if is_late(pool, place * layout.POOL_FIELDS, time, kept):
            answer = take_back(pool, place * layout.POOL_FIELDS, kept)
        hand_out(pool, place, kept, targets, target_slots, out, out_answers, state)
        if state[layout.S_NEWEST] != place:
            unlink(pool, place, state)
            link_newest(pool, place, state)
    else:
        if state[layout.S_OPEN] >= most_open:
            make_room(pool, slots, kept, targets, target_slots, out, out_answers, state)
        place = enter(messages, at, pool, slots, state)
    begin(messages, at, pool, place * layout.POOL_FIELDS)
    state[layout.S_LATEST] = place
    if messages[at + frame_layout.M_KIND] & frame_layout.M_PRINTED:
        begin_waiting(pool, place, targets, target_slots, state)
    if answer < 0 and state[layout.S_EARLY] > 0:
        answer = early_answer(messages, at, kept, early, state)
    if answer >= 0:
        take_early_answer(answer, time, pool, slots, kept, early, targets, target_slots, slowest, state)


def is_more_of_it(
    messages: array[int], at: int, wait: int, pool: array[int], place: int, kept: array[int]
) -> bool:  # fmt: skip
    """Whether a request belongs to the open resolution at a place: as a repeat, or as one recorded too late."""
    row = place * layout.POOL_FIELDS
    time = messages[at + frame_layout.M_TIME]
    if is_repeat(pool, row, time, wait):
        ask_again(pool, row, messages, at)
        note_frame(pool, row, messages[at + frame_layout.M_NUMBER])
        return True
    if pool[row + layout.HELD] == 1 and is_late(pool, row, time, kept):
        ask_again(pool, row, messages, at)
        first = pool[row + layout.FIRST_ANSWER] * layout.KEPT_FIELDS
        kept[first + layout.K_LATENCY] = between(time, kept[first + frame_layout.M_TIME])
        return True
    return False


def what_is_full(
    messages: array[int], at: int, lists: int, groups: int, rows: int, answers: int, state: array[int]
) -> int:
    """What must be enlarged or emptied before a message is touched; DONE if nothing must.

    A message finishes at most one resolution, opens at most one, and keeps at most one message. There is room for so
    many ``lists`` of askers, frame ``groups``, and ``rows`` of resolutions and of ``answers``.
    """
    if state[layout.S_FREE] < 0:
        return layout.POOL_FULL
    if state[layout.S_KEPT_FREE] < 0:
        return layout.KEPT_FULL
    if messages[at + frame_layout.M_GROUP] >= groups:
        return layout.GROUPS_FULL
    if messages[at + frame_layout.M_KIND] & frame_layout.M_PRINTED and state[layout.S_TARGETS] + 2 > lists:
        return layout.TARGETS_FULL
    if state[layout.S_OUT] >= rows or state[layout.S_OUT_ANSWERS] + layout.KEPT > answers:
        return layout.OUT_FULL
    return layout.DONE


def is_answer(messages: array[int], at: int) -> bool:
    """Whether a message answers somebody: it names the asker, or is a text's."""
    kind = messages[at + frame_layout.M_KIND]
    return kind & frame_layout.M_REPLY != 0 and (
        messages[at + frame_layout.M_TARGET_LOW] != layout.ABSENT
        or kind & (frame_layout.M_ND | frame_layout.M_PRINTED) != 0
    )


def resolve(
    messages: array[int], count: int, wait: int, most_open: int, pool: array[int], slots: array[int],
    kept: array[int], early: array[int], targets: array[int], target_slots: array[int], slowest: array[int],
    out: array[int], out_answers: array[int], state: array[int]
) -> None:  # fmt: skip
    """Take the messages from ``state[S_MESSAGE]`` on, until all are taken or something is full (``state[S_STATUS]``).

    ``wait`` is the longest time (nanoseconds) that an answer may take. A request is one more of an open resolution, or
    the first of another.
    """
    with cython.nogil:
        lists = len(targets) // layout.TARGET_FIELDS
        groups = len(slowest)
        rows = len(out) // layout.ARP_FIELDS
        answers = len(out_answers) // layout.ANSWER_FIELDS
        number = state[layout.S_MESSAGE]
        status = layout.DONE
        while number < count:
            at = number * frame_layout.MESSAGE_FIELDS
            status = what_is_full(messages, at, lists, groups, rows, answers, state)
            if status != layout.DONE:
                break
            number = number + 1
            if messages[at + frame_layout.M_KIND] & frame_layout.M_REQUEST:
                place = find_open(
                    pool, slots, state, messages[at + frame_layout.M_POINT], messages[at + frame_layout.M_SENDER_HIGH],
                    messages[at + frame_layout.M_SENDER_LOW], key_mac(messages, at, frame_layout.M_SENDER_MAC),
                    messages[at + frame_layout.M_TARGET_HIGH], messages[at + frame_layout.M_TARGET_LOW]
                )  # fmt: skip
                if place < 0 or not is_more_of_it(messages, at, wait, pool, place, kept):
                    ask_anew(
                        messages, at, place, most_open, pool, slots, kept, early, targets, target_slots, slowest, out,
                        out_answers, state
                    )  # fmt: skip
            elif is_answer(messages, at):
                take_answer(messages, at, pool, slots, kept, early, targets, target_slots, slowest, state)
        state[layout.S_MESSAGE] = number
        state[layout.S_STATUS] = status


def is_due(pool: array[int], row: int, last: int, wait: int) -> bool:
    """Whether an answer had to come before its capture point was heard last; without times, repeats show it."""
    waited = between(pool[row + layout.ARP_FIRST_TIME], last)
    if waited == layout.ABSENT:
        return pool[row + layout.ARP_ATTEMPTS] >= layout.ENOUGH
    return waited >= wait


def finish(
    pool: array[int], slots: array[int], kept: array[int], targets: array[int], target_slots: array[int],
    out: array[int], out_answers: array[int], state: array[int], last_seen: array[int], waits: array[int]
) -> None:  # fmt: skip
    """At the end of the capture: close what is open, oldest first.

    By frame group, ``last_seen`` holds the time of the last frame of its capture point, ``waits`` how long to wait for
    an answer there. May stop because the rows are full, and is then called again.
    """
    with cython.nogil:
        state[layout.S_STATUS] = layout.DONE
        while state[layout.S_OLDEST] >= 0:
            if (state[layout.S_OUT] + 1) * layout.ARP_FIELDS > len(out) or (
                (state[layout.S_OUT_ANSWERS] + layout.KEPT) * layout.ANSWER_FIELDS > len(out_answers)
            ):
                state[layout.S_STATUS] = layout.OUT_FULL
                break
            place = state[layout.S_OLDEST]
            row = place * layout.POOL_FIELDS
            group = pool[row + layout.ARP_GROUP]
            if pool[row + layout.ARP_OUTCOME] == layout.UNANSWERED and not is_due(
                pool, row, last_seen[group], waits[group]
            ):
                pool[row + layout.ARP_OUTCOME] = layout.IN_FLIGHT
            hand_out(pool, place, kept, targets, target_slots, out, out_answers, state)
            release(pool, place, slots, state)
