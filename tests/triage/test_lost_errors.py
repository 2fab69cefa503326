"""ICMP errors that reached whoever sent the packet they are about, and those that did not."""

from __future__ import annotations

import io
import shutil
import subprocess
from pathlib import Path

import pytest

from pcapcheck import Analysis, analyze
from pcapcheck.report.formats.text import write_text
from tests.support.captures import ROOT
from tests.support.lab import captures
from tests.support.transcripts import judge

LAB = ROOT / "fixtures/lab/captures"
# Echo requests leave with the node's address, and a router refuses them.
TRANSLATED = LAB / "outside-prohibits"
LINK = "cali14e7d81007d.pcap"
pytestmark = pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")


def filtered(path: Path, folder: Path, keep: str) -> Path:
    """The frames of a capture that a display filter keeps."""
    target = folder / path.name
    command = ["tshark", "-r", str(path), "-Y", keep, "-F", "pcap", "-w", str(target)]
    subprocess.run(command, capture_output=True, check=True)
    return target


def report(analysis: Analysis) -> str:
    text = io.StringIO()
    write_text(analysis, text)
    return text.getvalue()


def lost(analysis: Analysis) -> list[str]:
    return [remark.text for remark in analysis.remarks if "never reached" in remark.text]


def test_it_reached_whoever_sent_it() -> None:
    """Translated back on its way."""
    analysis = analyze(TRANSLATED / LINK, TRANSLATED / "eth0.pcap")
    assert "172.31.186.1 says administratively prohibited (3/13), 3x" in report(analysis)
    assert "(in eth0.pcap and 1 more), reached 10.244.1.10" in report(analysis).replace(LINK, "eth0.pcap")
    assert lost(analysis) == []


def test_it_is_lost_behind_translation(tmp_path: Path) -> None:
    """The packet that it quotes shows whose it is."""
    link = filtered(TRANSLATED / LINK, tmp_path, "!(icmp.type == 3)")
    analysis = analyze(link, TRANSLATED / "eth0.pcap")
    (remark,) = lost(analysis)
    assert remark == (
        "172.31.186.1's administratively prohibited (3/13) never reached 10.244.1.10, whose packets to 192.168.77.7 "
        "it is about, 2x; last seen on eth0 (frame 4 of eth0.pcap)"
    )
    assert ", reached 10.244.1.10" not in report(analysis)


def test_nothing_is_said_where_it_would_not_have_been_recorded(tmp_path: Path) -> None:
    """The NIC alone does not show what came to the pod."""
    assert lost(analyze(TRANSLATED / "eth0.pcap")) == []
    link = filtered(TRANSLATED / LINK, tmp_path, "arp")
    assert lost(analyze(link, TRANSLATED / "eth0.pcap")) == []


@pytest.mark.parametrize(
    ("scenario", "said"),
    [
        ("vxlan-port-differs", "it is about VXLAN from 172.31.186.250 (frame 8): the VXLAN device of 172.31.186.251"),
        ("dns-answer-untracked", "it is about an answer of 10.244.1.11 from UDP port 53 to port "),
    ],
)
def test_an_error_that_ends_no_question_says_what_it_is_about(scenario: str, said: str) -> None:
    texts = [remark.text for remark in analyze(*captures(scenario)).remarks]
    assert any(said in text for text in texts), texts


def test_an_error_behind_translation_that_was_lost_says_which_size_is_too_large() -> None:
    """It came to the node's own address; the requests were the pod's."""
    analysis = analyze(*captures("outside-mtu-error-lost"))
    (text,) = lost(analysis)
    assert text.startswith(
        "172.31.186.1's fragmentation needed (3/4), MTU 1300 never reached 10.244.1.10, whose packets to 192.168.77.7 "
        "it is about, 4x; last seen on eth0 (frame "
    )
    said = "datagrams 10.244.1.10 → 192.168.77.7 of 1428 bytes or more are too big (MTU 1300, says 172.31.186.1)"
    assert said in report(analysis)
    assert "did its part" not in analysis.headline
    assert analysis.diagnoses[0].suspects[0].cause.id == "mtu-too-large"


TOO_BIG = (
    "12:49:48.592036 IP 203.0.113.70.443 > 10.61.1.35.52108: Flags [P.], seq 1:5338, ack 187, win 59, length 5337\n"
    "12:49:48.592058 IP {source} > {to}: ICMP {source} unreachable - need to frag (mtu 1440), length 556\n"
)


@pytest.mark.parametrize(
    ("interface", "told"), [("ens5", True), ("cali14e7d81007d", False)], ids=["NIC", "pod link, where it is usual"]
)
def test_a_too_big_error_that_leaves_by_a_nic_is_remarked_on(tmp_path: Path, interface: str, told: bool) -> None:
    text = f"listening on {interface}, link-type EN10MB (Ethernet)\n" + TOO_BIG.format(
        source="10.61.1.35", to="203.0.113.70"
    )
    analysis = judge(tmp_path, text)
    short = "10.61.1.35 says fragmentation needed (3/4), MTU 1440 to 203.0.113.70"
    assert any(remark.text.startswith(short) for remark in analysis.remarks) is told
    assert (short in analysis.headline) is told
    assert analysis.verdict == "not-checked"


@pytest.mark.parametrize(
    ("mss", "error", "said"),
    [
        (
            1460,
            "198.51.100.9 unreachable - need to frag (mtu 1420)",
            "packets of up to 1500 bytes (MSS 1460 in its SYN)",
        ),
        (1380, "198.51.100.9 unreachable - need to frag (mtu 1420)", ""),
        # The way of another host.
        (1460, "198.51.100.7 unreachable - need to frag (mtu 1420)", ""),
    ],
)
def test_whose_syn_asked_for_larger_packets_is_said(mss: int, error: str, said: str, tmp_path: Path) -> None:
    asker, server = "198.51.100.9", "203.0.113.70"
    source = error.split()[0]
    text = (
        "listening on ens5, link-type EN10MB (Ethernet)\n"
        f"12:49:48.5 IP {asker}.52108 > {server}.443: Flags [S], seq 7, win 29200, options [mss {mss},nop], length 0\n"
        f"12:49:48.6 IP {server}.443 > {asker}.52108: Flags [S.], seq 8, ack 8, options [mss 1460], length 0\n"
        f"12:49:48.7 IP {server}.443 > {asker}.52108: Flags [P.], seq 1:1461, ack 1, win 59, length 1460\n"
        f"12:49:48.8 IP {source} > {server}: ICMP {error}, length 556\n"
    )
    remarks = [remark.text for remark in judge(tmp_path, text).remarks if "need" in remark.text]
    assert len(remarks) == 1
    assert ("asked for packets" in remarks[0]) is bool(said)
    assert said in remarks[0]
