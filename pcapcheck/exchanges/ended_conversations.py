# cython: language_level=3, annotation_typing=False, boundscheck=False, wraparound=False, cdivision=True
# cython: initializedcheck=False
"""Conversations that go on no more: what got no answer in them, and what became of those that were made.

A question without an answer is a SYN-ACK that is repeated in vain, or an ACK of it that was not heard; what became of
data is for the rules to judge.

The loops run as plain Python or compiled by Cython with the C types in ``ended_conversations.pxd``.
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
    from pcapcheck.exchanges import conversing_layout as layout
    from pcapcheck.exchanges.conversing_arrays import ConversingArrays
    from pcapcheck.exchanges.transfer_rows import count_transfer, is_transfer, write_transfer


def is_half_open(pool: array[int], row: int) -> bool:
    """Whether the SYN of the first side was answered more than once, and it never said that it heard (RFC 9293, 3.5).

    Who gets a SYN-ACK acknowledges or resets it: none came to whoever asked, or what came of it was lost.
    """
    answered = row + layout.SIDE
    if (
        pool[row + layout.SYNS] == 0
        or pool[answered + layout.SYNS] < layout.REPEATS
        or pool[answered + layout.ACKED] != layout.ABSENT
    ):
        return False
    if (
        pool[row + layout.BYTES]
        + pool[answered + layout.BYTES]
        + pool[row + layout.FINISHED]
        + pool[row + layout.RESETS]
        > 0
    ):
        return False
    if (
        pool[answered + layout.FIRST] == scan_layout.ABSENT_TIME
        or pool[answered + layout.LAST] == scan_layout.ABSENT_TIME
    ):
        return False
    return pool[answered + layout.LAST] - pool[answered + layout.FIRST] >= layout.HALF_OPEN_FOR


def is_unheard(pool: array[int], row: int) -> bool:
    """Whether the first side acknowledged the answer to its SYN, and the second sent that again, and nothing else.

    Who gets that ACK has a connection, and sends no SYN-ACK any more (RFC 9293, 3.5): it was lost, or turned away. If
    neither the SYN nor its first answer was recorded, one so long after the ACK was sent again.
    """
    answered = row + layout.SIDE
    acknowledged = pool[row + layout.PACKETS] - pool[row + layout.SYNS]
    if (
        acknowledged == 0
        or pool[answered + layout.SYNS] == 0
        or pool[answered + layout.PACKETS] != pool[answered + layout.SYNS]
        or pool[row + layout.BYTES]
        + pool[answered + layout.BYTES]
        + pool[row + layout.FINISHED]
        + pool[row + layout.RESETS]
        > 0
    ):
        return False
    first, last = pool[answered + layout.FIRST], pool[answered + layout.LAST]
    if (
        first == scan_layout.ABSENT_TIME
        or last == scan_layout.ABSENT_TIME
        or pool[row + layout.LAST] == scan_layout.ABSENT_TIME
    ):
        return False
    if pool[row + layout.SYNS] == 0:
        return first - pool[row + layout.LAST] >= layout.HALF_OPEN_FOR
    if pool[answered + layout.ACKED] == layout.ABSENT or last - first < layout.HALF_OPEN_FOR:
        return False
    return acknowledged >= layout.REPEATS or pool[row + layout.LAST] < last


def judge(pool: array[int], row: int) -> int:
    """What got no answer in a conversation, as far as it was recorded."""
    if is_half_open(pool, row):
        return layout.HALF_OPEN
    return layout.UNHEARD if is_unheard(pool, row) else layout.NOTHING


def finish(arrays: ConversingArrays, head: int) -> None:
    """A conversation with a body goes on no more: write it out if something got no answer, or as a transfer of TCP.

    Transfers with which nothing is wrong are counted in ``classes``, unless every one is wanted.
    """
    row = arrays.heads[head + layout.BODY] * layout.FIELDS
    kind = judge(arrays.pool, row)
    if kind != layout.NOTHING:
        arrays.pool[row + layout.KIND] = kind
        target = arrays.state[layout.S_OUT] * layout.FIELDS
        arrays.state[layout.S_OUT] = arrays.state[layout.S_OUT] + 1
        copy_numbers(arrays.pool, row, arrays.out, target, layout.FIELDS)
    elif is_transfer(arrays.pool, row) and (
        arrays.state[layout.S_EVERY] or not count_transfer(arrays.pool, row, arrays.classes)
    ):
        write_transfer(arrays.pool, row, arrays.transfers, arrays.state[layout.S_TRANSFERS])
        arrays.state[layout.S_TRANSFERS] = arrays.state[layout.S_TRANSFERS] + 1
    # Whoever begins a conversation in its place takes another body, or none.
    arrays.pool[row + layout.PORTS] = arrays.state[layout.S_BODY]
    arrays.state[layout.S_BODY] = arrays.heads[head + layout.BODY]
    arrays.heads[head + layout.BODY] = layout.ABSENT
