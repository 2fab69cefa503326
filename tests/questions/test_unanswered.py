"""Questions that nobody answers: said on every capture point, unless a rule is about them or silence proves nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck import analyze
from pcapcheck.analysis import Analysis
from pcapcheck.exchanges import resolution_sums
from pcapcheck.report.headline import heading, headline
from tests.support.transcripts import judge
from tests.support.wire import (
    BEGIN,
    GATEWAY,
    MS,
    NODE,
    NODE_IP,
    OTHER,
    PEER_IP,
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
    tcp,
    tcp_back,
    udp,
    write_pcap,
    write_pcapng,
)

NIC, ROUTER = "0a:58:ac:1f:ba:fa", "0a:58:ac:1f:ba:01"
PEER = "7e:1d:0c:42:9b:66"
NEIGHBOUR = "172.31.186.77"
SLL2 = 276
LINK: list[Frame] = [(BEGIN, ask()), (BEGIN + MS, answer())]


def asked(times: int = 3, ip: str = NODE_IP, target: str = NEIGHBOUR, begin: int = BEGIN) -> list[Frame]:
    """The host asks for a neighbour, a second apart; something else follows."""
    some = [(begin + n * SECOND, ask(target, NIC, ip)) for n in range(times)]
    return [*some, (begin + (times + 1) * SECOND, tcp(0x10, src="198.51.100.7", eth=(ROUTER, OTHER)))]


def nic(folder: Path, frames: list[Frame]) -> Analysis:
    return analyze(write_pcap(folder / "ens5.pcap", sorted(frames)))


def test_unanswered_requests_of_the_host_are_reported(tmp_path: Path) -> None:
    to_host = (BEGIN + MS, tcp(0x10, src="198.51.100.7", dst=NODE_IP, eth=(ROUTER, NIC)))
    (question,) = nic(tmp_path, [*asked(), to_host]).unanswered
    assert question.sentence == f"{NODE_IP}'s ARP for {NEIGHBOUR} gets no answer"
    assert (question.protocol, question.attempts, question.lasted, question.frames) == ("ARP", 3, 2 * SECOND, (1, 3, 4))
    assert not question.doubt


@pytest.mark.parametrize("times", [1, 2])
def test_asking_once_or_twice_is_no_silence(times: int, tmp_path: Path) -> None:
    assert nic(tmp_path, asked(times)).unanswered == []


def test_what_another_machine_asks_for_is_not_heard_to_its_end(tmp_path: Path) -> None:
    """Its broadcast comes by; the answer goes to it alone, over another port of the switch."""
    analysis = nic(tmp_path, asked())
    (question,) = analysis.unanswered
    assert "which may be another machine" in question.doubt
    (remark,) = analysis.remarks
    assert "gets no answer on ens5 (asked 3 times over 2 s; frames 1, 2, 3 of ens5.pcap)" in remark.text
    assert "which proves nothing here" in remark.text
    assert heading(analysis) == "not-checked"
    link = write_pcap(tmp_path / "cali14e7d81007d.pcap", LINK)
    assert heading(analyze(tmp_path / "ens5.pcap", link)) == "pass"


def test_what_a_router_asks_for_in_vain_is_no_concern_of_the_node(tmp_path: Path) -> None:
    """The node answers and is spoken to, by two machines: its NIC's MAC is known, and the router's is another."""
    talk = [
        (BEGIN + MS, tcp(0x10, src="198.51.100.7", dst=NODE_IP, eth=(ROUTER, NIC))),
        (BEGIN + 2 * MS, tcp(0x10, src=NODE_IP, dst="198.51.100.7", eth=(NIC, ROUTER))),
        (BEGIN + 3 * MS, tcp(0x10, src=NODE_IP, dst="172.31.186.251", eth=(NIC, PEER))),
    ]
    gone = [(BEGIN + n * SECOND, ask(NEIGHBOUR, ROUTER, "172.31.186.1")) for n in range(4)]
    eth0 = write_pcap(tmp_path / "ens5.pcap", sorted([*talk, *gone]))
    analysis = analyze(eth0, write_pcap(tmp_path / "cali14e7d81007d.pcap", LINK))
    (question,) = analysis.unanswered
    assert "which may be another machine" in question.doubt
    assert heading(analysis) == "pass"


def test_outgoing_questions_are_the_hosts_own(tmp_path: Path) -> None:
    frames = [
        (time, cooked2(frame, outgoing=frame[6:12] != bytes.fromhex(ROUTER.replace(":", ""))))
        for time, frame in asked()
    ]
    (question,) = analyze(write_pcap(tmp_path / "ens5.pcap", frames, SLL2)).unanswered
    assert (question.asker, question.doubt) == (question.asker, "")


def test_host_unreachable_is_tied_to_the_neighbour_that_is_silent(tmp_path: Path) -> None:
    pings = [(BEGIN + n * MS, request(n, src="10.9.0.4", dst=NEIGHBOUR, eth=(ROUTER, NIC))) for n in (1, 2)]
    refused = [(BEGIN + 3 * SECOND + n * MS, error(3, 1, frame)) for n, (_, frame) in enumerate(pings, 1)]
    analysis = nic(tmp_path, [*asked(), *pings, *refused])
    (remark,) = analysis.remarks
    assert remark.text.endswith(
        f": so {NODE_IP} answers senders with host unreachable (3/1), 2x: {NEIGHBOUR} does not say its MAC"
    )


def test_host_unreachable_that_another_point_shows_is_tied(tmp_path: Path) -> None:
    """The node asks for a dead host on its NIC, and answers the pod that wanted it on the pod's link."""
    pings = [(BEGIN + n * SECOND, request(n, dst=NEIGHBOUR, ip_id=n)) for n in range(3)]
    refused = [(BEGIN + 4 * SECOND + n * MS, error(3, 1, frame)) for n, (_, frame) in enumerate(pings)]
    paths = [
        write_pcap(tmp_path / "ens5.pcap", asked()),
        write_pcap(tmp_path / "cali14e7d81007d.pcap", [*LINK, *pings, *refused]),
    ]
    said = [remark.text for remark in analyze(*paths).remarks if f"ARP for {NEIGHBOUR}" in remark.text]
    (text,) = said
    assert f"so {NODE_IP} answers senders with host unreachable (3/1), 3x: {NEIGHBOUR} does not say its MAC" in text


