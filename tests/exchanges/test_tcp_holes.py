"""Holes: data that the recorded link never shows, while what comes after it, and who waits for it, is seen there."""

from __future__ import annotations

import random
import struct
from pathlib import Path

import pytest

from pcapcheck import analyze
from pcapcheck.analysis import Analysis
from tests.support.kernels import NOT_COMPILED, plain_loops
from tests.support.lab import captures
from tests.support.transcripts import MISSING, transcript
from tests.support.wire import (
    BEGIN,
    MS,
    NODE,
    POD,
    SECOND,
    Frame,
    answer,
    ask,
    mac,
    read_frames,
    tcp,
    tcp_back,
    write_pcap,
)

SYN, SYN_ACK, ACK, PUSH, FIN, RST = 0x02, 0x12, 0x10, 0x18, 0x11, 0x04
RULE = "tcp-progresses"
LINK = "cali14e7d81007d.pcap"


def at(seconds: float, frame: bytes) -> Frame:
    return BEGIN + round(seconds * SECOND), frame


# Far from 0 and 1, where the numbers that tcpdump prints begin; the first numbers are 0 here.
ASKER, SENDER = 3_000_000_000, 4_294_960_000


def pod(flags: int, seq: int, ack: int = 0, size: int = 0, win: int = 65535) -> bytes:
    ack = (SENDER + ack) % 2**32 if flags & ACK else 0
    return tcp(flags, seq=ASKER + seq, ack=ack, data=bytes(size), win=win)


def asked(ack: int, win: int = 65535) -> bytes:
    """The pod, which asked for a download, says what it has of it."""
    return pod(ACK, 101, ack, win=win)


def sent(seq: int, size: int, flags: int = PUSH) -> bytes:
    return tcp_back(flags, seq=(SENDER + seq) % 2**32, ack=ASKER + 101, data=bytes(size))


RESOLVED = [(BEGIN, ask()), (BEGIN + MS, answer())]
OPENED = [
    at(0.5, pod(SYN, 0)),
    at(0.51, tcp_back(SYN_ACK, seq=SENDER, ack=ASKER + 1)),
    at(0.52, pod(ACK, 1, 1)),
    at(0.53, pod(PUSH, 1, 1, 100)),
    at(0.54, sent(1, 0, ACK)),
]
# 2800 bytes are missing.
TAIL, FIN_ALONE, BARE = sent(2801, 90), sent(2801, 0, FIN), sent(2801, 0, ACK)


def recorded(folder: Path, *frames: Frame) -> Analysis:
    return analyze(write_pcap(folder / LINK, [*RESOLVED, *frames]))


def judged(analysis: Analysis) -> tuple[str, int]:
    finding = next(one for one in analysis.findings if one.rule.id == RULE)
    return finding.status, finding.unknown


@pytest.mark.parametrize("ahead", [TAIL, FIN_ALONE, BARE], ids=["a small tail", "a FIN", "a bare ACK"])
def test_large_segments_that_never_come_fail(ahead: bytes, tmp_path: Path) -> None:
    waits = [at(0.61, asked(1)), at(2, asked(1)), at(5.6, asked(1))]
    analysis = recorded(tmp_path, *OPENED, at(0.6, ahead), *waits)
    assert judged(analysis) == ("fail", 0)
    assert analysis.headline.startswith(
        "10.244.1.11's TCP data to 10.244.1.10 port 40000 never arrives here (2800 bytes missing for 5 s)"
    )
    row = analysis.transfers.iloc[0]
    assert (row["outcome"], row["size"], row["sent_by"], row["sender_side"]) == ("missing", 2800, "asked", "node")


def test_who_gives_up_waiting_after_a_second_has_waited_long_enough(tmp_path: Path) -> None:
    waits = [at(0.6, TAIL), at(0.61, asked(1)), at(1.9, pod(FIN, 101, 1))]
    assert judged(recorded(tmp_path, *OPENED, *waits)) == ("fail", 0)
    reset = [*waits[:2], at(1.8, asked(1)), at(1.9, pod(RST, 101))]
    assert judged(recorded(tmp_path, *OPENED, *reset)) == ("fail", 0)


def test_the_middle_of_a_download_may_be_what_is_missing(tmp_path: Path) -> None:
    waits = [at(n, asked(101)) for n in (0.63, 1, 4)]
    analysis = recorded(tmp_path, *OPENED, at(0.6, sent(1, 100)), at(0.62, TAIL), *waits)
    assert judged(analysis) == ("fail", 0)
    assert list(analysis.transfers["size"]) == [2700]


def test_what_comes_late_shrinks_the_hole(tmp_path: Path) -> None:
    waits = [at(0.6, TAIL), at(0.61, asked(1)), at(1, sent(1, 1400)), at(1.01, asked(1401)), at(4.5, asked(1401))]
    analysis = recorded(tmp_path, *OPENED, *waits)
    assert (judged(analysis), list(analysis.transfers["size"])) == (("fail", 0), [1400])


