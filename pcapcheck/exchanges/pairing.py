# cython: language_level=3, annotation_typing=False, boundscheck=False, wraparound=False, cdivision=True
# cython: initializedcheck=False
"""Pair questions with replies and errors: events in the order of the capture in, pairs out.

An event is what the decoder wrote down of a question (an echo request, a SYN, a DNS query, another datagram, an INIT of
SCTP), a reply, or an ICMP error about a question. What is open
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
    from pcapcheck.decode import frame_layout
    from pcapcheck.exchanges import pairing_layout as layout
    from pcapcheck.exchanges.binning import finish, what_is_full
    from pcapcheck.exchanges.pairing_arrays import PairingArrays
    from pcapcheck.hash_table import fetch_row, fetch_slot, insert, insert_all, remove, seek, stir
    from pcapcheck.linked_list import append, take_out


class ExchangeKey:
    """What identifies the exchange of an event, from its asker's side; one object serves all events of a batch.

    ``kind`` is the event's (``frame_layout.E_REQUEST`` and so on), ``time`` is in nanoseconds.
    """

    def __init__(self) -> None:
        self.kind = self.time = self.point = self.ident_seq = self.home = 0
        self.src_high = self.src_low = self.dst_high = self.dst_low = 0


def home_of(src_low: int, dst_low: int, ident_seq: int, point: int) -> int:
    """A hash of what identifies an exchange; 62 bits, so that it fits wherever it is kept."""
    # Addresses and sequence numbers often count up together: each is stirred in before the next is added.
    return stir(stir(stir(point, ident_seq), src_low), dst_low) >> 2


def home_of_event(events: array[int], event: int) -> int:
    """The same of the exchange that an event belongs to."""
    src_low = events[event + frame_layout.E_SRC_LOW]
    dst_low = events[event + frame_layout.E_DST_LOW]
    if events[event + frame_layout.E_KIND] & 3 == frame_layout.E_REPLY:
        src_low = events[event + frame_layout.E_DST_LOW]
        dst_low = events[event + frame_layout.E_SRC_LOW]
    return home_of(src_low, dst_low, events[event + frame_layout.E_IDENT_SEQ], events[event + frame_layout.E_POINT])


def look_ahead(arrays: PairingArrays, events: array[int], number: int, count: int) -> None:
    """Find the home of a coming event, and have what it needs loaded by then: its slot, later the exchange there.

    Where many exchanges are open, neither is in the processor's cache: waiting for them would take longer than all
    else that is done with an event.
    """
    if number < count:
        home = home_of_event(events, number * frame_layout.EVENT_FIELDS)
        arrays.homes[number & (layout.HOMES - 1)] = home
        fetch_slot(arrays.slots, home & arrays.mask)
    number = number - layout.AHEAD // 2
    if 0 <= number < count:
        place = arrays.slots[arrays.homes[number & (layout.HOMES - 1)] & arrays.mask]
        if place >= 0:
            fetch_row(arrays.pool, place * layout.FIELDS, layout.FIELDS)


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


def find_place(arrays: PairingArrays, key: ExchangeKey) -> int:
    """The place of the exchange with this key, or -1."""
    mask = arrays.mask
    slot = seek(arrays.pool, layout.FIELDS, layout.HOME, arrays.slots, mask, key.home, key.home & mask)
    while arrays.slots[slot] >= 0 and not has_key(arrays.pool, arrays.slots[slot] * layout.FIELDS, key):
        slot = seek(arrays.pool, layout.FIELDS, layout.HOME, arrays.slots, mask, key.home, (slot + 1) & mask)
    return arrays.slots[slot]


def chain_free(pool: array[int], state: array[int], first: int, end: int) -> None:
    """Let new places, from ``first`` up to ``end``, be the free ones."""
    for place in range(first, end):
        pool[place * layout.FIELDS + layout.NEWER] = place + 1
    pool[(end - 1) * layout.FIELDS + layout.NEWER] = -1
    state[layout.S_FREE] = first


def enter_all(pool: array[int], slots: array[int], count: int) -> None:
    """Enter the first places, all in use, into a new table."""
    insert_all(pool, layout.FIELDS, layout.HOME, slots, 0, count)


def begin(arrays: PairingArrays, key: ExchangeKey) -> int:
    """Take a free place for a new exchange; returns it."""
    place = arrays.state[layout.S_FREE]
    row = place * layout.FIELDS
    arrays.state[layout.S_FREE] = arrays.pool[row + layout.NEWER]
    arrays.state[layout.S_USED] = arrays.state[layout.S_USED] + 1
    arrays.pool[row + layout.SRC_HIGH] = key.src_high
    arrays.pool[row + layout.SRC_LOW] = key.src_low
    arrays.pool[row + layout.DST_HIGH] = key.dst_high
    arrays.pool[row + layout.DST_LOW] = key.dst_low
    arrays.pool[row + layout.IDENT_SEQ] = key.ident_seq
    arrays.pool[row + layout.POINT] = key.point
    arrays.pool[row + layout.HOME] = key.home
    arrays.pool[row + layout.OUTCOME] = layout.UNANSWERED
    arrays.pool[row + layout.ERROR] = layout.ABSENT
    arrays.pool[row + layout.RTT] = layout.ABSENT
    arrays.pool[row + layout.REPLIES] = 0
    arrays.pool[row + layout.SEEN_AGAIN] = 0
    insert(arrays.pool, layout.FIELDS, layout.HOME, arrays.slots, arrays.mask, place)
    return place


def release(arrays: PairingArrays, place: int) -> None:
    """Give a place back."""
    remove(arrays.pool, layout.FIELDS, layout.HOME, arrays.slots, arrays.mask, place)
    arrays.pool[place * layout.FIELDS + layout.STATE] = layout.FREE
    arrays.pool[place * layout.FIELDS + layout.NEWER] = arrays.state[layout.S_FREE]
    arrays.state[layout.S_FREE] = place
    arrays.state[layout.S_USED] = arrays.state[layout.S_USED] - 1


def link_newest(arrays: PairingArrays, place: int) -> None:
    """Put an exchange at the young end of the list of open ones."""
    append(
        arrays.pool, layout.FIELDS, layout.OLDER, layout.NEWER, arrays.state, layout.S_OLDEST, layout.S_NEWEST, place
    )  # fmt: skip
    arrays.state[layout.S_OPEN] = arrays.state[layout.S_OPEN] + 1


def unlink(arrays: PairingArrays, place: int) -> None:
    """Take an exchange out of the list of open ones."""
    take_out(
        arrays.pool, layout.FIELDS, layout.OLDER, layout.NEWER, arrays.state, layout.S_OLDEST, layout.S_NEWEST, place
    )  # fmt: skip
    arrays.state[layout.S_OPEN] = arrays.state[layout.S_OPEN] - 1


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
    elif events[event + frame_layout.E_KIND] & frame_layout.E_DATAGRAM:
        pool[row + layout.KIND] = layout.KIND_DATAGRAM
        if pool[row + layout.REPLIES] == 0:
            pool[row + layout.DATA] = events[event + frame_layout.E_DATA]
            pool[row + layout.ALIKE] = 1
            pool[row + layout.COPIES] = 0
    elif events[event + frame_layout.E_KIND] & frame_layout.E_ASSOCIATE:
        pool[row + layout.KIND] = layout.KIND_ASSOCIATION
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


def fetch_oldest(arrays: PairingArrays, at: int) -> None:
    """Have those loaded that will soon be what was answered longest ago, and the slots that they leave."""
    place = arrays.answered[(at + layout.AHEAD) % layout.REMEMBERED]
    if place >= 0:
        fetch_row(arrays.pool, place * layout.FIELDS, layout.FIELDS)
    place = arrays.answered[(at + layout.AHEAD // 2) % layout.REMEMBERED]
    if place >= 0:
        fetch_slot(arrays.slots, arrays.pool[place * layout.FIELDS + layout.HOME] & arrays.mask)


def remember_talk(arrays: PairingArrays, place: int) -> None:
    """A datagram has its answer: whatever its two ports say from now on belongs to it, while others are answered."""
    at = arrays.state[layout.S_TALKS_AT]
    arrays.state[layout.S_TALKS_AT] = (at + 1) % layout.TALKS
    oldest = arrays.talks[at]
    if oldest >= 0:
        finish(arrays, oldest)
        release(arrays, oldest)
    arrays.talks[at] = place
    arrays.pool[place * layout.FIELDS + layout.OLDER] = at


def settle(arrays: PairingArrays, place: int) -> None:
    """An exchange has its reply: remember it for a while, in case another comes; what is remembered longest goes."""
    row = place * layout.FIELDS
    arrays.pool[row + layout.STATE] = layout.ANSWERED
    if arrays.pool[row + layout.OUTCOME] == layout.ERRED:
        arrays.pool[row + layout.SEEN_AGAIN] = 0
    arrays.pool[row + layout.OUTCOME] = layout.REPLIED
    asked = arrays.pool[row + layout.TIME]
    replied = arrays.pool[row + layout.REPLY_TIME]
    if asked != scan_layout.ABSENT_TIME and replied != scan_layout.ABSENT_TIME:
        arrays.pool[row + layout.RTT] = replied - asked if replied > asked else 0
    if arrays.pool[row + layout.KIND] == layout.KIND_DATAGRAM:
        remember_talk(arrays, place)
    else:
        remember_answered(arrays, place)


def remember_answered(arrays: PairingArrays, place: int) -> None:
    """Put what was answered into its ring; what is remembered longest goes."""
    at = arrays.state[layout.S_ANSWERED_AT]
    arrays.state[layout.S_ANSWERED_AT] = (at + 1) % layout.REMEMBERED
    oldest = arrays.answered[at]
    if oldest >= 0:
        finish(arrays, oldest)
        release(arrays, oldest)
    arrays.answered[at] = place
    arrays.pool[place * layout.FIELDS + layout.OLDER] = at
    fetch_oldest(arrays, at)


def is_to_gateway(arrays: PairingArrays, row: int) -> bool:
    """Whether an exchange is an echo of a gateway."""
    if arrays.pool[row + layout.KIND] == layout.KIND_ECHO and arrays.pool[row + layout.DST_HIGH] == 0:
        for number in range(len(arrays.gateways)):
            if arrays.pool[row + layout.DST_LOW] == arrays.gateways[number]:
                return True
    return False


def is_still_ended(arrays: PairingArrays, row: int, number: int) -> bool:
    """Whether nothing came after the error in this frame, and the place was not taken by another exchange.

    An echo to a gateway does not count: whether any host has that address is known only at the capture's end.
    """
    return (
        arrays.pool[row + layout.STATE] == layout.OPEN
        and arrays.pool[row + layout.OUTCOME] == layout.ERRED
        and arrays.pool[row + layout.ERROR_NUMBER] == number
        and not is_to_gateway(arrays, row)
    )


def remember_ended(arrays: PairingArrays, place: int) -> None:
    """An error ended an exchange: keep it while others end so; then what an error ended longest ago is finished."""
    at = arrays.state[layout.S_ENDED_AT]
    arrays.state[layout.S_ENDED_AT] = (at + 2) % (2 * layout.ENDED)
    oldest = arrays.ended[at]
    number = arrays.ended[at + 1]
    arrays.ended[at] = place
    arrays.ended[at + 1] = arrays.pool[place * layout.FIELDS + layout.ERROR_NUMBER]
    if oldest >= 0 and is_still_ended(arrays, oldest * layout.FIELDS, number):
        unlink(arrays, oldest)
        finish(arrays, oldest)
        release(arrays, oldest)


def ask_again(pool: array[int], row: int, events: array[int], event: int) -> None:
    """A SYN or a DNS query sent once more, a second later or more, asks for the same."""
    pool[row + layout.REQUESTS] = pool[row + layout.REQUESTS] + 1
    pool[row + layout.LATEST] = events[event + frame_layout.E_TIME]
    # Until something better is known: the repeat that came last.
    pool[row + layout.REPLY_NUMBER] = events[event + frame_layout.E_NUMBER]


def send_again(pool: array[int], row: int, events: array[int], event: int) -> None:
    """A datagram between two ports that are known: nothing new once they have an answer."""
    if pool[row + layout.STATE] == layout.OPEN:
        time = events[event + frame_layout.E_TIME]
        is_alike = events[event + frame_layout.E_DATA] == pool[row + layout.DATA]
        timed = time != scan_layout.ABSENT_TIME and pool[row + layout.LATEST] != scan_layout.ABSENT_TIME
        if timed and is_alike and time - pool[row + layout.LATEST] < layout.SAME_DATAGRAM:
            pool[row + layout.COPIES] = pool[row + layout.COPIES] + 1
        else:
            ask_again(pool, row, events, event)
            if is_alike:
                pool[row + layout.ALIKE] = pool[row + layout.ALIKE] + 1


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


def asked_before(arrays: PairingArrays, events: array[int], event: int, key: ExchangeKey, patience: int) -> int:
    """The place of a DNS question that was asked before under another port or identifier, or -1.

    A query asks it once more where whoever asks has given up waiting for the first, not longer than ``patience`` ago;
    then the place is known by the new port and identifier. A response to an earlier one answers it too.
    """
    question = events[event + frame_layout.E_QUESTION]
    if question == 0:
        return -1
    place = arrays.recent[home_of(key.src_low, key.dst_low, question, key.point) & (layout.RECENT - 1)]
    if not is_asked_by(arrays.pool, place, key, question):
        return -1
    row = place * layout.FIELDS
    if key.kind == frame_layout.E_REPLY:
        return place if arrays.pool[row + layout.REQUESTS] > 1 else -1
    if key.time != scan_layout.ABSENT_TIME and arrays.pool[row + layout.LATEST] != scan_layout.ABSENT_TIME:
        gap = key.time - arrays.pool[row + layout.LATEST]
        if gap < layout.AGAIN or gap > patience:
            return -1
    remove(arrays.pool, layout.FIELDS, layout.HOME, arrays.slots, arrays.mask, place)
    arrays.pool[row + layout.IDENT_SEQ] = key.ident_seq
    arrays.pool[row + layout.HOME] = key.home
    insert(arrays.pool, layout.FIELDS, layout.HOME, arrays.slots, arrays.mask, place)
    return place


def take_request(arrays: PairingArrays, place: int, key: ExchangeKey, events: array[int], event: int) -> bool:
    """A request like one that is known: the same packet or question again; else the known one is finished (False)."""
    row = place * layout.FIELDS
    if key.ident_seq & frame_layout.DATAGRAM:
        send_again(arrays.pool, row, events, event)
        return True
    opened = arrays.pool[row + layout.STATE] == layout.OPEN
    is_query = (key.ident_seq & frame_layout.QUERY) != 0
    untimed = key.time == scan_layout.ABSENT_TIME
    gap = 0
    if not untimed and arrays.pool[row + layout.TIME] != scan_layout.ABSENT_TIME:
        gap = key.time - arrays.pool[row + layout.TIME]
    if arrays.pool[row + layout.IP_ID] == events[event + frame_layout.E_IP_ID] and gap < layout.SAME_PACKET:
        # How often DNS was asked counts: without times it may have been asked once more.
        if is_query and untimed and opened:
            ask_again(arrays.pool, row, events, event)
        elif not is_query or untimed:
            arrays.pool[row + layout.REQUESTS] = arrays.pool[row + layout.REQUESTS] + 1
        if arrays.pool[row + layout.OUTCOME] != layout.ERRED:
            arrays.pool[row + layout.SEEN_AGAIN] = arrays.pool[row + layout.SEEN_AGAIN] + 1
        return True
    if opened:
        if key.ident_seq & frame_layout.OVER_TCP:
            # What TCP sends again is no question of whoever asks.
            return True
        if is_query or (key.ident_seq & (frame_layout.CONNECTION | frame_layout.ASSOCIATION)) != 0:
            ask_again(arrays.pool, row, events, event)
            return True
        unlink(arrays, place)
    else:
        arrays.answered[arrays.pool[row + layout.OLDER]] = -1
    finish(arrays, place)
    release(arrays, place)
    return False


def take_late_request(arrays: PairingArrays, place: int, time: int, events: array[int], event: int) -> bool:
    """A request whose reply or error was recorded before it, if that is so; else what came early is given up."""
    row = place * layout.FIELDS
    arrays.early[arrays.pool[row + layout.OLDER]] = -1
    gap = arrays.pool[row + layout.REPLY_TIME] - time
    in_time = time != scan_layout.ABSENT_TIME and arrays.pool[row + layout.REPLY_TIME] != scan_layout.ABSENT_TIME
    fits = in_time and -layout.STEP_BACK <= gap <= layout.SAME_PACKET
    # Who asks for datagrams may have begun before the recording.
    is_talk = arrays.pool[row + layout.OUTCOME] != layout.ERRED and (
        events[event + frame_layout.E_KIND] & frame_layout.E_DATAGRAM
    )
    if not fits and not is_talk:
        release(arrays, place)
        return False
    fill(arrays.pool, row, events, event)
    if arrays.pool[row + layout.OUTCOME] == layout.ERRED:
        arrays.pool[row + layout.STATE] = layout.OPEN
        link_newest(arrays, place)
        remember_ended(arrays, place)
    else:
        settle(arrays, place)
        if not fits:
            arrays.pool[row + layout.RTT] = layout.ABSENT
    return True


def take_reply(arrays: PairingArrays, place: int, events: array[int], event: int) -> None:
    """A reply to what is known: the answer, another one, or what came before its request once more."""
    row = place * layout.FIELDS
    if arrays.pool[row + layout.STATE] == layout.OPEN:
        unlink(arrays, place)
        note_reply(arrays.pool, row, events, event)
        settle(arrays, place)
    elif arrays.pool[row + layout.STATE] == layout.ANSWERED:
        arrays.pool[row + layout.REPLIES] = arrays.pool[row + layout.REPLIES] + 1
    elif arrays.pool[row + layout.REPLIES] == 0:
        arrays.pool[row + layout.OUTCOME] = layout.UNANSWERED
        arrays.pool[row + layout.SEEN_AGAIN] = 0
        note_reply(arrays.pool, row, events, event)


def take_error(arrays: PairingArrays, place: int, events: array[int], event: int) -> None:
    """The request stays open for a while: a reply that comes all the same is worth more than the error."""
    row = place * layout.FIELDS
    is_probe = (
        arrays.pool[row + layout.KIND] == layout.KIND_DATAGRAM
        and 0 <= arrays.pool[row + layout.TTL] <= layout.MOST_HOPS
        and events[event + frame_layout.E_ERROR] >> 16 == frame_layout.EXCEEDED
    )
    if (
        arrays.pool[row + layout.STATE] == layout.OPEN
        and arrays.pool[row + layout.OUTCOME] != layout.ERRED
        and not is_probe
    ):
        note_error(arrays.pool, row, events, event)
        remember_ended(arrays, place)


def evict(arrays: PairingArrays) -> None:
    """Give up the oldest open exchange."""
    oldest = arrays.state[layout.S_OLDEST]
    unlink(arrays, oldest)
    if arrays.pool[oldest * layout.FIELDS + layout.OUTCOME] == layout.UNANSWERED:
        arrays.pool[oldest * layout.FIELDS + layout.OUTCOME] = layout.EVICTED
        arrays.state[layout.S_EVICTED] = arrays.state[layout.S_EVICTED] + 1
    finish(arrays, oldest)
    release(arrays, oldest)


def begin_open(arrays: PairingArrays, key: ExchangeKey, events: array[int], event: int) -> None:
    """A request begins an exchange."""
    place = begin(arrays, key)
    row = place * layout.FIELDS
    arrays.pool[row + layout.STATE] = layout.OPEN
    fill(arrays.pool, row, events, event)
    link_newest(arrays, place)
    if key.ident_seq & frame_layout.QUERY:
        asked = home_of(key.src_low, key.dst_low, arrays.pool[row + layout.QUESTION], key.point)
        arrays.recent[asked & (layout.RECENT - 1)] = place


def begin_early(arrays: PairingArrays, key: ExchangeKey, events: array[int], event: int) -> None:
    """A reply or an error without a request so far: the recorder may have put it before its request."""
    place = begin(arrays, key)
    row = place * layout.FIELDS
    arrays.pool[row + layout.STATE] = layout.EARLY
    arrays.pool[row + layout.EARLY_KIND] = events[event + frame_layout.E_KIND]
    if key.kind == frame_layout.E_REPLY:
        note_reply(arrays.pool, row, events, event)
    else:
        arrays.pool[row + layout.REPLY_TIME] = key.time
        note_error(arrays.pool, row, events, event)
    at = arrays.state[layout.S_EARLY_AT]
    arrays.state[layout.S_EARLY_AT] = (at + 1) % layout.REMEMBERED
    if arrays.early[at] >= 0:
        release(arrays, arrays.early[at])
    arrays.early[at] = place
    arrays.pool[row + layout.OLDER] = at


def find_other_side(arrays: PairingArrays, key: ExchangeKey) -> int:
    """The place of the exchange that a datagram between equal ports answers, or -1; then the key is that exchange's."""
    src_high, src_low = key.src_high, key.src_low
    key.src_high, key.src_low = key.dst_high, key.dst_low
    key.dst_high, key.dst_low = src_high, src_low
    home = key.home
    key.home = home_of(key.src_low, key.dst_low, key.ident_seq, key.point)
    place = find_place(arrays, key)
    if place >= 0 and arrays.pool[place * layout.FIELDS + layout.STATE] != layout.EARLY:
        key.kind = frame_layout.E_REPLY
        return place
    key.dst_high, key.dst_low = key.src_high, key.src_low
    key.src_high, key.src_low = src_high, src_low
    key.home = home
    return -1


