"""``netstat -s``: counters in words, under the names that nstat has for them."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck.nodestate.read_state import read_state
from tests.support.pastes import judged_state

TODAYS = """root@edge-4:~# netstat -s
Ip:
    Forwarding: 1
    8812 total packets received
    40 reassemblies required
    3 packets reassembled ok
    31 packet reassemblies failed
IcmpMsg:
        InType3: 7
Udp:
    902 packets received
    InCsumErrors: 6
TcpExt:
    17 times the listen queue of a socket overflowed
    Quick ack mode was activated 504 times
    IPReversePathFilter: 9
    TCPTimeouts: 10
"""
OLD = """Ip:
    8812 total packets received
    31 packet reassembles failed
TcpExt:
    17 times the listen queue of a socket overflowed
    4 SYNs to LISTEN sockets ignored
"""


def counted(folder: Path, text: str) -> dict[str, int]:
    path = folder / "state.txt"
    path.write_text(text)
    state = read_state([path])
    assert state.problems == []
    return {counter.name: counter.value for host in state.hosts for counter in host.counters}


def test_words_and_names_are_counters_of_nstat(tmp_path: Path) -> None:
    assert counted(tmp_path, TODAYS) == {
        "IpForwarding": 1,
        "IpInReceives": 8812,
        "IpReasmReqds": 40,
        "IpReasmOKs": 3,
        "IpReasmFails": 31,
        "IcmpMsgInType3": 7,
        "UdpInDatagrams": 902,
        "UdpInCsumErrors": 6,
        "TcpExtListenOverflows": 17,
        "TcpExtIPReversePathFilter": 9,
        "TcpExtTCPTimeouts": 10,
    }


def test_the_old_spelling_without_a_command(tmp_path: Path) -> None:
    assert counted(tmp_path, OLD) == {
        "IpInReceives": 8812,
        "IpReasmFails": 31,
        "TcpExtListenOverflows": 17,
        "TcpExtListenDrops": 4,
    }


@pytest.mark.parametrize(
    "command", ["netstat -s | egrep -i 'reass|reverse|ignored'", "sudo netstat --statistics | grep -i fail"]
)
def test_lines_that_were_searched_for(command: str, tmp_path: Path) -> None:
    lines = "    31 packet reassembles failed\n    4 SYNs to LISTEN sockets ignored\n    IPReversePathFilter: 9\n"
    found = counted(tmp_path, f"$ {command}\n{lines}")
    assert found == {"IpReasmFails": 31, "TcpExtListenDrops": 4, "TcpExtIPReversePathFilter": 9}


def test_other_outputs_of_netstat_are_no_counters(tmp_path: Path) -> None:
    text = "$ netstat -rn\nDestination     Gateway         Genmask         Flags   MSS Window  irtt Iface\n"
    path = tmp_path / "state.txt"
    path.write_text(text + "0.0.0.0         192.0.2.1       0.0.0.0         UG        0 0          0 eth0\n")
    (host,) = read_state([path]).hosts
    assert (host.counters, [route.dev for route in host.routes]) == ([], ["eth0"])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (TODAYS, "fragments that did not come made the node drop 31 packets on edge-4"),
        ("$ nstat -az\nIpReasmFails   700   0.0\n", "fragments that did not come made the node drop 700 packets"),
        ("$ nstat -az\nIpReasmOKs  9000  0.0\nIpReasmFails  700  0.0\n", "made the node drop 700 packets"),
        ("$ nstat -az\nIpReasmOKs  90000  0.0\nIpReasmFails  700  0.0\n", ""),
        ("$ nstat -az\nIpReasmFails   0   0.0\n", ""),
        ("$ nstat -az\nUdpRcvbufErrors  50  0.0\n", "full buffers of sockets dropped 50 packets"),
        ("Udp:\n    90000 packets received\n    50 receive buffer errors\n", ""),
    ],
)
def test_what_counters_say_alone(text: str, words: str, tmp_path: Path) -> None:
    headline = judged_state(tmp_path, text).headline
    assert words in headline
    assert words or "; but " not in headline
