"""Answers of UDP that come from another address than was asked, and that the asker's kernel turns away."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck import Analysis, analyze
from pcapcheck.report.headline import headline
from tests.support.wire import BEGIN, MS, OTHER, PEER_IP, POD, POD_IP, RESOLVER, error, query, response, write_pcap

TO, BACK = (POD, OTHER), (OTHER, POD)


def on_bridge(folder: Path, *frames: bytes) -> Analysis:
    return analyze(write_pcap(folder / "cni0.pcap", [(BEGIN + n * MS, frame) for n, frame in enumerate(frames)]))


def refusal(of: bytes) -> bytes:
    return error(3, 3, of, source=POD_IP)


def test_an_answer_that_its_asker_refuses_is_not_translated_back(tmp_path: Path) -> None:
    strange = response(src=PEER_IP, eth=BACK)
    analysis = on_bridge(tmp_path, query(eth=TO), strange, refusal(strange))
    said = f"{POD_IP}'s DNS query to {RESOLVER} is answered by {PEER_IP} instead, which its asker refuses"
    assert headline(analysis).startswith(said)
    (diagnosis,) = analysis.diagnoses
    assert diagnosis.suspects[0].cause.id == "reply-not-translated"
    # Said once: neither of the error by itself, nor of the query that ends the recording.
    assert [
        remark.text for remark in analysis.remarks if "port unreachable" in remark.text or "nor has" in remark.text
    ] == []


@pytest.mark.parametrize("case", ["nobody refuses it", "both were asked", "answered all the same", "another port"])
def test_others_are_no_fault(case: str, tmp_path: Path) -> None:
    strange = response(src=PEER_IP, eth=BACK)
    frames = {
        "nobody refuses it": (query(eth=TO), strange),
        # musl's resolver asks all servers from one port, and closes it after the first answer.
        "both were asked": (query(eth=TO), query(dst=PEER_IP, ident=8, eth=TO), strange, refusal(strange)),
        "answered all the same": (query(eth=TO), strange, refusal(strange), response(eth=BACK)),
        "another port": (query(port=40312, eth=TO), strange, refusal(strange)),
    }[case]
    assert not any("refuses" in question.sentence for question in on_bridge(tmp_path, *frames).unanswered)


def asking(folder: Path, *lines: str) -> Analysis:
    path = folder / "printed.txt"
    path.write_text("".join(f"09:15:0{line}\n" for line in lines))
    return analyze(path)


ASKED = "0.100000 IP 10.244.3.7.40111 > 10.96.0.10.53: 812+ A? shop.example. (30)"
STRANGE = "0.101000 IP 10.244.2.9.53 > 10.244.3.7.40111: 812 1/0/0 A 192.0.2.7 (46)"
SENT = "0.100000 IP 10.244.3.7.40111 > 10.97.8.9.5000: UDP, length 20"
SYN = "0.100000 IP 10.244.3.7.40111 > 10.97.8.9.80: Flags [S], seq 7, win 64240, length 0"
SYN_ACK = "0.101000 IP 10.244.2.9.8080 > 10.244.3.7.40111: Flags [S.], seq 9, ack 8, win 64240, length 0"
CAME = "0.101000 IP 10.244.2.9.5001 > 10.244.3.7.40111: UDP, length 24"


@pytest.mark.parametrize(
    ("lines", "what"),
    [
        ((ASKED, STRANGE), "DNS query to 10.96.0.10"),
        ((SENT, CAME), "UDP request to 10.97.8.9 port 5000"),
        ((SYN, SYN_ACK), "connection to 10.97.8.9 port 80"),
    ],
)
def test_an_answer_of_somebody_else_is_not_translated_back(lines: tuple[str, str], what: str, tmp_path: Path) -> None:
    later = tuple(line.replace("0.1", "6.1", 1) for line in lines)
    for shown in (lines, (*lines, *later)):
        analysis = asking(tmp_path, *shown)
        # Once, and not as a question without any answer, too.
        assert headline(analysis).startswith(f"10.244.3.7's {what} is answered by 10.244.2.9 instead (asked")
        (diagnosis,) = analysis.diagnoses
        assert [suspect.cause.id for suspect in diagnosis.suspects] == ["reply-not-translated"]


@pytest.mark.parametrize(
    "lines",
    [
        # Seen before and behind the translation.
        (ASKED, ASKED.replace("10.96.0.10", "10.244.2.9"), STRANGE),
        (ASKED, STRANGE, STRANGE.replace("10.244.2.9", "10.96.0.10")),
        (SYN, SYN.replace("10.97.8.9.80:", "10.244.2.9.8080:"), SYN_ACK),
        (SYN, SYN_ACK, SYN_ACK.replace("10.244.2.9.8080", "10.97.8.9.80")),
        (SYN, SYN_ACK.replace("40111", "40112")),
        # Another query's.
        (ASKED, STRANGE.replace("812", "813")),
        # No service was asked; both ends were given their ports; much later; the service's own.
        (SENT.replace("10.97.8.9", "10.30.8.9"), CAME),
        (SENT, CAME.replace("5001", "41000")),
        (SENT, CAME.replace("0.1", "4.1", 1)),
        (SENT, CAME.replace("10.244.2.9", "10.97.8.9")),
        (SENT, CAME.replace("40111", "40112")),
    ],
)
def test_what_is_no_answer_of_somebody_else(lines: tuple[str, ...], tmp_path: Path) -> None:
    assert not any("instead" in question.sentence for question in asking(tmp_path, *lines).unanswered)


def test_whoever_asked_on_a_link_of_an_unknown_pod_is_said_once(tmp_path: Path) -> None:
    """No rule judges such a link; the text does not quote which packet its asker refuses."""
    refused = "0.101050 IP 10.244.3.7 > 10.244.2.9: ICMP 10.244.3.7 udp port 40111 unreachable, length 82"
    path = tmp_path / "printed.txt"
    lines = "".join(f"09:15:0{line}\n" for line in (ASKED, STRANGE, refused))
    path.write_text("listening on cali14e7d81007d, link-type EN10MB (Ethernet), capture size 262144 bytes\n" + lines)
    analysis = analyze(path)
    assert "10.244.3.7's DNS query to 10.96.0.10 is answered by 10.244.2.9 instead" in headline(analysis)
    assert not [remark for remark in analysis.remarks if "port unreachable" in remark.text]


@pytest.mark.parametrize("printed", [True, False])
def test_the_slower_of_two_servers_is_refused_as_usual(printed: bool, tmp_path: Path) -> None:
    """musl's resolver closes its port after the first answer; a text does not quote what is refused."""
    second = response(src=PEER_IP, eth=BACK)
    frames = [query(eth=TO), query(dst=PEER_IP, eth=TO), response(eth=BACK), second, refusal(second)]
    other = ASKED.replace("10.96.0.10", "10.244.2.9")
    reply = STRANGE.replace("10.244.2.9", "10.96.0.10")
    refused = "0.108000 IP 10.244.3.7 > 10.244.2.9: ICMP 10.244.3.7 udp port 40111 unreachable, length 82"
    lines = (ASKED, other, reply, STRANGE, refused)
    analysis = asking(tmp_path, *lines) if printed else on_bridge(tmp_path, *frames)
    assert not analysis.unanswered
    assert not [remark for remark in analysis.remarks if "port unreachable" in remark.text]
