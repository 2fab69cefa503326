"""The pairing loop against a plain model of what it means, whatever the batch size, compiled and not."""

from __future__ import annotations

from array import array
from collections import Counter
from dataclasses import dataclass, field, replace
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcapcheck.decode.frame_batch import FrameBatch
from pcapcheck.decode.frame_layout import E_ICMP_ERROR, E_REPLY, E_REQUEST, EVENT_FIELDS, GROUP_FIELDS
from pcapcheck.exchanges import loss_cells, paired_exchanges
from pcapcheck.exchanges.echo_row import EchoRow
from pcapcheck.exchanges.paired_exchanges import PairedExchanges
from pcapcheck.exchanges.pairing_layout import ENDED, REMEMBERED, SAME_PACKET
from pcapcheck.exchanges.question_row import QuestionRow
from pcapcheck.exchanges.sums import Durations
from pcapcheck.table_names import ECHO
from pcapcheck.values import MAPPED
from tests.support.echo_pairs import objects
from tests.support.kernels import NOT_COMPILED, plain_loops

WAIT = 500
PEER = MAPPED | 99
# Two frame groups whose MACs are known.
GROUPS = array("q", bytes(8 * 2 * GROUP_FIELDS))


@dataclass(frozen=True)
class Event:
    """An echo request, reply or error of ``asker``, with few different keys so that they collide often."""

    kind: int
    asker: int
    seq: int
    time: int
    ip_id: int = 0


events = st.lists(
    st.builds(
        Event,
        st.sampled_from([E_REQUEST, E_REQUEST, E_REPLY, E_REPLY, E_ICMP_ERROR]),
        st.integers(0, 2),
        st.integers(0, 3),
        st.integers(0, 3 * SAME_PACKET),
        st.integers(0, 1),
    ),
    max_size=60,
)


def batches(given_events: list[Event], size: int) -> list[FrameBatch]:
    made = []
    for start in range(0, len(given_events), size):
        some = given_events[start : start + size]
        numbers = array("q")
        for offset, event in enumerate(some):
            ends = [0, PEER, 0, MAPPED | event.asker] if event.kind == E_REPLY else [0, MAPPED | event.asker, 0, PEER]
            number = start + offset + 1
            numbers.extend([number, event.time, 1, event.kind, *ends, 7 << 16 | event.seq, event.ip_id, 64, 1])
            numbers.extend([1 << 16 | 3 << 8 | 1, 0, PEER, -1])
        assert len(numbers) == len(some) * EVENT_FIELDS
        made.append(FrameBatch(array("q"), 0, 0, numbers, len(some), groups=GROUPS))
    return made


def pair(
    given_events: list[Event],
    size: int = 1000,
    last: int = 0,
    every: bool = True,
    gateways: frozenset[int] = frozenset(),
) -> tuple[PairedExchanges, list[QuestionRow]]:
    echoes = PairedExchanges(WAIT, WAIT, every, lambda _group: (None, None), gateways)
    finished = [echo for batch in batches(given_events, size) for echo in objects(echoes.feed(batch))]
    finished += objects(echoes.finish(array("q", [last, last]), len(given_events)))
    return echoes, finished


