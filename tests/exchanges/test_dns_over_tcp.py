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


def test_each_message_of_a_segment_is_read(tmp_path: Path) -> None:
    """As glibc writes A and AAAA; the server answers them one by one, or not."""
    both = framed(dns(0x0100, 1)) + framed(dns(0x0100, 2, kind=28))
    first = [at(1, asked(both)), at(1.1, answered(framed(dns(0x8180, 1))))]
    second = at(1.2, answered(framed(dns(0x8180, 2, kind=28)), seq=2 + len(framed(RESPONSE))))
    analysis = recorded(tmp_path, *first, second)
    assert rows(analysis) == [("tcp", 1, "replied", 1), ("tcp", 2, "replied", 1)]
    assert status(analysis, "dns-answered") == "pass"
    analysis = recorded(tmp_path, *first)
    assert sorted(rows(analysis)) == [("tcp", 1, "replied", 1), ("tcp", 2, "unanswered", 1)]
    assert status(analysis, "dns-answered") == "fail"


@pytest.mark.parametrize("at_byte", range(1, len(framed(dns(0x0100)))))
def test_a_message_in_two_segments_is_put_together(at_byte: int, tmp_path: Path) -> None:
    """Wherever it is cut, and whether it is a query or a response; a repeat of the first part changes nothing."""
    there, back = framed(QUERY), framed(RESPONSE)
    frames = [
        at(1, asked(there[:at_byte])),
        at(1.01, asked(there[:at_byte], ip_id=2)),
        at(1.02, asked(there[at_byte:], seq=2 + at_byte)),
    ]
    assert rows(recorded(tmp_path, *frames)) == [("tcp", 7, "unanswered", 1)]
    frames += [at(1.1, answered(back[:at_byte])), at(1.11, answered(back[at_byte:], seq=2 + at_byte))]
    assert rows(recorded(tmp_path, *frames)) == [("tcp", 7, "replied", 1)]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 40, 60])
def test_a_connection_in_pieces_of_any_size(size: int, tmp_path: Path) -> None:
    there = b"".join(framed(dns(0x0100, 20 + n)) for n in range(5))
    back = b"".join(framed(dns(0x8180, 20 + n) + bytes(300 * n)) for n in range(4))
    frames = [at(1 + n / 1000, asked(there[n : n + size], seq=2 + n)) for n in range(0, len(there), size)]
    frames += [at(2 + n / 1000, answered(back[n : n + size], seq=2 + n)) for n in range(0, len(back), size)]
    expected = [("tcp", 20 + n, "replied", 1) for n in range(4)] + [("tcp", 24, "unanswered", 1)]
    assert sorted(rows(recorded(tmp_path, *frames))) == expected


def test_what_a_hole_leaves_is_read_where_a_message_begins(tmp_path: Path) -> None:
    """The first query was not recorded, then it was sent again: it counts, as does what came before that."""
    first, second, third = (framed(dns(0x0100, 20 + n)) for n in range(3))
    frames = [
        at(1.1, asked(second, seq=2 + len(first))),
        at(1.2, asked(first, ip_id=2)),
        at(1.3, asked(third, seq=2 + len(first + second))),
    ]
    assert sorted(rows(recorded(tmp_path, *frames))) == [("tcp", 20 + n, "unanswered", 1) for n in range(3)]


def test_a_connection_between_the_same_ports_begins_again(tmp_path: Path) -> None:
    frames = [
        at(1, asked(framed(QUERY))),
        at(1.1, answered(framed(RESPONSE))),
        at(2, tcp(SYN, TO, dst=RESOLVER)),
        at(2.1, tcp_back(SYN_ACK, FROM, src=RESOLVER, ack=2)),
        at(2.2, asked(framed(dns(0x0100, 9)))),
    ]
    assert rows(recorded(tmp_path, *frames)) == [("tcp", 7, "replied", 1), ("tcp", 9, "unanswered", 1)]


def test_many_messages_in_a_segment_are_all_counted(tmp_path: Path) -> None:
    """As many as there is room for in a batch; that others are missing is said."""
    tail = struct.pack(">5H", 0x0100, 1, 0, 0, 0) + bytes(5)
    for segments, enough in ((2, True), (4, False)):
        frames, seq = [], 2
        for segment in range(segments):
            data = b"".join(framed(struct.pack(">H", 3000 * segment + n) + tail) for n in range(3000))
            frames.append(at(1 + segment / 10, asked(data, seq=seq)))
            seq += len(data)
        analysis = recorded(tmp_path, *frames)
        said = [problem.message for problem in analysis.captures[0].problems]
        assert (len(rows(analysis)) == 3000 * segments) is enough
        assert len(rows(analysis)) >= 6000
        assert said == ([] if enough else ["more DNS messages were in a segment of TCP than were looked at"])


def test_a_response_without_a_question_is_one(tmp_path: Path) -> None:
    refusal = framed(struct.pack(">6H", 7, 0x8185, 0, 0, 0, 0))
    analysis = recorded(tmp_path, at(1, asked(framed(QUERY))), at(1.1, answered(refusal)))
    assert rows(analysis) == [("tcp", 7, "replied", 1)]
    assert status(analysis, "dns-not-refused") == "fail"


def test_what_tcpdump_does_not_print_of_dns_is_said_to_be_missing(tmp_path: Path) -> None:
    """It prints a message only where that is all of a segment."""
    path = tmp_path / "pasted.txt"
    path.write_text(
        "22:13:21.00 IP 10.244.1.10.40311 > 10.96.0.10.53: Flags [P.], seq 1:99, ack 1, win 65535, length 98 "
        "[prefix length(47) != length(96)] (invalid)\n"
        "22:13:21.10 IP 10.96.0.10.53 > 10.244.1.10.40311: Flags [P.], seq 1:50, ack 99, win 65535, length 49 "
        "1 0/0/0 (47)\n"
    )
    analysis = analyze(path)
    (problem,) = analysis.captures[0].problems
    assert problem.message.startswith("tcpdump does not print the DNS messages of 1 segment of TCP (first: line 1)")
    assert "no DNS" not in analysis.headline


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
        b"GET / HTTP/1.1\r\n\r\n" * 50,
        b"\x10\0" + b"\xff" * 1000,
    ],
    ids=["nothing", "a byte", "two", "http", "zeros", "ones", "update", "not whole", "long http", "long"],
)
def test_what_is_no_message(data: bytes, tmp_path: Path) -> None:
    analysis = recorded(tmp_path, at(1, asked(data)))
    assert rows(analysis) == []


def test_a_response_by_udp_to_the_same_port_and_identifier_is_another(tmp_path: Path) -> None:
    analysis = recorded(tmp_path, at(1, asked(framed(QUERY))), at(1.1, response()))
    assert rows(analysis) == [("tcp", 7, "unanswered", 1)]


@pytest.mark.skipif(bool(NOT_COMPILED), reason=NOT_COMPILED)
def test_both_loops_agree(tmp_path: Path) -> None:
    frames = [
        at(1, asked(framed(QUERY))),
        at(1.1, answered(framed(RESPONSE))),
        at(2, asked(QUERY, seq=90)),
        at(3, asked(framed(QUERY)[:5], seq=2 + len(framed(QUERY)))),
        at(3.1, asked(framed(QUERY)[5:] + framed(dns(0x0100, 8)), seq=7 + len(framed(QUERY)))),
    ]
    compiled = rows(recorded(tmp_path, *frames))
    with plain_loops():
        assert rows(recorded(tmp_path, *frames)) == compiled
