"""What pasting, wrapping and commenting do to transcripts, and what stands around the packets."""

from __future__ import annotations

import codecs
import textwrap

import pytest

from pcapcheck.capture.source import Source
from pcapcheck.errors import CaptureError
from tests.support.reading import Reading, open_bytes, read_bytes
from tests.support.transcripts import ANSWER, ASK, rows

ECHO = (
    "16:22:59.584290 aa:64:43:69:fd:8d > ee:ee:ee:ee:ee:ee, ethertype IPv4 (0x0800), length 98: "
    "100.79.126.235 > 100.79.126.201: ICMP echo request, id 15, seq 0, length 64"
)
VERBOSE = (
    "16:22:59.584290 aa:64:43:69:fd:8d > ee:ee:ee:ee:ee:ee, ethertype IPv4 (0x0800), length 98: "
    "(tos 0x0, ttl 64, id 37455, offset 0, flags [DF], proto ICMP (1), length 84)\n"
    "    100.79.126.235 > 100.79.126.201: ICMP echo request, id 15, seq 0, length 64\n"
)
TOLD = ("eth_src", "ip_src", "ip_dst", "icmp_ident", "icmp_seq")
ROW = ("aa:64:43:69:fd:8d", "100.79.126.235", "100.79.126.201", 15, 0)


def read(text: str) -> Reading:
    return read_bytes(text.encode())


@pytest.mark.parametrize(
    "prefix",
    [
        "# ",
        "> ",
        "    ",
        "\t",
        "| ",
        "- ",
        "* ",
        "> > ",
        "    1  ",
        "12: ",
        "[node-1] ",
        "pod/a: ",
        "web | ",
        "\u00a0\u00a0",
    ],
)
def test_prefixes_are_left_out(prefix: str) -> None:
    text = "".join(prefix + line for line in (VERBOSE + ASK).splitlines(keepends=True))
    assert rows(text, *TOLD, "ip_ttl")[0] == (*ROW, 64)
    assert rows(text, "arp_opcode")[1:] == [(1,)]
    assert read(text).problems == []


@pytest.mark.parametrize("arrow", ["->", "=>", "→", "-->", "-&gt;", "›", "➜"])
def test_arrows_stand_for_the_sign_between_sender_and_receiver(arrow: str) -> None:
    plain = "16:22:59.584290 IP 10.244.1.5 > 10.244.2.6: ICMP echo request, id 15, seq 0, length 64\n"
    expected = ("10.244.1.5", "10.244.2.6", 15, 0)
    assert rows(plain.replace(">", arrow), *TOLD[1:]) == [expected]
    assert rows(f"{ECHO}\n".replace(">", arrow), *TOLD) == [ROW]
    assert rows(VERBOSE.replace(">", arrow), *TOLD) == [ROW]


def test_an_arrow_of_a_remark_is_none_of_a_packet() -> None:
    text = f"{ECHO}  -> lost: nobody answers\n"
    assert rows(text, *TOLD) == [ROW]


@pytest.mark.parametrize("dots", ["... ", " ... ", "… "])
def test_dots_stand_for_what_was_left_out(dots: str) -> None:
    """Around packets that an editor filled into one line."""
    first, second = (f"16:13:42.8{n} IP 10.244.1.5 > 10.244.2.6: ICMP echo request, id 15, seq {n}" for n in (1, 2))
    text = f"{dots}{first}, length 64 {second}, length 64{dots.rstrip()}\n"
    assert rows(text, "icmp_seq") == [(1,), (2,)]


@pytest.mark.parametrize("prefix", ["7:", "12:", "dump.txt:", "logs/dump.txt:10:"])
def test_what_grep_puts_before_lines_is_left_out(prefix: str) -> None:
    assert rows(f"{prefix}{ECHO}\n{prefix}{ASK}", *TOLD)[0] == ROW
    assert rows(f"{prefix}{ECHO}\n{prefix}{ASK}", "arp_opcode")[1:] == [(1,)]


