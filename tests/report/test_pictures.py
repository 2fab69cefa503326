"""Ladders and the way of a packet: what they show of the lab's captures, in characters and as Mermaid."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest

from pcapcheck import analyze
from pcapcheck.analysis import Analysis
from pcapcheck.report.formats import text_with_ladder
from pcapcheck.report.pictures.drawn_ladder import DrawnLadder
from pcapcheck.report.pictures.drawn_way import DrawnWay
from pcapcheck.report.pictures.ladder import ASSUMED, LOST, SEEN, Ladder, ladder_of
from pcapcheck.report.pictures.mermaid import ladder_lines, way_lines
from pcapcheck.report.pictures.nice_scale import time_scale
from pcapcheck.report.pictures.over_time import OverTime, over_time
from pcapcheck.report.pictures.pictured_exchange import pictured_exchanges
from pcapcheck.report.pictures.text_ladder import text_ladder
from pcapcheck.report.pictures.way import Way, way
from pcapcheck.report.pod_sums import each_pod
from tests.support.lab import captures
from tests.support.wire import BEGIN, SECOND, answer, ask, request, write_pcap


def judged(scenario: str) -> Analysis:
    return analyze(*captures(scenario))


def ladders(analysis: Analysis) -> list[Ladder]:
    return [ladder_of(exchange) for exchange in pictured_exchanges(analysis)]


def drawn(scenario: str) -> list[Ladder]:
    return ladders(judged(scenario))


def way_of(analysis: Analysis) -> Way:
    found = way(analysis, pictured_exchanges(analysis))
    assert found is not None
    return found


def the_way(scenario: str) -> Way:
    return way_of(judged(scenario))


def slices(scenario: str) -> OverTime:
    analysis = judged(scenario)
    found = over_time(analysis, each_pod(analysis))
    assert found is not None
    return found


def names(ladder: Ladder) -> list[str]:
    return [line.name for line in ladder.lifelines]


def test_silence() -> None:
    """Each question goes to the capture point, and no answer comes from the node."""
    (silent,) = drawn("proxy-arp-off")
    assert names(silent) == ["10.244.1.10", "cali14e7d81007d", "node"]
    assert [(arrow.start, arrow.end, arrow.state) for arrow in silent.arrows] == [(0, 1, SEEN), (1, 2, LOST)] * 3
    assert [arrow.text for arrow in silent.arrows[::2]] == [f"who-has 169.254.1.1 (frame {n})" for n in (1, 2, 3)]
    assert {arrow.note for arrow in silent.arrows[1::2]} == {"no answer"}


def test_lost_midway() -> None:
    """The packet is followed to where it was seen last; what had to show it next stands there, without it."""
    first, _, healthy = drawn("second-node-drops")
    assert names(first) == ["10.244.1.10", "cali14e7d81007d", "eth0", "calia1bbc4f6b22", "10.244.2.20"]
    assert [(arrow.start, arrow.end, arrow.state) for arrow in first.arrows] == [
        (0, 1, SEEN),
        (1, 2, SEEN),
        (2, 3, LOST),
    ]
    assert first.arrows[-1].note == "last seen here, never on calia1bbc4f6b22"
    assert not healthy.failed
    # Asker, pod link, both NICs, pod link, and back.
    assert [arrow.end for arrow in healthy.arrows if arrow.state != LOST][-1] == 0
    assert LOST not in {arrow.state for arrow in healthy.arrows}


def test_lost_answer() -> None:
    """The request arrives; its answer ends on the link of the pod that gives it."""
    reply = next(ladder for ladder in drawn("reply-lost-midway") if ladder.title.startswith("echo-answered"))
    assert [(arrow.start, arrow.end, arrow.state) for arrow in reply.arrows] == [
        (0, 1, SEEN),
        (1, 2, SEEN),
        (2, 3, ASSUMED),
        (3, 2, SEEN),
        (2, 1, LOST),
    ]


def test_refused() -> None:
    """An error of somebody on the way: the packet goes no further, and the other end says nothing."""
    first = drawn("frag-needed")[0]
    assert [(arrow.start, arrow.end, arrow.state) for arrow in first.arrows] == [
        (0, 1, SEEN),
        (1, 2, LOST),
        (1, 0, ASSUMED),
    ]
    assert "MTU 1400, says 172.31.186.250" in first.arrows[-1].text


def test_late_is_not_lost() -> None:
    """An answer after a second and a half is drawn that much further down than one after microseconds."""
    late = drawn("dns-vxlan-slow")[0]
    assert LOST not in {arrow.state for arrow in late.arrows}
    assert the_way("dns-vxlan-slow").ended is None
    places = DrawnLadder(late).arrows
    query = [y for arrow, y, _ in places if arrow.packet == 0]
    response = [y for arrow, y, _ in places if arrow.packet == 1]
    assert response[0] - query[-1] > 2 * (query[-1] - query[0])


def test_who_asks_stands_left() -> None:
    """The node, where it asks for a pod."""
    asks = drawn("pod-arp-ignore-2")[0]
    assert names(asks) == ["172.31.186.250", "calieabe7761b00", "pod"]


@pytest.mark.parametrize(
    ("scenario", "stops", "counts", "last"),
    [
        ("healthy", ["cali14e7d81007d", "calieabe7761b00"], ["3 of 3 seen", "3 of 3 seen"], None),
        (
            "second-node-drops",
            ["cali14e7d81007d", "eth0", "calia1bbc4f6b22"],
            ["7 of 7 seen", "7 of 7 seen", "3 of 7 seen"],
            "eth0",
        ),
        (
            "reply-lost-midway",
            ["calieabe7761b00", "cali14e7d81007d"],
            ["7 of 7 seen", "3 of 7 seen"],
            "calieabe7761b00",
        ),
        ("proxy-arp-off", ["cali14e7d81007d"], [""], "cali14e7d81007d"),
        ("loss", ["cali14e7d81007d", "calieabe7761b00"], ["60 of 60 seen", "42 of 60 seen"], "cali14e7d81007d"),
    ],
)
def test_way(scenario: str, stops: list[str], counts: list[str], last: str | None) -> None:
    found = the_way(scenario)
    points = [stop for stop in found.stops if not stop.is_end]
    assert [stop.name for stop in points] == stops
    assert [stop.count for stop in points] == counts
    assert (found.ended[0].name if found.ended else None) == last
    assert ("last seen on" in found.words or "no answer" in found.words) == (last is not None)


def test_way_shows_what_changes() -> None:
    """MACs from link to link, the TTL, the tunnel, and whose machine it is."""
    found = the_way("dns-vxlan-slow")
    assert [leg.text for leg in found.legs][:2] == ["to ee:ee:ee:ee:ee:ee", "to 66:2d:bf:44:a6:8b"]
    assert ("TTL 63, in VXLAN",) in [stop.lines for stop in found.stops]
    assert [name for name, _, _, _ in DrawnWay(found).machines] == ["node", "node2"]


def test_over_time() -> None:
    (pod,) = slices("loss").pods
    assert (pod.asked, pod.lost) == (48, 18)
    assert sum(part.lost for part in pod.slices) == 18
    assert all(part.mean is not None for part in pod.slices if part.lost < part.asked)
    assert sum(count for _, _, count in pod.histogram) == 30


def test_over_time_counts_a_pod_once() -> None:
    """Its echo requests are on the other pod's link too."""
    (pod,) = slices("healthy").pods
    assert (pod.name, pod.asked, pod.lost) == ("10.244.1.10", 3, 0)