@pytest.mark.parametrize(("host", "after"), [("172.31.186.99", 3), (NEIGHBOUR, 60)], ids=["another host", "later"])
def test_host_unreachable_about_something_else_is_not_tied(host: str, after: int, tmp_path: Path) -> None:
    ping = request(1, src="10.9.0.4", dst=host, eth=(ROUTER, NIC))
    refused = [(BEGIN + after * SECOND, ping), (BEGIN + (after + 1) * SECOND, error(3, 1, ping))]
    questions = nic(tmp_path, [*asked(), *refused]).unanswered
    assert not any("answers senders with" in question.meaning for question in questions)


def test_host_unreachable_about_anything_is_tied(tmp_path: Path) -> None:
    """Here about a connection that began before the recording, which is no exchange."""
    data = tcp(0x10, src="10.9.0.4", dst=NEIGHBOUR, eth=(ROUTER, NIC))
    refused = [(BEGIN + 3 * SECOND + n * MS, error(3, 1, data)) for n in range(4)]
    analysis = nic(tmp_path, [*asked(), (BEGIN, data), *refused])
    (remark,) = analysis.remarks
    assert f": so {NODE_IP} answers senders with host unreachable (3/1), 4x: " in remark.text


def test_the_router_may_answer_from_another_address(tmp_path: Path) -> None:
    """The error's source is chosen by the way to the sender, that of the question by the way to the neighbour."""
    ping = request(1, src="10.9.0.4", dst=NEIGHBOUR, eth=(ROUTER, NIC))
    frames = [*asked(), (BEGIN + MS, ping), (BEGIN + 3 * SECOND, error(3, 1, ping, source="10.9.0.1"))]
    (question,) = nic(tmp_path, frames).unanswered
    assert question.meaning.startswith("so 10.9.0.1 answers senders with host unreachable (3/1), 1x")


def test_what_is_answered_in_the_end_is_answered(tmp_path: Path) -> None:
    later = BEGIN + 60 * SECOND
    found = arp(2, (OTHER, NEIGHBOUR), (NIC, NODE_IP), NIC)
    assert nic(tmp_path, [*asked(), (later, ask(NEIGHBOUR, NIC, NODE_IP)), (later + MS, found)]).unanswered == []


