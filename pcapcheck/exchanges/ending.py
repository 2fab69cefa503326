# cython: language_level=3, annotation_typing=False, boundscheck=True, wraparound=False, cdivision=True
"""Count the ICMP errors that end exchanges: frame rows in, counts of what the errors say out.

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
    from pcapcheck.decode.icmp_arp import error_class
    from pcapcheck.exchanges import ending_layout as layout
    from pcapcheck.hash_table import insert_all, seek, stir


def enter_counts(counts: array[int], slots: array[int], used: int) -> None:
    """Enter all counts into a new table."""
    insert_all(counts, layout.COUNT_FIELDS, layout.N_HOME, slots, 0, used)


def is_same(counts: array[int], count: int, rows: array[int], step: int, row: int, point: int) -> bool:
    """Whether the error of a row belongs to a count."""
    return (
        counts[count + layout.N_GROUP] == rows[frame_layout.GROUP * step + row]
        and counts[count + layout.N_POINT] == point
        and counts[count + layout.N_VERSION] == rows[frame_layout.IP_VERSION * step + row]
        and counts[count + layout.N_TYPE] == rows[frame_layout.ICMP_TYPE * step + row]
        and counts[count + layout.N_CODE] == rows[frame_layout.ICMP_CODE * step + row]
        and counts[count + layout.N_FROM_HIGH] == rows[frame_layout.IP_SRC_HIGH * step + row]
        and counts[count + layout.N_FROM_LOW] == rows[frame_layout.IP_SRC_LOW * step + row]
        and counts[count + layout.N_MTU] == rows[frame_layout.ICMP_MTU * step + row]
    )


def find_count(
    counts: array[int], slots: array[int], state: array[int], rows: array[int], step: int, row: int, point: int
) -> int:
    """Where the count of a row's error begins, made if it is new; -1 where there is no room."""
    mask = len(slots) - 1
    home = stir(
        stir(point, rows[frame_layout.IP_SRC_LOW * step + row]),
        (rows[frame_layout.GROUP * step + row] << 16)
        ^ (rows[frame_layout.ICMP_TYPE * step + row] << 8)
        ^ rows[frame_layout.ICMP_CODE * step + row],
    )
    home = home >> 2
    slot = seek(counts, layout.COUNT_FIELDS, layout.N_HOME, slots, mask, home, home & mask)
    while slots[slot] >= 0 and not is_same(counts, slots[slot] * layout.COUNT_FIELDS, rows, step, row, point):
        slot = seek(counts, layout.COUNT_FIELDS, layout.N_HOME, slots, mask, home, (slot + 1) & mask)
    if slots[slot] >= 0:
        return slots[slot] * layout.COUNT_FIELDS
    found = state[layout.N_COUNTS]
    count = found * layout.COUNT_FIELDS
    if count >= len(counts):
        return -1
    state[layout.N_COUNTS] = found + 1
    slots[slot] = found
    counts[count + layout.N_GROUP] = rows[frame_layout.GROUP * step + row]
    counts[count + layout.N_POINT] = point
    counts[count + layout.N_VERSION] = rows[frame_layout.IP_VERSION * step + row]
    counts[count + layout.N_TYPE] = rows[frame_layout.ICMP_TYPE * step + row]
    counts[count + layout.N_CODE] = rows[frame_layout.ICMP_CODE * step + row]
    counts[count + layout.N_FROM_HIGH] = rows[frame_layout.IP_SRC_HIGH * step + row]
    counts[count + layout.N_FROM_LOW] = rows[frame_layout.IP_SRC_LOW * step + row]
    counts[count + layout.N_MTU] = rows[frame_layout.ICMP_MTU * step + row]
    counts[count + layout.N_HOME] = home
    return count


def is_cut(rows: array[int], step: int, row: int, version: int) -> bool:
    """Whether an error is about an echo request, or may be, and its quote ends before the sequence number."""
    asks = rows[frame_layout.QUOTED_TYPE * step + row]
    proto = rows[frame_layout.QUOTED_PROTO * step + row]
    if rows[frame_layout.QUOTED_SEQ * step + row] != frame_layout.ABSENT:
        return False
    if version == 4:
        return proto == protocols.ICMP and (asks == protocols.ICMP_ECHO_REQUEST or asks == frame_layout.ABSENT)
    return proto == protocols.ICMPV6 and (asks == protocols.ICMPV6_ECHO_REQUEST or asks == frame_layout.ABSENT)