def test_silence_that_proves_nothing_is_no_loss() -> None:
    """In a recording of one direction no reply could have been seen."""
    analysis = judged("direction-in")
    found = over_time(analysis, each_pod(analysis))
    assert found is not None
    assert [pod.lost for pod in found.pods] == [0] * len(found.pods)


@pytest.mark.parametrize(
    ("most", "words"),
    [(1, ["0", "1 ns"]), (73_000, ["0", "50 µs", "100 µs"]), (2_031_080_000, ["0", "1 s", "2 s", "3 s"])],
)
def test_scale(most: int, words: list[str]) -> None:
    scale = time_scale(most)
    assert [word for _, word in scale.marks] == words
    assert scale.most >= most
    assert scale.share(0) == 0
    assert scale.share(scale.most) == 1


def test_characters() -> None:
    stream = StringIO()
    text_with_ladder(judged("proxy-arp-off"), stream, False)
    lines = stream.getvalue().splitlines()
    assert sum("who-has 169.254.1.1" in line and "│" in line for line in lines) == 3
    assert sum("✗ no answer" in line for line in lines) >= 3


def test_plain_characters() -> None:
    (silent,) = drawn("proxy-arp-off")
    lines = list(text_ladder(silent, 100, ascii_only=True))
    assert all(line.isascii() for line in lines)
    assert sum("x no answer" in line for line in lines) == 3


