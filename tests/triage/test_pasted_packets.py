"""Pasted packets that say by themselves what went wrong: shortened lines, failing DNS, data and questions sent again.

Each has relatives in which the same lines are healthy, or prove nothing.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck.report.headline import heading
from tests.support.pastes import causes, judged

LISTENING = "listening on {}, link-type EN10MB (Ethernet), capture size 262144 bytes\n"
CLIENT, RESOLVER = "10.20.1.9.40440", "10.30.0.10.53"


def query(second: str, name: str = "A? shop.example.org.", ident: str = "", src: str = CLIENT) -> str:
    return f"{second}IP {src} > {RESOLVER}: {ident}{name}\n"


def response(second: str, words: str, ident: str = "", dst: str = CLIENT) -> str:
    return f"{second}IP {RESOLVER} > {dst}: {ident}{words}\n"


@pytest.mark.parametrize("timed", [True, False])
def test_dns_lines_without_their_numbers_are_paired_in_order(timed: bool, tmp_path: Path) -> None:
    times = ["10:00:01.200 ", "10:00:01.201 ", "10:00:01.204 ", "10:00:01.206 "] if timed else [""] * 4
    text = (
        query(times[0], "A? shop.example.org.")
        + query(times[1], "AAAA? shop.example.org.")
        + response(times[2], "NXDomain")
        + response(times[3], "1/0/0 AAAA 2001:db8::7")
    )
    analysis = judged(tmp_path, text)
    rows = analysis.dns
    assert set(zip(rows["type"], rows["rcode"], strict=True)) == {("A", "nxdomain"), ("AAAA", "noerror")}
    assert "has no answer" not in analysis.headline


def test_one_of_two_such_queries_that_is_asked_again_is_in_the_headline(tmp_path: Path) -> None:
    text = (
        query("10:00:01.200 ")
        + query("10:00:01.200 ", "AAAA? shop.example.org.")
        + response("10:00:01.204 ", "NXDomain")
        + "                 <- only one answer\n"
        + query("10:00:03.210 ", "AAAA? shop.example.org.")
    )
    analysis = judged(tmp_path, text)
    assert (
        "10.20.1.9's DNS query to 10.30.0.10 has no answer in this text, which ends 2.01 s after it"
        in analysis.headline
    )
    assert "conntrack-drops" in causes(analysis)[:3]


@pytest.mark.parametrize("words", ["ServFail 0/0/0 (33)", "Refused 0/0/0 (33)"])
def test_a_server_that_fails_off_the_pods_links_is_in_the_headline(words: str, tmp_path: Path) -> None:
    text = LISTENING.format("eth0") + "".join(
        query(f"10:00:0{n}.200000 ", "A? shop.example.org. (33)", f"{70 + n}+ ")
        + response(f"10:00:0{n}.900000 ", words, f"{70 + n} ")
        for n in range(2)
    )
    analysis = judged(tmp_path, text)
    code = words.split()[0].upper()
    assert (
        f"10.30.0.10 answers 2 of 2 DNS queries of 10.20.1.9 with {code}, as for A shop.example.org"
        in analysis.headline
    )


@pytest.mark.parametrize(
    ("name", "words", "others"),
    [
        # A search list asks for names that do not exist.
        ("A? shop.example.org. (33)", "NXDomain 0/1/0 (99)", 0),
        # tcpdump asks for the names of addresses.
        ("PTR? 9.1.20.10.in-addr.arpa. (41)", "ServFail 0/0/0 (41)", 0),
        # One name of many: its owner's servers may be down.
        ("A? shop.example.org. (33)", "ServFail 0/0/0 (33)", 4),
    ],
)
def test_what_need_not_be_the_servers_fault_is_not(name: str, words: str, others: int, tmp_path: Path) -> None:
    text = query("10:00:01.200000 ", name, "70+ ") + response("10:00:01.900000 ", words, "70 ")
    for n in range(others):
        text += query(f"10:00:02.{n}00000 ", f"A? n{n}.example.org. (32)", f"{80 + n}+ ")
        text += response(f"10:00:02.{n}01000 ", "1/0/0 A 192.0.2.7 (48)", f"{80 + n} ")
    assert "DNS queries of" not in judged(tmp_path, LISTENING.format("eth0") + text).headline


@pytest.mark.parametrize(("later", "told"), [(6, True), (1, False)])
def test_a_query_that_is_asked_again_although_it_was_answered(later: int, told: bool, tmp_path: Path) -> None:
    asked = ("A? shop.example.org. (33)", "71+ ")
    given = ("1/0/0 A 192.0.2.7 (49)", "71 ")
    text = (
        query("10:00:01.200000 ", *asked)
        + response("10:00:01.201000 ", *given)
        + query(f"10:00:0{later}.205000 ", *asked)
        + response(f"10:00:0{later}.206000 ", *given)
    )
    analysis = judged(tmp_path, LISTENING.format("eth0") + text)
    assert (
        "10.20.1.9 asks 10.30.0.10 for A shop.example.org again 5 s after it was answered" in analysis.headline
    ) is told
    assert any("insert_failed" in remark.text for remark in analysis.remarks) is told


@pytest.mark.parametrize("stamp", ["", "10:00:0{}.250000 "])
def test_lines_without_the_name_of_the_protocol(stamp: str, tmp_path: Path) -> None:
    text = "".join(
        f"{stamp.format(n)}10.20.1.9.50100 > 10.20.2.7.8443: Flags [S], seq 700, win 1024, length 0\n" for n in range(3)
    )
    assert (
        "10.20.1.9's connection to 10.20.2.7 port 8443 gets no answer (asked 3 times)"
        in judged(tmp_path, text).headline
    )
    rejected = (
        f"{stamp.format(1)}10.20.1.9.50100 > 10.20.2.7.8443: Flags [S], seq 700, win 1024, length 0\n"
        f"{stamp.format(1)}10.20.2.7 > 10.20.1.9: ICMP host 10.20.2.7 unreachable - admin prohibited, length 52\n"
    )
    assert "is prohibited by 10.20.2.7" in judged(tmp_path, rejected).headline


def test_prose_between_two_addresses_is_no_packet(tmp_path: Path) -> None:
    ping = "10:00:01.200000 IP 10.20.1.9 > 10.20.2.7: ICMP echo request, id 7, seq 1, length 64\n"
    prose = "10.20.1.9 > 10.20.2.7: the route that I added, and 10.20.1.9.80 > 10.20.2.7.90: does not work\n"
    assert judged(tmp_path, ping + prose).captures[0].frames == 1


def test_lines_that_a_mail_program_filled(tmp_path: Path) -> None:
    text = (
        "10:00:01.200000 IP 10.20.1.9.50100 > 192.0.2.7.443: Flags [S], seq\n"
        "70, win 4278, options [mss 1380,sackOK,TS val 22 ecr 0,nop,wscale 9],\n"
        "length 0 10:00:01.220000 IP 192.0.2.7.443 > 10.20.1.9.50100: Flags\n"
        "[S.], seq 90, ack 71, win 6553, options [mss 1380], length 0 10:00:01.220400 IP\n"
        "10.20.1.9 > 192.0.2.7: ICMP host 10.20.1.9 unreachable - admin\n"
        "prohibited filter, length 68\n"
    )
    analysis = judged(tmp_path, text)
    assert analysis.captures[0].frames == 3
    # Not the far side: the asker's own host turns the answer away.
    assert "10.20.1.9 prohibits the answers of 192.0.2.7, whom it asked for a connection itself" in analysis.headline


@pytest.mark.parametrize(("seconds", "doubted"), [((0, 1, 3, 7), False), ((0, 1), True)])
def test_a_syn_sent_again_and_again_needs_no_other_direction(
    seconds: tuple[int, ...], doubted: bool, tmp_path: Path
) -> None:
    text = "$ tcpdump -ni eth0 src 10.20.1.9\n" + LISTENING.format("eth0")
    text += "".join(
        f"10:00:0{n}.250000 IP 10.20.1.9.50100 > 10.20.2.7.8443: Flags [S], seq 700, win 64240, length 0\n"
        for n in seconds
    )
    analysis = judged(tmp_path, text)
    assert ("10.20.1.9's connection to 10.20.2.7 port 8443 gets no answer" in analysis.headline) is not doubted
    assert any("proves nothing" in remark.text for remark in analysis.remarks) is doubted


def test_many_copies_of_one_syn_prove_nothing(tmp_path: Path) -> None:
    text = "$ tcpdump -ni any src 10.20.1.9\n" + "".join(
        f"10:00:00.25000{n} IP 10.20.1.9.50100 > 10.20.2.7.8443: Flags [S], seq 700, win 64240, length 0\n"
        for n in range(4)
    )
    assert "gets no answer" not in judged(tmp_path, text).headline


@pytest.mark.parametrize("printed", [True, False])
def test_what_ping_prints_of_its_own_host_tells_whose_arp_it_is(printed: bool, tmp_path: Path) -> None:
    ping = (
        "[root@one ~]# ping 10.40.0.2\nPING 10.40.0.2 (10.40.0.2) 56(84) bytes of data.\n"
        "From 10.40.0.1 icmp_seq=1 Destination Host Unreachable\n\n"
    )
    text = (ping if printed else "") + LISTENING.format("flannel.1")
    text += "".join(f"10:00:0{n}.300000 ARP, Request who-has 10.40.0.2 tell 10.40.0.1, length 28\n" for n in range(3))
    analysis = judged(tmp_path, text)
    assert ("10.40.0.1's ARP for 10.40.0.2 gets no answer" in analysis.headline) is printed
    assert any("bridge fdb show dev flannel.1" in remark.text for remark in analysis.remarks) is printed


@pytest.mark.parametrize(("rows", "told"), [(5, True), (2, False)])
def test_rows_that_tshark_marks_as_sent_again(rows: int, told: bool, tmp_path: Path) -> None:
    text = (
        "   1   0.000000 10.20.1.9 → 10.20.2.7 NFS 270 V4 Call READDIR FH:0x11223344\n"
        "   2   0.000400 10.20.2.7 → 10.20.1.9 NFS 3910 V4 Reply (Call In 1) READDIR\n"
    ) + "".join(
        f"   {3 + n}   {1 + 2 * n}.000000 10.20.2.7 → 10.20.1.9 NFS 3910 [TCP Retransmission] V4 Reply (Call In 1)\n"
        for n in range(rows)
    )
    analysis = judged(tmp_path, text)
    assert ("10.20.2.7 sends 10.20.1.9 the same data again and again" in analysis.headline) is told
    assert any("3910 bytes may be too large" in remark.text for remark in analysis.remarks) is told


LINK = (
    "10:00:01.200000 IP 10.20.1.9 > 10.20.2.7: ICMP echo request, id 7, seq 1, length 64\n"
    "10:00:01.200200 IP 10.20.2.7 > 10.20.1.9: ICMP echo reply, id 7, seq 1, length 64\n"
)


@pytest.mark.parametrize(
    ("last", "told"),
    [
        ("IP 10.20.3.4 > 10.20.2.7: ICMP echo request, id 9, seq 1, length 64", True),
        ("IP 10.20.3.4.5060 > 10.20.2.7.5060: sctp (1) [INIT] [init tag: 7] [rwnd: 106496] [OS: 10]", True),
        # The same two were heard to answer each other elsewhere.
        ("IP 10.20.1.9 > 10.20.2.7: ICMP echo request, id 7, seq 2, length 64", False),
    ],
)
def test_the_last_question_of_another_interface_is_in_the_headline(last: str, told: bool, tmp_path: Path) -> None:
    text = f"$ tcpdump -ni cali0a1b2c3d4e5\n{LISTENING.format('cali0a1b2c3d4e5')}{LINK}"
    text += f"$ tcpdump -ni eth0\n{LISTENING.format('eth0')}10:09:00.100000 {last}\n"
    analysis = judged(tmp_path, text)
    assert (heading(analysis) == "warn") is told
    assert ("has no answer in this text, which ends with it" in analysis.headline) is told


ONE, TWO, ALL = "02:00:00:00:00:0a", "02:00:00:00:00:0b", "ff:ff:ff:ff:ff:ff"


@pytest.mark.parametrize("between", [" ... ", "  ARP ", ", ARP, "])
def test_arp_lines_that_were_shortened(between: str, tmp_path: Path) -> None:
    text = "".join(
        f"{ONE} > {ALL}{between}Request who-has 10.20.1.1 tell 10.20.1.9\n"
        + f"{TWO} > {ONE}{between}Reply 10.20.1.1 is-at {TWO}\n" * replied
        for replied in (1, 0)
    )
    analysis = judged(tmp_path, text)
    assert analysis.captures[0].frames == 3
    assert set(analysis.arp["outcome"]) == {"answered", "in-flight"}


def test_the_numbers_of_lines_are_no_part_of_addresses(tmp_path: Path) -> None:
    text = "".join(
        f"1{n} 10:00:0{n}.250000 IP (tos 0x0, ttl 64, id {n}, offset 0, flags \\[DF\\],\nproto ICMP (1), length 84)\n\n"
        f"1{n}0.20.1.9 \\> 192.0.2.7: ICMP echo request, id 7, seq {n}, length 64\n\n"
        for n in range(3)
    )
    assert [f"1{n}0.20.1.9" for n in range(3)] == [str(src) for src in judged(tmp_path, text).echo["src"]]


@pytest.mark.parametrize("number", ["", " (0x0800)"])
def test_vlan_tags_of_older_tcpdumps(number: str, tmp_path: Path) -> None:
    text = "".join(
        f"10:00:0{n}.250000 {ONE} > {TWO}, ethertype 802.1Q (0x8100), length 78: vlan 34, p 0, ethertype IPv4{number}, "
        f"10.20.1.9.50100 > 10.20.2.7.8443: Flags [S], seq 700, win 64240, length 0\n"
        for n in (0, 1, 3)
    )
    assert "10.20.1.9's connection to 10.20.2.7 port 8443 gets no answer" in judged(tmp_path, text).headline


def test_arp_behind_the_tags_of_a_switch(tmp_path: Path) -> None:
    text = "".join(
        f"10:00:0{n}.250000 {ONE} (oui Unknown) > Broadcast, ethertype MEDSA (0xdada), length 50: Forward, tagged, "
        "dev.port:vlan 3.0:11, pri 0: ethertype ARP (0x0806) Request who-has 10.20.1.1 tell 10.20.1.9, length 28\n"
        for n in range(3)
    )
    assert any(
        "10.20.1.9's ARP for 10.20.1.1 gets no answer" in remark.text for remark in judged(tmp_path, text).remarks
    )


def test_masked_times_are_none(tmp_path: Path) -> None:
    text = "XX:XX:XX.XXXXXX " + "XX:XX:XX.XXXXXX ".join(line.split(" ", 1)[1] + "\n" for line in LINK.splitlines())
    analysis = judged(tmp_path, text)
    assert list(analysis.echo["outcome"]) == ["replied"]
