"""Samples of failed exchanges: of pairs and times that the first ones would hide, compiled and not."""

from __future__ import annotations

from array import array
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcapcheck.exchanges import pairing_layout as row
from pcapcheck.exchanges import sampling_layout as layout
from pcapcheck.exchanges.failure_samples import FailureSamples
from tests.support.kernels import NOT_COMPILED, plain_loops

SILENT = 3, row.UNANSWERED, row.KIND_ECHO, 0
# Who is asked, and what it came to.
Some = list[tuple[int, int]]
exchanges = st.lists(
    st.tuples(st.integers(1, 60), st.sampled_from([row.REPLIED, row.UNANSWERED, row.ERRED])), max_size=300
)


def written(some: Some, first: int) -> array[int]:
    """Rows as the pairing loop writes them, numbered from ``first``."""
    out = array("q", bytes(8 * row.FIELDS * len(some)))
    for place, (dst, outcome) in enumerate(some):
        values = {
            row.KIND: row.KIND_ECHO,
            row.GROUP: 3,
            row.DST_LOW: dst,
            row.OUTCOME: outcome,
            row.NUMBER: first + place,
            row.ERROR: 1 << 16,
        }
        for field, value in values.items():
            out[place * row.FIELDS + field] = value
    return out


def sampled(some: Some, size: int = 1000) -> FailureSamples:
    made = FailureSamples()
    for start in range(0, len(some), size):
        part = some[start : start + size]
        made.take(written(part, start), len(part))
    made.settle()
    return made


def numbers(rows: array[int]) -> list[int]:
    return rows[row.NUMBER :: row.FIELDS].tolist()


def peers(rows: array[int]) -> set[int]:
    return set(rows[row.DST_LOW :: row.FIELDS])


@given(exchanges, st.sampled_from([1, 7, 64]))
def test_any_size_of_batch_gives_the_same(some: Some, size: int) -> None:
    assert sampled(some, size).of(SILENT) == sampled(some).of(SILENT)


@pytest.mark.skipif(bool(NOT_COMPILED), reason=NOT_COMPILED)
@given(exchanges)
def test_compiled_and_plain_agree(some: Some) -> None:
    compiled = sampled(some).of(SILENT)
    with plain_loops():
        assert sampled(some).of(SILENT) == compiled


def test_one_pair_is_sampled_over_all_its_time() -> None:
    kept = numbers(sampled([(1, row.UNANSWERED)] * 1000).of(SILENT))
    assert kept[0] == 0
    assert {later - before for before, later in pairwise(kept)} == {256}


def test_few_pairs_are_all_kept_with_their_first() -> None:
    some = [(peer, row.UNANSWERED) for _ in range(5) for peer in range(layout.PAIRS)]
    kept = sampled(some).of(SILENT)
    assert peers(kept) == set(range(layout.PAIRS))
    assert set(range(layout.PAIRS)) <= set(numbers(kept))


def test_of_many_pairs_late_ones_are_kept_too() -> None:
    """Which ones does not depend on their order."""
    some = [(peer, row.UNANSWERED) for peer in range(10_000)]
    kept = peers(sampled(some).of(SILENT))
    assert len(kept) == layout.PAIRS
    assert min(kept) < 2000
    assert max(kept) > 8000
    assert peers(sampled(some[::-1]).of(SILENT)) == kept


def test_other_pairs_are_those_that_are_not_shown() -> None:
    some = [(1, row.UNANSWERED)] * 6 + [(2, row.UNANSWERED)] * 6 + [(3, row.ERRED)]
    more = sampled(some).of_other_pairs(SILENT, written(some[:5], 0), 5)
    assert peers(more) == {2}
    assert numbers(more)[0] == 6
