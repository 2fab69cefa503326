"""Counting finished exchanges in cells: against a plain count, compiled and not."""

from __future__ import annotations

from array import array
from collections import Counter
from unittest.mock import patch

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pcapcheck.capture.scan_layout import ABSENT_TIME
from pcapcheck.exchanges import loss_cells as cells_module
from pcapcheck.exchanges import pairing_layout as row
from pcapcheck.exchanges import spreading_layout as layout
from pcapcheck.exchanges.loss_cells import Cells, Row
from tests.support.kernels import NOT_COMPILED, plain_loops

SECOND = 10**9
OUTCOMES = (row.REPLIED, row.UNANSWERED, row.ERRED)
# Kind, group, source, destination, outcome, time, size: few of each, so that they meet in one cell.
rows = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.integers(0, 1),
        st.integers(1, 3),
        st.integers(1, 3),
        st.sampled_from(OUTCOMES),
        st.one_of(st.just(ABSENT_TIME), st.integers(0, 3 * SECOND)),
        st.sampled_from([0, 84, 1428]),
    ),
    max_size=80,
)
Some = list[tuple[int, int, int, int, int, int, int]]


def written(some: Some) -> array[int]:
    """Rows as the pairing loop writes them."""
    out = array("q", bytes(8 * row.FIELDS * len(some)))
    for number, (kind, group, src, dst, outcome, time, size) in enumerate(some):
        at = number * row.FIELDS
        values = {
            row.KIND: kind,
            row.GROUP: group,
            row.SRC_LOW: src,
            row.DST_LOW: dst,
            row.OUTCOME: outcome,
            row.TIME: time,
            row.SIZE: size,
            row.ERROR: 1 << 16 | 3 << 8 | 1,
            row.ERROR_LOW: src % 2,
        }
        for field, value in values.items():
            out[at + field] = value
    return out


def counted(some: Some, size: int = 1000) -> tuple[Cells, list[Row], list[Row]]:
    made = Cells()
    for start in range(0, len(some), size):
        part = some[start : start + size]
        made.take(written(part), len(part))
    moments, count = made.moments
    width = layout.MOMENT_FIELDS
    return made, [*made.table()], [tuple(moments[at : at + width]) for at in range(0, count * width, width)]


@given(rows)
def test_every_exchange_is_in_the_cell_of_its_pair(some: Some) -> None:
    _, table, _ = counted(some)
    pairs = [cell for cell in table if cell[layout.C_RESPECT] == layout.PAIR]
    held = {
        (cell[layout.C_KIND], cell[layout.C_GROUP], cell[layout.C_SRC_LOW], cell[layout.C_DST_LOW]): (
            cell[layout.C_REPLIED],
            cell[layout.C_SILENT],
            cell[layout.C_ERRED],
        )
        for cell in pairs
    }
    wanted = Counter((exchange[:4], exchange[4]) for exchange in some if exchange[0])
    assert held == {key: tuple(wanted[key, outcome] for outcome in OUTCOMES) for key in {key for key, _ in wanted}}


@example([(1, 0, 1, 1, OUTCOMES[number % 3], number * SECOND // 5, 84) for number in range(200)], 16)
@given(rows, st.sampled_from([16, 1 << 17]))
def test_every_exchange_is_in_its_moment(some: Some, most: int) -> None:
    """Also where there are too many moments, so that they become longer."""
    with patch.multiple(cells_module, FIRST_MOMENTS=4, MOST_MOMENTS=most):
        made, _, moments = counted(some)
    held: Counter[tuple[int, ...]] = Counter()
    failed: dict[int, set[int]] = {}
    for row_ in moments:
        when = row_[layout.M_WHEN]
        for outcome, column in zip(OUTCOMES, (layout.C_REPLIED, layout.C_SILENT, layout.C_ERRED), strict=True):
            held[row_[layout.C_KIND], row_[layout.C_GROUP], outcome, when] += row_[column]
        failed.setdefault(when, set()).update({row_[layout.C_FIRST], row_[layout.C_LAST]} - {ABSENT_TIME})
    timed = [exchange for exchange in some if exchange[0] and exchange[5] != ABSENT_TIME]
    # With so few streams and such long moments in the end, all find one.
    shift = made.moment_shift
    assert +held == Counter((kind, group, outcome, time >> shift) for kind, group, *_, outcome, time, _ in timed)
    for when, times in failed.items():
        within = [time for *_, outcome, time, _ in timed if outcome != row.REPLIED and time >> shift == when]
        assert not times or {min(within), max(within)} <= times


@pytest.mark.slow
@pytest.mark.skipif(bool(NOT_COMPILED), reason=NOT_COMPILED)
@given(rows, st.sampled_from([1, 7, 1000]))
def test_compiled_and_plain_agree(some: Some, size: int) -> None:
    compiled = counted(some, size)
    with plain_loops():
        plain = counted(some, size)
    assert plain[1:] == compiled[1:]
    assert (plain[0].moment_shift, plain[0].left_out) == (compiled[0].moment_shift, compiled[0].left_out)


@pytest.mark.skipif(bool(NOT_COMPILED), reason=NOT_COMPILED)
def test_they_agree_where_there_is_no_room() -> None:
    """Moments are made longer, then what finds no cell is counted as left out."""
    some = [(1, 0, number, 1, row.UNANSWERED, number * SECOND, 84) for number in range(1, 300)]
    with patch.multiple(cells_module, FIRST_CELLS=64, MOST_CELLS=64, FIRST_MOMENTS=32, MOST_MOMENTS=32):
        compiled = counted(some)
        with plain_loops():
            plain = counted(some)
    assert compiled[0].left_out > 0
    assert compiled[0].moment_shift > cells_module.FIRST_SHIFT
    assert plain[1:] == compiled[1:]
    assert plain[0].left_out == compiled[0].left_out
