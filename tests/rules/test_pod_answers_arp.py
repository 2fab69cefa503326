"""The node asks for its pod: when silence is the pod's, when it is nobody's, and what must not be confused by it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck import analyze
from pcapcheck.analysis import Analysis
from pcapcheck.links.scope import Scope
from pcapcheck.report.headline import headline
from tests.support.lab import captures
from tests.support.transcripts import judge
from tests.support.wire import (
    BEGIN,
    MS,
    NODE,
    NODE_IP,
    POD,
    POD_IP,
    SECOND,
    Frame,
    answer,
    arp,
    ask,
    cooked2,
    error,
    reply,
    request,
    write_pcap,
    write_pcapng,
)

CALI = "cali14e7d81007d"
RULE = "pod-answers-arp"
SLL2 = 276
GATEWAY: list[Frame] = [(BEGIN - 9 * SECOND, ask()), (BEGIN - 9 * SECOND + MS, answer())]


def node_asks(times: int = 3, target: str = POD_IP, apart: int = SECOND, dst: str = "ff:ff:ff:ff:ff:ff") -> list[Frame]:
    return [(BEGIN + n * apart, ask(target, NODE, NODE_IP, dst)) for n in range(times)]


def pod_answers(at: int) -> Frame:
    return at, arp(2, (POD, POD_IP), (NODE, NODE_IP), NODE)


def cali(folder: Path, frames: list[Frame], name: str = CALI) -> Analysis:
    return analyze(write_pcap(folder / f"{name}.pcap", sorted(frames)))


def status(analysis: Analysis, rule: str = RULE) -> str:
    return next(finding.status for finding in analysis.findings if finding.rule.id == rule)


def reason(analysis: Analysis) -> str:
    return next(finding.reason for finding in analysis.findings if finding.rule.id == RULE)


def test_asked_three_times_and_nothing_else(tmp_path: Path) -> None:
    """Nothing of the pod is in it, and nothing of its gateway: the link's name and the proxy MAC tell who asks."""
    analysis = cali(tmp_path, node_asks())
    assert analysis.verdict == "fail"
    assert headline(analysis) == (
        f"the pod on cali14e7d81007d does not answer the node's ARP for {POD_IP} (asked 3 times)"
    )
    (diagnosis,) = analysis.diagnoses
    named = {suspect.cause.id for suspect in diagnosis.possible}
    assert {"pod-ignores-arp", "pod-second-interface", "pod-gone", "pod-link-down", "pod-without-address"} <= named
    # Of two pods with the address the node may know the other as the one behind this link.
    assert "route-to-wrong-pod" in named
    assert "pod-neighbour-stale" not in named
    # It is the pod's: nothing of the gateway was asked, and no question is left that no rule is about.
    assert {status(analysis, rule) for rule in ("gateway-arp-answered", "gateway-arp-prompt")} == {"not-checked"}
    assert (analysis.unanswered, analysis.remarks) == ([], [])


def test_a_pod_that_sends_and_does_not_answer(tmp_path: Path) -> None:
    """As with arp_ignore=2, or a second interface: its own question for the gateway is answered all the same."""
    analysis = cali(
        tmp_path, [*GATEWAY, *node_asks(), (BEGIN + 5 * SECOND, request(2)), (BEGIN + 5 * SECOND + MS, reply(2))]
    )
    assert (status(analysis), status(analysis, "gateway-arp-answered")) == ("fail", "pass")


@pytest.mark.parametrize(
    ("times", "at", "verdict"),
    [
        (1, BEGIN + MS, "pass"),
        (2, BEGIN + SECOND + MS, "pass"),
        (3, BEGIN + 2 * SECOND + MS, "fail"),
        (3, BEGIN + 8 * SECOND, "fail"),
    ],
)
def test_an_answer_in_time(times: int, at: int, verdict: str, tmp_path: Path) -> None:
    """The third question is the last: what comes after it is too late for the packets that waited."""
    analysis = cali(tmp_path, [*GATEWAY, *node_asks(times), pod_answers(at)])
    assert status(analysis) == verdict


@pytest.mark.parametrize("times", [1, 2])
def test_asked_less_often(times: int, tmp_path: Path) -> None:
    analysis = cali(tmp_path, [*GATEWAY, *node_asks(times), (BEGIN + 9 * SECOND, request(2))])
    assert status(analysis) == "not-checked"


def test_unicast_revalidation(tmp_path: Path) -> None:
    analysis = cali(tmp_path, [*GATEWAY, *node_asks(dst=POD), (BEGIN + 9 * SECOND, ask())])
    assert status(analysis) == "fail"
    assert status(cali(tmp_path, [*GATEWAY, *node_asks(1, dst=POD), pod_answers(BEGIN + MS)])) == "pass"


def test_asked_thrice_in_a_moment_and_answered(tmp_path: Path) -> None:
    """arping -f and the like; nothing waited for it."""
    analysis = cali(tmp_path, [*GATEWAY, *node_asks(3, apart=10 * MS), pod_answers(BEGIN + 21 * MS)])
    assert status(analysis) == "pass"


def test_what_follows_from_it_is_one_diagnosis(tmp_path: Path) -> None:
    """The pod's peer pings it: its requests end in host unreachable."""
    analysis = analyze(*captures("unreachable"))
    (diagnosis,) = analysis.diagnoses
    assert list(diagnosis.case.failed) == [RULE, "request-leaves-node", "echo-answered"]
    assert diagnosis.possible[0].cause.id == "pod-without-address"
    assert diagnosis.packet_evidence["refused"] == "host-unreachable"


