"""What of many failing rows is shown: the first, and others spread over pods, peers and time."""

from __future__ import annotations

from pcapcheck.fair_choice import Candidate, choose


def asked(pod: int, peer: int, when: int) -> Candidate:
    return Candidate(pod, peer, (pod, peer), when)


def test_the_first_stays_first() -> None:
    assert choose([asked(1, 1, when) for when in (5, 4, 9)], 2) == [0, 2]


def test_every_pod_before_a_second_row_of_any() -> None:
    rows = [asked(pod, peer, 10 * pod + peer) for pod in range(4) for peer in range(5)]
    chosen = [rows[number] for number in choose(rows, 4)]
    assert {row.pod for row in chosen} == set(range(4))
    assert len({row.peer for row in chosen}) == 4


def test_every_peer_of_one_pod_before_a_second_row_of_any() -> None:
    rows = [asked(1, peer, 10 * peer + time) for peer in range(4) for time in range(5)]
    assert {rows[number].peer for number in choose(rows, 4)} == set(range(4))


def test_one_pair_is_shown_at_times_far_apart() -> None:
    rows = [asked(1, 1, when) for when in range(101)]
    assert choose(rows, 5) == [0, 100, 50, 25, 75]


def test_no_more_than_there_are() -> None:
    assert sorted(choose([asked(1, 1, 1)] * 3, 20)) == [0, 1, 2]
