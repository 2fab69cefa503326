# cython: language_level=3, annotation_typing=False, boundscheck=True, wraparound=False, cdivision=True
"""Pair echo requests, SYNs and DNS queries with replies and errors: events in the order of the capture in, pairs out.

An event is what the decoder wrote down of an echo request, a reply, or an ICMP error about a request. What is open
stands in a pool with a hash table over it; what is finished is counted in a bin and forgotten, so the pool stays as
small as what is open. Only what is asked for is also written out exchange by exchange.

The loops run as plain Python or compiled by Cython with the C types in ``pairing.pxd``.
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
    from pcapcheck.exchanges import pairing_layout as layout
    from pcapcheck.hash_table import insert, insert_all, remove, seek, stir
    from pcapcheck.linked_list import append, take_out


class ExchangeKey:
    """What identifies the exchange of an event, from its asker's side; one object serves all events of a batch.

    ``kind`` is the event's (``frame_layout.E_REQUEST`` and so on), ``time`` is in nanoseconds.
    """

    def __init__(self) -> None:
        self.kind = self.time = self.point = self.ident_seq = self.home = 0
        self.src_high = self.src_low = self.dst_high = self.dst_low = 0


def home_of(src_low: int, dst_low: int, ident_seq: int, point: int) -> int:
    """A hash of what identifies an echo; 62 bits, so that it fits wherever it is kept."""
    # Addresses and sequence numbers often count up together: each is stirred in before the next is added.
    return stir(stir(stir(point, ident_seq), src_low), dst_low) >> 2


def has_key(pool: array[int], row: int, key: ExchangeKey) -> bool:
    """Whether an exchange is the one of this key."""
    return (
        pool[row + layout.IDENT_SEQ] == key.ident_seq
        and pool[row + layout.SRC_LOW] == key.src_low
        and pool[row + layout.DST_LOW] == key.dst_low
        and pool[row + layout.SRC_HIGH] == key.src_high
        and pool[row + layout.DST_HIGH] == key.dst_high
        and pool[row + layout.POINT] == key.point
    )


def find_place(pool: array[int], slots: array[int], mask: int, key: ExchangeKey) -> int:
    """The place of the exchange with this key, or -1."""
    slot = seek(pool, layout.FIELDS, layout.HOME, slots, mask, key.home, key.home & mask)
    while slots[slot] >= 0 and not has_key(pool, slots[slot] * layout.FIELDS, key):
        slot = seek(pool, layout.FIELDS, layout.HOME, slots, mask, key.home, (slot + 1) & mask)
    return slots[slot]


def chain_free(pool: array[int], state: array[int], first: int, end: int) -> None:
    """Let new places, from ``first`` up to ``end``, be the free ones."""
    for place in range(first, end):
        pool[place * layout.FIELDS + layout.NEWER] = place + 1
    pool[(end - 1) * layout.FIELDS + layout.NEWER] = -1
    state[layout.S_FREE] = first


def enter_all(pool: array[int], slots: array[int], count: int) -> None:
    """Enter the first places, all in use, into a new table."""
    insert_all(pool, layout.FIELDS, layout.HOME, slots, 0, count)


def link_newest(pool: array[int], state: array[int], place: int) -> None:
    """Put an exchange at the young end of the list of open ones."""
    append(pool, layout.FIELDS, layout.OLDER, layout.NEWER, state, layout.S_OLDEST, layout.S_NEWEST, place)
    state[layout.S_OPEN] = state[layout.S_OPEN] + 1


def unlink(pool: array[int], state: array[int], place: int) -> None:
    """Take an exchange out of the list of open ones."""
    take_out(pool, layout.FIELDS, layout.OLDER, layout.NEWER, state, layout.S_OLDEST, layout.S_NEWEST, place)
    state[layout.S_OPEN] = state[layout.S_OPEN] - 1


def release(pool: array[int], slots: array[int], mask: int, state: array[int], place: int) -> None:
    """Give a place back."""
    remove(pool, layout.FIELDS, layout.HOME, slots, mask, place)
    pool[place * layout.FIELDS + layout.STATE] = layout.FREE
    pool[place * layout.FIELDS + layout.NEWER] = state[layout.S_FREE]
    state[layout.S_FREE] = place
    state[layout.S_USED] = state[layout.S_USED] - 1


def bucket_of(duration: int) -> int:
    """The bucket of a duration in nanoseconds."""
    shift = 0
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


def find_bin(
    bins: array[int], bin_slots: array[int], mask: int, limit: int, state: array[int], group: int, outcome: int,
    kind: int, error: int
) -> int:  # fmt: skip
    """The bin with this key, made if it is new; bin 0 takes what finds no room."""
    home = bin_home(group, outcome, kind, error)
    slot = home & mask
    while True:
        slot = seek(bins, layout.BIN_FIELDS, layout.B_HOME, bin_slots, mask, home, slot)
        found = bin_slots[slot]
        if found < 0:
            break
        row = found * layout.BIN_FIELDS
        if (
            bins[row + layout.B_GROUP] == group
            and bins[row + layout.B_OUTCOME] == outcome
            and bins[row + layout.B_KIND] == kind
            and bins[row + layout.B_ERROR] == error
        ):
            return found
        slot = (slot + 1) & mask
    found = state[layout.S_BINS]
    if found >= limit:
        return 0
    state[layout.S_BINS] = found + 1
    bin_slots[slot] = found
    row = found * layout.BIN_FIELDS
    bins[row + layout.B_GROUP] = group
    bins[row + layout.B_OUTCOME] = outcome
    bins[row + layout.B_KIND] = kind
    bins[row + layout.B_ERROR] = error
    bins[row + layout.B_HOME] = home
    return found


def answer_class(pool: array[int], row: int) -> int:
    """Note how promptly a DNS query was answered; returns what stands for that and the response's code in a bin."""
    rtt = pool[row + layout.RTT]
    promptness = layout.ABSENT
    if 0 <= rtt <= layout.PROMPT:
        promptness = layout.AT_ONCE
    elif rtt > layout.PROMPT:
        promptness = layout.REPEATED if pool[row + layout.REQUESTS] > 1 else layout.LATE
    pool[row + layout.PROMPTNESS] = promptness
    return layout.ANSWER_CODES + ((pool[row + layout.RCODE] + 1) * layout.PROMPTNESSES + promptness + 1)


