"""DNS answers that help nobody head a report WARN: the server fails, or answers when nobody waits any more."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck import analyze
from pcapcheck.analysis import Analysis
from pcapcheck.report.counts import totals
from pcapcheck.report.headline import heading, headline
from tests.support.wire import (
    BEGIN,
    MS,
    NODE,
    SECOND,
    Frame,
    answer,
    ask,
    error,
    query,
    request,
    response,
    write_pcap,
)

ASKS = "10.244.1.10's DNS queries to 10.96.0.10"


def recorded(folder: Path, *frames: Frame) -> Analysis:
    """The frames behind a resolution of the gateway, and something later."""
    later = (BEGIN + 60 * SECOND, request())
    return analyze(
        write_pcap(folder / "cali14e7d81007d.pcap", [(BEGIN, ask()), (BEGIN + MS, answer()), *frames, later])
    )


def answers(*codes: int, after: int = MS) -> list[Frame]:
    """A query every two seconds for a name of its own, answered with these codes."""
    found: list[Frame] = []
    for number, code in enumerate(codes):
        at, name = BEGIN + (2 + 2 * number) * SECOND, f"host{number}.example.org"
        found += [(at, query(number, 40000 + number, name=name))]
        found += [(at + after, response(number, 40000 + number, code=code, name=name))]
    return sorted(found)


@pytest.mark.parametrize(
    ("codes", "fate"), [((2,), "SERVFAIL"), ((2, 5), "REFUSED and SERVFAIL"), ((0, 2, 2), "SERVFAIL")]
)
def test_a_server_that_fails_most_queries_is_reported(codes: tuple[int, ...], fate: str, tmp_path: Path) -> None:
    analysis = recorded(tmp_path, *answers(*codes))
    assert heading(analysis) == "warn"
    assert headline(analysis).startswith(f"{ASKS} are answered {fate} (asked ")
    assert totals(analysis).words.endswith(f", 1 question answered {fate}")


@pytest.mark.parametrize("codes", [(3, 3, 3, 3, 0), (0, 0, 0, 2), (3,)])
def test_names_that_do_not_exist_and_a_rare_failure_are_nothing(codes: tuple[int, ...], tmp_path: Path) -> None:
    assert heading(recorded(tmp_path, *answers(*codes))) == "pass"


def test_a_server_that_answers_late_is_reported(tmp_path: Path) -> None:
    analysis = recorded(tmp_path, *answers(0, 0, after=1900 * MS))
    assert heading(analysis) == "warn"
    assert headline(analysis).startswith(f"{ASKS} are answered late, after up to 1.9 s (asked 2 times)")
    assert totals(analysis).words.endswith(", 1 question answered late")
    assert (totals(analysis).unanswered, totals(analysis).other_endings) == (0, {"question answered late": 1})


def test_one_late_answer_of_many_is_nothing(tmp_path: Path) -> None:
    slow = (BEGIN + 50 * SECOND, query(99, 41000)), (BEGIN + 52 * SECOND, response(99, 41000))
    assert heading(recorded(tmp_path, *answers(*[0] * 22), *slow)) == "pass"


def at_the_server(folder: Path, *frames: Frame) -> Path:
    """The link of the pod that answers; what is given is as the asker's link shows it."""
    resolved = [(BEGIN, ask(ip=SERVER, src=SERVER_MAC)), (BEGIN + MS, answer(to=SERVER_MAC, to_ip=SERVER))]
    return write_pcap(folder / "calieabe7761b00.pcap", [*resolved, *frames])


SERVER, SERVER_MAC = "10.244.1.11", "3a:91:7f:0c:d4:58"


@pytest.mark.parametrize("slow", [True, False])
def test_the_server_s_own_link_tells_whether_it_is_slow(slow: bool, tmp_path: Path) -> None:
    asked, answered = 2 * SECOND, 1900 * MS
    seen = [(BEGIN + asked, query(dst=SERVER)), (BEGIN + asked + answered, response(src=SERVER))]
    at = BEGIN + asked + (0 if slow else answered - MS)
    there = [
        (at + 9000, query(dst=SERVER, eth=(NODE, SERVER_MAC), ttl=63)),
        (BEGIN + asked + answered - 9000, response(src=SERVER, eth=(SERVER_MAC, NODE), ttl=64)),
    ]
    mine = write_pcap(tmp_path / "cali14e7d81007d.pcap", [(BEGIN, ask()), (BEGIN + MS, answer()), *seen])
    analysis = analyze(mine, at_the_server(tmp_path, *there))
    assert heading(analysis) == "warn"
    found = {one.cause.id: one for diagnosis in analysis.diagnoses for one in diagnosis.suspects}
    assert ("dns-server-slow" in found) == slow
    if slow:
        assert found["dns-server-slow"].status == "confirmed"
        assert "on calieabe7761b00, its own link, it answers after up to 1.9 s" in found["dns-server-slow"].because[0]


@pytest.mark.parametrize(
    ("both", "named"), [(True, ["dns-server-slow"]), (False, ["dns-query-lost", "dns-server-slow"])]
)
def test_a_query_is_lost_only_where_an_answer_is_missing(both: bool, named: list[str], tmp_path: Path) -> None:
    """The asker repeats its query after two seconds: both are answered late, or one of them at once."""
    at = BEGIN + 2 * SECOND
    frames = [(at, query()), (at + 2 * SECOND, query())]
    frames += [(at + 3 * SECOND, response())] + ([(at + 5 * SECOND, response())] if both else [])
    (diagnosis,) = recorded(tmp_path, *frames).diagnoses
    assert [one.cause.id for one in diagnosis.possible] == named


def test_a_server_that_fails_has_a_reason_of_its_own(tmp_path: Path) -> None:
    (diagnosis,) = recorded(tmp_path, *answers(2, 2)).diagnoses
    assert [(one.cause.id, one.status) for one in diagnosis.suspects] == [("dns-server-fails", "possible")]


def test_who_gave_up_waiting_asks_about_nothing_else(tmp_path: Path) -> None:
    """The port is closed by the time that the answer comes: a late answer explains that."""
    at = BEGIN + 2 * SECOND
    late = response()
    refusal = error(3, 3, late, source="10.244.1.10")
    frames = [(at, query()), (at + 3 * SECOND, late), (at + 3 * SECOND + MS, refusal)]
    analysis = recorded(tmp_path, *frames)
    assert [remark.text for remark in analysis.remarks if "port unreachable" in remark.text] == []
