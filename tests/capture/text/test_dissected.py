"""Texts whose fields have names (tshark's JSON and tables, Wireshark's CSV): forms, damage, and what none tells."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import pytest

from pcapcheck import analyze
from pcapcheck.errors import CaptureError
from tests.capture.text.test_against_captures import frames
from tests.support.captures import LAB, name_of
from tests.support.reading import read_bytes
from tests.support.transcripts import judge, rows, status
from tests.support.tshark import MISSING
from tests.support.tshark_forms import in_form
from tests.support.wire import BEGIN, MS, RESOLVER, dns, tcp, tcp_back, write_pcap

POD, PROXY = "0a:58:0a:f4:05:07", "ee:ee:ee:ee:ee:ee"
needs_tshark = pytest.mark.skipif(bool(MISSING), reason=MISSING)
# tshark takes the last fragment for the whole datagram, and has its own idea of where a tunnel begins.
LEFT_OUT = ("ip_frag_offset", "ip_flags", "ip_len", "interface")


@needs_tshark
@pytest.mark.parametrize("form", ["json", "json with bytes", "jsonraw", "ek", "many fields", "few fields"])
@pytest.mark.parametrize("path", LAB[::14], ids=name_of)
def test_columns_are_those_of_the_bytes(path: Path, form: str) -> None:
    ours, _, _ = frames(path.read_bytes())
    if not ours:
        return
    theirs, problems, _ = frames(in_form(path, form))
    # Where nothing says how headers follow, a tunnel is not understood.
    assert (len(theirs), problems if form != "few fields" else []) == (len(ours), [])
    assert [
        (frame["frame_number"], name, frame[name], value)
        for frame, shown in zip(ours, theirs, strict=True)
        if not frame["ip_frag_offset"]
        for name, value in shown.items()
        if value is not None and value != frame[name] and not name.startswith(LEFT_OUT)
        # If an error quotes a tunnel, -T ek has what is inside before the tunnel's own header.
        if form != "ek" or not (name.startswith("quoted") and "tunnel" in path.parent.name)
        # -T jsonraw does not say how long a cut frame was.
        if form != "jsonraw" or name != "frame_len"
    ] == []


def ask(number: int, at: str) -> dict[str, object]:
    """A request for the gateway, as -T json has it."""
    layers = {
        "frame": {"frame.time_epoch": f"17726100{at}", "frame.number": str(number), "frame.len": "42",
                  "frame.protocols": "eth:ethertype:arp"},
        "eth": {"eth.dst": "ff:ff:ff:ff:ff:ff", "eth.src": POD, "eth.type": "0x0806"},
        "arp": {"arp.opcode": "1", "arp.src.hw_mac": POD, "arp.src.proto_ipv4": "10.244.5.7",
                "arp.dst.hw_mac": "00:00:00:00:00:00", "arp.dst.proto_ipv4": "169.254.1.1"},
    }  # fmt: skip
    return {"_index": "packets-2026-03-04", "_type": "doc", "_score": None, "_source": {"layers": layers}}


ASKED = [ask(1, "69.000000000"), ask(2, "70.024001000"), ask(3, "71.048003000")]
COMMAND = "$ tshark -i cali5c1e9d07a42 -T json\n"


@pytest.mark.parametrize("indent", [None, 1, 2, 4])
def test_a_silent_node_in_json(tmp_path: Path, indent: int | None) -> None:
    analysis = judge(tmp_path, COMMAND + json.dumps(ASKED, indent=indent) + "\n")
    (capture,) = analysis.captures
    assert (analysis.verdict, capture.format, capture.frames, capture.problems) == ("fail", "tshark text", 3, [])
    assert "the node does not answer 10.244.5.7's ARP" in analysis.diagnoses[0].headline
    assert analysis.points[0].name == "cali5c1e9d07a42"


@pytest.mark.parametrize("cut", [0.5, 0.8, 0.95])
def test_a_packet_of_json_that_is_cut_may_be_the_answer(tmp_path: Path, cut: float) -> None:
    text = json.dumps(ASKED, indent=2)
    analysis = judge(tmp_path, COMMAND + text[: int(len(text) * cut)])
    assert analysis.captures[0].problems[0].kind == "not-understood"
    assert status(analysis, "gateway-arp-answered") != "pass"


def test_damage_in_the_middle_of_json_costs_one_packet(tmp_path: Path) -> None:
    lines = json.dumps(ASKED, indent=2).splitlines()
    middle = next(at for at, line in enumerate(lines) if '"frame.number": "2"' in line)
    text = "\n".join([*lines[: middle - 3], "  ~~~ lost ~~~", *lines[middle + 12 :]])
    capture = judge(tmp_path, COMMAND + text).captures[0]
    assert (capture.frames, [problem.kind for problem in capture.problems]) == (3, ["not-understood"])


HEADER = "frame.number\tframe.time_epoch\teth.src\tarp.opcode\tarp.src.proto_ipv4\tarp.dst.proto_ipv4\n"
ROWS = "".join(
    f"{number}\t17726100{at}\t{POD}\t1\t10.244.5.7\t169.254.1.1\n"
    for number, at in ((1, "69.000000000"), (2, "70.024001000"), (3, "71.048003000"))
)


@pytest.mark.parametrize("separator", ["\t", ",", ";", "|", " "])
def test_a_silent_node_in_fields(tmp_path: Path, separator: str) -> None:
    analysis = judge(tmp_path, (HEADER + ROWS).replace("\t", separator))
    assert (analysis.captures[0].frames, analysis.captures[0].problems) == (3, [])
    assert status(analysis, "gateway-arp-answered") == "fail"
    assert status(analysis, "gateway-arp-proxy-mac") == "not-checked"


def test_the_command_names_the_fields(tmp_path: Path) -> None:
    names = " ".join(f"-e {name}" for name in HEADER.split())
    analysis = judge(tmp_path, f"# tshark -n -i cali5c1e9d07a42 -T fields {names}\n{ROWS}3 packets captured\n")
    assert status(analysis, "gateway-arp-answered") == "fail"
    assert analysis.points[0].name == "cali5c1e9d07a42"


def test_fields_without_names_are_not_guessed_at(tmp_path: Path) -> None:
    path = tmp_path / "rows.txt"
    path.write_text(ROWS)
    with pytest.raises(CaptureError, match="no line is a packet"):
        analyze(path)


def test_a_row_of_another_packet_is_a_frame(tmp_path: Path) -> None:
    """A packet that has none of the fields leaves a row of blanks: not ARP, so no answer."""
    analysis = judge(tmp_path, HEADER + ROWS + "\t\t\t\t\t\n")
    assert (analysis.captures[0].frames, analysis.captures[0].problems) == (4, [])
    assert status(analysis, "gateway-arp-answered") == "fail"


def test_numbers_that_a_filter_left_out_may_be_the_answer(tmp_path: Path) -> None:
    analysis = judge(tmp_path, HEADER + ROWS.replace("3\t1772", "9\t1772"))
    assert [problem.kind for problem in analysis.captures[0].problems] == ["rows-left-out"]
    assert status(analysis, "gateway-arp-answered") == "not-checked"


def over_tcp(folder: Path) -> Path:
    """Two queries in one segment; an answer in one segment, and one in two."""
    asked = [dns(0x0100, ident=number, name=f"name{number}.example.org") for number in (7, 8)]
    said = [dns(flags, ident=number, name=f"name{number}.example.org") for number, flags in ((7, 0x8180), (8, 0x8183))]
    to, back = (40311, 53), (53, 40311)
    queries, first, second = (b"".join(map(framed, some)) for some in (asked, said[:1], said[1:]))
    frames = [
        tcp(0x02, to, dst=RESOLVER, seq=1),
        tcp_back(0x12, back, src=RESOLVER, seq=1, ack=2),
        tcp(0x18, to, dst=RESOLVER, seq=2, ack=2, data=queries),
        tcp_back(0x18, back, src=RESOLVER, seq=2, ack=2 + len(queries), data=first),
        tcp_back(0x18, back, src=RESOLVER, seq=2 + len(first), ack=2 + len(queries), data=second[:19]),
        tcp_back(0x18, back, src=RESOLVER, seq=21 + len(first), ack=2 + len(queries), data=second[19:]),
    ]
    return write_pcap(folder / "tcp.pcap", [(BEGIN + number * MS, frame) for number, frame in enumerate(frames)])


def framed(message: bytes) -> bytes:
    return len(message).to_bytes(2, "big") + message


@needs_tshark
@pytest.mark.parametrize("form", ["json", "json with bytes", "ek", "details", "many fields", "few fields"])
def test_dns_over_tcp_is_what_tshark_put_together(form: str, tmp_path: Path) -> None:
    capture = over_tcp(tmp_path)
    text = tmp_path / "printed.txt"
    text.write_bytes(in_form(capture, form))
    names = ["dns.id", "transport", "outcome", "rcode", "attempts"]
    shown = [analyze(path).dns[names].sort_values("dns.id").values.tolist() for path in (capture, text)]
    assert shown[0] == [[7, "tcp", "replied", "noerror", 1], [8, "tcp", "replied", "nxdomain", 1]]
    assert shown[1] == shown[0]


def test_an_error_may_quote_a_query(tmp_path: Path) -> None:
    """Without frame.protocols and ip.proto: what is quoted is known by its fields."""
    names = "frame.number ip.src ip.dst icmp.type icmp.code udp.srcport udp.dstport dns.id dns.flags.response"
    asked = ("1", "10.244.1.10", "10.96.0.10", "", "", "40370", "53", "0xb658", "0")
    error = ("2", "172.31.186.250,10.244.1.10", "10.244.1.10,10.96.0.10", "3", "3", "40370", "53", "0xb658", "0")
    text = "\n".join("\t".join(cells) for cells in (names.split(), asked, error)) + "\n"
    (row,) = judge(tmp_path, text).dns.itertuples()
    assert (row.outcome, row.error_code) == ("error", 3)


def table(names: str, *values: str) -> str:
    return names.replace(" ", "\t") + "\n" + "\n".join(value.replace(" ", "\t") for value in values) + "\n"


def test_an_error_with_what_it_quotes() -> None:
    names = "frame.number ip.src ip.dst ip.proto icmp.type icmp.code icmp.ident icmp.seq"
    row = "1 10.0.0.1,10.244.1.10 10.244.1.10,10.244.2.20 1,1 3,8 1,0 77 5"
    (found,) = rows(table(names, row), "ip_src", "icmp_type", "icmp_code", "quoted_dst", "quoted_icmp_seq")
    assert found == ("10.0.0.1", 3, 1, "10.244.2.20", 5)


def test_a_tunnel_that_the_fields_do_not_show_is_not_understood() -> None:
    """Two headers of IP: one inside the other, or one quoted by the other?"""
    names = "frame.number ip.src ip.dst ip.ttl"
    text = table(names, "1 10.0.0.1 10.0.0.2 64", "2 10.0.0.1,10.244.1.10 10.0.0.2,10.244.2.20 64,63")
    reading = read_bytes(text.encode())
    assert reading.kinds == ["not-understood"]


def test_half_of_the_values_are_nobodys() -> None:
    """-E occurrence=f shows one value where there are two headers."""
    names = "frame.number frame.protocols ip.src ip.dst ip.ttl"
    text = table(names, "1 eth:ethertype:ip:ip:icmp 10.0.0.1 10.0.0.2 64")
    assert rows(text, "ip_src", "ip_ttl") == [(None, None)]


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("frame.time_epoch", ("1772610069.000000000", "1772610069.000081000")),
        ("frame.time", ("Mar  4, 2026 07:41:09.000000000 UTC", "Mar  4, 2026 07:41:09.000081000 UTC")),
        ("frame.time", ("2026-03-04T07:41:09.000000000Z", "2026-03-04T07:41:09.000081000Z")),
        ("frame.time_relative", ("0.000000000", "0.000081000")),
        ("frame.time_delta", ("0.000000000", "0.000081000")),
        ("_ws.col.Time", ("0.000000", "0.000081")),
    ],
)
def test_times_of_every_field(tmp_path: Path, name: str, values: tuple[str, str]) -> None:
    head = f"{name}\tarp.opcode\tarp.src.proto_ipv4\tarp.dst.proto_ipv4\tarp.src.hw_mac\n"
    text = f"{head}{values[0]}\t1\t10.244.5.7\t169.254.1.1\t{POD}\n{values[1]}\t2\t169.254.1.1\t10.244.5.7\t{PROXY}\n"
    analysis = judge(tmp_path, text)
    assert list(analysis.arp["latency"].dt.microseconds) == [81]


def test_what_nobody_chose_to_print_is_not_checked(tmp_path: Path) -> None:
    analysis = judge(tmp_path, HEADER + ROWS)
    assert status(analysis, "echo-answered") == "not-checked"
    assert status(analysis, "pod-frames-to-proxy-mac") == "not-checked"


CSV = (
    '"No.","Time","Source","Destination","Protocol","Length","Info"\r\n'
    f'"1","0.000000","{POD}","Broadcast","ARP","42","Who has 169.254.1.1? Tell 10.244.5.7"\r\n'
    f'"2","0.000081","{PROXY}","{POD}","ARP","42","169.254.1.1 is at {PROXY}"\r\n'
    '"3","0.000099","10.244.5.7","10.244.6.8","ICMP","98","Echo (ping) request  id=0x002a, seq=1/256, ttl=64"\r\n'
    '"4","0.000401","10.244.6.8","10.244.5.7","ICMP","98","Echo (ping) reply    id=0x002a, seq=1/256, ttl=62"\r\n'
    '"5","0.000500","10.244.6.8","10.244.5.7","HTTP","98","GET /a?q=""b"", HTTP/1.1"\r\n'
)


def test_the_list_that_wireshark_exports_as_csv(tmp_path: Path) -> None:
    analysis = judge(tmp_path, CSV)
    assert (analysis.captures[0].frames, analysis.captures[0].problems) == (5, [])
    assert [status(analysis, rule) for rule in ("gateway-arp-answered", "echo-answered")] == ["pass", "pass"]
    assert list(analysis.arp["latency"].dt.microseconds) == [81]


@pytest.mark.parametrize(
    "text",
    [
        '{"_index": ' + "[" * 100_000,
        '{"_index": ' + '{"a":' * 50_000 + "1" + "}" * 50_000 + "}",
        '{"layers": {"ip.src": [["10.0.0.1"]], "ip.dst": {"ip.dst": 5}, "icmp.type": null, "frame.len": "x"}}',
        '{"layers": {"frame.protocols": "' + "ip:" * 50_000 + '"}}',
        '{"layers": {"frame.protocols": "eth:ip:icmp:ip:icmp:ip:icmp:ip", "icmp.type": ["3", "3", "3"]}}',
        '{"layers": 7}',
        '[{"_index": "a", "_source": []}, {"_index": "b"}]',
        "frame.number\tip.src\n" + "9" * 5000 + "\t" + "1" * 5000 + "\n",
        "frame.number\tframe.time\tip.src\n1\tFeb 99, 2026 99:99:99.9\t10.0.0.1\n",
        CSV.replace('","', '"",",'),
        '"No.","Time","Source","Info"\n"1","0.0"\n' + '"' * 9000,
    ],
)
def test_nonsense_is_read_or_refused(text: str) -> None:
    with suppress(CaptureError):
        read_bytes(text.encode())


@pytest.mark.parametrize("part", ['{"_index": "', "\\", '"', "{", "a.b,", "ip.src\t", '","', "frame.number ip.src "])
@pytest.mark.parametrize("head", ["", '{"_index": "x", "_source": {\n'])
def test_long_lines_do_not_take_long(head: str, part: str) -> None:
    """Where a line is gone over again and again, this takes minutes."""
    with suppress(CaptureError):
        read_bytes((HEADER + ROWS + head + part * (400_000 // len(part))).encode())
