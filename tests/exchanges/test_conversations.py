"""Conversations: TCP data and SYN-ACKs that nobody answers, and what only looks so."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck import analyze
from pcapcheck.analysis import Analysis
from pcapcheck.questions.unanswered import Unanswered
from pcapcheck.ruleset.finding import Evidence
from pcapcheck.table_names import TRANSFERS
from tests.support.wire import (
    BEGIN,
    MS,
    PEER_IP,
    POD_IP,
    SECOND,
    Frame,
    answer,
    ask,
    reply,
    request,
    tcp,
    tcp_back,
    write_pcap,
)

SYN, SYN_ACK, ACK, PUSH, FIN, RST = 0x02, 0x12, 0x10, 0x18, 0x11, 0x04
CALI = "cali14e7d81007d.pcap"
PINGED = [(BEGIN, ask()), (BEGIN + MS, answer()), (BEGIN + 2 * MS, request()), (BEGIN + 3 * MS, reply())]
# When Linux sends unacknowledged data again.
AGAIN = (1.2, 1.6, 2.4, 4.0)


def at(seconds: float, frame: bytes) -> Frame:
    return BEGIN + round(seconds * SECOND), frame


OPENED = [
    at(0.5, tcp(SYN, seq=100)),
    at(0.51, tcp_back(SYN_ACK, seq=700, ack=101)),
    at(0.52, tcp(ACK, seq=101, ack=701)),
]


def data(seq: int, size: int, ack: int = 701) -> bytes:
    return tcp(PUSH, seq=seq & 0xFFFFFFFF, ack=ack, data=bytes(size))


def acknowledged(upto: int, **more: object) -> bytes:
    return tcp_back(ACK, seq=701, ack=upto & 0xFFFFFFFF, **more)  # type: ignore[arg-type]


def questions(folder: Path, *frames: Frame) -> list[Unanswered]:
    """What nobody answered of the frames behind a resolution of the gateway and a ping; no rule may fail."""
    analysis = recorded(folder, *frames)
    assert not failing(analysis)
    return analysis.unanswered


def failing(analysis: Analysis) -> list[Evidence]:
    """The connections that stalled or were reset, by the rules."""
    findings = (finding for finding in [*analysis.failures, *analysis.warnings] if finding.rule.table == TRANSFERS)
    return [row for finding in findings for row in finding.evidence]


def failed(folder: Path, *frames: Frame) -> Evidence:
    """The only connection that stalled or was reset; it is reported once."""
    analysis = recorded(folder, *frames)
    assert not analysis.unanswered
    (evidence,) = failing(analysis)
    return evidence


def recorded(folder: Path, *frames: Frame) -> Analysis:
    return analyze(write_pcap(folder / CALI, [*PINGED, *frames]))


def test_data_that_is_never_acknowledged_stands_in_the_headline(tmp_path: Path) -> None:
    analysis = recorded(tmp_path, *OPENED, *(at(n, data(101, 1448)) for n in (1.0, *AGAIN)))
    assert analysis.verdict == "fail"
    assert analysis.headline == "10.244.1.10's TCP data to 10.244.1.11 port 80 gets no answer (sent 5 times over 3 s)"
    (evidence,) = failing(analysis)
    assert evidence.observed == "1448 bytes sent 5x over 3 s from port 40000, never acknowledged"
    assert (evidence.frames, evidence.row["attempts"], evidence.row["lasted"]) == ((9, 12), 5, 3 * SECOND)
    assert not analysis.unanswered


@pytest.mark.parametrize(("size", "is_size"), [(1448, True), (90, False)])
def test_large_data_that_stalls_is_first_of_all_an_mtu(size: int, is_size: bool, tmp_path: Path) -> None:
    (diagnosis,) = recorded(tmp_path, *OPENED, *(at(n, data(101, size)) for n in (1.0, *AGAIN))).diagnoses
    named = [suspect.cause.id for suspect in diagnosis.suspects]
    assert (named[:1] == ["mtu-too-large"], "mtu-too-large" in named) == (is_size, is_size)


def test_the_other_sides_data_is_followed_too(tmp_path: Path) -> None:
    """A response too large for the way back, which the pod's acknowledgements never mention."""
    sent = [at(n, tcp_back(PUSH, seq=701, ack=201, data=bytes(1448))) for n in (1.0, *AGAIN)]
    evidence = failed(tmp_path, *OPENED, at(0.9, data(101, 100)), *sent)
    assert evidence.headline.startswith(f"{PEER_IP}'s TCP data to {POD_IP} port 40000 gets no answer")


