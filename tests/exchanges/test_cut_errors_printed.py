"""A text of a recording with a short snapshot length: ICMP messages without even their type."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck import analyze

GATEWAY = """\
ARP, Request who-has 169.254.1.1 tell 10.244.1.10, length 28
ARP, Reply 169.254.1.1 is-at ee:ee:ee:ee:ee:ee, length 28
"""
EXPIRES = """\
IP 10.244.1.10 > 10.244.1.11: ICMP echo request, id 20260, seq {seq}, length 64
IP 172.31.186.250 > 10.244.1.10:  [|icmp]
"""
ANSWERED = """\
IP 10.244.1.10 > 10.244.1.11: ICMP echo request, id 20313, seq {seq}, length 64
IP 10.244.1.11 > 10.244.1.10: ICMP echo reply, id 20313, seq {seq}, length 64
"""


def write(target: Path, text: str, timed: bool) -> Path:
    """The text with or without a time in front of each line."""
    lines = text.splitlines()
    stamps = [f"12:00:{number:02d}.000000 " if timed else "" for number in range(len(lines))]
    target.write_text("".join(f"{stamp}{line}\n" for stamp, line in zip(stamps, lines, strict=True)))
    return target


@pytest.mark.parametrize("timed", [True, False])
def test_a_request_that_may_have_been_answered_by_a_cut_message_is_not_lost(tmp_path: Path, timed: bool) -> None:
    text = GATEWAY + "".join(EXPIRES.format(seq=seq) for seq in (1, 2, 3)) + ANSWERED.format(seq=1)
    analysis = analyze(write(tmp_path / "cali5b1e77a0c3d.txt", text, timed))
    (finding,) = (finding for finding in analysis.findings if finding.rule.id == "echo-answered")
    assert finding.status != "fail"
    assert "cut before their type" in finding.reason


def test_more_requests_than_cut_messages_are_lost_all_the_same(tmp_path: Path) -> None:
    asked = EXPIRES.splitlines()[0] + "\n"
    text = GATEWAY + EXPIRES.format(seq=1) + "".join(asked.format(seq=seq) for seq in range(2, 8))
    analysis = analyze(write(tmp_path / "cali5b1e77a0c3d.txt", text + ANSWERED.format(seq=1), timed=True))
    (finding,) = (finding for finding in analysis.findings if finding.rule.id == "echo-answered")
    assert finding.status == "fail"
