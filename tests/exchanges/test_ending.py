"""ICMP errors are counted by what they say, however many differ and however they are batched."""

from __future__ import annotations

from array import array
from collections import Counter
from dataclasses import dataclass
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcapcheck.decode import frame_layout as frame
from pcapcheck.decode.frame_batch import FrameBatch
from pcapcheck.exchanges import ending_errors as ending_errors_module
from pcapcheck.exchanges import pairing_layout
from pcapcheck.exchanges.ending_errors import EndingErrors
from pcapcheck.protocols import FROM_ROUTERS, ICMP, ICMP_ECHO_REQUEST, TIME_EXCEEDED
from pcapcheck.values import MAPPED, address_of
from tests.support.kernels import NOT_COMPILED, plain_loops

ENDING = {4: (3, 11, 12), 6: (1, 2, 3, 4)}


@dataclass(frozen=True)
class Said:
    """An ICMP error; ``quoted``: whether its quote shows a protocol, and all of an echo request (seq)."""

    version: int
    icmp_type: int
    code: int
    sender: int
    group: int
    ifindex: int
    mtu: int
    quoted: str


def of_version(version: int) -> st.SearchStrategy[Said]:
    return st.builds(
        Said,
        st.just(version),
        st.sampled_from(ENDING[version]),
        st.sampled_from([-1, 0, 1, 4]),
        st.integers(1, 3),
        st.integers(1, 2),
        st.sampled_from([-1, 7]),
        st.sampled_from([-1, 0, 1400]),
        st.sampled_from(["nothing", "cut", "whole"]),
    )


said = st.lists(of_version(4) | of_version(6), max_size=80)


def batch_of(messages: list[Said]) -> FrameBatch:
    errors = array("q", [frame.ABSENT]) * (frame.ERROR_FIELDS * len(messages))
    for row, message in enumerate(messages):
        values = {
            frame.ERR_NUMBER: row + 1,
            frame.ERR_TIME: row,
            frame.ERR_POINT: message.ifindex + 1,
            frame.ERR_GROUP: message.group,
            frame.ERR_VERSION: message.version,
            frame.ERR_FROM_HIGH: 0,
            frame.ERR_FROM_LOW: MAPPED | message.sender,
            frame.ERR_TYPE: message.icmp_type,
            frame.ERR_CODE: message.code,
            frame.ERR_MTU: message.mtu,
        }
        if message.quoted != "nothing" and message.version == 4:
            values |= {frame.ERR_PROTO: ICMP, frame.ERR_ASKS: ICMP_ECHO_REQUEST}
            values |= {frame.ERR_SEQ: 5} if message.quoted == "whole" else {}
        for field, value in values.items():
            errors[row * frame.ERROR_FIELDS + field] = value
    return FrameBatch(array("q"), 0, 0, array("q"), 0, errors=errors, error_count=len(messages))


def counted(messages: list[Said], size: int) -> EndingErrors:
    errors = EndingErrors()
    for start in range(0, len(messages), size):
        errors.feed(batch_of(messages[start : start + size]))
    state = array("q", bytes(8 * pairing_layout.STATE_SIZE))
    state[pairing_layout.S_OLDEST] = -1
    errors.settle(array("q"), array("q"), state, lambda row: None, address_of)
    return errors


@given(said, st.sampled_from([1, 7, 100]))
def test_against_a_plain_count(messages: list[Said], size: int) -> None:
    wanted = Counter((s.version, s.icmp_type, s.code, MAPPED | s.sender, max(s.mtu, 0) or None) for s in messages)
    errors = counted(messages, size)
    assert errors.counts == wanted
    assert list(errors.counts) == list(wanted), "in the order in which they came"
    assert errors.groups == {
        some.group for some in messages if (some.version, some.icmp_type, some.code) in FROM_ROUTERS
    }
    # Of IPv6 no quote shows its protocol here; of IPv4 a cut one is kept, for there is room.
    hidden = [
        s for s in messages if s.icmp_type == TIME_EXCEEDED[s.version] and (s.quoted == "nothing" or s.version == 6)
    ]
    assert errors.unquoted == Counter((0, None if s.ifindex < 0 else s.ifindex) for s in hidden)


@pytest.mark.slow
@pytest.mark.skipif(bool(NOT_COMPILED), reason=NOT_COMPILED)
@given(said)
def test_compiled_and_plain_agree(messages: list[Said]) -> None:
    compiled = counted(messages, 100)
    with plain_loops():
        plain = counted(messages, 100)
    assert (plain.counts, plain.groups, plain.unquoted) == (compiled.counts, compiled.groups, compiled.unquoted)


def test_cut_errors_that_find_no_room_hide_a_packet() -> None:
    """Then silence proves nothing at this capture point: any of the requests may have expired."""
    with patch.object(ending_errors_module, "MOST_ROOM", 32):
        errors = counted([Said(4, 11, 0, 1, 1, 7, -1, "cut")] * 40, 100)
    assert errors.counts == {(4, 11, 0, MAPPED | 1, None): 40}
    assert errors.unquoted == {(0, 7): 8}
