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
    from pcapcheck.capture.scan_layout import ABSENT_TIME
    from pcapcheck.decode.frame_layout import (
        CONNECTION,
        E_CONNECT,
        E_DST_HIGH,
        E_DST_LOW,
        E_ERROR,
        E_FROM_HIGH,
        E_FROM_LOW,
        E_GROUP,
        E_IDENT_SEQ,
        E_IP_ID,
        E_KIND,
        E_MTU,
        E_NUMBER,
        E_POINT,
        E_QUERY,
        E_QUESTION,
        E_RCODE,
        E_REFUSED,
        E_REPLY,
        E_REQUEST,
        E_SIZE,
        E_SRC_HIGH,
        E_SRC_LOW,
        E_TIME,
        E_TO_MANY,
        E_TTL,
        EVENT_FIELDS,
        LONG,
        MULTIPLY,
        QUERY,
    )
    from pcapcheck.exchanges.pairing_layout import *


def home_of(src_low: int, dst_low: int, ident_seq: int, point: int) -> int:
    """A hash of what identifies an echo; 62 bits, so that it fits wherever it is kept."""
    # Addresses and sequence numbers often count up together: each is stirred in before the next is added.
    mixed = (ident_seq * MULTIPLY) & LONG
    mixed = ((mixed ^ (mixed >> 29) ^ (src_low & LONG)) * MULTIPLY) & LONG
    mixed = ((mixed ^ (mixed >> 29) ^ (dst_low & LONG)) * MULTIPLY) & LONG
    mixed = ((mixed ^ (mixed >> 29) ^ point) * MULTIPLY) & LONG
    return mixed >> 2


def find_place(
    pool: array[int], slots: array[int], mask: int, home: int, src_high: int, src_low: int, dst_high: int,
    dst_low: int, ident_seq: int, point: int
) -> int:  # fmt: skip
    """The place of the exchange with this key, or -1."""
    slot = home & mask
    while True:
        place = slots[slot]
        if place < 0:
            return -1
        row = place * FIELDS
        if (
            pool[row + IDENT_SEQ] == ident_seq
            and pool[row + SRC_LOW] == src_low
            and pool[row + DST_LOW] == dst_low
            and pool[row + SRC_HIGH] == src_high
            and pool[row + DST_HIGH] == dst_high
            and pool[row + POINT] == point
        ):
            return place
        slot = (slot + 1) & mask


def insert(pool: array[int], slots: array[int], mask: int, place: int) -> None:
    """Enter a place under its home slot."""
    slot = pool[place * FIELDS + HOME] & mask
    while slots[slot] >= 0:
        slot = (slot + 1) & mask
    slots[slot] = place


def remove(pool: array[int], slots: array[int], mask: int, place: int) -> None:
    """Take a place out of the table, moving up what was displaced by it."""
    slot = pool[place * FIELDS + HOME] & mask
    while slots[slot] != place:
        slot = (slot + 1) & mask
    hole = slot
    while True:
        slot = (slot + 1) & mask
        other = slots[slot]
        if other < 0:
            break
        wanted = pool[other * FIELDS + HOME] & mask
        # It may move into the hole unless its home lies cyclically behind the hole, up to where it stands.
        if ((slot - wanted) & mask) >= ((slot - hole) & mask):
            slots[hole] = other
            hole = slot
    slots[hole] = -1


def enter_all(pool: array[int], slots: array[int], mask: int, capacity: int) -> None:
    """Enter every place in use into a new table."""
    for place in range(capacity):
        if pool[place * FIELDS + STATE] != FREE:
            insert(pool, slots, mask, place)


def link_newest(pool: array[int], state: array[int], place: int) -> None:
    """Put an exchange at the young end of the list of open ones."""
    row = place * FIELDS
    newest = state[S_NEWEST]
    pool[row + OLDER] = newest
    pool[row + NEWER] = -1
    if newest >= 0:
        pool[newest * FIELDS + NEWER] = place
    else:
        state[S_OLDEST] = place
    state[S_NEWEST] = place
    state[S_OPEN] = state[S_OPEN] + 1