def is_unquoted(rows: array[int], step: int, row: int) -> bool:
    """Whether an error does not even show the protocol of the packet that it is about."""
    return (
        rows[frame_layout.HAS * step + row] & frame_layout.HAS_QUOTED == 0
        or rows[frame_layout.QUOTED_PROTO * step + row] == frame_layout.ABSENT
    )


def write_cut(rows: array[int], step: int, row: int, meaning: int, point: int, cut: array[int], at: int) -> None:
    """Write down an error whose quote was cut."""
    code = rows[frame_layout.ICMP_CODE * step + row]
    if code < 0:
        code = 0
    cut[at + layout.CUT_NUMBER] = rows[frame_layout.NUMBER * step + row]
    cut[at + layout.CUT_TIME] = rows[frame_layout.TIME * step + row]
    cut[at + layout.CUT_POINT] = point
    cut[at + layout.CUT_SRC_HIGH] = rows[frame_layout.QUOTED_SRC_HIGH * step + row]
    cut[at + layout.CUT_SRC_LOW] = rows[frame_layout.QUOTED_SRC_LOW * step + row]
    cut[at + layout.CUT_DST_HIGH] = rows[frame_layout.QUOTED_DST_HIGH * step + row]
    cut[at + layout.CUT_DST_LOW] = rows[frame_layout.QUOTED_DST_LOW * step + row]
    cut[at + layout.CUT_IDENT] = rows[frame_layout.QUOTED_IDENT * step + row]
    cut[at + layout.CUT_ERROR] = (meaning << 16) | (rows[frame_layout.ICMP_TYPE * step + row] << 8) | code
    cut[at + layout.CUT_FROM_HIGH] = rows[frame_layout.IP_SRC_HIGH * step + row]
    cut[at + layout.CUT_FROM_LOW] = rows[frame_layout.IP_SRC_LOW * step + row]
    cut[at + layout.CUT_MTU] = rows[frame_layout.ICMP_MTU * step + row]
    cut[at + layout.CUT_TTL] = rows[frame_layout.IP_TTL * step + row]


def count_errors(
    rows: array[int], step: int, row_step: int, end: int, counts: array[int], slots: array[int], final: int,
    cut: array[int], state: array[int]
) -> None:  # fmt: skip
    """Take the frame rows from ``state[N_ROW]`` to ``end``, until all are taken or there is no room.

    Field ``f`` of row ``r`` is ``rows[f * step + r * row_step]``. ``counts`` and ``cut`` have room for as
    many errors each. ``final``: there will be no more; what finds no count is not counted, and cut errors that find no
    room count as such that show no packet.
    """
    with cython.nogil:
        room = len(cut) // layout.CUT_FIELDS
        number = state[layout.N_ROW]
        state[layout.N_STATUS] = layout.ALL_COUNTED
        while number < end:
            if not final and (state[layout.N_COUNTS] >= room or state[layout.N_CUT] >= room):
                state[layout.N_STATUS] = layout.NO_ROOM
                break
            row = number * row_step
            number = number + 1
            version = rows[frame_layout.IP_VERSION * step + row]
            icmp_type = rows[frame_layout.ICMP_TYPE * step + row]
            meaning = 0
            if icmp_type >= 0:
                meaning = error_class(version, icmp_type, rows[frame_layout.ICMP_CODE * step + row])
            if meaning > 0:
                point = (rows[frame_layout.INTERFACE * step + row] << 32) | (
                    rows[frame_layout.IFINDEX * step + row] + 1
                )
                count = find_count(counts, slots, state, rows, step, row, point)
                ends_early = is_cut(rows, step, row, version)
                if ends_early and state[layout.N_CUT] < room:
                    write_cut(rows, step, row, meaning, point, cut, state[layout.N_CUT] * layout.CUT_FIELDS)
                    state[layout.N_CUT] = state[layout.N_CUT] + 1
                    ends_early = False
                elif not ends_early:
                    ends_early = is_unquoted(rows, step, row)
                if count >= 0:
                    counts[count + layout.N_COUNT] = counts[count + layout.N_COUNT] + 1
                    if ends_early and meaning == frame_layout.EXCEEDED:
                        counts[count + layout.N_UNQUOTED] = counts[count + layout.N_UNQUOTED] + 1
        state[layout.N_ROW] = number
