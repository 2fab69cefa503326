"""A node's state without a capture: what it counts, logs and tracks heads the report; what is healthy does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck import StateError
from tests.support.pastes import judged_state

BGP = """\
[root@worker-1 ~]# calicoctl node status
Calico process is running.

IPv4 BGP status
+--------------+-------------------+-------+----------+-------------+
| PEER ADDRESS |     PEER TYPE     | STATE |  SINCE   |    INFO     |
+--------------+-------------------+-------+----------+-------------+
| 172.31.0.12  | node-to-node mesh | up    | 07:58:54 | Established |
| 172.31.0.13  | node-to-node mesh | {state} | 07:58:54 | {info} |
+--------------+-------------------+-------+----------+-------------+
"""
PODS = (
    "$ kubectl get pods -A -o wide\nNAMESPACE NAME READY STATUS RESTARTS AGE IP NODE\nshop web "
    "1/1 Running 0 1d {ip} w1\n"
)
ENTRY = (
    "udp      17 29 src=10.244.3.20 dst={dst} sport=40123 dport=5000 {replied}src={back} dst=172.31.0.11 sport=5000 "
    "dport=40123 mark=0 use=1\n"
)
WAITING = "[UNREPLIED] "


@pytest.mark.parametrize(
    ("state", "info", "said"),
    [
        ("up   ", "Established", ""),
        ("start", "Passive    ", "BGP with 172.31.0.13 is not established (start, Passive)"),
    ],
)
def test_a_session_that_is_down_heads_the_report(state: str, info: str, said: str, tmp_path: Path) -> None:
    headline = judged_state(tmp_path, BGP.format(state=state, info=info)).headline
    assert ("BGP" in headline) is bool(said)
    assert said in headline


def test_a_table_of_markdown_is_no_state(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="nothing in it was understood"):
        judged_state(tmp_path, "| file | verdict |\n|---|---|\n| a.pcap | PASS |\n")


def test_birds_own_words_are_understood(tmp_path: Path) -> None:
    text = (
        "bird> show protocols\nMesh_172_31_0_13 BGP      master   start  09:12:01    Active      "
        "  Socket: Connection refused\n"
    )
    assert "BGP with 172.31.0.13 is not established (start, Active" in judged_state(tmp_path, text).headline


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (ENTRY.format(dst="10.96.0.20", replied=WAITING, back="10.244.1.40"), "sends it to 10.244.1.40 and no answer"),
        (ENTRY.format(dst="10.96.0.20", replied=WAITING, back="10.96.0.20"), "leaves it untranslated, although"),
        (ENTRY.format(dst="10.96.0.20", replied="", back="10.244.1.40"), ""),
        # A new entry may still be answered.
        ("    [NEW] " + ENTRY.format(dst="10.96.0.20", replied=WAITING, back="10.244.1.40"), ""),
    ],
)
def test_an_entry_without_an_answer_heads_the_report(entry: str, said: str, tmp_path: Path) -> None:
    headline = judged_state(tmp_path, "$ conntrack -L -p udp\n" + entry).headline
    assert ("connection tracking" in headline) is bool(said)
    assert said in headline


@pytest.mark.parametrize(("ip", "gone"), [("10.244.1.41", True), ("10.244.1.40", False)])
def test_a_list_of_pods_shows_who_is_gone(ip: str, gone: bool, tmp_path: Path) -> None:
    entry = ENTRY.format(dst="10.96.0.20", replied=WAITING, back="10.244.1.40")
    analysis = judged_state(tmp_path, PODS.format(ip=ip) + "$ conntrack -L\n" + entry)
    texts = [remark.text for remark in analysis.remarks if "connection tracking" in remark.text]
    assert len(texts) == 1
    assert ("which no pod of the list has" in texts[0]) is gone


def test_an_entry_that_is_read_twice_counts_once(tmp_path: Path) -> None:
    entry = "$ conntrack -L\n" + ENTRY.format(dst="10.96.0.20", replied=WAITING, back="10.96.0.20")
    (text,) = [remark.text for remark in judged_state(tmp_path, entry * 2).remarks if "tracking" in remark.text]
    assert "(1x)" in text


FORWARD = (
    "Chain FORWARD (policy DROP {n} packets, 44842 bytes)\n"
    " pkts bytes target     prot opt in     out     source               destination\n"
    "    0     0 ACCEPT     0    --  *      docker0  0.0.0.0/0            0.0.0.0/0\n"
)
INVALID = (
    "Chain cali-tw-cali12345678901 (1 references)\n"
    " pkts bytes target     prot opt in     out     source               destination\n"
    "    0     0 ACCEPT     all  --  any    any     anywhere             anywhere             ctstate ESTABLISHED\n"
    "   {n}   840 DROP       all  --  any    any     anywhere             anywhere             ctstate INVALID\n"
)
COUNTED = [
    ("$ nstat -az\n#kernel\nTcpExtIPReversePathFilter       {n}                 0.0\n", "the reverse-path check"),
    ("$ conntrack -S\ncpu=0 found=9 invalid=0 insert_failed={n} drop=0 error=0\n", "connection tracking dropped"),
    (FORWARD, "the policy of FORWARD dropped"),
    (INVALID, "a rule of cali-tw-cali12345678901 for what connection tracking calls INVALID dropped"),
    ("cali12345678901:  11623 1450 0 {n} 0 0 0 0 16076 1664 0 0 0 0 0 0\n", "cali12345678901 of a host dropped"),
]


@pytest.mark.parametrize(("text", "said"), COUNTED)
def test_what_counts_its_drops_is_named(text: str, said: str, tmp_path: Path) -> None:
    assert said in judged_state(tmp_path, text.format(n=354)).headline
    healthy = judged_state(tmp_path, text.format(n=0))
    assert said not in healthy.headline
    assert not any(said in remark.text for remark in healthy.remarks)


def test_the_log_and_the_lookup_of_one_check_are_said_once(tmp_path: Path) -> None:
    log = "kernel: IPv4: martian source 10.244.5.88 from 10.244.2.138, on dev eth0\n"
    lookup = "$ ip route get 10.244.5.88 from 10.244.2.138 iif eth0\nRTNETLINK answers: Invalid cross-device link\n"
    for text in (log, lookup, lookup + log):
        said = [remark.text for remark in judged_state(tmp_path, text).remarks if "reverse-path" in remark.text]
        assert len(said) == 1
        assert "drops what comes from 10.244.2.138" in said[0]


def test_a_trace_that_ends_at_a_policy_says_so(tmp_path: Path) -> None:
    line = (
        "[ 14.5] TRACE: filter:FORWARD:{end} IN=cali12345678901 OUT=cali12345678902 "
        "SRC=10.244.1.10 DST=10.244.1.11 LEN=84 "
        "TTL=63 ID=7967 DF PROTO=ICMP TYPE=8 CODE=0 ID=8 SEQ=212\n"
    )
    assert "no rule decided" in judged_state(tmp_path, line.format(end="policy:4")).headline
    assert "no rule decided" not in judged_state(tmp_path, line.format(end="rule:4")).headline
