# cython: language_level=3, annotation_typing=False, boundscheck=False, wraparound=False, cdivision=True
# cython: initializedcheck=False
"""Pair questions for MACs with their answers: messages in the order of the capture in, finished resolutions out.

A message is what the decoder wrote down of an ARP or neighbour discovery packet. What is open stands in ``pending``,
which answers are kept in ``kept_answers``; ``resolution_rows`` writes out what is finished.

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
    from pcapcheck.decode import frame_layout
    from pcapcheck.exchanges import resolving_layout as layout
    from pcapcheck.exchanges.kept_answers import early_answer, let_go, note_answer, put_early, take_answer, take_back
    from pcapcheck.exchanges.pending import (
        Pending,
        ask_again,
        begin,
        between,
        enter,
        find_open,
        find_question,
        note_frame,
        release,
        renew,
    )
    from pcapcheck.exchanges.printed_askers import begin_waiting, find_asker
    from pcapcheck.exchanges.resolution_rows import hand_out


def find_asked(pending: Pending, messages: array[int], at: int) -> int:
    """The place of the open resolution that an answer is for, or -1."""
    kind = messages[at + frame_layout.M_KIND]
    point = messages[at + frame_layout.M_POINT]
    asker_low = messages[at + frame_layout.M_TARGET_LOW]
    target_low = messages[at + frame_layout.M_SENDER_LOW]
    mac = messages[at + frame_layout.M_TARGET_MAC]
    if asker_low == layout.ABSENT and kind & frame_layout.M_PRINTED:
        return find_asker(pending, point, target_low, mac)
    if kind & frame_layout.M_ND:
        mac = layout.NO_KEY_MAC
    return find_open(
        pending, point, messages[at + frame_layout.M_TARGET_HIGH], asker_low, mac,
        messages[at + frame_layout.M_SENDER_HIGH], target_low
    )  # fmt: skip


def is_repeat(pending: Pending, row: int, time: int, wait: int) -> bool:
    """Whether a request at this time repeats an open question, rather than ask another one."""
    if pending.pool[row + layout.ARP_OUTCOME] == layout.ANSWERED:
        return False
    return between(pending.pool[row + layout.ARP_LATEST_TIME], time) <= layout.PATIENCE * wait


def is_late(pending: Pending, row: int, time: int) -> bool:
    """Whether the latest answer to an open question is younger than this request, which the recorder put behind it."""
    last = pending.pool[row + layout.LAST_ANSWER]
    if last < 0 or time == scan_layout.ABSENT_TIME:
        return False
    # An absent time is less than any other.
    return pending.kept[last * layout.KEPT_FIELDS + frame_layout.M_TIME] > time


def is_more_of_it(pending: Pending, at: int, wait: int, place: int) -> bool:
    """Whether a request belongs to the open resolution at a place: as a repeat, or as one recorded too late."""
    row = place * layout.POOL_FIELDS
    time = pending.messages[at + frame_layout.M_TIME]
    if is_repeat(pending, row, time, wait):
        ask_again(pending, at, row)
        note_frame(pending, at, row)
        return True
    if pending.pool[row + layout.HELD] == 1 and is_late(pending, row, time):
        ask_again(pending, at, row)
        first = pending.pool[row + layout.FIRST_ANSWER] * layout.KEPT_FIELDS
        pending.kept[first + layout.K_LATENCY] = between(time, pending.kept[first + frame_layout.M_TIME])
        return True
    return False


def make_room(pending: Pending) -> None:
    """Too much is open: close what was opened first."""
    place = pending.state[layout.S_OLDEST]
    row = place * layout.POOL_FIELDS
    if pending.pool[row + layout.ARP_OUTCOME] == layout.UNANSWERED:
        pending.pool[row + layout.ARP_OUTCOME] = layout.EVICTED
        pending.state[layout.S_EVICTED] = pending.state[layout.S_EVICTED] + 1
    hand_out(pending, place)
    release(pending, place)


def is_in_order(asked: int, answered: int) -> bool:
    """Whether an answer that precedes its request in the capture still belongs to that request."""
    if asked == scan_layout.ABSENT_TIME or answered == scan_layout.ABSENT_TIME:
        return False
    return -layout.STEP_BACK <= answered - asked <= layout.OUT_OF_ORDER


def take_early_answer(pending: Pending, answer: int, time: int) -> None:
    """A kept answer came before its request of this time; it counts if both may be swapped."""
    message = answer * layout.KEPT_FIELDS
    place = -1
    if is_in_order(time, pending.kept[message + frame_layout.M_TIME]):
        place = find_asked(pending, pending.kept, message)
    if place >= 0:
        note_answer(pending, place, answer)
    else:
        let_go(pending, answer)


def ask_anew(pending: Pending, at: int, place: int, most_open: int) -> None:
    """The first request of a question; the one before it with the same key, if ``place`` is not -1, is finished."""
    time = pending.messages[at + frame_layout.M_TIME]
    answer = -1
    if place >= 0:
        if is_late(pending, place * layout.POOL_FIELDS, time):
            answer = take_back(pending, place * layout.POOL_FIELDS)
        hand_out(pending, place)
        renew(pending, place)
    else:
        if pending.state[layout.S_OPEN] >= most_open:
            make_room(pending)
        place = enter(pending, at)
    begin(pending, at, place)
    if pending.messages[at + frame_layout.M_KIND] & frame_layout.M_PRINTED:
        begin_waiting(pending, place)
    if answer < 0 and pending.state[layout.S_EARLY] > 0:
        answer = early_answer(pending, at)
    if answer >= 0:
        take_early_answer(pending, answer, time)


def what_is_full(pending: Pending, at: int) -> int:
    """What must be enlarged or emptied before a message is touched; DONE if nothing must.

    A message finishes at most one resolution, opens at most one, and keeps at most one message.
    """
    if pending.state[layout.S_FREE] < 0:
        return layout.POOL_FULL
    if pending.state[layout.S_KEPT_FREE] < 0:
        return layout.KEPT_FULL
    if pending.messages[at + frame_layout.M_GROUP] >= len(pending.slowest):
        return layout.GROUPS_FULL
    if pending.messages[at + frame_layout.M_KIND] & frame_layout.M_PRINTED and (
        pending.state[layout.S_TARGETS] + 2
    ) * layout.TARGET_FIELDS > len(pending.targets):
        return layout.TARGETS_FULL
    return layout.DONE if has_room(pending) else layout.OUT_FULL


def has_room(pending: Pending) -> bool:
    """Whether there is room to write out one more resolution, and its answers."""
    return (pending.state[layout.S_OUT] + 1) * layout.ARP_FIELDS <= len(pending.out) and (
        pending.state[layout.S_OUT_ANSWERS] + layout.KEPT
    ) * layout.ANSWER_FIELDS <= len(pending.out_answers)


def is_answer(pending: Pending, at: int) -> bool:
    """Whether a message answers somebody: it names the asker, or is a text's."""
    kind = pending.messages[at + frame_layout.M_KIND]
    return kind & frame_layout.M_REPLY != 0 and (
        pending.messages[at + frame_layout.M_TARGET_LOW] != layout.ABSENT
        or kind & (frame_layout.M_ND | frame_layout.M_PRINTED) != 0
    )