def test_asked_again_after_a_pause_is_one_question(tmp_path: Path) -> None:
    frames = [*asked(), *asked(begin=BEGIN + 60 * SECOND)]
    (question,) = nic(tmp_path, frames).unanswered
    assert (question.attempts, question.lasted) == (6, 62 * SECOND)


def test_neighbours_are_remembered_up_to_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolution_sums, "MOST_SILENT", 4)
    frames = [frame for n in range(10) for frame in asked(target=f"172.31.186.{n + 10}", begin=BEGIN + n * MS)]
    assert len(nic(tmp_path, frames).unanswered) == 4


@pytest.mark.parametrize(
    ("more", "doubt"),
    [
        ({"capture_filter": "src host 172.31.186.250"}, "the capture filter 'src host 172.31.186.250' may have kept"),
        ({"drops": 5}, "5 packets were lost while recording"),
    ],
)
def test_silence_that_could_not_be_heard_is_doubted(more: dict[str, object], doubt: str, tmp_path: Path) -> None:
    pings = [(BEGIN + n * SECOND, request(n, src=NODE_IP, dst="10.9.0.7", eth=(NIC, ROUTER))) for n in range(3)]
    link = write_pcap(tmp_path / "cali14e7d81007d.pcap", LINK)
    analysis = analyze(link, write_pcapng(tmp_path / "a.pcapng", pings, "ens5", **more))  # type: ignore[arg-type]
    (question,) = analysis.unanswered
    assert question.doubt.startswith(doubt)
    assert heading(analysis) == "pass"
    assert "which proves nothing here" in analysis.remarks[0].text


def test_one_direction_of_a_nic_proves_nothing(tmp_path: Path) -> None:
    """The handshake goes on, so its answer was there."""
    frames = [(BEGIN, tcp(0x02, eth=(NIC, ROUTER))), (BEGIN + MS, tcp(0x10, eth=(NIC, ROUTER))), *asked(1)[1:]]
    one_way = [frame for frame in frames if frame[1][6:12] == bytes.fromhex(NIC.replace(":", ""))]
    late = (BEGIN + 9 * SECOND, tcp(0x10, eth=(NIC, ROUTER)))
    (question,) = nic(tmp_path, [*one_way, late]).unanswered
    assert question.doubt.startswith("only one direction was recorded")


def test_a_question_of_a_pod_whose_link_was_recorded_is_judged_there(tmp_path: Path) -> None:
    """Off its link the answer may go another way."""
    syn, back = tcp(0x02, dst="10.9.0.7"), tcp_back(0x12, src="10.9.0.7")
    link = write_pcap(tmp_path / "cali14e7d81007d.pcap", [*LINK, (BEGIN + SECOND, syn), (BEGIN + SECOND + MS, back)])
    out = [(BEGIN + SECOND, tcp(0x02, dst="10.9.0.7", eth=(NIC, ROUTER), ttl=63)), *asked(1)[1:]]
    assert analyze(link, write_pcap(tmp_path / "ens5.pcap", out)).unanswered == []


def test_answers_on_another_interface_are_answers(tmp_path: Path) -> None:
    pings = [(BEGIN + n * SECOND, request(n, src="10.9.0.4", dst="10.9.0.7", eth=(NIC, ROUTER))) for n in range(3)]
    backs = [
        (at + MS, reply(n, src="10.9.0.7", dst="10.9.0.4", eth=(ROUTER, OTHER))) for n, (at, _) in enumerate(pings)
    ]
    one_way = write_pcap(tmp_path / "ens5.pcap", pings)
    (question,) = analyze(one_way).unanswered
    assert not question.doubt
    (question,) = analyze(one_way, write_pcap(tmp_path / "ens6.pcap", backs)).unanswered
    assert question.doubt == "answers came back on another interface"