def finish(
    pool: array[int], place: int, bins: array[int], bin_slots: array[int], bin_mask: int, bin_limit: int,
    samples: array[int], buckets: array[int], out: array[int], out_capacity: int, state: array[int]
) -> None:  # fmt: skip
    """Count an exchange that can no longer change, and write it out where that is asked for."""
    row = place * layout.FIELDS
    error = 0
    if pool[row + layout.OUTCOME] == layout.ERRED:
        error = pool[row + layout.ERROR] >> 16
    elif pool[row + layout.KIND] == layout.KIND_DNS and pool[row + layout.OUTCOME] == layout.REPLIED:
        error = answer_class(pool, row)
    kind = pool[row + layout.KIND]
    found = find_bin(
        bins,
        bin_slots,
        bin_mask,
        bin_limit,
        state,
        pool[row + layout.GROUP],
        pool[row + layout.OUTCOME],
        kind,
        error,
    )
    entry = found * layout.BIN_FIELDS
    count = bins[entry + layout.B_COUNT]
    bins[entry + layout.B_COUNT] = count + 1
    bins[entry + layout.B_REQUESTS] = bins[entry + layout.B_REQUESTS] + pool[row + layout.REQUESTS]
    if pool[row + layout.REPLIES] > 1:
        bins[entry + layout.B_DUPLICATES] = bins[entry + layout.B_DUPLICATES] + pool[row + layout.REPLIES] - 1
    if count < layout.SAMPLES:
        target = (found * layout.SAMPLES + count) * layout.FIELDS
        copy_numbers(pool, row, samples, target, layout.FIELDS)
    rtt = pool[row + layout.RTT]
    if rtt >= 0:
        if bins[entry + layout.B_LEAST] < 0 or rtt < bins[entry + layout.B_LEAST]:
            bins[entry + layout.B_LEAST] = rtt
        if rtt > bins[entry + layout.B_MOST]:
            bins[entry + layout.B_MOST] = rtt
        buckets[found * layout.BUCKETS + bucket_of(rtt)] = buckets[found * layout.BUCKETS + bucket_of(rtt)] + 1
    if out_capacity:
        copy_numbers(pool, row, out, state[layout.S_OUT] * layout.FIELDS, layout.FIELDS)
        state[layout.S_OUT] = state[layout.S_OUT] + 1


