"""Frames in words, as evidence shows them."""

from __future__ import annotations

import struct
from io import StringIO
from pathlib import Path

import pytest

from pcapcheck import analyze
from pcapcheck.decode.describe_frame import describe
from pcapcheck.report.formats.text import write_text
from tests.support.wire import BEGIN, MS, RESOLVER, SECOND, answer, ask, dns, query, response, tcp, udp, write_pcap

NAME = "db.prod.svc.cluster.local"


def over_tcp(message: bytes) -> bytes:
    return struct.pack(">H", len(message)) + message


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (udp((40311, 53), dns(0x0100, name=NAME), dst=RESOLVER), f"UDP 40311 > 53 query A {NAME}"),
        (udp((40311, 53), dns(0x0100, name=NAME, kind=28), dst=RESOLVER), f"UDP 40311 > 53 query AAAA {NAME}"),
        (udp((40311, 53), dns(0x0100, name=NAME, kind=99), dst=RESOLVER), f"UDP 40311 > 53 query Type99 {NAME}"),
        (udp((53, 40311), dns(0x8183, name=NAME)), f"UDP 53 > 40311 response NXDOMAIN A {NAME}"),
        (udp((53, 40311), dns(0x8183, name=NAME)[:20]), "UDP 53 > 40311 response NXDOMAIN"),
        (udp((40311, 53), dns(0x0100)[:11]), "UDP 40311 > 53"),
        (udp((40311, 53), dns(0x0100)[:12] + b"\0\0\x02\0\x01"), "UDP 40311 > 53 query NS ."),
        (udp((40311, 53), dns(0x0100)[:12] + b"\xc0\x0c" * 9), "UDP 40311 > 53 query"),
        (udp((40311, 53), dns(0x0100, name="a\x1b[31mb")), "UDP 40311 > 53 query A a\\x1b[31mb"),
        (udp((40311, 54), dns(0x0100)), "UDP 40311 > 54"),
        (tcp(0x18, (40311, 53), data=over_tcp(dns(0x0100, name=NAME))), f"TCP 40311 > 53 query A {NAME}"),
        (tcp(0x18, (40311, 53), data=dns(0x0100)), "TCP 40311 > 53"),
        (tcp(0x02, (40311, 53)), "TCP 40311 > 53"),
    ],
)  # fmt: skip
def test_what_a_dns_message_asks_or_answers(frame: bytes, words: str) -> None:
    assert describe(frame, 1).endswith(f" {words}")


def test_evidence_names_what_nobody_answered(tmp_path: Path) -> None:
    """Whoever is called about DNS wants to know for which names."""
    asked = [(BEGIN + n * 5 * SECOND, query(7, 40311)) for n in range(3)]
    other = [(BEGIN + MS, query(9, 40400, name="web.example.org")), (BEGIN + 2 * MS, response(9, 40400))]
    cali = [(BEGIN - 2 * MS, ask()), (BEGIN - MS, answer()), *asked, *other]
    analysis = analyze(write_pcap(tmp_path / "cali14e7d81007d.pcap", sorted(cali)))
    written = StringIO()
    write_text(analysis, written)
    assert "UDP 40311 > 53 query A api.default.svc.cluster.local" in written.getvalue()
    assert "web.example.org" not in written.getvalue()
