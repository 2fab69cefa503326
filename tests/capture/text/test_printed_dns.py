"""DNS in tcpdump's text: identifiers, codes and names distinguish questions and answers as the packets do."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest

from pcapcheck import analyze
from pcapcheck.capture.text.dns import dns
from pcapcheck.capture.text.printed_packet import Dns
from pcapcheck.report.formats.text import write_text
from tests.support.lab import CAPTURES
from tests.support.transcripts import MISSING, printed

CALI = "cali14e7d81007d"
HEAD = f"listening on {CALI}, link-type EN10MB (Ethernet), snapshot length 262144 bytes\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("4660+ A? api.example.org. (33)", Dns(4660, None, "api.example.org.", 1)),
        ("4660+% [1au] AAAA? api.example.org. (44)", Dns(4660, None, "api.example.org.", 28)),
        ("4660 [b2&3=0x110] [1au] Type65? a. (30)", Dns(4660, None, "a.", 65)),
        ("4660+ PTR? 10.1.244.10.in-addr.arpa. (42)", Dns(4660, None, "10.1.244.10.in-addr.arpa.", 12)),
        ("4660+[|domain]", Dns(4660)),
        ("4660 update [1a] SOA? example.org. (50)", None),
        ("UDP, length 30", None),
    ],
)
def test_queries(words: str, message: Dns | None) -> None:
    assert dns(words, 40311, 53) == message


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("4660 1/0/0 A 10.96.0.1 (63)", Dns(4660, 0)),
        ("4660 NXDomain*- 0/1/0 (140)", Dns(4660, 3)),
        ("4660 ServFail 0/0/0 (47)", Dns(4660, 2)),
        ("4660 Refused$ q: A? api.example.org. 0/0/1 (44)", Dns(4660, 5)),
        ("4660*| 0/0/0 (33)", Dns(4660, 0)),
        ("4660 NoChange 0/0/0 (33)", Dns(4660, 15)),
    ],
)
def test_responses(words: str, message: Dns) -> None:
    assert dns(words, 53, 40311) == message


@pytest.mark.skipif(bool(MISSING), reason=MISSING)
@pytest.mark.parametrize("options", [("-nn",), ("-nn", "-e"), ("-nn", "-e", "-vv"), ("-n", "-v")], ids=" ".join)
@pytest.mark.parametrize("scenario", ["dns-answered", "dns-dropped", "dns-refused", "dns-over-tcp"])
def test_what_tcpdump_prints_is_judged_as_the_packets_are(
    scenario: str, options: tuple[str, ...], tmp_path: Path
) -> None:
    capture = CAPTURES / scenario / f"{CALI}.pcap"
    text = tmp_path / "pasted.txt"
    text.write_text(HEAD + printed(capture, *options))
    columns = ["src", "dst", "src_port", "transport", "dns.id", "outcome", "rcode", "attempts", "fate"]
    assert analyze(text).dns[columns].equals(analyze(capture).dns[columns])
    of_text, of_packets = (
        next(finding for finding in analyze(path).findings if finding.rule.id == "dns-answered")
        for path in (text, capture)
    )
    assert (of_text.status, of_text.failed) == (of_packets.status, of_packets.failed)


def test_a_query_that_is_printed_again_and_again_in_vain_fails(tmp_path: Path) -> None:
    """Without a response, whatever name the port goes by."""
    lines = [
        f"09:12:{second:02}.000000 IP 10.0.3.7.domain > 10.0.3.9.53: 7+ [1au] MX? a.org. (34)" for second in (1, 6)
    ]
    text = tmp_path / "pasted.txt"
    asked = f"{HEAD}09:12:00.5 ARP, Request who-has 169.254.1.1 tell 10.0.3.7, length 28\n"
    asked += "09:12:00.6 ARP, Reply 169.254.1.1 is-at ee:ee:ee:ee:ee:ee, length 28\n"
    text.write_text(asked + "\n".join(lines).replace("domain", "40311") + "\n09:12:09.0 IP 10.0.3.7 > 10.0.3.9: UDP\n")
    analysis = analyze(text)
    assert analysis.verdict == "fail"
    assert "10.0.3.7's DNS queries to 10.0.3.9 get no answer (asked 2 times)" in analysis.to_dict()["headline"]


def test_an_icmp_error_without_its_quote_belongs_to_the_query_that_is_open(tmp_path: Path) -> None:
    """Not to the ping that is open too, which has no port."""
    text = tmp_path / "pasted.txt"
    text.write_text(
        f"{HEAD}09:12:01.0 IP 10.0.3.7 > 10.0.3.9: ICMP echo request, id 4, seq 1, length 64\n"
        "09:12:01.1 IP 10.0.3.7.40311 > 10.0.3.9.53: 7+ A? a.org. (23)\n"
        "09:12:01.2 IP 10.0.3.9 > 10.0.3.7: ICMP 10.0.3.9 udp port 53 unreachable, length 59\n"
        "09:12:09.0 IP 10.0.3.7 > 10.0.3.9: ICMP echo request, id 4, seq 9, length 64\n"
    )
    analysis = analyze(text)
    assert analysis.dns["outcome"].tolist() == ["error"]
    assert analysis.echo["outcome"].tolist() == ["unanswered", "in-flight"]


def test_lines_without_times_are_queries_too(tmp_path: Path) -> None:
    """Each repeat is a frame that the report shows, though only its place distinguishes it from the query."""
    text = tmp_path / "pasted.txt"
    text.write_text(
        HEAD + "ARP, Request who-has 169.254.1.1 tell 10.0.3.7, length 28\n"
        "ARP, Reply 169.254.1.1 is-at ee:ee:ee:ee:ee:ee, length 28\n"
        + "IP 10.0.3.7.40311 > 10.0.3.9.53: 7+ A? a.org. (23)\n"
        * 3
        + "IP 10.0.3.7.40312 > 10.0.3.9.53: 8+ A? b.org. (23)\n"
        "IP 10.0.3.9.53 > 10.0.3.7.40312: 8 NXDomain 0/1/0 (80)\n"
    )
    analysis = analyze(text)
    assert analysis.dns["answered"].tolist() == [True, False]
    (failed,) = (finding for finding in analysis.findings if finding.status == "fail")
    assert failed.evidence[0].frames == (3, 5)
    report = StringIO()
    write_text(analysis, report)
    assert report.getvalue().count("7+ A? a.org.") == 2