def is_asked_by(pool: array[int], place: int, key: ExchangeKey, question: int) -> bool:
    """Whether a place holds this question of DNS, open, between the two of a key."""
    if place < 0:
        return False
    row = place * layout.FIELDS
    return (
        pool[row + layout.STATE] == layout.OPEN
        and pool[row + layout.KIND] == layout.KIND_DNS
        and pool[row + layout.QUESTION] == question
        and pool[row + layout.SRC_LOW] == key.src_low
        and pool[row + layout.DST_LOW] == key.dst_low
        and pool[row + layout.SRC_HIGH] == key.src_high
        and pool[row + layout.DST_HIGH] == key.dst_high
        and pool[row + layout.POINT] == key.point
    )


def asked_before(
    pool: array[int], slots: array[int], mask: int, recent: array[int], events: array[int], event: int,
    key: ExchangeKey, patience: int
) -> int:  # fmt: skip
    """The place of a DNS question that was asked before under another port or identifier, or -1.

    A query asks it once more where whoever asks has given up waiting for the first, not longer than ``patience`` ago;
    then the place is known by the new port and identifier. A response to an earlier one answers it too.
    """
    question = events[event + frame_layout.E_QUESTION]
    if question == 0:
        return -1
    place = recent[home_of(key.src_low, key.dst_low, question, key.point) & (layout.RECENT - 1)]
    if not is_asked_by(pool, place, key, question):
        return -1
    row = place * layout.FIELDS
    if key.kind == frame_layout.E_REPLY:
        return place if pool[row + layout.REQUESTS] > 1 else -1
    if key.time != scan_layout.ABSENT_TIME and pool[row + layout.LATEST] != scan_layout.ABSENT_TIME:
        gap = key.time - pool[row + layout.LATEST]
        if gap < layout.AGAIN or gap > patience:
            return -1
    remove(pool, layout.FIELDS, layout.HOME, slots, mask, place)
    pool[row + layout.IDENT_SEQ] = key.ident_seq
    pool[row + layout.HOME] = key.home
    insert(pool, layout.FIELDS, layout.HOME, slots, mask, place)
    return place


def ask_again(pool: array[int], row: int, events: array[int], event: int) -> None:
    """A SYN or a DNS query sent once more, a second later or more, asks for the same."""
    pool[row + layout.REQUESTS] = pool[row + layout.REQUESTS] + 1
    pool[row + layout.LATEST] = events[event + frame_layout.E_TIME]
    # Until something better is known: the repeat that came last.
    pool[row + layout.REPLY_NUMBER] = events[event + frame_layout.E_NUMBER]


def read_key(events: array[int], event: int, key: ExchangeKey) -> None:
    """Let ``key`` be that of an event."""
    key.kind = events[event + frame_layout.E_KIND] & 3
    key.time = events[event + frame_layout.E_TIME]
    key.point = events[event + frame_layout.E_POINT]
    key.ident_seq = events[event + frame_layout.E_IDENT_SEQ]
    if key.kind == frame_layout.E_REPLY:
        key.src_high = events[event + frame_layout.E_DST_HIGH]
        key.src_low = events[event + frame_layout.E_DST_LOW]
        key.dst_high = events[event + frame_layout.E_SRC_HIGH]
        key.dst_low = events[event + frame_layout.E_SRC_LOW]
    else:
        key.src_high = events[event + frame_layout.E_SRC_HIGH]
        key.src_low = events[event + frame_layout.E_SRC_LOW]
        key.dst_high = events[event + frame_layout.E_DST_HIGH]
        key.dst_low = events[event + frame_layout.E_DST_LOW]
    key.home = home_of(key.src_low, key.dst_low, key.ident_seq, key.point)


def take_reply(
    pool: array[int], slots: array[int], mask: int, place: int, answered: array[int], events: array[int], event: int,
    bins: array[int],
    bin_slots: array[int], bin_mask: int, bin_limit: int, samples: array[int], buckets: array[int], out: array[int],
    out_capacity: int, state: array[int]
) -> None:  # fmt: skip
    """A reply to what is known: the answer, another one, or what came before its request once more."""
    row = place * layout.FIELDS
    if pool[row + layout.STATE] == layout.OPEN:
        unlink(pool, state, place)
        note_reply(pool, row, events, event)
        settle(
            pool, slots, mask, place, answered, bins, bin_slots, bin_mask, bin_limit, samples, buckets, out,
            out_capacity, state
        )  # fmt: skip
    elif pool[row + layout.STATE] == layout.ANSWERED:
        pool[row + layout.REPLIES] = pool[row + layout.REPLIES] + 1
    elif pool[row + layout.REPLIES] == 0:
        pool[row + layout.OUTCOME] = layout.UNANSWERED
        note_reply(pool, row, events, event)


