# cython: language_level=3, annotation_typing=False, boundscheck=False, wraparound=False, cdivision=True
"""Count the ICMP errors that end exchanges: errors in, counts of what they say out.

An error about an echo request whose quote was cut before the sequence number is written down by itself: it cannot be
paired before the capture's end (see ``cut_errors``).

The loop runs as plain Python or compiled by Cython with the C types in ``ending.pxd``.
"""

from __future__ import annotations

from array import array

try:
    import cython
except ImportError:
    from pcapcheck import _cython_stub as cython

if not cython.compiled:
    from pcapcheck import protocols
    from pcapcheck.decode import frame_layout
    from pcapcheck.decode.error_reading import error_class
    from pcapcheck.exchanges import ending_layout as layout
    from pcapcheck.hash_table import entry_of, insert_all, place_at, seek, stir


def enter_counts(counts: array[int], slots: array[int], used: int) -> None:
    """Enter all counts into a new table."""
    insert_all(counts, layout.COUNT_FIELDS, layout.N_HOME, slots, 0, used)


def is_same(counts: array[int], count: int, errors: array[int], error: int) -> bool:
    """Whether the error belongs to a count."""
    return (
        counts[count + layout.N_GROUP] == errors[error + frame_layout.ERR_GROUP]
        and counts[count + layout.N_POINT] == errors[error + frame_layout.ERR_POINT]
        and counts[count + layout.N_VERSION] == errors[error + frame_layout.ERR_VERSION]
        and counts[count + layout.N_TYPE] == errors[error + frame_layout.ERR_TYPE]
        and counts[count + layout.N_CODE] == errors[error + frame_layout.ERR_CODE]
        and counts[count + layout.N_FROM_HIGH] == errors[error + frame_layout.ERR_FROM_HIGH]
        and counts[count + layout.N_FROM_LOW] == errors[error + frame_layout.ERR_FROM_LOW]
        and counts[count + layout.N_MTU] == errors[error + frame_layout.ERR_MTU]
    )


def find_count(counts: array[int], slots: array[int], state: array[int], errors: array[int], error: int) -> int:
    """Where the count of an error begins, made if it is new; -1 where there is no room."""
    mask = len(slots) - 1
    home = stir(
        stir(errors[error + frame_layout.ERR_POINT], errors[error + frame_layout.ERR_FROM_LOW]),
        (errors[error + frame_layout.ERR_GROUP] << 16)
        ^ (errors[error + frame_layout.ERR_TYPE] << 8)
        ^ errors[error + frame_layout.ERR_CODE],
    )
    home = home >> 2
    slot = seek(slots, mask, home, home & mask)
    while slots[slot] >= 0 and not is_same(counts, place_at(slots, slot) * layout.COUNT_FIELDS, errors, error):
        slot = seek(slots, mask, home, (slot + 1) & mask)
    if slots[slot] >= 0:
        return place_at(slots, slot) * layout.COUNT_FIELDS
    found = state[layout.N_COUNTS]
    count = found * layout.COUNT_FIELDS
    if count >= len(counts):
        return -1
    state[layout.N_COUNTS] = found + 1
    slots[slot] = entry_of(home, found)
    counts[count + layout.N_GROUP] = errors[error + frame_layout.ERR_GROUP]
    counts[count + layout.N_POINT] = errors[error + frame_layout.ERR_POINT]
    counts[count + layout.N_VERSION] = errors[error + frame_layout.ERR_VERSION]
    counts[count + layout.N_TYPE] = errors[error + frame_layout.ERR_TYPE]
    counts[count + layout.N_CODE] = errors[error + frame_layout.ERR_CODE]
    counts[count + layout.N_FROM_HIGH] = errors[error + frame_layout.ERR_FROM_HIGH]
    counts[count + layout.N_FROM_LOW] = errors[error + frame_layout.ERR_FROM_LOW]
    counts[count + layout.N_MTU] = errors[error + frame_layout.ERR_MTU]
    counts[count + layout.N_HOME] = home
    counts[count + layout.N_NUMBER] = errors[error + frame_layout.ERR_NUMBER]
    return count


