"""The window over a capture's bytes: the same bytes whatever its size, and whether or not it reads ahead."""

from __future__ import annotations

import io
import threading
from typing import BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcapcheck.capture.window import Window


@given(st.binary(max_size=600), st.integers(1, 80), st.lists(st.integers(0, 200), max_size=20), st.booleans())
def test_same_bytes_whatever_the_size(data: bytes, size: int, steps: list[int], ahead: bool) -> None:
    window = Window(io.BytesIO(data), size, ahead)
    position = 0
    try:
        for number, step in enumerate(steps):
            assert window.offset == position
            if number % 3 == 2:
                assert window.skip(step) == (position + step <= len(data))
            else:
                assert window.peek(step) == data[position : position + step]
                assert window.take(step) == data[position : position + step]
            position = min(position + step, len(data))
    finally:
        window.close()


@pytest.mark.parametrize("ahead", [False, True])
def test_end_of_the_stream(ahead: bool) -> None:
    window = Window(io.BytesIO(b"x" * 100), 10, ahead)
    assert window.ensure(100)
    assert not window.ensure(101)
    assert not window.more()
    assert window.take(200) == b"x" * 100
    window.close()


class Failing(io.BytesIO):
    """A disk that fails after its first bytes."""

    def readinto(self, buffer: object) -> int:
        if self.tell() >= 30:
            raise OSError(5, "Input/output error")
        return super().readinto(buffer)  # type: ignore[arg-type]


@pytest.mark.parametrize("ahead", [False, True])
def test_a_read_that_fails_midway_keeps_what_came_before(ahead: bool) -> None:
    stream: BinaryIO = Failing(b"x" * 100)
    window = Window(stream, 10, ahead)
    assert not window.ensure(50)
    assert (window.take(50), window.at_eof) == (b"x" * 30, True)
    (problem,) = window.problems
    assert (problem.kind, problem.byte) == ("unreadable", 30)
    assert "Input/output error" in problem.message
    window.close()


def test_a_read_that_fails_at_once_is_raised() -> None:
    stream: BinaryIO = Failing(b"x" * 100)
    stream.seek(30)
    with pytest.raises(OSError, match="Input/output error"):
        Window(stream, 10).ensure(1)


def test_closing_ends_the_thread() -> None:
    before = threading.active_count()
    window = Window(io.BytesIO(b"x" * 1000), 10, ahead=True)
    window.ensure(30)
    assert threading.active_count() > before
    window.close()
    assert threading.active_count() == before