def unlink(pool: array[int], state: array[int], place: int) -> None:
    """Take an exchange out of the list of open ones."""
    row = place * FIELDS
    older = pool[row + OLDER]
    newer = pool[row + NEWER]
    if older >= 0:
        pool[older * FIELDS + NEWER] = newer
    else:
        state[S_OLDEST] = newer
    if newer >= 0:
        pool[newer * FIELDS + OLDER] = older
    else:
        state[S_NEWEST] = older
    state[S_OPEN] = state[S_OPEN] - 1


def release(pool: array[int], slots: array[int], mask: int, state: array[int], place: int) -> None:
    """Give a place back."""
    remove(pool, slots, mask, place)
    pool[place * FIELDS + STATE] = FREE
    pool[place * FIELDS + NEWER] = state[S_FREE]
    state[S_FREE] = place
    state[S_USED] = state[S_USED] - 1


def bucket_of(duration: int) -> int:
    """The bucket of a duration in nanoseconds."""
    shift = 0
    while duration >= 128:
        duration = duration >> 1
        shift = shift + 1
    if shift == 0:
        return duration
    if shift > 33:
        return BUCKETS - 1
    return 128 + (shift - 1) * 64 + (duration - 64)


def bin_home(group: int, outcome: int, unicast: int, error: int) -> int:
    """A hash of a bin's key."""
    return group * 61 + outcome * 7 + unicast * 3 + error * 13


def enter_bins(bins: array[int], bin_slots: array[int], count: int) -> None:
    """Enter all bins but the first into a new table."""
    mask = len(bin_slots) - 1
    for number in range(1, count):
        row = number * BIN_FIELDS
        slot = bin_home(bins[row + B_GROUP], bins[row + B_OUTCOME], bins[row + B_UNICAST], bins[row + B_ERROR]) & mask
        while bin_slots[slot] >= 0:
            slot = (slot + 1) & mask
        bin_slots[slot] = number


def find_bin(
    bins: array[int], bin_slots: array[int], mask: int, limit: int, state: array[int], group: int, outcome: int,
    unicast: int, error: int
) -> int:  # fmt: skip
    """The bin with this key, made if it is new; bin 0 takes what finds no room."""
    slot = bin_home(group, outcome, unicast, error) & mask
    while True:
        found = bin_slots[slot]
        if found < 0:
            break
        row = found * BIN_FIELDS
        if (
            bins[row + B_GROUP] == group
            and bins[row + B_OUTCOME] == outcome
            and bins[row + B_UNICAST] == unicast
            and bins[row + B_ERROR] == error
        ):
            return found
        slot = (slot + 1) & mask
    found = state[S_BINS]
    if found >= limit:
        return 0
    state[S_BINS] = found + 1
    bin_slots[slot] = found
    row = found * BIN_FIELDS
    bins[row + B_GROUP] = group
    bins[row + B_OUTCOME] = outcome
    bins[row + B_UNICAST] = unicast
    bins[row + B_ERROR] = error
    return found


def finish(
    pool: array[int], place: int, bins: array[int], bin_slots: array[int], bin_mask: int, bin_limit: int,
    samples: array[int], buckets: array[int], out: array[int], out_capacity: int, state: array[int]
) -> None:  # fmt: skip
    """Count an exchange that can no longer change, and write it out where that is asked for."""
    row = place * FIELDS
    error = 0
    if pool[row + OUTCOME] == ERRED:
        error = pool[row + ERROR] >> 16
    elif pool[row + UNICAST] == QUERIES and pool[row + OUTCOME] == REPLIED:
        error = ANSWER_CODES + pool[row + RCODE] + 1
    unicast = pool[row + UNICAST]
    found = find_bin(
        bins, bin_slots, bin_mask, bin_limit, state, pool[row + GROUP], pool[row + OUTCOME], unicast, error
    )
    entry = found * BIN_FIELDS
    count = bins[entry + B_COUNT]
    bins[entry + B_COUNT] = count + 1
    bins[entry + B_REQUESTS] = bins[entry + B_REQUESTS] + pool[row + REQUESTS]
    if pool[row + REPLIES] > 1:
        bins[entry + B_DUPLICATES] = bins[entry + B_DUPLICATES] + pool[row + REPLIES] - 1
    if count < SAMPLES:
        target = (found * SAMPLES + count) * FIELDS
        for field in range(FIELDS):
            samples[target + field] = pool[row + field]
    rtt = pool[row + RTT]
    if rtt >= 0:
        if bins[entry + B_LEAST] < 0 or rtt < bins[entry + B_LEAST]:
            bins[entry + B_LEAST] = rtt
        if rtt > bins[entry + B_MOST]:
            bins[entry + B_MOST] = rtt
        buckets[found * BUCKETS + bucket_of(rtt)] = buckets[found * BUCKETS + bucket_of(rtt)] + 1
    if out_capacity:
        target = state[S_OUT] * FIELDS
        state[S_OUT] = state[S_OUT] + 1
        for field in range(FIELDS):
            out[target + field] = pool[row + field]


