"""Ladders and the way of a packet: what they show of the lab's captures, in characters and as Mermaid."""

from __future__ import annotations

import json
import re
from io import StringIO
from itertools import groupby
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
from tests.support.wire import (
    BEGIN,
    NODE,
    NODE_IP,
    OTHER,
    PEER_IP,
    POD,
    POD_IP,
    SECOND,
    answer,
    ask,
    cooked2,
    reply,
    request,
    write_pcap,
)


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


def test_unanswered_question() -> None:
    """A question that no rule is about is drawn like a failed rule: SYNs that arrive at the NIC and go no further."""
    first = drawn("outside-tcp-dies")[0]
    assert first.failed
    assert first.title.startswith("172.31.186.1's connection to 10.244.1.10 port 5201 gets no answer")
    assert {arrow.note for arrow in first.arrows if arrow.state == LOST} == {"last seen here, never on cali14e7d81007d"}
    found = the_way("outside-tcp-dies")
    assert [stop.name for stop in found.stops] == ["172.31.186.1", "eth0", "cali14e7d81007d", "10.244.1.10"]
    assert "last seen on eth0" in found.words


def test_stalled_data() -> None:
    """The way is that of the data, not of a ping that is well."""
    stuck = drawn("receiver-gone-midway")[0]
    assert {arrow.note for arrow in stuck.arrows if arrow.state == LOST} == {"not acknowledged"}
    assert all("266 bytes" in arrow.text for arrow in stuck.arrows if arrow.text)
    assert the_way("receiver-gone-midway").words == (
        "packets from 10.244.1.10 to 10.244.1.11: not acknowledged; recorded on cali14e7d81007d"
    )


def test_rules_about_one_packet_are_one_ladder() -> None:
    failed = [ladder.title for ladder in drawn("mtu-mismatch") if ladder.failed]
    assert len(failed) == len(set(failed)) == 2
    assert all(title.startswith("echo-answered") for title in failed)


def test_wrong_and_lost_are_two_ladders() -> None:
    """Packets to a MAC where nobody listens: what is wrong with them, then that they get no answer."""
    assert [ladder.title.partition(":")[0] for ladder in drawn("stale-neighbour-pod")] == [
        "pod-frames-to-proxy-mac",
        "echo-answered",
    ]
    found = the_way("stale-neighbour-pod")
    assert [leg.text for leg in found.legs] == ["to 5e:f9:04:11:22:33", "no answer"]


def test_answer_from_the_wrong_address() -> None:
    """It comes to its asker's link and is none to the question: not called lost."""
    first = drawn("service-answer-untracked")[0]
    assert first.arrows[0].text.startswith("SYN 59534")
    assert first.arrows[-1].note == "from 10.244.1.11, which was not asked"
    assert "last seen" not in the_way("service-answer-untracked").words


def test_questions_before_answers() -> None:
    """Where both are lost, the way is that of the questions."""
    assert the_way("loss").noun == "echo requests"


def test_neighbour_discovery_asks_for_its_target() -> None:
    """Not for the multicast group that the question goes to."""
    found = the_way("ipv6-random-mac")
    assert [stop.name for stop in found.stops][-1] == "fe80::ecee:eeff:feee:eeee"


@pytest.mark.parametrize("scenario", ["two-nodes-vxlan", "two-nodes-ipip", "vxlan-mtu-black-hole"])
def test_points_stand_by_their_machine(scenario: str) -> None:
    """Also where the question was seen on one node's NIC and the answer on the other's."""
    (healthy,) = [ladder for ladder in drawn(scenario) if not ladder.failed]
    machines = [line.machine for line in healthy.lifelines if line.machine]
    assert [machine for machine, _ in groupby(machines)] == ["node", "node2"]


def test_tunnel_before_pod_link() -> None:
    """Of what never showed a packet, in the order in which it had to come there."""
    points = [stop for stop in the_way("vxlan-tcp-lost").stops if stop.seen == 0]
    assert [stop.name for stop in points] == ["vxlan.calico", "calia1bbc4f6b22"]


@pytest.mark.parametrize("scenario", ["loss", "nic-forwarding-off", "transfer-waits", "two-nodes-vxlan"])
def test_what_no_router_forwards_stays_on_its_link(scenario: str) -> None:
    """An address resolution next to packets that cross is between an end and the point next to it."""
    for ladder in drawn(scenario):
        ends = {0, len(ladder.lifelines) - 1}
        asking = [arrow for arrow in ladder.arrows if "who-has" in arrow.text or "is-at" in arrow.text]
        assert all({arrow.start, arrow.end} & ends for arrow in asking)


def test_comparison_is_of_one_link(tmp_path: Path) -> None:
    """A resolution on another pod's link is not what came before an echo."""
    far, far_mac = "10.244.1.99", "5a:8a:10:57:e2:99"
    frames = [
        (BEGIN, cooked2(ask(src=far_mac, ip=far), False, 4)),
        (BEGIN + 1000, cooked2(answer(to=far_mac, to_ip=far), True, 4)),
        (BEGIN + 9000, cooked2(request(1), False, 3)),
        (BEGIN + 19_000, cooked2(reply(1, eth=(NODE, POD)), True, 3)),
    ]
    (ladder,) = ladders(analyze(write_pcap(tmp_path / "any.pcap", frames, 276)))
    assert ladder.title == "echo, answered"
    assert [line.name for line in ladder.lifelines] == [POD_IP, "ifindex 3", PEER_IP]


