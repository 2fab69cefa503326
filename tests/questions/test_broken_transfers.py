"""Transfers that stalled where no rule judges them."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck import analyze
from pcapcheck.networks import CALICO
from pcapcheck.ruleset.files import pack
from pcapcheck.values import format_address
from tests.support.wire import (
    BEGIN,
    NODE,
    NODE_IP,
    POD,
    POD_IP,
    SECOND,
    Frame,
    answer,
    ask,
    mac,
    tcp,
    tcp_back,
    write_pcap,
)

SYN, SYN_ACK, ACK, PUSH = 0x02, 0x12, 0x10, 0x18
SERVER = "192.0.2.80"
NIC, ROUTER = "02:00:00:00:00:01", "02:00:00:00:00:02"
ASKERS = ("192.0.2.10", "192.0.2.11", "192.0.2.12")
OWN = """
id: own-progress
title: Data of one host is acknowledged
why: a rule of one's own about one host
severity: error
select: {table: transfers, src: 192.0.2.11}
expect: {progresses: true}
expected: an acknowledgement
observed: none
headline: data of one host is not acknowledged
absent: record a transfer
limits: none
references: [RFC 9293]
"""


def stalled(asker: str, begin: float) -> list[Frame]:
    """Data that is sent five times on the NIC of a node, and never acknowledged."""

    def at(seconds: float, frame: bytes) -> Frame:
        return BEGIN + round((begin + seconds) * SECOND), frame

    sent = tcp(PUSH, eth=(NIC, ROUTER), src=asker, dst=SERVER, seq=101, ack=701, data=bytes(300))
    return [
        at(0.0, tcp(SYN, eth=(NIC, ROUTER), src=asker, dst=SERVER, seq=100)),
        at(0.01, tcp_back(SYN_ACK, eth=(ROUTER, NIC), src=SERVER, dst=asker, seq=700, ack=101)),
        at(0.02, tcp(ACK, eth=(NIC, ROUTER), src=asker, dst=SERVER, seq=101, ack=701)),
        *(at(seconds, sent) for seconds in (1.0, 1.2, 1.6, 2.4, 4.0)),
    ]


def asked_in_vain(folder: Path, *rules: Path) -> list[str]:
    frames = sorted(frame for number, asker in enumerate(ASKERS) for frame in stalled(asker, 10 * number))
    analysis = analyze(write_pcap(folder / "eth0.pcap", frames), rules=[pack(CALICO), *rules])
    return sorted(format_address(question.asker) for question in analysis.unanswered)


def test_each_host_whose_data_stalls_is_a_question(tmp_path: Path) -> None:
    assert asked_in_vain(tmp_path) == list(ASKERS)


def test_what_a_rule_of_ones_own_judges_is_no_question(tmp_path: Path) -> None:
    """The rule names an address: transfers that are alike in all else are not alike for it."""
    rule = tmp_path / "own.yml"
    rule.write_text(OWN)
    assert asked_in_vain(tmp_path, rule) == [ASKERS[0], ASKERS[2]]


@pytest.mark.parametrize(("later", "named"), [(0.00001, []), (60.0, [NODE_IP])])
def test_what_a_rule_judges_before_translation_is_no_question_behind_it(
    later: float, named: list[str], tmp_path: Path
) -> None:
    """The node puts its own address in the place of the pod's; what begins later is another connection."""

    def from_pod(frame: bytes) -> bytes:
        return (
            mac(NODE if frame[6:12] == mac(NIC) else POD) + mac(POD if frame[6:12] == mac(NIC) else NODE) + frame[12:]
        )

    begun: list[Frame] = [(BEGIN, ask()), (BEGIN + 1000, answer())]
    on_link = [(time, from_pod(frame)) for time, frame in stalled(POD_IP, 1)]
    link = write_pcap(tmp_path / "cali14e7d81007d.pcap", [*begun, *on_link])
    analysis = analyze(link, write_pcap(tmp_path / "eth0.pcap", stalled(NODE_IP, 1 + later)))
    assert analysis.verdict == "fail"
    assert [format_address(question.asker) for question in analysis.unanswered] == named
