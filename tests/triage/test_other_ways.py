"""Hosts whose packets leave by another interface than those of the other side come in by."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck.report.headline import heading
from tests.support.pastes import judged

PING = "{at} {way} IP {src} > {dst}: ICMP echo {word}, id 7, seq {seq}, length 64\n"
SYN = "{at} {way} IP {src}.40000 > {dst}.443: Flags [S], seq 1000, win 64240, options [mss 1460], length 0\n"
SYN_ACK = "{at} {way} IP {src}.443 > {dst}.40000: Flags [S.], seq 2000, ack 1001, win 64240, length 0\n"
FAR, HERE = "198.51.100.7", "192.0.2.7"


def ping(way_in: str, way_out: str, count: int = 1) -> str:
    return "".join(
        PING.format(at=f"14:06:4{n}.085839", way=way_in, src=FAR, dst=HERE, word="request", seq=n)
        + PING.format(at=f"14:06:4{n}.085893", way=way_out, src=HERE, dst=FAR, word="reply", seq=n)
        for n in range(count)
    )


@pytest.mark.parametrize(
    ("way_in", "way_out", "told"),
    [
        ("ens18 In ", "wg0   Out", True),
        ("eth0  In ", "eth1  Out", True),
        ("tun0  In ", "ens3  Out", True),
        ("eth0  In ", "eth0  Out", False),
        # One packet under two names.
        ("eth0.7 In ", "eth0  Out", False),
        ("eth0  In ", "br0   Out", False),
        ("docker0 In ", "veth12ab Out", False),
        # It is only handed on.
        ("eth0  In ", "eth1  In ", False),
    ],
)
def test_answers_that_leave_by_another_interface(way_in: str, way_out: str, told: bool, tmp_path: Path) -> None:
    analysis = judged(tmp_path, ping(way_in, way_out))
    said = f"what {FAR} sends to {HERE} comes in by {way_in.split()[0]}, and the answers leave by {way_out.split()[0]}"
    assert (said in analysis.headline) is told
    assert any(said in remark.text for remark in analysis.remarks) is told
    several = judged(tmp_path, ping(way_in, way_out, 3))
    assert (said in several.headline) is told


def test_a_node_that_forwards_answers_nobody(tmp_path: Path) -> None:
    text = "".join(
        PING.format(at=f"14:06:41.08{n}", way=way, src=src, dst=dst, word=word, seq=1)
        for n, way, src, dst, word in [
            (1, "eth0 In ", FAR, HERE, "request"),
            (2, "eth1 Out", FAR, HERE, "request"),
            (3, "eth2 In ", HERE, FAR, "reply"),
            (4, "wg0  Out", HERE, FAR, "reply"),
        ]
    )
    assert "the answers leave by" not in judged(tmp_path, text).headline


def connection(times: int) -> str:
    return "".join(
        SYN.format(at=f"14:06:4{n}.085839", way="ens18 In ", src=FAR, dst=HERE)
        + SYN_ACK.format(at=f"14:06:4{n}.085893", way="ens19 Out", src=HERE, dst=FAR)
        for n in (1, 2, 4)[:times]
    )


def test_a_connection_whose_answers_go_another_way_and_do_not_arrive(tmp_path: Path) -> None:
    analysis = judged(tmp_path, connection(3))
    assert heading(analysis) == "warn"
    assert f"{FAR}'s connection to {HERE} port 443 is answered, but" in analysis.headline
    assert f"ip route get {FAR} from {HERE}" in " ".join(remark.text for remark in analysis.remarks)


def test_one_such_answer_may_well_arrive(tmp_path: Path) -> None:
    assert heading(judged(tmp_path, connection(1))) == "not-checked"


def test_answers_to_a_ping_that_come_by_another_interface_than_it_left_by(tmp_path: Path) -> None:
    """It asks on in any case: that says nothing of what the host takes."""
    lines = [
        PING.format(at=f"14:06:4{n}.0{when}", way=way, src=src, dst=dst, word=word, seq=n)
        for n in range(3)
        for when, way, src, dst, word in [
            (1, "ens5 Out", HERE, FAR, "request"),
            (2, "ens4 In ", FAR, HERE, "reply"),
        ]
    ]
    said = [remark.text for remark in judged(tmp_path, "".join(lines)).remarks if "ens4" in remark.text]
    assert len(said) == 1
    assert f"{HERE}'s ping to {FAR} leaves by ens5, and its answers come in by ens4" in said[0]
    assert "no fault where both get through; with rp_filter 1 the host drops what comes in by ens4" in said[0]


def test_a_connection_that_goes_on_over_two_interfaces(tmp_path: Path) -> None:
    data = "14:06:41.0{n} {way} IP {src} > {dst}: Flags [.], seq {seq}:{end}, ack 1, win 500, length 100\n"
    lines = [
        data.format(n=n, way=way, src=src, dst=dst, seq=1 + n * 100, end=101 + n * 100)
        for n in range(3)
        for way, src, dst in [
            ("ens5 Out", f"{HERE}.40000", f"{FAR}.443"),
            ("ens4 In ", f"{FAR}.443", f"{HERE}.40000"),
        ]
    ]
    said = [remark.text for remark in judged(tmp_path, "".join(lines)).remarks if "ens4" in remark.text]
    assert len(said) == 1
    assert f"what {HERE} sends to {FAR} leaves by ens5, and what comes back comes in by ens4 (frames 1 and 2" in said[0]
    assert "net.ipv4.conf.ens4.rp_filter" in said[0]


def test_a_bond_uses_both_of_its_interfaces(tmp_path: Path) -> None:
    lines = [
        PING.format(at=f"14:06:41.0{n}", way=way, src=src, dst=dst, word=word, seq=1)
        for n, way, src, dst, word in [
            (1, "bond0 Out", HERE, FAR, "request"),
            (2, "eth0 Out", HERE, FAR, "request"),
            (3, "eth1 In ", FAR, HERE, "reply"),
            (4, "bond0 In ", FAR, HERE, "reply"),
        ]
    ]
    assert not [remark for remark in judged(tmp_path, "".join(lines)).remarks if "eth1" in remark.text]


def test_answers_that_come_in_by_another_interface_are_no_questions(tmp_path: Path) -> None:
    text = SYN.format(at="14:06:41.1", way="eth0 Out", src=HERE, dst=FAR)
    text += SYN_ACK.format(at="14:06:41.2", way="eth1 In ", src=FAR, dst=HERE)
    text += f"14:06:41.3 eth0 Out IP {HERE}.40000 > {FAR}.443: Flags [.], ack 2001, win 502, length 0\n"
    analysis = judged(tmp_path, text)
    assert [
        remark.text for remark in analysis.remarks if "eth1" in remark.text and "the answers leave" in remark.text
    ] == []


def test_many_answers_by_another_interface_are_not_missing(tmp_path: Path) -> None:
    text = "".join(
        ping("eth0  In ", "eth1  Out").replace(FAR, f"198.51.100.{n}").replace(":40.", f":4{n}.") for n in range(9)
    )
    rest = [remark.text for remark in judged(tmp_path, text).remarks if remark.text.startswith("and ")]
    assert rest
    assert not any("without an answer" in each for each in rest)


def test_a_last_question_has_the_answer_that_leaves_by_another_interface(tmp_path: Path) -> None:
    text = SYN.format(at="14:06:41.1", way="eth0 In ", src=FAR, dst=HERE)
    text += SYN_ACK.format(at="14:06:41.2", way="eth1 Out", src=HERE, dst=FAR)
    text += f"14:06:41.3 eth0 In  IP {FAR}.40000 > {HERE}.443: Flags [.], ack 2001, win 502, length 0\n"
    analysis = judged(tmp_path, text)
    assert "the answers leave by eth1" in analysis.headline
    assert not any("has no answer" in remark.text for remark in analysis.remarks)
