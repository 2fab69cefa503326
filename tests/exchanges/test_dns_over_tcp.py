"""Questions of DNS over TCP: each message stands behind its length, and what TCP sends again is no new attempt."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from pcapcheck import analyze
from pcapcheck.analysis import Analysis
from tests.support.kernels import NOT_COMPILED, plain_loops
from tests.support.wire import (
    BEGIN,
    MS,
    NODE,
    OTHER,
    POD_IP,
    RESOLVER,
    SECOND,
    Frame,
    answer,
    ask,
    dns,
    query,
    reply,
    request,
    response,
    tcp,
    tcp_back,
    udp,
    write_pcap,
)

PUSH, SYN, SYN_ACK = 0x18, 0x02, 0x12
TO, FROM = (40311, 53), (53, 40311)
RESOLVED = [(BEGIN, ask()), (BEGIN + MS, answer())]
LATER = [(BEGIN + 60 * SECOND, request(2)), (BEGIN + 60 * SECOND + MS, reply(2))]
TRUNCATED = 0x0200


def at(seconds: float, frame: bytes) -> Frame:
    return BEGIN + round(seconds * SECOND), frame


def framed(message: bytes) -> bytes:
    return struct.pack(">H", len(message)) + message


def asked(data: bytes, seq: int = 2, **more: object) -> bytes:
    return tcp(PUSH, TO, dst=RESOLVER, seq=seq, ack=2, data=data, **more)  # type: ignore[arg-type]


def answered(data: bytes, seq: int = 2, **more: object) -> bytes:
    return tcp_back(PUSH, FROM, src=RESOLVER, seq=seq, ack=9, data=data, **more)


def handshake() -> list[Frame]:
    return [
        at(0.5, tcp(SYN, TO, dst=RESOLVER)),
        at(0.51, tcp_back(SYN_ACK, FROM, src=RESOLVER, ack=2)),
    ]


def recorded(folder: Path, *frames: Frame) -> Analysis:
    every = sorted([*RESOLVED, *handshake(), *frames, *LATER])
    return analyze(write_pcap(folder / "cali14e7d81007d.pcap", every))


def rows(analysis: Analysis) -> list[tuple[object, ...]]:
    return list(analysis.dns[["transport", "dns.id", "outcome", "attempts"]].itertuples(index=False, name=None))


def status(analysis: Analysis, rule: str) -> str:
    return next(finding.status for finding in analysis.findings if finding.rule.id == rule)


QUERY, RESPONSE = dns(0x0100), dns(0x8180)


def test_a_query_and_its_response(tmp_path: Path) -> None:
    analysis = recorded(tmp_path, at(1, asked(framed(QUERY))), at(1.1, answered(framed(RESPONSE))))
    assert rows(analysis) == [("tcp", 7, "replied", 1)]
    assert [status(analysis, rule) for rule in ("dns-answered", "dns-prompt", "dns-not-refused")] == ["pass"] * 3


def test_a_query_that_nobody_answers_fails_and_tcps_repeats_are_no_attempts(tmp_path: Path) -> None:
    analysis = recorded(tmp_path, *(at(n, asked(framed(QUERY), ip_id=round(n * 10))) for n in (1, 1.2, 1.6, 2.4, 4)))
    assert rows(analysis) == [("tcp", 7, "unanswered", 1)]
    assert analysis.verdict == "fail"
    assert status(analysis, "dns-answered") == "fail"


def test_the_codes_of_responses_count(tmp_path: Path) -> None:
    analysis = recorded(tmp_path, at(1, asked(framed(QUERY))), at(1.1, answered(framed(dns(0x8185)))))
    assert status(analysis, "dns-not-refused") == "fail"


def test_several_queries_of_one_connection(tmp_path: Path) -> None:
    frames = []
    for n in range(3):
        message, back = dns(0x0100, 20 + n, kind=28), dns(0x8180, 20 + n, kind=28)
        frames += [at(1 + n, asked(framed(message), seq=2 + 100 * n)), at(1.1 + n, answered(framed(back), 2 + 100 * n))]
    assert rows(recorded(tmp_path, *frames)) == [("tcp", 20 + n, "replied", 1) for n in range(3)]


def test_a_length_that_is_sent_by_itself(tmp_path: Path) -> None:
    """As some resolvers write it: two bytes, then the message."""
    frames = [
        at(1, asked(framed(QUERY)[:2])),
        at(1.01, asked(QUERY, seq=4)),
        at(1.1, answered(framed(RESPONSE)[:2])),
        at(1.11, answered(RESPONSE, seq=4)),
    ]
    assert rows(recorded(tmp_path, *frames)) == [("tcp", 7, "replied", 1)]


def test_of_several_messages_in_a_segment_the_first_is_read(tmp_path: Path) -> None:
    both = framed(dns(0x0100, 1)) + framed(dns(0x0100, 2, kind=28))
    frames = [at(1, asked(both)), at(1.1, answered(framed(dns(0x8180, 1)))), at(1.2, answered(framed(dns(0x8180, 2))))]
    assert rows(recorded(tmp_path, *frames)) == [("tcp", 1, "replied", 1)]


def test_a_message_whose_header_goes_on_in_the_next_segment_is_passed_over(tmp_path: Path) -> None:
    parts = framed(QUERY)[:10], framed(QUERY)[10:]
    frames = [at(1, asked(parts[0])), at(1.01, asked(parts[1], seq=12)), at(1.1, answered(framed(RESPONSE)))]
    assert rows(recorded(tmp_path, *frames)) == []


def test_a_long_response_counts_by_its_beginning(tmp_path: Path) -> None:
    long = struct.pack(">H", 4000) + RESPONSE + bytes(1000)
    frames = [at(1, asked(framed(QUERY))), at(1.1, answered(long)), at(1.2, answered(bytes(1400), seq=1500))]
    assert rows(recorded(tmp_path, *frames)) == [("tcp", 7, "replied", 1)]


def test_truncation_then_tcp_is_no_fault(tmp_path: Path) -> None:
    truncated = udp(FROM, dns(0x8180 | TRUNCATED), src=RESOLVER, dst=POD_IP, eth=(NODE, OTHER))
    frames = [
        at(1, query()),
        at(1.01, truncated),
        at(1.1, asked(framed(QUERY))),
        at(1.2, answered(framed(RESPONSE))),
    ]
    analysis = recorded(tmp_path, *frames)
    assert sorted(rows(analysis)) == [("tcp", 7, "replied", 1), ("udp", 7, "replied", 1)]
    assert status(analysis, "dns-answered") == status(analysis, "dns-prompt") == "pass"


def test_a_question_by_udp_is_not_answered_by_tcp(tmp_path: Path) -> None:
    """UDP is lost, which the resolver makes good: the loss stays one."""
    frames = [at(1, query()), at(6, query()), at(11, asked(framed(QUERY))), at(11.1, answered(framed(RESPONSE)))]
    analysis = recorded(tmp_path, *frames)
    assert sorted(rows(analysis)) == [("tcp", 7, "replied", 1), ("udp", 7, "unanswered", 2)]
    assert status(analysis, "dns-answered") == "fail"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0",
        bytes(2),
        b"GET / HTTP/1.1\r\n\r\n" * 3,
        bytes(60),
        b"\xff" * 60,
        framed(dns(0x2800)),
        framed(QUERY)[:-1],
    ],
    ids=["nothing", "a byte", "two", "http", "zeros", "ones", "update", "cut"],
)
def test_what_is_no_message(data: bytes, tmp_path: Path) -> None:
    analysis = recorded(tmp_path, at(1, asked(data)))
    assert len(rows(analysis)) == (1 if data == framed(QUERY)[:-1] else 0)


def test_a_response_by_udp_to_the_same_port_and_identifier_is_another(tmp_path: Path) -> None:
    analysis = recorded(tmp_path, at(1, asked(framed(QUERY))), at(1.1, response()))
    assert rows(analysis) == [("tcp", 7, "unanswered", 1)]


@pytest.mark.skipif(bool(NOT_COMPILED), reason=NOT_COMPILED)
def test_both_loops_agree(tmp_path: Path) -> None:
    frames = [at(1, asked(framed(QUERY))), at(1.1, answered(framed(RESPONSE))), at(2, asked(QUERY, seq=90))]
    compiled = rows(recorded(tmp_path, *frames))
    with plain_loops():
        assert rows(recorded(tmp_path, *frames)) == compiled