def is_between_equals(key: ExchangeKey) -> bool:
    """Whether it is a datagram between equal ports, which does not show who asks."""
    return (
        key.ident_seq & frame_layout.DATAGRAM != 0
        and key.kind == frame_layout.E_REQUEST
        and (key.ident_seq >> 16) & 0xFFFF == key.ident_seq & 0xFFFF
    )


def pair(arrays: PairingArrays, events: array[int], count: int, patience: int, most_open: int) -> None:
    """Take the events from ``state[S_EVENT]`` on, until all are taken or something is full (``state[S_STATUS]``).

    A DNS question may be asked again within ``patience`` (nanoseconds). Of ``most_open`` open exchanges the oldest
    makes room for the next.
    """
    key = ExchangeKey()
    with cython.nogil:
        number = arrays.state[layout.S_EVENT]
        for coming in range(number, number + layout.AHEAD):
            look_ahead(arrays, events, coming, count)
        status = layout.DONE
        while number < count:
            # An event finishes at most two exchanges and takes at most one place: see to that before it is touched.
            status = layout.POOL_FULL
            if arrays.state[layout.S_FREE] >= 0:
                status = what_is_full(arrays, 2)
            if status != layout.DONE:
                break
            look_ahead(arrays, events, number + layout.AHEAD, count)
            event = number * frame_layout.EVENT_FIELDS
            read_key(events, event, key)
            key.home = arrays.homes[number & (layout.HOMES - 1)]
            number = number + 1
            place = find_place(arrays, key)
            if place < 0 and key.ident_seq & frame_layout.QUERY and key.kind != frame_layout.E_ICMP_ERROR:
                place = asked_before(arrays, events, event, key, patience)
            if place < 0 and is_between_equals(key):
                place = find_other_side(arrays, key)
            if key.kind == frame_layout.E_REQUEST:
                known = False
                if place < 0:
                    if arrays.state[layout.S_OPEN] >= most_open:
                        evict(arrays)
                elif arrays.pool[place * layout.FIELDS + layout.STATE] == layout.EARLY:
                    known = take_late_request(arrays, place, key.time, events, event)
                else:
                    known = take_request(arrays, place, key, events, event)
                if not known:
                    begin_open(arrays, key, events, event)
            elif place < 0:
                begin_early(arrays, key, events, event)
            elif key.kind == frame_layout.E_REPLY:
                take_reply(arrays, place, events, event)
            else:
                take_error(arrays, place, events, event)
        arrays.state[layout.S_EVENT] = number
        arrays.state[layout.S_STATUS] = status
