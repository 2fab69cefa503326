"""Reserved numbers: what tables that may grow long are kept in."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest

from pcapcheck.reserved import STEP, GrowingRows, ReservedNumbers

WIDTH = 4


def test_rows_stay_as_their_table_grows() -> None:
    rows = GrowingRows(WIDTH, 8, STEP)
    rows.enlarge()
    for step in range(4):
        before = rows.places
        for place in range(before):
            rows.rows[place * WIDTH] = place + step
        rows.enlarge()
        assert rows.places > before
        assert list(rows.rows[: before * WIDTH : WIDTH]) == list(range(step, before + step))
        assert not any(rows.rows[before * WIDTH :])


def test_a_table_grows_up_to_its_most_rows() -> None:
    rows = GrowingRows(WIDTH, 8, 100_000)
    assert rows.places == 0
    rows.enlarge()
    assert rows.places == 8
    while not rows.is_final:
        rows.enlarge()
    assert rows.places == 100_000


def test_what_is_cut_leaves_the_first_rows() -> None:
    rows = GrowingRows(1, 8, 1 << 20)
    for _ in range(2):
        rows.enlarge()
    rows.rows[6] = 6
    rows.cut(7)
    assert list(rows.rows) == [0, 0, 0, 0, 0, 0, 6]
    assert rows.is_final


def resident() -> int:
    """Bytes of memory that this process has."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="no /proc")
def test_memory_is_given_back_once_no_row_is_kept() -> None:
    rows = GrowingRows(32, 8, 1 << 18)
    while not rows.is_final:
        rows.enlarge()
    rows.rows[-1] = 1
    before = resident()
    rows.cut(0)
    assert len(rows.rows) == 0
    assert before - resident() > 50 << 20  # of 64 MiB


def test_memory_is_taken_for_what_is_used_alone() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    much = ReservedNumbers(1 << 27)
    much.take(1000)
    much.view[:1000] = memoryview(bytes(range(250)) * 32).cast("q")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100 << 10  # KiB, of a GiB
    assert len(much.view) == 1 << 27


@pytest.mark.parametrize("count", [0, 1, 3])
def test_a_few_numbers_are_zeros(count: int) -> None:
    few = ReservedNumbers(count)
    few.take(count)
    assert not any(few.view[:count])
