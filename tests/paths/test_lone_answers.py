"""Answers from another address than was asked, where only the link of the pod that asked was recorded."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck import Analysis, analyze
from tests.support.captures import ROOT
from tests.support.transcripts import MISSING, judge, printed, split

RULE = "service-reply-translated"
SCENARIO = ROOT / "fixtures/lab/captures/service-answer-untracked/node.pcapng"
LINK = "cali14e7d81007d"
# What stands before each paste: this is the link of 10.244.1.10.
PASTE = (
    f"listening on {LINK}, link-type EN10MB (Ethernet), snapshot length 262144 bytes\n"
    "10:00:00.000000 ARP, Request who-has 169.254.1.1 tell 10.244.1.10, length 28\n"
    "10:00:00.000020 ARP, Reply 169.254.1.1 is-at ee:ee:ee:ee:ee:ee, length 28\n"
)
LATER = "10:00:09.000000 IP 10.244.1.10 > 10.244.1.12: ICMP echo request, id 9, seq 1, length 64\n"
SYN = "10:00:0{}.000000 IP 10.244.1.10.40000 > 10.96.0.20.80: Flags [S], seq 100, win 64240, length 0\n"
SYNS = SYN.format(1) + SYN.format(2) + SYN.format(4)
QUERY = "10:00:01.000000 IP 10.244.1.10.40000 > 10.96.0.10.53: 77+ A? api.example. (29)\n"


def outcome(analysis: Analysis) -> tuple[str, int]:
    finding = next(finding for finding in analysis.findings if finding.rule.id == RULE)
    return finding.status, finding.failed


@pytest.mark.parametrize(
    "form", ["bytes", pytest.param("text", marks=pytest.mark.skipif(bool(MISSING), reason=MISSING))]
)
def test_the_link_of_the_lab(form: str, tmp_path: Path) -> None:
    path = split(SCENARIO, tmp_path)[LINK]
    if form == "text":
        text = printed(path, "-nn", "-e", "-v")
        path = tmp_path / f"{LINK}.txt"
        path.write_text(text)
    analysis = analyze(path)
    assert outcome(analysis) == ("fail", 1)
    assert analysis.headline.startswith(
        "answers to 10.244.1.10 come from the back end 10.244.1.11, not from 10.96.0.20"
    )
    assert analysis.diagnoses[0].suspects[0].cause.id == "reply-not-translated"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        # From the back end, to the port that asked.
        ("10.244.1.11.8080 > 10.244.1.10.40000: Flags [S.], seq 5, ack 101, win 65160, length 0", ("fail", 1)),
        # To another port.
        ("10.244.1.11.8080 > 10.244.1.10.40001: Flags [S.], seq 5, ack 101, win 65160, length 0", ("not-checked", 0)),
        # An earlier connection from that port may have ended so.
        ("10.244.1.11.8080 > 10.244.1.10.40000: Flags [R], seq 5, win 0, length 0", ("not-checked", 0)),
        # From the service.
        ("10.96.0.20.80 > 10.244.1.10.40000: Flags [S.], seq 5, ack 101, win 65160, length 0", ("not-checked", 0)),
    ],
)
def test_connections(answer: str, expected: tuple[str, int], tmp_path: Path) -> None:
    analysis = judge(tmp_path, f"{PASTE}{SYNS}10:00:04.000200 IP {answer}\n{LATER}")
    assert outcome(analysis) == expected


def test_what_came_before_it_was_asked_answers_something_else(tmp_path: Path) -> None:
    answer = (
        "10:00:00.500000 IP 10.244.1.11.8080 > 10.244.1.10.40000: Flags [S.], seq 5, ack 101, win 65160, length 0\n"
    )
    assert outcome(judge(tmp_path, PASTE + answer + SYNS + LATER)) == ("not-checked", 0)


@pytest.mark.parametrize(("ident", "expected"), [(77, ("fail", 1)), (78, ("not-checked", 0))])
def test_dns(ident: int, expected: tuple[str, int], tmp_path: Path) -> None:
    answer = f"10:00:01.000300 IP 10.244.1.11.53 > 10.244.1.10.40000: {ident} 1/0/0 A 10.1.1.1 (45)\n"
    assert outcome(judge(tmp_path, PASTE + QUERY + answer + LATER)) == expected


def test_an_answer_of_udp_that_follows_the_question_at_once(tmp_path: Path) -> None:
    """To a port that whoever asks was given, from the port that was asked, or from any if a service was asked."""
    lines = "".join(
        f"10:00:0{second}.000000 IP 10.244.1.10.{{}} > 10.96.0.20.{{}}: UDP, length 20\n"
        f"10:00:0{second}.000200 IP 10.244.1.11.{{}} > 10.244.1.10.{{}}: UDP, length 20\n"
        for second in (1, 2, 4)
    )
    for port, asked, answered, expected in (
        (40000, 5000, 5000, ("fail", "fail")),
        (40000, 5000, 5001, ("fail", "not-checked")),
        (40000, 5000, 45001, ("not-checked", "not-checked")),
        (700, 500, 500, ("not-checked", "not-checked")),
    ):
        text = PASTE + lines.format(*((port, asked, answered, port) * 3)) + LATER
        elsewhere = text.replace("10.96.0.20", "10.30.0.20")
        assert tuple(outcome(judge(tmp_path, some))[0] for some in (text, elsewhere)) == expected


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (
            "10.244.1.10.40000 > 10.96.0.20.5000: UDP, length 20",
            "10.244.1.11.5000 > 10.244.1.10.40000: UDP, length 20",
        ),
        (
            "10.244.1.10.40000 > 10.96.0.20.5000: sctp (1) [INIT] [init tag: 1]",
            "10.244.1.11.5000 > 10.244.1.10.40000: sctp (1) [INIT ACK] [init tag: 2]",
        ),
    ],
)
def test_a_port_of_udp_talks_to_many_and_hosts_of_sctp_have_many_addresses(
    question: str, answer: str, tmp_path: Path
) -> None:
    asked = "".join(f"10:00:0{second}.000000 IP {question}\n" for second in (1, 2, 4))
    analysis = judge(tmp_path, f"{PASTE}{asked}10:00:04.000200 IP {answer}\n{LATER}")
    assert outcome(analysis) == ("not-checked", 0)
    assert "no answer" in analysis.headline


def test_rows_of_a_users_rule(tmp_path: Path) -> None:
    """A rule that looks at every packet gets the answer too."""
    rule = tmp_path / "rule.yml"
    rule.write_text(
        "id: short\ntitle: packets are short\nwhy: none\nseverity: error\n"
        "select: {table: paths, asked: {exists: true}}\n"
        "expect: {length: {le: 100}}\nexpected: a short packet\nobserved: '{length}'\n"
    )
    analysis = analyze(split(SCENARIO, tmp_path)[LINK], rules=rule)
    assert [(finding.status, finding.unknown) for finding in analysis.findings] == [("not-checked", 1)]
