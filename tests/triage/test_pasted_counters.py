"""Pasted counters and logs of Calico: what they show by themselves, and relatives in which they show nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.pastes import causes, judged, judged_state

SYN = "18:37:4{second}.25 IP {src}.40100 > {dst}.{port}: Flags [S], seq 700, win 64240, length 0\n"
LISTENING = "listening on eth0, link-type EN10MB (Ethernet), capture size 262144 bytes\n"


def said(remarks: object, words: str) -> bool:
    assert isinstance(remarks, list)
    return any(words in remark.text for remark in remarks)


WIREGUARD = "[ 812.10{n}] wireguard: wireguard.cali: "
UNALLOWED = WIREGUARD + "Packet has unallowed src IP (172.31.0.12) from peer 3 (172.31.0.12:51820)\n"
RETRY = (
    WIREGUARD + "Handshake for peer 3 (172.31.0.12:51820) did not complete after 5 seconds, retrying (try {tried})\n"
)


@pytest.mark.parametrize(
    ("log", "words"),
    [
        (UNALLOWED.format(n=1) + UNALLOWED.format(n=2), "of a host drops what comes from 172.31.0.12: it is not among"),
        (
            UNALLOWED.format(n=1).replace("(172.31.0.12)", "(fd00::12)").replace("(172.31.0.12:", "([fd00:1::2]:"),
            "drops what comes from fd00::12: it is not among the allowed IPs of its peer fd00:1::2",
        ),
        (
            WIREGUARD.format(n=1) + "No peer has allowed IPs matching 10.244.9.7\n",
            "drops what goes to 10.244.9.7: it is among the allowed IPs of no peer",
        ),
        (
            "".join(RETRY.format(n=tried, tried=tried) for tried in (2, 3, 4)),
            "the WireGuard peer 172.31.0.12 does not answer wireguard.cali of a host: UDP port 51820",
        ),
        # Another peer was silent for a moment; a session that is made says so.
        (RETRY.format(n=2, tried=2), ""),
        (WIREGUARD.format(n=1) + "Receiving handshake response from peer 3 (172.31.0.12:51820)\n", ""),
    ],
)
def test_what_wireguard_says_in_the_kernels_log(log: str, words: str, tmp_path: Path) -> None:
    if not words:
        text = "$ dmesg | grep wireguard\n" + log
        assert not said(judged_state(tmp_path, text + "$ ip -br link\ntunl0 UP\n").remarks, "wireguard.cali")
        return
    analysis = judged_state(tmp_path, log)
    assert said(analysis.remarks, words)
    assert words.partition(":")[0] in analysis.headline


FROM, TO = '"Allow IPIP packets from Calico hosts"', '"Allow IPIP packets to other Calico hosts"'
COUNTED = (
    "[{count}:{count}] -A cali-{chain} -p ipencap -m comment --comment cali:h -m comment --comment {words} -j ACCEPT\n"
)


def counted(came: int, left: int) -> str:
    return COUNTED.format(count=came, chain="INPUT", words=FROM) + COUNTED.format(count=left, chain="OUTPUT", words=TO)


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        (counted(0, 118), "118 packets left a host by IPIP tunnels, and none came"),
        (
            counted(0, 118).replace("IPIP", "IPv4 VXLAN").replace("Calico hosts", "allowed hosts"),
            "118 packets left a host by VXLAN tunnels, and none came",
        ),
        (counted(7, 118), ""),
        (counted(0, 0), ""),
        # Without the other direction nothing is known of it.
        (counted(0, 118).splitlines(keepends=True)[1], ""),
        # Pings to a node that is gone.
        (counted(0, 2), ""),
    ],
)
def test_tunnels_by_which_packets_only_leave(rules: str, words: str, tmp_path: Path) -> None:
    analysis = judged_state(tmp_path, "# iptables-save -c | grep -i allow\n" + rules)
    assert said(analysis.remarks, "tunnels, and none came") is bool(words)
    assert words in analysis.headline


SAVED = (
    "*filter\n:FORWARD ACCEPT [0:0]\n:{chain} - [0:0]\n"
    "[{count}:9] -A {chain} -d {to} -m comment --comment cali:h {more}\nCOMMIT\n"
)
LISTED = (
    "# iptables -vL | grep DROP\nChain FORWARD (policy DROP 0 packets, 0 bytes)\n"
    "   41  2140 DROP       all  --  any    any     anywhere             10.244.0.0/16        /* cali:hash */ {more}\n"
)


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        (
            SAVED.format(chain="cali-cidr-block", count=41, to="10.244.0.0/16", more="-j DROP"),
            "Calico on a host dropped 41 packets to 10.244.0.0/16, as cali-cidr-block does",
        ),
        (
            LISTED.format(more=""),
            "a rule of Calico's on a host dropped 41 packets to 10.244.0.0/16, as cali-cidr-block",
        ),
        (SAVED.format(chain="cali-cidr-block", count=0, to="10.96.0.0/12", more="-j DROP"), ""),
        # A policy that denies a network; one that denies a port.
        (SAVED.format(chain="cali-po-secret", count=41, to="10.244.0.0/16", more="-j DROP"), ""),
        (LISTED.format(more="tcp dpt:80"), ""),
    ],
)
def test_a_network_that_calico_takes_for_one_of_services(rules: str, words: str, tmp_path: Path) -> None:
    analysis = judged_state(tmp_path, rules)
    assert said(analysis.remarks, "cali-cidr-block does") is bool(words)
    assert not words or said(analysis.remarks, words)


def test_a_rule_that_a_search_left_alone_is_not_of_the_chain_above_it(tmp_path: Path) -> None:
    remarks = judged_state(tmp_path, LISTED.format(more="")).remarks
    assert said(remarks, "a rule of Calico's dropped 41 packets")
    assert not said(remarks, "a rule of FORWARD")


CHAIN = (
    "Chain cali-tw-cali5b9f0aa1234 (1 references)\n pkts bytes target  prot opt in   out   source     destination\n"
    "{known:>5}  9000 ACCEPT  all  --  *    *     0.0.0.0/0  0.0.0.0/0   /* cali:a */ ctstate RELATED,ESTABLISHED\n"
    "{invalid:>5}  1800 DROP    all  --  *    *     0.0.0.0/0  0.0.0.0/0   /* cali:b */ ctstate INVALID\n"
)


@pytest.mark.parametrize(
    ("known", "invalid", "is_said"), [(0, 30, True), (4000, 30, False), (0, 0, False), (0, 2, False)]
)
def test_an_endpoint_for_which_everything_is_invalid(known: int, invalid: int, is_said: bool, tmp_path: Path) -> None:
    syns = "".join(SYN.format(second=n, src="10.244.2.20", dst="10.244.1.30", port=80) for n in (2, 3, 5))
    text = CHAIN.format(known=known, invalid=invalid) + LISTENING + syns
    assert said(judged(tmp_path, text).remarks, "packets that connection tracking calls INVALID, and passed") is is_said


def test_next_to_answered_questions_invalid_packets_are_no_matter(tmp_path: Path) -> None:
    syn = SYN.format(second=2, src="10.244.2.20", dst="10.244.1.30", port=80)
    answer = "18:37:42.26 IP 10.244.1.30.80 > 10.244.2.20.40100: Flags [S.], seq 9, ack 701, win 64240, length 0\n"
    text = CHAIN.format(known=0, invalid=30) + LISTENING + syn + answer
    assert not said(judged(tmp_path, text).remarks, "calls INVALID")


@pytest.mark.parametrize(
    ("src", "seconds", "is_said"),
    [
        ("10.96.0.1", (2, 3, 5), True),
        ("10.43.0.1", (2,), True),
        # A node or a pod may have such an address; the first one of Docker's networks is a bridge's.
        ("10.100.3.7", (2, 3, 5), False),
        ("172.20.0.1", (2, 3, 5), False),
        ("10.244.2.20", (2, 3, 5), False),
    ],
)
def test_a_question_from_the_address_of_a_service(
    src: str, seconds: tuple[int, ...], is_said: bool, tmp_path: Path
) -> None:
    text = LISTENING + "".join(SYN.format(second=n, src=src, dst="172.31.0.11", port=6443) for n in seconds)
    assert said(judged(tmp_path, text).remarks, f"{src}, which is or looks like a service's address") is is_said


def test_an_answer_from_a_service_is_none(tmp_path: Path) -> None:
    syn = SYN.format(second=2, src="10.244.2.20", dst="10.96.0.1", port=443)
    answer = "18:37:42.26 IP 10.96.0.1.443 > 10.244.2.20.40100: Flags [S.], seq 9, ack 701, win 64240, length 0\n"
    assert not said(judged(tmp_path, LISTENING + syn + answer).remarks, "a service's address")


EXISTS = "bird: Netlink: File exists\n"
STRANGER = "2026-03-04 05:06:07.000 bird: BGP: Unexpected connect from unknown address 172.31.0.{last} (port 41213)\n"


@pytest.mark.parametrize(
    ("log", "words"),
    [
        (
            "bird: Graceful restart done\n" + 4 * EXISTS,
            "BIRD of a host cannot write routes: File exists (4x in its log)",
        ),
        (
            3 * "bird6: Netlink: Network is unreachable\n",
            "BIRD of a host cannot write routes: Network is unreachable (3x in its log)",
        ),
        (STRANGER.format(last=9), "172.31.0.9 asks BIRD of a host for a BGP session, and is no peer of it"),
        # A route that was changed while BIRD read the table.
        ("bird: Graceful restart done\n" + EXISTS, ""),
        ("bird: Mesh_172_31_0_12: Connected to table master\nbird: Kernel dropped some netlink messages\n", ""),
    ],
)
def test_what_bird_complains_of(log: str, words: str, tmp_path: Path) -> None:
    analysis = judged_state(tmp_path, "$ ip -br link\ntunl0 UP\n$ kubectl logs calico-node-x2x4z\n" + log)
    assert said(analysis.remarks, "BIRD of ") is bool(words)
    assert not words or said(analysis.remarks, words)


def changed(*events: str) -> str:
    time = "Timestamp: Wed Mar  4 05:06:0{second} 2026 770451 {unit}\n[nsid current]{event}\n"
    units = ("us", "usec")
    return "".join(time.format(second=n, unit=units[n % 2], event=event) for n, event in enumerate(events))


BLOCK = "10.244.7.64/26 via 172.31.0.12 dev eth0  proto bird "
GONE = "Deleted " + BLOCK


@pytest.mark.parametrize(
    ("events", "is_said"),
    [((BLOCK, GONE, BLOCK, GONE, BLOCK), True), ((BLOCK, GONE, BLOCK), False), ((BLOCK, GONE), False)],
)
def test_a_monitor_with_times_and_namespaces(events: tuple[str, ...], is_said: bool, tmp_path: Path) -> None:
    analysis = judged_state(tmp_path, changed(*events) + "$ ip -br link\ntunl0 UP\n")
    words = "routes of a host were deleted and came back, 2x: 10.244.7.64/26 via 172.31.0.12 dev eth0"
    assert said(analysis.remarks, "came back") is is_said
    assert said(analysis.remarks, words) is is_said


@pytest.mark.parametrize(
    ("listening", "src", "dst", "is_first"),
    [
        ("eth0", "10.244.2.20", "172.31.9.9", True),
        ("eth0", "10.42.3.9", "192.168.7.4", True),
        # Between pods nobody translates. A node may have the other address. A pod's own link is before translation.
        ("eth0", "10.244.2.20", "10.244.7.9", False),
        ("eth0", "192.168.0.9", "172.31.9.9", False),
        ("cali5b9f0aa1234", "10.244.2.20", "172.31.9.9", False),
        ("tunl0", "10.244.2.20", "172.31.9.9", False),
    ],
)
def test_a_pods_usual_address_on_a_card(listening: str, src: str, dst: str, is_first: bool, tmp_path: Path) -> None:
    text = LISTENING.replace("eth0", listening)
    text += "".join(SYN.format(second=n, src=src, dst=dst, port=9153) for n in (2, 3, 5))
    assert (causes(judged(tmp_path, text))[0] == "source-not-translated") is is_first


def test_a_usual_address_of_a_pod_that_gets_answers(tmp_path: Path) -> None:
    text = LISTENING + SYN.format(second=2, src="10.244.2.20", dst="172.31.9.9", port=9153)
    text += "18:37:42.26 IP 172.31.9.9.9153 > 10.244.2.20.40100: Flags [S.], seq 9, ack 701, win 64240, length 0\n"
    assert not judged(tmp_path, text).asked_in_vain
