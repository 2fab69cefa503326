"""A recording of all interfaces that shows none sending (``-i any -Q in``): a missing answer proves nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck import Scope, analyze
from tests.support.wire import (
    BEGIN,
    MS,
    OTHER,
    SECOND,
    Frame,
    answer,
    ask,
    cooked2,
    reply,
    request,
    tcp,
    tcp_back,
    write_pcap,
)

FAR = "10.244.2.20"
CALI, NIC = 7, 2
CARD = "0a:58:ac:1f:ba:fa"


def recorded(folder: Path, kind: str, lost: bool = False) -> Path:
    """What comes in: a pod's questions, and by the card, unless they are ``lost``, the answers."""
    frames: list[Frame] = [(BEGIN, cooked2(ask(), False, CALI))]
    if kind == "arp out":
        frames.append((BEGIN + MS, cooked2(answer(), True, CALI)))
    for number in range(1, 6):
        time = BEGIN + (9 + number) * SECOND
        back = (OTHER, CARD)
        question, back_again = request(number, dst=FAR), reply(number, src=FAR, eth=back)
        if kind == "tcp":
            question = tcp(2, ports=(40000 + number, 80), dst=FAR)
            back_again = tcp_back(0x12, ports=(80, 40000 + number), src=FAR, eth=back)
        if lost:
            back_again = request(number, src=FAR, dst="10.244.1.10", eth=back)
        frames.append((time, cooked2(question, False, CALI)))
        frames.append((time + MS, cooked2(back_again, False, NIC)))
    return write_pcap(folder / "any.pcap", frames, link_type=276)


@pytest.mark.parametrize(
    ("kind", "lost", "rule", "fails"),
    [
        ("ping", False, "echo-answered", False),
        ("tcp", False, "tcp-answered", False),
        # Something goes out, so that the answers should too.
        ("arp out", False, "echo-answered", True),
        # Nothing shows that the questions went out.
        ("ping", True, "echo-answered", True),
    ],
)
def test_an_answer_that_came_in_was_to_what_went_out(
    kind: str, lost: bool, rule: str, fails: bool, tmp_path: Path
) -> None:
    scope = Scope({"any.pcap": {CALI: "cali14e7d81007d", NIC: "eth0"}})
    analysis = analyze(recorded(tmp_path, kind, lost), scope=scope)
    status = next(found for found in analysis.findings if found.rule.id == rule)
    assert (status.status == "fail") is fails
    assert ("only one direction was recorded" in (status.reason or "")) is not fails
