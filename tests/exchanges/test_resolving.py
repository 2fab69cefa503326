"""The loop that pairs questions for MACs against a plain model of what it means, whatever the batch size."""

from __future__ import annotations

from array import array
from collections import Counter
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from pcapcheck.capture.scan_layout import ABSENT_TIME
from pcapcheck.decode.frame_batch import FrameBatch
from pcapcheck.decode.frame_group import FrameGroup
from pcapcheck.decode.frame_layout import ABSENT, M_ND, M_OTHER, M_PRINTED, M_REPLY, M_REQUEST, MESSAGE_FIELDS, TO_MANY
from pcapcheck.exchanges import resolution_sums, resolutions
from pcapcheck.exchanges.answer_row import AnswerRow
from pcapcheck.exchanges.arp_row import ArpRow
from pcapcheck.exchanges.resolution_sums import ResolutionSums
from pcapcheck.exchanges.resolutions import Resolutions
from pcapcheck.exchanges.resolving_layout import AMBIGUOUS, KEPT, MOST_EARLY, OUT_OF_ORDER, STEP_BACK
from pcapcheck.values import MAPPED
from tests.support.kernels import NOT_COMPILED, plain_loops
from tests.support.resolution_model import Asked, Model

WAIT = 1_000_000_000
FIRST = MAPPED | 0x0A000000
GATEWAY = FIRST
KINDS = {"request": M_REQUEST, "reply": M_REPLY, "other": M_OTHER}
WAYS = {"recorded": 0, "discovery": M_ND, "printed": M_PRINTED}

# How much later a message is than the one before it: close to what decides about order, ambiguity and pauses.
steps = st.sampled_from([0, 5, -5, -STEP_BACK - 1, AMBIGUOUS - 1, AMBIGUOUS, OUT_OF_ORDER, 3 * WAIT, 3 * WAIT + 1])


@st.composite
def traffic(draw: st.DrawFn, way: str) -> list[Asked]:
    """Messages with few different values, so that they meet often. Texts may lack MACs, times, and whom one answers."""
    some = st.integers(0, 2)
    maybe = st.none() | some if way == "printed" else some
    timed = draw(st.booleans()) if way == "printed" else True
    found, time = [], 10 * WAIT
    for number in range(1, draw(st.integers(0, 50)) + 1):
        time += draw(steps)
        kind = draw(st.sampled_from(["request", "request", "reply", "reply", "other"]))
        asker = draw(maybe) if kind == "reply" else draw(some)
        found.append(Asked(kind, asker, draw(some), draw(maybe), draw(some), time if timed else None, number))
    return found


def numbers(asked: Asked, way: str) -> list[int]:
    """A message as the decoder writes it."""
    asks = asked.kind == "request"
    asker = ABSENT if asked.asker is None else FIRST + asked.asker
    asker_mac = ABSENT if asked.asker_mac is None or way == "discovery" else asked.asker_mac
    source_mac = asked.asker_mac if asks else asked.mac
    mac = ABSENT if source_mac is None else source_mac
    sender, target = (asker, FIRST + asked.target) if asks else (FIRST + asked.target, asker)
    time = ABSENT_TIME if asked.time is None else asked.time
    kind = KINDS[asked.kind] | WAYS[way]
    return [asked.number, time, 1, 1, kind, mac, sender, ABSENT if asks else asker_mac, target, 0, 0, mac, TO_MANY]


def batches(asked: list[Asked], way: str, size: int) -> list[FrameBatch]:
    made = []
    for start in range(0, len(asked), size):
        some = array("q", [number for each in asked[start : start + size] for number in numbers(each, way)])
        count = len(some) // MESSAGE_FIELDS
        made.append(FrameBatch(array("q"), 0, 0, array("q"), 0, messages=some, message_count=count))
    return made


GROUPS = [FrameGroup(0, ifindex, None, None, "arp", 0, None, 1, None, None, None, [], False) for ifindex in (None, 0)]