def sack(ack: int, *blocks: tuple[int, int], stamped: bool = True) -> bytes:
    """A bare ACK with a SACK option (RFC 2018), behind a time stamp; its checksum is then wrong."""
    edges = b"".join(struct.pack(">II", (SENDER + left) % 2**32, (SENDER + right) % 2**32) for left, right in blocks)
    stamp = struct.pack(">BBBBII", 1, 1, 8, 10, 7, 7) if stamped else b""
    frame = bytearray(asked(ack) + stamp + struct.pack(">BBBB", 1, 1, 5, 2 + len(edges)) + edges)
    frame[46] = (len(frame) - 34) // 4 << 4
    frame[16:18] = struct.pack(">H", len(frame) - 14)
    return bytes(frame)


SILENT = {
    "it said what it has": (sack(1, (2801, 2891)), 5, "fail"),
    "it said so without a time stamp": (sack(1, (2801, 2891), stamped=False), 5, "fail"),
    "first it said what came twice": (sack(1, (-99, 1), (2801, 2891)), 5, "fail"),
    "it only said what came twice": (sack(1, (-99, 1)), 5, "not-checked"),
    "it may not have seen the tail yet": (asked(1), 5, "not-checked"),
    "the recording ends soon after": (sack(1, (2801, 2891)), 2.5, "not-checked"),
}


@pytest.mark.parametrize(("said", "later", "status"), SILENT.values(), ids=SILENT)
def test_whoever_is_silent_once_it_said_what_is_missing(said: bytes, later: float, status: str, tmp_path: Path) -> None:
    """What the sender sends again is lost each time; other frames show that the recording goes on."""
    frames = [at(0.6, TAIL), at(0.61, said), at(0.61 + later, ask())]
    analysis = recorded(tmp_path, *OPENED, *frames)
    assert judged(analysis)[0] == status
    if status == "fail":
        assert f"(2800 bytes missing for {later:.2g}" in analysis.headline


NO_FAULTS = {
    "it heals out of order": (
        [at(0.6, TAIL), at(0.61, asked(1)), at(0.7, sent(1, 2800)), at(0.71, asked(2891)), at(9, asked(2891))],
        "pass",
    ),
    "it heals backwards": (
        [
            at(0.6, TAIL),
            at(0.61, asked(1)),
            at(0.7, sent(1401, 1400)),
            at(0.71, asked(1)),
            at(0.8, sent(1, 1400)),
            at(0.81, asked(2891)),
            at(9, asked(2891)),
        ],
        "pass",
    ),
    "only the recorder missed it": ([at(0.6, TAIL), at(0.61, asked(2891)), at(9, asked(2891))], "pass"),
    "the recorder missed most of what healed it": (
        [at(0.6, TAIL), at(0.61, asked(1)), at(0.9, asked(1401)), at(1, asked(2891)), at(9, asked(2891))],
        "pass",
    ),
    "it is young at the end": ([at(0.6, TAIL), at(0.61, asked(1)), at(1.2, asked(1))], "not-checked"),
    "who gives up did not wait": ([at(0.6, TAIL), at(0.61, asked(1)), at(0.7, pod(FIN, 101, 1))], "not-checked"),
    "the receiver has no room": ([at(0.6, TAIL), *(at(n, asked(1, win=0)) for n in (1, 3, 9))], "not-checked"),
    "nobody says that it is missing": ([at(0.6, TAIL), at(9, TAIL)], "not-checked"),
    "both are closed": (
        [
            at(0.6, sent(1, 90)),
            at(0.61, asked(91)),
            at(0.7, sent(91, 0, FIN)),
            at(0.71, pod(FIN, 101, 92)),
            at(0.72, tcp_back(ACK, seq=(SENDER + 92) % 2**32, ack=ASKER + 102)),
            at(9, pod(ACK, 102, 92)),
        ],
        "pass",
    ),
    "a FIN was not recorded": (
        [
            at(0.6, sent(1, 90)),
            at(0.61, asked(91)),
            at(0.7, sent(92, 0, ACK)),
            *(at(n, asked(91)) for n in (1, 9)),
        ],
        "not-checked",
    ),
    "two connections with the same ends": (
        [
            at(0.6, sent(1, 90)),
            at(0.61, asked(91)),
            at(0.7, sent(3_000_000_001, 90)),
            *(at(n, asked(91)) for n in (1, 9)),
        ],
        "pass",
    ),
}


@pytest.mark.parametrize(("frames", "status"), NO_FAULTS.values(), ids=NO_FAULTS)
def test_what_is_no_fault(frames: list[Frame], status: str, tmp_path: Path) -> None:
    assert judged(recorded(tmp_path, *OPENED, *frames))[0] == status


MIDWAY = {
    "healthy": ([at(1, sent(9000, 90)), at(1.01, asked(9090)), at(8, asked(9090))], "pass"),
    "older data was under way": (
        [at(1, sent(9000, 90)), at(1.01, asked(5000)), at(1.02, asked(9090)), at(8, asked(9090))],
        "pass",
    ),
    "who waits was heard first": (
        [at(1, asked(5000)), at(1.1, sent(9000, 90)), *(at(n, asked(5000)) for n in (2, 8))],
        "fail",
    ),
    "one direction": ([at(1, sent(5000, 90)), at(1.1, sent(9000, 90)), at(8, sent(12000, 90))], "not-checked"),
}


