"""UDP for which an ICMP error comes back is refused, which is certain; silence and late answers are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck import Analysis, analyze
from pcapcheck.report.headline import heading, headline
from tests.support.wire import (
    BEGIN,
    MS,
    NODE_IP,
    PEER_IP,
    POD_IP,
    SECOND,
    Frame,
    answer,
    ask,
    error,
    udp,
    write_pcap,
)


def recorded(folder: Path, *frames: Frame) -> Analysis:
    """On one pod link, after the pod's ARP for its gateway."""
    return analyze(write_pcap(folder / "cali14e7d81007d.pcap", [(BEGIN, ask()), (BEGIN + MS, answer()), *frames]))


def refused(
    kind: int, code: int, ports: tuple[int, int] = (50642, 9125), count: int = 2, source: str = NODE_IP
) -> list[Frame]:
    frames: list[Frame] = []
    for number in range(count):
        sent = udp(ports, b"requests", ip_id=300 + number)
        time = BEGIN + (number + 1) * SECOND
        frames += [(time, sent), (time + MS, error(kind, code, sent, source=source))]
    return frames


@pytest.mark.parametrize(("kind", "code", "words"), [(3, 3, "port unreachable (3/3)"), (3, 13, "(3/13)")])
def test_a_datagram_with_an_icmp_error_is_a_question_without_an_answer(
    tmp_path: Path, kind: int, code: int, words: str
) -> None:
    analysis = recorded(tmp_path, *refused(kind, code))
    said = headline(analysis)
    assert heading(analysis) == "warn"
    assert said.startswith(f"{POD_IP}'s UDP datagrams to {PEER_IP} port 9125 are refused: {NODE_IP} says ")
    assert words in said
    assert "(sent 2 times)" in said


def test_the_sender_of_the_error_decides_the_reason(tmp_path: Path) -> None:
    """The receiver itself has no such server; on the pod's link an error with a whole TTL is the node's."""
    (own,) = recorded(tmp_path, *refused(3, 3, source=PEER_IP)).diagnoses
    assert own.possible[0].cause.id == "no-udp-listener"
    assert "firewall-rejects" not in [one.cause.id for one in own.possible]
    (other,) = recorded(tmp_path, *refused(3, 3)).diagnoses
    assert "firewall-rejects" in [one.cause.id for one in other.possible]


def test_what_expires_is_lost_and_not_refused(tmp_path: Path) -> None:
    """Routers send it in a circle; a traceroute to the same port begins with small TTLs."""
    analysis = recorded(tmp_path, *refused(11, 0))
    assert heading(analysis) == "warn"
    assert f"UDP datagrams to {PEER_IP} port 9125 are lost: {NODE_IP} says TTL exceeded (11/0)" in headline(analysis)
    probes = [
        (time, frame[:22] + b"\x03" + frame[23:] if number % 2 == 0 else frame)
        for number, (time, frame) in enumerate(refused(11, 0))
    ]
    assert heading(recorded(tmp_path, *probes)) == "pass"


@pytest.mark.parametrize(
    "frames",
    [
        # An answer comes late, and its asker is gone; a traceroute ends; a packet is too large.
        refused(3, 3, ports=(9125, 50642)),
        refused(3, 3, ports=(50642, 33434)),
        refused(3, 4),
        # One that is answered by whom it is for as well.
        [*refused(3, 3), (BEGIN + 4 * SECOND, udp((9125, 50642), b"answer", src=PEER_IP, dst=POD_IP))],
        # Mere silence at ports from where nobody answers.
        [(BEGIN + n * SECOND, udp((50642, 8125), b"requests", ip_id=n)) for n in range(1, 7)],
    ],
    ids=["late-answer", "traceroute", "too-big", "answered", "statsd"],
)
def test_errors_that_end_no_question(tmp_path: Path, frames: list[Frame]) -> None:
    analysis = recorded(tmp_path, *frames)
    assert heading(analysis) == "pass"
    assert not analysis.unanswered
