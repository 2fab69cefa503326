"""A fault that begins while packets are recorded: what was answered before says nothing against what causes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck import Analysis, analyze
from tests.support.lab import CAPTURES
from tests.support.wire import (
    BEGIN,
    MS,
    NODE,
    NODE_IP,
    POD,
    POD_IP,
    SECOND,
    answer,
    ask,
    reply,
    request,
    tcp,
    udp,
    write_pcap,
)

FAR = "10.244.2.20"
OUTSIDE = "192.168.77.7"
CALI = "cali14e7d81007d"


def answered_at_first(folder: Path, asked: str, lost: int, *, in_turn: bool = False) -> Path:
    """Three pings that are answered and some that are not, or in turn; then one of the node that is answered."""
    frames = [(BEGIN, ask()), (BEGIN + MS, answer())]
    for number in range(1, 4 + lost):
        time = BEGIN + number * SECOND
        frames.append((time, request(number, dst=asked)))
        if number % 3 == 1 if in_turn else number < 4:
            frames.append((time + MS, reply(number, src=asked)))
    for number, frame in enumerate((request(90, dst=NODE_IP), reply(90, src=NODE_IP, ttl=64))):
        frames.append((BEGIN + (5 + lost) * SECOND + number * MS, frame))
    return write_pcap(folder / f"{CALI}.pcap", frames)


def named(analysis: Analysis) -> list[str]:
    return [suspect.cause.id for diagnosis in analysis.diagnoses for suspect in diagnosis.suspects]


def test_what_is_lost_from_some_moment_on_is_not_lost_at_random(tmp_path: Path) -> None:
    """Though somebody else is answered afterwards."""
    assert "random-loss" not in named(analyze(answered_at_first(tmp_path, FAR, 6)))
    assert "random-loss" in named(analyze(answered_at_first(tmp_path, FAR, 6, in_turn=True)))


def confirmed(analysis: Analysis) -> set[str]:
    return {suspect.cause.id for diagnosis in analysis.diagnoses for suspect in diagnosis.confirmed}


@pytest.mark.parametrize(
    ("scenario", "cause"), [("forwarding-off", "forwarding-off"), ("pod-link-down", "pod-link-down")]
)
def test_the_state_shows_what_changed(scenario: str, cause: str, tmp_path: Path) -> None:
    capture = answered_at_first(tmp_path, "10.244.1.11", 4)
    assert cause in confirmed(analyze(capture, node_state=CAPTURES / scenario / "state.txt"))


OTHER = "10.244.3.30"


def beside_answers(folder: Path, kind: str) -> Path:
    """Questions that are lost while the pod's pings beyond its node are answered, or before they are again."""
    frames = [(BEGIN, ask()), (BEGIN + MS, answer())]
    for number in range(1, 31):
        time = BEGIN + number * SECOND
        is_lost = kind == "outage" and 10 < number <= 20
        frames.append((time, request(number, dst=FAR)))
        if not is_lost:
            frames.append((time + MS, reply(number, src=FAR)))
        if kind == "other":
            frames.append((time + 2 * MS, request(number, dst=OTHER, ident=16)))
        if kind == "tcp":
            frames.append((time + 2 * MS, tcp(2, dst=FAR, ports=(40000 + number // 9, 80))))
    return write_pcap(folder / f"{CALI}.pcap", frames)


@pytest.mark.parametrize("kind", ["other", "tcp", "outage"])
def test_what_would_stop_all_is_not_why_a_part_is_lost(kind: str, tmp_path: Path) -> None:
    """The state was read at another time: it has a failure of its own."""
    analysis = analyze(beside_answers(tmp_path, kind), node_state=CAPTURES / "forwarding-off" / "state.txt")
    found = [(some.case.names, {each.cause.id for each in some.confirmed}) for some in analysis.diagnoses]
    lost = "tcp-answered" if kind == "tcp" else "echo-answered"
    assert not any("forwarding-off" in causes for names, causes in found if lost in names)
    assert any("forwarding-off" in causes for names, causes in found if "forwarding-on" in names)


@pytest.mark.parametrize(("returns", "is_sure"), [(True, False), (False, True)])
@pytest.mark.parametrize(
    ("scenario", "cause"), [("pod-link-down", "pod-link-down"), ("missing-host-route", "block-blackholed")]
)
def test_a_state_of_now_proves_nothing_of_a_loss_that_is_over(
    scenario: str, cause: str, returns: bool, is_sure: bool, tmp_path: Path
) -> None:
    frames = [(BEGIN, ask()), (BEGIN + MS, answer())]
    for number in range(1, 31):
        time = BEGIN + number * SECOND
        frames.append((time, request(number, dst="10.244.1.11")))
        if number <= 10 or (returns and number > 20):
            frames.append((time + MS, reply(number, src="10.244.1.11")))
    capture = write_pcap(tmp_path / f"{CALI}.pcap", frames)
    analysis = analyze(capture, node_state=CAPTURES / scenario / "state.txt")
    lost = [diagnosis for diagnosis in analysis.diagnoses if "echo-answered" in diagnosis.case.names]
    assert (cause in {suspect.cause.id for some in lost for suspect in some.confirmed}) is is_sure
    if returns:
        assert lost[0].suspects[0].cause.id == cause


@pytest.mark.parametrize(("asked", "blamed"), [(OUTSIDE, False), ("10.96.0.10", True)])
def test_an_entry_that_nobody_answered_is_stale_only_if_a_service_was_asked(
    asked: str, blamed: bool, tmp_path: Path
) -> None:
    """Whatever is asked in vain has such an entry."""
    frames = [(BEGIN, ask()), (BEGIN + MS, answer())]
    frames += [
        (BEGIN + n * SECOND, udp((40123, 5683), b"who is there?", src=POD_IP, dst=asked, eth=(POD, NODE), ip_id=n))
        for n in range(1, 6)
    ]
    frames += [(BEGIN + 9 * SECOND, request(1, dst=NODE_IP)), (BEGIN + 9 * SECOND + MS, reply(1, src=NODE_IP, ttl=64))]
    state = tmp_path / "state.txt"
    state.write_text(
        f"root@node:~# conntrack -L -p udp\nudp 17 27 src={POD_IP} dst={asked} sport=40123 dport=5683 [UNREPLIED] "
        f"src={asked} dst=172.31.186.250 sport=5683 dport=40123 mark=0 use=1\n"
    )
    found = named(analyze(write_pcap(tmp_path / f"{CALI}.pcap", frames), node_state=state))
    assert (found[0] == "conntrack-entry-stale") is blamed
