"""Transfers: what is counted of a TCP connection after its handshake, and which of them are faults."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from pcapcheck import analyze
from pcapcheck.analysis import Analysis
from tests.support.kernels import NOT_COMPILED, plain_loops
from tests.support.lab import captures
from tests.support.transcripts import MISSING, transcript
from tests.support.wire import BEGIN, MS, POD, SECOND, Frame, answer, ask, mac, tcp, tcp_back, write_pcap

SYN, SYN_ACK, ACK, PUSH, FIN, RST = 0x02, 0x12, 0x10, 0x18, 0x11, 0x04
RESOLVED = [(BEGIN, ask()), (BEGIN + MS, answer())]
AGAIN = (1.0, 1.2, 1.6, 2.4, 4.0)
TWO = ("tcp-progresses", "tcp-not-reset-midway")


def at(seconds: float, frame: bytes) -> Frame:
    return BEGIN + round(seconds * SECOND), frame


OPENED = [
    at(0.5, tcp(SYN, seq=100)),
    at(0.51, tcp_back(SYN_ACK, seq=700, ack=101)),
    at(0.52, tcp(ACK, seq=101, ack=701)),
]


def data(seq: int, size: int, **more: object) -> bytes:
    return tcp(PUSH, seq=seq, ack=701, data=bytes(size), **more)  # type: ignore[arg-type]


def acked(upto: int, **more: object) -> bytes:
    return tcp_back(ACK, seq=701, ack=upto, **more)  # type: ignore[arg-type]


def recorded(folder: Path, *frames: Frame, name: str = "cali14e7d81007d.pcap") -> Analysis:
    return analyze(write_pcap(folder / name, [*RESOLVED, *frames]))


def judged(analysis: Analysis) -> dict[str, tuple[str, int]]:
    """What the two rules come to, and how many rows are unknown."""
    by_id = {finding.rule.id: finding for finding in analysis.findings}
    return {name: (by_id[name].status, by_id[name].unknown) for name in TWO}


def row(folder: Path, *frames: Frame) -> dict[str, object]:
    table = recorded(folder, *frames).transfers
    assert len(table) == 1
    values = table.astype(object).where(table.notna(), None)
    return {str(name): value for name, value in values.iloc[0].items()}


@pytest.mark.parametrize(
    ("last", "segments", "duration"), [(100, 4, 3.03), (300, 2, 0.03)], ids=["the same SYN", "another attempt"]
)
def test_a_syn_that_is_sent_again_is_counted(last: int, segments: int, duration: float, tmp_path: Path) -> None:
    found = row(
        tmp_path,
        at(0.5, tcp(SYN, seq=100, ttl=64)),
        at(1.5, tcp(SYN, seq=100, ttl=64)),
        at(3.5, tcp(SYN, seq=last, ttl=64)),
        at(3.51, tcp_back(SYN_ACK, seq=700, ack=last + 1)),
        at(3.52, tcp(PUSH, seq=last + 1, ack=701, data=bytes(9))),
        at(3.53, acked(last + 10)),
    )
    assert (found["asker.segments"], found["asked.segments"], found["asker.bytes"]) == (segments, 2, 9)
    assert (found["duration"].total_seconds(), found["outcome"]) == (pytest.approx(duration), "open")  # type: ignore[attr-defined]


def test_a_syn_that_only_itself_followed_is_no_transfer(tmp_path: Path) -> None:
    analysis = recorded(tmp_path, *(at(seconds, tcp(SYN, seq=100)) for seconds in (0.5, 1.5, 3.5)))
    assert len(analysis.transfers) == 0
    assert list(analysis.connections["attempts"]) == [3]


def test_each_side_is_counted(tmp_path: Path) -> None:
    found = row(
        tmp_path,
        *OPENED,
        at(1, data(101, 500)),
        at(1.01, acked(601, win=0)),
        at(1.5, acked(601)),
        at(2, data(601, 300)),
        at(2.3, data(601, 300)),
        at(2.31, tcp_back(PUSH, seq=701, ack=901, data=bytes(40))),
        at(2.32, tcp(FIN, seq=901, ack=741)),
    )
    assert (found["src_port"], found["dst_port"], found["outcome"], found["begun"]) == (
        40000,
        80,
        "closed",
        "handshake",
    )
    assert (found["asker.bytes"], found["asker.resent"], found["asker.resent_bytes"]) == (1100, 1, 300)
    assert (found["asker.segments"], found["asked.segments"], found["asked.bytes"]) == (6, 4, 40)
    assert (found["asked.zero_windows"], found["asker.unacked"], found["asker.largest_unacked"]) == (1, 0, None)
    assert (found["asker.finished"], found["asked.finished"], found["asker.ttl"], found["asked.ttl"]) == (
        True, False, 64, 63
    )  # fmt: skip


def test_the_asker_is_who_opened_it_or_has_the_higher_port(tmp_path: Path) -> None:
    first = [at(1, tcp_back(PUSH, seq=701, ack=101, data=b"x")), at(1.1, tcp(ACK, seq=101, ack=702))]
    found = row(tmp_path, *first)
    assert (str(found["src"]), found["dst_port"], found["begun"]) == ("10.244.1.10", 80, "midstream")


NOT_RESENT = {
    "recorded twice": [at(1, data(101, 500)), at(1.0001, data(101, 500)), at(1.1, acked(601))],
    "recorded twice in a burst": [
        frame for n in range(9) for t in (0, 0.0012) for frame in [at(1 + n / 10000 + t, data(101 + 500 * n, 500))]
    ],
    "keep-alive segments": [at(1, data(101, 500)), at(1.1, acked(601)), *(at(n, data(600, 1)) for n in range(2, 9))],
    "probes of a closed window": [
        at(1, data(101, 500)),
        at(1.1, acked(601, win=0)),
        *(at(n, data(601, 1)) for n in (2, 3, 5, 9, 17)),
    ],
}


@pytest.mark.parametrize("frames", NOT_RESENT.values(), ids=NOT_RESENT)
def test_what_is_not_sent_again(frames: list[Frame], tmp_path: Path) -> None:
    assert row(tmp_path, *OPENED, *sorted(frames))["asker.resent"] == 0


def keep_alive(seq: int, size: int = 0) -> bytes:
    return tcp(ACK, seq=seq - 1, ack=701, data=bytes(size))


IDLE = [*OPENED, at(1, data(101, 500)), at(1.1, acked(601))]
NOT_STUCK = {
    "each is answered": [each for n in range(2, 9) for each in (at(n, keep_alive(601)), at(n + 0.01, acked(601)))],
    "the last is answered": [*(at(n, keep_alive(601)) for n in range(2, 9)), at(9, acked(601))],
    "data of the other side answers": [
        *(at(n, keep_alive(601)) for n in range(2, 9)),
        at(9, tcp_back(PUSH, seq=701, ack=601, data=b"x")),
        at(9.1, tcp(ACK, seq=601, ack=702)),
    ],
    "three of them": [at(n, keep_alive(601)) for n in (2, 4, 6)],
    "recorded twice": [at(n + twice, keep_alive(601)) for n in (2, 6) for twice in (0, 0.001)],
    "bare acknowledgements": [at(n, keep_alive(602)) for n in range(2, 9)],
    "a closed window is probed": [at(1.2, acked(601, win=0)), *(at(n, keep_alive(601)) for n in range(2, 9))],
}


@pytest.mark.parametrize("frames", NOT_STUCK.values(), ids=NOT_STUCK)
def test_keep_alives_that_are_no_fault(frames: list[Frame], tmp_path: Path) -> None:
    analysis = recorded(tmp_path, *IDLE, *frames)
    assert judged(analysis)["tcp-progresses"] == ("pass", 0)


@pytest.mark.parametrize("size", [0, 1])
def test_keep_alives_that_nobody_answers(size: int, tmp_path: Path) -> None:
    """RFC 9293, section 3.8.4; some hold a byte that was sent before."""
    frames = [at(n, keep_alive(601, size)) for n in (2, 3, 4, 5)]
    analysis = recorded(tmp_path, *IDLE, *frames)
    assert judged(analysis)["tcp-progresses"] == ("fail", 0)
    assert "gets no answer (sent 4 times over 3 s)" in analysis.headline
    assert ("TCP keep-alive to" in analysis.headline) is (size == 0)


def test_data_that_stalls_after_keep_alives_were_answered(tmp_path: Path) -> None:
    answered = [at(2, keep_alive(601)), at(2.1, acked(601)), at(3, keep_alive(601))]
    stuck = [at(3.05 + n, data(601, 300)) for n in AGAIN]
    analysis = recorded(tmp_path, *IDLE, *answered, *stuck)
    assert judged(analysis)["tcp-progresses"] == ("fail", 0)
    assert "TCP data to" in analysis.headline


def test_texts_without_numbers_of_acknowledgements_tell_no_keep_alive(tmp_path: Path) -> None:
    """tcpdump prints no sequence number of a segment without data; what it leaves out is no 0 in front of a 1."""
    lines = [
        f"12:00:0{n}.000000 IP 10.244.1.10.40000 > 10.244.1.11.80: Flags [.], ack 1, win 502, length 0"
        for n in range(2, 9)
    ]
    first = [
        "12:00:00.000000 IP 10.244.1.10.40000 > 10.244.1.11.80: Flags [S], seq 100, win 502, length 0",
        "12:00:00.001000 IP 10.244.1.11.80 > 10.244.1.10.40000: Flags [S.], seq 700, ack 101, win 502, length 0",
        "12:00:00.002000 IP 10.244.1.11.80 > 10.244.1.10.40000: Flags [.], ack 1, win 502, length 0",
    ]
    path = tmp_path / "cali14e7d81007d.txt"
    path.write_text("\n".join([*first, *lines]) + "\n")
    assert list(analyze(path).transfers["outcome"]) != ["stalled"]


def test_what_is_sent_again_amid_new_data_is_counted(tmp_path: Path) -> None:
    sent = [at(1 + n / 1000, data(101 + 500 * n, 500)) for n in range(20)]
    assert row(tmp_path, *OPENED, *sorted([*sent, at(1.0125, data(101, 500))]))["asker.resent"] == 1


def test_the_mss_of_either_side(tmp_path: Path) -> None:
    def offering(segment: bytes, mss: int) -> bytes:
        """A SYN with two options: nothing, then the MSS; its checksum is then wrong, which nobody looks at here."""
        frame = bytearray(segment + struct.pack(">BBBBHBB", 1, 1, 2, 4, mss, 1, 0))
        frame[46] = 7 << 4
        frame[16:18] = struct.pack(">H", len(frame) - 14)
        return bytes(frame)

    opened = [at(0.5, offering(tcp(SYN, seq=100), 1410)), at(0.51, offering(tcp_back(SYN_ACK, seq=700, ack=101), 1360))]
    found = row(tmp_path, *opened, *OPENED[2:])
    assert (found["asker.mss"], found["asked.mss"]) == (1410, 1360)


STUCK = [at(n, data(101, 500)) for n in AGAIN]
VERDICTS = {
    "stuck": (STUCK, ("fail", 0), ("not-checked", 0)),
    "arrived": ([at(1, data(101, 500)), at(1.1, acked(601))], ("pass", 0), ("pass", 0)),
    "in flight": ([at(1, data(101, 500))], ("not-checked", 1), ("pass", 0)),
    "reset midway": ([at(1, data(101, 500)), at(1.1, tcp_back(RST, seq=701))], ("not-checked", 0), ("fail", 0)),
    # Acknowledged by TCP, and no answer.
    "reset instead of an answer": (
        [at(1, data(101, 500)), at(1.1, tcp_back(RST | ACK, seq=701, ack=601))],
        ("not-checked", 0),
        ("fail", 0),
    ),
    # As of a process that ends with a question unread.
    "reset instead of a further answer": (
        [
            at(1, data(101, 500)),
            at(1.1, tcp_back(PUSH, seq=701, ack=601, data=bytes(40))),
            at(2, tcp(PUSH, seq=601, ack=741, data=bytes(300))),
            at(2.1, tcp_back(RST | ACK, seq=741, ack=901)),
        ],
        ("not-checked", 0),
        ("fail", 0),
    ),
    # As health checks end: whoever asked has its answer.
    "reset by the asker, which was answered": (
        [
            at(1, data(101, 500)),
            at(1.1, tcp_back(PUSH, seq=701, ack=601, data=bytes(40))),
            at(1.2, tcp(RST | ACK, seq=601, ack=741)),
        ],
        ("pass", 0),
        ("pass", 0),
    ),
    "reset by the asker, which was greeted": (
        [at(1, tcp_back(PUSH, seq=701, ack=101, data=bytes(40))), at(1.2, tcp(RST | ACK, seq=101, ack=741))],
        ("pass", 0),
        ("pass", 0),
    ),
    "reset when nothing is under way": (
        [
            at(1, data(101, 500)),
            at(1.1, tcp_back(PUSH, seq=701, ack=601, data=bytes(40))),
            at(1.2, tcp(ACK, seq=601, ack=741)),
            at(60, tcp_back(RST | ACK, seq=741, ack=601)),
        ],
        ("pass", 0),
        ("pass", 0),
    ),
    "reset after the end": (
        [at(1, data(101, 500)), at(1.1, tcp(FIN, seq=601, ack=701)), at(1.2, tcp_back(RST, seq=701))],
        ("pass", 0),
        ("pass", 0),
    ),
    "stuck, then reset: said once": ([*STUCK, at(4.1, tcp_back(RST, seq=701))], ("fail", 0), ("not-checked", 0)),
    "no data": ([at(1, tcp(FIN, seq=101, ack=701))], ("not-checked", 0), ("not-checked", 0)),
}


@pytest.mark.parametrize(("frames", "progresses", "whole"), VERDICTS.values(), ids=VERDICTS)
def test_verdicts(frames: list[Frame], progresses: tuple[str, int], whole: tuple[str, int], tmp_path: Path) -> None:
    analysis = recorded(tmp_path, *OPENED, *frames)
    assert judged(analysis) == dict(zip(TWO, (progresses, whole), strict=True))
    assert not analysis.unanswered


def test_a_lone_reset_after_one_segment_is_judged(tmp_path: Path) -> None:
    """The recording begins in the middle, and the other end, or a node, knows nothing of the connection any more."""
    analysis = recorded(tmp_path, at(1, data(101, 500)), at(1.1, tcp_back(RST, seq=701)))
    assert judged(analysis)["tcp-not-reset-midway"] == ("fail", 0)
    assert list(analysis.transfers["begun"]) == ["midstream"]


def test_a_refusal_is_no_transfer(tmp_path: Path) -> None:
    refused = [at(1, tcp(SYN, seq=100)), at(1.1, tcp_back(RST | ACK, ack=101))]
    analysis = recorded(tmp_path, *refused)
    assert analysis.transfers.empty
    assert judged(analysis) == dict.fromkeys(TWO, ("not-checked", 0))


def test_one_direction_is_unknown(tmp_path: Path) -> None:
    sent = [frame for frame in OPENED if frame != OPENED[1]] + [at(1 + n, data(101 + 9 * n, 9)) for n in range(3)]
    analysis = recorded(tmp_path, *sent)
    assert judged(analysis) == dict.fromkeys(TWO, ("not-checked", 1))


@pytest.mark.parametrize(("ttl", "forged"), [(63, False), (64, True)])
def test_a_reset_with_another_ttl_is_somebody_elses(ttl: int, forged: bool, tmp_path: Path) -> None:
    reset = at(1.1, tcp_back(RST, seq=701, ttl=ttl))
    analysis = recorded(tmp_path, *OPENED, at(1, data(101, 500)), reset)
    found = analysis.transfers.iloc[0]
    assert (found["reset_forged"], found["reset_ttl"], found["sender_side"]) == (forged, ttl, "node")
    causes = {suspect.cause.id for diagnosis in analysis.diagnoses for suspect in diagnosis.confirmed}
    assert causes == ({"reset-in-its-name"} if forged else set())


def test_off_the_pods_links_it_is_a_question(tmp_path: Path) -> None:
    def by(frame: Frame) -> Frame:
        """The same between two machines of a network."""
        time, sent = frame
        ends = mac("02:00:00:00:00:02"), mac("02:00:00:00:00:01")
        return time, b"".join(ends if sent[6:12] == mac(POD) else ends[::-1]) + sent[12:]

    analysis = analyze(write_pcap(tmp_path / "eth0.pcap", [by(frame) for frame in (*OPENED, *STUCK)]))
    assert [question.about for question in analysis.unanswered] == ["TCP data to 10.244.1.11 port 80"]


def _printed(capture: Path, folder: Path, *options: str) -> Path:
    folder.mkdir()
    text = transcript(capture, folder, *options)
    assert text is not None
    return text


@pytest.mark.skipif(bool(MISSING), reason=MISSING)
@pytest.mark.parametrize("options", [("-v", "-e"), ("-e",)])
def test_a_text_has_the_same_rows(options: tuple[str, ...], tmp_path: Path) -> None:
    """Without -v it shows no TTLs, and none is made up."""
    captured = tmp_path / "cali14e7d81007d.pcap"
    first, second = 3_000_000_001, 2_000_000_001
    frames = [
        at(0.5, tcp(SYN, seq=first - 1)),
        at(0.51, tcp_back(SYN_ACK, seq=second - 1, ack=first)),
        at(0.52, tcp(ACK, seq=first, ack=second)),
        at(1, tcp(PUSH, seq=first, ack=second, data=bytes(500))),
        at(1.01, tcp_back(ACK, seq=second, ack=first + 200)),
        at(1.2, tcp(PUSH, seq=first + 200, ack=second, data=bytes(300))),
        at(1.3, tcp_back(RST, seq=second)),
    ]
    whole = recorded(tmp_path, *frames)
    printed = analyze(_printed(captured, tmp_path / "text", *options))
    assert judged(printed) == judged(whole)
    lacking = set() if "-v" in options else {"asker.ttl", "asked.ttl", "reset_ttl", "reset_forged"}
    left_out = {"capture", "time", "calico", "side_evidence", "pod.mac", "eth_dst", *lacking}
    columns = [name for name in whole.transfers if name not in left_out]
    one, other = (analysis.transfers[columns].astype(str).fillna("").iloc[0].to_dict() for analysis in (whole, printed))
    assert one == other
    assert printed.transfers[sorted(lacking)].isna().all(axis=None)


@pytest.mark.skipif(bool(NOT_COMPILED), reason=NOT_COMPILED)
def test_plain_and_compiled_agree(tmp_path: Path) -> None:
    frames = [*OPENED, *STUCK, at(5, tcp_back(RST, seq=701))]
    compiled = recorded(tmp_path, *frames).transfers
    with plain_loops():
        plain = recorded(tmp_path, *frames).transfers
    assert compiled.equals(plain)


def interleaved(folder: Path, count: int) -> list[tuple[object, ...]]:
    """Transfers among SYNs that nobody answers: each is opened, and goes on only after the next SYNs."""
    opened, going_on = [], []
    for number in range(count):
        ports = (1024 + number, 80)
        opened.append((1 + number * 0.001, tcp(SYN, ports, seq=100, ttl=number % 200 + 20)))
        if number % 3 == 0:
            later = 1 + (number + 7) * 0.001
            going_on += [
                (later, tcp_back(SYN_ACK, ports[::-1], seq=700, ack=101)),
                (later + 0.0001, tcp(PUSH, ports, seq=101, ack=701, data=bytes(1 + number))),
                (later + 0.0002, tcp_back(ACK, ports[::-1], seq=701, ack=102 + number)),
            ]
        elif number % 3 == 1:
            # Asked again: still no transfer.
            going_on.append((1 + (number + 5) * 0.001, tcp(SYN, ports, seq=100)))
    frames = [at(*sent) for sent in sorted([*opened, *going_on])]
    table = recorded(folder, *frames).transfers
    columns = ["src_port", "asker.segments", "asker.bytes", "asker.ttl", "begun"]
    return list(table[columns].astype(object).itertuples(index=False, name=None))


def test_syns_that_nobody_answers_are_none_and_change_none(tmp_path: Path) -> None:
    """Of what is more than a SYN all is counted from its first segment on, also as room for it is used again."""
    count = 1500
    found = interleaved(tmp_path, count)
    assert sorted(found) == [(1024 + number, 2, 1 + number, 64, "handshake") for number in range(0, count, 3)]


def test_a_syn_with_data_that_is_followed_by_another_is_no_part_of_its_connection(tmp_path: Path) -> None:
    again = [at(5, tcp(SYN, seq=900)), at(5.01, tcp_back(SYN_ACK, seq=700, ack=901)), at(5.02, data(901, 10))]
    found = row(tmp_path, at(1, tcp(SYN, seq=100, data=bytes(5))), *again, at(5.03, acked(911)))
    assert (found["asker.segments"], found["asker.bytes"]) == (2, 10)


@pytest.mark.parametrize(
    ("scenario", "where"),
    [
        ("receiver-hangs-up", "first seen on calieabe7761b00, coming from the pod (frame 14 of calieabe7761b00.pcap)"),
        ("reset-midway", "first seen on cali14e7d81007d, coming from the node"),
    ],
)
def test_where_a_reset_was_seen_first_is_said(scenario: str, where: str) -> None:
    """At the asker's link: a pod's own comes from the other pod's, a node's from the node."""
    finding = next(one for one in analyze(*captures(scenario)).findings if one.rule.id == TWO[1])
    assert any(where in row.observed for row in finding.evidence), [row.observed for row in finding.evidence]


def test_one_link_alone_does_not_say_where_a_reset_was_seen_first() -> None:
    finding = next(one for one in analyze(captures("reset-midway")[0]).findings if one.rule.id == TWO[1])
    assert all("first seen" not in row.observed for row in finding.evidence)