def test_large_segments_count_by_their_headers_where_the_bytes_are_cut(tmp_path: Path) -> None:
    sent = [at(n, data(101, 1448)[:70]) for n in (1.0, *AGAIN)]
    assert failed(tmp_path, *OPENED, *sent).row["size"] == 1448


ARRIVED = [at(1, data(101, 500)), at(1.1, acknowledged(601))]
NO_STALL = {
    "three times again, not for long enough": [at(n, data(101, 500)) for n in (1.0, 1.2, 1.6, 2.4)],
    "arrived in the end": [*(at(n, data(101, 500)) for n in (1.0, *AGAIN)), at(4.1, acknowledged(601))],
    "sent again although it was acknowledged": [*ARRIVED, *(at(n, data(101, 500)) for n in (2, 3, 4, 5, 6))],
    "keep-alive": [
        *ARRIVED,
        *(frame for n in range(2, 60, 9) for frame in (at(n, data(600, 1)), at(n + 0.1, acknowledged(601)))),
    ],
    "probes of a closed window": [
        at(1, data(101, 500)),
        at(1.1, acknowledged(601, win=0)),
        *(at(n, data(601, 1)) for n in (2, 3, 5, 9, 17)),
    ],
    "the same frame many times at once": [at(1 + n / 100, data(101, 500)) for n in range(9)],
    "new data, its acknowledgements not recorded": [at(n, data(101 + 500 * n, 500)) for n in range(1, 9)],
    "loss on the way, and progress": [
        frame
        for n in range(8)
        for frame in (
            at(1 + n, data(101 + 500 * n, 500)),
            at(1.4 + n, data(101 + 500 * n, 500)),
            at(1.5 + n, acknowledged(601 + 500 * n)),
        )
    ],
}


@pytest.mark.parametrize("frames", NO_STALL.values(), ids=NO_STALL)
def test_what_is_no_stall(frames: list[Frame], tmp_path: Path) -> None:
    assert not questions(tmp_path, *OPENED, *frames)


def test_sequence_numbers_wrap(tmp_path: Path) -> None:
    start = (1 << 32) - 700
    frames = [at(1, data(start, 500)), at(1.1, acknowledged(start + 500)), at(1.2, data(start + 500, 500))]
    again = [at(n, data(start + 500, 500)) for n in range(2, 9)]
    assert not questions(tmp_path, *frames, at(1.3, acknowledged(300)), *again)
    assert failed(tmp_path, *frames, *(at(n, data(start + 500, 500)) for n in (1.6, 2.4, 4.4))).row["attempts"] == 4


def test_a_connection_broken_off_with_data_under_way_says_in_whose_name(tmp_path: Path) -> None:
    evidence = failed(tmp_path, *OPENED, *ARRIVED, at(1.2, data(601, 500)), at(1.3, tcp_back(RST, seq=701)))
    assert evidence.headline.startswith("the connection of 10.244.1.11 port 80 with 10.244.1.10 port 40000 is broken")
    assert evidence.headline.endswith("(RST from 10.244.1.11's address)")


NO_BREAK = {
    "before any data": [at(1, tcp_back(RST | ACK, seq=701, ack=101))],
    "all data acknowledged, and answered": [
        *ARRIVED,
        at(1.5, tcp_back(PUSH, seq=701, ack=601, data=b"done")),
        at(1.6, tcp(ACK, seq=601, ack=705)),
        at(2, tcp_back(RST | ACK, seq=705, ack=601)),
    ],
    "after the end was said": [
        at(1, data(101, 500)),
        at(1.1, tcp(FIN, seq=601, ack=701)),
        at(2, tcp_back(RST, seq=701)),
    ],
}


@pytest.mark.parametrize("frames", NO_BREAK.values(), ids=NO_BREAK)
def test_resets_that_break_nothing_off(frames: list[Frame], tmp_path: Path) -> None:
    assert not questions(tmp_path, *OPENED, *frames)


