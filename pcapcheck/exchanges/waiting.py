"""Waiting: which requests that are open at the end of a capture may still be answered after it.

A request is lost only if its reply was due: after the wait that the rules name, and after what this capture's own round
trips between the same two addresses took. Where the text of a capture shows no times, only its order counts: requests
that went unanswered while others were asked and answered, or three of them in a row with something after them.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator

from msgspec import Struct

from pcapcheck.capture.scan_layout import ABSENT_TIME
from pcapcheck.exchanges import holding, hostless
from pcapcheck.exchanges import pairing_layout as layout
from pcapcheck.exchanges.head_marks import rest_of
from pcapcheck.exchanges.paired_kinds import REPEATING
from pcapcheck.hash_table import empty_slots
from pcapcheck.values import address_of, halves_of, is_ipv4

# This many requests in a row, or repeats of a request, show that the asker waited in between.
ENOUGH = 3

# Source and destination of a request, each in two halves.
Pair = tuple[int, int, int, int]
# A pair, and whether the question is DNS, whose duration says nothing about the path.
Kind = tuple[Pair, bool]


def with_margin(longest: int) -> int:
    """How long to wait if answers took up to this long: delays vary."""
    return longest + longest // 2


class AnswerTimes(Struct):
    """What the answers between two addresses took: nanoseconds, and frames recorded from request to answer."""

    time: int = 0
    frames: int = 0


class Later(Struct):
    """Requests of one capture point with a reply: their numbers, in order, and the latest of the same two addresses."""

    numbers: list[int]
    latest: int | None


def hold_back(
    pool: array[int],
    rest: array[int],
    answered: array[int],
    bins: array[int],
    state: array[int],
    last_seen: array[int],
    wait: int,
    last_number: int,
    gateways: frozenset[int],
) -> None:
    """Mark open requests (HELD_BACK) if their reply may have come after the capture's end.

    ``pool``, ``rest``, ``answered``, ``bins`` and ``state`` are those of ``pairing``. ``last_seen`` holds for each
    frame group the time of its capture point's last frame, ``last_number`` is the number of the capture's last frame.
    Requests younger than ``wait`` (nanoseconds) are left to ``pairing_end.finish_all``. No host owes a reply to a
    ping of the ``gateways``.
    """
    if state[layout.S_OLDEST] < 0:
        return
    replied = [place * layout.HEAD_FIELDS for place in answered if place >= 0]
    hosts = {address_of(*pair_of(pool, row)[2:]) for row in replied}
    used = memoryview(pool)[: state[layout.S_FRESH] * layout.HEAD_FIELDS]
    hostless.expect_no_host(used, memoryview(rest), _low_halves(gateways), _low_halves(hosts))
    shown = _shown(pool, rest, replied)
    # If more was answered than is remembered, the slowest answer to the same protocol stands for the rest.
    forgotten = _slowest_by_group(bins, state) if len(replied) == len(answered) else {}
    slowest = max([answers.time for answers in shown.values()] + list(forgotten.values()), default=0)
    if with_margin(slowest) <= wait and ABSENT_TIME not in last_seen:
        return
    untimed = _hold_timed(pool, rest, state, last_seen, shown, forgotten)
    if untimed:
        _hold_untimed(pool, rest, untimed, replied, shown, last_number)


def _hold_timed(
    pool: array[int],
    rest: array[int],
    state: array[int],
    last_seen: array[int],
    shown: dict[Kind, AnswerTimes],
    forgotten: dict[int, int],
) -> array[int]:
    """Hold back what has a time; the open requests without one, oldest first."""
    waits = array("q")
    for (pair, is_dns), answers in shown.items():
        waits.extend((0, *pair, is_dns, with_margin(answers.time)))
    slots = empty_slots(max(1, len(shown)))
    holding.enter_waits(waits, slots, len(shown))
    by_group = array("q", (with_margin(forgotten.get(group, 0)) for group in range(len(last_seen))))
    untimed = array("q", bytes(8 * state[layout.S_OPEN]))
    count = holding.hold_timed(pool, rest, state, last_seen, waits, slots, by_group, untimed)
    return untimed[:count]


def _hold_untimed(
    pool: array[int],
    rest: array[int],
    rows: array[int],
    replied: list[int],
    shown: dict[Kind, AnswerTimes],
    last_number: int,
) -> None:
    """Hold back open requests without a time, by the order of what was asked and answered."""
    alike: dict[tuple[Kind, int], list[int]] = {}
    for row in rows:
        alike.setdefault((_kind_of(pool, row), pool[row + layout.POINT]), []).append(row)
    answered: dict[int, list[int]] = {}
    latest: dict[tuple[Kind, int], int] = {}
    for other in replied:
        point, number = pool[other + layout.POINT], pool[other + layout.NUMBER]
        answered.setdefault(point, []).append(number)
        same = _kind_of(pool, other), point
        latest[same] = max(latest.get(same, number), number)
    for numbers in answered.values():
        numbers.sort()
    for (kind, point), own in alike.items():
        lag = with_margin(shown[kind].frames) if kind in shown else 0
        later = Later(answered.get(point, []), latest.get((kind, point)))
        for row in own:
            if last_number - pool[row + layout.NUMBER] <= lag or not _was_due(pool, rest, own, row, later, last_number):
                pool[row + layout.STATE] = layout.HELD_BACK


def _low_halves(addresses: Iterable[int]) -> array[int]:
    """The lower halves of the IPv4 addresses among these, each once."""
    return array("q", sorted({halves_of(address)[1] for address in addresses if is_ipv4(address)}))


def _was_due(pool: array[int], rest: array[int], rows: list[int], row: int, answered: Later, last_number: int) -> bool:
    """Whether a request without a time must have been answered by the capture's end.

    ``rows`` are the open requests of its two addresses, in order.
    """
    if pool[row + layout.KIND] == layout.KIND_DATAGRAM:
        # Without times a stream looks like a question that is repeated.
        return False
    if pool[row + layout.KIND] in REPEATING:
        # Each repeat of a SYN comes a second later or more, of a query even more.
        return _requests(pool, rest, row) >= ENOUGH
    number = pool[row + layout.NUMBER]
    if answered.latest is not None and answered.latest > number:
        return True
    if len(answered.numbers) - bisect_right(answered.numbers, number) >= ENOUGH:
        return True
    return len(rows) >= ENOUGH and last_number > pool[rows[-1] + layout.NUMBER]


def open_requests(pool: array[int], rest: array[int], state: array[int]) -> Iterator[int]:
    """The places in the pool of open requests without an answer, oldest first."""
    for row in _open_rows(pool, state):
        found = rest_of(pool[row + layout.MARKS])
        if found < 0 or rest[found + layout.OUTCOME] == layout.UNANSWERED:
            yield row


def _open_rows(pool: array[int], state: array[int]) -> Iterator[int]:
    """The open requests, with those that an ICMP error ended: a reply may still answer them."""
    place = state[layout.S_OLDEST]
    while place >= 0:
        yield place * layout.HEAD_FIELDS
        place = pool[place * layout.HEAD_FIELDS + layout.NEWER]


def _requests(pool: array[int], rest: array[int], row: int) -> int:
    found = rest_of(pool[row + layout.MARKS])
    return 1 if found < 0 else rest[found + layout.REQUESTS]


def pair_of(pool: array[int], row: int) -> Pair:
    return (
        pool[row + layout.SRC_HIGH],
        pool[row + layout.SRC_LOW],
        pool[row + layout.DST_HIGH],
        pool[row + layout.DST_LOW],
    )


def _kind_of(pool: array[int], row: int) -> Kind:
    return pair_of(pool, row), pool[row + layout.KIND] == layout.KIND_DNS


def _shown(pool: array[int], rest: array[int], replied: list[int]) -> dict[Kind, AnswerTimes]:
    """How long the latest answers took, by addresses, at the slowest capture point."""
    shown: dict[Kind, AnswerTimes] = {}
    for row in replied:
        found = rest_of(pool[row + layout.MARKS])
        if pool[row + layout.KIND] in REPEATING and rest[found + layout.REQUESTS] > 1:
            # It is not known which of its repeats was answered.
            continue
        longest = shown.setdefault(_kind_of(pool, row), AnswerTimes())
        longest.time = max(longest.time, rest[found + layout.RTT])
        longest.frames = max(longest.frames, rest[found + layout.REPLY_NUMBER] - pool[row + layout.NUMBER])
    return shown


def _slowest_by_group(bins: array[int], state: array[int]) -> dict[int, int]:
    slowest: dict[int, int] = {}
    for number in range(state[layout.S_BINS]):
        row = number * layout.BIN_FIELDS
        if bins[row + layout.B_KIND] not in REPEATING:
            group = bins[row + layout.B_GROUP]
            slowest[group] = max(slowest.get(group, 0), bins[row + layout.B_MOST])
    return slowest
