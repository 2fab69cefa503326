"""Questions of DNS over UDP: a query with its repeats asks, a response answers, whatever its code."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from unittest.mock import patch

import pytest

from pcapcheck import analyze
from pcapcheck.analysis import Analysis
from pcapcheck.exchanges import paired_exchanges
from pcapcheck.exchanges.dns_row import DnsRow
from pcapcheck.ruleset.finding import Finding
from pcapcheck.table_names import DNS
from tests.support.kernels import NOT_COMPILED, plain_loops
from tests.support.wire import (
    BEGIN,
    MS,
    NODE_IP,
    POD_IP,
    RESOLVER,
    SECOND,
    Frame,
    answer,
    ask,
    error,
    query,
    request,
    response,
    tcp,
    udp,
    write_pcap,
)

RESOLVED = [(BEGIN, ask()), (BEGIN + MS, answer())]


def at(seconds: float, frame: bytes) -> Frame:
    return BEGIN + round(seconds * SECOND), frame


def recorded(folder: Path, *frames: Frame) -> Analysis:
    """The frames behind a resolution of the gateway, judged."""
    return analyze(write_pcap(folder / "cali14e7d81007d.pcap", [*RESOLVED, *frames]))


def finding(analysis: Analysis) -> Finding:
    (found,) = [finding for finding in analysis.findings if finding.rule.id == "dns-answered"]
    return found


def judged(analysis: Analysis) -> tuple[str, int, int]:
    found = finding(analysis)
    return found.status, found.checked, found.failed


def test_a_query_that_is_repeated_in_vain_fails(tmp_path: Path) -> None:
    analysis = recorded(tmp_path, *(at(n, query()) for n in (1, 6, 11)), at(17, request()))
    assert judged(analysis) == ("fail", 1, 1)
    assert analysis.verdict == "fail"
    assert finding(analysis).evidence[0].headline == (
        "10.244.1.10's DNS queries to 10.96.0.10 get no answer (asked 3 times)"
    )
    # The first and the last time that it was asked.
    assert finding(analysis).evidence[0].frames == (3, 5)


def test_one_query_is_judged_when_the_capture_went_on_for_five_seconds(tmp_path: Path) -> None:
    assert judged(recorded(tmp_path, at(1, query()), at(6, request()))) == ("fail", 1, 1)
    early = recorded(tmp_path, at(1, query()), at(5.9, request()))
    assert finding(early).status == "not-checked"
    assert "five seconds" in finding(early).reason


def test_a_query_that_was_repeated_is_judged_as_soon_as_the_repeat_might_be_answered(tmp_path: Path) -> None:
    asked = [at(1, query()), at(3.5, query())]
    assert judged(recorded(tmp_path, *asked, at(4.2, request()))) == ("fail", 1, 1)
    assert finding(recorded(tmp_path, *asked, at(3.7, request()))).status == "not-checked"


@pytest.mark.parametrize(("code", "word"), [(0, "noerror"), (2, "servfail"), (3, "nxdomain"), (5, "refused")])
def test_every_code_is_an_answer(code: int, word: str, tmp_path: Path) -> None:
    analysis = recorded(tmp_path, at(1, query()), at(1.25, response(code=code)), at(9, request()))
    assert judged(analysis) == ("pass", 1, 0)
    (row,) = analysis.dns.to_dict("records")
    assert (row["src"], row["dst"], row["src_port"], row["dns.id"]) == (POD_IP, RESOLVER, 40311, 7)
    assert (row["outcome"], row["rcode"], row["attempts"]) == ("replied", word, 1)
    assert row["latency"].total_seconds() == 0.25


def test_a_late_answer_to_a_repeat_is_an_answer(tmp_path: Path) -> None:
    analysis = recorded(tmp_path, at(1, query()), at(6, query()), at(6.1, response()), at(20, request()))
    assert judged(analysis) == ("pass", 1, 0)
    assert analysis.dns[["attempts", "answered"]].values.tolist() == [[2, True]]


@pytest.mark.parametrize("answered", [(8, 40312), (7, 40311)], ids=["the repeat", "the first"])
def test_a_repeat_with_a_new_port_and_identifier_is_the_same_question(
    answered: tuple[int, int], tmp_path: Path
) -> None:
    asked = [at(1, query(7, 40311)), at(6, query(8, 40312, name="API.default.svc.cluster.local"))]
    silent = recorded(tmp_path, *asked, at(15, request()))
    assert judged(silent) == ("fail", 1, 1)
    assert silent.dns["attempts"].tolist() == [2]
    assert judged(recorded(tmp_path, *asked, at(6.1, response(*answered)), at(15, request()))) == ("pass", 1, 0)


def test_the_same_question_asked_at_once_by_two_is_two_questions(tmp_path: Path) -> None:
    asked = [at(1, query(7, 40311)), at(1.5, query(8, 40312)), at(1.6, response(8, 40312))]
    assert judged(recorded(tmp_path, *asked, at(9, request()))) == ("fail", 2, 1)


def test_a_response_that_fits_no_query_comes_when_tables_are_full(tmp_path: Path) -> None:
    # Each query is seen twice, which takes a place in the second table; two are left for the last frames.
    seen = [(n, query(100 + n, 41000 + n, name=f"web-{n}.example.org")) for n in range(1, 15)]
    twice = [at(1 + n / 1000 + again, frame) for n, frame in seen for again in (0, 0.0001)]
    asked = [at(1.5, query(7, 40311)), at(1.6, response(9, 40313))]
    with plain_loops(), patch.object(paired_exchanges, "FIRST_PLACES", 16):
        assert judged(recorded(tmp_path, *twice, *asked, at(9, request()))) == ("fail", 15, 15)


def test_another_name_or_type_is_another_question(tmp_path: Path) -> None:
    asked = [at(1, query(7)), at(4, query(8, name="web.default.svc.cluster.local")), at(7, query(9, kind=28))]
    answered = [at(4.1, response(8, name="web.default.svc.cluster.local")), at(7.1, response(9, kind=28))]
    assert judged(recorded(tmp_path, *asked, *answered, at(19, request()))) == ("fail", 3, 1)


def test_a_question_asked_again_much_later_is_another_one(tmp_path: Path) -> None:
    frames = [at(1, query(7)), at(60, query(8)), at(60.1, response(8)), at(70, request())]
    assert judged(recorded(tmp_path, *frames)) == ("fail", 2, 1)


def test_a_refusal_says_who_refused(tmp_path: Path) -> None:
    asked = query()
    analysis = recorded(tmp_path, at(1, asked), at(1.1, error(3, 3, asked)), at(9, request()))
    assert judged(analysis) == ("fail", 1, 1)
    assert finding(analysis).evidence[0].headline == (
        f"10.244.1.10's DNS queries to 10.96.0.10 are refused by the node {NODE_IP} (port unreachable, 3/3)"
    )
    assert analysis.dns["error"].tolist() == ["unreachable"]


def test_what_is_not_dns_over_udp_is_not_asked(tmp_path: Path) -> None:
    others = [
        at(1, udp((5353, 5353), bytes(40))),
        at(1, udp((40000, 53), b"short")),
        # A notification (opcode 4), and a response nobody asked for.
        at(1, udp((40000, 53), bytes([0, 1, 0x20]) + bytes(30))),
        at(1, response(99, 41000)),
        at(1, tcp(0x18, (40000, 53))),
    ]
    analysis = recorded(tmp_path, *others, at(20, request()))
    assert finding(analysis).status == "not-checked"
    assert analysis.dns.empty


def test_the_message_distinguishes_servers_that_ask_from_port_53(tmp_path: Path) -> None:
    frames = [at(1, query(7, 53)), at(1.1, response(7, 53)), at(9, request())]
    assert judged(recorded(tmp_path, *frames)) == ("pass", 1, 0)


@pytest.mark.parametrize("cut", [44, 46, 56, 70])
def test_messages_cut_by_the_snaplen_are_paired_all_the_same(cut: int, tmp_path: Path) -> None:
    frames = [at(1, query()[:cut]), at(1.1, response()[:cut]), at(2, query(9)[:cut]), at(12, request())]
    assert judged(recorded(tmp_path, *frames)) == ("fail", 2, 1)


def test_the_summary_counts_questions(tmp_path: Path) -> None:
    frames = [at(1, query(7)), at(1.5, response(7)), at(2, query(8, name="a.b")), at(12, request())]
    counted = recorded(tmp_path, *frames).to_dict()["summary"]["dns"]
    assert (counted["questions"], counted["answered"], counted["unanswered"]) == (2, 1, 1)
    assert counted["latency"]["max"] == 0.5


def test_the_node_asking_a_pod_that_serves_dns_is_not_the_pods_question(tmp_path: Path) -> None:
    to_pod = udp((40311, 53), query()[42:], src=NODE_IP, dst=POD_IP, eth=("ee:ee:ee:ee:ee:ee", "5a:8a:10:57:e2:03"))
    assert finding(recorded(tmp_path, at(1, to_pod), at(9, request()))).status == "not-checked"


def some_late() -> list[Frame]:
    """Queries by new ports, answered at once, late, or when they are repeated; with these codes by turns."""
    frames: list[Frame] = []
    for number in range(90):
        begin, port, name = 1 + 8 * number, 41000 + number, f"host{number}.example.org"
        again = [at(begin + 5, query(number, port, name=name))] if number % 3 == 2 else []
        after = (0.25, 1.5, 5.25)[number % 3]
        answered = at(begin + after, response(number, port, code=(0, 2, 3)[number // 3 % 3], name=name))
        frames += [at(begin, query(number, port, name=name)), *again, answered]
    return frames


def promptness(analysis: Analysis) -> list[tuple[object, object]]:
    return list(analysis.dns[["promptness", "rcode"]].itertuples(index=False, name=None))


@pytest.mark.parametrize("size", [1, 7])
def test_rows_and_bins_say_alike_how_promptly_a_query_was_answered(size: int, tmp_path: Path) -> None:
    path = write_pcap(tmp_path / "cali14e7d81007d.pcap", [*RESOLVED, *some_late()])
    whole, parts = analyze(path), analyze(path, batch_frames=size)
    assert parts.to_dict() == whole.to_dict()
    assert promptness(parts) == promptness(whole)
    (capture,) = whole.captures
    counted: Counter[tuple[object, object]] = Counter()
    for some in capture.exchanges.paired.bins_of(DNS):
        (alike,) = {(sample.promptness, sample.rcode) for sample in some.samples if isinstance(sample, DnsRow)}
        counted[alike] += some.count
    assert counted == Counter(promptness(whole))
    assert set(counted.values()) == {10}


@pytest.mark.skipif(bool(NOT_COMPILED), reason=NOT_COMPILED)
def test_compiled_and_plain_say_alike_how_promptly_a_query_was_answered(tmp_path: Path) -> None:
    path = write_pcap(tmp_path / "cali14e7d81007d.pcap", [*RESOLVED, *some_late()])
    compiled = analyze(path)
    with plain_loops():
        plain = analyze(path)
        assert promptness(plain) == promptness(compiled)
    assert plain.to_dict() == compiled.to_dict()