def test_answers_that_are_lost_on_the_way_back_to_the_nic_are_none(tmp_path: Path) -> None:
    """The pod's link, where the requests went from the NIC, shows them; the NIC does not."""
    far = "10.9.0.4"
    asking, passed_on = [], []
    for n in range(3):
        at = BEGIN + n * SECOND
        asking.append((at, request(n, src=far, dst=POD_IP, eth=(ROUTER, NIC))))
        passed_on.append((at + MS, request(n, src=far, dst=POD_IP, eth=(NODE, POD), ttl=63)))
        passed_on.append((at + 2 * MS, reply(n, src=POD_IP, dst=far, eth=(POD, NODE), ttl=64)))
    later = (BEGIN + 9 * SECOND, tcp(0x10, src="198.51.100.7", eth=(ROUTER, OTHER)))
    analysis = analyze(
        write_pcap(tmp_path / "ens5.pcap", [*asking, later]),
        write_pcap(tmp_path / "cali14e7d81007d.pcap", [*LINK, *passed_on]),
    )
    (question,) = analysis.unanswered
    assert not question.doubt
    assert heading(analysis) == "warn"


def test_answers_that_never_reach_the_askers_own_link_are_none(tmp_path: Path) -> None:
    """The receiver's link shows them, and they are lost between the two."""
    asking = [(BEGIN + n * SECOND, udp((40000, 5000), bytes(40))) for n in range(1, 6)]
    passed_on = [
        frame
        for at, _ in asking
        for frame in (
            (at + MS, udp((40000, 5000), bytes(40), eth=(NODE, PEER), ttl=63)),
            (at + 2 * MS, udp((5000, 40000), bytes(42), src=PEER_IP, dst=POD_IP, eth=(PEER, NODE))),
        )
    ]
    theirs = [(BEGIN, ask(src=PEER, ip=PEER_IP)), (BEGIN + MS, answer(to=PEER, to_ip=PEER_IP)), *passed_on]
    analysis = analyze(
        write_pcap(tmp_path / "cali14e7d81007d.pcap", [*LINK, *asking]),
        write_pcap(tmp_path / "cali2b91c05d3e4.pcap", theirs),
    )
    assert heading(analysis) == "warn"
    where = "the replies are last seen on cali2b91c05d3e4, and never on cali14e7d81007d"
    assert f"{POD_IP}'s UDP requests to {PEER_IP} port 5000 are answered, but {where}" in headline(analysis)


@pytest.mark.parametrize("refused_by", [None, "172.31.186.1", NODE_IP], ids=["silence", "a router", "the node"])
@pytest.mark.parametrize("recorded_arp", [True, False])
def test_a_ping_of_the_gateway_that_nobody_has_is_no_fault(
    refused_by: str | None, recorded_arp: bool, tmp_path: Path
) -> None:
    """The node routes it by its default route; a router refuses it or not, or the node, if the address is on a link."""
    pings = [(BEGIN + n * SECOND, request(n, dst=GATEWAY)) for n in range(1, 4)]
    errors = [(at + MS, error(3, 0, ping, source=refused_by)) for at, ping in pings if refused_by]
    later = [(BEGIN + 9 * SECOND, ask()), (BEGIN + 9 * SECOND + MS, answer())] if recorded_arp else []
    frames = [*(LINK if recorded_arp else []), *sorted(pings + errors), *later]
    analysis = analyze(write_pcap(tmp_path / "cali14e7d81007d.pcap", frames))
    assert heading(analysis) == "pass"
    assert analysis.diagnoses == []
    if recorded_arp or refused_by:
        (question,) = analysis.unanswered
        assert question.doubt.startswith("the gateway's address belongs to nobody on a healthy Calico node")
        assert f"{POD_IP}'s ping to {GATEWAY} proves nothing" in headline(analysis)


def test_a_ping_of_another_address_is_one(tmp_path: Path) -> None:
    pings = [(BEGIN + n * SECOND, request(n, dst="169.254.1.2")) for n in range(1, 4)]
    later = [(BEGIN + 9 * SECOND, ask()), (BEGIN + 9 * SECOND + MS, answer())]
    analysis = analyze(write_pcap(tmp_path / "cali14e7d81007d.pcap", [*LINK, *pings, *later]))
    assert heading(analysis) != "pass"


