"""ARP requests that end a printed text, and answers of other questions that wait for them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.pastes import judged

ASKS = "ARP, Request who-has 192.0.2.4 tell 192.0.2.3, length 28"
TELLS = "ARP, Reply 192.0.2.4 is-at 02:00:00:00:00:04, length 28"
SAID = "192.0.2.3's ARP for 192.0.2.4 has no answer on {} in this text"


def _at(second: float, what: str) -> str:
    return f"09:15:{second:09.6f} {what}"


@pytest.mark.parametrize("device", ["vnet3", "vmbr0", "eth0"])
def test_requests_that_end_the_text(device: str, tmp_path: Path) -> None:
    lines = [f"# tcpdump -ni {device}", _at(1, ASKS), _at(1.0001, ASKS)]
    assert SAID.format(device) in judged(tmp_path, "\n".join(lines) + "\n").headline


@pytest.mark.parametrize(
    "lines",
    [
        [_at(1, ASKS), _at(1.0003, TELLS)],
        [_at(1, "ARP, Request who-has 192.0.2.3 tell 192.0.2.3, length 28")],
        [_at(1, "ARP, Request who-has 192.0.2.4 (02:00:00:00:00:04) tell 0.0.0.0, length 28")],
    ],
)
def test_answers_announcements_and_probes(lines: list[str], tmp_path: Path) -> None:
    analysis = judged(tmp_path, "\n".join(["# tcpdump -ni vnet3", *lines]) + "\n")
    assert "has no answer" not in analysis.headline


def test_an_answer_that_the_bridge_shows(tmp_path: Path) -> None:
    bridge = ["# tcpdump -ni br7", _at(40, ASKS), _at(40.0004, TELLS)]
    lines = ["# tcpdump -ni vnet3", _at(1, ASKS), _at(1.0001, ASKS), "", *bridge]
    analysis = judged(tmp_path, "\n".join(lines) + "\n")
    assert f"{SAID.format('vnet3')}, while br7 shows one" in analysis.headline
    (told,) = (remark for remark in analysis.remarks if "while br7 shows one" in remark.text)
    assert "bridge vlan show" in told.text


SYN = "IP 198.51.100.8.5000 > 192.0.2.3.80: Flags [S], seq 1, win 64240, length 0"
WAITS = "so 192.0.2.3 cannot answer 198.51.100.8: its answer waits for the MAC of 192.0.2.4, its next hop"


@pytest.mark.parametrize("times", [(1.0001,), (1.0001, 2.02, 3.04)])
def test_an_answer_that_waits_for_the_mac_of_its_next_hop(times: tuple[float, ...], tmp_path: Path) -> None:
    lines = ["# tcpdump -ni eth0", _at(1, SYN), *(_at(time, ASKS) for time in times)]
    analysis = judged(tmp_path, "\n".join(lines) + "\n")
    assert any(WAITS in remark.text for remark in analysis.remarks)
    assert not any("proves nothing" in remark.text for remark in analysis.remarks)


def test_requests_of_others_and_of_later(tmp_path: Path) -> None:
    other = "ARP, Request who-has 192.0.2.4 tell 192.0.2.77, length 28"
    late = [_at(time, ASKS) for time in (30, 31, 32)]
    for lines in ([_at(time, other) for time in (1.1, 2.1, 3.1)], late):
        analysis = judged(tmp_path, "\n".join(["# tcpdump -ni eth0", _at(1, SYN), *lines]) + "\n")
        assert not any("cannot answer" in remark.text for remark in analysis.remarks)


def test_a_host_that_looks_for_whoever_asks_it(tmp_path: Path) -> None:
    near = SYN.replace("198.51.100.8", "192.0.2.4")
    analysis = judged(tmp_path, "\n".join(["# tcpdump -ni eth0", _at(1, near), _at(1.0001, ASKS)]) + "\n")
    assert any("so 192.0.2.3 cannot answer it" in remark.text for remark in analysis.remarks)


def test_what_a_third_host_asks_a_fourth_is_answered_where_no_nic_of_others_sees_it(tmp_path: Path) -> None:
    lines = [
        "# tcpdump -ni eth0",
        _at(1, "IP 192.0.2.7 > 192.0.2.8: ICMP echo request, id 7, seq 1, length 64"),
        _at(1.0003, "IP 192.0.2.8 > 192.0.2.7: ICMP echo reply, id 7, seq 1, length 64"),
        _at(1.1, ASKS),
    ]
    assert "has no answer" not in judged(tmp_path, "\n".join(lines) + "\n").headline
    part = [line.replace("192.0.2.7", "192.0.2.3") for line in lines]
    assert "has no answer" in judged(tmp_path, "\n".join(part) + "\n").headline
