"""What a pasted text leaves open: questions that end it, answers that are reset, what goes out of no tunnel."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck.report.build_report import build_report
from pcapcheck.report.wording import questions
from tests.support.pastes import causes, judged

BANNER = "listening on {name}, link-type EN10MB (Ethernet), capture size 262144 bytes\n"


QUERY = "11:44:55.1 IP 10.244.1.10.5018 > 10.244.2.66.53: 36185+ A? db.shop. (43)\n"
ANSWER = "11:44:55.2 IP 10.244.2.66.53 > 10.244.1.10.5018: 36185* 1/0/0 A 10.96.7.7 (60)\n"


@pytest.mark.parametrize(("lines", "explained"), [(QUERY, True), (QUERY + ANSWER, False)])
def test_what_ends_a_text_gets_causes(lines: str, explained: bool, tmp_path: Path) -> None:
    analysis = judged(tmp_path, BANNER.format(name="eth0") + lines)
    assert bool(analysis.diagnoses) is explained
    # Nobody knows whether an answer came.
    assert not analysis.unanswered
    document = analysis.to_dict()
    assert [diagnosis["unanswered"] for diagnosis in document["diagnoses"]] == [[]] * explained
    shown = "\n".join(line for _, why in questions(build_report(analysis)) for line in why)
    said = "10.244.1.10's DNS query to 10.244.2.66 has no answer in this text: possible causes"
    assert (said in " ".join(shown.split())) is explained


@pytest.mark.parametrize(
    ("heading", "asked", "first"),
    [
        ("a packet capture on eth0, the node's only card:", "10.244.2.66", True),
        ("tcpdump on `ens192` of the node:", "10.244.2.66", True),
        # Of one block of addresses, so of one node.
        ("a packet capture on eth0, the node's only card:", "10.244.1.11", False),
        ("a packet capture on eth0, the node's only card:", "172.31.0.8", False),
        ("tcpdump on eth0 shows nothing, and this is from elsewhere:", "10.244.2.66", False),
        ("tcpdump on eth0 and on ens192:", "10.244.2.66", False),
        ("this is what I see:", "10.244.2.66", False),
    ],
)
def test_what_leaves_a_card_outside_of_a_tunnel(heading: str, asked: str, first: bool, tmp_path: Path) -> None:
    found = causes(judged(tmp_path, f"{heading}\n\n```\n{QUERY.replace('10.244.2.66', asked)}```\n"))
    assert (found[:1] == ["network-drops-pod-addresses"]) is first


def test_a_sentence_about_tcpdump_costs_no_state(tmp_path: Path) -> None:
    text = "I ran tcpdump on eth0 meanwhile.\n\n$ ip route get 169.254.1.1\nRTNETLINK answers: Network is unreachable\n"
    remarks = judged(tmp_path, text).remarks
    assert any("a node's state alone is judged here" in remark.text for remark in remarks)


UNREACHABLE = (
    "05:21:5{n}.8 IP (tos 0xc0, ttl 64, id 4505{n}, offset 0, flags [none], proto ICMP (1), length 112)\n"
    "    {source} > 172.31.0.7: ICMP host 10.244.1.10 unreachable, length 92\n"
    "        IP (tos 0x0, ttl 64, id 6040{n}, offset 0, flags [DF], proto ICMP (1), length 84)\n"
    "    172.31.0.7 > 10.244.1.10: ICMP echo request, id 25, seq {n}, length 64\n"
)


@pytest.mark.parametrize(("source", "itself"), [("172.31.0.7", True), ("172.31.0.8", False)])
def test_a_host_that_tells_itself_got_no_answer_to_its_own_arp(source: str, itself: bool, tmp_path: Path) -> None:
    analysis = judged(tmp_path, "".join(UNREACHABLE.format(n=n, source=source) for n in range(3)))
    assert ("pod-second-interface" in causes(analysis)[:3]) is itself


PAIR = (
    "22:49:07.632846 veth1 In  IP (tos 0x0, ttl 64, id 52468, offset 0, flags [DF], proto UDP (17), length 60)\n"
    "    10.244.1.10.48199 > 10.96.0.10.53: 60169+ A? api.shop. (32)\n"
    "22:49:07.632909 veth1 In  IP (tos 0x0, ttl 64, id 52469, offset 0, flags [DF], proto UDP (17), length 60)\n"
    "    10.244.1.10.48199 > 10.96.0.10.53: 60459+ AAAA? api.shop. (32)\n"
    "22:49:07.633080 veth2 Out IP (tos 0x0, ttl 63, id 52468, offset 0, flags [DF], proto UDP (17), length 60)\n"
    "    10.244.1.10.48199 > 10.244.1.66.53: 60169+ A? api.shop. (32)\n"
    "22:49:07.633210 {second} Out IP (tos 0x0, ttl 63, id 52469, offset 0, flags [DF], proto UDP (17), length 60)\n"
    "    10.244.1.10.48199 > {back_end}.53: 60459+ AAAA? api.shop. (32)\n"
)
AGAIN = (
    "22:49:12.638910 veth1 In  IP (tos 0x0, ttl 64, id 52470, offset 0, flags [DF], proto UDP (17), length 60)\n"
    "    10.244.1.10.48199 > 10.96.0.10.53: 60169+ A? api.shop. (32)\n"
)


@pytest.mark.parametrize(
    ("second", "back_end", "parted"),
    [
        ("eth0", "10.244.1.66", True),
        ("veth2", "10.244.1.66", False),
        # Two back ends may well be behind two interfaces.
        ("eth0", "10.244.2.66", False),
    ],
)
@pytest.mark.parametrize("again", [True, False])
def test_two_queries_of_one_port_that_part(
    second: str, back_end: str, parted: bool, again: bool, tmp_path: Path
) -> None:
    analysis = judged(tmp_path, PAIR.format(second=second, back_end=back_end) + (AGAIN if again else ""))
    said = any("leave by veth2 and by eth0" in remark.text for remark in analysis.remarks)
    assert said is parted
    if again:
        assert (causes(analysis)[:1] == ["conntrack-drops"]) is parted


SYN = "08:39:34.08 IP 10.244.1.10.42232 > 10.244.1.11.7800: Flags [S], seq 605, win 64860, length 0\n"
SYN_ACK = "08:39:34.09 IP 10.244.1.11.7800 > 10.244.1.10.42232: Flags [S.], seq 205, ack 606, win 64308, length 0\n"
RESET = "08:39:34.10 IP 10.244.1.10.42232 > 10.244.1.11.7800: Flags [R], seq 606, win 0, length 0\n"
ACK = "08:39:34.10 IP 10.244.1.10.42232 > 10.244.1.11.7800: Flags [.], ack 1, win 502, length 0\n"


@pytest.mark.parametrize(
    ("lines", "said"),
    [(SYN + SYN_ACK + RESET, True), (SYN + SYN_ACK + ACK, False), (SYN + SYN_ACK + ACK + RESET, False)],
)
def test_an_answer_that_its_asker_resets(lines: str, said: bool, tmp_path: Path) -> None:
    headline = judged(tmp_path, lines).headline
    assert ("10.244.1.10 resets 10.244.1.11's answer to its connection to port 7800" in headline) is said


def test_an_answer_that_is_reset_again_and_again_was_not_translated(tmp_path: Path) -> None:
    text = "".join((SYN + SYN_ACK + RESET).replace("08:39:34", f"08:39:3{at}") for at in (4, 5))
    assert causes(judged(tmp_path, text)) == ["reply-not-translated"]


DATA = "20:11:{at}.8 IP 192.0.2.6.62910 > 8.8.8.8.443: Flags [.], seq 1:{end}, ack 1, win 255, length {size}\n"


@pytest.mark.parametrize(("size", "found"), [(1330, ["mtu-too-large"]), (130, [])])
def test_large_data_that_is_stuck_is_a_matter_of_size(size: int, found: list[str], tmp_path: Path) -> None:
    text = "".join(DATA.format(at=at, end=size + 1, size=size) for at in (48, 49, 51, 55))
    analysis = judged(tmp_path, text)
    assert analysis.asked_in_vain
    assert causes(analysis) == found


BGP = """\
[root@worker-1 ~]# calicoctl node status
Calico process is running.