def test_a_broadcast_ping_asks_nobody(tmp_path: Path) -> None:
    pings = [
        (BEGIN + n * SECOND, request(n, src=NODE_IP, dst="10.9.0.255", eth=(NIC, "ff:ff:ff:ff:ff:ff")))
        for n in range(3)
    ]
    assert nic(tmp_path, pings).unanswered == []


EXPECTS_SILENCE = """\
id: no-way-out
title: Nothing gets out of here
why: A policy drops it, and is meant to.
severity: error
select: {table: connections, kind: host-nic}
expect: {answered: false}
"""


def test_what_a_rule_is_about_is_the_rules(tmp_path: Path) -> None:
    """A policy that is meant to drop: its silence is what was wanted."""
    rule = tmp_path / "no-way-out.yml"
    syns = write_pcap(tmp_path / "ens5.pcap", [(BEGIN + n * SECOND, tcp(0x02, eth=(NIC, ROUTER))) for n in (0, 1, 3)])
    rule.write_text(EXPECTS_SILENCE)
    analysis = analyze(syns, rules=rule)
    assert (heading(analysis), analysis.unanswered) == ("pass", [])
    # One about something else of the same rows says nothing of their silence.
    rule.write_text(EXPECTS_SILENCE.replace("answered: false", "ttl: 64"))
    analysis = analyze(syns, rules=rule)
    assert (analysis.verdict, heading(analysis), len(analysis.unanswered)) == ("pass", "warn", 1)


def test_a_rule_that_is_switched_off_leaves_no_question(tmp_path: Path) -> None:
    here = tmp_path / "here.yml"
    here.write_text("extends: calico\nadjust:\n  tcp-answered: {severity: off, reason: policies drop here}\n")
    syns = [(BEGIN + n * SECOND, tcp(0x02)) for n in (1, 2, 4)]
    analysis = analyze(write_pcap(tmp_path / "cali14e7d81007d.pcap", [*LINK, *syns]), rules=here)
    assert (heading(analysis), analysis.unanswered) == ("pass", [])


def test_names_stand_where_addresses_should(tmp_path: Path) -> None:
    text = "".join(
        f"12:00:0{n}.000000 IP web-1.47022 > db.shop.example.https: Flags [S], seq 1, win 64240, length 0\n"
        for n in (1, 2, 4)
    )
    (question,) = judge(tmp_path, text).unanswered
    assert question.sentence == "web-1's connection to db.shop.example port 443 gets no answer"


def test_pod_asks_for_another_than_its_gateway(tmp_path: Path) -> None:
    """A pod with a route of its own to a neighbour, as with a second interface or a wrong mask."""
    asks = [(BEGIN + n * SECOND, ask("10.244.1.99", POD)) for n in (1, 2, 3)]
    analysis = analyze(write_pcap(tmp_path / "cali14e7d81007d.pcap", [*LINK, *asks, (BEGIN + 9 * SECOND, ask())]))
    assert [question.sentence for question in analysis.unanswered] == [
        "10.244.1.10's ARP for 10.244.1.99 gets no answer"
    ]
    assert heading(analysis) == "warn"


def test_a_ping_is_one_question(tmp_path: Path) -> None:
    pings = [(BEGIN + n * SECOND, request(n, src=NODE_IP, dst="10.9.0.7", eth=(NIC, ROUTER))) for n in range(4)]
    (question,) = nic(tmp_path, pings).unanswered
    # The fourth is in flight.
    assert (question.sentence, question.often) == (f"{NODE_IP}'s ping to 10.9.0.7 gets no answer", "asked 3 times")
    assert question.meaning.endswith("with -Q or a capture filter a healthy network would look the same")
    # Somebody else is heard there.
    (question,) = nic(
        tmp_path, [*pings, (BEGIN + 9 * SECOND, tcp(0x10, src="198.51.100.7", eth=(ROUTER, NIC)))]
    ).unanswered
    assert "-Q" not in question.meaning


TIMELESS = """ARP, Request who-has 169.254.1.1 tell 10.244.1.10, length 28
ARP, Reply 169.254.1.1 is-at ee:ee:ee:ee:ee:ee, length 28
"""
QUERY = "IP 10.244.1.10.55059 > 10.96.0.10.53: 53013+ A? db.default.svc.cluster.local. (46)\n"
RESPONSE = "IP 10.96.0.10.53 > 10.244.1.10.55059: 53013 1/0/0 A 10.244.1.11 (62)\n"
PING = "IP 10.244.1.10 > 10.244.1.11: ICMP echo request, id 7, seq {}, length 64\n"


