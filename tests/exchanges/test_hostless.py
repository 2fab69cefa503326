"""Pings that nobody in particular has to answer: which, compiled and not."""

from __future__ import annotations

from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcapcheck.exchanges import pairing_layout as layout
from pcapcheck.exchanges import waiting
from pcapcheck.values import MAPPED, parse_address
from tests.support.kernels import NOT_COMPILED, plain_loops

GATEWAY, BROADCAST, HOST = (parse_address(text) & (1 << 64) - 1 for text in ("169.254.1.1", "10.1.2.255", "10.1.2.3"))
exchanges = st.lists(
    st.tuples(
        st.sampled_from([layout.FREE, layout.OPEN, layout.ANSWERED]),
        st.sampled_from([layout.KIND_ECHO, layout.KIND_CONNECTION]),
        st.sampled_from([layout.ERRED, layout.UNANSWERED]),
        st.sampled_from([GATEWAY, BROADCAST, HOST, HOST & ~MAPPED]),
        st.integers(-1, 0),
    ),
    max_size=20,
)


def kinds(some: list[tuple[int, int, int, int, int]], hosts: list[int]) -> list[int]:
    """The kinds of these exchanges afterwards."""
    pool, rest = (array("q", bytes(8 * layout.HEAD_FIELDS * count)) for count in (len(some), len(some) + 1))
    fields = layout.STATE, layout.KIND, layout.DST_LOW, layout.DST_HIGH
    for number, (state, kind, outcome, *address) in enumerate(some):
        row = number * layout.HEAD_FIELDS
        for field, value in zip(fields, (state, kind, *address), strict=True):
            pool[row + field] = value
        # Of what nothing answered every other one is a head alone.
        if outcome != layout.UNANSWERED or number % 2:
            pool[row + layout.MARKS] = number + 1 << layout.REST_AT
            rest[row + layout.OUTCOME] = outcome
    # As the caller sees it: plain where the loops are.
    vars(waiting)["hostless"].expect_no_host(pool, rest, array("q", [GATEWAY]), array("q", hosts))
    return pool[layout.KIND :: layout.HEAD_FIELDS].tolist()


@pytest.mark.skipif(bool(NOT_COMPILED), reason=NOT_COMPILED)
@given(exchanges, st.lists(st.sampled_from([GATEWAY, BROADCAST]), max_size=1))
def test_compiled_and_plain_agree(some: list[tuple[int, int, int, int, int]], hosts: list[int]) -> None:
    compiled = kinds(some, hosts)
    with plain_loops():
        assert kinds(some, hosts) == compiled


def test_only_open_pings_of_such_addresses() -> None:
    silent, erred = ((layout.OPEN, layout.KIND_ECHO, outcome) for outcome in (layout.UNANSWERED, layout.ERRED))
    some = [
        (*silent, GATEWAY, 0),
        (*erred, GATEWAY, 0),
        (*silent, BROADCAST, 0),
        (*erred, BROADCAST, 0),
        (*silent, HOST, 0),
        (*silent, BROADCAST, -1),
        (layout.ANSWERED, layout.KIND_ECHO, layout.UNANSWERED, BROADCAST, 0),
        (layout.OPEN, layout.KIND_CONNECTION, layout.UNANSWERED, BROADCAST, 0),
    ]
    owed = [number for number, kind in enumerate(kinds(some, [])) if kind != layout.KIND_ECHO_TO_MANY]
    assert owed == [3, 4, 5, 6, 7]
