# cython: language_level=3, annotation_typing=False, boundscheck=False, wraparound=False, cdivision=True
# cython: initializedcheck=False
"""The rows of finished resolutions: those of the table ``arp``, and of their answers in the table ``answers``.

The steps run as plain Python or compiled by Cython with the C types in ``resolution_rows.pxd``.
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
    from pcapcheck.exchanges.pending import Pending, between
    from pcapcheck.exchanges.printed_askers import forget_asker


def add_different(pending: Pending, count_at: int, number: int) -> None:
    """Add a number to those that follow their count, if it is there and not among them."""
    count = pending.out[count_at]
    is_new = number != layout.ABSENT
    for place in range(count):
        if pending.out[count_at + 1 + place] == number:
            is_new = False
    if is_new:
        pending.out[count_at + 1 + count] = number
        pending.out[count_at] = count + 1


def write_answer(pending: Pending, row: int, answer: int) -> None:
    """One row of the table answers, of the answer at this row of those kept."""
    at = pending.state[layout.S_OUT_ANSWERS] * layout.ANSWER_FIELDS
    pending.state[layout.S_OUT_ANSWERS] = pending.state[layout.S_OUT_ANSWERS] + 1
    pending.out_answers[at + layout.ANSWER_GROUP] = pending.pool[row + layout.ARP_GROUP]
    pending.out_answers[at + layout.ANSWER_FAMILY] = pending.pool[row + layout.ARP_FAMILY]
    pending.out_answers[at + layout.ANSWER_ASKER_HIGH] = pending.pool[row + layout.ARP_ASKER_HIGH]
    pending.out_answers[at + layout.ANSWER_ASKER_LOW] = pending.pool[row + layout.ARP_ASKER_LOW]
    pending.out_answers[at + layout.ANSWER_ASKER_MAC] = pending.pool[row + layout.ARP_ASKER_MAC]
    pending.out_answers[at + layout.ANSWER_TARGET_HIGH] = pending.pool[row + layout.ARP_TARGET_HIGH]
    pending.out_answers[at + layout.ANSWER_TARGET_LOW] = pending.pool[row + layout.ARP_TARGET_LOW]
    pending.out_answers[at + layout.ANSWER_NUMBER] = pending.kept[answer + frame_layout.M_NUMBER]
    pending.out_answers[at + layout.ANSWER_TIME] = pending.kept[answer + frame_layout.M_TIME]
    pending.out_answers[at + layout.ANSWER_LATENCY] = pending.kept[answer + layout.K_LATENCY]
    pending.out_answers[at + layout.ANSWER_REPLY_MAC] = pending.kept[answer + frame_layout.M_SENDER_MAC]
    pending.out_answers[at + layout.ANSWER_REPLY_ETH_SRC] = pending.kept[answer + frame_layout.M_ETH_SRC]
    pending.out_answers[at + layout.ANSWER_REPLY_GROUP] = pending.kept[answer + frame_layout.M_GROUP]


def write_latencies(pending: Pending, row: int, at: int, first: int) -> None:
    """How long the answer at this row of those kept, the first of its resolution, took."""
    pending.out[at + layout.ARP_LATENCY_FIRST] = between(
        pending.pool[row + layout.ARP_FIRST_TIME], pending.kept[first + frame_layout.M_TIME]
    )
    gap = between(pending.pool[row + layout.PREVIOUS_TIME], pending.pool[row + layout.ARP_LATEST_TIME])
    if gap == layout.ABSENT or gap >= layout.AMBIGUOUS:
        pending.out[at + layout.ARP_LATENCY] = pending.kept[first + layout.K_LATENCY]


def write_out(pending: Pending, row: int) -> None:
    """The row of a resolution, and those of its answers."""
    at = pending.state[layout.S_OUT] * layout.ARP_FIELDS
    pending.state[layout.S_OUT] = pending.state[layout.S_OUT] + 1
    copy_numbers(pending.pool, row, pending.out, at, layout.SHARED)
    pending.out[at + layout.ARP_LATENCY_FIRST] = layout.ABSENT
    pending.out[at + layout.ARP_LATENCY] = layout.ABSENT
    pending.out[at + layout.ARP_REPLY_MACS] = 0
    pending.out[at + layout.ARP_REPLY_ETH_SRCS] = 0
    pending.out[at + layout.ARP_ANSWER_ROWS] = pending.pool[row + layout.HELD]
    frames = pending.pool[row + layout.REQUESTS]
    for place in range(frames):
        pending.out[at + layout.ARP_FRAME + place] = pending.pool[row + layout.REQUEST + place]
    answer = pending.pool[row + layout.FIRST_ANSWER]
    if answer >= 0:
        write_latencies(pending, row, at, answer * layout.KEPT_FIELDS)
    while answer >= 0:
        held = answer * layout.KEPT_FIELDS
        if pending.pool[row + layout.UNCERTAIN] == 0:
            add_different(pending, at + layout.ARP_REPLY_MACS, pending.kept[held + frame_layout.M_SENDER_MAC])
        add_different(pending, at + layout.ARP_REPLY_ETH_SRCS, pending.kept[held + frame_layout.M_ETH_SRC])
        pending.out[at + layout.ARP_FRAME + frames] = pending.kept[held + frame_layout.M_NUMBER]
        frames = frames + 1
        write_answer(pending, row, held)
        answer = pending.kept[held + layout.K_NEXT]
    pending.out[at + layout.ARP_FRAMES] = frames


def hand_out(pending: Pending, place: int) -> None:
    """A resolution is finished: write it out, and let its answers go."""
    row = place * layout.POOL_FIELDS
    if pending.pool[row + layout.ARP_OUTCOME] == layout.ANSWERED:
        pending.state[layout.S_OPEN_ANSWERED] = pending.state[layout.S_OPEN_ANSWERED] - 1
    write_out(pending, row)
    if pending.pool[row + layout.FIRST_ANSWER] >= 0:
        # They are chained as free places are.
        last = pending.pool[row + layout.LAST_ANSWER] * layout.KEPT_FIELDS
        pending.kept[last + layout.K_NEXT] = pending.state[layout.S_KEPT_FREE]
        pending.state[layout.S_KEPT_FREE] = pending.pool[row + layout.FIRST_ANSWER]
    if pending.pool[row + layout.BY_TARGET] >= 0:
        forget_asker(pending, place)