@pytest.mark.parametrize("prefix", ["    2  ", "2:", "pod-a debug ", "-", "Nov 28 10:00:00 kw-11 tcpdump[77]: "])
def test_the_interface_is_known_after_a_prefix(prefix: str) -> None:
    banner = f"{prefix}listening on cali7f00ba4c0de, link-type EN10MB (Ethernet), snapshot length 96 bytes\n"
    assert [interface.name for interface in read(banner + ECHO).interfaces] == ["cali7f00ba4c0de"]


def test_marks_that_markdown_escapes() -> None:
    assert rows(ECHO.replace(">", "\\>").replace("-", "\\-"), *TOLD) == [ROW]


def test_a_link_header_with_another_sign_is_not_understood() -> None:
    reading = read(ECHO + "\n" + ECHO.replace(" > ", " ~ "))
    assert [problem.kind for problem in reading.problems] == ["not-understood"]


@pytest.mark.parametrize("width", range(40, 140, 7))
@pytest.mark.parametrize("text", [ECHO + "\n", VERBOSE], ids=["one line", "verbose"])
def test_lines_broken_by_a_terminal(text: str, width: int) -> None:
    lines = [line[start : start + width] for line in text.splitlines() for start in range(0, len(line), width)]
    broken = "\n".join([*lines, ASK])
    assert rows(broken, *TOLD)[0] == ROW
    assert rows(broken, "frame_number") == [(1,), (2,)]
    # Only the rest of a broken number may be left over.
    assert [problem.kind for problem in read(broken).problems] in ([], ["other-text"])


@pytest.mark.parametrize("indent", ["    ", "\t"])
@pytest.mark.parametrize("width", [72, 80, 100])
def test_lines_broken_and_indented(width: int, indent: str) -> None:
    broken = textwrap.fill(ECHO, width, subsequent_indent=indent, break_on_hyphens=False, expand_tabs=False)
    assert rows(broken + "\n" + ASK, *TOLD)[0] == ROW


@pytest.mark.parametrize("width", [50, 72, 100])
def test_lines_broken_by_an_editor(width: int) -> None:
    broken = "\n".join([*textwrap.wrap(ECHO, width, break_long_words=False, break_on_hyphens=False), ASK])
    assert rows(broken, *TOLD)[0] == ROW
    assert read(broken).problems == []


def test_broken_inside_the_options() -> None:
    text = (
        "15:22:09.790437 IP 192.168.2.221.57200 > 11.0.40.65.80: Flags [S], seq 1568849216, win 64240, options [\n"
        "mss 1460,sackOK,TS val 3813805410 ecr 0,nop,wscale 7], length 0\n"
    )
    assert rows(text, "tcp_dstport", "tcp_flags") == [(80, 2)]
    assert read(text).problems == []


def test_one_line_for_a_whole_capture() -> None:
    assert rows(f"{ASK.strip()} {ANSWER.strip()} {ECHO}", "arp_opcode", "icmp_type") == [
        (1, None),
        (2, None),
        (None, 8),
    ]
    assert len(rows(" ".join([ECHO] * 5000), "icmp_seq")) == 5000


def test_marks_of_pages_and_terminals() -> None:
    marked = (
        "\x1b[1;32m" + ECHO.replace(" > ", " &gt; ").replace(" ", "\u00a0", 1) + "\x1b[0m\r\n"
        f"<span class='line'>{ASK.strip()}</span><br/>\r\n"
        f"{ANSWER.strip()}\u200b   \r\n"
    )
    assert rows(marked, "icmp_seq", "arp_opcode") == [(0, None), (None, 1), (None, 2)]
    assert read(marked).problems == []