def test_recorded_inside_the_pod(tmp_path: Path) -> None:
    frames = [*GATEWAY, *node_asks(), (BEGIN + 9 * SECOND, ask())]
    assert status(cali(tmp_path, frames, "eth0")) == "fail"
    assert status(cali(tmp_path, [*GATEWAY, *node_asks(1), pod_answers(BEGIN + MS)], "eth0")) == "pass"


def test_recorded_with_any(tmp_path: Path) -> None:
    """Two interfaces in one file: on the one the pod answers, on the other it does not."""
    good = [
        (time, cooked2(frame, frame[6] == 0xEE, 3))
        for time, frame in [*GATEWAY, *node_asks(1), pod_answers(BEGIN + MS)]
    ]
    bad = [(time + 5 * MS, cooked2(frame, True, 4)) for time, frame in node_asks(target="10.244.1.12")]
    own = [(time + 5 * MS, cooked2(frame, frame[6] == 0xEE, 4)) for time, frame in GATEWAY]
    analysis = analyze(write_pcap(tmp_path / "any.pcap", sorted([*good, *bad, *own]), SLL2))
    (finding,) = [finding for finding in analysis.findings if finding.rule.id == RULE]
    assert (finding.status, finding.checked, finding.failed) == ("fail", 2, 1)
    assert finding.evidence[0].interface == "ifindex 4"


def solicit(target: str, source: str) -> bytes:
    """A neighbour solicitation from the node, multicast to the target's solicited-node group."""
    import socket
    import struct

    address = socket.inet_pton(socket.AF_INET6, target)
    group = bytes.fromhex("ff0200000000000000000001ff") + address[13:]
    body = struct.pack(">BBHI", 135, 0, 0, 0) + address + b"\x01\x01" + bytes.fromhex(NODE.replace(":", ""))
    head = struct.pack(">IHBB", 6 << 28, len(body), 58, 255) + socket.inet_pton(socket.AF_INET6, source) + group
    return b"\x33\x33" + group[12:] + bytes.fromhex(NODE.replace(":", "")) + b"\x86\xdd" + head + body


def test_neighbour_solicitation(tmp_path: Path) -> None:
    asks = [(BEGIN + n * SECOND, solicit("fd00:10:244:1::a", "fe80::ecee:eeff:feee:eeee")) for n in range(3)]
    analysis = cali(tmp_path, asks)
    assert headline(analysis) == (
        "the pod on cali14e7d81007d does not answer the node's neighbour solicitation for fd00:10:244:1::a "
        "(asked 3 times)"
    )


NODE_TEXT = "".join(f"20:12:3{n}.300000 ARP, Request who-has 10.0.0.71 tell 172.31.2.1, length 28\n" for n in (7, 8, 9))
POD_TEXT = (
    "20:12:30.000000 ARP, Request who-has 169.254.1.1 tell 10.0.0.71, length 28\n"
    "20:12:30.000100 ARP, Reply 169.254.1.1 is-at ee:ee:ee:ee:ee:ee, length 28\n"
)


def test_text_without_macs(tmp_path: Path) -> None:
    """Without -e the pod's question for the gateway tells who of them is the node, or that pods ask for nobody else."""
    assert status(judge(tmp_path, POD_TEXT + NODE_TEXT, f"{CALI}.txt")) == "fail"
    assert status(judge(tmp_path, NODE_TEXT, f"{CALI}.txt")) == "fail"
    unknown = judge(tmp_path, NODE_TEXT, "paste.txt")
    assert status(unknown) == "not-checked"
    assert "nothing shows that this is a pod link of Calico" in reason(unknown)


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"drops": 5}, "5 packets were lost while recording"),
        ({"capture_filter": "arp and src host 172.31.186.250"}, "may have kept the answers out"),
    ],
)
def test_silence_that_could_not_be_heard(more: dict[str, object], why: str, tmp_path: Path) -> None:
    path = write_pcapng(tmp_path / "a.pcapng", [*GATEWAY, *node_asks()], CALI, **more)  # type: ignore[arg-type]
    analysis = analyze(path)
    assert status(analysis) == "not-checked"
    assert why in reason(analysis)


def test_the_filter_that_was_used_may_be_given(tmp_path: Path) -> None:
    path = write_pcap(tmp_path / f"{CALI}.pcap", [*GATEWAY, *node_asks()])
    assert status(analyze(path, scope=Scope(filter_used="broadcast"))) == "not-checked"


def test_in_flight(tmp_path: Path) -> None:
    frames = [*GATEWAY, (BEGIN, ask(POD_IP, NODE, NODE_IP)), (BEGIN + 100 * MS, request())]
    analysis = cali(tmp_path, frames)
    assert status(analysis) == "not-checked"
    assert reason(analysis).startswith("the recording ended before a reply was due")


def test_a_nic_is_no_pods_link(tmp_path: Path) -> None:
    frames = [
        (time, frame.replace(bytes.fromhex("eeeeeeeeeeee"), bytes.fromhex("0a58ac1fbafa")))
        for time, frame in node_asks()
    ]
    analysis = cali(tmp_path, [*frames, (BEGIN + 9 * SECOND, error(3, 3, request()))], "ens5")
    assert status(analysis) == "not-checked"
