"""How losses are spread: a part is told as a part, and somebody is named only where it stands out."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

from pcapcheck import Analysis, analyze
from pcapcheck.report.document import document
from pcapcheck.report.headline import headline
from tests.support.wire import BEGIN, MS, Frame, answer, ask, error, reply, request, write_pcap

PEERS = [f"10.244.2.{number}" for number in (20, 21, 22, 23)]
NAME = "cali5b1e77a0c3d.pcap"
Lost = Callable[[int, str], bool]


def pings(count: int, lost: Lost) -> Iterator[Frame]:
    """The pod pings its peers in turn, a request every 20 ms."""
    yield BEGIN, ask()
    yield BEGIN + 1000, answer()
    for number in range(count):
        peer, time = PEERS[number % len(PEERS)], BEGIN + MS * (1 + 20 * number)
        yield time, request(number + 1, dst=peer)
        if not lost(number, peer):
            yield time + MS, reply(number + 1, src=peer)
    yield BEGIN + MS * (20 * count + 3000), ask()
    yield BEGIN + MS * (20 * count + 3000) + 1000, answer()


def judged(tmp_path: Path, frames: Iterator[Frame]) -> Analysis:
    return analyze(write_pcap(tmp_path / NAME, frames))


def test_an_even_loss_names_nobody(tmp_path: Path) -> None:
    chance = random.Random(7)
    analysis = judged(tmp_path, pings(1000, lambda *_: chance.random() < 0.05))
    said = headline(analysis)
    assert "% of 1,000 echo requests get no reply" in said
    assert "spread evenly over 4 peers and time: none stands out" in said
    assert not any(peer in said for peer in PEERS)
    (entry,) = document(analysis)["summary"]["spread"]
    assert (entry["follows"], entry["suspect"], entry["partial"]) == ("nothing", None, True)


def test_one_peer_that_loses_all_is_named(tmp_path: Path) -> None:
    said = headline(judged(tmp_path, pings(200, lambda _, peer: peer == PEERS[2])))
    assert f"to {PEERS[2]} get no reply" in said


def test_one_peer_that_loses_half_is_named(tmp_path: Path) -> None:
    said = headline(judged(tmp_path, pings(400, lambda number, peer: peer == PEERS[1] and number % 8 == 1)))
    assert f"all of them from 10.244.1.10 to {PEERS[1]}" in said or f"all of them to {PEERS[1]}" in said


def test_an_outage_is_told_with_its_time(tmp_path: Path) -> None:
    analysis = judged(tmp_path, pings(1000, lambda number, _: 400 <= number < 500))
    assert "all of them in one outage from 22:13:28 to 22:13:29" in headline(analysis)
    ((outage,),) = (one["outages"] for one in document(analysis)["summary"]["spread"])
    assert outage["failed"] == 100


def test_a_burst_shorter_than_a_moment_is_not_even_over_time(tmp_path: Path) -> None:
    analysis = judged(tmp_path, pings(4000, lambda number, _: 2000 <= number < 2040 and number % 2 == 0))
    assert "all of them in one burst from 22:14:00 to" in headline(analysis)


def test_causes_of_total_loss_are_not_offered_for_an_even_loss(tmp_path: Path) -> None:
    chance = random.Random(7)
    (diagnosis,) = judged(tmp_path, pings(1000, lambda *_: chance.random() < 0.05)).diagnoses
    named = {one.cause.id for one in diagnosis.suspects}
    assert {"random-loss", "queue-overflows", "rate-limited"} <= named
    assert not {"host-route-missing", "policy-drops", "pod-gone", "forwarding-off"} & named


def test_chance_is_not_offered_for_a_total_loss(tmp_path: Path) -> None:
    (diagnosis,) = judged(tmp_path, pings(200, lambda _, peer: peer == PEERS[2])).diagnoses
    assert "random-loss" not in {one.cause.id for one in diagnosis.suspects}


def test_errors_are_counted_apart_from_silence(tmp_path: Path) -> None:
    def frames() -> Iterator[Frame]:
        yield BEGIN, ask()
        yield BEGIN + 1000, answer()
        for number in range(5):
            time = BEGIN + MS * (1 + 200 * number)
            yield time, request(number + 1, dst=PEERS[0])
            if number < 3:
                yield time + MS, error(3, 1, request(number + 1, dst=PEERS[0]))
        yield BEGIN + MS * 5000, ask()
        yield BEGIN + MS * 5000 + 1000, answer()

    said = headline(judged(tmp_path, frames()))
    assert "host unreachable (3/1) (3 of 5, 2 without any answer: ICMP errors are rate limited)" in said