@dataclass
class Model:
    """What pairing means, in the plainest terms."""

    open: dict[tuple[int, int], dict[str, int]] = field(default_factory=dict)
    early: dict[tuple[int, int], tuple[str, int]] = field(default_factory=dict)
    done: list[tuple[int, str, int, int]] = field(default_factory=list)

    def take(self, number: int, event: Event) -> None:
        key = (event.asker, event.seq)
        known = self.open.get(key)
        if event.kind == E_REQUEST:
            if known and known["ip_id"] == event.ip_id and event.time - known["time"] < SAME_PACKET:
                known["requests"] += 1
                known["again"] += bool(known["replies"] or not known["error"])
                return
            if known:
                self.finish(key)
            new = {"number": number, "time": event.time, "ip_id": event.ip_id, "requests": 1, "replies": 0, "error": 0}
            new["again"] = 0
            self.open[key] = new
            kind, time = self.early.pop(key, ("", 0))
            if kind and -1_000_000 <= time - event.time <= SAME_PACKET:
                new["replies" if kind == "reply" else "error"] = 1
                if kind == "reply":
                    new["rtt"] = max(0, time - event.time)
        elif event.kind == E_REPLY:
            if known:
                known["again"] = 0 if known["error"] and not known["replies"] else known["again"]
                known["replies"] += 1
                known.setdefault("rtt", max(0, event.time - known["time"]))
            elif self.early.get(key, ("error", 0))[0] == "error":
                self.early[key] = ("reply", event.time)
        elif known:
            known["error"] = 1
        else:
            self.early.setdefault(key, ("error", event.time))

    def wait(self, asker: int) -> int:
        """What the asker's latest answers took, and half of that again; the wait that was asked for at least."""
        took = max(
            (request["rtt"] for key, request in self.open.items() if key[0] == asker and request["replies"]), default=0
        )
        return max(WAIT, took + took // 2)

    def finish(self, key: tuple[int, int], last: int | None = None, wait: int = WAIT) -> None:
        known = self.open.pop(key)
        outcome = "replied" if known["replies"] else "error" if known["error"] else "unanswered"
        if outcome == "replied" and known["again"] >= known["replies"]:
            outcome = "unclear"
        if outcome == "unanswered" and last is not None and last - known["time"] < wait:
            outcome = "in-flight"
        self.done.append((known["number"], outcome, known["requests"], known["replies"]))


@given(events, st.integers(0, 3 * SAME_PACKET))
def test_against_the_model(given_events: list[Event], last: int) -> None:
    model = Model()
    for number, event in enumerate(given_events, 1):
        model.take(number, event)
    waits = {key: model.wait(key[0]) for key in model.open}
    for key, wait in waits.items():
        model.finish(key, last, wait)
    _, finished = pair(given_events, last=last)
    assert sorted((echo.frames[0], echo.outcome, echo.requests, echo.replies) for echo in finished) == sorted(
        model.done
    )


def test_an_answer_is_awaited_as_long_as_answers_took() -> None:
    """As the asker's own answers took; what another's took says nothing."""
    slow = [Event(E_REQUEST, 0, 0, 0), Event(E_REPLY, 0, 0, 2 * SAME_PACKET)]
    asked = [Event(E_REQUEST, 0, 1, 2 * SAME_PACKET), Event(E_REQUEST, 1, 1, 2 * SAME_PACKET)]
    outcomes = [
        {echo.frames[0]: echo.outcome for echo in pair(slow + asked, last=last * SAME_PACKET)[1]} for last in (4, 6)
    ]
    assert outcomes[0] == {1: "replied", 3: "in-flight", 4: "unanswered"}
    assert outcomes[1] == {1: "replied", 3: "unanswered", 4: "unanswered"}


@given(events, st.sampled_from([1, 7]))
def test_batch_size_does_not_matter(given_events: list[Event], size: int) -> None:
    whole, parts = pair(given_events), pair(given_events, size)
    assert parts[1] == whole[1]
    assert list(parts[0].bins_of(ECHO)) == list(whole[0].bins_of(ECHO))


@pytest.mark.slow
@pytest.mark.skipif(bool(NOT_COMPILED), reason=NOT_COMPILED)
@given(events)
def test_compiled_and_plain_agree(given_events: list[Event]) -> None:
    compiled = pair(given_events)
    with plain_loops():
        plain = pair(given_events)
    assert plain[1] == compiled[1]
    assert list(plain[0].bins_of(ECHO)) == list(compiled[0].bins_of(ECHO))


@given(events)
def test_bins_count_what_is_handed_out(given_events: list[Event]) -> None:
    counted, nothing = pair(given_events, every=False)
    _, finished = pair(given_events)
    assert nothing == []
    assert sum(echo.count for echo in counted.bins_of(ECHO)) == len(finished)
    assert sum(echo.requests for echo in counted.bins_of(ECHO)) == sum(echo.requests for echo in finished)


def test_many_open_are_bounded_oldest_first() -> None:
    many = [Event(E_REQUEST, asker, 0, asker) for asker in range(3000)]
    with patch.object(paired_exchanges, "MOST_OPEN", 1000):
        echoes, finished = pair(many, last=10**10)
    assert echoes.evicted == 2000
    assert [echo.frames[0] for echo in finished if echo.outcome == "evicted"] == list(range(1, 2001))
    assert [echo.frames[0] for echo in finished if echo.outcome == "unanswered"] == list(range(2001, 3001))


@given(events)
def test_what_is_given_up_counts_whether_or_not_it_is_handed_out(given_events: list[Event]) -> None:
    """Where nobody asks for it and there is no room for its pair, it is only counted; an error or repeat shows."""
    many = [Event(E_REQUEST, asker, seq, seq) for seq in range(8) for asker in range(8)]
    with patch.object(paired_exchanges, "MOST_OPEN", 3), patch.multiple(loss_cells, FIRST_CELLS=4, MOST_CELLS=4):
        some = [*many, *given_events, *many]
        counted, nothing = pair(some, size=20, every=False)
        handed, finished = pair(some, size=20)
    assert nothing == []
    assert counted.evicted == handed.evicted == sum(echo.outcome == "evicted" for echo in finished)
    assert list(counted.bins_of(ECHO)) == list(handed.bins_of(ECHO))


def test_room_for_as_many_as_may_be_open_answered_and_early() -> None:
    early = [Event(E_REPLY, asker, 1, 0) for asker in range(REMEMBERED)]
    answered = [Event(kind, asker, 0, 0) for asker in range(REMEMBERED) for kind in (E_REQUEST, E_REPLY)]
    left_open = [Event(E_REQUEST, asker, 2, 0) for asker in range(1000)]
    one_more = [Event(E_REPLY, REMEMBERED, 1, 0)]
    more = [Event(kind, asker, 3, 0) for asker in range(1000) for kind in (E_REQUEST, E_REPLY)]
    with patch.object(paired_exchanges, "MOST_OPEN", 1000):
        echoes, finished = pair([*early, *answered, *left_open, *one_more, *more], last=10**10)
    assert Counter(echo.outcome for echo in finished) == {"replied": REMEMBERED + 1000, "unanswered": 999, "evicted": 1}
    assert echoes.evicted == 1


def test_more_open_than_the_pool_had_room_for() -> None:
    many = [Event(E_REQUEST, asker, 0, asker) for asker in range(20_000)]
    replies = [Event(E_REPLY, asker, 0, asker + 5) for asker in range(20_000)]
    echoes, finished = pair(many + replies)
    assert {echo.outcome for echo in finished} == {"replied"}
    assert len(finished) == 20_000
    assert echoes.evicted == 0


def test_second_reply_is_known_only_for_a_while() -> None:
    """Memory stays bounded: of an echo answered long ago a second reply is not counted."""
    first = [Event(E_REQUEST, 0, 0, 0), Event(E_REPLY, 0, 0, 1)]
    others = [
        event
        for asker in range(1, REMEMBERED + 1)
        for event in (Event(E_REQUEST, asker, 0, asker), Event(E_REPLY, asker, 0, asker))
    ]
    _, at_once = pair([*first, Event(E_REPLY, 0, 0, 2), *others])
    _, late = pair([*first, *others, Event(E_REPLY, 0, 0, 2)])
    assert max(echo.replies for echo in at_once) == 2
    assert max(echo.replies for echo in late) == 1


def failing(askers: range) -> list[Event]:
    """Each asks once and gets an error."""
    return [
        event for asker in askers for event in (Event(E_REQUEST, asker, 0, asker), Event(E_ICMP_ERROR, asker, 0, asker))
    ]


def test_an_answer_after_an_error_counts_for_a_while() -> None:
    """Memory stays bounded: an echo is finished once many others were ended by errors too."""
    answer = Event(E_REPLY, 0, 0, 20_000)
    _, soon = pair([*failing(range(ENDED)), answer])
    _, late = pair([*failing(range(ENDED + 1)), answer])
    assert [echo.frames[0] for echo in soon if echo.outcome == "replied"] == [1]
    assert [echo.outcome for echo in late] == ["error"] * (ENDED + 1)


def test_what_was_answered_after_an_error_is_not_finished_for_it() -> None:
    """Its place in the ring of errors may have become another exchange's."""
    answered = [Event(E_REQUEST, 0, 0, 0), Event(E_ICMP_ERROR, 0, 0, 0), Event(E_REPLY, 0, 0, 1)]
    again = [Event(E_REQUEST, 0, 0, 2 * SAME_PACKET), Event(E_ICMP_ERROR, 0, 0, 2 * SAME_PACKET)]
    _, finished = pair([*answered, *failing(range(1, ENDED)), *again, *failing(range(ENDED, ENDED + 2)), answered[2]])
    outcomes = Counter((echo.src, echo.outcome) for echo in finished if echo.src in (MAPPED, MAPPED | 1))
    assert outcomes == {(MAPPED, "replied"): 2, (MAPPED | 1, "error"): 1}


def test_pings_of_the_gateway_are_judged_at_the_end_however_many_fail() -> None:
    _, finished = pair(failing(range(ENDED + 100)), gateways=frozenset({PEER}))
    assert {isinstance(echo, EchoRow) and echo.unicast for echo in finished} == {False}


@pytest.mark.skipif(bool(NOT_COMPILED), reason=NOT_COMPILED)
def test_compiled_and_plain_agree_on_many_errors() -> None:
    many = failing(range(2 * ENDED))
    many[::7] = [replace(event, kind=E_REPLY) if event.kind == E_ICMP_ERROR else event for event in many[::7]]
    _, compiled = pair(many)
    with plain_loops():
        _, plain = pair(many, size=777)
    assert compiled == plain


@given(st.lists(st.integers(0, 1 << 41), min_size=1, max_size=200), st.sampled_from([0.01, 0.5, 0.9, 0.99, 1.0]))
def test_percentiles_are_at_most_one_percent_off(values: list[int], share: float) -> None:
    durations = Durations()
    for value in values:
        durations.add(value)
    ordered = sorted(values)
    exact = ordered[max(1, -(-int(share * 100) * len(values) // 100)) - 1]
    found = durations.quantile(share)
    assert found is not None
    if exact < 1 << 40:
        assert abs(found - exact) <= max(1, exact * 0.01)
