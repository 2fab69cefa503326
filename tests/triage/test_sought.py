"""A neighbour entry that failed is a fault where somebody sent to its pod, and else of another time."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck import analyze
from pcapcheck.analysis import Analysis
from pcapcheck.pipeline import analyze_state
from pcapcheck.report.headline import headline
from tests.support.wire import BEGIN, MS, SECOND, answer, ask, reply, request, tcp, write_pcap

CALI, OTHER_CALI, GONE = "cali14e7d81007d", "cali52d69fed91f", "10.244.1.77"
STATE = f"""$ ip route
default via 172.31.186.1 dev eth0
10.244.1.10 dev {CALI} scope link
{GONE} dev {OTHER_CALI} scope link
$ ip neigh
10.244.1.10 dev {CALI} lladdr 5a:8a:10:57:e2:03 REACHABLE
{GONE} dev {OTHER_CALI} FAILED
"""
SERVICE = f"""$ iptables-save -c
*nat
:PREROUTING ACCEPT [0:0]
:KUBE-SEP-A - [0:0]
[3:180] -A PREROUTING -d 10.96.0.5/32 -p tcp -m tcp --dport 80 -j KUBE-SEP-A
[3:180] -A KUBE-SEP-A -p tcp -m tcp -j DNAT --to-destination {GONE}:8080
COMMIT
"""
LINK = [(BEGIN, ask()), (BEGIN + MS, answer())]
LATER = (BEGIN + 9 * SECOND, ask())


def judged(folder: Path, asked: list[bytes], state: str = STATE) -> Analysis:
    frames = [*LINK, *((BEGIN + n * SECOND, frame) for n, frame in enumerate(asked, 1)), LATER]
    pasted = folder / "node.txt"
    pasted.write_text(state)
    return analyze(write_pcap(folder / f"{CALI}.pcap", frames), node_state=pasted)


def test_what_nobody_asked_for_is_a_remark(tmp_path: Path) -> None:
    analysis = judged(tmp_path, [request(), reply()])
    assert analysis.verdict == "pass"
    (remark,) = (remark for remark in analysis.remarks if GONE in remark.text)
    assert "nobody sent there while this was recorded" in remark.text
    assert remark.lines == (f"{tmp_path / 'node.txt'}:7: {GONE} dev {OTHER_CALI} FAILED",)


@pytest.mark.parametrize(
    ("asked", "more"),
    [
        ([request(n, dst=GONE) for n in (1, 2, 3)], ""),
        ([tcp(0x02, dst=GONE)] * 3, ""),
        ([tcp(0x02, dst="10.96.0.5")] * 3, SERVICE),
    ],
    ids=["ping", "tcp", "a service that stands for it"],
)
def test_what_somebody_asked_for_fails(asked: list[bytes], more: str, tmp_path: Path) -> None:
    analysis = judged(tmp_path, asked, STATE + more)
    assert "node-neighbour-resolved" in [finding.rule.id for finding in analysis.failures]
    assert not [remark for remark in analysis.remarks if "of another time" in remark.text]


def test_a_service_that_answers_leads_to_nobody_that_is_gone(tmp_path: Path) -> None:
    """Of a service with several back ends one was asked, and it answered."""
    asked = [
        tcp(0x02, dst="10.96.0.5"),
        tcp(0x12, (80, 40000), "10.96.0.5", "10.244.1.10", ("ee:" * 5 + "ee", "5a:8a:10:57:e2:03")),
    ]
    assert judged(tmp_path, asked, STATE + SERVICE).verdict == "pass"


def test_a_state_by_itself_is_judged_as_it_is(tmp_path: Path) -> None:
    pasted = tmp_path / "node.txt"
    pasted.write_text(STATE)
    assert headline(analyze_state(pasted)).startswith(f"the node has no MAC for pod {GONE} (FAILED on {OTHER_CALI})")