@pytest.mark.parametrize(("frames", "status"), MIDWAY.values(), ids=MIDWAY)
def test_recordings_that_begin_midway(frames: list[Frame], status: str, tmp_path: Path) -> None:
    assert judged(recorded(tmp_path, *frames))[0] == status


def test_a_syn_with_other_numbers_begins_another_connection(tmp_path: Path) -> None:
    again = [at(1, tcp(SYN, seq=50)), at(1.01, tcp_back(SYN_ACK, seq=300, ack=51)), at(1.02, tcp(ACK, seq=51, ack=301))]
    going_on = [at(1.1, tcp(PUSH, seq=51, ack=301, data=bytes(40))), at(1.2, tcp_back(ACK, seq=301, ack=91))]
    analysis = recorded(tmp_path, *OPENED[:2], *again, *going_on, at(9, tcp(ACK, seq=91, ack=301)))
    row = analysis.transfers.iloc[0]
    assert (judged(analysis), row["outcome"], row["asker.resent"]) == (("pass", 0), "open", 0)


@pytest.mark.skipif(bool(MISSING), reason=MISSING)
def test_a_text_shows_the_same(tmp_path: Path) -> None:
    """tcpdump prints no number of a bare ACK: that it stands ahead is not seen there, nor made up."""
    waits = [at(n, asked(1)) for n in (0.61, 2, 5.6)]
    for name, ahead, status in (("tail", TAIL, "fail"), ("bare", BARE, "pass")):
        folder = tmp_path / name
        folder.mkdir()
        recorded(folder, *OPENED, at(0.6, ahead), *waits)
        text = transcript(folder / LINK, folder, "-e")
        assert text is not None
        assert judged(analyze(text))[0] == status


def test_on_a_nic_it_is_a_question(tmp_path: Path) -> None:
    ends = mac("02:00:00:00:00:02"), mac("02:00:00:00:00:01")
    frames = [*OPENED, at(0.6, TAIL), *(at(n, asked(1)) for n in (0.61, 2, 5.6))]
    moved = [(time, b"".join(ends if frame[6:12] == mac(POD) else ends[::-1]) + frame[12:]) for time, frame in frames]
    assert mac(NODE) not in b"".join(frame[:12] for _, frame in moved)
    analysis = analyze(write_pcap(tmp_path / "eth0.pcap", moved))
    assert [(question.about, question.size, question.often) for question in analysis.unanswered] == [
        ("TCP data to 10.244.1.10 port 40000", 2800, "missing for 5 s")
    ]
    assert "2800 bytes" in analysis.headline


@pytest.mark.skipif(bool(NOT_COMPILED), reason=NOT_COMPILED)
def test_plain_and_compiled_agree(tmp_path: Path) -> None:
    frames = [*OPENED, at(0.6, TAIL), *(at(n, asked(1)) for n in (0.61, 2, 5.6))]
    compiled = recorded(tmp_path, *frames).transfers
    with plain_loops():
        plain = recorded(tmp_path, *frames).transfers
    assert compiled.equals(plain)


@pytest.mark.parametrize(
    ("scenario", "name", "size"),
    [("mtu-black-hole", "calieabe7761b00.pcap", 9000), ("vxlan-mtu-black-hole", "node2.pcapng", 9000)],
)
def test_the_receivers_side_of_a_black_hole_tells_alone(scenario: str, name: str, size: int) -> None:
    """Recorded: full segments never come there, and nothing inside the receiver can be the reason."""
    path = next(path for path in captures(scenario) if path.name == name)
    analysis = analyze(path)
    assert f"never arrives here ({size} bytes missing" in analysis.headline
    causes = [suspect.cause.id for suspect in analysis.diagnoses[0].suspects]
    assert causes[0] == "mtu-too-large"
    assert not {"pod-firewall", "vxlan-checksum-offload"} & set(causes)


@pytest.mark.parametrize("scenario", ["mtu-black-hole", "vxlan-mtu-black-hole"])
def test_where_both_sides_were_recorded_it_is_said_once(scenario: str) -> None:
    analysis = analyze(*captures(scenario))
    finding = next(one for one in analysis.findings if one.rule.id == RULE)
    assert (finding.failed, finding.unknown) == (1, 1)
    assert "gets no answer" in analysis.headline
    assert not analysis.unanswered


@pytest.mark.parametrize("share", [0.05, 0.2, 0.5])
@pytest.mark.parametrize("scenario", ["transfer-waits", "keep-alives-answered", "reset-midway", "dns-over-tcp"])
def test_what_a_recorder_loses_is_never_missing(scenario: str, share: float, tmp_path: Path) -> None:
    """All that was sent arrived, whichever frames the recording lacks."""
    chance = random.Random(f"{scenario} {share}")
    for path in captures(scenario):
        frames = read_frames(path)
        for number in range(5):
            kept = [frame for frame in frames if chance.random() >= share]
            analysis = analyze(write_pcap(tmp_path / f"{number}-{path.name}", kept))
            assert "missing" not in set(analysis.transfers["outcome"])
