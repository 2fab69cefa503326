"""Packets summed up by their path, by the compiled loop and the plain one."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import pytest

from pcapcheck import analyze
from tests.support.kernels import plain_loops
from tests.support.wire import BEGIN, MS, NODE, POD, POD_IP, Frame, cooked2, tcp, write_pcap

PEER, PEER_IP = "5a:8a:00:00:00:02", "10.244.7.7"
ACK, HEADERS = 0x10, 40
SIZES = [300, 10, 200, 1000, 40, 700, 50]
LOST = (1, 5)


def segments() -> list[Frame]:
    """Segments of one pod to another; some do not come to the receiver's link."""
    frames: list[Frame] = []
    for number, size in enumerate(SIZES):
        sent: dict[str, object] = {"dst": PEER_IP, "seq": 1000 * number, "ip_id": number, "data": b"x" * size}
        time = BEGIN + 10 * number * MS
        frames.append((time, cooked2(tcp(ACK, src=POD_IP, eth=(POD, NODE), **sent), False, 3)))  # type: ignore[arg-type]
        if number not in LOST:
            came = tcp(ACK, src=POD_IP, eth=(NODE, PEER), ttl=63, **sent)  # type: ignore[arg-type]
            frames.append((time + MS, cooked2(came, True, 4)))
    return frames


@pytest.mark.parametrize("loops", [nullcontext, plain_loops])
def test_paths_say_of_their_packets_when_how_large_and_which(loops: type[nullcontext[None]], tmp_path: Path) -> None:
    with loops():
        analysis = analyze(write_pcap(tmp_path / "any.pcap", segments(), link_type=276))
    whole, lost = sorted(analysis.followed.found, key=lambda path: -len(path.steps))
    some = [number for number in range(len(SIZES)) if number not in LOST]
    for path, numbers in ((whole, some), (lost, list(LOST))):
        sizes = [SIZES[number] + HEADERS for number in numbers]
        assert (path.count, path.shortest, path.longest) == (len(numbers), min(sizes), max(sizes))
        assert [(at - BEGIN) // MS for at in (path.first, path.last)] == [10 * numbers[0], 10 * numbers[-1]]
        assert [sample.length for sample in path.samples] == sizes[:5]
    assert [(latency.median, latency.most) for latency in whole.latencies] == [(MS, MS)]