@pytest.mark.parametrize(
    ("lines", "asked"),
    [
        (QUERY * 2, "DNS query to 10.96.0.10 gets no answer (asked 2 times)"),
        ("".join(map(PING.format, (1, 2, 3))), "ping to 10.244.1.11 gets no answer (asked 3 times)"),
    ],
    ids=["DNS", "ping"],
)
def test_what_a_text_without_times_asks_again_is_no_pass(tmp_path: Path, lines: str, asked: str) -> None:
    analysis = judge(tmp_path, TIMELESS + lines)
    assert heading(analysis) == "warn"
    assert headline(analysis).startswith(f"10.244.1.10's {asked}")


def test_what_is_answered_in_it_passes(tmp_path: Path) -> None:
    assert heading(judge(tmp_path, TIMELESS + QUERY + RESPONSE)) == "pass"


@pytest.mark.parametrize(
    ("lines", "asked"),
    [
        (PING.format(1), "ping to 10.244.1.11"),
        (QUERY, "DNS query to 10.96.0.10"),
        (
            "IP 10.244.1.10.4062 > 10.96.0.20.80: Flags [S], seq 7, win 64240, length 0\n",
            "connection to 10.96.0.20 port 80",
        ),
    ],
    ids=["ping", "DNS", "TCP"],
)
def test_what_ends_it_without_an_answer_is_worth_a_look(tmp_path: Path, lines: str, asked: str) -> None:
    analysis = judge(tmp_path, TIMELESS + lines)
    assert heading(analysis) == "warn"
    assert headline(analysis) == f"10.244.1.10's {asked} has no answer in this text"
    # It may have come after the end.
    assert analysis.asked_in_vain == []


def test_a_question_that_never_went_on_is_a_warning_without_a_rule(tmp_path: Path) -> None:
    """A SYN to a node's port on its NIC, which another interface does not show; no rule is about either."""
    syns = [
        (BEGIN + n * SECOND, tcp(0x02, src="198.51.100.7", dst=NODE_IP, eth=(ROUTER, NIC), ports=(40000, 30080)))
        for n in range(4)
    ]
    here = write_pcap(tmp_path / "ens5.pcap", syns)
    assert heading(analyze(here)) == "not-checked"
    quiet = write_pcap(tmp_path / "ens6.pcap", [(BEGIN + SECOND, udp((68, 67), b"", eth=(ROUTER, OTHER)))])
    analysis = analyze(here, quiet)
    assert (analysis.verdict, heading(analysis)) == ("not-checked", "warn")
    said = headline(analysis)
    assert "port 30080 gets no answer, last seen on ens5" in said
    assert "no rule could be checked" in said


@pytest.mark.parametrize("answered", [True, False])
def test_what_came_back_to_the_pod_by_another_nic_is_answered(answered: bool, tmp_path: Path) -> None:
    """Of the node's two NICs one was recorded: questions leave by it with the node's address, no answer comes in."""
    far = "203.0.113.10"
    begun = [(BEGIN - 2 * MS, ask()), (BEGIN - MS, answer())]
    sent = [(BEGIN + n * SECOND, request(n, dst=far, ip_id=7 + n)) for n in range(4)]
    back = [(time + MS, reply(n, src=far, ip_id=70 + n)) for n, (time, _) in enumerate(sent)] if answered else []
    left = [
        (time + 1000, request(n, src=NODE_IP, dst=far, eth=(NIC, ROUTER), ttl=63, ip_id=7 + n))
        for n, (time, _) in enumerate(sent)
    ]
    later = (BEGIN + 9 * SECOND, tcp(0x10, src="198.51.100.7", dst=NODE_IP, eth=(ROUTER, NIC)))
    link = write_pcap(tmp_path / "cali14e7d81007d.pcap", sorted([*begun, *sent, *back, (later[0], ask())]))
    analysis = analyze(link, write_pcap(tmp_path / "eth0.pcap", [*left, later]))
    assert heading(analysis) == ("pass" if answered else "fail")
    assert not analysis.asked_in_vain
