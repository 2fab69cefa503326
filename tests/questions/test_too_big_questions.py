"""Questions that were too big for a link on their way: nobody refused them."""

from __future__ import annotations

from pathlib import Path

from tests.support.pastes import judged

ASKS = "05:00:0{0}.000000 IP 192.0.2.9 > 10.66.0.5: ICMP echo request, id 5, seq {0}, length 1408"
ERROR = "05:00:0{0}.000300 IP 192.0.2.1 > 192.0.2.9: ICMP 10.66.0.5 unreachable - {1}, length 556"


def _meaning(folder: Path, error: str) -> str:
    lines = [form.format(number, error) for number in (1, 2) for form in (ASKS, ERROR)]
    (question,) = judged(folder, "\n".join(["# tcpdump -ni eth0 icmp", *lines]) + "\n").unanswered
    return question.meaning


def test_what_an_error_means(tmp_path: Path) -> None:
    assert "larger than the next link" in _meaning(tmp_path, "need to frag (mtu 1000)")
    assert "turned them away" in _meaning(tmp_path, "admin prohibited")
