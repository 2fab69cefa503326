"""Pasted packets without a part: answers to DHCP, to a translated question, to handshakes; the rest of fragments."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck import analyze_state
from tests.support.pastes import causes, judged

DHCP = (
    "18:53:{second:02}.563359 IP 0.0.0.0.68 > 255.255.255.255.67: BOOTP/DHCP, Request from 52:54:00:1d:54:d4, "
    "length 300\n"
)
WITH_MAC = (
    "18:53:{second:02}.563359 52:54:00:1d:54:d4 > ff:ff:ff:ff:ff:ff, ethertype IPv4 (0x0800), length 342: 0.0.0.0.68 > "
    "255.255.255.255.67: BOOTP/DHCP, Request from 52:54:00:1d:54:d4, length 300\n"
)
OFFER = "18:53:14.573359 IP 10.0.0.1.67 > 10.0.0.9.68: BOOTP/DHCP, Reply, length 300\n"
OFFER_WITH_MAC = (
    "18:53:14.573359 52:54:00:00:00:01 > {mac}, ethertype IPv4 (0x0800), length 342: 10.0.0.1.67 > {to}.68: "
    "BOOTP/DHCP, Reply, length 300\n"
)
SILENT = "asks for an address by DHCP on {link}, 3 times over {over}, and nobody answers"


def listening(link: str) -> str:
    return f"listening on {link}, link-type EN10MB (Ethernet), capture size 262144 bytes\n"


def requests(line: str) -> str:
    return "".join(line.format(second=second) for second in (1, 5, 13))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            listening("tap82d69e1a-1f") + requests(DHCP),
            "a host without an address " + SILENT.format(link="tap82d69e1a-1f", over="12 s"),
        ),
        (
            "# tcpdump -eni vnet4\n" + requests(WITH_MAC),
            "52:54:00:1d:54:d4 " + SILENT.format(link="vnet4", over="12 s"),
        ),
        # To another client.
        (
            "# tcpdump -eni vnet4\n"
            + requests(WITH_MAC)
            + OFFER_WITH_MAC.format(mac="52:54:00:00:00:09", to="10.0.0.9"),
            "52:54:00:1d:54:d4 " + SILENT.format(link="vnet4", over="12 s"),
        ),
        (
            "# tcpdump -eni vnet4\n"
            + requests(WITH_MAC)
            + OFFER_WITH_MAC.format(mac="52:54:00:1d:54:d4", to="10.0.0.9"),
            "",
        ),
        (
            "# tcpdump -eni vnet4\n"
            + requests(WITH_MAC)
            + OFFER_WITH_MAC.format(mac="ff:ff:ff:ff:ff:ff", to="255.255.255.255"),
            "",
        ),
        (listening("tap82d69e1a-1f") + requests(DHCP) + OFFER, ""),
        (listening("tap82d69e1a-1f") + DHCP.format(second=1), ""),
        # A card hears the requests of all its neighbours, and none of their answers.
        (listening("eth0") + requests(DHCP), ""),
        # From another port: it is not DHCP.
        (listening("tap82d69e1a-1f") + requests(DHCP).replace(".68 >", ".6868 >"), ""),
    ],
)
def test_dhcp_that_nobody_answers(text: str, words: str, tmp_path: Path) -> None:
    headline = judged(tmp_path, text).headline
    assert words in headline
    assert words or "DHCP" not in headline


OFFERED = "".join(
    WITH_MAC.format(second=second)
    + OFFER_WITH_MAC.format(mac="52:54:00:1d:54:d4", to="10.0.0.9").replace(":14.", f":{second:02}.")
    for second in (1, 5, 13)
)


@pytest.mark.parametrize("bridge", ["virbr1", "lxdbr0", "docker0", "incusbr0"])
def test_dhcp_that_nobody_answers_on_a_bridge_that_the_host_serves(bridge: str, tmp_path: Path) -> None:
    silent = SILENT.format(link=bridge, over="12 s")
    assert silent in judged(tmp_path, listening(bridge) + requests(DHCP)).headline
    assert "DHCP" not in judged(tmp_path, listening(bridge) + OFFERED).headline


def test_dhcp_answers_that_a_bridge_does_not_hand_on(tmp_path: Path) -> None:
    text = listening("virbr1") + OFFERED + "\n\n" + listening("vnet1") + requests(WITH_MAC)
    analysis = judged(tmp_path, text)
    assert "nobody answers there: the answers come as far as virbr1" in analysis.headline
    (said,) = (remark.text for remark in analysis.remarks if "DHCP" in remark.text)
    assert "bridge vlan show" in said
    assert "no DHCP server hears it" not in said


def test_dhcp_answers_of_another_time_are_no_answers(tmp_path: Path) -> None:
    later = (listening("virbr1") + OFFERED).replace("18:53:", "19:53:")
    analysis = judged(tmp_path, listening("vnet1") + requests(WITH_MAC) + "\n\n" + later)
    assert "come as far" not in analysis.headline
    assert SILENT.format(link="vnet1", over="12 s") in analysis.headline


ASKED = "02:26:16.247899 IP 10.50.0.136.49708 > 10.96.0.10.53: 18812+ A? web.shop.example. (34)\n"
SENT_ON = "02:26:16.24{later} IP 10.50.0.136.{port} > 10.50.1.47.53: {ident}+ A? web.shop.example. (34)\n"
ANSWERED = "02:26:16.{later} IP {source}.53 > 10.50.0.136.{port}: {ident} NXDomain 0/1/0 (142)\n"
SYN = "16:08:46.78{later} IP {src}.44968 > {dst}: Flags [S], seq 538131317, win 28400, options [mss 1420], length 0\n"
SYN_ACK = (
    "16:08:46.79{later} IP {src} > {dst}.44968: Flags [S.], seq 77, ack 538131318, win 26480, options [mss 1336], "
    "length 0\n"
)


def dns(port: int = 49708, ident: int = 18812, back: str = "") -> str:
    lines = ASKED + SENT_ON.format(later=8007, port=port, ident=ident)
    return lines + ANSWERED.format(later=248414, source="10.50.1.47", port=port, ident=ident) + back


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            dns(),
            "10.50.0.136's DNS query to 10.96.0.10 has no answer in this text, and the same, sent on to 10.50.1.47, "
            "has one",
        ),
        (
            SYN.format(later=9039, src="192.0.2.4", dst="192.0.2.6.30081")
            + SYN.format(later=9976, src="10.40.0.0", dst="10.32.0.3.81")
            + SYN_ACK.format(later=1042, src="10.32.0.3.81", dst="10.40.0.0"),
            "192.0.2.4's connection to 192.0.2.6 port 30081 has no answer in this text, and the same, sent on to "
            "10.32.0.3, has one",
        ),
        # It has one, too.
        (dns(back=ANSWERED.format(later=248458, source="10.96.0.10", port=49708, ident=18812)), ""),
        # It came to the asker itself, untranslated, which is said.
        (
            SYN.format(later=9039, src="10.50.0.4", dst="10.96.9.9.81")
            + SYN.format(later=9976, src="10.50.0.4", dst="10.50.0.7.81")
            + SYN_ACK.format(later=1042, src="10.50.0.7.81", dst="10.50.0.4")
            + "16:08:46.791142 IP 10.50.0.4.44968 > 10.50.0.7.81: Flags [R], seq 538131318, win 0, length 0\n",
            "",
        ),
        # Another question.
        (dns(port=49709), ""),
        (dns(ident=18813), ""),
    ],
)
def test_a_question_that_is_answered_only_behind_its_translation(text: str, words: str, tmp_path: Path) -> None:
    analysis = judged(tmp_path, text)
    assert words in analysis.headline
    assert words or not any("sent on to" in remark.text for remark in analysis.remarks)


SHAKE = {
    "syn": "IP 192.0.2.5.4000 > 192.0.2.9.81: Flags [S], seq 100, win 64240, options [mss 1460], length 0\n",
    "syn-ack": "IP 192.0.2.9.81 > 192.0.2.5.4000: Flags [S.], seq 500, ack 101, win 65, options [mss 1460], length 0\n",
    "ack": "IP 192.0.2.5.4000 > 192.0.2.9.81: Flags [.], ack 1, win 502, length 0\n",
    "data": "IP 192.0.2.5.4000 > 192.0.2.9.81: Flags [P.], seq 1:11, ack 1, win 502, length 10\n",
    "their ack": "IP 192.0.2.9.81 > 192.0.2.5.4000: Flags [.], ack 1, win 502, length 0\n",
    "reset": "IP 192.0.2.5.4000 > 192.0.2.9.81: Flags [R], seq 101, win 0, length 0\n",
}
MADE = [(0.0, "syn"), (0.001, "syn-ack"), (0.01, "ack")]


def shaken(*segments: tuple[float, str]) -> str:
    return "# tcpdump -ni eth0\n" + "".join(f"10:00:{time:09.6f} {SHAKE[name]}" for time, name in segments)


@pytest.mark.parametrize(
    ("segments", "is_told"),
    [
        ([*MADE, (1.02, "syn-ack"), (3.03, "syn-ack")], True),
        ([*MADE, (1.02, "syn-ack"), (1.03, "ack")], True),
        # Neither SYN nor the first answer was recorded.
        ([(0.01, "ack"), (3.02, "syn-ack")], True),
        (MADE, False),
        # Recorded twice; heard after all; broken off; the only ACK came after the second SYN-ACK.
        ([(0.0, "syn"), (0.001, "syn-ack"), (0.00101, "syn-ack"), (0.01, "ack")], False),
        ([*MADE, (0.02, "syn-ack")], False),
        ([*MADE, (1.02, "syn-ack"), (1.03, "ack"), (1.04, "their ack")], False),
        ([*MADE, (1.02, "syn-ack"), (1.03, "reset")], False),
        ([(0.0, "syn"), (0.001, "syn-ack"), (1.02, "syn-ack"), (1.03, "ack")], False),
        # What became of its data says more.
        ([*MADE, (0.02, "data"), (1.02, "syn-ack")], False),
    ],
)
def test_a_syn_ack_that_is_sent_again_after_its_ack(
    segments: list[tuple[float, str]], is_told: bool, tmp_path: Path
) -> None:
    words = (
        "192.0.2.5's connection to 192.0.2.9 port 81 is not made: 192.0.2.9 sends its answer (SYN-ACK) again, although"
    )
    assert (words in judged(tmp_path, shaken(*segments)).headline) is is_told


@pytest.mark.parametrize(
    ("window", "dissected", "is_told"), [(0, False, True), (65160, False, False), (0, True, True), (65160, True, False)]
)
def test_an_answer_with_a_window_of_nothing(window: int, dissected: bool, is_told: bool, tmp_path: Path) -> None:
    text = shaken(*MADE, (0.02, "data")).replace("win 65,", f"win {window},")
    if dissected:
        text = (
            "1 0.000000 192.0.2.5 → 192.0.2.9 TCP 74 4000 → 81 [SYN] Seq=0 Win=64240 Len=0 MSS=1460\n"
            f"2 0.000100 192.0.2.9 → 192.0.2.5 TCP 74 81 → 4000 [SYN, ACK] Seq=0 Ack=1 Win={window} Len=0 MSS=1460\n"
        )
    words = "the answer to 192.0.2.5's connection to 192.0.2.9 port 81 has a window of 0"
    assert (words in judged(tmp_path, text).headline) is is_told


INVALID = """worker-3 # iptables -nvL FORWARD
Chain FORWARD (policy ACCEPT 0 packets, 0 bytes)
 pkts bytes target     prot opt in     out     source               destination
{count}  2640 DROP       all  --  *      *       0.0.0.0/0            0.0.0.0/0            ctstate INVALID
"""
STUCK = [(0.0, "syn"), (0.001, "syn-ack"), (1.02, "syn-ack"), (3.03, "syn-ack")]


@pytest.mark.parametrize(
    ("segments", "count", "is_told"),
    [
        (STUCK, 44, True),
        ([*MADE, (1.02, "syn-ack"), (3.03, "syn-ack")], 44, True),
        (STUCK, 0, False),
        # It was made.
        (MADE, 44, False),
        # Its first packet got no answer: connection tracking takes that for new.
        ([(0.0, "syn"), (1.0, "syn"), (3.0, "syn")], 44, False),
    ],
)
def test_what_is_invalid_counts_where_a_connection_got_stuck_midway(
    segments: list[tuple[float, str]], count: int, is_told: bool, tmp_path: Path
) -> None:
    said = [remark.text for remark in judged(tmp_path, shaken(*segments) + INVALID.format(count=count)).remarks]
    found = [text for text in said if "that connection tracking calls INVALID" in text]
    assert bool(found) is is_told
    assert all(text.startswith("a rule of FORWARD on worker-3 dropped 44 packets") for text in found)


def test_who_reaches_itself_is_no_suspect_unless_that_was_seen(tmp_path: Path) -> None:
    text = listening("cali0123456789a") + "".join(
        f"12:00:0{second}.000001 IP 10.50.1.4.40000 > 10.50.7.7.80: Flags [S], seq 1, win 64240, length 0\n"
        for second in (0, 1, 3)
    )
    assert "hairpin-not-masqueraded" not in causes(judged(tmp_path, text))


FRAGMENT = (
    "10:05:46.{time} IP (tos 0x0, ttl 60, id 777, offset {offset}, flags [{flags}], proto UDP (17), length {length})\n"
    "    198.51.100.20{port} > 10.50.1.9{port}: {what}\n"
)
FIRST = FRAGMENT.format(time=267199, offset=0, flags="+", length=1500, port=".5001", what="UDP, length 1800")
LATER = FRAGMENT.format(time=267209, offset=1480, flags="none", length=348, port="", what="ip-proto-17")
SNMP = (
    "10:05:46.222937 IP 10.50.1.9.36420 > 198.51.100.20.161:   GetBulk(31)  N=0 M=55 .1.0.8802\n"
    "10:05:46.267199 IP 198.51.100.20.161 > 10.50.1.9.36420:  [len1468<asnlen1517]\n"
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (FIRST, "of 1 packet the text shows the first fragment and no other"),
        (FIRST + FIRST, "of 2 packets the text shows the first fragment and no other"),
        (SNMP, "of 1 packet the text shows the first fragment and no other"),
        (FIRST + LATER, ""),
        (LATER + FIRST, ""),
        # The last label of a name is a port in the first alone.
        ((FIRST + LATER).replace("198.51.100.20", "ns.example.org").replace("10.50.1.9", "web.shop.local"), ""),
        (SNMP + "10:05:46.267209 IP 198.51.100.20 > 10.50.1.9: udp\n", ""),
    ],
)
def test_first_fragments_that_no_other_follows(text: str, words: str, tmp_path: Path) -> None:
    said = " ".join(remark.text for remark in judged(tmp_path, text).remarks)
    assert words in said
    assert words or "first fragment" not in said


CARD = "2: eth0: <BROADCAST,UP,LOWER_UP> mtu 1450 qdisc mq state UP\n    inet 192.0.2.7/24 scope global eth0\n"
DOCKER = (
    "3: docker0: <NO-CARRIER,BROADCAST,UP> mtu 1500 qdisc noqueue state DOWN\n    inet 172.17.0.1/16 scope global\n"
)


@pytest.mark.parametrize(
    ("text", "is_told"),
    [
        (CARD + DOCKER, True),
        (CARD + DOCKER.replace("1500", "1450"), False),
        # The pods have another network.
        (CARD + DOCKER + "4: cali0123456789a@if3: <BROADCAST,UP,LOWER_UP> mtu 1450 state UP\n", False),
    ],
)
def test_a_bridge_that_containers_will_be_on(text: str, is_told: bool, tmp_path: Path) -> None:
    path = tmp_path / "state.txt"
    path.write_text("root@n1:~# ip addr\n" + text)
    analysis = analyze_state(path)
    said = [remark.text for remark in analysis.remarks if remark.text.startswith("docker0 has an MTU of 1500")]
    assert bool(said) is is_told
    assert all("nothing is plugged into it now" in text for text in said)
    # It costs nobody anything yet.
    assert "docker0 has" not in analysis.headline


QUERY = "01:30:01.942451 IP 10.50.1.3.53562 > 172.20.0.10.53: 9568+ A? web.shop.example. (34)\n"
RULES = """$ sysctl -a | grep .rp_filter
net.ipv4.conf.cali0123456789a.rp_filter = 0
$ iptables -t raw -L --line-numbers
Chain PREROUTING (policy ACCEPT)
num  target     prot opt source               destination
1    cali-PREROUTING  all  --  anywhere             anywhere             /* cali:a */

Chain cali-PREROUTING (1 references)
num  target         prot opt source             destination
{number}    DROP           all  --  anywhere    anywhere    /* cali:b */ mark match 0x40/0x40 rpfilter validmark invert
"""


@pytest.mark.parametrize(("number", "words"), [(4, "it is not known whether"), (1, "cannot have been it")])
def test_rules_that_a_numbered_listing_leaves_out_may_have_set_the_mark(
    number: int, words: str, tmp_path: Path
) -> None:
    analysis = judged(tmp_path, QUERY + "\n" + RULES.format(number=number))
    (suspect,) = [suspect for suspect in analysis.diagnoses[0].suspects if suspect.cause.id == "policy-drops"]
    assert words in suspect.because[0]
    assert (causes(analysis)[0] == "policy-drops") is (number == 4)
