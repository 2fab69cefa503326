"""Which failures are certain, and what is said to have happened between two snapshots."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from pcapcheck.table_names import ECHO, PATHS, TRANSFERS
from pcapcheck.watch.certainty import Certainty
from pcapcheck.watch.happenings import Happenings
from pcapcheck.watch.snapshot import Snapshot, Tally, WatchedFailure, WatchedPod
from pcapcheck.watch.watching import Until

SECOND = 10**9
WAITS = {ECHO: SECOND, "": 5 * SECOND}


def failure(table: str = ECHO, time: int | None = None, cause: str = "", rule: str = "echo-answered") -> WatchedFailure:
    return WatchedFailure(rule, "cali0", "error", table, "it fails", 1, 2, cause=cause, time=time)


def snapshot(
    clock: int | None, *failures: WatchedFailure, lost: int = 0, answered: int = 0, drops: int = 0
) -> Snapshot:
    tally = Tally(asked=lost + answered, answered=answered, lost=lost)
    pods = (WatchedPod("10.0.0.1", "cali0", {ECHO: tally}),) if lost + answered else ()
    verdict = "fail" if failures else "pass"
    return Snapshot(clock, 1, drops, verdict, verdict, "so it is", 0, "", 0, pods, 0, failures, (), {})


def rules(found: list[WatchedFailure]) -> list[str]:
    return [each.rule for each in found]


def test_not_before_the_time_limit_has_passed() -> None:
    certainty = Certainty(WAITS)
    asked = failure(time=100 * SECOND)
    assert not certainty.take(snapshot(100 * SECOND + SECOND // 2, asked)).found
    assert rules(certainty.take(snapshot(101 * SECOND, asked)).found) == ["echo-answered"]
    # Said once.
    assert not certainty.take(snapshot(102 * SECOND, asked)).found


def test_the_limit_is_that_of_the_table() -> None:
    certainty = Certainty(WAITS)
    assert not certainty.take(snapshot(103 * SECOND, failure(TRANSFERS, 100 * SECOND))).found
    assert certainty.take(snapshot(105 * SECOND, failure(TRANSFERS, 100 * SECOND))).found


def test_a_failure_without_a_time_has_to_stand() -> None:
    """Also where the clock is set back meanwhile: then it takes longer, not less."""
    certainty = Certainty(WAITS)
    for clock in (100, 50, 54):
        assert not certainty.take(snapshot(clock * SECOND, failure(TRANSFERS))).found
    assert certainty.take(snapshot(55 * SECOND, failure(TRANSFERS))).found


def test_what_another_stream_lacks_has_to_stand_in_all_of_them() -> None:
    """One recorder is behind another on a busy machine."""
    certainty = Certainty(WAITS)
    lost = failure(PATHS, 100 * SECOND)
    for heard in (None, 100, 104):
        behind = replace(snapshot(200 * SECOND, lost), heard_by_all=heard and heard * SECOND)
        assert not certainty.take(behind).found
    assert certainty.take(replace(snapshot(200 * SECOND, lost), heard_by_all=105 * SECOND)).found


def test_one_that_comes_and_goes_begins_again() -> None:
    certainty = Certainty(WAITS)
    certainty.take(snapshot(100 * SECOND, failure(PATHS)))
    certainty.take(snapshot(103 * SECOND))
    assert not certainty.take(snapshot(106 * SECOND, failure(PATHS))).found


def test_without_a_clock_only_the_end_makes_certain() -> None:
    certainty = Certainty(WAITS)
    for _ in range(10):
        assert not certainty.take(snapshot(None, failure())).found
    assert certainty.finish(snapshot(None, failure())).found


def test_causes_that_become_known_and_failures_that_do_not_hold() -> None:
    certainty = Certainty(WAITS)
    certainty.take(snapshot(101 * SECOND, failure(time=100 * SECOND, cause="the route")))
    settled = certainty.take(snapshot(102 * SECOND, failure(time=100 * SECOND, cause="the neighbour")))
    assert [each.cause for each in settled.explained] == ["the neighbour"]
    settled = certainty.take(snapshot(103 * SECOND))
    assert rules(settled.withdrawn) == ["echo-answered"]
    assert not certainty.certain


def said(happenings: Happenings, shown: Snapshot) -> list[tuple[str, int]]:
    return [(event.event, event.count) for event in happenings.take(shown)]


def test_losses_are_said_once_they_stand() -> None:
    """And in numbers since the last time; then that answers come again."""
    happenings = Happenings(Certainty(WAITS))
    assert said(happenings, snapshot(1, answered=5)) == [("pod", 0), ("verdict", 0)]
    assert said(happenings, snapshot(2, answered=5, lost=3)) == []
    assert said(happenings, snapshot(3, answered=5, lost=4)) == [("lost", 3)]
    assert said(happenings, snapshot(4, answered=5, lost=4)) == [("lost", 1)]
    assert said(happenings, snapshot(5, answered=9, lost=4)) == [("answered", 4)]
    assert said(happenings, snapshot(6, answered=12, lost=4)) == []


def test_a_loss_that_was_only_late_is_not_said() -> None:
    happenings = Happenings(Certainty(WAITS))
    said(happenings, snapshot(1, answered=5))
    said(happenings, snapshot(2, answered=5, lost=3))
    assert said(happenings, snapshot(3, answered=8)) == []


def test_drops_are_said_as_they_grow() -> None:
    happenings = Happenings(Certainty(WAITS))
    said(happenings, snapshot(1))
    assert said(happenings, snapshot(2, drops=7)) == [("drops", 7)]
    assert said(happenings, snapshot(3, drops=7)) == []
    assert said(happenings, snapshot(4, drops=9)) == [("drops", 2)]


@pytest.mark.parametrize(
    ("verdict", "shown", "is_reached"),
    [
        ("pass", snapshot(1, answered=5), True),
        ("pass", replace(snapshot(1, answered=5), open=1), False),
        ("pass", snapshot(1, replace(failure(), severity="warning")), False),
        ("pass", replace(snapshot(1), verdict="not-checked"), False),
        ("fail", snapshot(100 * SECOND, failure(time=100 * SECOND)), False),
        ("fail", snapshot(101 * SECOND, failure(time=100 * SECOND)), True),
        ("fail", snapshot(101 * SECOND, replace(failure(time=100 * SECOND), severity="warning")), False),
    ],
)
def test_a_watch_ends_at_a_verdict_only_when_it_is_certain(verdict: str, shown: Snapshot, is_reached: bool) -> None:
    """PASS not while a question is open; FAIL not before the time limit has passed."""
    certainty = Certainty(WAITS)
    certainty.take(shown)
    assert Until(verdict).is_reached(shown, certainty) is is_reached