def is_asked_by(
    pool: array[int], place: int, src_high: int, src_low: int, dst_high: int, dst_low: int, point: int, question: int
) -> bool:
    """Whether a place holds this question of DNS, open, between these two."""
    if place < 0:
        return False
    row = place * FIELDS
    return (
        pool[row + STATE] == OPEN
        and pool[row + UNICAST] == QUERIES
        and pool[row + QUESTION] == question
        and pool[row + SRC_LOW] == src_low
        and pool[row + DST_LOW] == dst_low
        and pool[row + SRC_HIGH] == src_high
        and pool[row + DST_HIGH] == dst_high
        and pool[row + POINT] == point
    )


def asked_before(
    pool: array[int], slots: array[int], mask: int, recent: array[int], events: array[int], event: int, home: int,
    src_high: int, src_low: int, dst_high: int, dst_low: int, patience: int
) -> int:  # fmt: skip
    """The place of a DNS question that was asked before under another port or identifier, or -1.

    A query asks it once more where whoever asks has given up waiting for the first, not longer than ``patience`` ago;
    then the place is known by the new port and identifier. A response to an earlier one answers it too.
    """
    question = events[event + E_QUESTION]
    point = events[event + E_POINT]
    if question == 0:
        return -1
    place = recent[home_of(src_low, dst_low, question, point) & (RECENT - 1)]
    if not is_asked_by(pool, place, src_high, src_low, dst_high, dst_low, point, question):
        return -1
    row = place * FIELDS
    if events[event + E_KIND] & 3 == E_REPLY:
        return place if pool[row + REQUESTS] > 1 else -1
    if events[event + E_TIME] != ABSENT_TIME and pool[row + LATEST] != ABSENT_TIME:
        gap = events[event + E_TIME] - pool[row + LATEST]
        if gap < AGAIN or gap > patience:
            return -1
    remove(pool, slots, mask, place)
    pool[row + IDENT_SEQ] = events[event + E_IDENT_SEQ]
    pool[row + HOME] = home
    insert(pool, slots, mask, place)
    return place


def ask_again(pool: array[int], row: int, events: array[int], event: int) -> None:
    """A SYN or a DNS query sent once more, a second later or more, asks for the same."""
    pool[row + REQUESTS] = pool[row + REQUESTS] + 1
    pool[row + LATEST] = events[event + E_TIME]
    # Until something better is known: the repeat that came last.
    pool[row + REPLY_NUMBER] = events[event + E_NUMBER]


