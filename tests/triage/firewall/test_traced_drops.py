"""Traces and logs of netfilter: a drop of these very packets proves a cause, other lines prove nothing."""

from __future__ import annotations

import re

import pytest

from pcapcheck import analyze
from pcapcheck.analysis import Analysis
from pcapcheck.capture.held import Held
from pcapcheck.nodestate.packet_facts import TracedPacket
from pcapcheck.nodestate.read_state import read_state
from pcapcheck.pipeline import analyze_state
from pcapcheck.values import format_address
from tests.support.lab import FIXTURES

FOLDER = FIXTURES / "lab" / "captures" / "tcp-dropped"
ETHER = "ether saddr 5a:8a:10:57:e2:03 ether daddr ee:ee:ee:ee:ee:ee"
PACKET = (
    f'trace id f7a6512b ip filter FORWARD packet: iif "cali14e7d81007d" oif "calieabe7761b00" {ETHER} '
    "ip saddr 10.244.1.10 ip daddr {dst} ip dscp cs0 ip ecn not-ect ip ttl 63 ip id 44397 ip protocol tcp ip length 60 "
    "tcp sport 36670 tcp dport {port} tcp flags == syn tcp window 64240 \n"
)
DROP = "trace id f7a6512b ip filter {chain} rule tcp dport 5201 counter packets 0 bytes 0 drop (verdict drop)\n"
XTABLES = (
    "PACKET: 2 1be79a5c IN=cali14e7d81007d OUT=calieabe7761b00 MACSRC=5a:8a:10:57:e2:03 SRC=10.244.1.10 DST={dst} "
    "LEN=60 TOS=0x0 TTL=63 ID=44397 DF PROTO=TCP SPORT=36670 DPORT={port} SYN \n"
    " TRACE: 2 1be79a5c filter:{chain}:rule:0x4:DROP  -4 -t filter -A {chain} -p tcp -j DROP\n"
)
KERNEL = (
    "[12345.678950] {prefix}IN=cali14e7d81007d OUT=eth0 MAC=ee:ee:ee:ee:ee:ee:5a:8a:10:57:e2:03:08:00 SRC=10.244.1.10 "
    "DST=10.244.1.11 LEN=60 TOS=0x00 PREC=0x00 TTL=63 ID=17331 DF PROTO=TCP SPT=36670 DPT=5201 WINDOW=64240 SYN\n"
)


def explained(trace: str) -> Analysis:
    """The captures of a connection that the node drops, with a trace in place of the node's rules."""
    state = (FOLDER / "state.txt").read_text()
    rules = re.compile(r"\$ nft list ruleset\n.*?(?=\n(?:\$|###) |\Z)", re.DOTALL)
    state = rules.sub(lambda _: f"$ nft monitor trace\n{trace}", state, count=1)
    return analyze(*sorted(FOLDER.glob("*.pcap")), node_state=state.encode())


def confirmed(analysis: Analysis) -> list[str]:
    suspects = [suspect for diagnosis in analysis.diagnoses for suspect in diagnosis.suspects]
    return [suspect.cause.id for suspect in suspects if suspect.status == "confirmed"]


@pytest.mark.parametrize("form", [PACKET + DROP, XTABLES], ids=["nft", "xtables-monitor"])
@pytest.mark.parametrize(("chain", "cause"), [("FORWARD", "node-firewall-drops"), ("cali-tw-x", "policy-drops")])
def test_a_traced_drop_of_these_packets_proves_it(form: str, chain: str, cause: str) -> None:
    analysis = explained(form.format(dst="10.244.1.11", port=5201, chain=chain))
    assert confirmed(analysis) == [cause]