IPv4 BGP status
+--------------+-------------------+-------+----------+-------------+
| PEER ADDRESS |     PEER TYPE     | STATE |  SINCE   |    INFO     |
+--------------+-------------------+-------+----------+-------------+
| 172.31.0.12  | node-to-node mesh | {state} | 07:58:54 | {info} |
+--------------+-------------------+-------+----------+-------------+

[root@worker-1 ~]# tcpdump -ni cali12345678901
"""


@pytest.mark.parametrize(("state", "info", "named"), [("start", "Connect    ", True), ("up   ", "Established", False)])
def test_a_session_that_is_down_is_a_cause(state: str, info: str, named: bool, tmp_path: Path) -> None:
    text = BGP.format(state=state, info=info) + BANNER.format(name="cali12345678901")
    for n in range(4):
        text += f"09:44:2{n}.1 IP 10.244.1.10 > 10.244.2.20: ICMP echo request, id 134, seq {n}, length 64\n"
    found = causes(judged(tmp_path, text))
    assert "policy-drops" in found
    assert ("bgp-session-down" in found[:3]) is named


BACK = (
    "22:49:07.634080 veth2 In  IP (tos 0x0, ttl 64, id 1, offset 0, flags [DF], proto UDP (17), length 60)\n"
    "    10.244.1.66.53 > 10.244.1.10.48199: 60169 1/0/0 A 10.96.7.7 (48)\n"
    "22:49:07.634210 eth0 In  IP (tos 0x0, ttl 64, id 2, offset 0, flags [DF], proto UDP (17), length 60)\n"
    "    10.244.1.66.53 > 10.244.1.10.48199: 60459 1/0/0 AAAA fd00::7 (48)\n"
)


def test_two_queries_that_are_both_answered_did_not_meet(tmp_path: Path) -> None:
    """Two interfaces lead to that back end."""
    analysis = judged(tmp_path, PAIR.format(second="eth0", back_end="10.244.1.66") + BACK)
    assert not any("leave by veth2 and by eth0" in remark.text for remark in analysis.remarks)


WRAPPED = (
    "11:51:3{n}.6 IP (tos 0x0, ttl 64, id 597, offset 0, flags [none], proto UDP (17), length 134)\n"
    "    172.31.0.3.26898 > 172.31.0.1.4789: {mark} VXLAN, flags [I] (0x08), vni 4096\n"
    "IP (tos 0x0, ttl 64, id 81{n}, offset 0, flags [DF], proto ICMP (1), length 84)\n"
    "    10.244.1.10 > 10.244.2.20: ICMP echo request, id 12, seq {n}, length 64\n"
)


@pytest.mark.parametrize(("mark", "first"), [("[bad udp cksum 0xa7b8 -> 0x76dc!]", True), ("[udp sum ok]", False)])
def test_pings_are_lost_too_in_a_tunnel_with_a_wrong_checksum(mark: str, first: bool, tmp_path: Path) -> None:
    text = BANNER.format(name="eth0") + "".join(WRAPPED.format(n=n, mark=mark) for n in range(4))
    found = causes(judged(tmp_path, text))
    assert (found[:1] == ["vxlan-checksum-offload"]) is first
    assert ("vxlan-checksum-offload" in found) is first
