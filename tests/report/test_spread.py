"""How losses are spread: a share is reported as a share, and a host is named only if it stands out."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pcapcheck import Analysis, analyze
from pcapcheck.report.document import document
from pcapcheck.report.headline import headline
from pcapcheck.values import parse_address
from tests.support.wire import BEGIN, MS, NODE, Frame, answer, ask, error, reply, request, write_pcap

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
    (entry,) = document(analysis)["summary"]["losses"]
    assert (entry["pattern"], entry["outlier"], entry["partial"]) == ("nothing", None, True)


def test_one_peer_that_loses_all_is_named(tmp_path: Path) -> None:
    said = headline(judged(tmp_path, pings(200, lambda _, peer: peer == PEERS[2])))
    assert f"to {PEERS[2]} get no reply" in said


def test_one_peer_that_loses_half_is_named(tmp_path: Path) -> None:
    said = headline(judged(tmp_path, pings(400, lambda number, peer: peer == PEERS[1] and number % 8 == 1)))
    assert f"all of them from 10.244.1.10 to {PEERS[1]}" in said or f"all of them to {PEERS[1]}" in said


def test_an_outage_is_reported_with_its_time(tmp_path: Path) -> None:
    analysis = judged(tmp_path, pings(1000, lambda number, _: 400 <= number < 500))
    assert "all of them in one outage from 22:13:28 to 22:13:29" in headline(analysis)
    ((outage,),) = (losses["outages"] for losses in document(analysis)["summary"]["losses"])
    assert outage["failed"] == 100


def test_a_burst_shorter_than_a_moment_is_not_even_over_time(tmp_path: Path) -> None:
    analysis = judged(tmp_path, pings(4000, lambda number, _: 2000 <= number < 2040 and number % 2 == 0))
    assert "all of them in one burst from 22:14:00 to" in headline(analysis)


def test_causes_of_total_loss_are_not_offered_for_an_even_loss(tmp_path: Path) -> None:
    chance = random.Random(7)
    (diagnosis,) = judged(tmp_path, pings(1000, lambda *_: chance.random() < 0.05)).diagnoses
    named = {suspect.cause.id for suspect in diagnosis.suspects}
    assert {"random-loss", "queue-overflows", "rate-limited"} <= named
    assert not {"host-route-missing", "policy-drops", "pod-gone", "forwarding-off"} & named


def test_chance_is_not_offered_for_a_total_loss(tmp_path: Path) -> None:
    (diagnosis,) = judged(tmp_path, pings(200, lambda _, peer: peer == PEERS[2])).diagnoses
    assert "random-loss" not in {suspect.cause.id for suspect in diagnosis.suspects}


def node_of(tmp_path: Path, dead: int, lost: float, seed: int = 5) -> list[Path]:
    """Thirty pods ping each other at random, each on its own link; one answers nothing, and some is lost besides."""
    chance, count = random.Random(seed), 30
    pods = [(f"10.244.1.{10 + number}", f"5a:8a:10:57:e2:{number:02x}") for number in range(count)]
    links: list[list[Frame]] = [
        [(BEGIN, ask(src=mac, ip=ip)), (BEGIN + 1000, answer(to=mac, to_ip=ip))] for ip, mac in pods
    ]
    for number in range(1, 40 * count):
        asker, time = number % count, BEGIN + number * MS
        asked = chance.choice([other for other in range(count) if other != asker])
        (ip, mac), (peer, peer_mac) = pods[asker], pods[asked]
        there: dict[str, object] = {"src": ip, "dst": peer, "ident": 100 + asker, "ip_id": number}
        back = there | {"src": peer, "dst": ip}
        links[asker].append((time, request(number, eth=(mac, NODE), **there)))
        if chance.random() < lost:
            continue
        links[asked].append((time + 20_000, request(number, eth=(NODE, peer_mac), **there | {"ttl": 63})))
        if asked == dead:
            continue
        links[asked].append((time + 40_000, reply(number, **back | {"eth": (peer_mac, NODE), "ttl": 64})))
        if chance.random() >= lost:
            links[asker].append((time + 60_000, reply(number, **back | {"eth": (NODE, mac)})))
    for frames, (ip, mac) in zip(links, pods, strict=True):
        time = BEGIN + 5000 * MS
        frames += [(time, ask(src=mac, ip=ip)), (time + 1000, answer(to=mac, to_ip=ip))]
    return [write_pcap(tmp_path / f"cali{number:011x}.pcap", sorted(frames)) for number, frames in enumerate(links)]


def test_a_dead_pod_and_a_loss_besides_are_two_reasons(tmp_path: Path) -> None:
    """Each with causes of its own kind, however many pairs lost all of the one packet that they sent."""
    for seed, dead in ((5, 7), (6, 3)):
        analysis = analyze(*node_of(tmp_path, dead, 0.01, seed))
        by_loss = {str(diagnosis.packet_evidence["loss"]): diagnosis for diagnosis in analysis.diagnoses}
        assert len(analysis.diagnoses) == len(by_loss) == 2
        total = {suspect.cause.id for suspect in by_loss["total"].suspects}
        assert total >= {"pod-firewall", "pod-ignores-echo"}
        assert not total & {"random-loss", "queue-overflows", "rate-limited"}
        assert by_loss["total"].case.lead.dst == parse_address(f"10.244.1.{10 + dead}")
        partial = {suspect.cause.id for suspect in by_loss["partial"].suspects}
        assert partial >= {"random-loss", "queue-overflows", "rate-limited"}
        assert not partial & {"policy-drops", "host-route-missing", "pod-firewall", "source-check-on-return"}
        assert set(by_loss["partial"].case.failed) == {"echo-answered", "request-leaves-node", "reply-delivered"}


def test_a_loss_spread_over_all_has_one_reason(tmp_path: Path) -> None:
    (diagnosis,) = analyze(*node_of(tmp_path, -1, 0.02)).diagnoses
    assert diagnosis.suspects[0].cause.id == "random-loss"
    assert len(diagnosis.others) > 10


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


def one_peer(answered: Iterator[bool]) -> Iterator[Frame]:
    """The pod pings one peer, a request every 200 ms."""
    yield BEGIN, ask()
    yield BEGIN + 1000, answer()
    time = BEGIN
    for number, is_answered in enumerate(answered, 1):
        time = BEGIN + 200 * MS * number
        yield time, request(number, dst=PEERS[0])
        if is_answered:
            yield time + MS, reply(number, src=PEERS[0])
    yield time + 3000 * MS, ask()
    yield time + 3001 * MS, answer()


@pytest.mark.parametrize(("before", "lost"), [(6, 7), (1, 9), (20, 5)])
def test_all_lost_from_some_moment_on_is_an_outage(before: int, lost: int, tmp_path: Path) -> None:
    analysis = judged(tmp_path, one_peer(iter([True] * before + [False] * lost)))
    said = headline(analysis)
    assert "evenly" not in said
    assert "all of them in one outage from 22:13:2" in said
    assert "until the end" in said
    named = {suspect.cause.id for diagnosis in analysis.diagnoses for suspect in diagnosis.suspects}
    assert not {"random-loss", "queue-overflows", "rate-limited"} & named
    assert next(suspect.cause.id for suspect in analysis.diagnoses[0].suspects) == "host-route-missing"


def test_all_lost_up_to_some_moment_is_an_outage_that_ended(tmp_path: Path) -> None:
    said = headline(judged(tmp_path, one_peer(iter([False] * 7 + [True] * 6))))
    assert "all of them in one outage from 22:13:20 to 22:13:21" in said


def test_an_outage_of_more_than_half_that_ended(tmp_path: Path) -> None:
    said = headline(judged(tmp_path, one_peer(iter([True] * 4 + [False] * 12 + [True] * 4))))
    assert "all of them in one outage from 22:13:21 to 22:13:23" in said


def test_a_loss_in_no_order_is_no_outage(tmp_path: Path) -> None:
    said = headline(judged(tmp_path, one_peer(iter([True, False, False, True, False, True, False, True, False, True]))))
    assert "spread evenly over time" in said


def test_nobody_who_lost_nothing_shares_a_loss(tmp_path: Path) -> None:
    """Of two peers that are pinged one after the other, one loses some."""
    plan = [(PEERS[0], number % 2 == 0) for number in range(12)] + [(PEERS[1], True)] * 12

    def frames() -> Iterator[Frame]:
        yield BEGIN, ask()
        yield BEGIN + 1000, answer()
        for number, (peer, is_answered) in enumerate(plan, 1):
            yield BEGIN + 200 * MS * number, request(number, dst=peer)
            if is_answered:
                yield BEGIN + 200 * MS * number + MS, reply(number, src=peer)
        yield BEGIN + 9000 * MS, ask()
        yield BEGIN + 9001 * MS, answer()

    said = headline(judged(tmp_path, frames()))
    assert f"to {PEERS[0]} get no reply (6 of 12)" in said
