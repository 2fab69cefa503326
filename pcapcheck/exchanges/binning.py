# cython: language_level=3, annotation_typing=False, boundscheck=False, wraparound=False, cdivision=True
# cython: initializedcheck=False
"""Count finished exchanges in bins: alike in frame group, outcome, kind and error, with a few samples of each.

The loops run as plain Python or compiled by Cython with the C types in ``binning.pxd``.
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
    from pcapcheck.exchanges import pairing_layout as layout
    from pcapcheck.exchanges.head_marks import ip_id_of, rest_of, ttl_of
    from pcapcheck.exchanges.pairing_arrays import PairingArrays
    from pcapcheck.hash_table import entry_of, insert_all, place_at, seek_key


def bucket_of(duration: int) -> int:
    """The bucket of a duration in nanoseconds."""
    shift = 0
    # By four bits at a time as long as more than four are too many.
    while duration >= 128 << 4:
        duration = duration >> 4
        shift = shift + 4
    while duration >= 128:
        duration = duration >> 1
        shift = shift + 1
    if shift == 0:
        return duration
    if shift > 33:
        return layout.BUCKETS - 1
    return 128 + (shift - 1) * 64 + (duration - 64)


def bin_home(group: int, outcome: int, kind: int, error: int) -> int:
    """A hash of a bin's key."""
    return group * 61 + outcome * 7 + kind * 3 + error * 13


def enter_bins(bins: array[int], slots: array[int], count: int) -> None:
    """Enter all bins but the first into a new table."""
    insert_all(bins, layout.BIN_FIELDS, layout.B_HOME, slots, 1, count)


def is_bin(bins: array[int], row: int, group: int, outcome: int, kind: int, error: int) -> bool:
    """Whether a bin has this key."""
    return (
        bins[row + layout.B_GROUP] == group
        and bins[row + layout.B_OUTCOME] == outcome
        and bins[row + layout.B_KIND] == kind
        and bins[row + layout.B_ERROR] == error
    )


def find_bin(arrays: PairingArrays, group: int, outcome: int, kind: int, error: int) -> int:
    """The bin with this key, made if it is new; bin 0, which has no group, takes what finds no room."""
    found = arrays.state[layout.S_BIN]
    if is_bin(arrays.bins, found * layout.BIN_FIELDS, group, outcome, kind, error):
        return found
    found = look_up_bin(arrays, group, outcome, kind, error)
    arrays.state[layout.S_BIN] = found
    return found


def look_up_bin(arrays: PairingArrays, group: int, outcome: int, kind: int, error: int) -> int:
    """The same by the hash table."""
    home = bin_home(group, outcome, kind, error)
    slot = seek_key(
        arrays.bins, layout.BIN_FIELDS, arrays.bin_slots, arrays.bin_mask, home, layout.B_GROUP, 4,
        group, outcome, kind, error, 0,
    )  # fmt: skip
    if arrays.bin_slots[slot] >= 0:
        return place_at(arrays.bin_slots, slot)
    found = arrays.state[layout.S_BINS]
    if found >= arrays.bin_limit:
        return 0
    arrays.state[layout.S_BINS] = found + 1
    arrays.bin_slots[slot] = entry_of(home, found)
    row = found * layout.BIN_FIELDS
    arrays.bins[row + layout.B_GROUP] = group
    arrays.bins[row + layout.B_OUTCOME] = outcome
    arrays.bins[row + layout.B_KIND] = kind
    arrays.bins[row + layout.B_ERROR] = error
    arrays.bins[row + layout.B_HOME] = home
    return found


def answer_class(row: array[int], at: int) -> int:
    """Note how promptly a DNS query was answered; returns what stands for that and the response's code in a bin."""
    rtt = row[at + layout.RTT]
    promptness = layout.ABSENT
    if 0 <= rtt <= layout.PROMPT:
        promptness = layout.AT_ONCE
    elif rtt > layout.PROMPT:
        promptness = layout.REPEATED if row[at + layout.REQUESTS] > 1 else layout.LATE
    row[at + layout.PROMPTNESS] = promptness
    return layout.ANSWER_CODES + ((row[at + layout.RCODE] + 1) * layout.PROMPTNESSES + promptness + 1)


def wants_answer(port: int) -> bool:
    """Whether each datagram to a server's port is a question by its protocol: Kerberos, NTP, SNMP, RADIUS."""
    return port == 88 or port == 123 or port == 161 or port == 1812 or port == 1813


def is_one_way(pool: array[int], row: int) -> bool:
    """Whether nothing came back to datagrams that are no question: they are one if sent again and again, no stream.

    To some ports each is one, as clients ask from a new port each time. Between equal ports it may be an answer, whose
    question was not recorded.
    """
    if pool[row + layout.OUTCOME] <= layout.ERRED:
        return False
    asked = pool[row + layout.IDENT_SEQ] & 0xFFFF
    asker = (pool[row + layout.IDENT_SEQ] >> 16) & 0xFFFF
    if pool[row + layout.OUTCOME] == layout.UNANSWERED and asked != asker and wants_answer(asked):
        return False
    count = pool[row + layout.REQUESTS]
    if count < layout.REPEATS or count > layout.MOST_ALIKE or pool[row + layout.ALIKE] != count:
        return True
    if pool[row + layout.TIME] == scan_layout.ABSENT_TIME:
        return False
    lasted = pool[row + layout.LATEST] - pool[row + layout.TIME]
    return pool[row + layout.COPIES] > layout.MOST_COPIES * count or lasted < layout.STREAM * (count - 1)


