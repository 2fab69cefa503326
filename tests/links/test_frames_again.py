"""Frames of a capture that are looked at again: they are what they were when the capture was read."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck import analyze
from pcapcheck.links.frames_again import rows_of
from pcapcheck.links.read_capture import read_frames
from tests.support.wire import BEGIN, GATEWAY, MS, OTHER, Frame, answer, ask, reply, request, write_pcap

# Each talks for a while before the next does, so that batches differ in the frame groups that they show.
TALK = [ask(), answer(), request(), reply(), ask(GATEWAY, OTHER, "10.244.1.9"), answer(GATEWAY, to=OTHER)]
FRAMES: list[Frame] = [(BEGIN + number * MS, TALK[number // 8]) for number in range(8 * len(TALK))]


@pytest.mark.parametrize("batch_frames", [3, 8, 4096])
@pytest.mark.parametrize("numbers", [{1}, {30, 31, 48}, {7, 9, 17, 18, 47}])
def test_they_have_their_numbers_and_frame_groups(numbers: set[int], batch_frames: int, tmp_path: Path) -> None:
    analysis = analyze(write_pcap(tmp_path / "cali0123456789a.pcap", FRAMES), batch_frames=batch_frames)
    (capture,) = analysis.captures
    every = range(len(capture.groups))
    first = [(row.frames[0], row.group, row.eth_src) for row in read_frames(capture.source, analysis.reading, every)]
    again = [(row.frames[0], row.group, row.eth_src) for row in rows_of(capture, analysis.reading, numbers)]
    assert again == [seen for seen in first if seen[0] in numbers]
    assert len(again) == len(numbers)


def test_one_that_is_not_there_is_passed_over(tmp_path: Path) -> None:
    analysis = analyze(write_pcap(tmp_path / "cali0123456789a.pcap", FRAMES))
    assert [row.frames for row in rows_of(analysis.captures[0], analysis.reading, {2, len(FRAMES) + 1})] == [[2]]
