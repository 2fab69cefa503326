"""Waiting: which requests that are open at the end of a capture may still be answered after it.

A request is lost only if its reply was due: after the wait that the rules name, and after what this capture's own round
trips between the same two addresses took. Where the text of a capture shows no times, only its order counts: requests
that went unanswered while others were asked and answered, or three of them in a row with something after them.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator

from msgspec import Struct

from pcapcheck.capture.scan_layout import ABSENT_TIME
from pcapcheck.exchanges import hostless
from pcapcheck.exchanges import pairing_layout as layout
from pcapcheck.exchanges.head_marks import rest_of
from pcapcheck.exchanges.paired_kinds import REPEATING
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
    untimed: dict[tuple[Kind, int], list[int]] = {}
    for row in open_requests(pool, rest, state):
        kind = _kind_of(pool, row)
        if pool[row + layout.TIME] == ABSENT_TIME or last_seen[pool[row + layout.GROUP]] == ABSENT_TIME:
            untimed.setdefault((kind, pool[row + layout.POINT]), []).append(row)
            continue
        took = shown[kind].time if kind in shown else forgotten.get(pool[row + layout.GROUP], 0)
        if last_seen[pool[row + layout.GROUP]] - pool[row + layout.TIME] < with_margin(took):
            pool[row + layout.STATE] = layout.HELD_BACK
    for (kind, point), rows in untimed.items():
        later = [
            (pool[other + layout.NUMBER], _kind_of(pool, other) == kind)
            for other in replied
            if pool[other + layout.POINT] == point
        ]
        lag = with_margin(shown[kind].frames) if kind in shown else 0
        for place, row in enumerate(rows):
            if last_number - pool[row + layout.NUMBER] <= lag or not _was_due(
                pool, rest, rows, place, later, last_number
            ):
                pool[row + layout.STATE] = layout.HELD_BACK


def _low_halves(addresses: Iterable[int]) -> array[int]:
    """The lower halves of the IPv4 addresses among these, each once."""
    return array("q", sorted({halves_of(address)[1] for address in addresses if is_ipv4(address)}))


def _was_due(
    pool: array[int],
    rest: array[int],
    rows: list[int],
    place: int,
    answered: list[tuple[int, bool]],
    last_number: int,
) -> bool:
    """Whether a request without a time must have been answered by the capture's end.

    ``rows`` are the open requests of its two addresses, in order; ``answered`` the numbers of requests with a reply,
    and whether they are between the same addresses.
    """
    row = rows[place]
    if pool[row + layout.KIND] == layout.KIND_DATAGRAM:
        # Without times a stream looks like a question that is repeated.
        return False
    if pool[row + layout.KIND] in REPEATING:
        # Each repeat of a SYN comes a second later or more, of a query even more.
        return _requests(pool, rest, row) >= ENOUGH
    later = [same for number, same in answered if number > pool[row + layout.NUMBER]]
    if any(later) or len(later) >= ENOUGH:
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