@pytest.mark.parametrize(
    "encode",
    [
        lambda text: codecs.BOM_UTF8 + text.encode(),
        lambda text: codecs.BOM_UTF16_LE + text.encode("utf-16-le"),
        lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be"),
        lambda text: text.encode("utf-16-le"),
        lambda text: text.encode("utf-16-be"),
        lambda text: b"caf\xe9 \xff\n" + text.encode(),
    ],
    ids=["utf-8", "utf-16-le", "utf-16-be", "utf-16-le without a mark", "utf-16-be without a mark", "latin-1"],
)
def test_encodings(encode: object) -> None:
    reading = read_bytes(encode(ASK + ANSWER))  # type: ignore[operator]
    assert len(reading.records) == 2


def test_remarks_after_packets_are_ignored() -> None:
    text = f"{ECHO}     <- source node's cali\n{ASK.strip()}   # nobody answers\n{ANSWER.strip()}  // here\n"
    assert len(read(text).records) == 3
    assert read(text).problems == []


def test_prose_with_a_time_is_no_packet() -> None:
    text = (
        f"{ASK}"
        "At 16:22:59.584235 the pod asked, and at 16:23:00 it gave up.\n"
        "We think that 16:22:59.584235 IP 10.0.0.1 > 10.0.0.2: ICMP echo request, id 1, seq 1, length 64 is it.\n"
        "16:23:00.123456 read(3, 0x7ffe, 832) = 832\n"
        "IP addresses > names: better so\n"
    )
    reading = read(text)
    assert len(reading.records) == 1
    assert [(problem.kind, problem.message.split(",")[0]) for problem in reading.problems] == [
        ("other-text", "4 lines ignored (neither packets nor tcpdump output)")
    ]
    assert "line 2" in reading.problems[0].message


def test_a_packet_that_is_not_understood_is_reported_and_counted() -> None:
    reading = read(ASK + "16:22:59.700000 IP 10.0.0.1 > 10.0.0.2: ICMP strange news, length 64\n" + ANSWER)
    assert len(reading.records) == 3
    ((kind, message, frame),) = [(problem.kind, problem.message, problem.frame) for problem in reading.problems]
    assert (kind, frame) == ("not-understood", 2)
    assert "line 2 " in message
    assert "strange news" in message


def test_lines_that_cannot_be_understood_are_reported_without_flooding() -> None:
    text = ASK + "16:22:59.700000 IP 10.0.0.1 > 10.0.0.2: ICMP strange news, length 64\n" * 100
    problems = read(text).problems
    assert len(problems) == 21
    assert "80 more lines" in problems[-1].message


@pytest.mark.parametrize(
    ("command", "name", "used"),
    [
        ("$ tcpdump -nn -i cali14e7d81007d -e", "cali14e7d81007d", None),
        ("[root@node-1 ~]# tcpdump -ni eth0 icmp and host 10.0.0.1", "eth0", "icmp and host 10.0.0.1"),
        ("root@a:/# sudo /usr/sbin/tcpdump -i any -c 5 'src host 10.0.0.1'", None, "src host 10.0.0.1"),
        ("tcpdump --interface=tunl0 -Q in", "tunl0", "inbound"),
        ("/ # tcpdump -ivxlan.calico --direction out arp", "vxlan.calico", "arp outbound"),
        ("kubectl exec -it web-1 -- tcpdump -nnei eth0 2>/dev/null", "eth0", None),
        ("$ tcpdump -i cali14e7d81007d -w /tmp/x.pcap -s 0 > /tmp/log &", "cali14e7d81007d", None),
        ("$ tcpdump -i cali14e7d81007d -l | grep 10.0.0.1", "cali14e7d81007d", "| grep 10.0.0.1"),
    ],
)
def test_command(command: str, name: str | None, used: str | None) -> None:
    reading = read(f"{command}\n{ASK}")
    assert [(interface.name, interface.filter) for interface in reading.interfaces] == [(name, used)]
    assert reading.problems == []


