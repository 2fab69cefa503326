"""Durations as people read them: three digits, never a power of ten."""

from __future__ import annotations

import pytest

from pcapcheck.values import format_duration, format_durations


@pytest.mark.parametrize(
    ("nanoseconds", "said"),
    [
        (51_000, "51 µs"),
        (999_400, "999 µs"),
        (999_600, "1 ms"),
        (999_940_000, "1 s"),
        (950_000_000, "950 ms"),
        (999_600_000_000, "1000 s"),
        (7_200_000_000_000, "7200 s"),
    ],
)
def test_what_rounds_to_a_thousand_has_the_next_unit(nanoseconds: int, said: str) -> None:
    assert format_duration(nanoseconds) == said
    assert "e+" not in format_durations([nanoseconds // 2, nanoseconds])
