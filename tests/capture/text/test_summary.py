"""Rows of tshark's and Wireshark's packet lists: every form of a row, and what the rules make of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck import analyze
from pcapcheck.errors import CaptureError
from tests.support.transcripts import judge, reason, rows, status

POD, PROXY = "0a:58:0a:f4:05:07", "ee:ee:ee:ee:ee:ee"
WHO = "Who has 169.254.1.1? Tell 10.244.5.7"
ON_CALI = "Capturing on 'cali5c1e9d07a42'\n"


def asked(*seconds: str) -> str:
    return "".join(
        f"{number:5} {second} {POD} → Broadcast    ARP 42 {WHO}\n" for number, second in enumerate(seconds, 1)
    )


SILENT = ON_CALI + asked("0.000000000", "1.024001000", "2.048003000")


def test_a_silent_node_in_rows(tmp_path: Path) -> None:
    analysis = judge(tmp_path, SILENT)
    (capture,) = analysis.captures
    assert (analysis.verdict, capture.format, capture.frames) == ("fail", "tshark text", 3)
    assert "the node does not answer 10.244.5.7's ARP" in analysis.diagnoses[0].headline
    assert analysis.points[0].name == "cali5c1e9d07a42"
    assert capture.problems == []


HEALTHY = [
    f"{POD} → Broadcast    ARP 42 {WHO}",
    f"{PROXY} → {POD} ARP 42 169.254.1.1 is at {PROXY}",
    "10.244.5.7 → 10.244.6.8 ICMP 98 Echo (ping) request  id=0x002a, seq=1/256, ttl=64 (reply in 4)",
    "10.244.6.8 → 10.244.5.7 ICMP 98 Echo (ping) reply    id=0x002a, seq=1/256, ttl=62 (request in 3)",
]
TIMES = {
    "relative": ["0.000000", "0.000081", "0.000099", "0.000401"],
    "since the packet before": ["0.000000", "0.000081", "0.000018", "0.000302"],
    "of the day": ["07:41:09.000000", "07:41:09.000081", "07:41:09.000099", "07:41:09.000401"],
    "with the date": [f"2026-03-04 07:41:09.000{n}" for n in ("000", "081", "099", "401")],
    "with the day of the year": [f"2026/063 07:41:09.000{n}" for n in ("000", "081", "099", "401")],
    "since 1970": [f"1772610069.000{n}" for n in ("000", "081", "099", "401")],
}


@pytest.mark.parametrize("arrow", ["→", "->"])
@pytest.mark.parametrize("prefix", ["", "> ", "    "])
@pytest.mark.parametrize("numbered", [True, False])
@pytest.mark.parametrize("style", TIMES)
def test_a_healthy_link_in_every_form(tmp_path: Path, style: str, numbered: bool, prefix: str, arrow: str) -> None:
    lines = [
        f"{prefix}{f'{number} ' if numbered else ''}{time} {row}".replace("→", arrow)
        for number, (time, row) in enumerate(zip(TIMES[style], HEALTHY, strict=True), 1)
    ]
    analysis = judge(tmp_path, ON_CALI + "\n".join(lines) + "\n")
    for rule in ("gateway-arp-answered", "gateway-arp-proxy-mac", "gateway-arp-prompt", "echo-answered"):
        assert status(analysis, rule) == "pass", rule
    assert list(analysis.arp["latency"].dt.microseconds) == [81]
    assert list(analysis.echo["rtt"].dt.microseconds) == [302]
    assert status(analysis, "pod-frames-to-proxy-mac") == "not-checked"


def test_without_times_and_lengths_an_answer_is_one(tmp_path: Path) -> None:
    text = "".join(f"{row}\n" for row in HEALTHY).replace(" ARP 42 ", " ARP ").replace(" ICMP 98 ", " ICMP ")
    analysis = judge(tmp_path, ON_CALI + text)
    assert [status(analysis, rule) for rule in ("gateway-arp-proxy-mac", "echo-answered")] == ["pass", "pass"]


HEADINGS = "No.     Time           Source                Destination           Protocol Length Info\n"


def test_the_list_that_wireshark_exports(tmp_path: Path) -> None:
    """Without arrows, under headings that come again and again."""
    text = "".join(
        f"{HEADINGS}{number:7} {number * 1.1:<14.6f} {POD}     Broadcast             ARP      42     {WHO}\n\n"
        for number in (1, 2, 3)
    )
    analysis = judge(tmp_path, text)
    assert (analysis.captures[0].frames, analysis.captures[0].problems) == (3, [])
    assert status(analysis, "gateway-arp-answered") == "fail"


def test_whole_seconds_behind_numbers(tmp_path: Path) -> None:
    """As tshark prints times that have no fraction; without a destination, as of -i any."""
    numbered = enumerate((0, 1, 2, 9), 1)
    text = "".join(f"{number:3} {second:10} {POD} ->      ARP 44 {WHO}\n" for number, second in numbered)
    analysis = judge(tmp_path, text)
    assert (analysis.captures[0].frames, analysis.captures[0].problems) == (4, [])
    assert str(analysis.to_dict()["captures"][0]["last"]).startswith("1970-01-01T00:00:09")
    assert status(analysis, "gateway-arp-answered") == "fail"


@pytest.mark.parametrize("ports", ["", "\t40000"])
@pytest.mark.parametrize("ttl", ["", "62\t"])
def test_cells_copied_with_tabs(tmp_path: Path, ports: str, ttl: str) -> None:
    """As Wireshark copies its rows, perhaps with columns for the ports and the TTL."""
    syn = "40000 → 80 [SYN] Seq=0 Win=64240 Len=0 MSS=1460"
    text = "".join(
        f"{number}\t07:41:{second:02}.000100\t10.244.5.7{ports}\t10.244.6.8{ports}\tTCP\t74\t{ttl}{syn}\n"
        for number, second in enumerate((1, 2, 4, 8), 1)
    )
    analysis = judge(tmp_path, text)
    assert (analysis.captures[0].frames, analysis.captures[0].problems) == (4, [])
    assert "10.244.5.7's connection to 10.244.6.8 port 80 gets no answer" in str(analysis.to_dict()["headline"])


def row(ends: str, info: str) -> str:
    return f"    1 0.000000 {ends} {info}\n"


FOUR, SIX, LINK = "10.244.5.7 → 10.244.6.8", "fd00::5:7 → fd00::6:8", "RealtekU_aa:05:07 → RealtekU_aa:06:08"


@pytest.mark.parametrize(
    ("ends", "info", "names", "values"),
    [
        (FOUR, "ICMP 70 Destination unreachable (Port unreachable)", ("icmp.type", "icmp.code"), (3, 3)),
        (FOUR, "ICMP 70 Destination unreachable (Communication administratively filtered)",
         ("icmp.type", "icmp.code"), (3, 13)),
        (FOUR, "ICMP 70 Destination unreachable (Unknown code: 16)", ("icmp.type", "icmp.code"), (3, None)),
        (FOUR, "ICMP 70 Time-to-live exceeded (Time to live exceeded in transit)", ("icmp.type", "icmp.code"), (11, 0)),
        (FOUR, "ICMP 70 Redirect             (Redirect for host)", ("icmp.type", "icmp.code"), (5, 1)),
        (FOUR, "ICMP 70 Timestamp reply      id=0x0005, seq=6/1536, ttl=63",
         ("icmp.type", "icmp.ident", "icmp.seq", "ip.ttl"), (14, 5, 6, 63)),
        (FOUR, "ICMP 98 Echo (ping) request  id=0x0001, seq=2/512, ttl=64 (no response found!)",
         ("icmp.type", "icmp.ident", "icmp.seq", "ip.ttl", "frame.len"), (8, 1, 2, 64, 98)),
        (SIX, "ICMPv6 118 Echo (ping) reply id=0x0001, seq=2, hop limit=63 (request in 7)",
         ("icmp.type", "icmp.seq", "ip.ttl"), (129, 2, 63)),
        (SIX, "ICMPv6 126 Destination Unreachable (no route to destination)", ("icmp.type", "icmp.code"), (1, 0)),
        (SIX, "ICMPv6 1294 Packet Too Big", ("icmp.type", "icmp.code"), (2, 0)),
        (SIX, "ICMPv6 126 Time Exceeded (hop limit exceeded in transit)", ("icmp.type", "icmp.code"), (3, 0)),
        (SIX, "ICMPv6 70 Router Solicitation from 0a:58:0a:f4:05:07", ("icmp.type", "carries"), (133, "nd")),
        (SIX, "ICMPv6 86 Neighbor Solicitation for fe80::1 from 0a:58:0a:f4:05:07",
         ("icmp.type", "nd.target"), (135, "fe80::1")),
        (SIX, "ICMPv6 86 Neighbor Advertisement fe80::1 (rtr, sol, ovr) is at ee:ee:ee:ee:ee:ee",
         ("icmp.type", "nd.target"), (136, "fe80::1")),
        (FOUR, "TCP 74 [TCP Retransmission] 41000 → 80 [SYN] Seq=0 Win=64240 Len=0 MSS=1460",
         ("tcp.srcport", "tcp.dstport", "tcp.flags"), (41000, 80, 2)),
        (FOUR, "TCP 54 443 → 41000 [RST, ACK] Seq=1 Ack=1 Win=0 Len=0", ("tcp.srcport", "tcp.flags"), (443, 20)),
        (FOUR, "TCP 66 41000 → http(80) [<None>] Seq=1 Win=0 Len=0", ("tcp.dstport", "tcp.flags"), (80, 0)),
        (FOUR, "UDP 46 41000 → 8081 Len=4", ("ip.proto", "udp.srcport", "udp.dstport"), (17, 41000, 8081)),
        (FOUR, "DNS 68 Standard query 0x1234 A orders.example", ("udp.srcport", "udp.dstport"), (None, 53)),
        (FOUR, "DNS 68 Standard query response 0x1234 A orders.example A 10.96.0.9",
         ("udp.srcport", "udp.dstport"), (53, None)),
        (FOUR, "HTTP 140 GET / HTTP/1.1 ", ("ip.src", "ip.dst", "ip.proto"), ("10.244.5.7", "10.244.6.8", None)),
        (FOUR, "IPv4 1514 Fragmented IP protocol (proto=ICMP 1, off=1480, ID=3f2a)",
         ("ip.frag_offset", "ip.id", "ip.proto"), (1480, 0x3F2A, 1)),
        (LINK, "ARP 42 169.254.1.1 is at ee:ee:ee:ee:ee:ee", ("arp.opcode", "eth.src", "eth.dst"), (2, None, None)),
        (LINK, "ARP 42 Who has 10.244.5.9? (ARP Probe)", ("arp.src.proto_ipv4",), ("0.0.0.0",)),
        (f"{POD} → Broadcast", "ARP 42 ARP Announcement for 10.244.5.7",
         ("arp.opcode", "arp.src.proto_ipv4", "arp.dst.proto_ipv4", "arp.src.hw_mac"),
         (1, "10.244.5.7", "10.244.5.7", POD)),
        (f"{POD} → Broadcast", "ARP 42 Gratuitous ARP for 10.244.5.7 (Reply) (duplicate use of 10.244.5.7 detected!)",
         ("arp.opcode", "arp.dst.proto_ipv4"), (2, "10.244.5.7")),
        (f"{POD} →             ", f"ARP 44 {WHO}", ("arp.opcode", "eth.src", "eth.dst"), (1, POD, None)),
        ("Broadcom_11:22:33 → Spanning-tree-(for-bridges)_00", "STP 60 Conf. Root = 32768/0/0a:58:0a:f4:05:07",
         ("carries", "ip.src"), ("other", None)),
        ("shop-7d4f → orders.example", "ICMP 98 Echo (ping) request  id=0x0001, seq=2/512, ttl=64",
         ("ip.src", "ip.dst"), ("shop-7d4f", "orders.example")),
    ],
)  # fmt: skip
def test_what_a_row_tells(ends: str, info: str, names: tuple[str, ...], values: tuple[object, ...]) -> None:
    assert rows(row(ends, info), *(name.replace(".", "_") for name in names)) == [values]


def test_a_message_that_is_not_understood_may_be_the_answer(tmp_path: Path) -> None:
    """So it leaves no silence proven."""
    strange = f"    4 3.100000000 {PROXY} → {POD} ARP 42 Something new about ARP\n"
    analysis = judge(tmp_path, SILENT + strange)
    assert analysis.captures[0].frames == 4
    assert status(analysis, "gateway-arp-answered") == "not-checked"


def test_rows_that_are_left_out_may_be_the_answer(tmp_path: Path) -> None:
    """A display filter leaves gaps in the numbers."""
    analysis = judge(tmp_path, SILENT.replace("    3 2.04", "    7 2.04"))
    assert status(analysis, "gateway-arp-answered") == "not-checked"
    (problem,) = analysis.captures[0].problems
    assert problem.kind == "rows-left-out"
    assert "leave 4 frames out" in problem.message


def test_a_command_tells_interface_and_filter(tmp_path: Path) -> None:
    text = "# tshark -i cali5c1e9d07a42 -n -f 'arp and src host 10.244.5.7'\n" + SILENT.replace(ON_CALI, "")
    analysis = judge(tmp_path, text)
    assert analysis.points[0].name == "cali5c1e9d07a42"
    assert status(analysis, "gateway-arp-answered") == "not-checked"
    assert "src host" in reason(analysis, "gateway-arp-answered")


def test_rows_that_count_from_one_again_are_another_capture(tmp_path: Path) -> None:
    other = ON_CALI.replace("5c1e9d07a42", "77aa0b1c2d3")
    text = SILENT + "3 packets captured\n" + other + asked("0.000000000")
    analysis = judge(tmp_path, text)
    assert [point.name for point in analysis.points] == ["cali5c1e9d07a42", "cali77aa0b1c2d3"]
    assert list(analysis.arp["attempts"]) == [3, 1]


@pytest.mark.parametrize(
    "text",
    [
        "the request goes 10.244.5.7 -> 10.244.6.8 over 2 nodes\n",
        "10.244.5.7 -> 10.244.6.8 TCP port 80 is closed\n",
        "packets go a -> b ICMP is blocked\n",
    ],
)
def test_words_with_an_arrow_are_no_row(tmp_path: Path, text: str) -> None:
    path = tmp_path / "notes.txt"
    path.write_text(text)
    with pytest.raises(CaptureError, match="no line is a packet as tcpdump or tshark prints it"):
        analyze(path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('"No.","Time","Source","Destination","Protocol","Length","Info"\n', "as CSV"),
        ("frame.number\tip.src\n", "-T fields"),
        ("[30]0000.0000::2026-03-04 07:41:09.1 [Microsoft-Windows-PktMon] PktGroupId 1\n", "etl2pcap"),
    ],
)
def test_other_tools_output_is_called_by_its_name(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "list.txt"
    path.write_text(text)
    with pytest.raises(CaptureError, match=said):
        analyze(path)


def test_what_expired_and_what_was_left_out_may_be_different_answers(tmp_path: Path) -> None:
    """traceroute and a ping, seen through a display filter that shows requests, and errors that quote them."""
    echo = "10.244.5.7 → 10.244.6.8 ICMP 98 Echo (ping) request  id=0x1f2e, seq={seq}/{swapped}, ttl={ttl}\n"
    expired = "10.9.3.1 → 10.244.5.7 ICMP 126 Time-to-live exceeded (Time to live exceeded in transit)\n"
    text = ON_CALI + "".join(
        f"{number} {at} {what}"
        for number, at, what in (
            (3, "0.000100000", echo.format(seq=1, swapped=256, ttl=1)),
            (4, "0.000200000", expired),
            (5, "1.000100000", echo.format(seq=2, swapped=512, ttl=64)),
            (7, "2.500100000", echo.format(seq=3, swapped=768, ttl=64)),
        )
    )
    assert status(judge(tmp_path, text), "echo-answered") == "not-checked"