def take_late_request(
    pool: array[int], slots: array[int], mask: int, place: int, time: int, answered: array[int], early: array[int],
    events: array[int], event: int, bins: array[int],
    bin_slots: array[int], bin_mask: int, bin_limit: int, samples: array[int], buckets: array[int], out: array[int],
    out_capacity: int, state: array[int]
) -> bool:  # fmt: skip
    """A request whose reply or error was recorded before it, if that is so; else what came early is given up."""
    row = place * layout.FIELDS
    early[pool[row + layout.OLDER]] = -1
    gap = pool[row + layout.REPLY_TIME] - time
    in_time = time != scan_layout.ABSENT_TIME and pool[row + layout.REPLY_TIME] != scan_layout.ABSENT_TIME
    if not in_time or gap < -layout.STEP_BACK or gap > layout.SAME_PACKET:
        release(pool, slots, mask, state, place)
        return False
    fill(pool, row, events, event)
    if pool[row + layout.OUTCOME] == layout.ERRED:
        pool[row + layout.STATE] = layout.OPEN
        link_newest(pool, state, place)
    else:
        settle(
            pool, slots, mask, place, answered, bins, bin_slots, bin_mask, bin_limit, samples, buckets, out,
            out_capacity, state
        )  # fmt: skip
    return True


def take_request(
    pool: array[int], slots: array[int], mask: int, place: int, key: ExchangeKey, answered: array[int],
    events: array[int], event: int, bins: array[int],
    bin_slots: array[int], bin_mask: int, bin_limit: int, samples: array[int], buckets: array[int], out: array[int],
    out_capacity: int, state: array[int]
) -> bool:  # fmt: skip
    """A request like one that is known: the same packet or question again; else the known one is finished (False)."""
    row = place * layout.FIELDS
    opened = pool[row + layout.STATE] == layout.OPEN
    is_query = (key.ident_seq & frame_layout.QUERY) != 0
    untimed = key.time == scan_layout.ABSENT_TIME
    gap = 0
    if not untimed and pool[row + layout.TIME] != scan_layout.ABSENT_TIME:
        gap = key.time - pool[row + layout.TIME]
    if pool[row + layout.IP_ID] == events[event + frame_layout.E_IP_ID] and gap < layout.SAME_PACKET:
        # How often DNS was asked counts: without times it may have been asked once more.
        if is_query and untimed and opened:
            ask_again(pool, row, events, event)
        elif not is_query or untimed:
            pool[row + layout.REQUESTS] = pool[row + layout.REQUESTS] + 1
        return True
    if opened:
        if is_query or (key.ident_seq & frame_layout.CONNECTION) != 0:
            ask_again(pool, row, events, event)
            return True
        unlink(pool, state, place)
    else:
        answered[pool[row + layout.OLDER]] = -1
    finish(pool, place, bins, bin_slots, bin_mask, bin_limit, samples, buckets, out, out_capacity, state)
    release(pool, slots, mask, state, place)
    return False


def evict(
    pool: array[int], slots: array[int], mask: int, bins: array[int],
    bin_slots: array[int], bin_mask: int, bin_limit: int, samples: array[int], buckets: array[int], out: array[int],
    out_capacity: int, state: array[int]
) -> None:  # fmt: skip
    """Give up the oldest open exchange."""
    oldest = state[layout.S_OLDEST]
    unlink(pool, state, oldest)
    if pool[oldest * layout.FIELDS + layout.OUTCOME] == layout.UNANSWERED:
        pool[oldest * layout.FIELDS + layout.OUTCOME] = layout.EVICTED
        state[layout.S_EVICTED] = state[layout.S_EVICTED] + 1
    finish(pool, oldest, bins, bin_slots, bin_mask, bin_limit, samples, buckets, out, out_capacity, state)
    release(pool, slots, mask, state, oldest)