@pytest.mark.parametrize(
    ("sentence", "name"),
    [
        ("tcpdump shows this on eth9:", "eth9"),
        ("tcpdump shows nothing on eth9:", None),
        ("tcpdump on eth9, not on eth8:", None),
        ("eth9 is where tcpdump was to run", None),
    ],
)
def test_a_sentence_about_tcpdump_is_no_command(sentence: str, name: str | None) -> None:
    reading = read(f"{sentence}\n## tcpdump on the node\n{ASK}")
    assert [(interface.name, interface.filter) for interface in reading.interfaces] == [(name, None)]


BANNER = """tcpdump: WARNING: {name}: no IPv4 address assigned
dropped privs to tcpdump
tcpdump: verbose output suppressed, use -v[v]... for full protocol decode
listening on {name}, link-type {link}, {size}
"""
FOOTER = """^C
2 packets captured
5 packets received by filter
3 packets dropped by kernel
"""


def test_banners() -> None:
    text = (
        "tcpdump: data link type LINUX_SLL2\n"
        + BANNER.format(name="eth0", link="EN10MB (Ethernet)", size="capture size 65535 bytes")
        + ASK
        + FOOTER
    )
    reading = read(text)
    (interface,) = reading.interfaces
    assert (interface.name, interface.link_type, interface.snaplen, interface.drops) == ("eth0", 1, 65535, 3)
    assert reading.problems == []


def test_several_captures_in_one_text() -> None:
    text = ""
    for name in ("cali14e7d81007d", "calieabe7761b00"):
        size = "snapshot length 262144 bytes"
        text += f"$ tcpdump -ni {name} arp\n" + BANNER.format(name=name, link="EN10MB (Ethernet)", size=size)
        text += ASK + ANSWER + "^C2 packets captured\n1 packet dropped by kernel\n"
    reading = read(text)
    assert [
        (interface.name, interface.frames, interface.drops, interface.filter) for interface in reading.interfaces
    ] == [
        ("cali14e7d81007d", 2, 1, "arp"),
        ("calieabe7761b00", 2, 1, "arp"),
    ]
    assert [record.interface for record in reading.records] == [0, 0, 1, 1]


def test_captures_without_prompts_are_distinguished_by_their_times() -> None:
    later = ANSWER.replace(":59", ":58")
    text = f"pod a:\n```\n{ASK}{ANSWER}```\npod b:\n```\n{later}{ANSWER}```\n"
    assert [record.interface for record in read(text).records] == [0, 0, 1, 1]


def test_times_that_step_back_a_little_are_of_one_capture() -> None:
    text = ANSWER + ASK
    assert [record.interface for record in read(text).records] == [0, 0]


@pytest.mark.parametrize("text", ["", "no packets here\n" * 1000, "GET / HTTP/1.1", "16:22:59.584235\n", "^C\n" * 5])
def test_a_text_without_packets_is_an_error_that_says_what_was_expected(text: str) -> None:
    with pytest.raises(CaptureError) as caught:
        read(text)
    if text:
        assert "ICMP echo request, id 15" in str(caught.value)
        assert "tcpdump -w" in str(caught.value)


def test_zeros_are_no_text() -> None:
    with pytest.raises(CaptureError, match="neither pcap nor pcapng"):
        read_bytes(b"abc\0def" + ASK.encode())


def test_records_keep_their_lines() -> None:
    reader = open_bytes((f"prose\n{VERBOSE}{ASK}").encode())
    (batch,) = reader.batches()
    assert [(text.first, text.last) for text in batch.texts] == [(2, 3), (4, 4)]
    assert batch.texts[1].words == ASK.strip()
    assert batch.texts[0].words.count("\n") == 1


@pytest.mark.parametrize("batch_frames", [1, 2, 7])
@pytest.mark.parametrize("window", [64, 1000])
def test_batches_and_windows_make_no_difference(batch_frames: int, window: int) -> None:
    text = ("prose\n" + VERBOSE + ASK + ANSWER) * 20
    assert read_bytes(text.encode(), batch_frames, window) == read(text)


def test_capture_is_found_by_content(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("text") / "capture.pcap"
    path.write_text(ASK)
    with Source(path).open() as reader:
        assert reader.format == "tcpdump text"
