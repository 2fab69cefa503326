"""A DNS server that answers other pods meanwhile is neither silent nor gone."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck import analyze
from tests.support.wire import (
    BEGIN,
    MS,
    NODE,
    PEER_IP,
    SECOND,
    Frame,
    answer,
    ask,
    cooked2,
    query,
    response,
    write_pcap,
)

PEER = "7e:1d:0c:42:9b:66"
SLL2 = 276


def on_link(frame: bytes, ifindex: int, from_pod: bool) -> bytes:
    return cooked2(frame, not from_pod, ifindex)


def others(at: int, number: int) -> list[Frame]:
    """The other pod asks, and is answered at once."""
    asked = query(100 + number, 50000 + number, src=PEER_IP, eth=(PEER, NODE))
    back = response(100 + number, 50000 + number, dst=PEER_IP, eth=(NODE, PEER))
    return [(at, on_link(asked, 5, True)), (at + MS, on_link(back, 5, False))]


@pytest.mark.parametrize(("served", "listed"), [((), True), ((2.0, 3.0), False), ((-9.0, -8.0), True)])
def test_others_answers_while_a_query_is_repeated_clear_the_server(
    served: tuple[float, ...], listed: bool, tmp_path: Path
) -> None:
    frames: list[Frame] = [
        (BEGIN - 20 * SECOND, on_link(ask(), 4, True)),
        (BEGIN - 20 * SECOND + MS, on_link(answer(), 4, False)),
    ]
    frames += [(BEGIN + n * 5 * SECOND, on_link(query(7, 40311), 4, True)) for n in range(2)]
    for number, after in enumerate((*served, 20.0)):
        frames += others(BEGIN + round(after * SECOND), number)
    analysis = analyze(write_pcap(tmp_path / "any.pcap", sorted(frames), SLL2))
    assert analysis.verdict == "fail"
    named = {suspect.cause.id for diagnosis in analysis.diagnoses for suspect in diagnosis.suspects}
    assert ({"dns-server-silent", "service-endpoint-gone"} <= named) is listed
    assert "node-firewall-drops" in named
