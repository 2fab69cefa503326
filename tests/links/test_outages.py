"""Moments of all links summed up by when they were: against a plain sum, compiled and not."""

from __future__ import annotations

from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcapcheck.capture.scan_layout import ABSENT_TIME
from pcapcheck.exchanges import spreading_layout as layout
from pcapcheck.links.outages import MOST_SUMS, CountedMoments, MomentSum, outages_of, summed_up
from tests.support.kernels import NOT_COMPILED, plain_loops

KIND, OTHER_KIND = 1, 2
# Kind, frame group, when, how many were answered, and when those asked that got nothing (a moment is 10 long here).
Moment = tuple[int, int, int, int, list[int]]
moments = st.lists(
    st.integers(-2, 4).flatmap(
        lambda when: st.tuples(
            st.sampled_from([KIND, KIND, OTHER_KIND]),
            st.integers(0, 3),
            st.just(when),
            st.integers(0, 3),
            st.lists(st.integers(10 * when, 10 * when + 9), max_size=3),
        )
    ),
    max_size=40,
)
GOOD = array("b", [1, 0, 1, 1])


def written(some: list[Moment], shift: int = 0) -> CountedMoments:
    """Moments as the loop that counts them writes them, each of 2^``shift``."""
    out = array("q", bytes(8 * layout.MOMENT_FIELDS * len(some)))
    for number, (kind, group, when, answered, failed) in enumerate(some):
        values = {
            layout.C_KIND: kind,
            layout.C_GROUP: group,
            layout.C_REPLIED: answered,
            layout.C_SILENT: len(failed),
            layout.C_FIRST: min(failed, default=ABSENT_TIME),
            layout.C_LAST: max(failed, default=ABSENT_TIME),
            layout.M_WHEN: when,
        }
        for field, value in values.items():
            out[number * layout.MOMENT_FIELDS + field] = value
    return CountedMoments(out, len(some), shift, KIND, GOOD)


@given(st.lists(moments, max_size=2))
def test_every_moment_is_in_the_sum_of_its_time(captures: list[list[Moment]]) -> None:
    every = [moment for some in captures for moment in some if moment[0] == KIND and GOOD[moment[1]]]
    wanted = []
    for when in sorted({moment[2] for moment in every}):
        alike = [moment for moment in every if moment[2] == when]
        failed = [time for *_, times in alike for time in times]
        asked = sum(answered for *_, answered, _ in alike) + len(failed)
        first, last = min(failed, default=ABSENT_TIME), max(failed, default=ABSENT_TIME)
        wanted.append(MomentSum(when, asked, len(failed), first, last))
    assert summed_up([written(some) for some in captures]) == wanted


@pytest.mark.slow
@pytest.mark.skipif(bool(NOT_COMPILED), reason=NOT_COMPILED)
@given(moments)
def test_compiled_and_plain_sums_agree(some: list[Moment]) -> None:
    compiled = summed_up([written(some)])
    with plain_loops():
        assert summed_up([written(some)]) == compiled


def test_an_outage_of_all_links_is_one() -> None:
    """Each of three links lost a few at the same time, and nothing before."""
    before: list[Moment] = [(KIND, group, when, 5, []) for group in (0, 2, 3) for when in range(4)]
    lost = [(KIND, group, 4, 0, [40 + group, 42 + group]) for group in (0, 2, 3)]
    [outage] = outages_of(summed_up([written(before + lost)]), partial=True)
    assert (outage.asked, outage.failed, outage.over) == (6, 6, False)
    assert (outage.first, outage.last) == (40, 45)


def test_moments_of_a_long_capture_are_as_long_as_those_of_a_short_one() -> None:
    """A long capture counts in moments that are four times as long: what failed in both at once is one outage."""
    short: list[Moment] = [(KIND, 0, when, 5 if when < 12 else 0, [] if when < 12 else [when]) for when in range(16)]
    long: list[Moment] = [(KIND, 0, when, 20, []) for when in range(3)] + [(KIND, 0, 3, 0, [12, 13, 14, 15])]
    sums = summed_up([written(short), written(long, shift=2)])
    assert [(some.when, some.asked, some.failed) for some in sums] == [(0, 40, 0), (1, 40, 0), (2, 40, 0), (3, 8, 8)]
    [outage] = outages_of(sums, partial=True)
    assert (outage.first, outage.last, outage.asked, outage.failed) == (12, 15, 8, 8)


def test_many_moments_become_longer_until_they_are_few() -> None:
    lost = range(3 * MOST_SUMS // 2, 3 * MOST_SUMS // 2 + 40)
    many: list[Moment] = [
        (KIND, 0, when, 0 if when in lost else 1, [when] if when in lost else []) for when in range(2 * MOST_SUMS)
    ]
    sums = summed_up([written(many)])
    assert len(sums) <= MOST_SUMS
    assert (sum(some.asked for some in sums), sum(some.failed for some in sums)) == (len(many), len(lost))
    [outage] = outages_of(sums, partial=True)
    assert (outage.first, outage.last, outage.failed) == (lost[0], lost[-1], len(lost))