@pytest.mark.parametrize(
    "trace",
    [
        (PACKET + DROP).format(dst="10.244.1.12", port=5201, chain="FORWARD"),
        (PACKET + DROP).format(dst="10.244.1.11", port=80, chain="FORWARD"),
        (PACKET + DROP).format(dst="10.244.1.11", port=5201, chain="FORWARD").replace("verdict drop", "verdict accept"),
        DROP.format(chain="FORWARD"),
        KERNEL.format(prefix="DROP: "),
    ],
    ids=["another receiver", "another port", "accepted", "without the packet", "only logged"],
)
def test_other_lines_prove_nothing(trace: str) -> None:
    assert confirmed(explained(trace)) == []


def traces(text: str) -> list[TracedPacket]:
    return [packet for host in read_state([Held.of(text.encode())]).hosts for packet in host.traces]


@pytest.mark.parametrize(
    ("prefix", "where"),
    [
        ("TRACE: raw:PREROUTING:policy:2 ", "raw PREROUTING"),
        ("calico-packet: ", " "),
        ("[UFW BLOCK] ", " [UFW BLOCK]"),
        ("FINAL_REJECT: ", " FINAL_REJECT:"),
    ],
)
def test_lines_of_the_log(prefix: str, where: str) -> None:
    (packet,) = traces(KERNEL.format(prefix=prefix))
    assert (packet.verdict, format_address(packet.src), packet.protocol, packet.dport) == (
        "logged", "10.244.1.10", 6, 5201,
    )  # fmt: skip
    assert f"{packet.table} {packet.chain}" == where


def test_the_report_says_which_chain_dropped_what() -> None:
    text = (PACKET + DROP).format(dst="10.244.1.11", port=5201, chain="cali-tw-x") * 3
    (remark,) = analyze_state(text.encode()).remarks
    said = "last seen in chain cali-tw-x of ip filter on a host, dropped there"
    assert remark.text == f"10.244.1.10 > 10.244.1.11 TCP port 5201, {said} (3x)"


def test_an_error_that_quotes_a_packet_is_about_itself() -> None:
    quoted = "PROTO=ICMP TYPE=3 CODE=3 [SRC=1.1.1.1 DST=2.2.2.2 PROTO=UDP ]"
    line = KERNEL.format(prefix="").replace("PROTO=TCP", quoted).replace(" SPT=36670 DPT=5201", "")
    (packet,) = traces(line)
    assert (format_address(packet.src), packet.protocol, packet.dport) == ("10.244.1.10", 1, None)


@pytest.mark.parametrize("form", [PACKET + DROP, XTABLES], ids=["nft", "xtables-monitor"])
def test_a_failing_row_says_which_chain_saw_its_packet_last(form: str) -> None:
    analysis = explained(form.format(dst="10.244.1.11", port=5201, chain="cali-tw-x"))
    (finding,) = (finding for finding in analysis.findings if finding.rule.id == "tcp-answered")
    said = "last seen in chain cali-tw-x of "
    for evidence in finding.evidence:
        assert said in evidence.observed
        assert said in evidence.headline
        assert "dropped there" in evidence.headline
        assert any("cali-tw-x" in line for line in evidence.source_lines)


def test_another_packet_is_in_no_chain() -> None:
    analysis = explained((PACKET + DROP).format(dst="10.244.1.12", port=5201, chain="cali-tw-x"))
    (finding,) = (finding for finding in analysis.findings if finding.rule.id == "tcp-answered")
    assert not any("cali-tw-x" in evidence.observed for evidence in finding.evidence)


def test_of_a_packet_that_is_logged_in_each_chain_the_last_counts() -> None:
    """Its destination may be translated on the way; what it was for is what it came with."""
    lines = [
        KERNEL.format(prefix=f"TRACE: {chain}:rule:1 ").replace("DST=10.244.1.11", f"DST={dst}")
        for chain, dst in [
            ("raw:PREROUTING", "10.96.0.10"),
            ("filter:FORWARD", "10.244.1.11"),
            ("filter:x", "10.244.1.11"),
        ]
    ]
    (packet,) = traces("".join(lines))
    assert (packet.table, packet.chain, format_address(packet.dst)) == ("filter", "x", "10.96.0.10")
