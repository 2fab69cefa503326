"""Questions that no rule is about, and the node's ICMP errors, get a reason that is reported like any failure's."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest

from pcapcheck import Analysis, analyze
from pcapcheck.report.formats.github import write_github
from pcapcheck.report.formats.junit import write_junit
from pcapcheck.report.formats.markdown import write_markdown
from pcapcheck.report.formats.sarif import write_sarif
from pcapcheck.report.formats.text import write_text
from pcapcheck.report.headline import heading
from tests.support.lab import captures
from tests.support.wire import (
    BEGIN,
    MS,
    NODE,
    PEER_IP,
    POD,
    POD_IP,
    SECOND,
    Frame,
    answer,
    ask,
    error,
    reply,
    request,
    tcp,
    tcp_back,
    udp,
    write_pcap,
)

CALI, PEER_CALI = "cali14e7d81007d", "calieabe7761b00"
PEER = "3a:91:7f:0c:d4:58"
SYN, SYN_ACK, RST_ACK = 0x02, 0x12, 0x14
ROUTES = (
    "root@n:~# ip route\ndefault via 172.31.186.1 dev eth0\n"
    f"10.244.1.10 dev {CALI} scope link\n10.244.1.11 dev {PEER_CALI} scope link\n"
)


def ruleset(*rules: str) -> str:
    """What is pasted of a node whose forward chain holds some rules, and of its routes."""
    lines = "".join(f"\t\t{rule}\n" for rule in rules)
    chain = f"\tchain forward {{\n\t\ttype filter hook forward priority filter; policy accept;\n{lines}\t}}\n"
    return f"{ROUTES}root@n:~# nft list ruleset\ntable ip t {{\n{chain}}}\n"


def refused(folder: Path, frames: list[Frame], state: str = "") -> Analysis:
    """Pod A asks pod B; both links are recorded, and pings cross them."""
    here, there = [(BEGIN, ask()), (BEGIN + 1000, answer()), *frames], []
    for number in range(4):
        time = BEGIN + (1 + 2 * number) * SECOND
        here += [(time, request(number, ip_id=number)), (time + 3000, reply(number, ip_id=number + 900, ttl=63))]
        back = reply(number, src=PEER_IP, dst=POD_IP, ip_id=number + 900, eth=(PEER, NODE), ttl=64)
        there += [
            (time + 1000, request(number, ip_id=number, eth=(NODE, PEER), ttl=63)),
            (time + 2000, back),
        ]
    paths = [write_pcap(folder / f"{CALI}.pcap", sorted(here)), write_pcap(folder / f"{PEER_CALI}.pcap", sorted(there))]
    pasted = folder / "node.txt"
    pasted.write_text(state)
    return analyze(*paths, node_state=pasted if state else None)


def by_status(analysis: Analysis, status: str) -> list[str]:
    return [suspect.cause.id for each in analysis.diagnoses for suspect in each.suspects if suspect.status == status]


RESET: list[Frame] = [(BEGIN + 10 * MS, tcp(SYN)), (BEGIN + 11 * MS, tcp_back(RST_ACK, ttl=64))]
SENT: list[Frame] = [
    (BEGIN + SECOND + (number + 1) * 200 * MS, udp((50642, 9125), b"requests", ip_id=300 + number))
    for number in range(4)
]
UNREACHABLE: list[Frame] = [*SENT, *((time + 1000, error(3, 3, frame)) for time, frame in SENT)]


def test_a_reset_by_the_node_is_listed_first_and_stays_a_warning(tmp_path: Path) -> None:
    analysis = refused(tmp_path, RESET)
    assert heading(analysis) == "warn"
    assert by_status(analysis, "possible")[0] == "node-resets"
    assert not {"policy-drops", "node-firewall-drops"} & set(by_status(analysis, "possible"))


@pytest.mark.parametrize(
    ("frames", "rule", "confirmed"),
    [
        (RESET, f"ip daddr {PEER_IP} tcp dport 80 counter packets 1 bytes 60 reject with tcp reset", ["node-resets"]),
        (RESET, f"ip daddr {PEER_IP} tcp dport 80 counter packets 1 bytes 60 drop", []),
        (RESET, f"ip daddr {PEER_IP} tcp dport 81 counter packets 1 bytes 60 reject with tcp reset", []),
        (RESET, f"ip daddr {PEER_IP} tcp dport 80 counter packets 0 bytes 0 reject with tcp reset", []),
        (RESET, f"ip daddr {POD_IP} tcp dport 80 counter packets 1 bytes 60 reject with tcp reset", []),
        (SENT, "udp dport 9125 counter packets 4 bytes 144 drop", ["node-firewall-drops"]),
        (SENT, "udp dport 9125 counter packets 4 bytes 144 reject", []),
        (SENT, "udp dport 9126 counter packets 4 bytes 144 drop", []),
        (SENT, "udp dport 9125 counter packets 3 bytes 108 drop", []),
        (SENT, "tcp dport 9125 counter packets 4 bytes 144 drop", []),
        (UNREACHABLE, "udp dport 9125 counter packets 4 bytes 144 reject", ["firewall-rejects"]),
        (UNREACHABLE, "udp dport 9125 counter packets 4 bytes 144 drop", []),
    ],
)
def test_only_the_rule_that_did_it_is_confirmed(
    tmp_path: Path, frames: list[Frame], rule: str, confirmed: list[str]
) -> None:
    analysis = refused(tmp_path, frames, ruleset(rule))
    assert by_status(analysis, "confirmed") == confirmed
    assert all(rule in suspect.because[0] for each in analysis.diagnoses for suspect in each.confirmed)


def test_what_arrives_at_the_nic_and_never_at_the_pod_is_confirmed_by_its_rule(tmp_path: Path) -> None:
    pasted = tmp_path / "node.txt"
    pasted.write_text(ruleset('iifname "eth0" meta l4proto tcp counter packets 4 bytes 240 drop'))
    analysis = analyze(*captures("outside-tcp-dies"), node_state=pasted)
    assert heading(analysis) == "warn"
    assert by_status(analysis, "confirmed") == ["node-firewall-drops"]
    pasted.write_text(ruleset('iifname "eth1" meta l4proto tcp counter packets 4 bytes 240 drop'))
    assert by_status(analyze(*captures("outside-tcp-dies"), node_state=pasted), "confirmed") == []


NODE_IP = "172.31.186.5"
# The node probes the pod, as the kubelet does, and never takes the answer in.
PROBED: list[Frame] = [
    frame
    for after in (0, 1, 3, 7)
    for frame in (
        (BEGIN + after * SECOND, tcp(SYN, src=NODE_IP, dst=POD_IP, eth=(NODE, POD), seq=100)),
        (BEGIN + after * SECOND + 30_000, tcp(SYN_ACK, (80, 40000), dst=NODE_IP, src=POD_IP, seq=700, ack=101)),
    )
]


@pytest.mark.parametrize(
    ("chain", "confirmed"),
    [
        (":INPUT DROP [4:240]\n", ["node-firewall-drops"]),
        (":INPUT ACCEPT [0:0]\n[4:240] -A INPUT -p tcp --sport 80 -j DROP\n", ["node-firewall-drops"]),
        # What would drop the SYN, which came to the pod, or has counted nothing.
        (":INPUT ACCEPT [0:0]\n[4:240] -A INPUT -p tcp --dport 80 -j DROP\n", []),
        (":INPUT ACCEPT [0:0]\n[0:0] -A INPUT -p tcp --sport 80 -j DROP\n", []),
        (":OUTPUT DROP [4:240]\n", []),
    ],
)
@pytest.mark.parametrize("alone", [True, False])
def test_an_answer_that_the_node_does_not_take_in(
    tmp_path: Path, chain: str, confirmed: list[str], alone: bool
) -> None:
    pasted = tmp_path / "node.txt"
    addresses = f"root@n:~# ip addr\n2: eth0: <UP> mtu 1500 state UP\n    inet {NODE_IP}/24 scope global eth0\n"
    save = f"root@n:~# iptables-save -c\n*filter\n{chain}COMMIT\nroot@n:~# \n"
    pasted.write_text(f"{addresses}{ROUTES}{save}")
    paths = [write_pcap(tmp_path / f"{CALI}.pcap", [(BEGIN - SECOND, ask()), (BEGIN - SECOND, answer()), *PROBED])]
    if not alone:
        paths.append(write_pcap(tmp_path / f"{PEER_CALI}.pcap", [(BEGIN, ask(src=PEER, ip=PEER_IP))]))
    analysis = analyze(*paths, node_state=pasted)
    assert heading(analysis) == "warn"
    assert by_status(analysis, "confirmed") == confirmed


def test_every_format_says_why(tmp_path: Path) -> None:
    analysis = refused(tmp_path, RESET, ruleset("tcp dport 80 counter packets 1 bytes 60 reject with tcp reset"))
    for write in (write_text, write_markdown, write_junit, write_sarif, write_github):
        stream = StringIO()
        write(analysis, stream)
        assert f"Why {POD_IP}'s connection to {PEER_IP} port 80 failed" in stream.getvalue(), write
        assert "rejects the connection with a reset" in stream.getvalue(), write
    document = json.loads(json.dumps(analysis.to_dict()))
    (diagnosis,) = document["diagnoses"]
    assert (diagnosis["rules"], diagnosis["unanswered"], diagnosis["confirmed"]) == ([], [0], ["node-resets"])
    assert document["unanswered"][0]["question"] == diagnosis["headline"]
    assert [cause["explains"] for cause in document["causes"] if cause["status"] == "confirmed"] == [[]]


def test_two_unknown_hosts_get_no_reason(tmp_path: Path) -> None:
    """What a stranger's NIC shows of two public addresses is not the node's concern."""
    macs = ("0a:58:ac:1f:ba:fa", "0a:58:ac:1f:ba:01")
    frames = [(BEGIN + n * SECOND, tcp(SYN, src="10.9.0.7", dst="8.8.8.8", eth=macs)) for n in range(5)]
    analysis = analyze(write_pcap(tmp_path / "eth0.pcap", frames))
    assert analysis.unanswered
    assert not analysis.diagnoses


def printed(folder: Path, *lines: str) -> list[str]:
    """The causes of what a pasted text shows, the most likely first."""
    pasted = folder / "paste.txt"
    pasted.write_text("".join(f"09:11:{line}\n" for line in lines))
    return [cause["id"] for cause in analyze(pasted).to_dict()["causes"]]


def asked(end: str, what: str, *seconds: int) -> list[str]:
    return [f"{second:02}.250000 {end}{what}" for second in seconds]


SEGMENT = "IP 10.66.4.9.9000 > 10.66.8.2.40000: Flags [.], seq 1:1401, ack 9, win 64, length 1400"
QUERY = "IP 10.66.4.9.40112 > 10.66.0.53.53: 5042+ A? db.example. (28)"
TRIED = "IP 10.66.4.9.40112 > 10.66.8.2.80: Flags [S], seq 7, win 64240, length 0"


@pytest.mark.parametrize(
    ("what", "cause"), [(SEGMENT, "mtu-too-large"), (QUERY, "dns-server-silent"), (TRIED, "policy-drops")]
)
def test_a_text_without_its_interface_gets_reasons(tmp_path: Path, what: str, cause: str) -> None:
    """The line that says where it was recorded is the first that people leave out."""
    assert cause in printed(tmp_path, *asked("", what, 1, 2, 4, 8, 16))[:3]


def test_tcp_that_is_lost_inside_vxlan(tmp_path: Path) -> None:
    """The checksums are not printed without -v: an offload that spoils them is as likely as on -v."""
    lines = ["00.000000 IP 172.31.1.1.4096 > 172.31.1.2.4789: VXLAN, flags [I] (0x08), vni 4096\n" + TRIED]
    for second in (1, 3, 7):
        lines.append(lines[0].replace("00.000000", f"{second:02}.000000"))
    (tmp_path / "a").mkdir()
    assert printed(tmp_path / "a", *lines)[0] == "vxlan-checksum-offload"
    # Nothing shows a tunnel.
    assert "vxlan-checksum-offload" not in printed(tmp_path, *asked("", TRIED, 1, 2, 4, 8))[:5]


@pytest.mark.parametrize("sent", [False, True])
def test_a_reset_that_its_senders_link_does_not_show(tmp_path: Path, sent: bool) -> None:
    """The node's firewall resets an established connection: only the NIC shows the RST in the pod's name."""
    ends, far, card = (40000, 80), "192.168.77.7", "0a:58:ac:1f:ba:fa"
    link: list[Frame] = [(BEGIN, ask()), (BEGIN + 1000, answer())]
    nic: list[Frame] = []
    talk = [
        tcp(SYN, ends, ip_id=1, dst=far),
        tcp_back(SYN_ACK, seq=700, ack=2, ip_id=2, src=far, dst=POD_IP),
        tcp(0x18, ends, seq=2, ack=701, data=b"get", ip_id=3, dst=far),
        tcp_back(0x18, seq=701, ack=5, data=b"x" * 100, ip_id=4, src=far, dst=POD_IP),
        tcp_back(0x18, seq=801, ack=5, data=b"x" * 100, ip_id=5, src=far, dst=POD_IP),
    ]
    for number, frame in enumerate(talk):
        at = BEGIN + (1 + number) * 10 * MS
        link.append((at, frame))
        nic.append((at + 5000, ethernet_of(frame, card)))
    reset = tcp(0x04, ends, seq=5, ip_id=6, dst=far)
    nic.append((BEGIN + 100 * MS, ethernet_of(reset, card)))
    if sent:
        link.append((BEGIN + 100 * MS - 5000, reset))
    link.append((BEGIN + SECOND, ask()))
    nic.append((BEGIN + SECOND, ask("172.31.186.9", card, "172.31.186.250")))
    analysis = analyze(write_pcap(tmp_path / f"{CALI}.pcap", link), write_pcap(tmp_path / "eth0.pcap", nic))
    assert ("reset-in-its-name" in by_status(analysis, "confirmed")) == (not sent)


def ethernet_of(frame: bytes, card: str) -> bytes:
    """A packet as the node forwards it by its NIC: other MACs, and a TTL one lower on the way out."""
    router = bytes.fromhex("0a58ac1fba01")
    mine = bytes.fromhex(card.replace(":", ""))
    outgoing = frame[6:12] == bytes.fromhex(POD.replace(":", ""))
    ends = router + mine if outgoing else mine + router
    return ends + frame[12:22] + bytes([frame[22] + (-1 if outgoing else 1)]) + frame[23:]