def pair(
    events: array[int], count: int, pool: array[int], slots: array[int], answered: array[int], early: array[int],
    recent: array[int], patience: int, most_open: int, bins: array[int], bin_slots: array[int], bin_limit: int,
    bins_final: int, samples: array[int],
    buckets: array[int], out: array[int], out_capacity: int, state: array[int]
) -> None:  # fmt: skip
    """Take the events from ``state[S_EVENT]`` on, until all are taken or something is full (``state[S_STATUS]``).

    ``answered`` and ``early`` are rings of places, ``recent`` are places by the question that they ask, which may be
    asked again within ``patience`` (nanoseconds). Where ``bins_final``, bins beyond ``bin_limit`` fall into bin 0.
    ``out_capacity`` 0: finished exchanges are counted only.
    """
    with cython.nogil:
        mask = len(slots) - 1
        bin_mask = len(bin_slots) - 1
        number = state[S_EVENT]
        status = DONE
        while number < count:
            # An event finishes at most two exchanges and takes at most one place: see to that before it is touched.
            if state[S_FREE] < 0:
                status = POOL_FULL
                break
            if not bins_final and state[S_BINS] + 2 > bin_limit:
                status = BINS_FULL
                break
            if out_capacity and state[S_OUT] + 2 > out_capacity:
                status = OUT_FULL
                break
            event = number * EVENT_FIELDS
            number = number + 1
            kind = events[event + E_KIND] & 3
            point = events[event + E_POINT]
            ident_seq = events[event + E_IDENT_SEQ]
            time = events[event + E_TIME]
            if kind == E_REPLY:
                src_high = events[event + E_DST_HIGH]
                src_low = events[event + E_DST_LOW]
                dst_high = events[event + E_SRC_HIGH]
                dst_low = events[event + E_SRC_LOW]
            else:
                src_high = events[event + E_SRC_HIGH]
                src_low = events[event + E_SRC_LOW]
                dst_high = events[event + E_DST_HIGH]
                dst_low = events[event + E_DST_LOW]
            home = home_of(src_low, dst_low, ident_seq, point)
            place = find_place(pool, slots, mask, home, src_high, src_low, dst_high, dst_low, ident_seq, point)
            if place < 0 and ident_seq & QUERY and kind != E_REFUSED:
                place = asked_before(
                    pool, slots, mask, recent, events, event, home, src_high, src_low, dst_high, dst_low, patience
                )
            row = place * FIELDS
            if kind == E_REPLY:
                if place >= 0:
                    if pool[row + STATE] == OPEN:
                        unlink(pool, state, place)
                        note_reply(pool, row, events, event)
                        settle(
                            pool, slots, mask, place, answered, bins, bin_slots, bin_mask, bin_limit, samples,
                            buckets, out, out_capacity, state
                        )  # fmt: skip
                    elif pool[row + STATE] == ANSWERED:
                        pool[row + REPLIES] = pool[row + REPLIES] + 1
                    elif pool[row + REPLIES] == 0:
                        pool[row + OUTCOME] = UNANSWERED
                        note_reply(pool, row, events, event)
                    continue
            elif kind == E_REQUEST:
                if place >= 0:
                    if pool[row + STATE] == EARLY:
                        early[pool[row + OLDER]] = -1
                        gap = pool[row + REPLY_TIME] - time
                        in_time = time != ABSENT_TIME and pool[row + REPLY_TIME] != ABSENT_TIME
                        if in_time and gap >= -STEP_BACK and gap <= SAME_PACKET:
                            fill(pool, row, events, event)
                            if pool[row + OUTCOME] == ERRED:
                                pool[row + STATE] = OPEN
                                link_newest(pool, state, place)
                                continue
                            settle(
                                pool, slots, mask, place, answered, bins, bin_slots, bin_mask, bin_limit, samples,
                                buckets, out, out_capacity, state
                            )  # fmt: skip
                            continue
                        release(pool, slots, mask, state, place)
                    else:
                        gap = time - pool[row + TIME]
                        if time == ABSENT_TIME or pool[row + TIME] == ABSENT_TIME:
                            gap = 0
                        if pool[row + IP_ID] == events[event + E_IP_ID] and gap < SAME_PACKET:
                            # How often DNS was asked counts: without times it may have been asked once more.
                            if ident_seq & QUERY and time == ABSENT_TIME and pool[row + STATE] == OPEN:
                                ask_again(pool, row, events, event)
                            elif not ident_seq & QUERY or time == ABSENT_TIME:
                                pool[row + REQUESTS] = pool[row + REQUESTS] + 1
                            continue
                        if pool[row + STATE] == OPEN:
                            if ident_seq & (CONNECTION | QUERY):
                                ask_again(pool, row, events, event)
                                continue
                            unlink(pool, state, place)
                        else:
                            answered[pool[row + OLDER]] = -1
                        finish(
                                pool, place, bins, bin_slots, bin_mask, bin_limit, samples, buckets, out,
                                out_capacity, state
                            )  # fmt: skip
                        release(pool, slots, mask, state, place)
                elif state[S_OPEN] >= most_open:
                    oldest = state[S_OLDEST]
                    unlink(pool, state, oldest)
                    if pool[oldest * FIELDS + OUTCOME] == UNANSWERED:
                        pool[oldest * FIELDS + OUTCOME] = EVICTED
                        state[S_EVICTED] = state[S_EVICTED] + 1
                    finish(
                        pool, oldest, bins, bin_slots, bin_mask, bin_limit, samples, buckets, out, out_capacity, state
                    )
                    release(pool, slots, mask, state, oldest)
            else:
                # The request stays open: a reply that comes all the same is worth more than the error.
                if place >= 0:
                    if pool[row + STATE] == OPEN and pool[row + OUTCOME] != ERRED:
                        refuse(pool, row, events, event)
                    continue

            place = state[S_FREE]
            row = place * FIELDS
            state[S_FREE] = pool[row + NEWER]
            state[S_USED] = state[S_USED] + 1
            pool[row + SRC_HIGH] = src_high
            pool[row + SRC_LOW] = src_low
            pool[row + DST_HIGH] = dst_high
            pool[row + DST_LOW] = dst_low
            pool[row + IDENT_SEQ] = ident_seq
            pool[row + POINT] = point
            pool[row + HOME] = home
            pool[row + OUTCOME] = UNANSWERED
            pool[row + ERROR] = ABSENT
            pool[row + RTT] = ABSENT
            insert(pool, slots, mask, place)
            if kind != E_REQUEST:
                # Without a request so far: the recorder may have put it before its request.
                pool[row + STATE] = EARLY
                if kind == E_REPLY:
                    note_reply(pool, row, events, event)
                else:
                    pool[row + REPLIES] = 0
                    pool[row + REPLY_TIME] = time
                    refuse(pool, row, events, event)
                at = state[S_EARLY_AT]
                state[S_EARLY_AT] = (at + 1) % REMEMBERED
                if early[at] >= 0:
                    release(pool, slots, mask, state, early[at])
                early[at] = place
                pool[row + OLDER] = at
            else:
                pool[row + STATE] = OPEN
                pool[row + REPLIES] = 0
                fill(pool, row, events, event)
                link_newest(pool, state, place)
                if ident_seq & QUERY:
                    recent[home_of(src_low, dst_low, pool[row + QUESTION], point) & (RECENT - 1)] = place
        state[S_EVENT] = number
        state[S_STATUS] = status