def is_unclear(pool: array[int], row: int) -> bool:
    """Whether a question was seen more often than its answer, which may have been lost between two interfaces.

    TCP says by itself what it does not get: it sends its SYN-ACK again.
    """
    kind = pool[row + layout.KIND]
    return (
        pool[row + layout.OUTCOME] == layout.REPLIED
        and (kind == layout.KIND_ECHO or kind == layout.KIND_DNS or kind == layout.KIND_ASSOCIATION)
        and pool[row + layout.SEEN_AGAIN] >= pool[row + layout.REPLIES]
    )


def write_out(arrays: PairingArrays, place: int, at: int, outcome: int) -> None:
    """Write an exchange out, as a whole; ``outcome`` is that of one that nothing answered."""
    row = place * layout.HEAD_FIELDS
    rest = rest_of(arrays.pool[row + layout.MARKS])
    copy_numbers(arrays.pool, row, arrays.out, at, layout.HEAD_FIELDS)
    arrays.out[at + layout.IP_ID] = ip_id_of(arrays.pool[row + layout.MARKS])
    if rest >= 0:
        copy_numbers(
            arrays.rest,
            rest + layout.HEAD_FIELDS,
            arrays.out,
            at + layout.HEAD_FIELDS,
            layout.FIELDS - layout.HEAD_FIELDS,
        )
        if arrays.out[at + layout.OUTCOME] == layout.UNANSWERED:
            arrays.out[at + layout.OUTCOME] = outcome
    else:
        for field in range(layout.HEAD_FIELDS, layout.FIELDS):
            arrays.out[at + field] = 0
        arrays.out[at + layout.OUTCOME] = outcome
        arrays.out[at + layout.REQUESTS] = 1
        arrays.out[at + layout.RTT] = layout.ABSENT
        arrays.out[at + layout.ERROR] = layout.ABSENT
        arrays.out[at + layout.TTL] = ttl_of(arrays.pool[row + layout.MARKS])
        arrays.out[at + layout.LATEST] = arrays.pool[row + layout.TIME]


def finish(arrays: PairingArrays, place: int, outcome: int) -> None:
    """Write out an exchange that can no longer change, and count it; ``outcome`` is that of one without an answer."""
    row = arrays.state[layout.S_OUT] * layout.FIELDS
    arrays.state[layout.S_OUT] = arrays.state[layout.S_OUT] + 1
    write_out(arrays, place, row, outcome)
    error = 0
    if arrays.out[row + layout.KIND] == layout.KIND_DATAGRAM and is_one_way(arrays.out, row):
        arrays.out[row + layout.OUTCOME] = layout.ONE_WAY
    if arrays.out[row + layout.OUTCOME] == layout.ERRED:
        error = arrays.out[row + layout.ERROR] >> 16
    elif arrays.out[row + layout.KIND] == layout.KIND_DNS and arrays.out[row + layout.OUTCOME] == layout.REPLIED:
        error = answer_class(arrays.out, row)
    if is_unclear(arrays.out, row):
        arrays.out[row + layout.OUTCOME] = layout.UNCLEAR
    kind = arrays.out[row + layout.KIND]
    found = find_bin(arrays, arrays.out[row + layout.GROUP], arrays.out[row + layout.OUTCOME], kind, error)
    entry = found * layout.BIN_FIELDS
    count = arrays.bins[entry + layout.B_COUNT]
    arrays.bins[entry + layout.B_COUNT] = count + 1
    arrays.bins[entry + layout.B_REQUESTS] = arrays.bins[entry + layout.B_REQUESTS] + arrays.out[row + layout.REQUESTS]
    replies = arrays.out[row + layout.REPLIES]
    if replies > 1:
        arrays.bins[entry + layout.B_DUPLICATES] = arrays.bins[entry + layout.B_DUPLICATES] + replies - 1
    if count < layout.SAMPLES:
        target = (found * layout.SAMPLES + count) * layout.FIELDS
        copy_numbers(arrays.out, row, arrays.samples, target, layout.FIELDS)
    rtt = arrays.out[row + layout.RTT]
    if rtt >= 0:
        if arrays.bins[entry + layout.B_LEAST] < 0 or rtt < arrays.bins[entry + layout.B_LEAST]:
            arrays.bins[entry + layout.B_LEAST] = rtt
        if rtt > arrays.bins[entry + layout.B_MOST]:
            arrays.bins[entry + layout.B_MOST] = rtt
        bucket = found * layout.BUCKETS + bucket_of(rtt)
        arrays.buckets[bucket] = arrays.buckets[bucket] + 1


def drop(arrays: PairingArrays, place: int) -> bool:
    """Only count an exchange that is given up with nothing known but its question; False while samples are wanted."""
    row = place * layout.HEAD_FIELDS
    found = find_bin(arrays, arrays.pool[row + layout.GROUP], layout.EVICTED, arrays.pool[row + layout.KIND], 0)
    entry = found * layout.BIN_FIELDS
    if arrays.bins[entry + layout.B_COUNT] < layout.SAMPLES:
        return False
    arrays.bins[entry + layout.B_COUNT] = arrays.bins[entry + layout.B_COUNT] + 1
    arrays.bins[entry + layout.B_REQUESTS] = arrays.bins[entry + layout.B_REQUESTS] + 1
    return True


def what_is_full(arrays: PairingArrays, more: int) -> int:
    """What has no room for ``more`` finished exchanges (S_STATUS); DONE where all have."""
    if not arrays.bins_final and arrays.state[layout.S_BINS] + more > arrays.bin_limit:
        return layout.BINS_FULL
    if arrays.state[layout.S_OUT] + more > arrays.out_capacity:
        return layout.OUT_FULL
    return layout.DONE