def begin(pool: array[int], slots: array[int], mask: int, key: ExchangeKey, state: array[int]) -> int:
    """Take a free place for a new exchange; returns it."""
    place = state[layout.S_FREE]
    row = place * layout.FIELDS
    state[layout.S_FREE] = pool[row + layout.NEWER]
    state[layout.S_USED] = state[layout.S_USED] + 1
    pool[row + layout.SRC_HIGH] = key.src_high
    pool[row + layout.SRC_LOW] = key.src_low
    pool[row + layout.DST_HIGH] = key.dst_high
    pool[row + layout.DST_LOW] = key.dst_low
    pool[row + layout.IDENT_SEQ] = key.ident_seq
    pool[row + layout.POINT] = key.point
    pool[row + layout.HOME] = key.home
    pool[row + layout.OUTCOME] = layout.UNANSWERED
    pool[row + layout.ERROR] = layout.ABSENT
    pool[row + layout.RTT] = layout.ABSENT
    pool[row + layout.REPLIES] = 0
    insert(pool, layout.FIELDS, layout.HOME, slots, mask, place)
    return place


def begin_early(
    pool: array[int], slots: array[int], mask: int, key: ExchangeKey, early: array[int], events: array[int], event: int,
    state: array[int]
) -> None:  # fmt: skip
    """A reply or an error without a request so far: the recorder may have put it before its request."""
    place = begin(pool, slots, mask, key, state)
    row = place * layout.FIELDS
    pool[row + layout.STATE] = layout.EARLY
    if key.kind == frame_layout.E_REPLY:
        note_reply(pool, row, events, event)
    else:
        pool[row + layout.REPLY_TIME] = key.time
        note_error(pool, row, events, event)
    at = state[layout.S_EARLY_AT]
    state[layout.S_EARLY_AT] = (at + 1) % layout.REMEMBERED
    if early[at] >= 0:
        release(pool, slots, mask, state, early[at])
    early[at] = place
    pool[row + layout.OLDER] = at


def begin_open(
    pool: array[int], slots: array[int], mask: int, key: ExchangeKey, recent: array[int], events: array[int],
    event: int, state: array[int]
) -> None:  # fmt: skip
    """A request begins an exchange."""
    place = begin(pool, slots, mask, key, state)
    row = place * layout.FIELDS
    pool[row + layout.STATE] = layout.OPEN
    fill(pool, row, events, event)
    link_newest(pool, state, place)
    if key.ident_seq & frame_layout.QUERY:
        asked = home_of(key.src_low, key.dst_low, pool[row + layout.QUESTION], key.point)
        recent[asked & (layout.RECENT - 1)] = place


def what_is_full(state: array[int], bin_limit: int, bins_final: int, out_capacity: int, more: int) -> int:
    """What has no room for ``more`` finished exchanges (S_STATUS); DONE where all have."""
    if not bins_final and state[layout.S_BINS] + more > bin_limit:
        return layout.BINS_FULL
    if out_capacity and state[layout.S_OUT] + more > out_capacity:
        return layout.OUT_FULL
    return layout.DONE