def is_cut(errors: array[int], error: int, version: int) -> bool:
    """Whether an error is about an echo request, or may be, and its quote ends before the sequence number."""
    asks = errors[error + frame_layout.ERR_ASKS]
    proto = errors[error + frame_layout.ERR_PROTO]
    if errors[error + frame_layout.ERR_SEQ] != frame_layout.ABSENT:
        return False
    if version == 4:
        return proto == protocols.ICMP and (asks == protocols.ICMP_ECHO_REQUEST or asks == frame_layout.ABSENT)
    return proto == protocols.ICMPV6 and (asks == protocols.ICMPV6_ECHO_REQUEST or asks == frame_layout.ABSENT)


def write_cut(errors: array[int], error: int, meaning: int, cut: array[int], at: int) -> None:
    """Write down an error whose quote was cut."""
    code = errors[error + frame_layout.ERR_CODE]
    if code < 0:
        code = 0
    cut[at + layout.CUT_NUMBER] = errors[error + frame_layout.ERR_NUMBER]
    cut[at + layout.CUT_TIME] = errors[error + frame_layout.ERR_TIME]
    cut[at + layout.CUT_POINT] = errors[error + frame_layout.ERR_POINT]
    cut[at + layout.CUT_SRC_HIGH] = errors[error + frame_layout.ERR_SRC_HIGH]
    cut[at + layout.CUT_SRC_LOW] = errors[error + frame_layout.ERR_SRC_LOW]
    cut[at + layout.CUT_DST_HIGH] = errors[error + frame_layout.ERR_DST_HIGH]
    cut[at + layout.CUT_DST_LOW] = errors[error + frame_layout.ERR_DST_LOW]
    cut[at + layout.CUT_IDENT] = errors[error + frame_layout.ERR_IDENT]
    cut[at + layout.CUT_ERROR] = (meaning << 16) | (errors[error + frame_layout.ERR_TYPE] << 8) | code
    cut[at + layout.CUT_FROM_HIGH] = errors[error + frame_layout.ERR_FROM_HIGH]
    cut[at + layout.CUT_FROM_LOW] = errors[error + frame_layout.ERR_FROM_LOW]
    cut[at + layout.CUT_MTU] = errors[error + frame_layout.ERR_MTU]
    cut[at + layout.CUT_TTL] = errors[error + frame_layout.ERR_TTL]


def count_errors(
    errors: array[int], end: int, counts: array[int], slots: array[int], final: int, cut: array[int],
    state: array[int]
) -> None:  # fmt: skip
    """Take the errors from ``state[N_ROW]`` to ``end``, until all are taken or there is no room.

    ``counts`` and ``cut`` have room for as many errors each. ``final``: there will be no more; what finds no count is
    not counted, and cut errors that find no room count as such that show no packet.
    """
    with cython.nogil:
        room = len(cut) // layout.CUT_FIELDS
        number = state[layout.N_ROW]
        count = -1
        state[layout.N_STATUS] = layout.ALL_COUNTED
        while number < end:
            if not final and (state[layout.N_COUNTS] >= room or state[layout.N_CUT] >= room):
                state[layout.N_STATUS] = layout.NO_ROOM
                break
            error = number * frame_layout.ERROR_FIELDS
            number = number + 1
            # Most say the same as the one before.
            if count < 0 or not is_same(counts, count, errors, error):
                count = find_count(counts, slots, state, errors, error)
            version = errors[error + frame_layout.ERR_VERSION]
            meaning = error_class(version, errors[error + frame_layout.ERR_TYPE], errors[error + frame_layout.ERR_CODE])
            hides = errors[error + frame_layout.ERR_PROTO] == frame_layout.ABSENT
            if is_cut(errors, error, version):
                hides = state[layout.N_CUT] >= room
                if not hides:
                    write_cut(errors, error, meaning, cut, state[layout.N_CUT] * layout.CUT_FIELDS)
                    state[layout.N_CUT] = state[layout.N_CUT] + 1
            if count >= 0:
                counts[count + layout.N_COUNT] = counts[count + layout.N_COUNT] + 1
                if hides and meaning == frame_layout.EXCEEDED:
                    counts[count + layout.N_UNQUOTED] = counts[count + layout.N_UNQUOTED] + 1
        state[layout.N_ROW] = number