def fill(pool: array[int], row: int, events: array[int], event: int) -> None:
    """What a request says of itself, beyond what identifies it."""
    pool[row + NUMBER] = events[event + E_NUMBER]
    pool[row + TIME] = events[event + E_TIME]
    pool[row + GROUP] = events[event + E_GROUP]
    pool[row + IP_ID] = events[event + E_IP_ID]
    pool[row + TTL] = events[event + E_TTL]
    pool[row + UNICAST] = 0 if events[event + E_KIND] & E_TO_MANY else 1
    pool[row + SIZE] = events[event + E_SIZE]
    if events[event + E_KIND] & E_CONNECT:
        pool[row + UNICAST] = CONNECTS
    elif events[event + E_KIND] & E_QUERY:
        pool[row + UNICAST] = QUERIES
        pool[row + QUESTION] = events[event + E_QUESTION]
    pool[row + LATEST] = events[event + E_TIME]
    pool[row + REQUESTS] = 1


def note_reply(pool: array[int], row: int, events: array[int], event: int) -> None:
    """What the first reply says of itself."""
    pool[row + REPLIES] = 1
    pool[row + REPLY_TIME] = events[event + E_TIME]
    pool[row + REPLY_TTL] = events[event + E_TTL]
    pool[row + REPLY_GROUP] = events[event + E_GROUP]
    pool[row + REPLY_NUMBER] = events[event + E_NUMBER]
    if events[event + E_KIND] & E_QUERY:
        pool[row + RCODE] = events[event + E_RCODE]


