"""Packets as Windows' pktmon etl2txt prints them."""

from __future__ import annotations

from pathlib import Path

from pcapcheck import analyze
from pcapcheck.analysis import Analysis
from pcapcheck.values import format_mac

HEAD = (
    "[ 0]0000.0000::2026-01-12 11:33:{second:02}.8197460{place}0 [Microsoft-Windows-PktMon] {drop}PktGroupId 2814, "
    "PktNumber {number}, Appearance 1, Direction Tx , Type {kind} , Component {component}, Edge 1, Filter 1, {reason}"
    "OriginalSize 74, LoggedSize 74\r\n"
)
MACS = "\t00-15-5D-01-6B-05 > 00-15-5D-01-6B-06, ethertype IPv4 (0x0800), length 74: "
ECHO = "10.244.3.5 > 10.244.3.6: ICMP echo request, id 1, seq {number}, length 40\r\n"
PROPERTY = (
    "[00]425C.34D8::2026-01-12 11:33:05.458641700 [Microsoft-Windows-PktMon] Property: Component 71, NdisObject = 1\r\n"
)


def seen(component: int, number: int, reason: str = "", kind: str = "Ethernet") -> str:
    """A sighting of the request with this number; with a reason for which it was dropped there."""
    head = HEAD.format(
        second=10 + number,
        place=component % 10,
        drop="Drop: " if reason else "",
        number=number,
        kind=kind,
        component=component,
        reason=f"DropReason {reason} , DropLocation 0xE000460B, " if reason else "",
    )
    return head + (MACS if kind == "Ethernet" else "\t") + ECHO.format(number=number)


def judged(text: str, folder: Path) -> Analysis:
    path = folder / "PktMon.txt"
    path.write_bytes(text.encode())
    return analyze(path)


def test_each_component_is_a_capture_point(tmp_path: Path) -> None:
    analysis = judged(PROPERTY + "".join(seen(where, number) for number in (1, 2, 3) for where in (38, 9)), tmp_path)
    assert [point.name for point in analysis.points] == ["component 38", "component 9"]
    assert analysis.captures[0].frames == 6
    assert not analysis.captures[0].problems
    macs = {format_mac(mac) for group in analysis.captures[0].groups for mac in (group.src, group.dst) if mac}
    assert macs == {"00:15:5d:01:6b:05", "00:15:5d:01:6b:06"}
    (question,) = analysis.unanswered
    assert question.sentence.startswith("10.244.3.5's ping to 10.244.3.6 gets no answer, last seen on component ")


def test_who_dropped_what_is_said(tmp_path: Path) -> None:
    text = seen(38, 1) + seen(85, 1, "VFP policy") + seen(38, 2) + seen(85, 2, "VFP policy")
    (problem,) = judged(text, tmp_path).captures[0].problems
    assert "component 85 2 (VFP policy), first: line 3" in problem.message


def test_packets_without_a_link_header(tmp_path: Path) -> None:
    analysis = judged(seen(45, 1, kind="IP"), tmp_path)
    assert list(analysis.echo["src"]) == ["10.244.3.5"]


def test_details_of_headers_in_a_line_of_their_own(tmp_path: Path) -> None:
    """As tcpdump -v prints them."""
    details = "(tos 0x0, ttl 64, id 18227, offset 0, flags [DF], proto ICMP (1), length 60)\r\n\t    "
    text = seen(38, 1).replace(MACS, MACS + details)
    assert list(judged(text, tmp_path).echo["ttl"]) == [64]
