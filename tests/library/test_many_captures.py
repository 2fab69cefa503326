"""Hundreds of captures in one call."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

from pcapcheck import analyze
from tests.support.wire import BEGIN, NODE, SECOND, Frame, answer, ask, reply, request, write_pcap

CAPTURES = 60
# What each small capture leaves behind, in bytes.
EACH = 200_000


@pytest.mark.slow
def test_small_captures_take_little_memory(tmp_path: Path) -> None:
    """What is prepared for a long one is given back once a short one was read."""
    paths = []
    for number in range(CAPTURES):
        pod, ip = f"0e:61:00:00:00:{number:02x}", f"10.61.8.{number}"
        peer = {"dst": "10.61.9.9", "eth": (pod, NODE), "src": ip}
        back = {"dst": ip, "eth": (NODE, pod), "src": "10.61.9.9"}
        frames = [ask(src=pod, ip=ip), answer(to=pod, to_ip=ip), request(1, **peer), reply(1, **back)]
        timed: list[Frame] = [(BEGIN + n * SECOND // 2, frame) for n, frame in enumerate(frames)]
        paths.append(write_pcap(tmp_path / f"cali{number:011x}.pcap", timed))
    analyze(paths[0])
    tracemalloc.start()
    try:
        analysis = analyze(*paths)
        now, _most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert analysis.verdict == "pass"
    assert now < CAPTURES * EACH
