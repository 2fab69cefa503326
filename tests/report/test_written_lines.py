"""Lines of text, by the compiled loop and the plain one: what Python writes of the same numbers and texts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcapcheck import analyze
from pcapcheck.report.export import write_text_table
from pcapcheck.report.tables import written_lines
from pcapcheck.report.tables.cells import Numbers
from pcapcheck.report.tables.written_lines import WrittenLines
from tests.report.test_tables import text
from tests.support.kernels import NOT_COMPILED, plain_loops
from tests.support.lab import captures

DAY = 86_400 * 10**9
TEXTS = ["", "a", "µ", "ten letters", "x" * 300]
rows = st.lists(
    st.tuples(
        st.integers(0, len(TEXTS) - 1),
        st.none() | st.integers(-(2**63) + 2, 2**63 - 1) | st.integers(-11, 11),
        st.none() | st.integers(0, DAY - 1) | st.sampled_from([0, DAY - 1, 59 * 10**9, 3600 * 10**9]),
    ),
    max_size=30,
)


def clock(moment: int) -> str:
    whole = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=moment // 10**9)
    return f"{whole:%H:%M:%S}.{moment % 10**9:09d}"


def written(cells: list[tuple[int, int | None, int | None]]) -> str:
    lines = WrittenLines(len(cells))
    lines.add_constant("<")
    lines.add_texts(np.array([code for code, _, _ in cells], np.intp), TEXTS)
    lines.add_constant(",")
    lines.add_numbers(Numbers.of([number for _, number, _ in cells]), "none")
    lines.add_constant(",")
    lines.add_moments(Numbers.of([moment for _, _, moment in cells]))
    lines.add_constant(">\n")
    return b"".join(map(bytes, lines.blocks())).decode()


@given(rows)
def test_what_python_writes(cells: list[tuple[int, int | None, int | None]]) -> None:
    expected = "".join(
        f"<{TEXTS[code]},{'none' if number is None else number},{'' if moment is None else clock(moment)}>\n"
        for code, number, moment in cells
    )
    assert written(cells) == expected
    if not NOT_COMPILED:
        with plain_loops():
            assert written(cells) == expected


@pytest.mark.parametrize("block", [1, 1000])
@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_blocks_of_any_size(form: str, block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    analysis = analyze(*captures("loss"))
    whole = text(analysis, "frames", form)
    monkeypatch.setattr(written_lines, "BLOCK", block)
    assert text(analysis, "frames", form) == whole


def test_lines_take_no_more_room_than_a_block(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many rows a chunk has."""

    class Parts:
        longest = 0

        def writelines(self, parts: list[str]) -> None:
            self.longest = max(self.longest, *map(len, parts))

        def write(self, part: str) -> None:
            self.writelines([part])

    monkeypatch.setattr(written_lines, "BLOCK", 1 << 14)
    parts = Parts()
    write_text_table(analyze(*captures("loss")), "frames", "jsonl", parts)  # type: ignore[arg-type]
    assert 1 << 13 < parts.longest <= 1 << 14