def pair(
    events: array[int], count: int, pool: array[int], slots: array[int], answered: array[int], early: array[int],
    recent: array[int], patience: int, most_open: int, bins: array[int], bin_slots: array[int], bin_limit: int,
    bins_final: int, samples: array[int], buckets: array[int], out: array[int], out_capacity: int, state: array[int]
) -> None:  # fmt: skip
    """Take the events from ``state[S_EVENT]`` on, until all are taken or something is full (``state[S_STATUS]``).

    ``answered`` and ``early`` are rings of places, ``recent`` are places by the question that they ask, which may be
    asked again within ``patience`` (nanoseconds). Where ``bins_final``, bins beyond ``bin_limit`` fall into bin 0.
    ``out_capacity`` 0: finished exchanges are counted only.
    """
    key = ExchangeKey()
    with cython.nogil:
        mask = len(slots) - 1
        bin_mask = len(bin_slots) - 1
        number = state[layout.S_EVENT]
        status = layout.DONE
        while number < count:
            # An event finishes at most two exchanges and takes at most one place: see to that before it is touched.
            status = layout.POOL_FULL
            if state[layout.S_FREE] >= 0:
                status = what_is_full(state, bin_limit, bins_final, out_capacity, 2)
            if status != layout.DONE:
                break
            event = number * frame_layout.EVENT_FIELDS
            number = number + 1
            read_key(events, event, key)
            place = find_place(pool, slots, mask, key)
            if place < 0 and key.ident_seq & frame_layout.QUERY and key.kind != frame_layout.E_ICMP_ERROR:
                place = asked_before(pool, slots, mask, recent, events, event, key, patience)
            if key.kind == frame_layout.E_REQUEST:
                known = False
                if place < 0:
                    if state[layout.S_OPEN] >= most_open:
                        evict(pool, slots, mask, bins, bin_slots, bin_mask, bin_limit, samples,
                            buckets, out, out_capacity, state)  # fmt: skip
                elif pool[place * layout.FIELDS + layout.STATE] == layout.EARLY:
                    known = take_late_request(
                        pool, slots, mask, place, key.time, answered, early, events, event, bins, bin_slots, bin_mask,
                        bin_limit, samples, buckets, out, out_capacity, state
                    )  # fmt: skip
                else:
                    known = take_request(
                        pool, slots, mask, place, key, answered, events, event, bins, bin_slots, bin_mask, bin_limit,
                        samples, buckets, out, out_capacity, state
                    )  # fmt: skip
                if not known:
                    begin_open(pool, slots, mask, key, recent, events, event, state)
            elif place < 0:
                begin_early(pool, slots, mask, key, early, events, event, state)
            elif key.kind == frame_layout.E_REPLY:
                take_reply(
                    pool, slots, mask, place, answered, events, event, bins, bin_slots, bin_mask, bin_limit, samples,
                    buckets, out, out_capacity, state
                )  # fmt: skip
            else:
                take_error(pool, place * layout.FIELDS, events, event)
        state[layout.S_EVENT] = number
        state[layout.S_STATUS] = status


def fill(pool: array[int], row: int, events: array[int], event: int) -> None:
    """What a request says of itself, beyond what identifies it."""
    pool[row + layout.NUMBER] = events[event + frame_layout.E_NUMBER]
    pool[row + layout.TIME] = events[event + frame_layout.E_TIME]
    pool[row + layout.GROUP] = events[event + frame_layout.E_GROUP]
    pool[row + layout.IP_ID] = events[event + frame_layout.E_IP_ID]
    pool[row + layout.TTL] = events[event + frame_layout.E_TTL]
    pool[row + layout.SIZE] = events[event + frame_layout.E_SIZE]
    if events[event + frame_layout.E_KIND] & frame_layout.E_CONNECT:
        pool[row + layout.KIND] = layout.KIND_CONNECTION
    elif events[event + frame_layout.E_KIND] & frame_layout.E_QUERY:
        pool[row + layout.KIND] = layout.KIND_DNS
        pool[row + layout.QUESTION] = events[event + frame_layout.E_QUESTION]
    elif events[event + frame_layout.E_KIND] & frame_layout.E_TO_MANY:
        pool[row + layout.KIND] = layout.KIND_ECHO_TO_MANY
    else:
        pool[row + layout.KIND] = layout.KIND_ECHO
    pool[row + layout.LATEST] = events[event + frame_layout.E_TIME]
    pool[row + layout.REQUESTS] = 1


def note_reply(pool: array[int], row: int, events: array[int], event: int) -> None:
    """What the first reply says of itself."""
    pool[row + layout.REPLIES] = 1
    pool[row + layout.REPLY_TIME] = events[event + frame_layout.E_TIME]
    pool[row + layout.REPLY_TTL] = events[event + frame_layout.E_TTL]
    pool[row + layout.REPLY_GROUP] = events[event + frame_layout.E_GROUP]
    pool[row + layout.REPLY_NUMBER] = events[event + frame_layout.E_NUMBER]
    if events[event + frame_layout.E_KIND] & frame_layout.E_QUERY:
        pool[row + layout.RCODE] = events[event + frame_layout.E_RCODE]


def note_error(pool: array[int], row: int, events: array[int], event: int) -> None:
    """An ICMP error ended it, as far as nothing better comes."""
    pool[row + layout.OUTCOME] = layout.ERRED
    pool[row + layout.ERROR] = events[event + frame_layout.E_ERROR]
    pool[row + layout.ERROR_HIGH] = events[event + frame_layout.E_FROM_HIGH]
    pool[row + layout.ERROR_LOW] = events[event + frame_layout.E_FROM_LOW]
    pool[row + layout.ERROR_MTU] = events[event + frame_layout.E_MTU]
    pool[row + layout.ERROR_NUMBER] = events[event + frame_layout.E_NUMBER]
    pool[row + layout.ERROR_TTL] = events[event + frame_layout.E_TTL]


