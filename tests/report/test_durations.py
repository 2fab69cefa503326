"""Durations as reports show them."""

from __future__ import annotations

import pytest

from pcapcheck.values import format_duration


@pytest.mark.parametrize(
    ("nanoseconds", "shown"),
    [(999, "999 ns"), (999_499_999, "999 ms"), (999_952_000, "1 s"), (999_600, "1 ms"), (1_234_000_000, "1.23 s")],
)
def test_a_duration_has_three_digits_in_the_unit_that_fits(nanoseconds: int, shown: str) -> None:
    assert format_duration(nanoseconds) == shown