def test_who_has_goes_to_whom_it_asks_for(tmp_path: Path) -> None:
    """Also where nothing tells the pod's side of a link: of interfaces that are not Calico's."""
    frames = [
        (BEGIN, request(1)),
        (BEGIN + 100, reply(1)),
        (BEGIN + 200, ask(POD_IP, src=OTHER, ip=NODE_IP)),
        (BEGIN + 300, answer(POD_IP, by=POD, to=OTHER, to_ip=NODE_IP)),
    ]
    (ladder,) = ladders(analyze(write_pcap(tmp_path / "eni0123456789a.pcap", frames)))
    where = {arrow.text.split(" (")[0]: (arrow.start, arrow.end) for arrow in ladder.arrows if arrow.text}
    assert where[f"who-has {POD_IP}"] == (1, 0)
    assert next(legs for text, legs in where.items() if "is-at" in text) == (0, 1)


@pytest.mark.parametrize("scenario", ["vxlan-tcp-lost", "vxlan-blocked", "two-nodes-vxlan", "frag-needed", "healthy"])
def test_as_wide_as_a_page(scenario: str) -> None:
    """A long way has two rows: a wider drawing is made smaller until nobody can read it."""
    found = DrawnWay(the_way(scenario))
    assert found.width <= 980
    for on in found.legs:
        assert 0 <= on.a < on.b <= found.width
    assert all(DrawnLadder(ladder).width <= 980 for ladder in drawn(scenario))


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


@pytest.mark.parametrize("width", [80, 200])
@pytest.mark.parametrize("scenario", ["second-node-drops", "reply-lost-midway", "vxlan-tcp-lost", "frag-needed"])
def test_width(scenario: str, width: int) -> None:
    """No line is longer than the terminal, and each cross is there, also of what is lost on its way back."""
    for ladder in drawn(scenario):
        lines = list(text_ladder(ladder, width))
        assert max(map(len, lines)) <= width
        lost = [arrow.note for arrow in ladder.arrows if arrow.state == LOST]
        assert sum("✗" in line for line in lines) == len(lost)
        assert all(any(note in line for line in lines) for note in lost)


def test_narrow_terminal() -> None:
    """Lifelines need some room."""
    (silent,) = drawn("proxy-arp-off")
    assert max(map(len, text_ladder(silent, 20))) < 45


def test_machines_in_characters() -> None:
    """Two interfaces of one name are distinguished by their nodes."""
    lines = list(text_ladder(drawn("vxlan-tcp-lost")[0], 80))
    assert lines[1].split() == ["pod", "node", "node", "node", "node2", "node2", "end"]


def test_mermaid() -> None:
    analysis = judged("second-node-drops")
    drawing = list(way_lines(way_of(analysis)))
    assert drawing[0] == "flowchart LR"
    assert '  s2 --x|"4 of 7 last seen here"| s3' in drawing
    sequence = list(ladder_lines(ladders(analysis)[0]))
    assert sequence[0] == "sequenceDiagram"
    assert sequence[-1] == "  p2-xp3: last seen here, never on calia1bbc4f6b22"


# What Mermaid's parser takes, as far as it is used: names and texts in quotes, or up to the end of the line.
NODE_LINE = r'  s\d+(?:\["[^"\n`;#]*"\]|\(\["[^"\n`;#]*"\]\))'
EDGE_LINE = r'  s\d+ (?:-->|-\.->|--x)(?:\|"[^"|\n`;#]*"\|)? s\d+'
LIFELINE = r"  participant p\d+ as [^\n;#<>{}\"]+"
ARROW_LINE = r"  p\d+(?:->>|-->>|-x)p\d+: [^\n;#<>{}\"]+"
NAMES = ["end", "%%{init: {}}%%", "x\n  end", "a as b;", '"]|<b>#35;`', "(a)|b|", "->> p0: x", "x" * 4096]


@pytest.mark.parametrize("name", NAMES)
def test_mermaid_with_hostile_names(name: str, tmp_path: Path) -> None:
    """Names stay names, and at most 20 arrows are drawn."""
    for file in captures("second-node-drops"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    pods = [
        {"kind": "Pod", "metadata": {"name": name, "namespace": "d"}, "status": {"podIP": ip}}
        for ip in ("10.244.1.10", "10.244.2.20")
    ]
    (tmp_path / "pods.json").write_text(json.dumps({"kind": "List", "items": pods}))
    analysis = analyze(*(tmp_path / file.name for file in captures("second-node-drops")), pods=tmp_path / "pods.json")
    nodes: list[str] = []
    edges: list[str] = []
    for line in list(way_lines(way_of(analysis)))[1:]:
        (edges if re.fullmatch(EDGE_LINE, line) else nodes).append(line)
    assert len(edges) == len(nodes) - 1
    assert all(re.fullmatch(NODE_LINE, line) for line in nodes)
    for ladder in ladders(analysis):
        lines = list(ladder_lines(ladder))[1:]
        arrows = [line for line in lines if re.fullmatch(ARROW_LINE, line)]
        assert len(arrows) <= 20
        assert len(arrows) + sum(bool(re.fullmatch(LIFELINE, line)) for line in lines) == len(lines)


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