def resolve(pending: Pending, count: int, wait: int, most_open: int) -> None:
    """Take the messages from ``state[S_MESSAGE]`` on, until all are taken or something is full (``state[S_STATUS]``).

    ``wait`` is the longest time (nanoseconds) that an answer may take. A request is one more of an open resolution, or
    the first of another; an answer is that of an open one, or early.
    """
    with cython.nogil:
        number = pending.state[layout.S_MESSAGE]
        status = layout.DONE
        while number < count:
            at = number * frame_layout.MESSAGE_FIELDS
            status = what_is_full(pending, at)
            if status != layout.DONE:
                break
            number = number + 1
            if pending.messages[at + frame_layout.M_KIND] & frame_layout.M_REQUEST:
                place = find_question(pending, at)
                if place < 0 or not is_more_of_it(pending, at, wait, place):
                    ask_anew(pending, at, place, most_open)
            elif is_answer(pending, at):
                place = find_asked(pending, pending.messages, at)
                if place < 0:
                    put_early(pending, at)
                else:
                    take_answer(pending, at, place)
        pending.state[layout.S_MESSAGE] = number
        pending.state[layout.S_STATUS] = status


def is_due(pending: Pending, row: int, last: int, wait: int) -> bool:
    """Whether an answer had to come before its capture point was heard last; without times, repeats show it."""
    waited = between(pending.pool[row + layout.ARP_FIRST_TIME], last)
    if waited == layout.ABSENT:
        return pending.pool[row + layout.ARP_ATTEMPTS] >= layout.ENOUGH
    return waited >= wait


def finish(pending: Pending, last_seen: array[int], waits: array[int]) -> None:
    """At the end of the capture: close what is open, oldest first.

    By frame group, ``last_seen`` holds the time of the last frame of its capture point, ``waits`` how long to wait for
    an answer there (nanoseconds). May stop because the rows are full, and is then called again.
    """
    with cython.nogil:
        pending.state[layout.S_STATUS] = layout.DONE
        while pending.state[layout.S_OLDEST] >= 0:
            if not has_room(pending):
                pending.state[layout.S_STATUS] = layout.OUT_FULL
                break
            place = pending.state[layout.S_OLDEST]
            row = place * layout.POOL_FIELDS
            group = pending.pool[row + layout.ARP_GROUP]
            if pending.pool[row + layout.ARP_OUTCOME] == layout.UNANSWERED and not is_due(
                pending, row, last_seen[group], waits[group]
            ):
                pending.pool[row + layout.ARP_OUTCOME] = layout.IN_FLIGHT
            hand_out(pending, place)
            release(pending, place)
