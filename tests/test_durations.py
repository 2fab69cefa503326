"""How durations are written."""

from __future__ import annotations

import pytest

from pcapcheck.values import format_duration


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [
        (999, "999 ns"),
        (51_000, "51 µs"),
        (999_400, "999 µs"),
        # Three digits of these would be a thousand of the smaller unit.
        (999_793_000, "1 s"),
        (999_960, "1 ms"),
        (1_023_000_000, "1.02 s"),
        (999_700_000_000, "1000 s"),
        (1_234_567_000_000, "1235 s"),
        (0, "0 ns"),
    ],
)
def test_three_digits_in_the_unit_that_fits(nanoseconds: int, text: str) -> None:
    assert format_duration(nanoseconds) == text