def test_the_same_ports_again_are_another_connection(tmp_path: Path) -> None:
    """Numbers begin again: the new connection's data is not the old one's sent again."""
    again = [at(5, tcp(SYN, seq=50)), *(at(n, data(51, 400)) for n in (6.0, 6.4, 7.2, 9.2))]
    found = failing(recorded(tmp_path, *OPENED, *ARRIVED, at(1.2, tcp(FIN, seq=601, ack=701)), *again))
    stuck = [(row.row["attempts"], row.row["lasted"]) for row in found if "TCP data" in row.headline]
    assert stuck == [(4, 3_200_000_000)]


def handshake(syns: tuple[float, ...], answers: tuple[float, ...], outside: bool = True) -> list[Frame]:
    """SYNs from outside to the pod, or the other way round, and the SYN-ACKs to them, with nothing after them."""
    ask_, answer_ = (tcp_back, tcp) if outside else (tcp, tcp_back)
    ports = (40000, 80)
    return sorted(
        [
            *(at(n, ask_(SYN, ports, seq=100)) for n in syns),
            *(at(n + 0.00002, answer_(SYN_ACK, ports[::-1], seq=700, ack=101)) for n in answers),
        ],
        key=lambda frame: frame[0],
    )


REPEATED = handshake((1, 2, 4, 8), (1, 2, 2.0001, 4, 8))


def test_a_handshake_that_only_its_answers_do_not_end_is_a_question(tmp_path: Path) -> None:
    found = recorded(tmp_path, *REPEATED)
    (question,) = found.unanswered
    assert question.sentence == (
        "10.244.1.11's connection to 10.244.1.10 port 80 is not made: "
        "10.244.1.10 answers, but the answer (SYN-ACK) never reaches 10.244.1.11"
    )
    assert question.often == "asked 4 times over 7 s"
    assert question.last_seen is not None
    assert question.last_seen.direction == "reply"


def test_an_asker_that_gave_up_after_one_syn_may_have_got_the_answer(tmp_path: Path) -> None:
    (question,) = questions(tmp_path, *handshake((1,), (1, 2, 4, 8)))
    assert question.sentence.endswith("10.244.1.11 says nothing to the answer (SYN-ACK), which is sent again")


def test_one_answer_that_is_sent_again_is_enough(tmp_path: Path) -> None:
    """Whoever gets it answers within a round trip, and this one had a second."""
    (question,) = questions(tmp_path, *handshake((1,), (1, 2)))
    assert question.often == "asked once"


def test_a_pod_that_ignores_the_answer_on_its_own_link(tmp_path: Path) -> None:
    (question,) = questions(tmp_path, *handshake((1, 2, 4), (1, 2, 4), outside=False))
    assert question.sentence.endswith("10.244.1.10 ignores the answer (SYN-ACK) on its own link")


NOT_HALF_OPEN = {
    "made at once": [*handshake((1,), (1,)), at(1.1, tcp_back(ACK, (40000, 80), seq=101, ack=701))],
    "made in the end": [*REPEATED, at(8.1, tcp_back(ACK, (40000, 80), seq=101, ack=701))],
    "a scan": [*handshake((1,), (1,)), at(1.1, tcp_back(RST, (40000, 80), seq=101))],
    "reset in the end": [*REPEATED, at(8.1, tcp_back(RST, (40000, 80), seq=101))],
    "refused by the pod in the end": [*REPEATED, at(8.1, tcp(RST, (80, 40000), seq=701))],
    "over before an answer was due": handshake((1,), (1,)),
    "over before the first was sent again": handshake((1,), (1, 1.5)),
    "sent again at once, to a SYN that came late": handshake((1, 1.2), (1, 1.2)),
    "seen twice": handshake((1, 1.0001), (1, 1.0001, 1.0002)),
}


@pytest.mark.parametrize("frames", NOT_HALF_OPEN.values(), ids=NOT_HALF_OPEN)
def test_handshakes_that_prove_nothing(frames: list[Frame], tmp_path: Path) -> None:
    assert not questions(tmp_path, *frames)
