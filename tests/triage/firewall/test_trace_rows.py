"""Packets that netfilter traced or logged, as rows: which chain saw them where, and which links recorded them."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck import analyze
from pcapcheck.analysis import Analysis
from pcapcheck.pipeline import analyze_state
from tests.support.lab import FIXTURES
from tests.support.transcripts import judge

FOLDER = FIXTURES / "lab" / "captures" / "tcp-dropped"
IN, OUT = "cali14e7d81007d", "calieabe7761b00"
HEADERS = {
    "in_interface": IN,
    "out_interface": OUT,
    "src_mac": "5a:8a:10:57:e2:03",
    "dst_mac": "ee:ee:ee:ee:ee:ee",
    "ttl": 63,
    "ip_id": 44397,
    "length": 60,
    "src": "10.244.1.10",
    "dst": "10.244.1.11",
    "protocol": 6,
    "src_port": 36670,
    "dst_port": 5201,
}
ETHER = "ether saddr 5a:8a:10:57:e2:03 ether daddr ee:ee:ee:ee:ee:ee"
NFT = (
    f'trace id f7a6512b ip filter FORWARD packet: iif "{IN}" oif "{OUT}" {ETHER} ip saddr 10.244.1.10 '
    "ip daddr 10.244.1.11 ip dscp cs0 ip ttl 63 ip id 44397 ip protocol tcp ip length 60 "
    "tcp sport 36670 tcp dport 5201\n"
    "trace id f7a6512b ip filter FORWARD rule tcp dport 5201 drop (verdict drop)\n"
)
LOG = (
    f"IN={IN} OUT={OUT} MAC=ee:ee:ee:ee:ee:ee:5a:8a:10:57:e2:03:08:00 SRC=10.244.1.10 DST=10.244.1.11 LEN=60 "
    "TOS=0x00 PREC=0x00 TTL=63 ID=44397 DF PROTO=TCP SPT=36670 DPT=5201 WINDOW=64240 SYN\n"
)
XTABLES = (
    f"PACKET: 2 1be79a5c IN={IN} OUT={OUT} MACSRC=5a:8a:10:57:e2:03 MACDST=ee:ee:ee:ee:ee:ee SRC=10.244.1.10 "
    "DST=10.244.1.11 LEN=60 TOS=0x0 TTL=63 ID=44397 DF PROTO=TCP SPORT=36670 DPORT=5201 SYN \n"
    " TRACE: 2 1be79a5c filter:FORWARD:rule:0x4:DROP  -4 -t filter -A FORWARD -p tcp -j DROP\n"
)


def with_captures(text: str) -> Analysis:
    return analyze(*sorted(FOLDER.glob("*.pcap")), node_state=text.encode())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (NFT, ("dropped", "ip filter", "FORWARD", None)),
        (XTABLES, ("dropped", "filter", "FORWARD", None)),
        (f"[12345.678950] TRACE: filter:FORWARD:policy:2 {LOG}", ("logged", "filter", "FORWARD", None)),
        (f"[12345.678950] calico-packet: {LOG}", ("logged", None, None, "calico-packet:")),
        (f"Nov  3 07:11:09 w1 kernel: [12345.678950] [DROP] {LOG}", ("logged", None, "[DROP]", "[DROP]")),
        (f"2026-11-03T07:11:09.250000+00:00 w1 kernel: {LOG}", ("logged", None, None, None)),
    ],
    ids=["nft", "xtables-monitor", "TRACE", "LOG", "syslog", "journal"],
)
def test_a_row_says_where_a_packet_was_and_in_which_chain(text: str, said: tuple[str | None, ...]) -> None:
    (row,) = analyze_state(text.encode()).to_dict()["traces"]
    assert {name: row[name] for name in HEADERS} == HEADERS
    assert (row["verdict"], row["table"], row["chain"], row["prefix"]) == said
    assert row["recorded_on"] == []
    assert row["source_line"].endswith(
        text.splitlines()[-1].strip()[:160] + ("…" if len(text.splitlines()[-1]) > 160 else "")
    )
    assert row["time"] == ("2026-11-03T07:11:09.250000000Z" if text.startswith("2026") else None)


def test_an_echo_and_a_packet_of_ipv6() -> None:
    text = (
        "[1.000001] seen: IN=eth0 OUT= MAC=52:54:00:00:00:01:52:54:00:00:00:02:86:dd SRC=fd00::1 DST=fd00::2 "
        "LEN=104 TC=0 HOPLIMIT=62 FLOWLBL=1 PROTO=ICMPv6 TYPE=128 CODE=0 ID=7 SEQ=3\n"
    )
    (row,) = analyze_state(text.encode()).to_dict()["traces"]
    assert (row["ttl"], row["ip_id"], row["ident"], row["seq"], row["out_interface"]) == (62, None, 7, 3, None)


def test_a_row_names_the_links_that_recorded_such_packets() -> None:
    (row,) = with_captures(f"[12345.678950] calico-packet: {LOG}").to_dict()["traces"]
    assert row["recorded_on"] == [IN]
    other = LOG.replace("DPT=5201", "DPT=81")
    (row,) = with_captures(f"[12345.678950] calico-packet: {other}").to_dict()["traces"]
    assert row["recorded_on"] == []


def test_a_log_says_that_a_lost_packet_came_as_far_as_its_rule() -> None:
    analysis = with_captures(f"[12345.678950] calico-packet: {LOG}")
    (finding,) = (finding for finding in analysis.findings if finding.rule.id == "tcp-answered")
    said = f'last seen in the log of a host as "calico-packet:", in by {IN}, out by {OUT}'
    assert all(said in evidence.observed for evidence in finding.evidence)
    # It proves nothing: what became of the packet is not said.
    assert not [s for diagnosis in analysis.diagnoses for s in diagnosis.suspects if s.status == "confirmed"]


def test_a_packet_that_a_link_recorded_further_on_was_last_seen_there(tmp_path: Path) -> None:
    """The chain that lets it go on sees it before the card does."""
    text = (
        "listening on any, link-type LINUX_SLL2 (Linux cooked v2), snapshot length 262144 bytes\n"
        + "".join(
            f"16:23:0{second}.00000{n} {at} IP 10.244.1.10.36670 > 10.9.0.4.443: Flags [S], seq 7, win 6, length 0\n"
            for second in (1, 2, 4, 8)
            for n, at in ((1, f"{IN} In "), (2, "ens3  Out"))
        )
        + "$ dmesg\n[9.000001] seen: "
        + LOG.replace("DST=10.244.1.11", "DST=10.9.0.4").replace("DPT=5201", "DPT=443").replace(OUT, "ens3")
    )
    analysis = judge(tmp_path, text)
    assert analysis.traces[0].recorded_on == (IN, "ens3")
    told = [question.sentence for question in analysis.unanswered]
    told += [evidence.observed for finding in analysis.findings for evidence in finding.evidence]
    assert not [said for said in told if "in the log of" in said]


def test_lines_of_json_have_a_type_of_their_own(tmp_path: Path) -> None:
    from tests.support.formats import written

    text = written(analyze_state(NFT.encode()), "jsonl")
    assert '"type":"trace"' in text.replace('": "', '":"')