@pytest.mark.parametrize("width", [40, 80, 200])
def test_width(width: int) -> None:
    """Lifelines need some room; where there is enough, no line is longer than the terminal."""
    for ladder in drawn("second-node-drops"):
        lines = list(text_ladder(ladder, width))
        assert max(map(len, lines)) <= max(width, 30 + 14 * len(ladder.lifelines))


def test_mermaid() -> None:
    analysis = judged("second-node-drops")
    drawing = list(way_lines(way_of(analysis)))
    assert drawing[0] == "flowchart LR"
    assert '  s2 --x|"4 of 7 last seen here"| s3' in drawing
    sequence = list(ladder_lines(ladders(analysis)[0]))
    assert sequence[0] == "sequenceDiagram"
    assert sequence[-1] == "  p2-xp3: last seen here, never on calia1bbc4f6b22"


def test_many_arrows_are_cut(tmp_path: Path) -> None:
    """A question asked a hundred times is not drawn a hundred times."""
    asks = [(BEGIN + n * SECOND, ask()) for n in range(100)]
    (ladder,) = ladders(analyze(write_pcap(tmp_path / "cali14e7d81007d.pcap", asks)))
    assert "asked 100x" in ladder.title
    assert len(ladder.arrows) <= 20


def test_a_capture_that_is_gone(tmp_path: Path) -> None:
    """Pictures need its frames once more; without them the rest of the report is there."""
    path = write_pcap(
        tmp_path / "cali14e7d81007d.pcap", [(BEGIN, ask()), (BEGIN + SECOND, ask()), (BEGIN + 2 * SECOND, ask())]
    )
    analysis = analyze(path)
    path.unlink()
    assert ladders(analysis) == []
    assert over_time(analysis, each_pod(analysis)) is None


def test_no_exchange(tmp_path: Path) -> None:
    other = write_pcap(tmp_path / "cali14e7d81007d.pcap", [(BEGIN, answer())])
    analysis = analyze(other)
    assert ladders(analysis) == []
    assert way(analysis, []) is None


def test_no_times() -> None:
    """A text without times is drawn without them."""
    analysis = analyze(b"ARP, Request who-has 169.254.1.1 tell 10.244.1.10, length 28\n" * 4)
    for ladder in ladders(analysis):
        assert {time for _, _, time in DrawnLadder(ladder).arrows} == {""}
    assert over_time(analysis, each_pod(analysis)) is None


def test_one_request(tmp_path: Path) -> None:
    """A single echo request without a reply, at the end: neither lost nor answered."""
    path = write_pcap(
        tmp_path / "cali14e7d81007d.pcap", [(BEGIN, ask()), (BEGIN + 20, answer()), (BEGIN + 30, request(1))]
    )
    for ladder in ladders(analyze(path)):
        assert LOST not in {arrow.state for arrow in ladder.arrows}