def take_error(pool: array[int], row: int, events: array[int], event: int) -> None:
    """The request stays open: a reply that comes all the same is worth more than the error."""
    if pool[row + layout.STATE] == layout.OPEN and pool[row + layout.OUTCOME] != layout.ERRED:
        note_error(pool, row, events, event)


def settle(
    pool: array[int], slots: array[int], mask: int, place: int, answered: array[int], bins: array[int],
    bin_slots: array[int], bin_mask: int, bin_limit: int, samples: array[int], buckets: array[int], out: array[int],
    out_capacity: int, state: array[int]
) -> None:  # fmt: skip
    """An exchange has its reply: remember it for a while, in case another comes; what is remembered longest goes."""
    row = place * layout.FIELDS
    pool[row + layout.STATE] = layout.ANSWERED
    pool[row + layout.OUTCOME] = layout.REPLIED
    if pool[row + layout.TIME] != scan_layout.ABSENT_TIME and pool[row + layout.REPLY_TIME] != scan_layout.ABSENT_TIME:
        pool[row + layout.RTT] = pool[row + layout.REPLY_TIME] - pool[row + layout.TIME]
        if pool[row + layout.RTT] < 0:
            pool[row + layout.RTT] = 0
    at = state[layout.S_ANSWERED_AT]
    state[layout.S_ANSWERED_AT] = (at + 1) % layout.REMEMBERED
    oldest = answered[at]
    if oldest >= 0:
        finish(pool, oldest, bins, bin_slots, bin_mask, bin_limit, samples, buckets, out, out_capacity, state)
        release(pool, slots, mask, state, oldest)
    answered[at] = place
    pool[row + layout.OLDER] = at


def is_under_way(pool: array[int], row: int, last: int, wait: int, dns_wait: int) -> bool:
    """Whether what got no answer may still have got one when its capture point was heard last."""
    time = pool[row + layout.TIME]
    if pool[row + layout.KIND] != layout.KIND_DNS:
        return time != scan_layout.ABSENT_TIME and last - time < wait
    if time == scan_layout.ABSENT_TIME:
        return pool[row + layout.REQUESTS] == 1
    # Whoever asks again has waited for long enough; but the repeat may be answered.
    return last - time < dns_wait and (pool[row + layout.REQUESTS] == 1 or last - pool[row + layout.LATEST] < wait)


def finish_all(
    pool: array[int], answered: array[int], bins: array[int], bin_slots: array[int], bin_limit: int, bins_final: int,
    samples: array[int], buckets: array[int], out: array[int], out_capacity: int, state: array[int],
    last_seen: array[int], wait: int, dns_wait: int
) -> None:  # fmt: skip
    """At the end of the capture: finish what was answered, oldest first, then what is still open, oldest first.

    ``last_seen`` holds for each frame group the time of the last frame of its capture point: a request closer to that
    than ``wait`` is in flight, a DNS query that is closer than ``dns_wait``. May stop because something is full, and is
    then called again.
    """
    bin_mask = len(bin_slots) - 1
    state[layout.S_STATUS] = layout.DONE
    step = 0
    while step < layout.REMEMBERED:
        at = (state[layout.S_ANSWERED_AT] + step) % layout.REMEMBERED
        step = step + 1
        if answered[at] < 0:
            continue
        state[layout.S_STATUS] = what_is_full(state, bin_limit, bins_final, out_capacity, 1)
        if state[layout.S_STATUS] != layout.DONE:
            return
        finish(pool, answered[at], bins, bin_slots, bin_mask, bin_limit, samples, buckets, out, out_capacity, state)
        answered[at] = -1
    while state[layout.S_OLDEST] >= 0:
        state[layout.S_STATUS] = what_is_full(state, bin_limit, bins_final, out_capacity, 1)
        if state[layout.S_STATUS] != layout.DONE:
            return
        place = state[layout.S_OLDEST]
        unlink(pool, state, place)
        row = place * layout.FIELDS
        last = last_seen[pool[row + layout.GROUP]]
        if pool[row + layout.OUTCOME] == layout.UNANSWERED and is_under_way(pool, row, last, wait, dns_wait):
            pool[row + layout.OUTCOME] = layout.IN_FLIGHT
        finish(pool, place, bins, bin_slots, bin_mask, bin_limit, samples, buckets, out, out_capacity, state)