def refuse(pool: array[int], row: int, events: array[int], event: int) -> None:
    """An ICMP error ended it, as far as nothing better comes."""
    pool[row + OUTCOME] = ERRED
    pool[row + ERROR] = events[event + E_ERROR]
    pool[row + ERROR_HIGH] = events[event + E_FROM_HIGH]
    pool[row + ERROR_LOW] = events[event + E_FROM_LOW]
    pool[row + ERROR_MTU] = events[event + E_MTU]
    pool[row + ERROR_NUMBER] = events[event + E_NUMBER]
    pool[row + ERROR_TTL] = events[event + E_TTL]


def settle(
    pool: array[int], slots: array[int], mask: int, place: int, answered: array[int], bins: array[int],
    bin_slots: array[int], bin_mask: int, bin_limit: int, samples: array[int], buckets: array[int], out: array[int],
    out_capacity: int, state: array[int]
) -> None:  # fmt: skip
    """An exchange has its reply: remember it for a while, in case another comes; what is remembered longest goes."""
    row = place * FIELDS
    pool[row + STATE] = ANSWERED
    pool[row + OUTCOME] = REPLIED
    if pool[row + TIME] != ABSENT_TIME and pool[row + REPLY_TIME] != ABSENT_TIME:
        pool[row + RTT] = pool[row + REPLY_TIME] - pool[row + TIME]
        if pool[row + RTT] < 0:
            pool[row + RTT] = 0
    at = state[S_ANSWERED_AT]
    state[S_ANSWERED_AT] = (at + 1) % REMEMBERED
    oldest = answered[at]
    if oldest >= 0:
        finish(pool, oldest, bins, bin_slots, bin_mask, bin_limit, samples, buckets, out, out_capacity, state)
        release(pool, slots, mask, state, oldest)
    answered[at] = place
    pool[row + OLDER] = at


def is_under_way(pool: array[int], row: int, last: int, wait: int, dns_wait: int) -> bool:
    """Whether what got no answer may still have got one when its capture point was heard last."""
    time = pool[row + TIME]
    if pool[row + UNICAST] != QUERIES:
        return time != ABSENT_TIME and last - time < wait
    if time == ABSENT_TIME:
        return pool[row + REQUESTS] == 1
    # Whoever asks again has waited for long enough; but the repeat may be answered.
    return last - time < dns_wait and (pool[row + REQUESTS] == 1 or last - pool[row + LATEST] < wait)


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
    state[S_STATUS] = DONE
    step = 0
    while step < REMEMBERED:
        at = (state[S_ANSWERED_AT] + step) % REMEMBERED
        step = step + 1
        if answered[at] < 0:
            continue
        if not bins_final and state[S_BINS] + 1 > bin_limit:
            state[S_STATUS] = BINS_FULL
            return
        if out_capacity and state[S_OUT] + 1 > out_capacity:
            state[S_STATUS] = OUT_FULL
            return
        finish(pool, answered[at], bins, bin_slots, bin_mask, bin_limit, samples, buckets, out, out_capacity, state)
        answered[at] = -1
    while state[S_OLDEST] >= 0:
        if not bins_final and state[S_BINS] + 1 > bin_limit:
            state[S_STATUS] = BINS_FULL
            return
        if out_capacity and state[S_OUT] + 1 > out_capacity:
            state[S_STATUS] = OUT_FULL
            return
        place = state[S_OLDEST]
        unlink(pool, state, place)
        row = place * FIELDS
        last = last_seen[pool[row + GROUP]]
        if pool[row + OUTCOME] == UNANSWERED and is_under_way(pool, row, last, wait, dns_wait):
            pool[row + OUTCOME] = IN_FLIGHT
        finish(pool, place, bins, bin_slots, bin_mask, bin_limit, samples, buckets, out, out_capacity, state)