def resolve(
    asked: list[Asked], way: str, size: int = 1000, last: int | None = None
) -> tuple[Resolutions, ResolutionSums, list[ArpRow], list[AnswerRow]]:
    loop, sums = Resolutions(WAIT), ResolutionSums(frozenset({GATEWAY}))
    rows: list[ArpRow] = []
    answers: list[AnswerRow] = []

    def take(resolved: resolutions.Resolved) -> None:
        sums.add(resolved)
        rows.extend(resolved.resolutions)  # type: ignore[arg-type]
        answers.extend(resolved.answers)  # type: ignore[arg-type]

    for batch in batches(asked, way, size):
        for resolved in loop.feed(batch):
            take(resolved)
    for resolved in loop.finish(GROUPS, array("q", [ABSENT_TIME if last is None else last] * 2)):
        take(resolved)
    return loop, sums, rows, answers


def expected(asked: list[Asked], way: str, last: int | None) -> list[ArpRow]:
    model = Model(WAIT, way == "discovery", way == "printed")
    found = [row for each in asked for row in model.take(each)]
    found += model.finish(last)
    return [replace(row, asker_ip=FIRST + row.asker_ip, target=FIRST + row.target) for row in found]


@pytest.mark.parametrize("way", WAYS)
@given(data=st.data(), size=st.sampled_from([1, 7, 1000]), after=st.none() | steps)
def test_pairing_is_what_the_model_says(way: str, size: int, after: int | None, data: st.DataObject) -> None:
    asked = data.draw(traffic(way))
    last = max((each.time for each in asked if each.time is not None), default=0)
    end = None if after is None else last + after
    _, sums, rows, answers = resolve(asked, way, size, end)
    assert rows == expected(asked, way, end)
    assert len(answers) == sum(min(row.answer_count, KEPT) for row in rows)
    outcomes = Counter(row.outcome for row in rows)
    tallies = list(sums.tallies())
    assert [tally.outcomes for _, tally in tallies] == ([outcomes] if rows else [])
    assert sum(tally.attempts for _, tally in tallies) == sum(row.attempts for row in rows)
    assert sums.finished == (outcomes["answered"], len(rows))
    assert {address for _, address in sums.asked()} == {row.target for row in rows} - {GATEWAY}
    assert sums.silent() == silent(rows)


def silent(rows: list[ArpRow]) -> list[resolution_sums.Silent]:
    """What was asked for in vain at the end, by asker."""
    found: dict[tuple[int, int], resolution_sums.Silent] = {}
    for row in rows:
        key = row.asker_ip, row.target
        if row.outcome == "answered":
            found.pop(key, None)
        elif row.outcome == "unanswered" and row.attempts >= 3:
            first = found.setdefault(key, resolution_sums.Silent(row, 0, None))
            first.attempts, first.until = first.attempts + row.attempts, row.latest_time
    return list(found.values())


@pytest.mark.slow
@pytest.mark.skipif(bool(NOT_COMPILED), reason=NOT_COMPILED)
@pytest.mark.parametrize("way", WAYS)
@given(data=st.data())
def test_compiled_and_plain_agree(way: str, data: st.DataObject) -> None:
    asked = data.draw(traffic(way))
    compiled = resolve(asked, way)
    with plain_loops():
        plain = resolve(asked, way)
    assert plain[2:] == compiled[2:]
    assert list(plain[1].tallies()) == list(compiled[1].tallies())


def test_many_open_are_bounded_oldest_first() -> None:
    many = [Asked("request", asker, 1, 1, None, asker, asker + 1) for asker in range(3000)]
    with patch.object(resolutions, "MOST_OPEN", 1000):
        loop, _, rows, _ = resolve(many, "recorded", last=10**12)
    assert loop.evicted == 2000
    assert [row.frames for row in rows if row.outcome == "evicted"] == [[number] for number in range(1, 2001)]
    assert [row.frames for row in rows if row.outcome == "unanswered"] == [[number] for number in range(2001, 3001)]


def test_early_answers_are_forgotten_oldest_first() -> None:
    early = [Asked("reply", asker, 1, 1, 2, 100, asker + 1) for asker in range(MOST_EARLY + 1)]
    late = [Asked("request", asker, 1, 1, None, 99, 1000 + asker) for asker in range(MOST_EARLY + 1)]
    _, _, rows, _ = resolve(early + late, "recorded", last=10**12)
    assert [row.outcome for row in rows] == ["unanswered"] + ["answered"] * MOST_EARLY
